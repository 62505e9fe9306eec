import numpy as np
import pandas as pd
import pytest

from nmf_core import factorize
from nmf_core.errors import NmfError
from nmf_core.labels import Label, matched_labels, outdated, shape_of, shapes_of
from nmf_core.store.labels import LabelStore
from nmf_core.study.chance import rewired, shuffled_within_items

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
    assert sorted(s.label.text for s in names.unrecognised) == ["name 1", "name 2"]
    assert all(one.status != "kept" for one in names.others)
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


def stored_in(store: LabelStore, shapes) -> tuple[str, list]:
    project = store.project_for("ann", "data")
    for f, shape in enumerate(shapes):
        store.save(project, Label(f"name {f}"), shape)
    return project, store.labels(project)


def test_labels_of_an_earlier_version_are_recognised_and_then_kept_as_labels_are_now(H):
    with LabelStore("sqlite://") as store:
        project, saved = stored_in(store, [shape_of(ITEMS, row) for row in H])
        assert not any(s.shape.apart for s in saved)
        names = matched_labels(saved, ITEMS, H[[1, 0, 2, 3]])
        assert names.texts == {0: "name 1", 1: "name 0", 2: "name 2", 3: "name 3"}
        newer = outdated(names, ITEMS, H[[1, 0, 2, 3]])
        store.renew_shapes(project, newer)
        now = store.labels(project)
    assert [s.shape for s in now] == shapes_of(ITEMS, H)
    assert [(s.version, s.updated, s.label) for s in now] == [(s.version, s.updated, s.label) for s in saved]
    assert outdated(matched_labels(now, ITEMS, H), ITEMS, H) == {}


def test_a_label_that_was_changed_meanwhile_keeps_what_it_hangs_on(H):
    with LabelStore("sqlite://") as store:
        project, (saved,) = stored_in(store, [shape_of(ITEMS, H[0])])
        store.save(project, Label("other"), shapes_of(ITEMS, H)[3], label_id=saved.id, version=saved.version)
        store.renew_shapes(project, {saved.id: (saved.version, shapes_of(ITEMS, H)[0])})
        assert store.labels(project)[0].shape == shapes_of(ITEMS, H)[3]


def test_what_everybody_rates_is_not_what_a_feature_is_known_by():
    """Features that are mostly what is popular are told apart by the rest, which a plain cosine cannot."""
    rng = np.random.default_rng(0)
    popular, items = rng.gamma(0.5, size=400) * 5, [f"item {k}" for k in range(400)]
    tastes = rng.gamma(0.3, size=(3, 400))
    H, others = popular + tastes, popular + rng.gamma(0.3, size=(3, 400))
    assert min(np.corrcoef(H[0], row)[0, 1] for row in others) > 0.8
    with LabelStore("sqlite://") as store:
        _, saved = stored_in(store, shapes_of(items, H))
    assert matched_labels(saved, items, H[[2, 0, 1]]).texts == {0: "name 2", 1: "name 0", 2: "name 1"}
    assert matched_labels(saved, items, others).by_feature == {}
    assert {one.status for one in matched_labels(saved, items, others).others} == {"lost"}


def test_a_fit_without_half_of_the_items_still_carries_the_names():
    rng = np.random.default_rng(1)
    H, items = rng.gamma(0.2, size=(4, 1500)), pd.Index([f"item {k}" for k in range(1500)])
    with LabelStore("sqlite://") as store:
        _, saved = stored_in(store, shapes_of(items, H))
    names = matched_labels(saved, items[::2], H[:, ::2])
    assert names.texts == {f: f"name {f}" for f in range(4)}
    assert all(one.similarity > 0.8 for one in names.by_feature.values())


def test_a_single_feature_is_known_by_its_weights(H):
    with LabelStore("sqlite://") as store:
        _, saved = stored_in(store, shapes_of(ITEMS, H[:1]))
    assert saved[0].shape.apart == ()
    assert matched_labels(saved, ITEMS, H[:1]).texts == {0: "name 0"}
    assert matched_labels(saved, ITEMS, H[1:2]).texts == {}


def test_names_of_real_features_stay_where_plain_cosines_lost_them(latest_small):
    for blanks, least in (("weak", 5), ("unknown", 4)):
        old, new = (factorize(latest_small, rank=rank, blanks=blanks, penalty=0.08).canonical() for rank in (5, 6))
        counted = blanks == "weak"
        with LabelStore("sqlite://") as store:
            _, saved = stored_in(store, shapes_of(old.items, old.H, counted=counted))
        assert len(matched_labels(saved, new.items, new.H, counted=counted).by_feature) >= least
        without = (rewired if counted else shuffled_within_items)(latest_small, 0)
        drawn = factorize(without, rank=5, blanks=blanks, penalty=0.08)
        assert not matched_labels(saved, drawn.items, drawn.H, counted=counted).by_feature
