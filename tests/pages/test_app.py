"""The server's start: what pages import is loaded by one thread before the first page can ask for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent

CHECK = """
import asyncio, sys, threading
import app
from pages.ui.work.warm_up import PAGES_NEED
seen = []
threading.Thread.start = lambda thread: seen.append(set(sys.modules))  # what is loaded when the first thread begins
async def serve():
    async with app.lifespan(app.app):
        pass
asyncio.run(serve())
needed = {"numpy.random", "pandas", "scipy.sparse", "sqlalchemy", "plotly.graph_objects", *PAGES_NEED}
print(len(seen), *sorted(needed - seen[0]))
"""


def test_pages_find_their_modules_loaded_so_that_no_two_threads_import_them_at_once():
    said = subprocess.run([sys.executable, "-c", CHECK], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert said.split()[-1:] == ["1"], said
