"""How a table holds ratings: as a long list or a grid, and in which columns; each guess with its reason."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from nmf_core.data.notes import DataNote
from nmf_core.errors import RatingsError, closest, shown
from nmf_core.reading.options import CHOSEN, EACH_ROW, Plan, Question, ReadOptions
from nmf_core.reading.questionnaire import Questionnaire, questionnaire_of
from nmf_core.tables.base import Column, Table, text_of
from nmf_core.tables.contents import are_dates, are_words, are_years, is_numeric, number_of, top
from nmf_core.tables.headers import ROLE_NAMES, ROLES, has_role, plain
from nmf_core.tables.numbers import is_number, says_blank
from nmf_core.words import cut

# What headers of other columns of numbers hold, and of other columns of text.
_NO_RATING = re.compile(r"date|datum|fecha|time|year|day|month|age|count|number|zip|price|\bid\b|_id|id$")
_NO_ID = re.compile(r"date|datum|fecha|time|day|month|comment|remark|review|text|note")
_MOST_COLUMNS = 30  # of a list whose first row may be a header or not
LISTS_AND_GRIDS = ("long", "grid", "items-down")
NUMBERS_ABOVE = "The items in the first row are all numbers. If that row holds ratings, add a header above it."
_EPOCH = 1e8  # seconds since 1970 are larger from 1973 on; no rating is


def list_or_grid(table: Table, options: ReadOptions) -> Plan:
    """How a table is read: as asked, else as its header or its content tells.

    Where they do not tell, `options.guess` takes the likeliest and says that it is not sure; else it is an error.
    """
    layout, columns, skip, guess = options.layout, options.columns, options.skip, options.guess
    if (columns or layout == "long") and not any(has_role(table.header, role) for role in ROLES):
        table = _headed(table)
    given = _given(table, columns or {})
    if given.get("rating", -1) >= 0 and is_number(table.header[given["rating"]]):  # a rating above ratings is no header
        table = _without_header(table)
    if given and layout == "auto":
        layout = "long" if -1 not in given.values() else "grid" if "user" in given else "items-down"
    if layout in ("grid", "items-down"):
        return _grid(table, _GridGuess(layout, {}, CHOSEN, True), given, skip, guess=guess)
    whole, (table, given) = table, _without(table, given, skip)
    found = _by_name(table, given, guess=guess)
    made = (
        _long(table, found, given, CHOSEN, guess=guess, settled=True)
        if layout == "long"
        else _by_its_names(table, found, given, guess=guess) or _by_content(table, found, given, guess=guess)
    )
    if isinstance(made, Plan):
        return replace(made, whole=whole) if skip else made
    return _grid(whole, made, given, skip, guess=guess)


@dataclass(frozen=True)
class _GridGuess:
    """A grid, and why it is taken for one."""

    layout: str
    found: dict[str, int]
    reason: str
    sure: bool


def _by_its_names(table: Table, found: dict[str, int], given: Mapping[str, int], *, guess: bool) -> Plan | None:
    """The plan of a list whose header names it as one; else None."""
    if len(found) == 3:
        return _long(table, found, given, "its columns are named user, item and rating, or alike", guess=guess)
    if len(found) == 2 and (2 * len(found) > len(table.header) or _names_ids(table, found)):
        if not guess:
            raise missing(table, found)
        return _long(table, found, given, f"it has columns named {' and '.join(found)}, or alike", guess=guess)
    return None


def _by_content(table: Table, found: dict[str, int], given: Mapping[str, int], *, guess: bool) -> Plan | _GridGuess:
    """What a table seems to be by what stands in it."""
    if len(found) < 2:
        by_content = _headed(table)
        found = {} if by_content.headless else found
        if _is_long(by_content):
            return _usual(by_content, found, given, guess=guess)
        if guess and by_content.headless and len(by_content.header) > 4:
            table = by_content
    if found.get("item") == 0 and len(found) == 1:
        return _GridGuess("items-down", found, f"its first column is headed {shown(table.header[0])}", False)
    if guess and not table.headless:
        survey = questionnaire_of(table)
        if survey is not None and survey.likely:
            return _GridGuess("grid", found, f"{survey.n_ratings} columns hold numbers on one scale", False)
    reason = _why_no_grid(table) if guess and len(table.header) >= 3 else ""
    if reason:
        return _long(table, found, given, reason, guess=guess)
    numbered = table.header[0] != "" and not found and all(is_number(text) for text in table.header[1:])
    reason = (
        "there are more than three columns, or none has a usual name"
        if not numbered
        else "its first row reads like items, though they are all numbers"
    )
    if guess and not numbered and len(table.header) <= 6 and _differ_in_size(table):
        return _GridGuess("grid", found, "its columns hold numbers of different sizes", False)
    return _GridGuess("grid", found, reason, not numbered)


def _usual(table: Table, found: dict[str, int], given: Mapping[str, int], *, guess: bool) -> Plan:
    """The plan of a list without usual names whose first columns are ids and numbers."""
    known = table.headless and len(table.header) == 4 and _are_times(table) and all(map(is_numeric, table.take((0, 1))))
    reason = (
        "its rows are laid out as MovieLens' u.data: user, item, rating, time"
        if known
        else "it has three columns: ids that repeat or are text, then numbers"
    )
    usual = {role: k for k, role in enumerate(ROLES)}
    # Words between ids and numbers: then it is a list, and user, item, rating its order.
    settled = found.items() <= usual.items() and (known or (len(table.header) == 3 and are_words(table.take([1])[0])))
    return _long(table, usual if settled or not found else found, given, reason, guess=guess, settled=settled)


def _without(table: Table, given: Mapping[str, int], skip: Sequence[object] | None) -> tuple[Table, dict[str, int]]:
    """The table without the columns that are to be left out, and where the given ones stand then."""
    left = _positions(table, skip or (), "to leave out")
    both = [role for role, k in given.items() if k in left]
    if both:
        raise RatingsError(
            f"The column {shown(column_titles(table)[given[both[0]]])} is the {both[0]} and left out at once. Choose one of them."
        )
    if not left:
        return table, dict(given)
    kept = [k for k in range(len(table.header)) if k not in left]
    if not kept:
        raise RatingsError(f"{table.name}: all columns are to be left out. Keep those that hold ratings.")
    titles = column_titles(table)
    note = DataNote(f"Left out: {', '.join(shown(titles[k]) for k in left)}.")
    table = replace(table.only(kept), notes=(*table.notes, note))
    return table, {role: kept.index(k) if k >= 0 else k for role, k in given.items()}


def column_titles(table: Table) -> tuple[str, ...]:
    """What each column is called where one is to be chosen: its header, or its number where that is blank or not alone."""
    count = Counter(table.header)
    return tuple(text if text and count[text] == 1 else f"column {k + 1}" for k, text in enumerate(table.header))


def missing(table: Table, found: Mapping[str, int]) -> RatingsError:
    """The error for a long table that lacks a column."""
    lacking = next(role for role in ROLES if role not in found)
    return RatingsError(
        f"{table.name}, {table.place} {table.header_line}: there is no {lacking} column among "
        f"{shown(', '.join(table.header), 120)}. A long table needs the columns user, item and rating. "
        f"Name the {lacking} column, such as {', '.join(ROLE_NAMES[lacking][:3])}, or say which it is, as in "
        f"columns={{{lacking!r}: {(next((h for h in reversed(table.header) if h), 'x'))[:30]!r}}}; or, if this is a grid of users "
        "and items, leave its first header cell empty."
    )


def _names_ids(table: Table, found: Mapping[str, int]) -> bool:
    """Whether two columns are named as the ids of users and items: then it is a list, however many there are."""
    return set(found) == {"user", "item"} and all(plain(table.header[k]).endswith("id") for k in found.values())


def _given(table: Table, columns: Mapping[str, object]) -> dict[str, int]:
    """Role → column, as a person chose them by header or by number from 1; -1 where each row is one."""
    given: dict[str, int] = {}
    for role, column in columns.items():
        if role not in ROLES:
            raise RatingsError(f"columns names {shown(role)}; a role is one of {', '.join(ROLES)}. Use one of these.")
        each = column == EACH_ROW and role != "rating" and EACH_ROW not in table.header
        given[role] = -1 if each else _positions(table, [column], f"for the {role}s")[0]
    if len(set(given.values())) < len(given):
        raise RatingsError(f"columns gives one column two roles: {shown(dict(columns))}. Choose three different ones.")
    return given


def _positions(table: Table, columns: Sequence[object], what: str) -> list[int]:
    """Where columns stand that are named by header or by number from 1."""
    titles = column_titles(table)
    numbered = [f"column {k + 1}" for k in range(len(titles))]
    found = []
    for column in columns:
        if isinstance(column, int) and not isinstance(column, bool) and 1 <= column <= len(titles):
            found.append(column - 1)
        elif column in titles:
            found.append(titles.index(str(column)))
        elif column in numbered:
            found.append(numbered.index(str(column)))
        else:
            raise RatingsError(
                f"{table.name} has no column {shown(column)} {what}; it has {shown(', '.join(titles), 200)}."
                f"{closest(str(column), titles)} Name one of them, or give its number from 1."
            )
    return found


def _by_name(table: Table, given: Mapping[str, int], *, guess: bool) -> dict[str, int]:
    """Role → column, as given or as far as the header has a usual name for it; `guess`: the first of those alike."""
    headers = [plain(header) for header in table.header]
    found = dict(given)
    for role, names in ROLE_NAMES.items():
        name = next((name for name in names if name in headers), None)
        if role in given or name is None or headers.index(name) in found.values():
            continue
        found[role] = headers.index(name)
        if headers.count(name) > 1 and not guess:
            raise RatingsError(
                f"{table.name}, {table.place} {table.header_line}: the column {shown(table.header[found[role]])} is there "
                f"{headers.count(name)} times. Keep one {role} column, and remove or rename the others."
            )
    return {role: found[role] for role in ROLES if role in found}


def _headed(table: Table) -> Table:
    """The table, with its first row taken as data if it reads like a long table's row rather than a header."""
    first = table.header
    if table.headless or not 3 <= len(first) <= _MOST_COLUMNS or not all(first):
        return table
    if len(first) > 4:  # words in a column make it a list, and a number above numbers a row of it
        users, *others = table.take(range(len(first)))
        row = any(map(are_words, others)) and any(
            is_number(text) and is_numeric(column) for text, column in zip(first[1:], others, strict=True)
        )
        return _without_header(table) if row else table
    if not all(is_number(text) for text in first[2:]):
        words = len(first) == 4 and is_number(first[2]) and are_words(table.take([3])[0])
        return _without_header(table) if words and is_numeric(table.take([2])[0]) else table
    # A name and numbers could as well head a grid whose items are numbers; but no grid has a user twice, or times for items.
    if is_number(first[1]) and not is_number(first[0]):
        again = first[0] in {text_of(cell) for cell in table.take([0])[0].coded().cells}
        if not again and not (len(first) == 4 and number_of(first[3]) >= _EPOCH and _are_times(table)):
            return table
    return _without_header(table)


