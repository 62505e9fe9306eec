"""Names of a blind round: what counts as one name, how far people agree, what chance gives, and which feature is disputed."""

from __future__ import annotations

import itertools
import math
import runpy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmf_core import datasets, factorize
from nmf_core.data.datasets import SAMPLES
from nmf_core.errors import NmfError
from nmf_core.labels import shape_of, shapes_of
from nmf_core.labels.rounds import Answer, agreement, folded, matched_key, named_features
from tests.labels.alpha import alpha_by_pairs


def drawn(rng, n_people, n_features, *, agreeing, answered=1.0):
    """Answers of people who give a feature its own name with some chance, else one of a few others."""
    return [
        Answer(f"p{p}", f, f"name {f if rng.random() < agreeing else rng.integers(n_features + 2)}")
        for p in range(n_people)
        for f in range(n_features)
        if rng.random() < answered
    ]


@pytest.mark.parametrize(("agreeing", "answered"), [(1.0, 1.0), (0.9, 1.0), (0.5, 0.7), (0.1, 0.9), (0.5, 0.1)])
@pytest.mark.parametrize("seed", range(5))
def test_alpha_of_a_class_is_krippendorffs_by_his_own_definition(seed, agreeing, answered):
    answers = drawn(np.random.default_rng(seed), 30, 9, agreeing=agreeing, answered=answered)
    found = agreement(answers)
    assert found.alpha == pytest.approx(alpha_by_pairs(answers), abs=1e-12)
    assert (found.n_people, found.n_features, found.why) == (
        len({a.nickname for a in answers}),
        len({a.feature for a in answers}),
        "",
    )


def test_the_worked_example_of_krippendorffs_paper():
    """Krippendorff (2011), part C: four observers, twelve units, blanks; α = 0.743 for nominal data."""
    data = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
        [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
    ]
    answers = [Answer(f"p{p}", f, f"n{v}") for p, row in enumerate(data) for f, v in enumerate(row) if v is not None]
    assert agreement(answers).alpha == pytest.approx(0.743, abs=5e-4)


def test_chance_is_what_shuffled_names_give_and_nearly_nothing():
    rng = np.random.default_rng(0)
    random = agreement(drawn(rng, 30, 9, agreeing=0.0))
    assert abs(random.chance) < 0.005 < random.chance_top < 0.05
    agreed = agreement(drawn(rng, 30, 9, agreeing=0.8))
    assert agreed.alpha > agreed.chance_top
    assert agreement(drawn(np.random.default_rng(3), 9, 5, agreeing=0.5)) == agreement(
        drawn(np.random.default_rng(3), 9, 5, agreeing=0.5)
    )


def test_what_is_drawn_by_chance_is_weighed_as_the_answers_are():
    """One person's only name has nowhere else to go: each draw is the α itself, by a formula of its own."""
    answers = [Answer(f"p{k}", k % 3, f"n{k % 2 if k < 9 else k % 3}") for k in range(12)]
    found = agreement(answers)
    assert found.chance == pytest.approx(found.alpha) and found.chance_top == pytest.approx(found.alpha)


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ([], "nobody has named"),
        ([Answer("Ann", 0, ""), Answer("Bob", 1, "")], "nobody has named"),
        ([Answer("Ann", 0, "x"), Answer("Ann", 1, "y")], "only one person"),
        ([Answer("Ann", 0, "x"), Answer("Bob", 0, "y")], "only one feature"),
        ([Answer("Ann", 0, "x"), Answer("Bob", 1, "y")], "no feature was named by two"),
        ([Answer(who, f, "x") for who in "ab" for f in (0, 1)], "every feature the same name"),
        ([*(Answer(who, 0, "x") for who in "ab"), Answer("c", 1, "y")], "every feature the same name"),
        (
            [Answer(f"p{k % 2}", k // 2, f"n{k}") for k in range(800)],
            "800 different names for 400 features are too many",
        ),
    ],
)
def test_where_there_is_no_alpha_it_says_why(answers, why):
    found = agreement(answers)
    assert math.isnan(found.alpha) and why in found.why and found.verdict.startswith("No α: ")


@pytest.mark.parametrize(
    ("agreeing", "said"),
    [(1.0, "can be relied on"), (0.85, "tentative"), (0.5, "too little"), (0.0, "no more agreement")],
)
def test_the_verdict_says_what_alpha_means_beside_chance(agreeing, said):
    found = agreement(drawn(np.random.default_rng(1), 30, 9, agreeing=agreeing))
    assert said in found.verdict and f"{found.chance_top:.2f}" in found.verdict


