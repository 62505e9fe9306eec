"""The dial as curves: what errors, lists and dislikes come to as a blank counts more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pandas as pd

from nmf_core.data.ratings import Ratings, require_ratings
from nmf_core.fit.settings import Settings, resolve_blanks
from nmf_core.study.evaluate import evaluate

WEIGHTS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0)


def turn_dial(
    ratings: Ratings,
    settings: Settings | None = None,
    *,
    weights: Sequence[float] = WEIGHTS,
    folds: int = 3,
    top_n: int = 10,
    seed: int = 0,
    on_progress: Callable[[int, int], object] | None = None,
) -> pd.DataFrame:
    """`evaluate` of the same settings with blanks of each weight, at the value that a blank has in them.

    Where blanks are unknown in the settings, they have no value, and that of weak evidence is taken.

    Args:
        settings: the default settings if None.
        weights: of a blank, 0 to 1.
        folds, top_n, seed, on_progress: as for `evaluate`.

    Returns:
        A frame indexed by weight, with the columns of `evaluate`; its `.attrs` are the `value` of a blank in rating points, and
        `notes`.

    Raises:
        SettingsError: a weight that is none, a solver that does not serve the whole dial, or it was ended before the first fold.

    >>> from nmf_core import datasets
    >>> turn_dial(datasets.movie_night(), Settings(rank=2), weights=[0, 0.2], folds=2).index.tolist()
    [0.0, 0.2]
    """
    require_ratings(ratings)
    base = settings or Settings()
    blanks = resolve_blanks(base.blanks, ratings)
    value = blanks.value if blanks.weight else resolve_blanks("weak", ratings).value
    turned = {f"{float(w):g}": replace(base, blanks="unknown" if w == 0 else (w, value)) for w in weights}
    table = evaluate(ratings, turned, folds=folds, top_n=top_n, seed=seed, baselines=(), on_progress=on_progress)
    notes = table.attrs["notes"]
    table = table.set_axis(pd.Index([float(name) for name in table.index], name="weight"))
    table.attrs = {"value": value, "notes": notes}
    return table
