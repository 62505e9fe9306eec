"""The ways to read a table, weighed against each other. Adding one: a file here with a `LAYOUT`, and its line in `_FILES`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from nmf_core.data.notes import DataNote
from nmf_core.data.ratings import Ratings
from nmf_core.errors import RatingsError, closest, shown
from nmf_core.reading.catalogues import calls_no_rating, calls_nobody
from nmf_core.reading.evidence import Given, Reading, Verdict, decide
from nmf_core.reading.grids import grid_readings
from nmf_core.reading.kinds_of_rows import only_rows, which_kinds
from nmf_core.reading.layout import Layout
from nmf_core.reading.lists import list_readings, pair_readings
from nmf_core.reading.looks import SAMPLE, WIDEST, Look, looks_of
from nmf_core.reading.nothing import no_ratings
from nmf_core.reading.options import CHOSEN, EACH_ROW, Plan, Question, ReadOptions
from nmf_core.reading.readings import (
    column_titles,
    given_roles,
    head_words,
    headed,
    left_out,
)
from nmf_core.reading.times import time_column
from nmf_core.reading.to_ratings import ratings_of_grid, ratings_of_list, ratings_of_pairs, without_blank_columns
from nmf_core.reading.which_columns import half_named, plainly_left, plainly_rated, unnamed
from nmf_core.registry import registered
from nmf_core.tables.base import MAX_CELL, Head, Table
from nmf_core.tables.headers import ROLES
from nmf_core.words import cut


def _lists(table: Table, looks: tuple[Look, ...], head: Head, given: Given, asked: bool) -> Iterator[Reading]:
    """The lists that a table could be."""
    return list_readings(table, looks, head, given)


def _pairs(table: Table, looks: tuple[Look, ...], head: Head, given: Given, asked: bool) -> Iterator[Reading]:
    """The pairs that a table could be."""
    return pair_readings(table, looks, head, given)


def _grids(
    down: str, table: Table, looks: tuple[Look, ...], head: Head, given: Given, asked: bool
) -> Iterator[Reading]:
    """The grids that a table could be, with users or items down."""
    return grid_readings(table, looks, head, given, down, asked)


_FILES: tuple[str, ...] = (
    # Ways of their own; lists, pairs and grids are below.
    "sideways",
)
LAYOUTS: dict[str, Layout] = {
    layout.name: layout
    for layout in (
        *registered("nmf_core.reading", _FILES, "LAYOUT"),
        Layout("long", "a list: one row a rating", _lists, ratings_of_list),
        Layout("grid", "a grid: users down, items across", partial(_grids, "user"), ratings_of_grid),
        Layout("items-down", "a grid: items down, users across", partial(_grids, "item"), ratings_of_grid),
        Layout("pairs", "a list without ratings: each row counts 1", _pairs, ratings_of_pairs),
    )
}


def planned(table: Table, options: ReadOptions) -> Plan:
    """How a table is read: the way that most speaks for, with whatever is in doubt as questions.

    Raises:
        RatingsError: it cannot be read as asked, or in no way at all.
    """
    if options.layout not in ("auto", *LAYOUTS):
        raise RatingsError(
            f"layout is {shown(options.layout)}; it must be one of {', '.join(('auto', *LAYOUTS))}."
            f"{closest(str(options.layout), LAYOUTS)} Choose one."
        )
    _check_header(table)
    readings = list(_all_readings(table, options))
    if not readings:
        raise _no_way(table, options)
    verdict = decide(readings)
    if not verdict.best.layout:  # nothing else fits better; what would, is taken and asked about
        ranked = [reading for reading in verdict.rivals if reading.layout]
        if not ranked:
            raise _no_way(table, options)
        verdict = Verdict(ranked[0], (verdict.best, *ranked[1:]))
    return _plan(verdict, options)


def _check_header(table: Table) -> None:
    """Refuse what is no header, and a table without rows, before anything is made of them."""
    longest = max(table.header, key=len, default="")
    if len(longest) > MAX_CELL:
        raise RatingsError(
            f"{table.name}, {table.place} {table.header_line}: the column {shown(longest)} is named in {len(longest)} characters; "
            f"at most {MAX_CELL} can be read. Shorten it."
        )
    looked = table.take(list(range(min(len(table.header), WIDEST))), SAMPLE)  # what is looked at next, too
    if table.header and not len(looked[0]):
        raise RatingsError(f"{table.name} has a header but no ratings. Add at least one row below the header.")


def _all_readings(table: Table, options: ReadOptions) -> Iterator[Reading]:
    """Everything that a table could be under what was asked."""
    problems: list[RatingsError] = []
    found, seen = False, set[tuple[tuple[str, ...], int]]()
    for under, evidence in headed(table, options):
        same = (under.header, under.head.above + under.head.lines)
        if same in seen:  # another header over the same rows that calls the columns the same
            continue
        seen.add(same)
        try:
            one = only_rows(without_blank_columns(under), options.only)
            looks = looks_of(one)
            roles = given_roles(one, options.columns or {})
            skip = None if options.skip is None else tuple(left_out(one, roles, options.skip))
        except RatingsError as error:  # under another header they may be there
            problems.append(error)
            continue
        found = True
        given = Given(roles, skip)
        for layout in LAYOUTS.values():
            if options.layout in ("auto", layout.name):
                for reading in layout.readings(one, looks, under.head, given, options.layout == layout.name):
                    yield replace(reading, evidence=(*reading.evidence, evidence))
        if options.layout == "auto" and not options.columns:
            nothing = no_ratings(one, looks, under.head)
            yield replace(nothing, evidence=(*nothing.evidence, evidence))
    if not found and problems:
        raise problems[0]


def _no_way(table: Table, options: ReadOptions) -> RatingsError:
    """The error for a table that holds no ratings in any way."""
    titles = ", ".join(column_titles(table))
    if options.layout == "long":
        return RatingsError(
            f"{table.name}, {table.place} {table.header_line}: a list needs a column of users, one of items and one of ratings; "
            f"there are the columns {shown(titles, 120)}. Name them user, item and rating, or read it as another kind of table.",
            asks=["layout", "header"],
        )
    if len(table.header) < 2:
        return RatingsError(
            f"{table.name} has one column, {shown(table.header[0] if table.header else '')}; ratings need at least two: "
            "users, and an item. Check what separates the columns.",
            asks=["separator"],
        )
    return RatingsError(
        f"{table.name} holds no ratings that can be found in its columns {shown(titles, 120)}. Give a list with the columns user, "
        "item and rating, or a grid with users down and items across.",
        asks=["layout", "header", "separator"],
    )


# What leaves a role in doubt, though no other column has it more likely.
_UNSAID: dict[str, Callable[[Reading], bool]] = {"user": calls_nobody, "rating": calls_no_rating}

# --- the questions ----------------------------------------------------------------------------------------------------


def _plan(verdict: Verdict, options: ReadOptions) -> Plan:
    """The plan of the reading that was taken, and what of it is in doubt."""
    best = verdict.best
    questions = [*_which_header(verdict, options), _which_layout(verdict, options)]
    if best.ratings:
        return _plan_of_grid(verdict, options, questions)
    titles = column_titles(best.table)
    for role in ROLES:
        if role not in best.roles:
            continue
        asked = role in (options.columns or {})

        def another(reading: Reading, role: str = role) -> bool:
            if (reading.layout, reading.head) != (best.layout, best.head) or reading.roles[role] == best.roles[role]:
                return False
            return role == "rating" or not best.looks[reading.roles[role]].tells_as(best.looks[best.roles[role]])

        rival = verdict.rival(another)
        order = dict.fromkeys([best.roles[role], *([rival.roles[role]] if rival else []), *range(len(titles))])
        reason = CHOSEN if asked else verdict.reasons(rival, 1)
        twice = best.table.header.count(best.table.header[best.roles[role]])
        if twice > 1 and not asked:
            reason = f"{best.table.header[best.roles[role]]!r} is there {twice} times"
        options_ = tuple(titles[k] for k in order)
        unsaid = _UNSAID.get(role)
        sure = asked or (verdict.sure(another) and not (unsaid is not None and unsaid(best)))
        questions.append(Question(role, titles[best.roles[role]], options_, reason, sure))
    kinds = which_kinds(best.table, best.roles, options.only)
    if kinds is not None:
        questions.append(kinds)
    when = time_column(best.table, best.looks, best.roles.values())
    return Plan(best.table, best.layout, dict(best.roles), tuple(questions), best.table, when=when)


def _which_layout(verdict: Verdict, options: ReadOptions) -> Question:
    """The question what a row is; the runner-up comes first after what was taken."""
    best = verdict.best

    def another(reading: Reading) -> bool:
        return reading.layout != best.layout

    rival = verdict.rival(another)
    ranked = dict.fromkeys([best.layout, *(r.layout for r in verdict.rivals if r.layout), *LAYOUTS])
    asked = options.layout == best.layout
    reason = CHOSEN if asked else verdict.reasons(rival)
    if rival is not None and not rival.layout and not asked:
        reason = f"{reason}; but it may hold no ratings, since {verdict.said_for(rival)}"
    claimed = best.layout == "pairs"  # that each row counts 1 is nowhere said
    return Question("layout", best.layout, tuple(ranked), reason, asked or (verdict.sure(another) and not claimed))


def _same_header(one: Reading, other: Reading) -> bool:
    """Whether two headers give the same names to the same rows."""
    ends = {reading.head.above + reading.head.lines for reading in (one, other)}
    same = one.table.header == other.table.header or not (
        one.ratings or other.ratings
    )  # a list needs no header but for its roles
    return one.head == other.head or (len(ends) == 1 and same)


def _which_header(verdict: Verdict, options: ReadOptions) -> list[Question]:
    """The question where the header stands, where it could stand elsewhere or not in the first line alone."""
    best = verdict.best

    def another(reading: Reading) -> bool:
        return bool(reading.layout) and not _same_header(reading, best)

    rival = verdict.rival(another)
    asked = options.header != "auto"
    sure = asked or verdict.sure(another)
    if sure and not asked and best.head == Head():
        return []
    words = head_words(best.table, best.head)
    others = [head_words(best.table, r.head) for r in verdict.rivals]
    lines = [head_words(best.table, Head(k)) for k in range(min(5, len(best.table.first_rows)))]
    return [
        Question(
            "header",
            words,
            tuple(dict.fromkeys([words, *others, *lines, "none"])),
            CHOSEN if asked else verdict.reasons(rival),
            sure,
        )
    ]


def _plan_of_grid(verdict: Verdict, options: ReadOptions, questions: list[Question]) -> Plan:
    """The plan of a grid: the column that names its rows comes first, and those that are no ratings are left out."""
    best = verdict.best
    whole, titles = best.table, column_titles(best.table)
    (down, naming), *_ = best.roles.items()
    given = down in (options.columns or {})

    def named_otherwise(reading: Reading) -> bool:
        if (reading.layout, reading.head) != (best.layout, best.head) or reading.roles == best.roles:
            return False
        other, *_ = reading.roles.values()
        alike = naming >= 0 <= other and best.looks[other].tells_as(best.looks[naming])  # a name beside its id
        return reading.ratings != best.ratings or not alike

    wide = range(len(best.looks), len(titles))  # columns beyond those that were looked at are like them
    skip = [k for k in best.skip if k != naming]
    sure_of_names = given or (verdict.sure(named_otherwise) and not half_named(best) and not unnamed(best))
    if naming != 0 or given or skip or options.skip is not None or not sure_of_names:
        rival = verdict.rival(named_otherwise)
        chosen = EACH_ROW if naming < 0 else titles[naming]
        reason = CHOSEN if given else verdict.reasons(rival, 1)
        questions.append(Question(down, chosen, (*titles, EACH_ROW), reason, sure_of_names))
        why = "they do not hold numbers on the scale of the others" if skip else "all others hold numbers on one scale"
        told = options.skip is not None
        left = tuple(titles[k] for k in skip)
        sure = told or (plainly_rated(best) and all(plainly_left(best, k) for k in skip))
        questions.append(Question("skip", left, titles, CHOSEN if told else why, sure))
    order = [*([naming] if naming >= 0 else []), *best.ratings, *wide]
    table = whole.only(order)
    if skip:
        note = DataNote(f"Left out: {', '.join(shown(titles[k]) for k in skip)}.")
        table = replace(table, notes=(*table.notes, note))
    if naming < 0:
        table = table.numbered(EACH_ROW)
    since = f", since the first column is headed {cut(whole.header[naming])}" if down == "item" and naming >= 0 else ""
    return Plan(table, best.layout, {}, tuple(questions), whole, since="" if options.layout == best.layout else since)


def ratings_from_plan(plan: Plan, options: ReadOptions) -> tuple[Ratings, tuple[Question, ...]]:
    """Ratings by a plan, and what their numbers leave to ask."""
    return LAYOUTS[plan.layout].read(plan, options)
