"""Ratings as people write them: "4/5", "★★★☆☆", "5 - loved it"."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from nmf_core.tables.base import Column
from nmf_core.tables.headers import plain
from nmf_core.tables.numbers import is_number, says_blank

_NUMBER = r"(\d{1,3}(?:[.,]\d{1,2})?)"
_WAYS = (
    re.compile(rf"{_NUMBER}\s*(?:/|of|out of|von|sur|de|auf)\s*\d{{1,3}}(?:\.0)?(?:\s+[^\W\d]+)?", re.IGNORECASE),
    re.compile(rf"{_NUMBER}\s*(?:%|\*|stars?|points?|pts\.?|sterne?|punkte?|étoiles?|estrellas?|★|⭐)", re.IGNORECASE),
    re.compile(rf"{_NUMBER}\s*[-–—:=.)]\s*[^\W\d].*"),
    re.compile(rf"{_NUMBER}\s*\([^\d)].*\)"),
    re.compile(rf"[^\W\d][^\d()]*\(\s*{_NUMBER}\s*\)"),
)
_STARS = re.compile(r"([★⭐*]\ufe0f?)*[½⯨]?[☆✩]*")

# What people write for "no answer", as `plain` writes it, and the signs for it.
_NO_ANSWER = frozenset(
    """
    dk ref dkna nk ka wn kang keineangabe weissnicht nsnc ns nc nr nsp nspp np dontknow refused refuse noanswer skipped
    missing unknown notapplicable notrated norating unrated absent abs krank entschuldigt x nd nvt onbekend nevím nieznam bd
    brak noopinion cantsay nosabe sinrespuesta noresponde sinopinion nonso nonrisponde nesaispas nsp refus nessunarisposta
    semresposta nãosei naosei ingensvar vetinte abw abwesend entsch disp dispensé absent absente fehlt gefehlt falta nb nezn
    dnf dnt dns dnc abstain abstained nottasted nottried notseen unseen notread nichtgesehen nichtprobiert pasvu
    neuvedeno brakodpowiedzi trudnopowiedzieć нд неттответа 不明 無回答 わからない 回答なし 无 缺考 未答 不知道 모름 무응답
    결시 nocontesta sansréponse sansopinion geenmening vetej veikeine inget vetikke непознаю нетответа
    """.split()
)
_SIGNS = frozenset(
    (".", "?", "??", "--", "---", "…", "*", "/", "#N/A", "#NULL!", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!")
)
# What is put where something is so, and left out where it is not.
_TICK = re.compile(
    "(x|✓|✔|✅|☑|☒|🗸|•|●|♥|❤|👍|yes|y|ja|oui|s[ií]|sim|tak|ano|igen|evet|да|はい|是)\ufe0f?", re.IGNORECASE
)
_HALVES = re.compile(r"(\d{1,2})\s?(?:½|1/2)")


def says_no_answer(text: str) -> bool:
    """Whether a cell says in words or by a sign that there is no answer.

    >>> [says_no_answer(text) for text in ("k.A.", "don't know", "?", "Heat")]
    [True, True, True, False]
    """
    return text.strip() in _SIGNS or plain(text) in _NO_ANSWER


def is_tick(text: str) -> bool:
    """Whether a cell says that something is so, and no more.

    >>> [is_tick(text) for text in ("x", "✓", "Ja", "5", "maybe")]
    [True, True, True, False, False]
    """
    return bool(_TICK.fullmatch(text.strip()))


def spoken_number(text: str) -> float | None:
    """The rating that a text says; None where it says none.

    >>> [spoken_number(text) for text in ("4/5", "★★★☆☆", "5 - loved it", "3,5 Sterne", "2 (poor)", "good")]
    [4.0, 3.0, 5.0, 3.5, 2.0, None]
    """
    text = text.strip()
    for way in _WAYS:
        if found := way.fullmatch(text):
            return float(found[1].replace(",", "."))
    if found := _HALVES.fullmatch(text):
        return float(found[1]) + 0.5
    if text.strip("½⯨") and _STARS.fullmatch(text):
        return text.count("★") + text.count("⭐") + text.count("*") + 0.5 * (text.count("½") + text.count("⯨"))
    return None


def says_half(text: str) -> bool:
    """Whether a text is a number with the sign for a half, which is nothing else: 4½."""
    return bool(_HALVES.fullmatch(text.strip()))


def are_spoken(cells: Sequence[object]) -> bool:
    """Whether cells that are no numbers say one, all of them."""
    spoken = 0
    for cell in cells:
        if not isinstance(cell, str) or is_number(cell) or says_blank(cell):
            continue
        if spoken_number(cell) is not None and not says_no_answer(cell):
            spoken += 1
        elif not says_no_answer(cell):
            return False
    return spoken > 0


def as_ones(column: Column) -> Column:
    """The column with 1 where something stands."""
    assert column.codes is not None
    return Column(np.where(column.blank(), np.nan, 1.0))


def as_numbers(column: Column) -> Column:
    """The column with what its cells say as numbers."""
    if column.codes is None:
        return column
    cells = [
        found if isinstance(cell, str) and not is_number(cell) and (found := spoken_number(cell)) is not None else cell
        for cell in column.cells
    ]
    made = np.array([*cells, None], dtype=object)[:-1]
    return Column(made, column.codes)
