"""The first items of a list: by score, where what only last digits set apart is a tie, and settled by name.

Scores of all items are there to find the few that can be listed; only of those is each score added up part by part, which gives the
same bits wherever and among however many it is done.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nmf_core.fit.factorization import Factorization
from nmf_core.fit.problem import Array

DIGITS = 9  # of a score over the largest one: what differs by less is a tie
MARGIN = 2.1 * 10.0**-DIGITS  # of the largest score: who is further below the last one listed cannot be tied with it

Places = NDArray[np.integer]


def first_items(fit: Factorization, weights: Array, ids: Places, later: NDArray[np.integer], n: int) -> Places:
    """(up to n,) the columns of a list made with `weights` (rank,), best first.

    Args:
        ids: columns that may be listed.
        later: (n_items,) items of a higher number come after all of a lower one, whatever their scores.
    """
    if len(ids) == 0:
        return ids
    scores = np.einsum("f,fi->i", weights, fit.H)[ids]
    short = ids[_shortlist(scores, later[ids], n)]
    exact = added_up(weights[:, None] * fit.H[:, np.append(short, ids[np.argmax(scores)])])
    exact, largest = exact[:-1], float(exact[-1])
    even = evened(exact, largest)
    return short[np.lexsort((fit.item_places[short], -even, later[short]))][:n]


def _shortlist(scores: Array, later: NDArray[np.integer], n: int) -> Places:
    """Where whatever can be among the first n stands, last digits and ties aside."""
    largest, found = float(scores.max()), []
    for group in range(int(later.min()), int(later.max()) + 1):
        places = np.flatnonzero(later == group)
        if len(places) > n:
            own = scores[places]
            places = places[own >= np.partition(own, -n)[-n] - MARGIN * largest]
        found.append(places)
        n -= len(places)
        if n <= 0:
            break
    return np.concatenate(found)


def added_up(parts: Array) -> Array:
    """The sums over the first axis of parts (rank, …), to the last bit or nearly: what each addition drops is carried along.

    So a sum hangs neither on the shape of `parts` nor, but for a last bit, on the order of features (Knuth's two-sum).
    """
    total: Array = np.zeros(parts.shape[1:])
    dropped = np.zeros_like(total)
    for part in parts:
        more = total + part
        taken = more - total
        dropped += (total - (more - taken)) + (part - taken)
        total = more
    return total + dropped


def evened(scores: Array, largest: float | Array) -> Array:
    """Scores over the largest one, to nine digits: what differs by less is a tie, which last digits must not settle."""
    return np.round(np.divide(scores, largest, out=np.zeros_like(scores), where=np.greater(largest, 0)), DIGITS)
