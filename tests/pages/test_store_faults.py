"""Where a name cannot be saved, the page says why, has no traceback, and what was typed is still in its box."""

from __future__ import annotations

import pytest

from nmf_core import StoreError
from nmf_core.store.labels import LabelStore
from pages.ui.session import storage
from tests.pages.conftest import opened, words
from tests.pages.test_labels import ann, field

__all__ = ["ann"]  # a fixture


@pytest.mark.parametrize(
    "said",
    [
        "The label store was not saved: disk full. Make room on the disk, then try again.",
        "The label store was not saved: busy, try again; someone else is saving.",
        "The label store was not saved: the database cannot be reached, or refuses the account.",
    ],
)
def test_a_name_that_cannot_be_saved_stays_in_its_box(said, monkeypatch):
    def fails(self, *given, **more):
        raise StoreError(said)

    app = opened("labels", data="movie_night", rank="2")
    with monkeypatch.context() as patch:
        patch.setattr(LabelStore, "save", fails)
        field(app, "text_input", "name-").set_value("heist").run()
    assert not app.exception
    assert said in [one.value.replace("\\", "") for one in app.error]
    assert field(app, "text_input", "name-").value == "heist"
    field(app, "text_input", "name-").set_value("heists").run()
    assert not app.exception and not app.error
    assert "#### heists" in [one.value for one in app.markdown]


def test_a_database_that_is_named_wrongly_is_said_on_the_page(monkeypatch):
    monkeypatch.setenv("LATENT_LENS_DATABASE_URL", "postgresql://ann:hunter2@127.0.0.1:1/labels")
    storage.store.clear()
    app = opened("labels", data="movie_night", rank="2")
    assert "the database cannot be reached, or refuses the account" in words(app).replace("\\", "")
    assert "hunter2" not in words(app) and "127.0.0.1" not in words(app)
