"""A blind round: many people name the same features, each unseen by the others; then it is told how far they agree."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import krippendorff
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from nmf_core.errors import NmfError, shown
from nmf_core.labels.apart import unit_rows
from nmf_core.labels.label import checked_name
from nmf_core.labels.shape import Shape
from nmf_core.words import many

STATES = ("open", "closed", "revealed")
DRAWS, BEYOND = 200, 0.95  # shuffles that tell what chance gives, and how many of them lie below its upper end
RELIABLE, TENTATIVE = 0.8, 0.667  # of α, by Krippendorff (2004), "Content Analysis", chapter 11
MOST_WEIGHED = 10_000_000  # features × names × names: the package makes a table of them, some 80 MB
_ACCENTS = 10  # combining classes from here on are accents; below are marks that make another letter, as of か and が

Table = NDArray[np.int64]


@dataclass(frozen=True)
class Card:
    """A feature as everybody in a round sees it.

    Attributes:
        feature: its index in the fit that the round is about.
        distinctive, top: ids of the items that set it apart, and of those with most of it; strongest first.
    """

    feature: int
    distinctive: tuple[str, ...]
    top: tuple[str, ...]


@dataclass(frozen=True)
class Round:
    """A blind round.

    Attributes:
        code: what pupils join by: six letters and digits.
        project: the id of the project that the features are of; pupils never see it.
        title: one line.
        cards: the features.
        state: "open", then "closed", then "revealed".
    """

    code: str
    project: str
    title: str
    cards: tuple[Card, ...]
    state: str = "open"


@dataclass(frozen=True)
class Answer:
    """The name that somebody gave a feature.

    Attributes:
        nickname: who.
        feature: its index, as on the card.
        text: the name, cleaned; "" where it was taken back.
        version: 1 when first given, one more with each change.

    Raises:
        NmfError: a text of more than 80 characters, or without one that can be seen.

    >>> Answer("Ann", 0, "  Sci-Fi ").text
    'Sci-Fi'
    """

    nickname: str
    feature: int
    text: str
    version: int = 1

    def __post_init__(self) -> None:
        """Clean and check the name."""
        if not isinstance(self.text, str) or self.text.strip():
            object.__setattr__(self, "text", checked_name("name", self.text))
        else:
            object.__setattr__(self, "text", "")


@dataclass(frozen=True)
class Group:
    """Names that are one but for how they are written: the way most wrote it, and how many did so in any way."""

    text: str
    count: int


@dataclass(frozen=True)
class Named:
    """What a feature was named.

    Attributes:
        feature: its index, as on the card.
        groups: the names, those of most people first.
        disagreement: share of the pairs of people who gave different names, 0…1; NaN with fewer than two people.
        entropy: of the names, in bits; 0 where all gave the same.
    """

    feature: int
    groups: tuple[Group, ...]
    disagreement: float
    entropy: float

    @property
    def count(self) -> int:
        """How many people named it."""
        return sum(group.count for group in self.groups)


@dataclass(frozen=True)
class Agreement:
    """How far people agree on which feature has which name.

    Attributes:
        alpha: Krippendorff's α for nominal data: 1 where all agree, 0 where names are dealt at random; NaN where there is none.
        why: why there is no α; "" where there is one.
        chance, chance_top: mean α, and the α that 19 of 20 stay below, where each person's names are shuffled over the
            features that they named.
        n_people, n_features: that have answers.
    """

    alpha: float
    why: str
    chance: float
    chance_top: float
    n_people: int
    n_features: int

    @property
    def verdict(self) -> str:
        """The same in a sentence."""
        if self.why:
            return f"No α: {self.why}"
        if self.alpha <= self.chance_top and self.alpha >= TENTATIVE:
            meaning = "people agree, but with so few people and features they would by chance, too"
        elif self.alpha <= self.chance_top:
            meaning = "no more agreement than chance gives"
        elif self.alpha >= RELIABLE:
            meaning = "the names can be relied on: others would give the same"
        elif self.alpha >= TENTATIVE:
            meaning = "most agree; conclusions from these names are tentative"
        else:
            meaning = "more agreement than chance gives, and too little to rely on"
        alpha, chance, top = (f"{round(value, 2) + 0.0:.2f}" for value in (self.alpha, self.chance, self.chance_top))
        return (
            f"α = {alpha}: {meaning}. If everybody had put the names that they gave on features by lot, it would be {chance} on "
            f"average, and 19 times of 20 at most {top}. Names that mean the same but are other words count as different."
        )


def folded(name: str) -> str:
    """What names that are written differently have in common: case, spaces, accents and punctuation are left out.

    A name that is nothing but these, such as "!!", stays as it is.

    >>> folded("Sci-Fi") == folded("scifi") == folded(" SCI FI "), folded("Amélie"), folded("🎬!")
    (True, 'amelie', '🎬!')
    """
    letters = [c for c in unicodedata.normalize("NFKD", name).casefold() if _says_something(c)]
    return "".join(letters) or " ".join(name.casefold().split())


def _says_something(c: str) -> bool:
    """Whether a character is a letter, a digit, or a mark that makes another letter of one."""
    kind = unicodedata.category(c)[0]
    return kind in "LN" or (kind == "M" and unicodedata.combining(c) < _ACCENTS)


def named_features(answers: Sequence[Answer], features: Sequence[int]) -> list[Named]:
    """What each feature was named, the most disputed first: most pairs who disagree, then entropy, then in their order.

    >>> answers = [Answer("Ann", 0, "War"), Answer("Bob", 0, "Love"), Answer("Ann", 1, "Sci-Fi"), Answer("Bob", 1, "scifi")]
    >>> [(named.feature, named.disagreement, named.groups[0].text) for named in named_features(answers, [1, 0])]
    [(0, 1.0, 'Love'), (1, 0.0, 'Sci-Fi')]
    """
    found = [_named(f, [a.text for a in answers if a.feature == f and a.text]) for f in features]
    return sorted(found, key=lambda named: (-np.nan_to_num(named.disagreement, nan=-1.0), -named.entropy))


def _named(feature: int, texts: list[str]) -> Named:
    """One feature with the names it was given."""
    written: dict[str, Counter[str]] = defaultdict(Counter)
    for text in texts:
        written[folded(text)][text] += 1
    groups = [
        Group(min(ways, key=lambda way: (-ways[way], way.isupper(), way)), ways.total()) for ways in written.values()
    ]
    counts = np.array([group.count for group in groups], dtype=np.int64)
    n = int(counts.sum())
    same = float((counts * (counts - 1)).sum())
    shares = counts / max(n, 1)
    return Named(
        feature,
        tuple(sorted(groups, key=lambda group: (-group.count, folded(group.text)))),
        1 - same / (n * (n - 1)) if n > 1 else float("nan"),
        abs(float((shares * np.log2(shares)).sum())),
    )


def all_names(answers: Sequence[Answer]) -> tuple[Group, ...]:
    """The names of a round, whatever they were given to, those of most answers first.

    >>> all_names([Answer("Ann", 0, "War"), Answer("Ann", 1, "Love"), Answer("Bob", 1, "war")])
    (Group(text='War', count=2), Group(text='Love', count=1))
    """
    return _named(0, [answer.text for answer in answers if answer.text]).groups


def agreement(answers: Sequence[Answer], *, draws: int = DRAWS, seed: int = 0) -> Agreement:
    """Krippendorff's α of the names over people × features, blanks allowed, beside what chance gives.

    Names count as equal by `folded`. Source: Krippendorff (2011), "Computing Krippendorff's alpha-reliability".

    Args:
        answers: one a person and feature; those without text are blanks.
        draws: how many shuffles tell what chance gives.
        seed: of the shuffles.

    >>> names = [("Ann", 0, "War"), ("Ann", 1, "Love"), ("Bob", 0, "war"), ("Bob", 1, "Love!")]
    >>> agreement([Answer(*name) for name in names]).alpha
    1.0
    >>> agreement([Answer(*name) for name in names[:2]]).why
    'only one person has named features; it takes two.'
    """
    given = [answer for answer in answers if answer.text]
    columns = ([a.nickname for a in given], [a.feature for a in given], [folded(a.text) for a in given])
    people, features, names = (pd.factorize(pd.Series(column, dtype=object))[0] for column in columns)
    n_people, n_features, n_names = (int(codes.max(initial=-1)) + 1 for codes in (people, features, names))
    counts = np.zeros((n_features, n_names), dtype=np.int64)
    np.add.at(counts, (features, names), 1)
    why = _why_not(n_people, counts)
    if why:
        return Agreement(np.nan, why, np.nan, np.nan, n_people, n_features)
    alpha = float(krippendorff.alpha(value_counts=counts, level_of_measurement="nominal"))
    drawn = _shuffled_alphas(people, features, names, counts.shape, draws, seed)
    return Agreement(alpha, "", float(drawn.mean()), float(np.quantile(drawn, BEYOND)), n_people, n_features)


def _why_not(n_people: int, counts: Table) -> str:
    """Why answers have no α; "" where they have one."""
    n_features, n_names = counts.shape
    pairable = counts[counts.sum(axis=1) > 1]
    if n_people < 2:
        return f"{'only one person' if n_people else 'nobody'} has named features; it takes two."
    if n_features < 2:
        return "only one feature has names; it takes two to tell agreement on a feature from a favourite word."
    if not len(pairable):
        return "no feature was named by two people."
    if (pairable.sum(axis=0) > 0).sum() < 2:
        return "everybody gave every feature the same name, so nothing tells agreement from chance."
    if n_features * n_names**2 > MOST_WEIGHED:
        return f"{many(n_names, 'different name')} for {many(n_features, 'feature')} are too many to weigh. Take a smaller rank."
    return ""


def _shuffled_alphas(
    people: Table, features: Table, names: Table, shape: tuple[int, int], draws: int, seed: int
) -> NDArray:
    """(draws,) α of the same names, each person's shuffled over the features that they named; in one formula for speed."""
    rng = np.random.default_rng(seed)
    order = np.argsort(people, kind="stable")
    people, features, names = people[order], features[order], names[order]
    several = np.bincount(features, minlength=shape[0])
    alphas = np.empty(draws)
    for draw in range(draws):
        counts = np.zeros(shape, dtype=np.int64)
        np.add.at(counts, (features, names[np.lexsort((rng.random(len(names)), people))]), 1)
        pairable, m = counts[several > 1], several[several > 1]
        n_c, n = pairable.sum(axis=0), int(m.sum())
        same = ((pairable * (pairable - 1)).sum(axis=1) / (m - 1)).sum()
        by_chance = (n_c * (n_c - 1)).sum() / (n - 1)
        # Where all that can be compared is one name, nothing tells agreement from chance.
        alphas[draw] = (same - by_chance) / (n - by_chance) if n > by_chance else 0.0
    return alphas


