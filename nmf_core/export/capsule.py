"""A capsule keeps ratings, fit and labels in one zip file, to be opened again with the same bits. No pickle in it.

Members: manifest.json, users.json, items.json, the observed cells as the three arrays of a CSR matrix, item_info.json, W, H
removes and size, the start if it was given as arrays, history.csv, labels.json. Arrays are .npy: that keeps every bit and leaves
hostile bytes no parser to attack. A capsule may come from anyone, so opening one trusts nothing in it.
"""

from __future__ import annotations

import io
import json
from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from nmf_core.data.assemble import LARGEST_RATING, Scale
from nmf_core.data.ratings import Ratings
from nmf_core.errors import NmfError, shown
from nmf_core.export.capsule_zip import FORMAT, VERSION, Members, pack, refusal, unpack
from nmf_core.export.recipe import asked_to_json, check_same, checked_labels, penalty_numbers, versions
from nmf_core.export.steer_json import steer_from_json, steer_to_json
from nmf_core.fit.factorization import STOP_REASONS, Factorization
from nmf_core.fit.problem import Blanks, Penalty
from nmf_core.fit.settings import MAX_SWEEPS, Settings
from nmf_core.formats.json_fields import ids_of, info_columns, info_of, is_finite_number, notes_of, scale_of
from nmf_core.interpret.features import Labels

INFO_COLUMNS, NOTES = 1_000, 1_000
HISTORY = ["sweep", "objective", "kkt", "seconds"]


def capsule(ratings: Ratings, fit: Factorization, labels: Labels = None) -> bytes:
    """Ratings, fit and labels as a zip file that `open_capsule` opens; the same input gives the same bytes.

    Item metadata keep their text and number columns; of any other column the text is kept.

    Raises:
        NmfError: ratings that are not the fit's, a label of no feature, more than 1 GiB or 1,000 columns of item metadata, or
            text so much alike that whoever opens the capsule would refuse it.

    >>> from nmf_core import datasets, factorize
    >>> ratings = datasets.notebook()
    >>> capsule(ratings, factorize(ratings, rank=2))[:2]
    b'PK'
    """
    check_same(ratings, fit)
    if ratings.item_info is not None and (n := ratings.item_info.shape[1]) > INFO_COLUMNS:
        raise NmfError(
            f"The item metadata have {n:,} columns; a capsule has at most {INFO_COLUMNS:,}. Leave out those that nobody needs."
        )
    named = None if labels is None else {str(f): name for f, name in checked_labels(labels, fit.rank).items()}
    members = {
        "manifest.json": _json(_manifest(ratings, fit)),
        "users.json": _json(ratings.users.tolist()),
        "items.json": _json(ratings.items.tolist()),
        "V_indptr.npy": _npy(ratings.V.indptr, "<i8"),
        "V_indices.npy": _npy(ratings.V.indices, "<i8"),
        "V_data.npy": _npy(ratings.V.data, "<f4"),
        "item_info.json": _json(info_columns(ratings.item_info)),
        "W.npy": _npy(fit.W, "<f8"),
        "H.npy": _npy(fit.H, "<f8"),
        "removes.npy": _npy(fit.misfit_removed, "<f8"),
        "size.npy": _npy(fit.column_scale, "<f8"),
        "history.csv": fit.history[HISTORY].to_csv(index=False, na_rep="nan", lineterminator="\n").encode(),
        "labels.json": _json(named),
    }
    if not isinstance(fit.settings.init, str):
        members |= {f"init_{name}.npy": _npy(x, "<f8") for name, x in zip("WH", fit.settings.init, strict=True)}
    return pack(members)


def open_capsule(data: bytes) -> tuple[Ratings, Factorization, dict[int, str] | None]:
    """Ratings, fit and labels from the bytes of a capsule, as they were, bit by bit.

    Raises:
        NmfError: no capsule, one of another version, or one that is damaged, too large or does not fit together; it names
            the member.

    >>> from nmf_core import datasets, factorize
    >>> ratings = datasets.notebook()
    >>> again, fit, labels = open_capsule(capsule(ratings, factorize(ratings, rank=2), {0: "Action"}))
    >>> again.fingerprint == ratings.fingerprint == fit.fingerprint, labels
    (True, {0: 'Action'})
    """
    members = unpack(data)
    manifest = members.manifest()
    ratings = _ratings_in(members, manifest)
    fit = _fit_in(members, manifest, ratings)
    return ratings, fit, _labels_in(members, fit.rank)


