"""The report: one page that loads and runs nothing, with every name as text."""

import re
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from nmf_core import datasets, factorize
from nmf_core.data.ratings import Ratings
from nmf_core.errors import NmfError
from nmf_core.export import report
from nmf_core.interpret.colours import feature_colours

EVIL = [
    "<img src=x onerror=alert(1)>",
    '"><script>alert(1)</script>',
    "' onmouseover='alert(1)",
    "</style>",
    "&amp;",
    "\u202egpj",
    "{{ 7 * 7 }}",
    "{% endraw %}",
]
VOID = {"meta", "path", "polygon", "polyline", "circle", "br"}


class Page(HTMLParser):
    """Checks that tags nest, and gathers tags, attributes and text."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes, self.words = [], set(), set(), []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def random_ratings(n_users, n_items, n, seed=0):
    draw = np.random.default_rng(seed)
    cells = draw.choice(n_users * n_items, n, replace=False)
    return Ratings.from_cells(cells // n_items, cells % n_items, draw.integers(1, 6, n))


def evil_ratings():
    users = [f"{name} {k}" for k, name in enumerate(EVIL)]
    cells = [(u, i, 1 + (a * b) % 5) for a, u in enumerate(users) for b, i in enumerate(EVIL) if (a + b) % 4]
    u, i, v = zip(*cells, strict=True)
    return Ratings.from_cells(u, i, v, notes=[f"note {EVIL[0]}"])


def test_no_name_becomes_markup():
    ratings = evil_ratings()
    survey = SimpleNamespace(table=pd.DataFrame({EVIL[0]: [EVIL[1]], "rank": [2]}), verdict=EVIL[0])
    labels = {0: EVIL[0] + "\ud800", 1: EVIL[1]}
    text = report(ratings, factorize(ratings, rank=3), labels, survey=survey)
    page = Page(text)
    assert not page.tags & {"script", "img", "link", "iframe", "object", "a"}
    assert not any(name.startswith("on") or name in ("src", "href") for name in page.attributes)
    assert not re.search(r"url\(|@import|https?:", text)
    words = " ".join(page.words)
    assert all(name in words for name in EVIL)
    text.encode()


@pytest.mark.parametrize(
    "blanks, says",
    [("unknown", "expected rating, and"), ("weak", "0.2 of a rating of 1"), ("zero", "full rating of 0")],
)
def test_it_says_what_a_blank_counted(blanks, says):
    ratings = datasets.notebook()
    assert says in report(ratings, factorize(ratings, rank=2, blanks=blanks))


def test_a_small_grid_is_shown_whole():
    ratings = datasets.notebook()
    text = report(ratings, factorize(ratings, rank=2), {0: "Action"})
    assert text.count('<td class="shade blank"') == 7
    assert text.count('<td class="shade') == 5 * 2 + 2 * 4 + 5 * 4
    assert "Movie3" in text and "a guess" in text and ratings.fingerprint in text


def test_a_large_grid_is_shown_in_part_and_says_so():
    ratings = random_ratings(100, 60, 1500)
    text = report(ratings, factorize(ratings, rank=3, max_sweeps=2))
    Page(text)
    assert text.count('<td class="shade') == 20 * 3 + 3 * 20 + 20 * 20
    assert "20 users and 20 items, those with the most ratings" in text
    assert "Not converged" in text


def test_labels_stay_with_their_features():
    ratings = datasets.movie_night()
    fit = factorize(ratings, rank=4, init="random", seed=3)
    labels = {f: f"Likes {fit.items[fit.H[f].argmax()]}" for f in range(4)}
    cards = re.findall(
        r'<h3>.*?title="Likes ([^"]*)".*?<ul class="bars"><li><bdi class="name" title="([^"]*)"',
        report(ratings, fit, labels),
    )
    assert len(cards) == 4 and all(liked == top for liked, top in cards)


def test_the_colours_are_the_screens_and_none_is_there_twice():
    ratings = datasets.movie_night()
    fit = factorize(ratings, rank=14, init="random", seed=3, max_sweeps=3)
    mine = feature_colours(14, {0: "#123456"})
    cards = re.findall(r'<article class="card" style="--c:([\d ]+)">', report(ratings, fit, colours=mine))
    order = np.argsort(-fit.misfit_removed, kind="stable")
    assert cards == [" ".join(str(x) for x in bytes.fromhex(mine[f][1:])) for f in order]
    usual = re.findall(r'<article class="card" style="--c:([\d ]+)">', report(ratings, fit))
    assert len(set(usual)) == len(usual) == 14
    for bad in (mine[:3], [*mine[:13], "red;}</style>"]):
        with pytest.raises(NmfError, match="they must be 14, one for each feature"):
            report(ratings, fit, colours=bad)


def test_a_film_that_nobody_rated_shows_no_weights():
    ratings = Ratings.from_cells(["a", "b", "a"], ["x", "x", "y"], [1, 5, 4], all_items=["x", "y", "never"])
    assert report(ratings, factorize(ratings, rank=2)).count(">–</td>") == 2


def test_the_survey_is_told():
    ratings = datasets.notebook()
    survey = SimpleNamespace(table=pd.DataFrame({"rank": [1, 2], "held_out": [1.25, np.nan]}), verdict="Take rank 1.")
    text = report(ratings, factorize(ratings, rank=1), survey=survey)
    assert "Take rank 1." in text and "<td>1.25</td>" in text and "<td>–</td>" in text


@pytest.mark.parametrize("rank", [1, 45, 70])
def test_odd_ratings_and_ranks(rank):
    ratings = Ratings.from_cells(["a", "b"], ["x", "x"], [0, 0], all_items=["x", "never"])
    Page(report(ratings, factorize(ratings, rank=rank, max_sweeps=1)))


def test_ratings_that_changed_are_refused():
    ratings = datasets.notebook()
    with pytest.raises(NmfError, match="fingerprint"):
        report(ratings.keep(np.arange(13) > 0), factorize(ratings, rank=2))
