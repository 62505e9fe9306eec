import numpy as np
import pandas as pd
import pytest

from nmf_core.errors import NmfError
from nmf_core.labels import KINDS, Label, suggest_all_names, suggest_names
from nmf_core.labels.suggest import STANDARD_ERRORS

ITEMS = [f"film {k}" for k in range(40)]


def weights(*features):
    """H of rank 2: the first feature rests on these items, the second on the rest."""
    chosen = np.isin(np.arange(40), features)
    return np.vstack([np.where(chosen, np.linspace(1, 0.5, 40), 0.05), np.where(chosen, 0.05, 1.0)])


def frame(**columns):
    return pd.DataFrame(columns, index=ITEMS)


def test_a_genre_that_the_feature_leans_to_is_suggested_with_its_evidence():
    genres = ["Action|Sci-Fi"] * 7 + ["Drama"] * 3 + ["Action"] * 2 + ["Drama|Romance"] * 28
    (first, *_) = suggest_names(weights(*range(10)), 0, ITEMS, frame(genres=genres))
    assert (first.text, first.kind) == ("Sci-Fi", "genre")
    texts = {s.text: s.evidence for s in suggest_names(weights(*range(10)), 0, ITEMS, frame(genres=genres))}
    assert texts["Action"] == "7 of its top 10 items are Action (of 9 in all)."


def test_the_standard_errors_are_those_of_weights_in_random_order():
    rng = np.random.default_rng(0)
    w = rng.gamma(0.3, size=30)
    w /= w.sum()
    has = np.arange(30) < 9
    shares = np.array([rng.permutation(w)[has].sum() for _ in range(20_000)])
    spread = (w @ w - 1 / 30) * 30 / 29
    # 20,000 draws give a standard deviation to about 1/√40,000 = 0.5 %; 3 % is six of these.
    assert shares.std() == pytest.approx(np.sqrt(0.3 * 0.7 * spread), rel=0.03)
    assert shares.mean() == pytest.approx(0.3, abs=0.005)


def test_chance_alone_seldom_suggests_a_genre():
    rng = np.random.default_rng(3)
    items = [str(k) for k in range(300)]
    names = np.array([f"genre {k}" for k in range(20)])
    hits = 0
    for _ in range(60):
        info = pd.DataFrame({"genres": ["|".join(names[rng.random(20) < 0.15]) for _ in items]}, index=items)
        hits += bool(suggest_names(rng.gamma(0.3, size=(3, 300)), 0, items, info))
    assert hits <= 60 * 0.35  # twenty genres of which 0.6 % to 1.5 % each pass 2.5 standard errors


@pytest.mark.parametrize(
    ("column", "cells", "text", "kind"),
    [
        ("genre", ["Noir"] * 8 + ["Comedy"] * 32, "Noir", "genre"),
        ("Genres", [["Noir", "Crime"]] * 8 + [("Comedy",)] * 32, "Noir", "genre"),
        ("genres", ["Noir, Crime"] * 8 + ["Comedy"] * 32, "Noir", "genre"),
        ("keywords", ["heist; bank"] * 8 + ["love"] * 32, None, "theme"),
        ("director", ["Coen, Joel"] * 8 + [f"Other {k}" for k in range(32)], "Coen, Joel", "directorial style"),
        ("actors", ["A. Star, B. Star"] * 8 + [None] * 2 + ["C. Star"] * 30, "A. Star", "cast"),
        ("year", [1994.0] * 8 + [2015.0] * 30 + [np.nan, np.inf], "1990s", "other"),
        ("year", ["1994"] * 8 + ["2015"] * 30 + ["?", None], "1990s", "other"),
        ("runtime", [200] * 8 + list(range(60, 92)), "Long (", "length or complexity"),
    ],
)
def test_each_kind_of_metadata_is_read(column, cells, text, kind):
    found = suggest_names(weights(*range(8)), 0, ITEMS, frame(**{column: cells}))
    assert found
    assert {s.kind for s in found} == {kind}
    assert text is None or any(s.text.startswith(text) for s in found)
    assert all("of its top" in s.evidence for s in found)
    assert all(Label(s.text, kind=s.kind).text == s.text for s in found)


