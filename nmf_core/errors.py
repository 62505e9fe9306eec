"""Every error that a user can cause is an `NmfError`: a sentence that can be shown as it is."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class NmfError(ValueError):
    """What was wrong, the value seen, what is allowed, and what to do next, in one message.

    Attributes:
        plain: the same for somebody at a page, who has no keywords.
        script: what somebody with a script can do, by keyword; "" where the message says all.
        asks: keys of the questions whose answers could help, as `Question.key` has them; a page knows its controls for them.

    >>> error = NmfError("A 0 is no rating.", script="Or read with zeros='rating'.", asks=["zeros"])
    >>> str(error), error.plain, error.asks
    ("A 0 is no rating. Or read with zeros='rating'.", 'A 0 is no rating.', ('zeros',))
    """

    def __init__(self, message: object = "", *, script: str = "", asks: Iterable[str] = ()) -> None:
        """Keep both parts; the message of the exception is the two."""
        super().__init__(f"{message} {script}" if script else message)
        self.plain, self.script, self.asks = str(message), script, tuple(asks)


class RatingsError(NmfError):
    """Ratings that cannot be read or are not ratings."""


class SettingsError(NmfError):
    """A setting outside its range, or two settings that do not go together."""


class StoreError(NmfError):
    """The store of labels and projects could not read or save; nothing that was typed is lost by it."""


class DownloadError(NmfError):
    """A file could not be fetched; nothing half of it was kept."""


def shown(value: object, limit: int = 60) -> str:
    """A value for an error message: its repr, cut to `limit` characters."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def closest(value: str, allowed: Iterable[str]) -> str:
    """A hint ", did you mean …?" or nothing."""
    match = difflib.get_close_matches(str(value)[:100], list(allowed)[:5000], n=1)
    return f" Did you mean {match[0]!r}?" if match else ""


def whole_number(name: str, value: object, low: int, high: int) -> int:
    """`value` as an int in low…high, or a SettingsError naming the range; text and booleans are no numbers.

    >>> whole_number("rank", 3, 1, 100)
    3
    >>> whole_number("rank", 2.5, 1, 100)
    Traceback (most recent call last):
        ...
    nmf_core.errors.SettingsError: rank is 2.5; it must be a whole number from 1 to 100. Set rank to such a number.
    """
    import operator

    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = None
    if number is None or not low <= number <= high:
        raise SettingsError(
            f"{name} is {shown(value)}; it must be a whole number from {low} to {high}. Set {name} to such a number."
        )
    return number


def real_number(name: str, value: object, low: float, high: float) -> float:
    """`value` as a finite float in low…high, or a SettingsError naming the range."""
    import numbers

    number = float(value) if isinstance(value, numbers.Real) and not isinstance(value, bool) else float("nan")
    if not low <= number <= high:
        raise SettingsError(
            f"{name} is {shown(value)}; it must be a number from {low:g} to {high:g}. Set {name} to such a number."
        )
    return number
