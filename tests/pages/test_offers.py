"""What the health check advises is one click, and Undo takes it back."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from nmf_core import edit
from nmf_core.data import health
from pages.ui.ratings.offers import OFFERS
from pages.ui.session import session
from tests.pages.conftest import bringing, words
from tests.pages.test_projects import now, press, upload

COUNTS = b"user,item,rating\n" + b"".join(
    b"u%d,i%d,%d\n" % (u, i, 1 + (7**u * 3**i) % (5_000 if (u, i) == (2, 3) else 6)) for u in range(6) for i in range(5)
)


@pytest.fixture(autouse=True)
def ann(monkeypatch):
    monkeypatch.setattr(session, "person", lambda: "browser:ann")


def test_of_counts_the_logarithm_is_one_click_and_can_be_undone():
    app = upload(
        bringing(), ("plays.csv", COUNTS.replace(b"u5,i4,1", b"u5,i4,4821").replace(b"u5,i4,3", b"u5,i4,4821"))
    )
    if now(app).key == "notebook":
        press(app, "open-upload")
    before = now(app).ratings
    assert "Counts rather than ratings" in words(app)
    press(app, "offer-take_logarithm")
    np.testing.assert_allclose(now(app).ratings.V.data, np.log1p(before.V.data), rtol=1e-6)
    assert "Counts rather than ratings" not in words(app) and not [
        b for b in app.button if b.key == "offer-take_logarithm"
    ]
    press(app, "undo")
    assert now(app).ratings.fingerprint == before.fingerprint


def test_everything_that_is_offered_has_a_button_and_a_function():
    source = inspect.getsource(health)
    assert {name for name in OFFERS if f'offer="{name}"' in source} == set(OFFERS)
    assert all(callable(getattr(edit, name)) for name in OFFERS)
