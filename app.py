"""The server. `streamlit run app.py` starts it, and so does any ASGI server.

The main script lies inside pages/, so that Streamlit's discovery of pages/ beside a main script finds nothing (docs/decisions.md).
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

from pages.ui.http import PersonAndHeaders

# What the pages import. Loaded before the server answers, by one thread: packages that import each other in a circle
# (NumPy's and pandas' do) may deadlock when two threads enter the circle at different places.
PAGES_NEED = ("nmf_core", "nmf_core.labels", "plotly.graph_objects", "pages.ui.charts")


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[dict[str, Any]]:
    """Load what the first page needs, then on the side what a large fit needs."""
    for module in PAGES_NEED:
        importlib.import_module(module)
    threading.Thread(target=_warm_up, daemon=True).start()
    yield {}


def _warm_up() -> None:
    """Have the kernels of large fits ready; the first start after an installation takes some seconds for it."""
    importlib.import_module("sklearn.decomposition")
    from nmf_core.fit.compiled import warm_up

    warm_up()


app = st.App("pages/navigation.py", lifespan=lifespan, middleware=[Middleware(PersonAndHeaders)])
