"""Non-negative least squares in Gram form: a ≥ 0 where ½ a·G a − r·a is least, for as many a as there are features.

Block principal pivoting (Kim & Park 2011): the features are guessed to be free or 0; the free ones are solved for, and all that
turn out on the wrong side change theirs at once. That ends after a handful of solves at any rank. Where changing all at once does
not get on, the last wrong one alone changes (Murty's rule), which cannot go round in circles. The weights follow from G, r and
the set of free features alone, so that they are the same bits from whatever guess it began.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dposv

from nmf_core.fit.problem import Array

Mask = NDArray[np.bool_]

NEAR = 1e-13  # of the largest slope at 0: a slope below 0 by less is rounding
LEAST_PIVOT = 1e-6  # of features scaled to length 1: one that is nearer to a sum of others cannot be told from it
CHANCES = 3  # times that changing all at once may get no nearer
ROUNDS = 5  # a feature, and 50 more: beyond, coordinate descent
RIDGE, PULLS = 1e-11, 20  # of a singular G, and how often at most its minimum is sought anew from the last one
DESCENTS = 2_000


def least(G: Array, right: Array, start: Mask | None = None) -> Array:
    """(rank,) a ≥ 0 where ½ a·G a − right·a is least; G (rank, rank) symmetric and positive semidefinite.

    Where several are least, as of two equal features, the one near which a small ridge ends from 0: always the same. `start`
    is a guess of the features above 0, and changes nothing but time.

    >>> least(np.array([[2.0, 1.0], [1.0, 2.0]]), np.array([4.0, -1.0])).round(9).tolist()
    [2.0, 0.0]
    """
    size = np.sqrt(np.einsum("ff->f", G))
    there = size > 0
    shrink = np.divide(1.0, size, out=np.zeros_like(size), where=there)
    # Features of length 1 have one measure for all: of slopes, and of what can be told apart.
    scaled, slope = G * shrink * shrink[:, None], right * shrink
    tol = NEAR * max(float(np.abs(slope).max(initial=0.0)), 1e-300)
    free = there if start is None else start & there
    found = _pivoted(scaled, slope, free, tol)
    return (_of_singular(scaled, slope, there, tol) if found is None else found) * shrink


def _pivoted(G: Array, right: Array, free: Mask, tol: float) -> Array | None:
    """Block principal pivoting from a guess; None where free features cannot be told apart, or it does not end."""
    fewest, chances = len(right) + 1, CHANCES
    for _ in range(ROUNDS * len(right) + 50):
        a = np.zeros(len(right))
        if free.any():
            solved = _solved(G, right, free)
            if solved is None:
                return None
            a[free] = solved
        wrong = np.where(free, a < 0, G @ a - right < -tol)
        n_wrong = int(np.count_nonzero(wrong))
        if n_wrong == 0:
            return a
        if n_wrong < fewest:
            fewest, chances = n_wrong, CHANCES
        elif chances > 0:
            chances -= 1
        else:
            wrong[: np.flatnonzero(wrong)[-1]] = False
        free = free ^ wrong
    return None


def _solved(G: Array, right: Array, free: Mask) -> Array | None:
    """The free weights where all others are 0, by Cholesky; None of features that cannot be told apart."""
    places = np.flatnonzero(free)
    square = G.take(places, 0).take(places, 1)
    factor, solved, failed = dposv(square.T, right[places], lower=1, overwrite_a=1)
    if failed or factor.diagonal().min() < LEAST_PIVOT:
        return None
    return np.asarray(solved)


def _of_singular(G: Array, right: Array, there: Mask, tol: float) -> Array:
    """A minimum where several are least: of a small ridge, sought anew from the last one until the ridge pulls no more.

    The proximal point method: each step is a problem with one minimum, and what is left of its slope is the pull of the ridge.
    """
    ridged = G + RIDGE * np.eye(len(G))
    a: Array = np.zeros(len(right))
    for _ in range(PULLS):
        found = _pivoted(ridged, right + RIDGE * a, there, tol)
        if found is None:
            return _descended(G, right, a, there)
        pull = RIDGE * float(np.abs(found - a).max(initial=0.0))
        a = found
        if pull <= tol:
            break
    return a


def _descended(G: Array, right: Array, a: Array, there: Mask) -> Array:
    """A minimum by coordinate descent from `a`: what is left where pivoting does not end."""
    a = a.copy()
    for _ in range(DESCENTS):
        for f in np.flatnonzero(there):
            a[f] = max(0.0, a[f] + right[f] - G[f] @ a)
    return a
