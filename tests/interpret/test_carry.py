"""What becomes of names in another fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nmf_core import NmfError, Ratings, carry_labels, datasets, factorize, match_features
from nmf_core.study.chance import shuffled_within_items

NAMES = {0: "zero", 1: "one", 2: "two", 3: "three"}


@pytest.fixture(scope="module")
def old():
    return factorize(datasets.movie_night(), rank=4).canonical()


def made(fit, H: np.ndarray):
    """A fit with other features."""
    return replace(
        fit,
        W=np.ones((len(fit.users), len(H))),
        H=H,
        settings=replace(fit.settings, rank=len(H)),
        misfit_removed=np.ones(len(H)),
        column_scale=np.ones(len(H)),
    )


def statuses(labels, old, new) -> dict[str, tuple[float, str]]:
    carried = carry_labels(labels, old, new)
    return {
        label: (g, status) for label, g, status in zip(carried["label"], carried["new"], carried["status"], strict=True)
    }


def test_names_stay_with_features_that_are_moved_and_scaled(old):
    new = made(old, old.H[[2, 0, 3, 1]] * np.array([[3.0], [1], [0.1], [7]]))
    assert statuses(NAMES, old, new) == {
        "zero": (1, "kept"),
        "one": (3, "kept"),
        "two": (0, "kept"),
        "three": (2, "kept"),
    }


def test_a_feature_that_is_gone_is_lost_and_the_others_keep_theirs(old):
    told = statuses(NAMES, old, made(old, old.H[[0, 1, 2]]))
    assert [told[name] for name in ("zero", "one", "two")] == [(0, "kept"), (1, "kept"), (2, "kept")]
    assert np.isnan(told["three"][0]) and told["three"][1] == "lost"


def test_a_feature_in_two_pieces_is_kept_by_the_larger_or_split(old):
    rng = np.random.default_rng(0)
    part = rng.random(old.H.shape[1]) < 0.5
    halves = np.stack([old.H[0] * part, old.H[0] * ~part])
    told = statuses(NAMES, old, made(old, np.vstack([halves, old.H[1:]])))
    assert told["zero"][0] in (0, 1) and told["zero"][1] in ("kept", "split")
    assert {told[name][1] for name in ("one", "two", "three")} == {"kept"}


def test_two_features_in_one_are_merged_or_one_is_kept_and_no_name_is_there_twice(old):
    told = statuses(NAMES, old, made(old, np.stack([old.H[0] + old.H[1], old.H[2], old.H[3]])))
    assert (told["two"], told["three"]) == ((1, "kept"), (2, "kept"))
    of_both = [told["zero"], told["one"]]
    assert {g for g, _ in of_both} == {0} and sum(status == "kept" for _, status in of_both) <= 1


@pytest.mark.parametrize("blanks", ["unknown", "weak"])
def test_no_name_attaches_to_features_of_shuffled_ratings(blanks):
    ratings = datasets.planted(300, 150, 5, 0.2, 0.3, 1)
    old, new, other = (
        factorize(r, rank=5, blanks=blanks, penalty=0.1).canonical()
        for r in (ratings, ratings, shuffled_within_items(ratings, 0))
    )
    every = {f: str(f) for f in range(5)}
    assert (carry_labels(every, old, new)["status"] == "kept").all()
    if blanks == "unknown":  # where blanks count, who rated what is most of a feature, and that is not shuffled
        assert not (carry_labels(every, old, other)["status"] == "kept").any()


def test_real_names_stay_through_another_rank_where_plain_cosines_lost_them(latest_small: Ratings):
    for blanks, least in (("weak", 5), ("unknown", 4)):
        old, new = (factorize(latest_small, rank=rank, blanks=blanks, penalty=0.08).canonical() for rank in (5, 6))
        carried = carry_labels({f: str(f) for f in range(5)}, old, new)
        assert (carried["status"] == "kept").sum() >= least, carried
        assert carried.loc[carried["status"] == "kept", "new"].is_unique
        assert (match_features(old, new)["chance"] < 0.15).all()


def test_labels_of_features_that_are_not_there_are_refused(old):
    with pytest.raises(NmfError, match="label for feature 4; the old fit has features 0 to 3"):
        carry_labels({4: "x"}, old, old)


def test_nothing_to_carry_gives_an_empty_table(old):
    assert list(carry_labels({}, old, old).columns) == ["feature", "label", "new", "similarity", "status"]
