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
    "nmf_core.fit.compiled_rows",
    "nmf_core.store.projects",
    "pages.ui.charts",
    "plotly.graph_objects",
    "sklearn.decomposition",
)
# Objects made before the youngest are looked through for circles, and how often older ones are: Streamlit makes and drops many
# objects in each run of a script, and a full look holds up everybody.
THRESHOLDS = (20_000, 20, 50)
LOOK = 30.0  # seconds between two looks at the memory
# The C library gives each thread a pool of its own to take memory from, up to eight a processor, and what threads that are gone
# have left free is scattered over all of them; a server has threads that come and go all day. With one, most of it goes back.
M_ARENA_MAX, POOLS = -8, 1


def warm_up() -> None:
    """Load what pages and fits need, compile the kernels, measure the machine; then let the collector pass over all of it."""
    began = time.monotonic()
    _of_the_c_library("mallopt", M_ARENA_MAX, POOLS)
    for module in PAGES_NEED:
        importlib.import_module(module)
    from nmf_core.fit import compiled, exact_rows

    compiled.warm_up()
    exact_rows.warm_up()
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
        _of_the_c_library("malloc_trim", 0)  # it keeps what is freed for later otherwise
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


def _of_the_c_library(name: str, *numbers: int) -> None:
    """Call a function by which GNU's C library is told how to deal with memory; other systems do not have it."""
    try:
        getattr(ctypes.CDLL(None), name)(*numbers)
    except (OSError, AttributeError):
        return