def test_what_sets_the_feature_apart_counts_and_not_what_all_features_like():
    H = np.full((2, 40), 0.01)
    H[:, :6] = 1.0  # popular with both
    H[0, 6:12], H[1, 12:18] = 0.8, 0.8
    genres = ["Popular"] * 6 + ["Action"] * 6 + ["Drama"] * 6 + ["Other"] * 22
    assert [s.text for s in suggest_names(H, 0, ITEMS, frame(genres=genres))] == ["Action"]
    assert [s.text for s in suggest_names(H, 1, ITEMS, frame(genres=genres))] == ["Drama"]


def test_all_features_at_once_get_what_each_gets_alone():
    info = frame(genres=["Action"] * 8 + ["Drama"] * 32, year=[1990 + k for k in range(40)])
    H = weights(*range(8))
    assert suggest_all_names(H, ITEMS, info) == [suggest_names(H, f, ITEMS, info) for f in (0, 1)]
    assert suggest_all_names(H, ITEMS, None) == [[], []]


def test_metadata_is_found_by_id_in_any_order_and_unknown_items_are_left_out():
    genres = ["Action"] * 8 + ["(no genres listed)"] * 4 + ["Drama"] * 28
    info = frame(genres=genres).iloc[::-1].drop(ITEMS[39])
    (action,) = suggest_names(weights(*range(8)), 0, ITEMS, info)
    assert action.evidence == "8 of its top 8 items of which it is known are Action (of 8 in all)."


def test_a_value_that_two_columns_give_is_suggested_once_and_at_most_n_are_given():
    info = frame(genres=["Noir|Crime"] * 8 + ["x"] * 32, tags=["noir|city"] * 8 + ["x"] * 32)
    assert len(suggest_names(weights(*range(8)), 0, ITEMS, info, n=10)) == 3
    assert len(suggest_names(weights(*range(8)), 0, ITEMS, info, n=2)) == 2
    assert suggest_names(weights(*range(8)), 0, ITEMS, info, n=0) == []


@pytest.mark.parametrize(
    "info",
    [
        None,
        pd.DataFrame(index=ITEMS),
        frame(title=["x"] * 40),
        frame(genres=[None] * 40),
        frame(genres=["Drama"] * 40),
        frame(genres=[f"own {k}" for k in range(40)]),
        frame(genres=["x" * 500] * 8 + ["y" * 500] * 32),
        frame(year=["?"] * 40, length=[90] * 40),
        pd.DataFrame({"genres": ["Action"]}, index=["elsewhere"]),
    ],
)
def test_without_evidence_nothing_is_suggested(info):
    assert suggest_names(weights(*range(8)), 0, ITEMS, info) == []


def test_a_dead_feature_and_a_constant_one_get_no_name():
    info = frame(genres=["Action"] * 20 + ["Drama"] * 20)
    assert suggest_names(np.zeros((2, 40)), 0, ITEMS, info) == []
    assert suggest_names(np.ones((1, 40)), 0, ITEMS, info) == []


def test_hostile_values_become_labels_that_can_be_saved():
    info = frame(genres=["<img src=x>\x00|=cmd\u202e"] * 8 + ["Drama"] * 32)
    found = suggest_names(weights(*range(8)), 0, ITEMS, info)
    assert {s.text for s in found} == {"<img src=x>�", "=cmd�"}
    assert all(s.kind in KINDS for s in found)


def test_an_H_or_feature_of_another_fit_is_refused():
    with pytest.raises(NmfError, match="40"):
        suggest_names(np.ones((2, 39)), 0, ITEMS, None)
    with pytest.raises(NmfError, match="0 to 1"):
        suggest_names(np.ones((2, 40)), 2, ITEMS, None)


def test_the_threshold_is_in_standard_errors():
    # Three of six with p = 1/2: (1 − 1/2) / √(1/4 (1/3 − 1/6) 6/5) = 2.24, below; four of eight: 2.65, above.
    for n, suggested in ((6, False), (8, True)):
        items = ITEMS[:n]
        info = pd.DataFrame({"genres": ["Action"] * (n // 2) + ["Drama"] * (n // 2)}, index=items)
        H = [[1.0] * (n // 2) + [0.0] * (n // 2)]
        assert bool(suggest_names(H, 0, items, info)) is suggested
    assert 2.24 < STANDARD_ERRORS < 2.65
