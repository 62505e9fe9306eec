"""Settings that do not go together: each page says which, and each repair that is offered is pressed and mends."""

from __future__ import annotations

import itertools

import pytest

from nmf_core import SOLVERS, Ratings, datasets
from nmf_core.fit.init import INITS
from nmf_core.fit.losses import LOSSES
from nmf_core.fit.settings import BLANK_PRESETS
from pages.ui import seen
from pages.ui.page_list import PAGES
from pages.ui.repairs import repairs
from pages.ui.session import controls
from tests.pages.conftest import opened
from tests.pages.test_pages import grid

WRONG = {
    "solver and blanks": {"solver": "mu", "blanks": "zero"},
    "another solver and blanks": {"solver": "sklearn-cd", "blanks": "weak"},
    "solver and loss": {"loss": "kl"},
    "solver, blanks and loss": {"solver": "mu", "loss": "kl", "blanks": "own", "weight": "0.5"},
    "loss and penalty": {"solver": "mu", "loss": "is", "penalty": "0.1"},
    "start and rank": {"init": "nndsvd", "rank": "6"},
    "start and solver": {"solver": "mu", "init": "nndsvd"},
    "all at once": {
        "solver": "sklearn-mu",
        "loss": "is",
        "blanks": "unknown",
        "penalty": "1",
        "init": "nndsvd",
        "rank": "9",
    },
}


def offered(app, where: str) -> list[str]:
    return [button.key for button in app.button if (button.key or "").startswith(f"repair-{where}-")]


@pytest.mark.parametrize("name", WRONG)
def test_every_repair_that_is_offered_mends(name):
    page = "factors"
    keys = offered(opened(page, **WRONG[name]), "page")
    assert keys
    for key in keys:
        app = opened(page, **WRONG[name])
        assert app.error
        next(button for button in app.button if button.key == key).click().run()
        assert not app.exception
        assert not app.error, key
        assert not offered(app, "page") and not offered(app, "sidebar")


@pytest.mark.parametrize("page", PAGES)
def test_every_page_says_which_settings_do_not_go_together_and_mends_them_at_its_side(page):
    app = opened(page, solver="mu", blanks="zero")
    said = [error.value.replace("\\", "") for error in app.error]
    assert any("do not go together" in words and "the solver mu needs blanks='unknown'" in words for words in said)
    assert sum("the solver mu needs" in words for words in said) == 2  # in sight at the top, and beside what was set
    key = next(key for key in offered(app, "sidebar") if "unknown" in key)
    next(button for button in app.button if button.key == key).click().run()
    assert not app.exception
    assert not app.error


def test_a_rating_of_0_under_a_loss_that_takes_none_is_said_before_any_fit_and_mended(with_ratings):
    with_ratings(grid([[0.0, 2.0], [3.0, 4.0]]))
    app = opened("factors", solver="mu", loss="is", penalty="0", rank="1")
    assert any("Itakura–Saito loss of a 0 is infinite" in error.value.replace("\\", "") for error in app.error)
    next(button for button in app.button if button.key == "repair-page-Use the loss frobenius").click().run()
    assert not app.error


GRIDS = {"notebook": datasets.notebook, "with zeros": lambda: grid([[0.0, 2.0, 1.0], [3.0, 4.0, 0.0]])}


@pytest.mark.parametrize("which", GRIDS)
def test_there_is_a_repair_for_all_that_can_be_wrong_and_none_where_nothing_is(which):
    ratings: Ratings = GRIDS[which]()
    plain = {name: parameter.default for name, parameter in seen.parameters(ratings).items()}
    of_each = (SOLVERS, [*BLANK_PRESETS, controls.CUSTOM], LOSSES, ["auto", *INITS], [None, 0.0, 0.3], [1, 5])
    for solver, blanks, loss, init, penalty, rank in itertools.product(*of_each):
        held = plain | {
            controls.SOLVER: solver,
            controls.BLANKS: blanks,
            controls.LOSS: loss,
            controls.INIT: init,
            controls.PENALTY: penalty,
            controls.RANK: rank,
        }
        try:
            controls.settings_of(held, ratings)
        except ValueError:
            mending = repairs(held, ratings)
            assert mending, held
            for repair in mending:
                controls.settings_of({**held, **repair.widgets}, ratings)
        else:
            assert repairs(held, ratings) == []
