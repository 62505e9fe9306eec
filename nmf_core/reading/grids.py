"""A table as a grid: users down and items across, or items down and users across; and which column names the rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from nmf_core.reading.evidence import Evidence, Given, Reading, weighed
from nmf_core.reading.looks import Look
from nmf_core.reading.totals import is_summary
from nmf_core.reading.which_columns import (
    ABOUT,
    EXAMS,
    FIRST_NAMES,
    FORM_IDS,
    GIVERS,
    LAST_NAMES,
    NAMES,
    SIZE,
    are_ticked,
    like_ratings,
)
from nmf_core.tables.base import Head, Table
from nmf_core.tables.contents import number_of
from nmf_core.tables.headers import has_role, of_rows, plain, role_of
from nmf_core.tables.names import like_people, like_things, like_times
from nmf_core.tables.numbers import is_number

_YEAR = re.compile(r"(19|20)\d\d")
_BOTH = 0.4  # the share of people's names on both sides from which on nothing tells who rates whom
_PEOPLE = 0.7  # and from which on names are plainly those of people
_IDS = frozenset("id no nr number row index seq lfdnr".split())
_CODE = re.compile(r"[A-Z]([-_. ]?\d{1,3})?")
_FEW_ROWS = 4
_ENOUGH = 3  # columns of ratings that make a grid beyond doubt


def grid_readings(
    table: Table, looks: tuple[Look, ...], head: Head, given: Given, down: str, asked: bool
) -> Iterator[Reading]:
    """Grids that a table could be with users or items down: which column names the rows, and which are ratings.

    Args:
        asked: whether it is to be a grid whatever it looks like.
    """
    if len(looks) < 2 or set(given.roles) - {down}:
        return
    layout = "grid" if down == "user" else "items-down"
    likely = like_ratings(looks)
    for naming in [given.roles[down]] if down in given.roles else _naming(looks, likely):
        others = [k for k in likely if k != naming]
        plainly = tuple(k for k in others if likely[k] > 0)
        if given.skip is not None:
            chosen_ones = [tuple(k for k in others if k not in given.skip)]
        else:
            chosen_ones = list(_choices(likely, plainly, naming)) if plainly else []
            if asked and not plainly:
                chosen_ones = [tuple(others)]
        for chosen in filter(None, chosen_ones):
            made = Reading(layout, table, looks, head, {down: naming}, chosen)
            yield weighed(made, _GRIDS, [] if given.skip is not None else _of_columns(looks, likely, chosen, naming))


def _naming(looks: Sequence[Look], likely: dict[int, float]) -> list[int]:
    """The columns that could name the rows, and -1 where each row is one of its own."""
    named = [k for k, look in enumerate(looks) if _is_called_name(look.header) and not look.blank]
    differing = [k for k, look in enumerate(looks) if look.different and not look.dates and likely[k] <= 0]
    differing = [k for k in differing if looks[k].name not in ABOUT - NAMES - _IDS and not is_summary(looks[k].header)]
    words = sorted(differing, key=lambda k: not looks[k].words)
    return list(dict.fromkeys([0, *named[:3], *words[:3], -1]))


def _choices(likely: dict[int, float], ratings: tuple[int, ...], naming: int) -> Iterator[tuple[int, ...]]:
    """The columns that are most likely ratings, and the same with the least sure of all decided the other way."""
    yield ratings
    others = [k for k in likely if k != naming]
    least = min(others, key=lambda k: abs(likely[k]), default=None)
    if least is None:
        return
    changed = tuple(k for k in others if (k in ratings) != (k == least))
    if changed:
        yield changed


def _of_columns(looks: Sequence[Look], likely: dict[int, float], chosen: Sequence[int], naming: int) -> list[Evidence]:
    """What each column says of being a rating or left out."""
    wrong = [k for k in likely if k != naming and (k in chosen) != (likely[k] > 0)]
    found = [Evidence(-abs(likely[k]), f"{looks[k].header!r} is like the others or not") for k in wrong]
    hard = [k for k in chosen if likely[k] <= -4]
    if hard:
        found.append(Evidence(-4, f"{looks[hard[0]].header!r} holds no ratings"))
    return found


def _is_called_name(header: str) -> bool:
    """Whether a column is called the name of people."""
    if has_role([header], "user") or plain(header) in NAMES:
        return True
    return role_of(header) == ("user", 2) and plain(header).endswith("name")


# --- what speaks for a grid -------------------------------------------------------------------------------------------


def _down(reading: Reading) -> tuple[str, Look | None]:
    """The role of what stands down, and the column that names it."""
    (role, at), *_ = reading.roles.items()
    return role, None if at < 0 else reading.looks[at]


def _corner(reading: Reading) -> Evidence | None:
    """What the header of the column that names the rows says."""
    role, look = _down(reading)
    if look is None:
        return None
    named, plainly = role_of(of_rows(look.header))
    if look.name in NAMES and named != "item":
        named, plainly = "user", 2
    if look.name in GIVERS:
        named, plainly = "user", 2
    across = [reading.looks[k].header for k in reading.ratings]
    if named not in ("user", "item") and _are_codes(look.texts) and _are_codes(across) and len(across) > 1:
        return Evidence(0.5, "codes stand down and across") if role == "user" else None
    if not look.header:
        return Evidence(
            2.5 if role == "user" else 0.3, "its first header cell is empty, as that of a grid with users down is"
        )
    if named == "rating":
        return Evidence(-2.5, f"{look.header!r} is a name for ratings")
    if not named and role == "user":
        unknown = look.words and not (look.people > 0.2 or plainly) and not _are_codes(look.texts)
        return Evidence(1.0 if unknown else 2.2, "the rows of a grid are users unless something says otherwise")
    if not named:
        return None
    if named == role:
        return Evidence(1.0 + plainly, f"its first column is headed {look.header!r}")
    return Evidence(-1.5 - plainly / 2, f"{look.header!r} heads {named}s")


def _who_is_down(reading: Reading) -> Evidence | None:
    """Whether the names down read as people or as things."""
    role, look = _down(reading)
    if look is None or look.share_numbers > 0.5:
        return None
    if look.people > _BOTH and like_people([reading.looks[k].header for k in reading.ratings]) > _BOTH:
        return Evidence(2 if role == "item" else 0, "people stand down and across")
    people, things = look.people, look.things
    share = people - things if role == "user" else things - people
    said = "the names down are those of people" if people > things else "the names down read as titles"
    # A header that says whose names these are says it more surely than the names, unless people stand below "Films".
    told = role_of(look.header)[0]
    against = (
        told == "item" and people > _PEOPLE and like_people([reading.looks[k].header for k in reading.ratings]) < _BOTH
    )
    return Evidence((2.5 if against else 1 if told else 3) * share, said) if abs(share) > 0.2 else None


def _who_is_across(reading: Reading) -> Evidence | None:
    """Whether the names across read as people or as things."""
    role, _ = _down(reading)
    across = [reading.looks[k].header for k in reading.ratings]
    if len(across) > 1 and all(_YEAR.fullmatch(header.strip()) for header in across):
        return Evidence(-0.5 if role == "user" else -6, f"{across[0]!r} and the others across are years")
    if len(across) > 1 and like_times(across) == 1:
        return Evidence(-2.0, f"{across[0]!r} and the others across are times")
    people, things = like_people(across), like_things(across)
    _, look = _down(reading)
    if people > _BOTH and look is not None and look.people > _BOTH:
        return None  # said by what stands down
    share = things - people if role == "user" else people - things
    if abs(share) <= 0.2:
        return None
    if role == "item" and look is not None and not look.header and _could_be_people(look) and not _numbered(across):
        return Evidence(0.5 * share, "people stand across, and the names down could be people as well")
    said = f"{across[0]!r} and the others across are {'people' if people > things else 'things'}"
    return Evidence(3.5 * share, said)


def _are_codes(names: Sequence[str]) -> bool:
    """Whether names are short codes that name nothing: K1, B-12, C."""
    return bool(names) and all(_CODE.fullmatch(name.strip()) for name in names)


def _could_be_people(look: Look) -> bool:
    """Whether names are single words with a capital, as first names are, and none reads as a title."""
    single = [text.isalpha() and text[:1].isupper() for text in look.texts[:50]]
    return bool(single) and sum(single) >= 0.9 * len(single) and look.things < 0.1


def _numbered(names: Sequence[str]) -> bool:
    """Whether names are numbered, as User 1, User 2."""
    return any(any(c.isdigit() for c in name) for name in names)


def _one_scale(reading: Reading) -> Evidence | None:
    """Whether the columns hold numbers on one scale."""
    rated = [look for k in reading.ratings if (look := reading.looks[k]).numeric]
    tops = [look.high for look in rated if look.name not in EXAMS] or [look.high for look in rated]
    if not rated and len(reading.ratings) > 1 and are_ticked(reading.looks):
        return Evidence(3.5, f"{len(reading.ratings)} columns hold one and the same tick, or nothing")
    if len(tops) < 2:
        return Evidence(-0.5, "it has one column of numbers") if len(reading.looks) > 2 else None
    usual = float(np.median(tops))
    apart = [top for top in tops if top > SIZE * usual or (top and usual > SIZE * top)]
    if len(apart) > len(tops) / 5:
        return Evidence(-2.5, "its columns hold numbers of different sizes")
    return Evidence(1.5 + (len(tops) >= _ENOUGH), f"{len(tops)} columns hold numbers on one scale")


def _alike_values(reading: Reading) -> Evidence | None:
    """Whether the same few values come again in all columns, as ratings do."""
    values = [reading.looks[k].numbers for k in reading.ratings]
    together = np.unique(np.concatenate(values)) if values else np.zeros(0)
    filled = sum(reading.looks[k].n_filled for k in reading.ratings)
    if len(together) and len(together) <= 21 and 2 * len(together) < filled:
        return Evidence(1, "the same few values stand in all columns")
    return None


def _names_differ(reading: Reading) -> Evidence | None:
    """Whether each row has a name of its own."""
    _, look = _down(reading)
    if look is None:
        named = any(
            other.different
            and not (
                other.dates or (other.numeric and not _is_called_name(other.header) and not role_of(other.header)[1])
            )
            and other.name not in ABOUT - NAMES - _IDS
            for k, other in enumerate(reading.looks)
            if k not in reading.ratings
        )
        return Evidence(-4.0 if named else -1.0, "no column is taken to name the rows")
    if look.different:
        if look.words or role_of(look.header)[0] or not look.header or look.name in NAMES:
            return Evidence(1.5, "a different name stands before each row")
        return Evidence(0.5, "a different number stands before each row")
    if look.n_rows > _FEW_ROWS and len(look.said) >= 0.8 * look.n_rows:
        return Evidence(-2.5, "a name stands before two rows")  # which an error names
    return Evidence(-5, "its first column repeats, which that of a grid never does")


def _index_beside_names(reading: Reading) -> Evidence | None:
    """A column that counts the rows names them only where no other does."""
    _, look = _down(reading)
    others = [other for k, other in enumerate(reading.looks) if other is not look and k not in reading.ratings]
    named = [
        other
        for other in others
        if other.different and (_is_called_name(other.header) or other.words) and not other.dates
    ]
    if look is not None and (look.running or look.dates or look.epochs) and named:
        return Evidence(-3, f"{named[0].header!r} names the rows better than a column that counts them")
    if look is not None and (look.dates or look.epochs) and not role_of(look.header)[1]:
        return Evidence(-2.5 if look.dates else -6, f"{look.header or 'the first column'!r} holds times")
    if look is not None and look.name in ABOUT - NAMES - _IDS and not look.running:
        return Evidence(-4.0, f"{look.header!r} names nobody")
    whole = [
        other for other in others if other.different and not other.dates and other.name not in ABOUT - NAMES - _IDS
    ]
    half = look is not None and look.name in FIRST_NAMES and any(other.name in LAST_NAMES for other in others)
    if half and look is not None and any(_is_called_name(o.header) and o.name not in LAST_NAMES for o in whole):
        return Evidence(-3.0, f"{look.header!r} is half a name")
    persons = [other for other in named if _is_called_name(other.header) and other.name not in FORM_IDS]
    if look is not None and look.name in FORM_IDS and persons:
        return Evidence(-5.0, f"{persons[0].header!r} names whom {look.header!r} is a sheet of")
    if look is not None and not _is_called_name(look.header) and any(_is_called_name(o.header) for o in named):
        return Evidence(-2.5, "another column is called a name")
    return None


def _names_on_the_scale(reading: Reading) -> Evidence | None:
    """Numbers on the scale of the ratings, under a name that says no id, are ratings too; that they differ is chance."""
    _, look = _down(reading)
    if look is None or not look.numeric or look.running or not look.header or _is_called_name(look.header):
        return None
    tops = [reading.looks[k].high for k in reading.ratings if reading.looks[k].numeric]
    usual = float(np.median(tops)) if tops else 0.0
    named, plainly = role_of(look.header)
    if look.name in _IDS or named == "user" or plainly in (1, 3) or not 0 < look.high <= 1.5 * usual or usual > 100:
        return None
    return Evidence(-4, f"{look.header!r} holds numbers on the scale of the others")


def _roles_among_items(reading: Reading) -> Evidence | None:
    """A header that names users, items and ratings is that of a list."""
    roles = {role_of(look.header) for look in reading.looks}
    named = {role for role, plainly in roles if role and plainly == 3}
    if {"user", "item", "rating"} <= named:
        return Evidence(-3, "its columns are named user, item and rating, or alike")
    if len(named) == 2 and len(reading.looks) <= 4:
        return Evidence(-2, f"it has columns named {' and '.join(sorted(named))}, or alike")
    return None


def _left_out_words(reading: Reading) -> Evidence | None:
    """Columns of words beside few ratings are those of a list."""
    words = [k for k in reading.skip if reading.looks[k].words and not reading.looks[k].dates]
    if words and len(reading.ratings) < _ENOUGH:
        return Evidence(
            -2.5, f"{reading.looks[words[0]].header!r} holds words, which a grid has in no other than its first column"
        )
    return None


def _few_columns(reading: Reading) -> Evidence | None:
    """One column of ratings makes hardly a grid."""
    if len(reading.ratings) == 1 and len(reading.looks) > 2:
        return Evidence(-2, "only one column would be ratings")
    return None


def _header_of_numbers(reading: Reading) -> Evidence | None:
    """Items that are numbers, in a header whose first cell is none; else the first row is data."""
    header = [look.header for look in reading.looks]
    if reading.head.lines == 0:
        return Evidence(-2, "a grid has a header")
    numbers = [is_number(text) for text in header[1:] if text]
    if not numbers or not all(numbers):
        return (
            Evidence(-1.5, "the first row holds numbers among its names") if sum(numbers) > len(numbers) / 2 else None
        )
    values = [number_of(text) for text in header[1:] if text]
    if is_number(header[0]):
        return Evidence(-3, "the first row holds numbers, as the rows below do")
    if len(values) > 2 and (np.diff(values) > 0).all():
        return Evidence(1, "the numbers across rise, as those of items do")
    # A name and numbers that could be ratings: nothing says that the row is a header but the first cell.
    named = not header[0] or bool(role_of(header[0])[0]) or plain(header[0]) in NAMES
    return Evidence(0.5 if named else -2.5, "the numbers across could be ratings")


def _names_are_words(reading: Reading) -> Evidence | None:
    """Headers are words over numbers."""
    if reading.head.lines and not any(is_number(reading.looks[k].header) for k in reading.ratings):
        if all(reading.looks[k].header for k in reading.ratings):
            return Evidence(0.5, "its first row holds names, and the rows below numbers")
        return Evidence(-3, "a column of numbers has no header")
    return None


_GRIDS = (
    _corner,
    _who_is_down,
    _who_is_across,
    _one_scale,
    _alike_values,
    _names_differ,
    _index_beside_names,
    _names_on_the_scale,
    _roles_among_items,
    _left_out_words,
    _few_columns,
    _header_of_numbers,
    _names_are_words,
)
