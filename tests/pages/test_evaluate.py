"""The Evaluate page: offered, judged beside baselines, at random and in time, on grids large and tiny; and the dial as curves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nmf_core import Ratings, datasets
from nmf_core.metrics import METRICS
from nmf_core.study.baselines import BASELINES
from pages.ui.charts import dial, models
from pages.ui.charts.style import Look
from pages.ui.session import session
from pages.ui.work import fits, jobs
from tests.pages.conftest import finish, occupied, opened, words


@pytest.fixture(autouse=True)
def one_person(monkeypatch):
    monkeypatch.setattr(session, "person", lambda: "browser:of this test")  # AppTest makes up another each run


def done(app, button: str):
    """The page once what the button begins has ended."""
    app.button(key=button).click().run()
    finish(jobs._board())
    app.run()
    assert not app.exception, app.exception
    return app


def timed(n_users: int = 60) -> Ratings:
    ratings = datasets.planted(n_users, 40, 3, 0.3, 0.3, 0, biased_blanks=1.5)
    return replace(ratings, times=np.random.default_rng(0).random(ratings.n_ratings))


def test_a_fit_is_judged_beside_every_baseline_and_a_companion_for_ratings():
    app = opened("evaluate", data="movie_night", blanks="weak", rank="3")
    assert "About " in words(app)
    app = done(app, "begin-evaluation")
    table = app.dataframe[0].value
    assert table.columns.tolist() == [column for name in METRICS for column in (name, f"{name}_se")]
    assert table.index.tolist() == ["rank 3, blanks weak", "same rank, blanks unknown", *BASELINES]
    assert "standard errors apart" in app.markdown[1].value
    said = words(app)
    assert "These ratings have no times" in said and "look at the row of the same rank with blanks unknown" in said


def test_of_a_tiny_grid_it_says_what_cannot_be_judged():
    app = done(opened("evaluate"), "begin-evaluation")
    said = words(app)
    assert "can be judged at a time, so figures of lists say little" in said
    assert "A list of 10 holds all that half of the people have left" in said
    assert app.dataframe[0].value.index[0] == "rank 2, blanks unknown"


def test_with_times_both_splits_are_judged_and_set_beside_each_other(with_ratings):
    with_ratings(timed())
    app = done(opened("evaluate", judged_folds="2"), "begin-evaluation")
    assert "who rated in the last fifth" not in words(app)
    assert "in the last fifth in time: popularity" in words(app).replace("\\", "")
    next(box for box in app.button_group if box.key == "hidden").set_value("time").run()
    assert "who rated in the last fifth" in words(app)
    assert "time" in app.query_params["hidden"]


def test_times_that_cannot_be_split_are_said_beside_what_can_be_judged(with_ratings):
    with_ratings(replace(timed(), times=np.zeros(timed().n_ratings)))
    app = done(opened("evaluate", judged_folds="2", hidden="time"), "begin-evaluation")
    assert "All times of these ratings are alike" in words(app)
    next(box for box in app.button_group if box.key == "hidden").set_value("random").run()
    assert len(app.dataframe) == 1


def test_a_judgement_is_cancelled_and_what_there_was_is_shown(with_ratings, monkeypatch):
    with_ratings(timed())
    monkeypatch.setattr(fits, "FOLLOWS", 0.0)  # the sidebar's own fit is not meant
    plain = jobs.Job.progress
    monkeypatch.setattr(jobs.Job, "progress", lambda job, now, of, *so_far: plain(job, now, of) and now < 12)
    app = done(opened("evaluate", judged_folds="2", hidden="time"), "begin-evaluation")
    assert "It was ended before this split was judged." in words(app)
    next(box for box in app.button_group if box.key == "hidden").set_value("random").run()
    assert len(app.dataframe) == 1 and app.dataframe[0].value["rmse_se"].isna().all()  # one fold
    with occupied("study"):
        app = opened("evaluate", judged_folds="3")
        app.button(key="begin-evaluation").click().run()
        app.button(key="cancel-evaluation").click().run()
    finish(jobs._board())
    app.run()
    assert any(button.key == "begin-evaluation" for button in app.button)


def test_progress_counts_the_models_of_both_splits(with_ratings, monkeypatch):
    with_ratings(timed())
    told: list[tuple[int, int]] = []
    plain = jobs.Job.progress
    monkeypatch.setattr(jobs.Job, "progress", lambda job, *so_far: told.append(so_far[:2]) or plain(job, *so_far))
    monkeypatch.setattr(fits, "FOLLOWS", 0.0)  # the sidebar's own fit counts too
    done(opened("evaluate", judged_folds="2"), "begin-evaluation")
    n = 3 * (1 + len(BASELINES))
    assert told[-1] == (n, n) and {of for _, of in told} == {n}
    assert [now for now, _ in told] == sorted(now for now, _ in told)


def test_the_dial_is_drawn_on_demand_with_the_weight_now():
    app = done(opened("evaluate", data="movie_night", rank="2", sweeps="5"), "begin-dial")
    assert "A blank counts as a rating of 1, with the weight below" in words(app)
    assert "does not serve the whole dial" in words(opened("evaluate", solver="mu"))


def test_the_rank_page_leads_to_it():
    app = opened("rank")
    (link,) = [element for element in app.main if type(element).__name__ != "Block" and element.type == "page_link"]
    assert link.proto.page == "evaluate"


@pytest.mark.parametrize("dark", [False, True])
def test_charts_say_in_words_what_they_show(dark):
    from nmf_core import Settings, evaluate
    from nmf_core.study.dial import turn_dial

    ratings, plain = datasets.movie_night(), Settings(rank=2, max_sweeps=5, penalty=0.1)
    table = evaluate(ratings, {"ours": plain}, folds=2)
    drawn = models(table, ["ours"], 10, look=Look(dark))
    assert f"ours has {table.at['ours', 'ndcg']:.3f}" in drawn.alt
    assert [len(trace.x) for trace in drawn.figure.data] == [len(table)] * 4
    curve = dial(turn_dial(ratings, plain, weights=[0, 1], folds=2), 0.5, 10, look=Look(dark))
    assert "RMSE is best at weight 0 (" in curve.alt and len(curve.figure.data) == 3
    low = Ratings.from_grid(ratings.to_grid().clip(upper=3), scale=(1, 5))
    blind = models(evaluate(low, {"ours": plain}, folds=2, baselines=["mean"]), ["ours"], 10, look=Look(dark))
    assert "Lists could not be judged." in blind.alt


def test_a_study_that_cannot_begin_says_why(with_ratings):
    with_ratings(Ratings.from_cells(["a", "b"], ["x", "y"], [3, 4]))
    app = done(opened("evaluate"), "begin-evaluation")
    assert "None of the 2 ratings can be held out" in words(app)
