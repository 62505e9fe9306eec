"""The rank survey: what every rank does on hidden ratings, how well its features are found again, and what to make of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from nmf_core.data.ratings import Ratings, require_ratings
from nmf_core.errors import SettingsError, shown, whole_number
from nmf_core.fit.factorization import Factorization
from nmf_core.fit.held_out import GoOn, Trial
from nmf_core.fit.kernels import compiled_from
from nmf_core.fit.list_fit import rank_for_lists
from nmf_core.fit.problem import Array, Penalty, observed_scores
from nmf_core.fit.settings import Settings
from nmf_core.interpret.match import alike, assigned
from nmf_core.study import rank_words
from nmf_core.study.chance import shuffled_beside_effects
from nmf_core.study.found_again import FoundAgain, Halvings, found_again, halvings, setting_apart
from nmf_core.study.rank_choice import Choice, by_errors
from nmf_core.study.rank_trials import SMALL, Cases, Trials, trials_of
from nmf_core.study.rank_words import figure
from nmf_core.study.split import checked_split
from nmf_core.study.verdict import SURE

FEWEST_PEOPLE = 10  # of a half, or twice the rank
NEAR = 0.2  # how alike two features of neighbouring ranks are that are drawn as one that goes on
COMPILED = 200  # ratings from which a survey is worth a compiler


@dataclass(frozen=True, eq=False)
class OfRank:
    """What was found of one rank.

    Attributes:
        errors, chance: on hidden ratings, and on those of ratings without tastes.
        penalty: of the fits that were judged.
        fitted, whole: mean squared error on the observed cells, and on all cells with blanks as zeros, of a fit to all ratings.
        H: (rank, n_items) of that fit.
        again: how well its features are found again; None where that is not known yet, or there are too few people.
    """

    errors: Cases
    chance: Cases | None
    penalty: Penalty
    fitted: float
    whole: float
    H: Array
    again: FoundAgain | None = None


@dataclass(frozen=True, eq=False)
class RankSurvey:
    """What a survey of ranks found.

    Attributes:
        table: one row a rank. rank; fitted: RMSE on the cells that were fitted, the penalty held; held_out: on hidden cells RMSE,
            or NDCG@10 where lists are judged; difference, difference_se: by how much that is worse than at the rank it is compared
            with (`compared`), and the standard error, both paired person by person; chance: held_out on the same ratings
            without tastes; found: how many features are found again in the other half of the people; similarity, similarity_chance:
            how alike they are there, and what 99 of 100 features without tastes do not reach; mean_squared_error,
            reconstruction_err: over all cells, blanks as zeros; penalty: λ of the held-out fits.
        features: one row a feature of each rank: rank, feature (1 …), similarity, low, high (of 8 in 10 halvings), chance,
            found_share (of the halvings), found (in most of them), silhouette, silhouette_chance (the largest without tastes).
        flows: which feature of a rank is which of the next one: rank, feature, next_feature, similarity.
        goal: what held_out is, "error" or "lists".
        mean, biases: held-out RMSE of the mean rating, and of user and item effects alone; popular: NDCG@10 of the most popular.
        suggested_rank, list_rank: the rank to read and name, and the one that makes the best lists.
        verdict: what to make of it, for people; told: whether there are enough ratings to tell a rank.
        complete: whether there are no blanks.
    """

    table: pd.DataFrame
    features: pd.DataFrame
    flows: pd.DataFrame
    goal: str
    mean: float
    biases: float
    popular: float
    compared: int
    suggested_rank: int
    list_rank: int
    verdict: str
    told: bool
    complete: bool
    folds: int
    found: Mapping[int, OfRank] = field(repr=False)
    asked: tuple[Any, ...] = field(repr=False)


def survey_ranks(
    ratings: Ratings,
    ranks: Iterable[int],
    *,
    folds: int = 5,
    restarts: int = 10,
    seed: int = 0,
    split: str = "random",
    settings: Settings | None = None,
    known: RankSurvey | None = None,
    on_progress: Callable[[int, int], object] | None = None,
    on_rank: Callable[[RankSurvey], object] | None = None,
) -> RankSurvey:
    """Which rank to read and which to make lists with: error against rank, chance beside it, and features found again.

    Where blanks are unknown, ranks are judged by how hidden ratings are predicted, and the smallest is suggested that none beats
    by more than chance and more than a feature must be worth. Where blanks count, they are judged by lists, and the rank is
    suggested whose features are found again in halves of the people. Every rank is looked at by itself: further ones cost their
    own time alone.

    Args:
        ratings: the observed cells.
        ranks: the ranks to try.
        folds: how many parts the observed cells are dealt into; each is hidden once. Up to 50 ratings are hidden one by one.
        restarts: how often the people are dealt into halves; 0 leaves that out.
        seed: of folds, halves and chance.
        split: "random", or "time" to hide the last fifth of ratings that have times, once.
        settings: everything else about the fits; the defaults if None.
        known: an earlier survey; what it has of the same ratings under the same settings is taken from it.
        on_progress: called as on_progress(done, of) after every sweep; returning False ends the survey with what there is.
        on_rank: called with the survey so far, whenever it has more.

    Raises:
        SettingsError: no ranks, or one out of range.
        RatingsError: nothing can be held out.

    >>> from nmf_core import datasets
    >>> survey = survey_ranks(datasets.movie_night(), [1, 2, 3], folds=3, restarts=2)
    >>> survey.table["rank"].tolist(), survey.goal
    ([1, 2, 3], 'error')
    """
    require_ratings(ratings)
    whole_number("restarts", restarts, 0, 1_000)
    whole_number("folds", folds, 2, 50)
    base = replace(settings or Settings(), rank=1, seed=seed, steer=None)  # wishes are for one rank
    tried = _checked(ratings, ranks, base)
    checked_split(split)
    asked = (ratings.fingerprint, replace(base, threads=None), folds, restarts, split)
    found: dict[int, OfRank] = {}
    if known is not None and known.asked == asked:
        found = {rank: one for rank, one in known.found.items() if rank in tried}
    steps = [(rank, JUDGING) for rank in tried if rank not in found]
    steps += [(rank, HALVING) for rank in tried if rank not in found or found[rank].again is None]
    work = _Work(steps, _plan(folds, restarts), on_progress)
    # Many small fits are worth what a single one is not: a compiler that is loaded.
    with compiled_from(None if ratings.n_ratings < COMPILED else 0):
        try:
            ordered = ratings.by_name  # all is drawn in the order of names: any other finds the same
            study = _Study(ordered, trials_of(ordered, base, folds, split, work.go_on), restarts, asked)
            for so_far in study.steps(tried, found, work):
                if on_rank is not None:
                    on_rank(replace(study.survey(so_far, None), found={}))
            work.begin(*LISTS)
            return study.survey(found, rank_for_lists(study.trials.problem, study.trials.threads, work.go_on))
        except _StoppedError:
            if not found:
                raise SettingsError("The survey was stopped before the first rank was done. Start it again.") from None
            return study.survey(found, None)


class _StoppedError(Exception):
    """The caller asked the survey to end."""


def _checked(ratings: Ratings, ranks: Iterable[int], base: Settings) -> list[int]:
    """The ranks, in order."""
    if not isinstance(ranks, Iterable):
        raise SettingsError(f"ranks is {shown(ranks)}; it must be several ranks. Give them, such as range(1, 9).")
    tried = sorted({replace(base, rank=rank).rank for rank in ranks})
    smallest = min(ratings.n_users, ratings.n_items)
    if not tried:
        raise SettingsError("There are no ranks to survey. Give at least one, such as range(1, 9).")
    if tried[-1] > smallest:
        raise SettingsError(
            f"rank {tried[-1]} is more than the smaller side of the grid, {smallest}: it could reproduce any ratings and would "
            f"tell nothing. Survey ranks up to {smallest}."
        )
    return tried


JUDGING, HALVING, LISTING = 0, 1, 2  # what is done for a rank, and once at the end
LISTS = (90, LISTING)  # ranks 40, 80 and 160, on average
Step = tuple[int, int]  # a rank, and what is done for it
OVERHEAD = 6  # of a sweep, in ranks: what one takes however few features it has


class _Work:
    """How much of a survey is done, by sweeps, each weighed by its rank; ends the survey where the caller says so."""

    def __init__(
        self, steps: list[Step], plan: Callable[[int], int], told: Callable[[int, int], object] | None
    ) -> None:
        """The steps in their order; `plan` gives the sweeps of one by what is done."""
        self.told = told
        self.sizes = {step: plan(step[1]) * (OVERHEAD + step[0]) for step in (*steps, LISTS)}
        starts = np.cumsum([0, *self.sizes.values()])
        self.starts, self.of = dict(zip(self.sizes, starts.tolist(), strict=False)), int(starts[-1])
        self.now, self.swept, self.done = LISTS if not steps else steps[0], 0, 0

    def begin(self, rank: int, what: int) -> None:
        """Note what is done next."""
        self.now, self.swept = (rank, what), 0

    def go_on(self) -> bool:
        """Count a sweep.

        Raises:
            _StoppedError: the caller wants the survey to end.
        """
        self.swept += 1
        within = min(self.swept * (OVERHEAD + self.now[0]), self.sizes[self.now])
        self.done = max(self.done, self.starts[self.now] + within)
        if self.told is not None and self.told(self.done, self.of) is False:
            raise _StoppedError
        return True


@dataclass(frozen=True, eq=False)
class _Study:
    """The ratings and their trials, with all that is asked of them."""

    ratings: Ratings
    trials: Trials
    restarts: int
    asked: tuple[Any, ...]
    without_tastes: dict[int, Cases] = field(default_factory=dict)  # rank → errors on ratings that have effects alone

    def steps(self, tried: list[int], found: dict[int, OfRank], work: _Work) -> Iterator[dict[int, OfRank]]:
        """Put into `found` what there is of each rank: what it does on hidden ratings, then how its features are found again."""
        for rank in tried:
            if rank not in found:
                work.begin(rank, JUDGING)
                found[rank] = self.judged(rank, work.go_on)
                yield found
        open_ = [rank for rank in tried if rank > 1 and found[rank].again is None]
        if not open_ or not self.restarts:
            return
        halves = halvings(self.ratings, self.trials.problem.blanks, self.restarts, self.trials.settings.seed)
        for rank in open_:
            if halves.people >= max(FEWEST_PEOPLE, 2 * rank):
                work.begin(rank, HALVING)
                found[rank] = replace(found[rank], again=self.again(found[rank].H, halves, work.go_on))
                yield found

    def judged(self, rank: int, go_on: GoOn) -> OfRank:
        """What a rank does on hidden ratings."""
        trials = self.trials
        errors, penalty = trials.errors(rank, go_on)
        chance = trials.chances(rank, penalty, go_on) if trials.chance else None
        W, H = trials.fitted(rank, go_on)
        V = trials.problem.users.V
        rated = V.data * trials.unit
        scores = observed_scores(trials.problem.users, W, H.T)
        fitted = float(np.mean((rated - scores) ** 2))
        everywhere = float(((W.T @ W) * (H @ H.T)).sum())
        whole = float((rated**2).sum() - 2 * rated @ scores + everywhere) / (V.shape[0] * V.shape[1])
        return OfRank(errors, chance, penalty, fitted, max(0.0, whole), H.astype(np.float32))

    def again(self, H: Array, halves: Halvings, go_on: GoOn) -> FoundAgain:
        """How well the features of a fit are found again."""
        return found_again(H, halves, lambda some, rank: self.trials.of_halves(some, rank, go_on))

    @cached_property
    def floors(self) -> Floors:
        """What needs no features."""
        trials = self.trials
        if trials.lists:
            return Floors(np.nan, None, 1 - trials.of_popular().mean)
        return Floors(trials.of_mean().mean ** 0.5, trials.of_effects(), np.nan)

    def survey(self, found: Mapping[int, OfRank], lists: int | None) -> RankSurvey:
        """What there is so far, told; `lists` is the rank that was found for lists."""
        trials = self.trials
        choice = by_errors({rank: one.errors for rank, one in found.items()})
        again = {rank: one.again for rank, one in found.items() if one.again is not None}
        facts = rank_words.Facts(
            n_ratings=self.ratings.n_ratings,
            lists=trials.lists,
            counted=trials.problem.blanks.weight > 0,
            choice=choice,
            held_out={rank: figure(one.errors.mean, trials.lists) for rank, one in found.items()},
            chance={
                rank: figure(one.chance.mean, trials.lists) for rank, one in found.items() if one.chance is not None
            },
            again=again,
            mean=self.floors.mean,
            effects=self.floors.effects.mean**0.5 if self.floors.effects else np.nan,
            popular=self.floors.popular,
            beyond_effects=self._beyond_effects(choice.chosen, found[choice.chosen]),
            list_rank=lists,
        )
        told = rank_words.verdict(facts)
        return RankSurvey(
            table=_table(found, choice, trials),
            features=_features(found, self.ratings),
            flows=_flows(found, self.trials),
            goal="lists" if trials.lists else "error",
            mean=facts.mean,
            biases=facts.effects,
            popular=facts.popular,
            compared=choice.best,
            suggested_rank=told.rank,
            list_rank=told.list_rank,
            verdict=told.text,
            told=told.told,
            complete=self.ratings.n_ratings == self.ratings.n_users * self.ratings.n_items,
            folds=trials.n_folds,
            found=dict(found),
            asked=self.asked,
        )

    def _beyond_effects(self, rank: int, one: OfRank) -> bool:
        """Whether a rank predicts more than it could if there were effects of users and items, and no tastes."""
        effects = self.floors.effects
        if effects is None or rank == 1 or self.ratings.n_ratings <= SMALL:  # of so few, words are others
            return True
        better, se = effects.above(one.errors)
        if better > SURE * se:
            return True
        if rank not in self.without_tastes:  # asked for whenever there is more of the survey
            self.without_tastes[rank] = self.trials.chances(rank, one.penalty, lambda: True, self.effects_alone)
        without = self.without_tastes[rank]
        return without.mean - one.errors.mean > SURE * float(np.hypot(without.se, one.errors.se))

    @cached_property
    def effects_alone(self) -> list[Trial]:
        """Trials of ratings with the same effects and nothing else."""
        without = shuffled_beside_effects(self.ratings, self.trials.settings.seed)
        return self.trials.hide(lambda k: without)


class Floors(NamedTuple):
    """What needs no features: RMSE of the mean, errors of user and item effects, NDCG@10 of what is popular."""

    mean: float
    effects: Cases | None
    popular: float


def _table(found: Mapping[int, OfRank], choice: Choice, trials: Trials) -> pd.DataFrame:
    """One row a rank."""
    best = figure(found[choice.best].errors.mean, trials.lists)
    rows = []
    for rank in sorted(found):
        one = found[rank]
        at = figure(one.errors.mean, trials.lists)
        # Of roots, a difference is that of the squares over their sum.
        sum_of = 1.0 if trials.lists else at + best
        again = one.again
        rows.append(
            {
                "rank": rank,
                "fitted": one.fitted**0.5,
                "held_out": at,
                "held_out_se": one.errors.se if trials.lists else one.errors.se / (2 * at) if at else 0.0,
                "difference": choice.difference[rank] / sum_of if sum_of else 0.0,
                "difference_se": choice.se[rank] / sum_of if sum_of else 0.0,
                "chance": figure(one.chance.mean, trials.lists) if one.chance is not None else np.nan,
                "found": again.found.sum(axis=1).mean() if again else np.nan,
                "similarity": again.similar.mean() if again else np.nan,
                "similarity_chance": again.chance if again else np.nan,
                "mean_squared_error": one.whole,
                "reconstruction_err": (one.whole * trials.problem.V.shape[0] * trials.problem.V.shape[1]) ** 0.5,
                "penalty": one.penalty.l2_W,
            }
        )
    return pd.DataFrame(rows).astype({"rank": int})


FEATURE_COLUMNS = [
    "rank",
    "feature",
    "items",
    "similarity",
    "low",
    "high",
    "chance",
    "found_share",
    "found",
    "silhouette",
    "silhouette_chance",
]
UNTOLD = (np.nan, np.nan, np.nan, np.nan, np.nan, False, np.nan, np.nan)


def _features(found: Mapping[int, OfRank], ratings: Ratings) -> pd.DataFrame:
    """One row a feature of each rank."""
    rows = []
    for rank, one in sorted(found.items()):
        for f, apart in enumerate(setting_apart(one.H, ratings.item_counts)):
            told: tuple[object, ...] = UNTOLD
            if one.again is not None:
                again = one.again
                values, share = again.similar[:, f], float(again.share[f])
                told = (values.mean(), *np.quantile(values, (0.1, 0.9)), again.chance, share, share > 0.5)
                told += (again.silhouette[f], again.silhouette_chance)
            rows.append((rank, f + 1, "; ".join(ratings.items[apart]), *told))
    return pd.DataFrame(rows, columns=FEATURE_COLUMNS)


FLOW_COLUMNS = ("rank", "feature", "next_rank", "next_feature", "similarity")


def _flows(found: Mapping[int, OfRank], trials: Trials) -> pd.DataFrame:
    """Which feature of a rank is which of the next one tried: the nearest of each, and whatever else is near."""
    counts = np.diff(trials.problem.Vt.indptr)
    ranks = [rank for rank in sorted(found) if rank > 1]
    rows: list[tuple[int, int, int, int, float]] = []
    for rank, more in zip(ranks, ranks[1:], strict=False):
        near = alike(found[rank].H, found[more].H, counts)
        for g in range(more):
            for f in np.flatnonzero((near[:, g] >= NEAR) | (near[:, g] == near[:, g].max())):
                rows.append((rank, int(f) + 1, more, g + 1, float(near[f, g])))
    return pd.DataFrame(rows, columns=list(FLOW_COLUMNS))


def _plan(folds: int, restarts: int) -> Callable[[int], int]:
    """About how many sweeps a rank takes, by what is done for it."""
    return lambda what: (folds * 30, 2 * restarts * 20, 27)[what]


def features_in(survey: RankSurvey, ratings: Ratings, fit: Factorization) -> dict[int, tuple[int, int]]:
    """Where the features of a fit are in a survey of the same ratings: index → (rank, feature from 1).

    One to one, by what sets features apart; those that the survey has at no more than chance are left out.
    """
    mine = survey.found.get(fit.rank)
    if mine is None or mine.H.shape[1] != len(fit.items):
        return {}
    ordered = ratings.by_name
    near = alike(fit.H[:, fit.items.get_indexer(ordered.items)], mine.H, ordered.item_counts)
    features = assigned(near)
    return {f: (fit.rank, int(g) + 1) for f, g in enumerate(features) if fit.rank == 1 or near[f, g] >= NEAR}
