"""Ids from outside become text and indices: the one place where the two meet."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from nmf_core.data.escape import clean
from nmf_core.data.notes import replaced
from nmf_core.errors import RatingsError, closest, shown

_NUMBER = re.compile("[0-9]+")


def positions(index: pd.Index, ids: Iterable[object], what: str) -> NDArray[np.int64]:
    """Positions of external ids in an index; the one place where ids become indices.

    Raises:
        RatingsError: an id that is not there, with the nearest one that is.
    """
    texts = [str(x) for x in ids]
    found = found_at(index, texts)
    if (found < 0).any():
        missing = texts[int(np.argmax(found < 0))]
        raise RatingsError(
            f"There is no {what} {shown(missing)} among the {len(index)} {what}s.{closest(missing, index)} "
            f"Pick one of these ratings' {what}s."
        )
    return found


def name_order(index: pd.Index) -> NDArray[np.int64]:
    """(n,) positions of the ids of an index in the order of their names, which says nothing of the order they came in.

    As text, but numbers in it by their size: "user 2" before "user 10".

    >>> name_order(pd.Index(["u10", "u2", "ann"])).tolist()
    [2, 1, 0]
    """
    names = pa.array(index, pa.large_string())
    padded = [_NUMBER.sub(lambda digits: digits.group().zfill(20), name) for name in names.to_pylist()]
    # The names themselves last: "u2" and "u02" are equal up to there.
    table = pa.table({"padded": pa.array(padded, pa.large_string()), "name": names})
    return pc.sort_indices(table, [("padded", "ascending"), ("name", "ascending")]).to_numpy().astype(np.int64)


def places_of(order: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n,) the place of each position in an order: what breaks ties by name, given `name_order`.

    >>> places_of(np.array([2, 0, 1])).tolist()
    [1, 2, 0]
    """
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    return places


def found_at(index: pd.Index, ids: Iterable[object]) -> NDArray[np.int64]:
    """Positions of external ids in an index, −1 where it does not have one."""
    return np.asarray(index.get_indexer(pd.Index([str(x) for x in ids], dtype=index.dtype)), dtype=np.int64)


def id_texts(ids: Iterable[object], what: str, said: list[str]) -> NDArray[np.object_]:
    """Ids as clean text, each distinct one cleaned once; what had to be replaced is counted in `said`."""
    listed = list(ids)
    raw = np.empty(len(listed), dtype=object)
    raw[:] = listed
    codes, uniques = pd.factorize(raw, use_na_sentinel=False)
    texts = np.empty(len(uniques), dtype=object)
    changed = np.zeros(len(uniques), dtype=bool)
    for k, value in enumerate(uniques):
        texts[k] = _text(value, what, codes, k)
        changed[k] = isinstance(value, str) and texts[k] != value.strip()
    if changed.any():
        said.append(replaced(int(changed.sum()), what))
    return texts[codes]


def codes_of(
    ids: NDArray[np.object_], given: Iterable[object] | None, what: str, said: list[str]
) -> tuple[NDArray[np.int64], pd.Index]:
    """Codes and index of ids, in the given order or that of first appearance."""
    if given is None:
        codes, uniques = pd.factorize(ids)
        return codes.astype(np.int64), pd.Index(uniques, dtype="str")
    index = pd.Index(id_texts(given, what, said), dtype="str")
    if index.has_duplicates:
        twice = index[index.duplicated()][0]
        raise RatingsError(f"The {what} {shown(twice)} is there twice; {what} ids must differ. Rename one of the two.")
    return positions(index, ids, what), index


def _text(raw: object, what: str, codes: NDArray, k: int) -> str:
    """One id as text: trimmed, whole floats without .0, control characters and surrogates replaced."""
    if isinstance(raw, float | np.floating) and raw == raw and float(raw).is_integer():
        raw = int(raw)
    missing = raw is None or raw is pd.NA or (isinstance(raw, float) and raw != raw)
    text = "" if missing else str(raw).strip()
    if not text:
        place = int(np.argmax(codes == k)) + 1
        raise RatingsError(
            f"The {what} id number {place} is blank; every rating needs one. Fill it in or drop that row."
        )
    return clean(text)
