"""`Label`: a human name for a feature. Every `Label` that exists is a valid one."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from nmf_core.errors import NmfError, closest, shown

KINDS = ("genre", "theme", "directorial style", "cast", "length or complexity", "other")
LONGEST_TEXT, LONGEST_NOTE = 80, 2000

# Embeddings, overrides and isolates turn round whatever stands after them on the page.
_TURNS_TEXT_ROUND = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


@dataclass(frozen=True)
class Label:
    """A name for a feature, cleaned and checked as it is made.

    Attributes:
        text: the name on one line, 1 to 80 characters.
        kind: one of `KINDS`.
        note: why it is called that, 0 to 2,000 characters, several lines allowed.
        colour: "" or "#rrggbb".
        author: who gave the name, 0 to 80 characters on one line.

    Outer spaces go; control characters, lone surrogates and marks that turn text round become �.

    Raises:
        NmfError: a field outside its range.

    >>> Label("  Action ", kind="genre", colour="#AA3300")
    Label(text='Action', kind='genre', note='', colour='#aa3300', author='')
    >>> Label("")
    Traceback (most recent call last):
        ...
    nmf_core.errors.NmfError: The label is '', without a character to be seen; it must have 1 to 80. Type a name.
    """

    text: str
    kind: str = "other"
    note: str = ""
    colour: str = ""
    author: str = ""

    def __post_init__(self) -> None:
        """Clean and check each field."""
        fields = {
            "text": checked_name("label", self.text),
            "note": _no_longer("note", _lines(_string("note", self.note)), LONGEST_NOTE),
            "author": _no_longer("author", one_line(_string("author", self.author)), LONGEST_TEXT),
            "kind": _kind(self.kind),
            "colour": _colour(self.colour),
        }
        for name, value in fields.items():
            object.__setattr__(self, name, value)


def checked_name(what: str, text: object) -> str:
    """A name that people give: cleaned, on one line, 1 to 80 characters of which at least one can be seen.

    Raises:
        NmfError: nothing to be seen, or too long; it calls the name `what`.

    >>> checked_name("title", " Film  club ")
    'Film club'
    """
    name = one_line(_string(what, text))
    if not can_be_seen(name):
        raise NmfError(
            f"The {what} is {shown(text)}, without a character to be seen; it must have 1 to {LONGEST_TEXT}. Type a name."
        )
    return _no_longer(what, name, LONGEST_TEXT)


def can_be_seen(text: str) -> bool:
    """Whether a text has a character that shows.

    >>> can_be_seen("Alien"), can_be_seen("\u200b ")
    (True, False)
    """
    return any(unicodedata.category(c)[0] not in "ZC" for c in text)


def one_line(text: str) -> str:
    r"""Text on one line: runs of white space become one space, characters that cannot be shown become �.

    >>> one_line("  Film\t noir\n")
    'Film noir'
    """
    line = " ".join(text.split())
    # Of metadata there are many, and most are plain.
    return line if line.isascii() and line.isprintable() else _clean(line)


def _lines(text: str) -> str:
    """Text that may have several lines, cleaned."""
    return "\n".join(_clean(line.replace("\t", " ").rstrip()) for line in text.strip().splitlines())


def _clean(text: str) -> str:
    """Composed characters, with � for what cannot be shown or would turn the rest round."""
    return "".join(
        "�" if unicodedata.category(c) in ("Cc", "Cs") or unicodedata.bidirectional(c) in _TURNS_TEXT_ROUND else c
        for c in unicodedata.normalize("NFC", text)
    )


def _string(name: str, value: object) -> str:
    """The value if it is text."""
    if not isinstance(value, str):
        raise NmfError(f"The {name} is {shown(value)}; it must be text. Type it as text.")
    return value


def _no_longer(name: str, text: str, limit: int) -> str:
    """The text if it has at most `limit` characters."""
    if len(text) > limit:
        raise NmfError(
            f"The {name} {shown(text)} has {len(text):,} characters; at most {limit:,} are allowed. Shorten it."
        )
    return text


def _kind(kind: object) -> str:
    """The kind if it is one of KINDS."""
    if not isinstance(kind, str) or kind not in KINDS:
        raise NmfError(
            f"The kind is {shown(kind)}; it must be one of: {', '.join(KINDS)}.{closest(str(kind), KINDS)} Pick one."
        )
    return kind


def _colour(colour: object) -> str:
    """The colour in small letters if it is "" or #rrggbb."""
    if not isinstance(colour, str) or not re.fullmatch(r"(#[0-9a-fA-F]{6})?", colour):
        raise NmfError(f"The colour is {shown(colour)}; it must be #rrggbb, such as #1f77b4, or empty. Pick a colour.")
    return colour.lower()