def _without_header(table: Table) -> Table:
    """The table with what was taken for its header as its first row, and a note on it."""
    if table.headless:
        return table
    note = "The first row holds a rating, so it was not taken as a header."
    return replace(table.without_header(), notes=(*table.notes, note))


def _is_long(table: Table) -> bool:
    """Whether three columns without usual names are user, item and rating: ids that repeat or are text, then numbers."""
    if not (len(table.header) == 3 or (table.headless and len(table.header) == 4)) or not table.header[0]:
        return False
    users, items, ratings = (column.coded() for column in table.take((0, 1, 2)))
    if _unlike_ids("" if table.headless else table.header[0], users)[0]:  # dates: answers to a survey
        return False
    if not all(is_number(cell) or says_blank(cell) for cell in ratings.cells) or all(map(says_blank, items.cells)):
        return False
    if len(table.header) == 4 and _are_times(table):
        return True
    return len(users.cells) < len(users) or not any(is_number(cell) for cell in items.cells)


def _why_no_grid(table: Table) -> str:
    """What shows that a table is a list, in words; "" if it may be a grid."""
    first, *others = table.take(range(len(table.header)))
    if any(are_words(column) for column in others):
        return "another column than the first holds words, which those of a grid never do"
    if len(first.coded().cells) < len(first) and any(is_numeric(column) for column in others):
        return "its first column repeats, which that of a grid never does"
    return ""


