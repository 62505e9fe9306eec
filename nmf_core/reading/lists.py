"""A table as a list, one row a rating; or as pairs of a user and an item, where no column is a rating and each row counts 1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import product

import numpy as np
from numpy.typing import NDArray

from nmf_core.reading.columns_of_lists import OVERALL, as_id, as_rating, called, n_pairs, together
from nmf_core.reading.evidence import Evidence, Given, Reading, weighed
from nmf_core.reading.looks import Look
from nmf_core.reading.totals import is_summary
from nmf_core.tables.base import Head, Table
from nmf_core.tables.contents import number_of
from nmf_core.tables.headers import bare, plain, role_of
from nmf_core.tables.names import not_rated
from nmf_core.tables.numbers import is_number

_CRITERIA = 15  # as many marks for criteria stand beside each other at most; more columns are those of a grid
_MOST = 4  # columns that are tried for a role; the others are less likely than these


def list_readings(table: Table, looks: tuple[Look, ...], head: Head, given: Given) -> Iterator[Reading]:
    """Lists that a table could be: each likely choice of columns for user, item and rating."""
    if len(looks) < 3 or -1 in given.roles.values():
        return
    ratings = _likely(looks, given, "rating", lambda k: sum(e.weight for e in as_rating(looks[k])))
    for pair, roles in _pairs(looks, given):
        for rating in ratings:
            if rating not in roles.values():
                made = Reading("long", table, looks, head, {**roles, "rating": rating})
                yield weighed(made, _LISTS, (*pair, *as_rating(looks[rating])))


def pair_readings(table: Table, looks: tuple[Look, ...], head: Head, given: Given) -> Iterator[Reading]:
    """Pairs that a table could be: each likely choice of columns for user and item, where no column is a rating."""
    if len(looks) < 2 or -1 in given.roles.values() or "rating" in given.roles:
        return
    for pair, roles in _pairs(looks, given):
        yield weighed(Reading("pairs", table, looks, head, roles), _PAIRS, pair)


def _pairs(looks: tuple[Look, ...], given: Given) -> Iterator[tuple[list[Evidence], dict[str, int]]]:
    """Each likely choice of columns for user and item, and what speaks for it."""

    def like(role: str) -> list[int]:
        return _likely(looks, given, role, lambda k: as_id(looks[k], role).weight)

    likely = {role: like(role) for role in ("user", "item")}
    for user, item in product(likely["user"], likely["item"]):
        if user != item and not (
            {user, item} & set(given.roles.values()) - {given.roles.get("user"), given.roles.get("item")}
        ):
            found = [
                as_id(looks[user], "user"),
                as_id(looks[item], "item"),
                *together(looks, user, item),
            ]
            yield found, {"user": user, "item": item}


def _likely(looks: tuple[Look, ...], given: Given, role: str, weight: Callable[[int], float]) -> list[int]:
    """The columns that could have a role, the likeliest first; the one that was given, if one was."""
    if role in given.roles:
        return [given.roles[role]]
    left = [k for k in range(len(looks)) if k not in (given.skip or ()) and k not in given.roles.values()]
    return sorted(left, key=lambda k: -weight(k))[:_MOST]


# --- what speaks for a list, and for pairs ----------------------------------------------------------------------------


def _other_columns_are_words(reading: Reading) -> Evidence | None:
    """Words, dates or remarks beside ids and ratings: a list has such columns, a grid none."""
    others = [look for k, look in enumerate(reading.looks) if k not in reading.roles.values()]
    if any(look.words or look.dates for look in others):
        return Evidence(1, "it has columns of words or dates, which those of a grid are not")
    return None


def _words_between(reading: Reading) -> Evidence | None:
    """Two columns of names before numbers."""
    u, i = (reading.looks[reading.roles[role]] for role in ("user", "item"))
    if u.words and i.words and not (u.remarks or i.remarks):
        return Evidence(2, "two columns hold names, which a grid has one of")
    return None


def _others_are_ratings_too(reading: Reading) -> Evidence | None:
    """The column of items and the columns left hold numbers like the ratings: these are the columns of a grid."""
    looks, rating = reading.looks, reading.looks[reading.roles["rating"]]
    item = looks[reading.roles["item"]]
    alike = [
        look
        for k, look in enumerate(looks)
        if k not in (reading.roles["rating"], reading.roles["user"]) and _alike(look, rating)
    ]
    user = looks[reading.roles["user"]]
    if _movielens(reading) is not None:  # few people and items are numbered as low as ratings
        return None
    if _one_block(reading):
        return Evidence(-12, f"{item.header!r}, {rating.header!r} and all others hold numbers on one scale")
    if item in alike and _alike(user, rating) and len(user.said) <= 10 and len(looks) > 3:
        return Evidence(-7, f"{user.header!r}, {item.header!r} and {rating.header!r} hold numbers on one scale")
    if item in alike and user.different and user.n_rows > 3 and len(item.said) <= 10:
        return Evidence(
            -7, f"each row has a {user.header!r} of its own, and {item.header!r} holds numbers as ratings are"
        )
    if item in alike:
        weight = -3.5 if len(alike) < 3 else -5  # these are the columns of a grid
        return Evidence(weight, f"{item.header!r} holds numbers on the same scale as {rating.header!r}")
    if len(alike) >= 2 and role_of(item.header)[1] < 2:
        return Evidence(-2, "other columns hold numbers on the same scale")
    return None


def _one_block(reading: Reading) -> bool:
    """Whether each row begins with a name of its own, and all others are numbers on one scale, whatever they are called."""
    first, *others = reading.looks
    rating = reading.looks[reading.roles["rating"]]
    return len(others) > 4 and first.different and first.words and all(_alike(look, rating) for look in others)


def _alike(one: Look, other: Look) -> bool:
    """Whether two columns hold numbers on one scale."""
    return (
        one.numeric
        and other.numeric
        and not one.running
        and 0 < one.top <= 2 * other.top <= 4 * one.top
        and one.top < 1000
    )


def _told_by_another(reading: Reading) -> Evidence | None:
    """Numbers that each item, or each user, has but one of are about it: a mean, a year, a price, somebody's age."""
    rating = reading.looks[reading.roles["rating"]]
    if len(rating.said) < 2:
        return None
    for role in ("item", "user"):
        look = reading.looks[reading.roles[role]]
        again = look.repeats_telling(rating)
        if again and len(look.said) > 1:
            weight = -4.0 if again > 2 else -0.8 * again
            return Evidence(weight, f"{rating.header!r} is the same wherever {look.header!r} is, so it is no rating")
    return None


