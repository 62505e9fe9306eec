"""What is written into the picture of the product: readable on its cell, a product beside its cell, and what V shows below V."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nmf_core import datasets, factorize, recommend
from nmf_core.interpret.colours import PALETTE, feature_colours
from nmf_core.interpret.features import feature_names
from pages.ui import charts
from pages.ui.charts import MODES, Look, Window
from pages.ui.charts.bars import MOST_PARTS
from pages.ui.charts.style import colour_at, contrast, readable_on
from tests.pages.conftest import opened, words


def drawn(ratings, rank=3, *, mode=MODES[0], dark=False, users=12, items=12, names=None, **more):
    fit, chart = product(ratings, rank, mode=mode, dark=dark, users=users, items=items, names=names, **more)
    return fit, chart.figure


def product(ratings, rank=3, *, mode=MODES[0], dark=False, users=12, items=12, names=None, **more):
    fit = factorize(ratings, rank=rank).canonical()
    window = Window(np.arange(min(users, ratings.n_users)), np.arange(min(items, ratings.n_items)))
    names, colours = names or feature_names(rank), feature_colours(rank)
    more = {"selected": None, **more}
    return fit, charts.product(fit, ratings, names, colours, window, mode=mode, look=Look(dark), **more)


def of_hex(colour: str) -> np.ndarray:
    return np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)])


def luminance(colour: np.ndarray) -> float:
    """WCAG 2.2's relative luminance, written down once more."""
    share = colour / 255
    return float(np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722])


def test_black_or_white_reads_on_any_colour():
    greys = [f"#{k:02x}{k:02x}{k:02x}" for k in range(256)]
    mixed = [colour_at([(0.0, "#ffffff"), (0.5, one), (1.0, "#000000")], k / 20) for one in PALETTE for k in range(21)]
    for colour in (*greys, *mixed):
        assert contrast(readable_on(colour), colour) >= 4.5


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != "Parts"])
def test_each_number_reads_on_the_cell_that_the_browser_draws(movie_night, mode, dark):
    _, figure = drawn(movie_night, 8, mode=mode, dark=dark)
    heats = {(trace.xaxis, trace.yaxis): trace for trace in figure.data if trace.type == "heatmap"}
    texts = [trace for trace in figure.data if trace.type == "scatter" and trace.mode == "text"]
    assert {(text.xaxis, text.yaxis) for text in texts} == set(heats)
    for text in texts:
        heat = heats[text.xaxis, text.yaxis]
        z = (np.asarray(heat.z, dtype=float) - heat.zmin) / (heat.zmax - heat.zmin)
        at, stops = np.array([stop for stop, _ in heat.colorscale]), np.array([of_hex(c) for _, c in heat.colorscale])
        for x, y, colour in zip(text.x, text.y, text.textfont.color, strict=True):
            cell = np.array([np.interp(np.clip(z[y, x], 0, 1), at, stops[:, k]) for k in range(3)])
            low, high = sorted((luminance(cell), luminance(of_hex(colour))))
            assert (high + 0.05) / (low + 0.05) >= 4.5


@pytest.mark.parametrize("mode", MODES)
def test_below_v_stands_what_v_shows(notebook, mode):
    _, figure = drawn(notebook, 2, mode=mode)
    below = [note.text for note in figure.layout.annotations][-1]
    assert ("W × H ≈ V" in below) == (mode == "Reconstruction")
    assert {"Ratings": "ratings", "Residual": "V − W × H", "Parts": "parts", "Reconstruction": "≈"}[mode] in below


@pytest.mark.parametrize(("u", "i"), [(0, 0), (0, 3), (4, 0), (4, 3), (2, 2)])
def test_the_product_of_an_opened_cell_stands_beside_it(notebook, u, i):
    fit, figure = drawn(notebook, 2, selected=(u, i), opened=True)
    note = figure.layout.annotations[-1]
    assert (note.x, note.y, note.xref, note.yref) == (i, u, "x3", "y3")
    score = fit.W[u] @ fit.H[:, i]
    assert note.text.endswith(f"<b>= {score:.2f}".rstrip("0").rstrip(".") + "</b>")
    for f in range(2):
        assert f"{fit.W[u, f]:.2f}".rstrip("0").rstrip(".") in note.text
    assert note.text.count(" × ") == 3  # user × item, and a line a feature
    assert (note.yanchor == "top") == (u < 2.5)  # towards the middle
    _, closed = drawn(notebook, 2, selected=(u, i))
    assert len(closed.layout.annotations) == len(figure.layout.annotations) - 1


def test_a_product_of_many_features_is_cut_and_its_names_are_escaped(movie_night):
    names = ["<b>x</b>", *feature_names(20)[1:]]
    _, figure = drawn(movie_night, 20, selected=(2, 2), opened=True, names=names)
    text = figure.layout.annotations[-1].text
    assert text.count("■") == 5
    assert "of 15 more" in text
    assert "<b>x" not in text