@pytest.mark.parametrize(
    "names",
    [
        ("Sci-Fi", "scifi", "SCI FI ", "sci_fi!", "ｓｃｉｆｉ"),
        ("Amélie", "amelie", "AME\u0301LIE"),
        ("straße", "STRASSE"),
        ("Ёлки", "елки"),
        ("!!", " !! "),
        ("İstanbul", "istanbul"),
    ],
)
def test_names_that_are_one(names):
    assert len({folded(name) for name in names}) == 1


@pytest.mark.parametrize(
    "names",
    [("か", "が"), ("कि", "का", "क"), ("!!", "??"), ("🎬", "🎥"), ("1990s", "1980s"), ("", "x"), ("葛城", "葛飾")],
)
def test_names_that_are_not(names):
    assert len({folded(name) for name in names}) == len(names)


@given(st.text(max_size=30))
def test_a_folded_name_is_folded_and_whoever_writes_it_larger_means_the_same(name):
    assert folded(folded(name)) == folded(name)
    assert bool(folded(name)) == bool(name.strip())


def test_the_most_disputed_comes_first_with_its_names_as_most_wrote_them():
    given = {0: ["War", "war", "WAR!", "war"], 1: ["a", "b", "c", "d"], 2: ["x", "x", "y"], 3: ["only"], 4: []}
    answers = [Answer(f"p{p}", f, text) for f, texts in given.items() for p, text in enumerate(texts)]
    found = named_features(answers, list(given))
    assert [named.feature for named in found] == [1, 2, 0, 3, 4]
    by_feature = {named.feature: named for named in found}
    assert [(g.text, g.count) for g in by_feature[0].groups] == [("war", 4)]
    assert by_feature[0].disagreement == by_feature[0].entropy == 0
    assert by_feature[1].disagreement == 1 and by_feature[1].entropy == 2
    assert by_feature[2].disagreement == pytest.approx(2 / 3) and by_feature[2].count == 3
    assert math.isnan(by_feature[3].disagreement) and by_feature[4].groups == ()


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["a", "A", "b", "c!", "c"])), max_size=40))
def test_disagreement_is_counted_over_pairs(given):
    answers = list({p: Answer(f"p{p}", 0, text) for p, text in given}.values())
    (named,) = named_features(answers, [0])
    pairs = list(itertools.combinations([folded(a.text) for a in answers], 2))
    expected = np.mean([a != b for a, b in pairs]) if pairs else math.nan
    assert named.disagreement == pytest.approx(expected, nan_ok=True)


def test_an_answer_is_cleaned_and_one_that_cannot_be_is_refused():
    assert Answer("Ann", 0, " a\tb ").text == "a b" and Answer("Ann", 0, " ").text == ""
    for text in ("x" * 81, "\u200b", None):
        with pytest.raises(NmfError):
            Answer("Ann", 0, text)


@pytest.mark.parametrize("sample", [key for key, sample in SAMPLES.items() if sample.answer_key])
def test_the_answer_key_of_a_sample_is_found_in_its_fit(sample):
    key = SAMPLES[sample].answer_key()
    fit = factorize(SAMPLES[sample].make(), rank=len(key)).canonical()
    found = matched_key(dict(enumerate(shapes_of(fit.items, fit.H))), key)
    assert sorted(name for name, _ in found.values()) == sorted(key.index)
    assert min(cosine for _, cosine in found.values()) > 0.7
    for name, items in {"family": "Finding Nemo", "story": "Goodfellas"}.items():
        if name in key.index:  # the planted taste is the one whose films are there
            f = next(f for f, (planted, _) in found.items() if planted == name)
            assert fit.H[f, fit.items.get_loc(items)] == fit.H[:, fit.items.get_loc(items)].max()


def test_a_key_of_other_ratings_is_refused():
    with pytest.raises(NmfError, match="Nobody knows this"):
        matched_key({0: shape_of(["Nobody knows this"], [1.0])}, SAMPLES["planted"].answer_key())


def test_the_tastes_of_the_movie_night_are_those_it_was_made_with():
    assert runpy.run_path(str(datasets.DATA / "make_movie_night.py"))["TASTES"] == datasets.TASTES