def _manifest(ratings: Ratings, fit: Factorization) -> dict[str, Any]:
    """All that is neither array nor table."""
    asked = fit.settings
    return {
        "format": FORMAT,
        "version": VERSION,
        "fingerprint": fit.fingerprint,
        "scale": [float(end) for end in ratings.scale],
        "ratings_notes": list(ratings.notes),
        "settings": {
            **{field.name: getattr(asked, field.name) for field in fields(asked)},
            **asked_to_json(asked),
            "init": asked.init if isinstance(asked.init, str) else None,
            "steer": steer_to_json(asked.steer),
        },
        "blanks": [float(fit.blanks.weight), float(fit.blanks.value)],
        "penalty": penalty_numbers(fit.penalty),
        "stopped": fit.stopped,
        "rmse": float(fit.rmse),
        "notes": list(fit.notes),
        "versions": versions(),
    }


def _json(value: object) -> bytes:
    """JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1).encode()


def _npy(array: object, kind: str) -> bytes:
    """An array as .npy."""
    out = io.BytesIO()
    np.save(out, np.ascontiguousarray(array, dtype=kind), allow_pickle=False)
    return out.getvalue()


def _ratings_in(members: Members, manifest: dict[str, Any]) -> Ratings:
    """The ratings, checked to be such and to have the fingerprint that the manifest gives."""
    users, items = _ids(members, "users.json"), _ids(members, "items.json")
    indptr = members.array("V_indptr.npy", "<i8", (len(users) + 1,))
    if indptr[0] != 0 or (np.diff(indptr) < 0).any() or indptr[-1] < 1:
        raise refusal("V_indptr.npy", "does not count up from 0", "It says where each user's ratings begin")
    n = int(indptr[-1])
    indices, data = members.array("V_indices.npy", "<i8", (n,)), members.array("V_data.npy", "<f4", (n,))
    rises = np.diff(indices, prepend=-1) > 0
    rises[indptr[:-1][np.diff(indptr) > 0]] = True
    if not rises.all() or indices.min() < 0 or indices.max() >= len(items):
        raise refusal("V_indices.npy", "has items that are not there or out of order", "Each user's items rise")
    if not (np.isfinite(data).all() and data.min() >= 0 and data.max() <= LARGEST_RATING):
        raise refusal("V_data.npy", "has a rating that is none", f"Ratings are numbers from 0 to {LARGEST_RATING:g}")
    V = sparse.csr_array((data, indices, indptr), shape=(len(users), len(items)))
    V.has_sorted_indices = True
    scale, notes = _scale(manifest), _notes(manifest, "ratings_notes")
    ratings = Ratings(V, users, items, scale, _info_in(members, items), notes)
    if ratings.fingerprint != manifest.get("fingerprint"):
        raise refusal(
            "manifest.json",
            f"gives the fingerprint {shown(manifest.get('fingerprint'))}",
            f"These ratings have {ratings.fingerprint!r}",
        )
    return ratings


def _ids(members: Members, name: str) -> pd.Index:
    """Ids as an index: text, not blank, each once."""
    ids = members.json(name)
    try:
        return ids_of(ids)
    except ValueError as e:
        allowed = "Ids differ, and are text of at least one character, none of them control characters"
        raise refusal(name, str(e), allowed) from e


def _info_in(members: Members, items: pd.Index) -> pd.DataFrame | None:
    """Item metadata."""
    columns = members.json("item_info.json")
    if isinstance(columns, list) and len(columns) > INFO_COLUMNS:
        raise refusal("item_info.json", f"has {len(columns):,} columns", f"A capsule has at most {INFO_COLUMNS:,}")
    try:
        return info_of(columns, items)
    except ValueError as e:
        raise refusal("item_info.json", str(e), "A column has name, kind and a value an item") from e


def _scale(manifest: dict[str, Any]) -> Scale:
    """The rating scale."""
    try:
        return scale_of(manifest.get("scale"))
    except ValueError as e:
        raise refusal("manifest.json", str(e), "A scale is two numbers, low and high") from e


def _notes(manifest: dict[str, Any], key: str) -> tuple[str, ...]:
    """A list of sentences."""
    said = manifest.get(key)
    if isinstance(said, list) and len(said) > NOTES:
        raise refusal("manifest.json", f"has {len(said):,} notes under {key}", f"A capsule has at most {NOTES:,}")
    try:
        return notes_of(said)
    except ValueError as e:
        raise refusal("manifest.json", f"under {key} {e}", "Notes are a list of sentences") from e


def _fit_in(members: Members, manifest: dict[str, Any], ratings: Ratings) -> Factorization:
    """The fit, checked against the ratings."""
    settings, blanks, penalty = _settings_in(members, manifest, ratings)
    rank, stopped, rmse = settings.rank, manifest.get("stopped"), manifest.get("rmse")
    if stopped not in list(STOP_REASONS):
        raise refusal(
            "manifest.json", f"says that the fit stopped by {shown(stopped)}", f"It is one of {', '.join(STOP_REASONS)}"
        )
    if not is_finite_number(rmse) or rmse < 0:
        raise refusal("manifest.json", f"has the rmse {shown(rmse)}", "It is a number from 0 up")
    misfit_removed = members.array("removes.npy", "<f8", (rank,))
    if not np.isfinite(misfit_removed).all():
        raise refusal("removes.npy", "has infinite numbers, or some that are none", "They are finite")
    size = members.weights("size.npy", (rank,))
    if not (size > 0).all():
        raise refusal("size.npy", "has a size of 0", "Sizes are above 0")
    return Factorization(
        W=members.weights("W.npy", (ratings.n_users, rank)),
        H=members.weights("H.npy", (rank, ratings.n_items)),
        users=ratings.users,
        items=ratings.items,
        scale=ratings.scale,
        settings=settings,
        blanks=blanks,
        penalty=penalty,
        history=_history_in(members),
        stopped=str(stopped),
        misfit_removed=misfit_removed,
        column_scale=size,
        rmse=float(rmse),
        fingerprint=ratings.fingerprint,
        notes=_notes(manifest, "notes"),
    )


def _settings_in(members: Members, manifest: dict[str, Any], ratings: Ratings) -> tuple[Settings, Blanks, Penalty]:
    """The settings as asked, and blanks and penalty as resolved; `Settings` itself refuses what is out of range."""
    try:
        asked = dict(manifest["settings"])
        if isinstance(asked["penalty"], dict):
            asked["penalty"] = Penalty(**asked["penalty"])
        given = asked["init"] is None
        if not (given or isinstance(asked["init"], str)):
            raise TypeError(f"init is {shown(asked['init'])}")
        asked["init"] = "auto" if given else asked["init"]
        asked["steer"] = steer_from_json(asked.get("steer"), ratings.n_items)
        settings = Settings(**asked)
        blanks = Settings(blanks=tuple(manifest["blanks"])).blanks
        penalty = Penalty(**manifest["penalty"])
    except (NmfError, KeyError, TypeError, ValueError) as e:
        raise refusal(
            "manifest.json", f"has settings that are none ({shown(str(e), 200)})", "They are the settings of a fit"
        ) from e
    if given:
        shapes = {"W": (ratings.n_users, settings.rank), "H": (settings.rank, ratings.n_items)}
        asked["init"] = tuple(members.weights(f"init_{side}.npy", shape) for side, shape in shapes.items())
        settings = Settings(**asked)
    assert isinstance(blanks, Blanks)
    return settings, blanks, penalty


def _history_in(members: Members) -> pd.DataFrame:
    """The history, at least the start."""
    head, _, text = members.raw("history.csv").partition(b"\n")
    allowed = f"It has the columns {', '.join(HISTORY)}, and numbers in them"
    if head != ",".join(HISTORY).encode() or not text.strip():
        raise refusal("history.csv", f"begins with {shown(head[:40])}, or has no sweep", allowed)
    if text.count(b"\n") > MAX_SWEEPS + 1:  # the start, and one row a sweep
        raise refusal(
            "history.csv", f"has {text.count(bytes([10])):,} rows", f"A fit has at most {MAX_SWEEPS:,} sweeps"
        )
    try:
        numbers = np.loadtxt(io.BytesIO(text), delimiter=",", comments=None, ndmin=2)
        if numbers.shape[1] != len(HISTORY) or not np.isfinite(numbers[:, :2]).all():
            raise ValueError(f"{numbers.shape[1]} columns, or a sweep or objective that is no number")
    except ValueError as e:
        raise refusal("history.csv", f"is no table that can be read ({shown(str(e))})", allowed) from e
    return pd.DataFrame(numbers, columns=HISTORY).astype({"sweep": "int64"})


def _labels_in(members: Members, rank: int) -> dict[int, str] | None:
    """Labels by feature."""
    labels = members.json("labels.json")
    if labels is None:
        return None
    try:
        return checked_labels({int(feature): name for feature, name in labels.items()}, rank)
    except (NmfError, AttributeError, ValueError) as e:
        raise refusal(
            "labels.json", f"has a label of no feature ({shown(str(e))})", "It names features by number"
        ) from e
