"""An item by itself, and finding one by its title."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nmf_core import NmfError, Ratings, datasets, factorize, recommend
from nmf_core.interpret.items import alike_items, item_parts, item_shares, would_like
from nmf_core.interpret.titles import find_items, option, spoken

RATINGS = datasets.planted(80, 60, 4, 0.4, 0.3, 0)


@pytest.mark.parametrize("blanks", ["unknown", "weak"])
def test_who_would_like_it_have_not_rated_it_and_are_scored_as_in_their_lists(blanks):
    fit = factorize(RATINGS, rank=4, blanks=blanks).canonical()
    item = str(RATINGS.items[5])
    found = would_like(fit, RATINGS, item, n=6)
    assert not set(found["user"]) & set(RATINGS.of_item(item))
    assert (np.diff(found["score"]) <= 0).all()
    for user, score in zip(found["user"], found["score"], strict=True):
        listed = recommend(fit, RATINGS, user, n=60).set_index("item")["score"]
        assert score == pytest.approx(listed[item], rel=1e-3)


def test_people_with_too_few_ratings_are_not_claimed_to_like_anything():
    fit = factorize(RATINGS, rank=4).canonical()
    item, least = str(RATINGS.items[5]), int(np.median(RATINGS.user_counts))
    assert (would_like(fit, RATINGS, item, n=20, least=least)["ratings"] >= least).all()


def test_an_item_that_everybody_rated_is_for_nobody_else():
    full = Ratings.from_cells(["a", "b"] * 2, ["x", "x", "y", "y"], [1, 2, 3, 4])
    assert len(would_like(factorize(full, rank=1), full, "x")) == 0


def test_alike_is_the_centred_cosine_and_a_copy_is_most_alike():
    table = RATINGS.to_table()
    twin = table[table["item"] == RATINGS.items[7]].assign(item="twin")
    both = pd.concat([table, twin])
    ratings = Ratings.from_cells(both["user"], both["item"], both["rating"])
    fit = factorize(ratings, rank=4).canonical()
    found = alike_items(fit, ratings, "twin", n=60, least=1)
    assert found["item"][0] == RATINGS.items[7] and found["similarity"][0] > 0.999
    H = fit.H * np.sqrt((fit.W**2).mean(axis=0))[:, None]
    unit = (H / np.linalg.norm(H, axis=0)).T
    unit -= unit.mean(axis=0)
    a, b = unit[ratings.column("twin")], unit[ratings.column(found["item"][3])]
    assert found["similarity"][3] == pytest.approx(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
    assert "twin" not in set(found["item"])


def test_without_any_taste_the_most_alike_is_what_chance_says():
    rng, table = np.random.default_rng(0), RATINGS.to_table()
    noise = Ratings.from_cells(table["user"], table["item"], rng.integers(1, 6, RATINGS.n_ratings))
    fit = factorize(noise, rank=4).canonical()
    found = [alike_items(fit, noise, item, n=60) for item in noise.items[:30]]
    assert np.mean([one["similarity"][0] - one.attrs["chance"] for one in found]) == pytest.approx(0, abs=0.03)
    assert np.mean([one["similarity"].mean() for one in found]) < 0.2  # so what is typical is far below


def test_parts_of_an_item_are_those_of_the_average_persons_score():
    fit = factorize(RATINGS, rank=4).canonical()
    item = str(RATINGS.items[2])
    parts = item_parts(fit, item, labels={0: "Action"}).sort_index()
    given = fit.W.mean(axis=0) * fit.H[:, 2]
    np.testing.assert_allclose(parts["share"], given / given.sum())
    assert parts["feature"][0] == "Action"
    np.testing.assert_allclose(item_shares(fit).sum(axis=1), 1)


@pytest.mark.parametrize("ask", [would_like, alike_items])
def test_an_item_that_is_not_there_is_said(ask):
    with pytest.raises(NmfError, match="no item 'nothing'"):
        ask(factorize(RATINGS, rank=2), RATINGS, "nothing")


CATALOGUE = pd.Index(
    [
        "Lion in Winter, The (1968)",
        "Lion King, The (1994)",
        "Lion King II, The (1998)",
        "Misérables, Les (1995)",
        "Avventura, L' (1960)",
        "City of Lost Children, The (Cité des enfants perdus, La) (1995)",
        "Crouching Tiger, Hidden Dragon (2000)",
        "**Bold**, The",
    ]
)


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("the lion king", 1),
        ("Lion King, The", 1),
        ("LION KING the", 1),
        ("les miserables", 3),
        ("l'avventura", 4),
        ("la cite des enfants", 5),
        ("hidden dragon", 6),
        ("the bold", 7),
        ("1998", 2),
    ],
)
def test_a_title_is_found_as_people_say_it(asked, first):
    assert find_items(CATALOGUE, asked)[0] == CATALOGUE[first]


def test_what_is_not_there_is_not_found_and_nothing_asked_is_all():
    assert find_items(CATALOGUE, "godzilla") == []
    assert find_items(CATALOGUE, "  ", n=3) == CATALOGUE[:3].tolist()


def test_a_title_without_an_article_behind_it_stays():
    for title in ("Crouching Tiger, Hidden Dragon (2000)", "Heat", "The Matrix", ", The", "a, b"):
        assert spoken(title) == title
    assert option("Heat (1995)") == "Heat (1995)"