def _differ_in_size(table: Table) -> bool:
    """Whether one column of numbers reaches several times as far as another, which ratings on one scale do not."""
    tops = [top(column) for column in table.take(range(1, len(table.header)))]
    return len(tops) > 1 and max(tops) > 4 * min(tops) > 0


def _are_times(table: Table) -> bool:
    """Whether the fourth column holds seconds since 1970, as MovieLens' does."""
    cells = table.take((3,))[0].coded().cells
    return all(is_number(cell) and "," not in str(cell) and float(cell) >= _EPOCH for cell in cells)


def _long(
    table: Table, found: Mapping[str, int], given: Mapping[str, int], reason: str, *, guess: bool, settled: bool = False
) -> Plan:
    """The plan of a long table; roles without a column are guessed. `settled`: the reason leaves no doubt about anything found."""
    roles, why = _filled(table, found, guess=guess) if len(found) < 3 else (dict(found), {})
    titles = column_titles(table)
    named = all(role in found and plain(table.header[found[role]]) in ROLE_NAMES[role] for role in ("user", "item"))
    questions = [Question("layout", "long", LISTS_AND_GRIDS, reason, settled or named)]
    for role in ROLES:
        others = _other_names(table, role, roles)
        by_name = role in found and plain(table.header[roles[role]]) in ROLE_NAMES[role]
        certain = role in given or (by_name and not others) or (settled and role in found)
        because = why.get(role) or ("it is named so" if by_name else "it stands there")
        if role in given:
            because = CHOSEN
        elif others:
            because += f", and before {', '.join(others)}"
        questions.append(Question(role, titles[roles[role]], titles, because, certain))
    return Plan(table, "long", roles, tuple(questions), table)


