"""What pages share: escaping, colours, charts without a screen, jobs, headers."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from nmf_core import NmfError, factorize
from nmf_core.interpret.colours import feature_colours
from nmf_core.interpret.features import feature_names
from pages.ui import charts
from pages.ui.charts import MODES, Look, Window
from pages.ui.charts.style import blend, contrast, readable_on
from pages.ui.session.http import HEADERS, PERSON_COOKIE, PersonAndHeaders
from pages.ui.text import md, plain, signed_sum
from pages.ui.work import jobs


def picture_of(fit, ratings, window, *, mode):
    """The product in the palette's colours and without names, in light."""
    names, colours = feature_names(fit.rank), feature_colours(fit.rank)
    return charts.product(fit, ratings, names, colours, window, mode=mode, selected=None, look=Look(False))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dark", [False, True])
def test_the_picture_of_the_product_shares_its_axes(movie_night, mode, dark):
    fit = factorize(movie_night, rank=3).canonical()
    window = Window(np.arange(10), np.arange(5, 12))
    drawn = charts.product(
        fit, movie_night, feature_names(3), feature_colours(3), window, mode=mode, selected=(2, 6), look=Look(dark)
    )
    layout = drawn.figure.layout
    assert layout.xaxis3.matches == "x"
    assert layout.yaxis3.matches == "y2"
    assert layout.xaxis.domain == layout.xaxis3.domain
    assert layout.yaxis2.domain == layout.yaxis3.domain
    assert layout.xaxis2.domain[1] < layout.xaxis.domain[0]
    assert layout.yaxis2.domain[1] < layout.yaxis.domain[0]
    np.testing.assert_allclose(drawn.table.to_numpy(), fit.W[:10] @ fit.H[:, 5:12])
    clicks = drawn.figure.data[-1]
    assert list(clicks.customdata[8]) == [1, 6]  # row 1, second column of the window
    assert "W with 10 users by 3 features" in drawn.alt


@pytest.mark.parametrize("rank", [1, 3, 12, 40])
def test_each_feature_keeps_to_its_own_colours_in_one_heatmap(movie_night, rank):
    fit = factorize(movie_night, rank=rank).canonical()
    colours = feature_colours(rank)
    window = Window(np.arange(12), np.arange(12))
    drawn = picture_of(fit, movie_night, window, mode="Ratings")
    H, W = drawn.figure.data[:2]
    for heat, axis in ((H, 0), (W, 1)):
        z = np.asarray(heat.z)
        own = np.expand_dims(np.arange(rank), 1 - axis)
        assert (np.floor(z) == own).all()
        assert [round(at * rank, 6) for at, _ in heat.colorscale[1::2]] == [round(f + 0.999, 6) for f in range(rank)]
        assert [colour for _, colour in heat.colorscale[1::2]] == colours
    shown = np.asarray(H.z) - np.arange(rank)[:, None]
    np.testing.assert_allclose(shown, 0.999 * fit.H[:, :12] / fit.H[:, :12].max(axis=1, keepdims=True), atol=1e-5)


def test_blanks_of_a_large_picture_are_smaller_tiles(movie_night):
    fit = factorize(movie_night, rank=3).canonical()
    window = Window(np.arange(40), np.arange(30))
    drawn = picture_of(fit, movie_night, window, mode="Reconstruction")
    rated, blank = (np.asarray(trace.z) for trace in drawn.figure.data[2:4])
    given = movie_night.V.toarray() != 0
    assert (np.isfinite(rated) == given).all()
    assert (np.isfinite(blank) == ~given).all()
    assert drawn.figure.data[3].xgap > drawn.figure.data[2].xgap


def test_hostile_names_are_escaped_for_plotly_everywhere(notebook):
    fit = factorize(notebook, rank=2).canonical()
    names = ["<b>x</b>", "y"]
    drawn = charts.product(
        fit,
        notebook,
        names,
        feature_colours(2),
        Window(np.arange(5), np.arange(4)),
        mode="Parts",
        selected=None,
        look=Look(False),
    )
    assert "<b>x" not in drawn.figure.to_json().replace("\\u003c", "<")
    assert "&lt;b&gt;x" in str(drawn.figure.layout.yaxis.ticktext)


