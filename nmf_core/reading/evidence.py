"""What a table could be, weighed: a `Reading`, what speaks for and against it, and which of several it is.

Each piece of evidence is one thought with a weight: about 1 is a hint, 2 a good reason, 4 and more hardly leave a doubt. The
weights of a reading are added up; the reading with the most is taken, and by how much it leads says how sure that is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from nmf_core.reading.looks import Look
from nmf_core.tables.base import Head, Table
from nmf_core.words import cut

_LONGEST = 160  # characters of a thought in words, which names headers
MARGIN = 2.0  # a reading that leads by so much is sure


@dataclass(frozen=True)
class Evidence:
    """One thought: how much it speaks for a reading, or against it where the weight is negative, and the thought in words."""

    weight: float
    said: str


@dataclass(frozen=True, eq=False)
class Reading:
    """One way to read a table.

    Attributes:
        layout: a name in `layouts.LAYOUTS`; "" where the table holds no ratings.
        table: under the header that is meant.
        looks: its columns as the first rows show them.
        head: where the header is meant to stand.
        roles: role → column; -1 where each row is one of its own.
        ratings: of a grid, the columns of ratings.
        evidence: what speaks for it and against it.
    """

    layout: str
    table: Table
    looks: tuple[Look, ...]
    head: Head
    roles: Mapping[str, int]
    ratings: tuple[int, ...] = ()
    evidence: tuple[Evidence, ...] = field(default=())

    @cached_property
    def score(self) -> float:
        """The weights added up."""
        return sum(evidence.weight for evidence in self.evidence)

    @property
    def skip(self) -> tuple[int, ...]:
        """Of a grid, the columns that are no ratings and do not name the rows."""
        used = {*self.ratings, *self.roles.values()}
        return tuple(k for k in range(len(self.looks)) if k not in used) if self.ratings else ()

    def same_as(self, other: Reading) -> bool:
        """Whether both read the same ratings."""
        return (self.layout, self.head, self.roles, self.ratings) == (
            other.layout,
            other.head,
            other.roles,
            other.ratings,
        )


@dataclass(frozen=True)
class Given:
    """What a person said of the columns: role → column, -1 where each row is one of its own; and those to be left out, if said."""

    roles: Mapping[str, int]
    skip: tuple[int, ...] | None = None


# What looks at a reading and says what it thinks of it, if anything.
Thought = Callable[[Reading], Evidence | None]


def weighed(reading: Reading, thoughts: Iterable[Thought], more: Iterable[Evidence] = ()) -> Reading:
    """The reading with what the thoughts say of it."""
    said = [found for thought in thoughts if (found := thought(reading)) is not None and found.weight]
    return Reading(
        reading.layout,
        reading.table,
        reading.looks,
        reading.head,
        reading.roles,
        reading.ratings,
        (*reading.evidence, *more, *said),
    )


@dataclass(frozen=True, eq=False)
class Verdict:
    """Which reading it is, and what else it could be.

    Attributes:
        best: the reading that most speaks for.
        rivals: the others, the likeliest first.
    """

    best: Reading
    rivals: tuple[Reading, ...]

    def rival(self, differs: Callable[[Reading], bool]) -> Reading | None:
        """The likeliest of the others that differs so, where there is one."""
        return next((reading for reading in self.rivals if differs(reading)), None)

    def margin(self, differs: Callable[[Reading], bool]) -> float:
        """By how much the best leads before all that differ so."""
        rival = self.rival(differs)
        return float("inf") if rival is None else self.best.score - rival.score

    def sure(self, differs: Callable[[Reading], bool]) -> bool:
        """Whether that is enough."""
        return self.margin(differs) >= MARGIN

    def said_for(self, rival: Reading) -> str:
        """What most speaks for a rival, in words."""
        return cut(max(rival.evidence, key=lambda evidence: evidence.weight).said, _LONGEST)

    def reasons(self, rival: Reading | None, most: int = 2) -> str:
        """What decided for the best and against a rival, in words."""
        theirs = {} if rival is None else {evidence.said: evidence.weight for evidence in rival.evidence}
        ours = {evidence.said: evidence.weight for evidence in self.best.evidence}
        for_us = [(weight - max(0.0, theirs.get(said, 0.0)), said) for said, weight in ours.items() if weight > 0]
        against = [(-weight, said) for said, weight in theirs.items() if weight < 0 and said not in ours]
        decided = sorted((pair for pair in (*for_us, *against) if pair[0] > 0), key=lambda pair: -pair[0])[:most]
        said = [cut(said, _LONGEST) for said in dict.fromkeys(said for _, said in decided)]
        return " and ".join(said) or "nothing else fits better"


def decide(readings: Sequence[Reading]) -> Verdict:
    """The likeliest of some readings; of equals the first."""
    ranked = sorted(readings, key=lambda reading: -reading.score)
    best = ranked[0]
    return Verdict(best, tuple(reading for reading in ranked[1:] if not reading.same_as(best)))
