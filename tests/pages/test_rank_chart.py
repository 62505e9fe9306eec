"""The picture of a rank survey: features keep the colours and labels of the fit, and what is not known takes no room."""

from __future__ import annotations

import pytest

from nmf_core import datasets, factorize, survey_ranks
from nmf_core.study.ranks import features_in
from pages.ui import charts
from pages.ui.charts import Look

COLOURS = ["#112233", "#445566", "#778899"]


@pytest.fixture(scope="module")
def survey():
    return survey_ranks(datasets.movie_night(), [1, 2, 3, 4], restarts=2)


def nodes(figure) -> dict[int, list[str]]:
    """Rank → the colours of its features, from the chart of how they split."""
    (trace,) = [t for t in figure.data if t.yaxis == "y3" and t.mode == "markers"]
    found: dict[int, list[str]] = {}
    for rank, colour in zip(trace.x, trace.marker.color, strict=True):
        found.setdefault(int(rank), []).append(colour)
    return found


def test_features_keep_the_colours_and_labels_of_the_fit_and_pass_them_on(survey):
    ratings = datasets.movie_night()
    fit = factorize(ratings, rank=3).canonical()
    places = features_in(survey, ratings, fit)
    assert sorted(places) == [0, 1, 2] and sorted(places.values()) == [(3, 1), (3, 2), (3, 3)]
    coloured = {place: COLOURS[f] for f, place in places.items()}
    drawn = charts.rank_survey(survey, 3, look=Look(False), coloured=coloured, named={places[0]: "<b>Crime"})
    found = nodes(drawn.figure)
    assert found[3] == [coloured[3, g] for g in (1, 2, 3)]
    assert set(COLOURS) <= set(found[4]) and set(found[2]) <= set(COLOURS)
    assert all(len(set(colours)) == rank for rank, colours in found.items())
    (trace,) = [t for t in drawn.figure.data if t.yaxis == "y3" and t.mode == "markers"]
    assert sum("&lt;b&gt;Crime" in text for text in trace.text) == 1
    assert drawn.alt == survey.verdict


def test_without_a_fit_of_a_rank_surveyed_colours_are_its_own(survey):
    ratings = datasets.movie_night()
    assert features_in(survey, ratings, factorize(ratings, rank=6).canonical()) == {}
    found = nodes(charts.rank_survey(survey, 6, look=Look(True)).figure)
    assert all(len(set(colours)) == rank for rank, colours in found.items())


def test_many_features_have_more_colours_than_there_are():
    many = survey_ranks(datasets.planted(60, 40, 4, 0.4, 0.3, 0), [13, 15], restarts=0)
    assert [len(colours) for colours in nodes(charts.rank_survey(many, 13, look=Look(False)).figure).values()] == [
        13,
        15,
    ]


def test_what_is_not_known_takes_no_room(survey):
    known = charts.rank_survey(survey, 3, look=Look(False)).figure
    few = charts.rank_survey(survey_ranks(datasets.notebook(), [1, 2]), 2, look=Look(False)).figure
    assert known.layout.yaxis2.visible and not few.layout.yaxis2.visible
    assert few.layout.yaxis3.domain[1] > known.layout.yaxis3.domain[1]
    assert not any("to read" in (note.text or "") for note in few.layout.annotations)  # 13 ratings tell no rank