def test_every_colour_is_readable_and_no_two_features_share_one():
    for colour in feature_colours(60):
        assert contrast(colour, readable_on(colour)) >= 4.5  # WCAG's line for text
    assert len(set(feature_colours(60))) == 60
    assert blend("#000000", "#ffffff", 0.5) == "#808080"


def test_markdown_and_plotly_escapes():
    for text in ("**b**", "<b>", "[x](y)", ":red[z]", "$x$", "`c`", "# h", "~~s~~"):
        assert all("\\" + c in md(text) for c in set(text) if not c.isalnum() and c != " ")
    assert plain("a & <b>") == "a &amp; &lt;b&gt;"
    assert md("two\nlines") == "two lines"


def test_a_long_sum_keeps_its_total():
    words = signed_sum([f"F{k}" for k in range(8)], [1.0] * 8, 8.0)
    assert words == "8 = 1 F0 + 1 F1 + 1 F2 + 1 F3 + 1 F4 + 3 of 3 more"


def wait(job: jobs.Job) -> None:
    assert job.ended.wait(60), "the job did not end"  # a bound for a slow machine


@pytest.fixture
def board():
    jobs._board.clear()
    yield
    jobs._board.clear()


def test_a_job_is_found_again_by_its_owner_alone(board):
    job = jobs.start("ann", "x", lambda progress: 42)
    wait(job)
    assert jobs.find("ann", "x") is job
    assert jobs.find("bob", "x") is None
    assert job.result == 42
    assert jobs.start("ann", "x", lambda progress: 43) is job  # done is done


def test_cancel_is_seen_at_the_next_progress_and_a_cancelled_job_can_be_begun_again(board):
    begun = threading.Event()

    def work(progress):
        while progress(1, 10):
            begun.set()
            time.sleep(0.01)
        return "stopped"

    job = jobs.start("ann", "x", work)
    assert begun.wait(60)
    job.cancelled = True
    wait(job)
    assert job.result == "stopped"
    assert jobs.start("ann", "x", lambda progress: "again") is not job


def test_an_error_a_user_caused_is_kept_and_jobs_wait_their_turn(board):
    release = threading.Event()
    slow = [jobs.start("ann", k, lambda progress: release.wait(60)) for k in range(jobs.AT_ONCE["fit"])]

    def fails(progress):
        raise NmfError("no good")

    last = jobs.start("ann", "last", fails)
    time.sleep(0.1)
    assert last.waiting
    release.set()
    for job in (*slow, last):
        wait(job)
    assert str(last.error) == "no good"


def test_powers_of_ten_beside_the_course_of_a_fit_do_not_overlap(notebook):
    fit = factorize(notebook, rank=2)
    look = Look(dark=False)
    assert charts.convergence(fit, look=look).figure["layout"]["yaxis2"]["dtick"] == 1
    fit.history.loc[fit.history.index[-1], "kkt"] = 0.0
    assert charts.convergence(fit, look=look).figure["layout"]["yaxis2"]["dtick"] >= 3


def request(path: str, *, cookie: str = "", content: bytes = b"text/html") -> list[dict]:
    sent: list[dict] = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", content)]})
        await send({"type": "http.response.body", "body": b"x"})

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request"}

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"rank=3",
        "headers": [(b"cookie", cookie.encode())] if cookie else [],
        "scheme": "http",
    }
    # In a thread of its own: a browser that another test keeps open has a loop in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, PersonAndHeaders(app)(scope, receive, send)).result()
    return sent


def headers(message: dict) -> dict[str, str]:
    return {k.decode(): v.decode() for k, v in message["headers"]}


def test_a_new_browser_gets_a_cookie_no_script_can_read_and_a_known_one_keeps_its_own():
    first = headers(request("/factors")[0])
    assert PERSON_COOKIE in first["set-cookie"]
    assert "HttpOnly" in first["set-cookie"]
    assert "SameSite=Lax" in first["set-cookie"]
    assert "set-cookie" not in headers(request("/factors", cookie=f"{PERSON_COOKIE}=abc")[0])
    assert "set-cookie" not in headers(request("/x.js", content=b"text/javascript")[0])
    assert {k.lower() for k in HEADERS} <= set(first)


def test_the_first_pages_own_address_leads_to_it_with_its_settings():
    message = request("/ratings")[0]
    assert message["status"] == 307
    assert headers(message)["location"] == "./?rank=3"