@pytest.mark.parametrize(("u", "i"), [(0, 0), (0, 29), (20, 3), (39, 29)])
def test_where_a_picture_is_taller_than_a_screen_the_note_is_not_below_its_cell(movie_night, u, i):
    _, figure = drawn(movie_night, 3, users=40, items=30, selected=(u, i), opened=True)
    note = figure.layout.annotations[-1]
    assert note.ay == 0
    assert note.yanchor == ("bottom" if u > 1 else "middle")
    assert (note.xanchor, note.ax > 0) == (("left", True) if i < 15 else ("right", False))


def test_an_opened_cell_that_is_not_in_sight_has_no_note(movie_night):
    _, figure = drawn(movie_night, 3, selected=(39, 2), opened=True)
    assert not [note for note in figure.layout.annotations if "■" in note.text]


def test_the_factors_page_has_w_and_h_as_solved_and_each_error_with_its_formula():
    settings = {"solver": "sklearn-cd", "blanks": "zero", "init": "random", "seed": "42", "rank": "2"}
    app = opened("factors", weights="solver", **settings)
    assert "as the solver gave them" in words(app)
    errors = next(frame.value for frame in app.dataframe if "formula" in frame.value)
    found = errors.set_index("figure")["value"]
    assert found["Mean squared error over all cells"] == pytest.approx(0.9144353703891, rel=1e-9)
    assert found["reconstruction_err_ (scikit-learn)"] == pytest.approx((0.9144353703891 * 20) ** 0.5, rel=1e-9)
    assert "as the solver gave them" not in words(opened("factors", **settings))


def test_the_sum_below_the_picture_is_a_product_of_what_the_switch_shows():
    for weights in ("canonical", "solver"):
        app = opened("factors", weights=weights, cell=["User1", "Movie3"])
        said = next(one.value for one in app.markdown if "User1 × Movie3" in one.value)
        assert said.count(" × ") == 3, said


def test_words_for_shares_of_a_taste_have_a_key():
    app = opened("recommend")
    said = "\n".join(one.value for one in app.caption)
    for word in ("strongly", "clearly", "somewhat", "a little", "hardly"):
        assert f"{word}: " in said


def test_words_of_the_trade_have_a_help_mark():
    app = opened("factors")
    helps = "\n".join(
        str(one.proto.help)
        for kind in (app.selectbox, app.number_input, app.caption, app.markdown, app.sidebar.caption)
        for one in kind
        if getattr(one.proto, "help", "")
    )
    for word in (
        "KKT residual",
        "sweep",
        "objective",
        "init",
        "rank",
        "feature",
        "solver",
        "penalty",
        "loss",
        "hals",
        "mu",
    ):
        assert f"**{word}**" in helps, word
    assert "The notebook's grid" in helps
    assert "own" in next(one.proto.help for one in app.sidebar.button_group)


@pytest.mark.parametrize("rank", [3, 20])
def test_parts_of_a_score_are_told_apart_up_to_so_many_and_add_up(rank):
    ratings = datasets.planted(60, 80, 4, 0.3)
    fit = factorize(ratings, rank=rank, blanks="weak")
    frame = recommend(fit, ratings, ratings.users[0], n=6, least=1)
    names = feature_names(rank, {})
    columns = [name for name in frame.columns if name.startswith("Feature")]
    assert len(columns) == rank
    look = Look(dark=False)
    drawn = charts.recommendations(frame, columns, names, feature_colours(rank, {}), look=look, limit=5).figure
    bars = [trace for trace in drawn["data"] if trace["type"] == "bar"]
    assert len(bars) == min(rank, MOST_PARTS)
    assert (bars[-1]["name"] == "9 others") == (rank == 20)
    np.testing.assert_allclose(np.sum([bar["x"] for bar in bars], axis=0), frame["score"][::-1], rtol=1e-12)


def test_a_long_title_stands_in_two_lines_and_stays_itself():
    frame = pd.DataFrame(
        {"item": ["Lord of the Rings: The Return of the King, The (2003)", "<b>Alien</b>"], "score": [2.0, 1.0]}
    )
    frame = frame.assign(a=frame["score"], warning="")
    drawn = charts.recommendations(frame, ["a"], ["a"], ["#0072b2"], look=Look(dark=False), limit=5).figure
    alien, rings = drawn["layout"]["yaxis"]["ticktext"]
    assert rings == "Lord of the Rings: The Return<br>of the King, The (2003)"
    assert "<b>" not in alien


@pytest.mark.parametrize("rank", [1, 4, 8])
@pytest.mark.parametrize("items", [6, 12, 30])
def test_at_its_least_width_neither_numbers_nor_names_lie_over_each_other(movie_night, rank, items):
    _, chart = product(movie_night, rank, users=40, items=items)
    layout = chart.figure.layout
    inner = chart.least_width - layout.margin.l - layout.margin.r
    W, V = (inner * (axis.domain[1] - axis.domain[0]) for axis in (layout.xaxis2, layout.xaxis3))
    assert W / rank >= 19  # "4.3" in 13 pixels
    assert V / items >= (32 if items <= charts.plan.TEXT_COLUMNS else 11)


def test_the_notebook_needs_no_more_room_than_a_phone_has(notebook):
    assert product(notebook, 2)[1].least_width <= 340
