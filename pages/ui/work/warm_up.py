"""What a server does before it says that it is ready, and what it keeps an eye on afterwards."""

from __future__ import annotations

import ctypes
import gc
import importlib
import logging
import threading
import time
from pathlib import Path

from pages.ui.work import apart, fits

LOG = logging.getLogger(__name__)
# What the pages import. Loaded before the server answers, by one thread: packages that import each other in a circle
# (NumPy's and pandas' do) may deadlock when two threads enter the circle at different places.
PAGES_NEED = (
    "nmf_core",
    "nmf_core.labels",
    "nmf_core.export",
    "nmf_core.fit.compiled",
    "nmf_core.store.projects",
    "pages.ui.charts",
    "plotly.graph_objects",
    "sklearn.decomposition",
)
# Objects made before the youngest are looked through for circles, and how often older ones are: Streamlit makes and drops many
# objects in each run of a script, and a full look holds up everybody.
THRESHOLDS = (20_000, 20, 50)
LOOK = 30.0  # seconds between two looks at the memory


def warm_up() -> None:
    """Load what pages and fits need, compile the kernels, measure the machine; then let the collector pass over all of it."""
    began = time.monotonic()
    for module in PAGES_NEED:
        importlib.import_module(module)
    from nmf_core.fit import compiled

    compiled.warm_up()
    fits.machine()
    apart.serving.set()
    # Modules, compiled code and constants never go away, so nobody needs to look through them again and again; what sessions
    # make comes later, and is not among them.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    LOG.info("ready after %.1f s, %d objects frozen", time.monotonic() - began, gc.get_freeze_count())


def watch_memory() -> None:
    """Now and then collect what sessions that are over have left, and give freed memory back. Runs for as long as the server."""
    while memory():
        time.sleep(LOOK)
        before, began = memory(), time.monotonic()
        gc.collect()  # what was loaded is frozen, so this looks through what sessions hold, and no more
        took = time.monotonic() - began
        _trim()
        LOG.debug("memory: %.0f MB, before %.0f; collected in %.2f s", memory() / 1e6, before / 1e6, took)


def watch() -> None:
    """Begin to watch the memory, aside."""
    threading.Thread(target=watch_memory, name="memory", daemon=True).start()


def memory() -> int:
    """Bytes that this process holds in memory; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    import resource

    return pages * resource.getpagesize()


def _trim() -> None:
    """Have the C library give freed memory back to the system, where it can; it keeps it for later otherwise."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, AttributeError):
        return
