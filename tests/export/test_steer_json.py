"""Wishes as JSON: every bit comes back, and what is no wish is refused in words."""

from __future__ import annotations

import json

import numpy as np
import pytest

from nmf_core import NmfError, Steer, Wish, datasets, factorize
from nmf_core.export import capsule, notebook, open_capsule
from nmf_core.export.steer_json import steer_from_json, steer_to_json
from tests.export.test_notebook import run

ROW = np.random.default_rng(0).random(7)
STEER = Steer([None, Wish(ROW, 0.3, ("a", "é")), Wish(1 - ROW, np.r_[np.zeros(6), 0.7])])


def test_every_bit_comes_back():
    again = steer_from_json(json.loads(json.dumps(steer_to_json(STEER))), 7)
    assert again == STEER and again.wishes[0] is None
    for f, wish in STEER.by_feature.items():
        assert (again.by_feature[f].row == wish.row).all() and again.by_feature[f].items == wish.items
        assert np.all(again.by_feature[f].strength == wish.strength)
    assert steer_from_json(steer_to_json(None), 7) is None


def one(**changes):
    return [{**steer_to_json(STEER)[1], **changes}]


@pytest.mark.parametrize(
    "told",
    [
        *("text", 3, [], [None], [3], [[]], {}),
        *(
            one(row=None),
            one(row="no base64"),
            one(row="AAAA"),
            one(row=steer_to_json(Steer([Wish(ROW[:6])]))[0]["row"]),
        ),
        *(one(strength=2), one(strength=None), one(strength=float("nan")), one(items="x"), one(items=[3])),
        [{"row": "x"}],
    ],
)
def test_what_is_no_wish_is_refused(told):
    with pytest.raises(NmfError, match="no wishes for 7 items"):
        steer_from_json(told, 7)


def test_what_unpacks_to_far_more_than_it_should_is_not_unpacked():
    bomb = steer_to_json(Steer([Wish(np.r_[1.0, np.zeros(10_000_000)])]))
    assert len(json.dumps(bomb)) < 200_000
    with pytest.raises(NmfError, match="no wishes for 7 items"):
        steer_from_json(bomb, 7)


@pytest.mark.parametrize("strength", [1.0, 0.4, np.array([0.0, 0.0, 0.9, 0.0])])
def test_a_steered_fit_leaves_with_its_wishes(strength):
    ratings = datasets.notebook()
    row = factorize(ratings, rank=2).H[1]
    fit = factorize(ratings, rank=2, steer=Steer([Wish(row, strength, ("Movie1",))]))
    _, again, _ = open_capsule(capsule(ratings, fit))
    assert again.settings.steer == fit.settings.steer and (again.H == fit.H).all()
    refit = factorize(ratings, rank=2, steer=again.settings.steer)
    assert (refit.H == fit.H).all()
    ran = run(notebook(ratings, fit))
    assert (ran["fit"].H == fit.canonical().H).all()
