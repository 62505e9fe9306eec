"""What a browser sends is checked once, before Streamlit makes a widget's value of it.

A browser that shows the page sends numbers where numbers belong. Somebody who writes messages of their own may send anything, and
Streamlit's widgets, which trust them, would raise (`int(nan)`, `isfinite("x")`, bytes where text belongs) in each run until the
page is loaded anew; so does an address that asks for a whole number and says inf. Here whatever is no value of a widget counts as
none, so that the widget has its default. There is no public place to hook in: the two methods of Streamlit that all values go
through are replaced. `tests/pages/test_outside.py` sends what is forged.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from streamlit.proto.WidgetStates_pb2 import WidgetState

LOG = logging.getLogger(__name__)
# What of each kind of value is one. Numbers of an address may come as text, which the widget itself looks up among its options.
KINDS: Final[dict[str, tuple[type, ...]]] = {
    "bool_value": (bool,),
    "trigger_value": (bool,),
    "double_value": (int, float),
    "int_value": (int, str),
    "string_value": (str,),
    "double_array_value": (int, float, str),
    "int_array_value": (int, str),
    "string_array_value": (str,),
}

NUMBERS: Final = {
    "double_value",
    "int_value",
}  # a browser sends whole numbers as the latter, whatever the widget declares


class Checked:
    """A widget's way from what a browser sends to its value; what is no value of its kind counts as none."""

    def __init__(self, made: Callable[[Any], Any], kind: str) -> None:
        """Keep how the widget makes it, and of which kind it is declared to be."""
        self.made, self.kind = made, kind

    def __call__(self, sent: Any) -> Any:
        """The value; that of a widget that nobody touched where it cannot be."""
        try:
            return self.made(sent if _is(sent, self.kind) else None)
        except (ValueError, TypeError, OverflowError, IndexError, KeyError, AttributeError):
            return self.made(None)


def _is(sent: Any, kind: str) -> bool:
    """Whether a value is of a kind; of kinds that are no plain value the widget judges."""
    if sent is None or kind not in KINDS:
        return True
    if "_array_" in kind:
        return not isinstance(sent, str | bytes) and all(_is_one(part, kind) for part in sent)
    return _is_one(sent, kind)


def _is_one(sent: object, kind: str) -> bool:
    """Whether a single value is of a kind, and finite."""
    if isinstance(sent, bool) and bool not in KINDS[kind]:
        return False
    return isinstance(sent, KINDS[kind]) and not (isinstance(sent, float) and not math.isfinite(sent))


def _is_message(state: WidgetState, kind: str) -> bool:
    """Whether a message holds something of a widget's kind, or nothing."""
    field = state.WhichOneof("value")
    if field == "json_value":
        try:
            json.loads(state.json_value)
        except (ValueError, RecursionError):
            return False
    return field is None or field == kind or {field, kind} == NUMBERS


def guard() -> None:
    """Check all that comes from browsers from now on; once for a server."""
    try:
        from streamlit.proto.WidgetStates_pb2 import WidgetState
        from streamlit.runtime.state.session_state import Serialized, SessionState, WStates

        register, found = SessionState.register_widget, WStates.__getitem__
    except (
        ImportError,
        AttributeError,
    ) as error:  # a later Streamlit: the pages work, and forged messages end in its own words
        LOG.warning("what browsers send is not checked under this version of Streamlit: %s", error)
        return
    if getattr(register, "checks", False):
        return

    def register_widget(self: Any, metadata: Any, user_key: str | None) -> Any:
        if not isinstance(metadata.deserializer, Checked):
            metadata = replace(metadata, deserializer=Checked(metadata.deserializer, metadata.value_type))
        return register(self, metadata, user_key)

    def __getitem__(self: Any, key: str) -> Any:
        state, known = self.states.get(key), self.widget_metadata.get(key)
        made = known.deserializer if known is not None and isinstance(state, Serialized) else None
        if isinstance(made, Checked) and not _is_message(state.value, made.kind):
            self.states[key] = Serialized(WidgetState(id=key))
        return found(self, key)

    register_widget.checks = True  # type: ignore[attr-defined]
    SessionState.register_widget = register_widget  # type: ignore[method-assign]
    WStates.__getitem__ = __getitem__  # type: ignore[method-assign]