def matched_key(shapes: Mapping[int, Shape], key: pd.DataFrame) -> dict[int, tuple[str, float]]:
    """Which planted feature each feature is: feature → its name and their cosine, −1…1, where each is less the mean of its side.

    Args:
        shapes: of the features of a round.
        key: (planted features × items) weights, such as `Sample.answer_key` gives; names and item ids as index and columns.

    Raises:
        NmfError: the shapes are of other items.

    >>> from nmf_core.labels import shapes_of
    >>> key = pd.DataFrame([[1.0, 0.0], [0.0, 1.0]], ["War", "Love"], ["Platoon", "Titanic"])
    >>> matched_key(dict(enumerate(shapes_of(["Platoon", "Titanic"], [[0, 2], [3, 0]]))), key)[0]
    ('Love', 1.0)
    """
    H = np.zeros((len(shapes), key.shape[1]))
    for row, shape in zip(H, shapes.values(), strict=True):
        at = key.columns.get_indexer(pd.Index(shape.items, dtype=key.columns.dtype))
        if (at < 0).any():
            raise NmfError(
                f"The round is about the item {shown(shape.items[int(np.argmax(at < 0))])}, which the answer key does not have. "
                "Take the key of the same ratings."
            )
        row[at] = shape.weights
    cosines = _centred(H) @ _centred(key.to_numpy(dtype=float)).T
    rows, columns = linear_sum_assignment(-cosines)
    features = list(shapes)
    return {
        features[r]: (str(key.index[c]), round(float(cosines[r, c]), 6)) for r, c in zip(rows, columns, strict=True)
    }


def _centred(H: NDArray) -> NDArray:
    """Rows at length 1, less their mean row where there are several, at length 1 again."""
    rows = unit_rows(H)
    return unit_rows(rows - rows.mean(axis=0) if len(rows) > 1 else rows, least=1e-9)
