"""How far scores are from ratings, by each of the figures that go by the name of error, with its formula."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from nmf_core.data.ratings import Ratings
from nmf_core.fit.factorization import Factorization
from nmf_core.fit.losses import LOSSES

# v: a rating, or 0 in a blank where all cells count; y: its score (W × H).
RATED_MSE: Final = "Mean squared error over rated cells"
RATED_RMSE: Final = "RMSE on observed"
ALL_MSE: Final = "Mean squared error over all cells"
RECONSTRUCTION: Final = "reconstruction_err_ (scikit-learn)"
OBJECTIVE: Final = "Objective"


def misfit_table(fit: Factorization, ratings: Ratings) -> pd.DataFrame:
    """The errors of a fit: columns figure, value, formula; a row a figure, in rating points or their squares.

    Over all cells a blank is read as a 0, as scikit-learn and the notebook do, whatever it counts in the fit. None of these
    says how well hidden ratings would be predicted: `evaluate` does.

    Raises:
        NmfError: ratings of other users or items than the fit's.

    >>> from nmf_core import datasets, factorize
    >>> ratings = datasets.notebook()
    >>> fit = factorize(ratings, rank=2, solver="cd", blanks="zero", init="random", seed=42)
    >>> misfit_table(fit, ratings).set_index("figure")["value"].round(6).loc[ALL_MSE].item()
    0.914435
    """
    fit.check_ratings(ratings)
    cells, rated = ratings.n_users * ratings.n_items, f"{ratings.n_ratings:,} ratings"
    left = _left_over_all(fit, ratings)
    rows = [
        (RATED_MSE, fit.rmse**2, f"Σ (v − y)² over the {rated} / {ratings.n_ratings:,}"),
        (RATED_RMSE, fit.rmse, "√ of the figure above"),
        (
            ALL_MSE,
            left / cells,
            f"Σ (v − y)² over {ratings.n_users:,} × {ratings.n_items:,} cells / {cells:,}; blanks as 0",
        ),
        (RECONSTRUCTION, left**0.5, f"√ Σ (v − y)² over all {cells:,} cells; blanks as 0"),
        (OBJECTIVE, fit.objective, objective_formula(fit)),
    ]
    return pd.DataFrame(rows, columns=["figure", "value", "formula"])


def objective_formula(fit: Factorization) -> str:
    """What the fit made small, as a formula.

    >>> from nmf_core import datasets, factorize
    >>> objective_formula(factorize(datasets.notebook(), rank=2, blanks="weak", penalty=0))
    '½ Σ (v − y)² over ratings + 0.2 × ½ Σ (1 − y)² over blanks'
    """
    cell = (
        "½ Σ ({v} − y)²" if fit.settings.loss == "frobenius" else f"Σ {LOSSES[fit.settings.loss].title} of {{v}} and y"
    )
    parts = [f"{cell.format(v='v')} over ratings"]
    if fit.blanks.weight:
        weight = f"{fit.blanks.weight:g} × " if fit.blanks.weight != 1 else ""
        parts.append(f"{weight}{cell.format(v=f'{fit.blanks.value:g}')} over blanks")
    penalty = fit.penalty
    if penalty.l2_W or penalty.l2_H or penalty.l1_W or penalty.l1_H:
        parts.append("penalties on large weights")
    return " + ".join(parts)


def _left_over_all(fit: Factorization, ratings: Ratings) -> float:
    """Σ (v − y)² over all cells with blanks as 0, without making the grid: Σ v² − 2 Σ v y + Σ y²."""
    V = ratings.V.astype(np.float64)
    squares = float((V.data**2).sum())
    crossed = float(np.sum(fit.W * (V @ fit.H.T)))
    scores = float(np.sum((fit.W.T @ fit.W) * (fit.H @ fit.H.T)))
    return max(squares - 2 * crossed + scores, 0.0)
