"""What features of a fit were wished to be, as JSON and back, every bit kept; nothing in it is trusted."""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import Any

import numpy as np

from nmf_core.errors import NmfError, SettingsError, shown
from nmf_core.fit.problem import Array
from nmf_core.fit.steer import Steer, Wish


def steer_to_json(steer: Steer | None) -> list[dict[str, Any] | None] | None:
    """Wishes as JSON has them: rows and strengths of items as packed doubles, since most of a row may be zeros.

    >>> from nmf_core import Steer, Wish
    >>> told = steer_to_json(Steer([None, Wish([1, 0, 2], 0.5, ("x",))]))
    >>> told[0], sorted(told[1]), steer_from_json(told, 3).by_feature[1].row.tolist()
    (None, ['items', 'row', 'strength'], [1.0, 0.0, 2.0])
    """
    return None if steer is None else [None if wish is None else _told(wish) for wish in steer.wishes]


def steer_from_json(told: object, n_items: int) -> Steer | None:
    """The wishes that JSON tells, for so many items.

    Raises:
        SettingsError: it tells none, or of another number of items.
    """
    if told is None:
        return None
    try:
        if not isinstance(told, list):
            raise TypeError(f"they are {shown(told)}")
        return Steer(tuple(None if one is None else _wish(one, n_items) for one in told))
    except (NmfError, KeyError, TypeError, ValueError, binascii.Error, zlib.error) as e:
        raise SettingsError(
            f"These are no wishes for {n_items:,} items ({shown(str(e), 200)}). Steer the features anew."
        ) from e


def _told(wish: Wish) -> dict[str, Any]:
    """One wish."""
    strength = wish.strength if isinstance(wish.strength, float) else _packed(wish.strength)
    return {"row": _packed(wish.row), "strength": strength, "items": list(wish.items)}


def _wish(told: dict[str, Any], n_items: int) -> Wish:
    """One wish, from what is told of it."""
    strength, items = told["strength"], told["items"]
    if not isinstance(items, list) or not all(isinstance(name, str) for name in items):
        raise TypeError(f"items are {shown(items)}")
    given = _unpacked(strength, n_items) if isinstance(strength, str) else strength
    return Wish(_unpacked(told["row"], n_items), given, tuple(items))


def _packed(array: Array) -> str:
    """Doubles as text."""
    return base64.b64encode(zlib.compress(np.ascontiguousarray(array, dtype="<f8").tobytes())).decode("ascii")


def _unpacked(text: str, n: int) -> Array:
    """n doubles from text that has no more: what unpacks to far more than was sent is not unpacked."""
    size = 8 * n
    data = zlib.decompressobj().decompress(base64.b64decode(text, validate=True), size + 1)
    if len(data) != size:
        raise ValueError(f"a row has {len(data):,} bytes, and {n:,} items have {size:,}")
    return np.frombuffer(data, dtype="<f8").astype(np.float64)