def _other_names(table: Table, role: str, roles: Mapping[str, int]) -> list[str]:
    """Further columns that could have the role by their name; of ids those of the same name only: the order settles the others."""
    names = ROLE_NAMES[role] if role == "rating" else (plain(table.header[roles[role]]),)
    titles = column_titles(table)
    return [
        titles[k]
        for k, text in enumerate(table.header)
        if k not in roles.values() and plain(text) in names and plain(text) in ROLE_NAMES[role]
    ]


def _filled(table: Table, found: Mapping[str, int], *, guess: bool) -> tuple[dict[str, int], dict[str, str]]:
    """The roles, those without a column guessed by content, and why."""
    free = [k for k in range(len(table.header)) if k not in found.values()]
    if len(free) + len(found) < 3:
        raise missing(table, found)
    roles, why = dict(found), {}
    columns = dict(zip(free, table.take(free), strict=True))
    if "rating" not in roles:
        numeric = [k for k in free if is_numeric(columns[k])]
        if not numeric and not guess:
            raise missing(table, roles)
        likely = [
            k for k in numeric if not (_NO_RATING.search(table.header[k].casefold()) or are_years(columns[k]))
        ] or numeric
        n_different = {k: len(columns[k].coded().cells) for k in likely}
        likely = [k for k in likely if n_different[k] > 1] or likely  # where all are the same, it is no rating
        roles["rating"] = min(likely, key=lambda k: n_different[k]) if likely else free[-1]
        why["rating"] = (
            "of the columns of numbers it has the fewest different ones"
            if len(likely) > 1
            else "it is the only column of numbers that could be one"
            if likely
            else "it is the last; no column is one of numbers"
        )
        free.remove(roles["rating"])
    # Ids repeat; what differs in each row, dates and remarks are rather something else.
    free.sort(key=lambda k: _unlike_ids(table.header[k], columns[k]))
    for role in ("user", "item"):
        if role not in roles:
            roles[role] = free.pop(0)
            why[role] = "it is the first column left that reads like ids"
    return {role: roles[role] for role in ROLES}, why


