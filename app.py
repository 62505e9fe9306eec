"""The server. `streamlit run app.py` starts it, and so does any ASGI server.

The main script lies inside pages/, so that Streamlit's discovery of pages/ beside a main script finds nothing (docs/decisions.md).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

from pages.ui.session import changes
from pages.ui.session.http import PersonAndHeaders
from pages.ui.work.warm_up import warm_up, watch


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[dict[str, Any]]:
    """Have everything at hand before the server says that it is ready: nobody waits for a compiler, nor for the collector."""
    warm_up()
    watch()
    yield {}


app = st.App(
    "pages/navigation.py", lifespan=lifespan, routes=[changes.ROUTE], middleware=[Middleware(PersonAndHeaders)]
)
