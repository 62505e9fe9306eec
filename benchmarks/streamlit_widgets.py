"""What stands on a Streamlit page, and the values of widgets as a browser sends them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from streamlit.proto.NumberInput_pb2 import NumberInput
from streamlit.proto.WidgetStates_pb2 import WidgetState

VALUES: Final = ("selectbox", "button_group", "number_input", "text_input")  # whose values a browser sends unasked


@dataclass(frozen=True)
class Node:
    """An element, or a block that is a widget as well: an expander that tells the script when it is opened.

    Attributes:
        kind, proto: what it is in Streamlit's messages, `selectbox` and its `Selectbox` say.
        script: the hash of the script that drew it: the main script, or a page.
        fragment: the fragment that it is in; "" outside of one.
        run: the run that drew it.
    """

    kind: str
    proto: Any
    script: str
    fragment: str
    run: str

    @property
    def id(self) -> str:
        """Its id; "" where it is no widget."""
        return getattr(self.proto, "id", "")

    @property
    def key(self) -> str:
        """The key that its author gave it.

        >>> from streamlit.proto.Selectbox_pb2 import Selectbox
        >>> Node("selectbox", Selectbox(id="$$ID-4cdf-name-1"), "", "", "").key
        'name-1'
        """
        return self.id.split("-", 2)[-1]


def begins_with(node: Node, *, shown: bool = False) -> Any:
    """What a widget begins with; where it is `shown`, what the server has set it to since."""
    p, given = node.proto, shown and node.proto.set_value
    if node.kind == "selectbox":
        name = p.raw_value if given and p.HasField("raw_value") else None
        return name if given or not (p.options and p.HasField("default")) else p.options[p.default]
    if node.kind == "button_group":
        words = [f"{option.content_icon} {option.content}".strip() for option in p.options]
        return list(p.raw_values) if given else [words[at] for at in p.default]
    if node.kind == "number_input":
        name = "value" if given and p.HasField("value") else "default"
        return getattr(p, name) if p.HasField(name) else None
    return p.value if given else p.default


def state_of(node: Node, value: Any) -> WidgetState:
    """A widget's value as it is sent."""
    state = WidgetState(id=node.id)
    if value is None:
        return state
    if node.kind == "number_input" and node.proto.data_type == NumberInput.INT:
        state.int_value = int(value)
    elif isinstance(value, bool):
        state.bool_value = value
    elif isinstance(value, str):
        state.string_value = value
    elif isinstance(value, list):
        state.string_array_value.data.extend(value)
    else:
        state.double_value = float(value)
    return state
