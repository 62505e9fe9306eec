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


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[dict[str, Any]]:
    """Load what the first page needs while the browser is still opening."""
    for module in ("nmf_core", "plotly.graph_objects", "nmf_core.labels", "sklearn.decomposition"):
        threading.Thread(target=importlib.import_module, args=(module,), daemon=True).start()
    threading.Thread(target=_compile, daemon=True).start()
    yield {}


def _compile() -> None:
    """Have the kernels of large fits ready; the first start after an installation takes some seconds for it."""
    from nmf_core.compiled import warm_up

    warm_up()


app = st.App("pages/navigation.py", lifespan=lifespan, middleware=[Middleware(PersonAndHeaders)])
