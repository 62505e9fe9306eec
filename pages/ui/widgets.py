"""Widgets that hold what stands in the address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import streamlit as st

from pages.ui.session import controls

T = TypeVar("T")


def select(label: str, options: Sequence[T], *, key: str, **more: Any) -> T:
    """A box to choose one of some options, and search them; what it holds is its default too (`controls.held`)."""
    value = controls.held(key)
    at = options.index(value) if value in options else 0
    chosen: T = st.selectbox(label, options, at, key=key, **more)
    return chosen