def _finer_item(reading: Reading) -> Evidence | None:
    """A column that another one tells, as a title tells its artist, names kinds of items rather than items."""
    looks, user = reading.looks, reading.looks[reading.roles["user"]]
    item = looks[reading.roles["item"]]
    if _pairs_differ(user, item):
        return None
    for k, look in enumerate(looks):
        if k in reading.roles.values() or not look.repeats or look.n_blank or len(look.said) <= len(item.said):
            continue
        if not look.dates and look.repeats_telling(item) > 1 and not user.repeats_telling(look):
            return Evidence(-2.5, f"{look.header!r} tells {item.header!r}, and is finer")
    return None


def _pairs_differ(user: Look, item: Look) -> bool:
    """Whether no user and item come together twice."""
    return n_pairs(user, item) == user.n_rows


def _overall(reading: Reading) -> Evidence | None:
    """Of several criteria the one that is called their sum, or sums them up, is what counts; the others are not."""
    looks, rating = reading.looks, reading.looks[reading.roles["rating"]]
    criteria = [
        look
        for k, look in enumerate(looks)
        if k not in (reading.roles["user"], reading.roles["item"]) and (_is_criterion(look) or is_summary(look.header))
    ]
    if not 3 <= len(criteria) <= _CRITERIA or not rating.numeric:
        return None
    found = [
        look for look in criteria if look.numeric and (plain(bare(look.header)) in OVERALL or is_summary(look.header))
    ]
    if not found:
        found = [look for look in criteria if _sums_up(look, [other for other in criteria if other is not look])]
    if len(found) == 1 and found[0] is not rating:
        return Evidence(-3, f"{found[0].header!r} is what counts of several criteria")
    return None


def _sums_up(look: Look, others: list[Look]) -> bool:
    """Whether a column holds the sums or the means of others, to the decimals shown."""
    return look.once(("sums up", *map(id, others)), lambda: _are_sums(look, others))


def _are_sums(look: Look, others: list[Look]) -> bool:
    """The same, worked out."""
    cells = np.column_stack([column.once("first numbers", partial(_numbers, column)) for column in (*others, look)])
    whole = cells[~np.isnan(cells).any(axis=1)]
    sums, mine = whole[:, :-1].sum(axis=1), whole[:, -1]
    return len(whole) > 2 and bool(np.allclose(sums, mine) or (np.abs(sums / len(others) - mine) <= 0.0501).all())


def _is_criterion(look: Look) -> bool:
    """Whether a column could hold marks for one of several criteria."""
    return look.numeric and look.top <= 100 and not (look.years or look.running or not_rated(look.header))


def _numbers(look: Look) -> NDArray[np.float64]:
    """The first cells as numbers; NaN where they are none."""
    cells = [look.column.cell(row) for row in range(min(look.n_rows, 30))]
    return np.array([number_of(cell) if is_number(cell) else np.nan for cell in cells], dtype=np.float64)


def _movielens(reading: Reading) -> Evidence | None:
    """Four columns without a header, the last of times, as MovieLens' u.data and Amazon's ratings."""
    looks, told = reading.looks, reading.roles
    if reading.head.lines or len(looks) != 4 or not looks[3].epochs or told["rating"] != 2:
        return None
    if looks[0].share_numbers == looks[1].share_numbers == 1:
        weight = 3 if told["user"] == 0 else 0  # which of two numbers is the user, nothing else tells
    else:
        weight = 3 if 0 < looks[2].top <= 10 else 0
    if reading.table.separator == "::":  # nobody else puts that between cells
        weight += 4
    return Evidence(weight, "its rows are laid out as MovieLens' u.data: user, item, rating, time")


