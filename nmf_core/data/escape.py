"""Names that any file can hold and no spreadsheet runs, and such names read back as they were."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_MARKS = "\t\r\n=+-@＝＋－＠"
# A name that a spreadsheet would run. Apostrophes at the start count too, so that two names never become one.
_FORMULA = re.compile(r"'*(?:[\t\r\n]|[\s\u200b\ufeff]*[=+\-@＝＋－＠])")


def clean(text: str, keep: str = "") -> str:
    r"""Text whose control characters and lone surrogates, which not every file can hold, are replaced by �.

    So are U+FFFE and U+FFFF, which no XML can hold, and a workbook is XML. Characters in `keep` stay.

    >>> clean("a\tb\0"), clean("a\tb\0", keep="\t")
    ('a�b�', 'a\tb�')
    """
    if text.isprintable():
        return text
    return "".join("�" if c not in keep and _unwritable(c) else c for c in text)


def escape_formulas(text: str) -> str:
    r"""Text that a spreadsheet shows and never runs: where it begins like a formula, an apostrophe goes before it.

    It begins so with = + - @ (their wide forms too), also after blanks and apostrophes, and with a tab or line end. What no
    table can hold becomes �. Different clean names stay different.

    >>> escape_formulas("=cmd|'/c calc'!A1"), escape_formulas("  -1"), escape_formulas("Alien")
    ("'=cmd|'/c calc'!A1", "'  -1", 'Alien')
    """
    text = clean(text, keep="\t\r\n")
    return "'" + text if _FORMULA.match(text) else text


def unescape_formulas(names: Sequence[str]) -> list[str] | None:
    """Trimmed names as they were before `escape_formulas`; None if nothing tells that they were made neutral.

    They were if some begin like a formula, and each of those bears the apostrophe. So a file from elsewhere that holds =x
    beside '=x is left as it is. Names that differ still do.

    >>> unescape_formulas(["'=x", "''-1", "Alien"])
    ['=x', "'-1", 'Alien']
    >>> unescape_formulas(["'=x", "=x"]), unescape_formulas(["Alien"])
    (None, None)
    """
    together = "".join(names)
    if not any(mark in together for mark in _MARKS):  # so of most files, and told at a glance
        return None
    formulas = set(filter(_FORMULA.match, names))
    # A blank after the apostrophe would be trimmed off next, and two names could become one; no trimmed name was so.
    if not formulas or not all(name[0] == "'" and not name[1:2].isspace() for name in formulas):
        return None
    return [name[1:] if name in formulas else name for name in names]


def _unwritable(character: str) -> bool:
    """Whether a character is a control character, a lone surrogate, or one of the two that XML refuses."""
    return character in "\ufffe\uffff" or unicodedata.category(character) in ("Cc", "Cs")
