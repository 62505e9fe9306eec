"""How good a fit is beside what needs no features, and beside the best that is known: errors and lists on held-out cells."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nmf_core.data.ratings import Ratings, require_ratings
from nmf_core.errors import RatingsError, SettingsError, closest, shown, whole_number
from nmf_core.fit.factorization import Factorization
from nmf_core.fit.factorize import OnSweep, fit_settings, settings_by_name
from nmf_core.fit.fold_in import fold_in_rows, list_weights
from nmf_core.fit.problem import Array
from nmf_core.fit.settings import Settings
from nmf_core.interpret.enough import enough_items
from nmf_core.metrics import METRICS, RELEVANT
from nmf_core.study.baselines import BASELINES, Baseline
from nmf_core.study.baselines.base import GoOn, Model, People, Scorer
from nmf_core.study.measure import Part, figures, jackknifed, measure
from nmf_core.study.split import FITTED, HELD_OUT, LEFT_OUT, SPLITS, TOLD, checked_split, held_out_folds, split_in_time
from nmf_core.study.verdict import verdict
from nmf_core.words import listed, many, noun


class Fits(Protocol):
    """What can stand where `Settings` could, such as `ListSettings`: a maker of fits whose lists are read at some rank, or None."""

    @property
    def read_at(self) -> int | None:
        """The rank at which lists are read."""

    def fit(self, ratings: Ratings, on_sweep: OnSweep | None = None) -> Factorization:
        """The fit to ratings."""


Judged = Settings | Fits
# Of a baseline on one fold; by default slower ones are left out, larger ones always.
QUICK_SECONDS, MOST_GIGABYTES = 15.0, 2.0
GROUPS = 10  # of people, where there is one split
FEW_LISTS = 20  # that can be judged in a fold: fewer say little
JUDGED_PASSES, JUDGED_TOL = 100, 1e-5  # of folding in: a mean over lists needs no more digits


@dataclass(frozen=True)
class _Split:
    """The parts that models are judged on, how many groups people are dealt into, and what is to be said of it."""

    parts: list[Part]
    groups: int
    notes: list[str]


def evaluate(
    ratings: Ratings,
    settings: Judged | Mapping[str, Judged] | None = None,
    *,
    folds: int = 5,
    top_n: int = 10,
    seed: int = 0,
    split: str = "random",
    baselines: str | Collection[str] = "quick",
    on_progress: Callable[[int, int], object] | None = None,
) -> pd.DataFrame:
    """Held-out error and quality of lists, of settings and of what they must be better than.

    Every model sees the same ratings. Ranked are all items that a person is not known to have rated and somebody has; relevant are
    held-out ratings in the upper 30 % of the scale. A fold that hides nothing relevant says nothing of lists: it counts for
    errors alone.

    With `split` "random" the ratings are dealt into folds (`split.held_out_folds`), and standard errors are over folds. With "time"
    the latest fifth of all is held out (`split.split_in_time`): people who begin after the cut are folded in with the first half of
    what they rated, and standard errors are over people, by a jackknife of ten groups. Random folds flatter: a fit has seen what
    was rated later.

    Args:
        settings: one `Settings`, or several by name; the default settings if None. The first is judged in the verdict. A
            `ListSettings` stands for the fit that lists are made from.
        folds, seed: the folds; not used where the split is by time.
        top_n: length of the list that is judged.
        split: "random" or "time".
        baselines: "quick" for those that take no more than some seconds a fold, "all" for those that memory allows, or names of
            `study.baselines.BASELINES`. What is left out is said in the notes.
        on_progress: called as on_progress(done, of) after every sweep and model; returning False ends the evaluation with
            the folds that are done.

    Returns:
        A frame indexed by model (the settings, then the baselines) with two columns for each of `metrics.METRICS`, its figure and
        its standard error (`rmse`, `rmse_se`, …), NaN where it cannot be told: a model that gives no ratings has no error. Its
        `.attrs` are `verdict` (a sentence, not a kind one), `notes` (sentences on what could not be judged or is left out),
        `split`, and `judged` (a model's figures by fold, or without each group of people: lists in the order of `METRICS`, None
        where one cannot be told).

    Raises:
        RatingsError: a split in time of ratings without times, or nothing that can be held out.
        SettingsError: no such split or baseline, or it was ended before the first fold was done.

    >>> from nmf_core import datasets
    >>> table = evaluate(datasets.movie_night(), Settings(rank=2), folds=3, baselines=["mean", "biases"])
    >>> table.index.tolist()
    ['fit', 'mean', 'biases']
    """
    top_n = whole_number("top_n", top_n, 1, 10_000)
    require_ratings(ratings)
    named = settings if isinstance(settings, Mapping) else {"fit": settings or Settings()}
    named = {name: settings_by_name(s, ratings) if isinstance(s, Settings) else s for name, s in named.items()}
    chosen, left_out = _chosen(ratings, baselines)
    models = {name: _fit_model(s) for name, s in named.items()} | {b.name: b.fit for b in chosen}
    ratings = ratings.by_name  # so that ties and sums are the same in whatever order they came
    asked = _split(ratings, split, folds, seed)
    left_out += _notes_of_few(asked.parts[0], top_n)
    results: dict[str, list[list[float]]] = {name: [] for name in models}
    spread: dict[str, Array] = {}
    total = len(asked.parts) * len(models)
    for number, part in enumerate(asked.parts):
        measured = {}
        for place, (name, model) in enumerate(models.items()):
            done = number * len(models) + place

            def go_on(done: int = done) -> bool:
                return on_progress is None or on_progress(done, total) is not False

            groups = measure(model(part.training, go_on), part, top_n, asked.groups)
            measured[name] = figures(groups)
            if asked.groups > 1 and len(groups) > 1:
                spread[name] = jackknifed(groups)
            if not go_on(done + 1):
                if number == 0:
                    raise SettingsError("The evaluation was ended before its first fold was done. Start it again.")
                return _table(results, {}, named, split, [*asked.notes, *left_out])
        for name, values in measured.items():
            results[name].append(values)
    return _table(results, spread, named, split, [*asked.notes, *left_out])


def _notes_of_few(part: Part, top_n: int) -> list[str]:
    """What a small grid cannot tell."""
    low, high = part.testing.scale
    relevant = part.testing.keep(part.testing.V.data >= low + RELEVANT * (high - low))
    lists, notes = int((relevant.user_counts > 0).sum()), []
    if 0 < lists < FEW_LISTS:
        notes.append(f"Only {many(lists, 'list')} can be judged at a time, so figures of lists say little.")
    left = int(np.median((part.training.item_counts > 0).sum() - part.known.user_counts[part.known.user_counts > 0]))
    if left <= top_n:
        notes.append(
            f"A list of {top_n} holds all that half of the people have left ({many(left, 'item')}): recall, precision, dislikes "
            "and coverage are then much the same for every model."
        )
    return notes


def _fit_model(settings: Judged) -> Model:
    """The scores of a fit; of lists, those that `recommend` orders by, items with too few ratings to tell last."""

    def model(training: Ratings, go_on: GoOn) -> Scorer:
        def swept(sweep: int, objective: float, kkt: float) -> bool:
            return go_on()

        if not isinstance(settings, Settings):
            fit, read_at = settings.fit(training, swept), settings.read_at
        else:
            fit, read_at = fit_settings(training, settings, on_sweep=swept), None

        def folded(people: People, weights: Array) -> Array:
            if people.new.any():
                weights = weights.copy()
                weights[people.new] = fold_in_rows(fit, people.V[people.new], passes=JUDGED_PASSES, tol=JUDGED_TOL)
            return weights

        def predicted(people: People, r: NDArray, i: NDArray) -> Array:
            scores = np.einsum("kf,kf->k", folded(people, fit.W[people.rows])[r], fit.H[:, i].T)
            return np.clip(scores, *training.scale)

        def of_lists(people: People) -> Array:
            weights = list_weights(fit, training, people.rows, passes=JUDGED_PASSES, tol=JUDGED_TOL)
            return folded(people, weights)

        few = ~enough_items(training, read_at or fit.rank, training.n_items)
        return Scorer(lambda people: of_lists(people) @ fit.H, predicted, lambda people: (of_lists(people), fit.H), few)

    return model


def _chosen(ratings: Ratings, asked: str | Collection[str]) -> tuple[list[Baseline], list[str]]:
    """The baselines that are asked for, without those that would take too much; and why these are left out, in words."""
    if isinstance(asked, str) and asked not in ("quick", "all"):
        asked = [asked]
    names = list(BASELINES) if isinstance(asked, str) else list(asked)
    for name in names:
        if name not in BASELINES:
            raise SettingsError(
                f"A baseline is called {shown(name)}; it must be one of {', '.join(BASELINES)}.{closest(str(name), BASELINES)} "
                "Name such ones, or say 'quick' or 'all'."
            )
    wanted = [BASELINES[name] for name in names]
    large = [b for b in wanted if b.gigabytes(ratings) > MOST_GIGABYTES]
    slow = [b for b in wanted if asked == "quick" and b not in large and b.seconds(ratings) > QUICK_SECONDS]
    notes = []
    if large:
        notes.append(
            f"Left out: {listed([b.name for b in large])}, which would need more than {MOST_GIGABYTES:g} GB of memory for "
            f"{many(ratings.n_users, 'user')} and {many(ratings.n_items, 'item')}."
        )
    if slow:
        notes.append(
            f"Left out: {listed([b.name for b in slow])}, which would take more than {QUICK_SECONDS:g} s a fold. In a script, "
            "baselines='all' has them."
        )
    return [b for b in wanted if b not in large and b not in slow], notes


def _split(ratings: Ratings, split: str, folds: int, seed: int) -> _Split:
    """The parts that models are judged on."""
    if checked_split(split) == SPLITS[0]:
        fold = held_out_folds(ratings, folds=folds, seed=seed)
        halves = [(ratings.keep(fold != k), ratings.keep(fold == k)) for k in np.unique(fold[fold >= 0])]
        return _Split([Part(training, training, testing) for training, testing in halves], 1, [])
    cells = split_in_time(ratings)
    if not (cells == HELD_OUT).any():
        raise RatingsError(
            "Nothing can be held out by time: of nobody who rated late, and no item that was, is anything known from before.",
            script="Use split='random'.",
        )
    part = Part(
        ratings.keep(cells == FITTED),
        ratings.keep((cells == FITTED) | (cells == TOLD)),
        ratings.keep(cells == HELD_OUT),
    )
    return _Split([part], GROUPS, _notes_of_time(ratings, part, cells))


def _notes_of_time(ratings: Ratings, part: Part, cells: NDArray[np.int8]) -> list[str]:
    """Who is judged where the split is by time, and how many ratings are left out."""
    judged = part.testing.user_counts > 0
    new = int((judged & (part.training.user_counts == 0)).sum())
    lost = int((cells == LEFT_OUT).sum())
    said = f"Judged are {many(int(judged.sum()), 'person', 'people')} who rated in the last fifth"
    said += (
        f", {new:,} of them folded in: they had not rated before, and told the first half of theirs." if new else "."
    )
    if lost:
        said += (
            f" {many(lost, 'rating')} {noun(lost, 'is', 'are')} left out: of items that nobody had rated before, or of people of "
            "whom nothing was known."
        )
    return [said]


def _table(
    results: dict[str, list[list[float]]],
    spread: dict[str, Array],
    named: Collection[str],
    split: str,
    notes: list[str],
) -> pd.DataFrame:
    """Means and standard errors over the folds that could be judged, a row a model; what could not be is a note."""
    rows: dict[str, dict[str, float]] = {}
    for name, values in results.items():
        rows[name] = {}
        for place, (metric, found) in enumerate(zip(METRICS, np.array(values).T, strict=True)):
            known = found[~np.isnan(found)]
            rows[name][metric] = known.mean() if len(known) else np.nan
            error = known.std(ddof=1) / np.sqrt(len(known)) if len(known) > 1 else np.nan
            if name in spread:
                error = _over_people(spread[name][:, place])
            rows[name][f"{metric}_se"] = error
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("model")
    judged = {name: _plain(spread[name].tolist() if name in spread else values) for name, values in results.items()}
    table.attrs["split"], table.attrs["judged"] = split, judged
    table.attrs["notes"] = [*_notes(np.array(next(iter(results.values()))), split), *notes]
    table.attrs["verdict"] = verdict(table, list(named))
    return table


def _plain(figures: list[list[float]]) -> list[list[float | None]]:
    """Figures as JSON can have them, as whoever shows a frame may want its `.attrs`: no number is None."""
    return [[None if np.isnan(value) else float(value) for value in row] for row in figures]


def _over_people(without: Array) -> float:
    """The standard error of a figure by what it is without each group of people (jackknife); NaN where one cannot be told."""
    n = len(without)
    return float(np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum()))


def _notes(values: Array, split: str) -> list[str]:
    """What was left out of the figures of lists; `values` (folds, metrics) of any model, since it is the same for all."""
    place = next(k for k, metric in enumerate(METRICS.values()) if metric.of_lists is not None)
    blank = np.isnan(values[:, place])
    if not blank.any():
        return []
    if blank.all():
        more = "Add such ratings, or take fewer folds." if split == SPLITS[0] else "Add such ratings."
        return [f"No held-out rating is in the upper 30 % of the scale, so lists cannot be judged. {more}"]
    return [
        f"{blank.sum()} of {many(len(blank), 'fold')} {noun(int(blank.sum()), 'hides', 'hide')} no rating in the upper 30 % of the "
        "scale and could not judge lists: their figures are of the others. With fewer folds, each hides more."
    ]
