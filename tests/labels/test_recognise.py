import numpy as np
import pandas as pd
import pytest

from nmf_core.errors import NmfError
from nmf_core.labels import Label, matched_labels, shapes_of
from nmf_core.store.labels import LabelStore

ITEMS = pd.Index([f"item {k}" for k in range(50)], dtype="str")


@pytest.fixture
def H():
    return np.random.default_rng(0).gamma(0.2, size=(4, 50))


@pytest.fixture
def saved(H):
    with LabelStore("sqlite://") as store:
        project = store.project_for("ann", "data")
        for f, shape in enumerate(shapes_of(ITEMS, H)):
            store.save(project, Label(f"name {f}"), shape)
        yield store.labels(project)


def test_names_follow_their_features_through_a_refit(H, saved):
    rng = np.random.default_rng(1)
    order, columns = [2, 0, 3, 1], rng.permutation(50)
    refit = H[order] * rng.uniform(0.5, 20, (4, 1)) + rng.uniform(0, 0.01, (4, 50))
    names = matched_labels(saved, ITEMS[columns], refit[:, columns])
    assert names.texts == {f: f"name {order[f]}" for f in range(4)}
    assert names.unrecognised == ()
    assert all(0.8 <= one.similarity <= 1 for one in names.by_feature.values())


def test_a_label_without_its_feature_is_shown_apart_and_not_lost(H, saved):
    names = matched_labels(saved, ITEMS, H[[3, 0]])
    assert names.texts == {0: "name 3", 1: "name 0"}
    assert [s.label.text for s in names.unrecognised] == ["name 1", "name 2"]
    assert matched_labels(saved, ITEMS, H).unrecognised == ()


def test_a_new_feature_has_no_name(H, saved):
    new = np.random.default_rng(9).gamma(0.2, size=(1, 50))
    names = matched_labels(saved, ITEMS, np.vstack([new, H]))
    assert names.texts == {f + 1: f"name {f}" for f in range(4)}


def test_other_items_and_no_labels_give_no_names(H, saved):
    assert matched_labels(saved, [f"other {k}" for k in range(50)], H).by_feature == {}
    assert matched_labels([], ITEMS, H).texts == {}


def test_items_of_another_fit_are_refused(H, saved):
    with pytest.raises(NmfError, match="50,.* for 49 items"):
        matched_labels(saved, ITEMS[:49], H)
