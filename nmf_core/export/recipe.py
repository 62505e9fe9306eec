"""What the exports share: a fit that belongs to its ratings, in canonical form, and the Python call that recomputes it."""

from __future__ import annotations

import platform
from importlib import metadata
from typing import Any

import numpy as np

from nmf_core.data.ratings import Ratings
from nmf_core.errors import NmfError, shown, whole_number
from nmf_core.fit.factorization import Factorization
from nmf_core.fit.problem import Blanks, Penalty
from nmf_core.fit.settings import Settings
from nmf_core.interpret.features import Labels
from nmf_core.version import __version__

LIBRARIES = ("numpy", "scipy", "pandas", "scikit-learn")


def check_same(ratings: Ratings, fit: Factorization) -> None:
    """Refuse ratings that are not those that were fitted."""
    fit.check_ratings(ratings)
    if ratings.fingerprint != fit.fingerprint:
        raise NmfError(
            f"The ratings have the fingerprint {ratings.fingerprint[:12]}…, and the fit is of {fit.fingerprint[:12]}…: a rating or "
            "the scale has changed since. Fit these ratings, then export."
        )


def checked_labels(labels: Labels, rank: int) -> dict[int, str]:
    """Labels as a plain dict, smallest feature first; an NmfError for a feature that is not in the fit."""
    named: dict[int, str] = {}
    for feature, name in (labels or {}).items():
        if not isinstance(name, str):
            raise NmfError(
                f"The label of feature {shown(feature)} is {shown(name)}; it must be text. Give its name as text."
            )
        named[whole_number("the feature of a label", feature, 0, rank - 1)] = str(name)
    return dict(sorted(named.items()))


def canonical(fit: Factorization, labels: Labels) -> tuple[Factorization, dict[int, str]]:
    """The fit in canonical form, and its labels with the features' new numbers.

    >>> from nmf_core import datasets, factorize
    >>> fit = factorize(datasets.notebook(), rank=2)
    >>> canonical(fit, {int(fit.misfit_removed.argmax()): "Action"})[1]
    {0: 'Action'}
    """
    named = checked_labels(labels, fit.rank)
    order = np.argsort(-fit.misfit_removed, kind="stable").tolist()
    return fit.canonical(), {new: named[old] for new, old in enumerate(order) if old in named}


def call(fit: Factorization) -> str:
    """The call that recomputes a fit, as Python: every setting explicit, blanks and penalty as they were resolved.

    A cancelled fit is asked for the sweeps that were kept. Where the start was a pair of arrays, it is `(W0, H0)`; where features
    were steered, the wishes are `steer`.

    >>> from nmf_core import datasets, factorize
    >>> print(call(factorize(datasets.notebook(), rank=2, penalty=0)))
    nc.factorize(
        ratings,
        rank=2,
        solver='hals',
        blanks=(0.0, 0.0),
        loss='frobenius',
        init='auto',
        penalty=nc.Penalty(l2_W=0.0, l2_H=0.0, l1_W=0.0, l1_H=0.0),
        seed=0,
        max_sweeps=200,
        tol=0.0001,
    )
    """
    asked = fit.settings
    arguments = {
        "rank": asked.rank,
        "solver": asked.solver,
        "blanks": (float(fit.blanks.weight), float(fit.blanks.value)),
        "loss": asked.loss,
        "init": asked.init,
        "penalty": penalty_numbers(fit.penalty),
        "seed": asked.seed,
        "max_sweeps": fit.n_sweeps if fit.stopped == "cancelled" else asked.max_sweeps,
        "tol": asked.tol,
    }
    written = {name: repr(value) for name, value in arguments.items()}
    written["penalty"] = f"nc.Penalty({', '.join(f'{k}={v!r}' for k, v in penalty_numbers(fit.penalty).items())})"
    if not isinstance(asked.init, str):
        written["init"] = "(W0, H0)"
    if asked.steer is not None:
        written["steer"] = "steer"
    lines = "\n".join(f"    {name}={value}," for name, value in written.items())
    return f"nc.factorize(\n    ratings,\n{lines}\n)"


def sentence(text: str) -> str:
    """A clause as a sentence."""
    return f"{text[:1].upper()}{text[1:]}."


def asked_to_json(settings: Settings) -> dict[str, Any]:
    """Blanks and penalty as they were asked for, as JSON has them: names and None as they are, else their numbers."""
    blanks, penalty = settings.blanks, settings.penalty
    return {
        "blanks": [blanks.weight, blanks.value] if isinstance(blanks, Blanks) else blanks,
        "penalty": penalty_numbers(penalty) if isinstance(penalty, Penalty) else None,
    }


def penalty_numbers(penalty: Penalty) -> dict[str, float]:
    """The four numbers of a penalty, by name."""
    return {name: float(getattr(penalty, name)) for name in ("l2_W", "l2_H", "l1_W", "l1_H")}


def versions() -> dict[str, str]:
    """What computed this: Python, this library and those it counts on, by version."""
    return {
        "latent-lens": __version__,
        "python": platform.python_version(),
        **{library: metadata.version(library) for library in LIBRARIES},
    }