def _unlike_ids(header: str, column: Column) -> tuple[bool, bool]:
    """Whether a column seems to hold dates or remarks, and whether it holds nothing twice."""
    coded = column.coded()
    other = bool(_NO_ID.search(header.casefold())) or are_dates(column)
    return other, len(coded.cells) == len(coded)


def _grid(
    whole: Table, grid: _GridGuess, given: Mapping[str, int], skip: Sequence[object] | None, *, guess: bool
) -> Plan:
    """The plan of a grid: the column that names its rows comes first, and those that are no ratings are left out."""
    down = "item" if grid.layout == "items-down" else "user"
    titles = column_titles(whole)
    survey = questionnaire_of(whole) if skip is None else None
    if survey is not None and not guess:
        whole = _with_doubts(whole, survey, grid.layout)
        survey = None
    named = given.get(down)
    if named is None and survey is not None:
        named = -1 if survey.down is None else survey.down
    suggested = [titles[k] for k in survey.skip if k != named] if survey is not None else []
    table, at = _without(whole, {} if named is None else {down: named}, suggested if skip is None else skip)
    first = at.get(down, 0)
    if first < 0:
        table = table.numbered(EACH_ROW)
    elif first > 0:
        table = table.only([first, *(k for k in range(len(table.header)) if k != first)])
    questions = [Question("layout", grid.layout, LISTS_AND_GRIDS, grid.reason, grid.sure)]
    if survey is not None or skip is not None or down in given:
        rows = EACH_ROW if first < 0 else titles[named or 0]
        why = "it names each row differently" if first >= 0 else "no column names each row differently"
        asked = down in given
        sure_of_rows = asked or skip is not None or (survey is not None and survey.named)
        questions.append(Question(down, rows, (*titles, EACH_ROW), CHOSEN if asked else why, sure_of_rows))
        left = tuple(suggested) if skip is None else tuple(titles[k] for k in _positions(whole, skip, "to leave out"))
        why = "they do not hold numbers on the scale of the others" if left else "all others hold numbers on one scale"
        questions.append(Question("skip", left, titles, why if skip is None else CHOSEN, skip is not None or not left))
    doubt = not questions[0].sure
    return Plan(
        table,
        grid.layout,
        grid.found,
        tuple(questions),
        whole,
        lacking=missing(table, grid.found) if len(grid.found) == 2 else None,
        since=f", since the first column is headed {cut(table.header[0])}" if down == "item" and doubt else "",
        notes=(NUMBERS_ABOVE,) if down == "user" and doubt else (),
    )


def _with_doubts(table: Table, survey: Questionnaire, layout: str) -> Table:
    """The table with a note on columns of numbers that may be no ratings; those of words are an error when they are read."""
    titles, what = column_titles(table), "a user" if layout == "items-down" else "an item"
    columns = [
        titles[k] for k, column in zip(survey.skip, table.take(survey.skip), strict=True) if k and is_numeric(column)
    ]
    notes = [
        DataNote(f"The column {shown(title)} was read as {what}; skip=[{shown(title)}] leaves it out.")
        for title in columns[:5]
    ]
    return replace(table, notes=(*table.notes, *notes))
