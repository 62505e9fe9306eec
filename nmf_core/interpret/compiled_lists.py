"""The few items that each of many people's lists can hold, compiled. Arrays only.

Weights are not negative, so a person's weights times the largest weights in a tile of items bound every score in it: most tiles
are passed over by that alone, once the items with most weight have been seen.
"""

from __future__ import annotations

import numpy as np

from nmf_core.fit.compiled_kernels import compiled
from nmf_core.fit.llvm import take_block

TILE = 64  # items that are bounded together
ROOM = 64  # of items beyond a list, that may be tied with its last


@compiled
def shortlists(W, H, tops, indptr, cells, n_first, n, margin, blocks, found, counts, largest, counter, unused):
    """By row of the blocks that this thread takes: the items that may be listed, how many, and the item that scores highest.

    Args:
        H: (rank, n_items), those that come first before all others, and of these those with most weight.
        tops: (rank, n_tiles) the largest weight of each feature in each tile.
        indptr, cells: what each row has rated, as columns of H; −1 where H does not have it.
        n_first: how many items come first.
        margin: of the largest score there can be, by which an item may be below the last one listed and yet be tied with it.
        counts: −1 where there are too few or too many items: such rows must be looked at whole.
    """
    rank, n_items = H.shape
    rated = np.full(n_items, -1, np.int64)
    scores, best, kept = np.empty(TILE), np.empty(n), np.empty(found.shape[1])
    block = take_block(counter)
    while block < len(blocks) - 1:
        for i in range(blocks[block], blocks[block + 1]):
            w = W[i]
            for p in range(indptr[i], indptr[i + 1]):
                if cells[p] >= 0:
                    rated[cells[p]] = i
            most = 0.0
            for t in range(tops.shape[1]):
                most = max(most, _bound(w, tops, t))
            slack = margin * most
            best[:] = -1.0
            top, counts[i], largest[i] = -1.0, 0, -1
            for t in range(tops.shape[1]):
                start, stop = t * TILE, min(n_items, (t + 1) * TILE)
                bound, lowest = _bound(w, tops, t) + slack, best[n - 1] - slack
                if bound < top and (start >= n_first or bound < lowest):
                    continue
                _score(w, H, start, stop, scores)
                for j in range(start, stop):
                    score = scores[j - start]
                    if (score <= top and (j >= n_first or score < best[n - 1] - slack)) or rated[j] == i:
                        continue
                    if score > top:
                        top, largest[i] = score, j
                    if j < n_first and score >= best[n - 1] - slack and counts[i] >= 0:
                        _insert(best, score)
                        if counts[i] == found.shape[1]:
                            counts[i] = _still_there(found[i], kept, counts[i], best[n - 1] - slack)
                        if counts[i] == found.shape[1]:
                            counts[i] = -1
                        else:
                            found[i, counts[i]], kept[counts[i]] = j, score
                            counts[i] += 1
            if best[n - 1] < 0.0:
                counts[i] = -1
            if counts[i] > 0:
                counts[i] = _still_there(found[i], kept, counts[i], best[n - 1] - slack)
        block = take_block(counter)


@compiled
def _bound(w, tops, t):
    """What no score in a tile is above."""
    total = 0.0
    for f in range(len(w)):
        total += w[f] * tops[f, t]
    return total


@compiled
def _score(w, H, start, stop, scores):
    """The scores of a tile, four features at a time."""
    rank, n = len(w), stop - start
    fours = rank - rank % 4
    scores[:] = 0.0
    for f in range(0, fours, 4):
        w_0, w_1, w_2, w_3 = w[f], w[f + 1], w[f + 2], w[f + 3]
        h_0, h_1, h_2, h_3 = H[f, start:stop], H[f + 1, start:stop], H[f + 2, start:stop], H[f + 3, start:stop]
        for j in range(n):
            scores[j] += w_0 * h_0[j] + w_1 * h_1[j] + w_2 * h_2[j] + w_3 * h_3[j]
    for f in range(fours, rank):
        h = H[f, start:stop]
        for j in range(n):
            scores[j] += w[f] * h[j]


@compiled
def _insert(best, score):
    """A score in its place among the best, largest first; the last of them falls out."""
    k = len(best) - 1
    if score <= best[k]:
        return
    while k > 0 and best[k - 1] < score:
        best[k] = best[k - 1]
        k -= 1
    best[k] = score


@compiled
def _still_there(items, kept, count, lowest):
    """Leave out the items that have fallen too far below; how many are left."""
    left = 0
    for k in range(count):
        if kept[k] >= lowest:
            items[left], kept[left] = items[k], kept[k]
            left += 1
    return left