def _rating_stands_last(reading: Reading) -> Evidence | None:
    """Where no header tells, ratings stand behind the ids that they belong to."""
    unnamed = reading.head.lines == 0 or not any(role_of(look.header)[0] for look in reading.looks)
    if unnamed and reading.roles["rating"] < max(reading.roles["user"], reading.roles["item"]):
        return Evidence(-1.5, "ratings stand behind ids")
    return None


def _first_row_is_one(reading: Reading) -> Evidence | None:
    """The header, taken as such, would be a rating; or is none of words."""
    header = [look.header for look in reading.looks]
    if reading.head.lines and any(_is_value(text) for text in header):
        return Evidence(-3, "the first row holds numbers, as the rows below do")
    return None


def _is_value(text: str) -> bool:
    """Whether a header is a number."""
    return text.replace(".", "", 1).replace(",", "", 1).isdigit()


def _no_rating_left(reading: Reading) -> Evidence | None:
    """Nothing else is left that could be a rating; or something is."""
    looks = [look for k, look in enumerate(reading.looks) if k not in reading.roles.values()]
    item = reading.looks[reading.roles["item"]]
    looks = [look for look in looks if len(look.said) < 2 or not item.repeats_telling(look)]
    likely = [look for look in looks if sum(e.weight for e in as_rating(look)) >= 1]
    named = [look for look in looks if role_of(look.header) == ("rating", 3)]
    if named:
        return Evidence(-9, f"the column {named[0].header!r} is named as ratings are")
    if likely:
        return Evidence(-4.5, f"{likely[0].header or 'another column'!r} could be a rating")
    return Evidence(1.5, "it has no column of ratings")


def _items_are_numbers_on_a_scale(reading: Reading) -> Evidence | None:
    """Few small numbers, which nothing names as ids: these are rather ratings, in two columns the grid of one item."""
    for role, k in reading.roles.items():
        look = reading.looks[k]
        likely = role == "item" or len(reading.looks) > 2
        if likely and look.numeric and look.top <= 10 and role_of(look.header)[1] < 2:
            return Evidence(-3, f"{called(look, k)} holds numbers like ratings")
    return None


def _named_pairs(reading: Reading) -> Evidence | None:
    """Pairs are known by their headers: a table of other things has ids that repeat as well."""
    unnamed = [role for role in ("user", "item") if role_of(reading.looks[reading.roles[role]].header)[0] != role]
    if unnamed and reading.head.lines:
        return Evidence(-1.5 * len(unnamed), f"no column is named as {unnamed[0]}s are")
    return None


def _ratings_in_words(reading: Reading) -> Evidence | None:
    """A column of few words that come again and again may be the ratings, or kinds of rows that are not all meant."""
    for k, look in enumerate(reading.looks):
        few = 2 <= len(look.said) <= 8 and len(look.said) <= look.n_filled / 2
        if k not in reading.roles.values() and (few and (look.words or look.numeric)):
            return Evidence(
                -5, f"{look.header or f'column {k + 1}'!r} has few values that come again, and may be what counts"
            )
    return None


def _all_named(reading: Reading) -> Evidence | None:
    """The headers say plainly who rates what how, unless a survey's columns happen to be called so."""
    user, item, rating = (reading.looks[reading.roles[role]] for role in ("user", "item", "rating"))
    survey = user.different and user.n_rows > 3 and _alike(item, rating)
    if (survey and len(reading.looks) > 3) or _one_block(reading):
        return None
    if all(role_of(reading.looks[k].header) == (role, 3) for role, k in reading.roles.items()):
        return Evidence(3 if survey else 4, "its headers name user, item and rating")
    return None


def _third_of_three(reading: Reading) -> Evidence | None:
    """One column of numbers beside those that are named as users and items is what these gave, whatever it is called."""
    user, item, rating = (reading.looks[reading.roles[role]] for role in ("user", "item", "rating"))
    named = role_of(user.header)[0] == "user" and role_of(item.header)[0] == "item"
    times = rating.epochs or rating.dates or rating.years or rating.running
    if named and len(reading.looks) == 3 and rating.numeric and not times and role_of(rating.header)[1] < 1:
        return Evidence(3, f"{rating.header!r} is all that stands beside users and items")
    return None


def _too_few_rows(reading: Reading) -> Evidence | None:
    """One or two rows say nothing by what they hold: then the columns must be named."""
    named = sum(role_of(reading.looks[k].header)[0] == role for role, k in reading.roles.items())
    user, item = (reading.looks[reading.roles[role]] for role in ("user", "item"))
    if user.n_rows < 3 and named < 3 and not (user.repeats or item.repeats):
        return Evidence(-4, "there are too few rows to tell by what they hold")
    return None


_LISTS = (
    _all_named,
    _third_of_three,
    _too_few_rows,
    _other_columns_are_words,
    _words_between,
    _others_are_ratings_too,
    _told_by_another,
    _overall,
    _finer_item,
    _movielens,
    _rating_stands_last,
    _first_row_is_one,
)
_PAIRS = (_no_rating_left, _items_are_numbers_on_a_scale, _named_pairs, _ratings_in_words, _first_row_is_one)
