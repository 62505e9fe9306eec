"""A wish for features of a fit, as settings that a refit obeys; whether it did, and whether the ratings support it.

Each wish keeps what is there: every other feature begins where it is and is free, or as strongly drawn as it was before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nmf_core.data.ids import positions
from nmf_core.data.ratings import Ratings
from nmf_core.errors import SettingsError, whole_number
from nmf_core.fit.factorization import Factorization
from nmf_core.fit.losses import TINY
from nmf_core.fit.problem import Array, Blanks
from nmf_core.fit.settings import MAX_RANK, Settings
from nmf_core.fit.steer import Steer, Wish
from nmf_core.interpret.features import check_feature, top_items
from nmf_core.labels.apart import strata
from nmf_core.words import many

MOST_ITEMS, TOP = 15, 15  # items that a feature can be started from, and how far down its list they are looked for
STARTED, ITSELF = 0.5, 0.95  # how strongly a feature is drawn to what goes with its items, and these to its top
LEFT = 0.1  # of an item's weight that the other half of a split feature begins with
TURNS = 30  # of the power iteration that splits a feature
AHEAD = 1.2  # what a feature is started from, beside the largest weight of what goes with it
LEAST_PART = 0.02  # of an even share of what features explain: a feature with less is there in name only
FEW = 5  # ratings by which what is said of an item or by a person is shrunk
TOGETHER, DRAWN, BEYOND = (
    20,
    400,
    0.95,
)  # items of about the same popularity; sets drawn by chance, and how many must be passed


def keep(fit: Factorization, feature: int, *, strength: float = 1.0) -> Settings:
    """Settings of a refit in which a feature stays as it is, from free (strength 0) to pinned (1).

    >>> from nmf_core import datasets, fit_settings
    >>> ratings = datasets.movie_night()
    >>> fit = fit_settings(ratings, Settings(rank=3)).canonical()
    >>> again = fit_settings(ratings, keep(fit, 1)).canonical()
    >>> [steered.strength for steered in steered_features(again).values()]
    [1.0]
    """
    f = check_feature(fit, feature)
    wishes = _as_they_are(fit)
    wishes[f] = Wish(fit.H[f], strength)
    return _asked(fit, wishes)


def less_of(fit: Factorization, feature: int, item: object, *, strength: float = 1.0) -> Settings:
    """Settings of a refit in which a feature has less of one item: its weight is drawn to 0, and all else is as before."""
    f = check_feature(fit, feature)
    i = int(positions(fit.items, [item], "item")[0])
    wishes = _as_they_are(fit)
    row, strengths = wishes[f].row.copy(), np.array(np.broadcast_to(wishes[f].strength, fit.H.shape[1]))
    row[i], strengths[i] = 0.0, strength
    wishes[f] = replace(wishes[f], row=row, strength=strengths)
    return _asked(fit, wishes)


def merge(fit: Factorization, feature: int, other: int, *, strength: float = 0.0) -> Settings:
    """Settings of a refit of one feature less, in which two begin as one: what both are together to all people.

    The one stands where the first of them stood, and later features one place earlier.
    """
    f, g = sorted((check_feature(fit, feature), check_feature(fit, other)))
    if f == g:
        raise SettingsError(f"Feature {f + 1} cannot be merged with itself. Name another one.")
    sizes = fit.W.mean(axis=0)
    wishes = _as_they_are(fit)
    wishes[f] = Wish(fit.H[f] * sizes[f] + fit.H[g] * sizes[g], strength)
    return _asked(fit, wishes[:g] + wishes[g + 1 :])


def split(fit: Factorization, ratings: Ratings, feature: int, *, strength: float = 0.0) -> Settings:
    """Settings of a refit of one feature more, in which one begins as two: the second half is the last feature.

    The halves are the items that people who have the feature disagree about most: by the sign of the leading direction of what
    the fit leaves unexplained, weighted by how much of the feature people and items have.
    """
    f = check_feature(fit, feature)
    fit.check_ratings(ratings)
    whole_number("the rank of the refit", fit.rank + 1, 1, MAX_RANK)
    first = _direction(fit, ratings, f) > 0
    wishes = _as_they_are(fit)
    halves = [Wish(fit.H[f] * np.where(half, 1.0, LEFT), strength) for half in (first, ~first)]
    return _asked(fit, [*wishes[:f], halves[0], *wishes[f + 1 :], halves[1]])


def start_from(
    fit: Factorization, ratings: Ratings, feature: int, items: Iterable[object], *, strength: float = STARTED
) -> Settings:
    """Settings of a refit in which a feature begins from 1…15 items, and what those who rated them rated more than others.

    Half of where it begins is what it is now. It is drawn there with the strength, and these items to its top more strongly.

    Raises:
        SettingsError: no items, or too many.
    """
    f = check_feature(fit, feature)
    fit.check_ratings(ratings)
    names = tuple(dict.fromkeys(str(item) for item in items))
    if not 1 <= len(names) <= MOST_ITEMS:
        raise SettingsError(f"There are {len(names)} items to start from; name 1 to {MOST_ITEMS}.")
    columns = positions(fit.items, names, "item")
    strengths = np.full(len(fit.items), strength)
    strengths[columns] = max(strength, ITSELF) if strength else 0.0
    wishes = _as_they_are(fit)
    # Half of it stays as it is: beside others that explain the ratings, a feature of a few items alone is one that nobody has.
    now = np.minimum(fit.H[f] / max(np.sort(fit.H[f])[-TOP:][0], TINY), 1.0)
    row = row_from(ratings, fit.blanks, columns) + now
    row[columns] = AHEAD * row.max()
    wishes[f] = Wish(row, strengths, names)
    return _asked(fit, wishes)


def free(fit: Factorization, feature: int | None = None) -> Settings:
    """Settings of a refit in which a feature, or every one, is free again; without any wish once nothing is drawn."""
    wishes: list[Wish] = _as_they_are(fit)
    for f in range(fit.rank) if feature is None else [check_feature(fit, feature)]:
        wishes[f] = Wish(_row(fit, f))
    return _asked(fit, wishes) if any(wish.drawn for wish in wishes) else replace(fit.settings, steer=None)


def steered_features(fit: Factorization) -> dict[int, Wish]:
    """The features that something draws, by their number in this fit, and their wishes.

    >>> from nmf_core import datasets, factorize
    >>> fit = factorize(datasets.notebook(), rank=2, steer=Steer([None, Wish([0, 0, 1, 1], 1)]))
    >>> list(steered_features(fit)), list(steered_features(fit.canonical()))
    ([1], [0])
    """
    wishes = fit.settings.steer.by_feature if fit.settings.steer is not None else {}
    order = fit.solver_order or range(fit.rank)
    return {f: wishes[own] for f, own in enumerate(order) if own in wishes and wishes[own].drawn}


@dataclass(frozen=True)
class Started:
    """What became of a feature that was started from items.

    Attributes:
        feature: its number in the fit.
        items: those it was started from.
        there: those of them in its top 15, in the order of its list.
        likeness: their mean cosine, pair by pair, of who rated them how; NaN of a single one.
        chance: what 19 of 20 sets of items as popular as they are stay below.
        part: what the feature explains, of an even share of what all features do; 1 is as much as others.
    """

    feature: int
    items: tuple[str, ...]
    there: tuple[str, ...]
    likeness: float
    chance: float
    part: float

    @property
    def supported(self) -> bool:
        """Whether the ratings hold these items together, more than any as popular, and the feature explains something of them."""
        return self.part >= LEAST_PART and not self.likeness <= self.chance

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        said = f"{len(self.there)} of {many(len(self.items), 'item')} {'is' if len(self.there) == 1 else 'are'} in its top {TOP}"
        if self.part < LEAST_PART:
            return f"{said}, but the ratings do not support it: hardly anybody has it, and it explains next to nothing."
        if np.isnan(self.likeness):
            return f"{said}; one item alone says little of what goes with it."
        figures = f"likeness {self.likeness:.2f}, of items as popular by chance up to {self.chance:.2f}"
        if self.supported:
            return f"{said}, and the ratings hold them together ({figures})."
        return f"{said}, but the ratings do not support it ({figures}): it is a feature because you say so."


def started(fit: Factorization, ratings: Ratings) -> list[Started]:
    """What became of each feature that was started from items."""
    found = []
    for f, wish in steered_features(fit).items():
        if wish.items:
            top = top_items(fit, f, n=TOP, ratings=ratings)["item"].tolist()
            columns = positions(fit.items, wish.items, "item")
            likeness, chance = _likeness(ratings, fit.blanks, columns)
            there = tuple(item for item in top if item in wish.items)
            part = fit.misfit_removed[f] * fit.rank / max(float(fit.misfit_removed.sum()), TINY)
            found.append(Started(f, wish.items, there, likeness, chance, float(part)))
    return found


def row_from(ratings: Ratings, blanks: Blanks, columns: NDArray[np.integer]) -> Array:
    """(n_items,) where a feature of some items begins: these on top, then what goes with them, cut off at 0.

    That is the covariance, over people, of what is said of an item (`_said`) with what is said of these together.
    """
    said = _said(ratings, blanks)
    together = np.asarray(said[:, columns].sum(axis=1)).ravel()
    row = np.maximum(0.0, said.T @ (together - together.mean()))
    row[columns] = 0.0
    top = np.sort(row)[-TOP:][0]
    row = np.minimum(row / top, 1.0) if top > 0 else np.zeros_like(row)
    row[columns] = 1.0
    return row


def _said(ratings: Ratings, blanks: Blanks) -> sparse.csr_array:
    """(n_users, n_items) what people say of items: where blanks count, that they rated it; else how much more than other people
    and of other items, shrunk by a few ratings."""
    said = ratings.V.astype(np.float64)
    if blanks.weight:
        said.data = np.ones(said.nnz)
        return said
    u, i = np.repeat(np.arange(ratings.n_users), ratings.user_counts), said.indices
    rest = said.data - said.data.mean()
    of_users = np.bincount(u, rest, ratings.n_users) / (ratings.user_counts + FEW)
    rest = rest - of_users[u]
    said.data = rest - (np.bincount(i, rest, ratings.n_items) / (ratings.item_counts + FEW))[i]
    return said


def _likeness(ratings: Ratings, blanks: Blanks, columns: NDArray[np.integer]) -> tuple[float, float]:
    """The mean cosine of pairs of items in what is said of them, and what chance reaches with items as popular."""
    if len(columns) < 2:
        return float("nan"), float("nan")
    said = _said(ratings, blanks).tocsc()
    size = np.sqrt(np.asarray((said**2).sum(axis=0))).ravel()

    def mean_cosine(some: NDArray[np.integer]) -> float:
        part = said[:, some].toarray() / np.maximum(size[some], 1e-12)
        n = len(some)
        return float(((part.sum(axis=1) ** 2).sum() - (part**2).sum()) / (n * (n - 1)))

    stratum, rng = strata(-ratings.item_counts, TOGETHER), np.random.default_rng(0)
    alike = [np.flatnonzero(stratum == stratum[column]) for column in columns]
    drawn = (np.unique([rng.choice(some) for some in alike]) for _ in range(DRAWN))
    reached = [mean_cosine(some) for some in drawn if len(some) > 1]
    return mean_cosine(np.asarray(columns)), float(np.quantile(reached, BEYOND)) if reached else float("nan")


def _direction(fit: Factorization, ratings: Ratings, f: int) -> Array:
    """(n_items,) the leading right singular vector of what the fit leaves, diag(w) (V − W H) diag(h), blanks at their weight."""
    W, H, omega, value = fit.W, fit.H, fit.blanks.weight, fit.blanks.value
    w, h = W[:, f] / max(W[:, f].max(), TINY), H[f] / max(H[f].max(), TINY)
    u = np.repeat(np.arange(ratings.n_users), ratings.user_counts)
    scores = np.einsum("kf,kf->k", W[u], H.T[ratings.V.indices])
    left = ratings.V.astype(np.float64)
    left.data = (left.data - scores) - omega * (value - scores)
    x = np.random.default_rng(0).standard_normal(len(h))
    for _ in range(TURNS):
        inner = h * x
        y = w**2 * (left @ inner + omega * (value * inner.sum() - W @ (H @ inner)))
        x = h * (left.T @ y + omega * (value * y.sum() - H.T @ (W.T @ y)))
        x /= max(float(np.linalg.norm(x)), TINY)
    return x


def _as_they_are(fit: Factorization) -> list[Wish]:
    """A wish for each feature: to begin where it is, and to be drawn as it was."""
    before = steered_features(fit)
    return [before.get(f, Wish(_row(fit, f))) for f in range(fit.rank)]


def _row(fit: Factorization, f: int) -> Array:
    """A row of H; one of nothing begins as any."""
    row: Array = fit.H[f] if fit.H[f].any() else np.ones(fit.H.shape[1])
    return row


def _asked(fit: Factorization, wishes: Sequence[Wish]) -> Settings:
    """The settings of a fit with these wishes, under its own penalty, so that both minimise the same beside them."""
    init = fit.settings.init if isinstance(fit.settings.init, str) else "auto"
    return replace(fit.settings, rank=len(wishes), init=init, penalty=fit.penalty, steer=Steer(tuple(wishes)))
