"""A blind round in a real browser: a class of thirty, three of them on phones, with a hostile nickname and hostile names."""

from __future__ import annotations

import random

import pytest

from nmf_core.store.labels import LabelStore
from nmf_core.store.rounds import Rounds
from pages.ui.text import APART
from tests.browser.conftest import no_trouble, settled
from tests.labels.alpha import alpha_by_pairs

OURS = ("data:", "blob:")
CLASS, FEATURES = 30, 3
HOSTILE = "<img src=x onerror=alert(1)>"
NAMES = ("**Space** [x](javascript:alert(1))", '<script src="https://example.org/x.js">', "=cmd|' /C calc'!A0")


@pytest.fixture
def watched(browser, server):
    """Browsers of a few people, and what happened in them that never may: dialogs, and requests that leave the server."""
    contexts, happened = [], []

    def person(**options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(120_000)
        page.on("dialog", lambda dialog: (happened.append(dialog.message), dialog.dismiss()))
        page.on(
            "request",
            lambda asked: None if asked.url.startswith(OURS + (server.url,)) else happened.append(asked.url),
        )
        page.on("response", lambda got: happened.append(got.url) if got.url.endswith("/x") else None)
        return page

    yield person, happened
    for context in contexts:
        context.close()


def test_a_blind_round_of_thirty_ends_with_the_right_alpha(server, watched):
    person, happened = watched
    teacher = person(viewport={"width": 1366, "height": 900})
    teacher.goto(f"{server.url}/round?data=movie_night&rank={FEATURES}")
    teacher.get_by_role("button", name=f"Open a round on {FEATURES} features").click()
    link = teacher.get_by_test_id("stCode").inner_text().strip()
    code = link.rpartition("=")[2]

    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    pupils = [person(**phone) for _ in range(3)]
    for pupil, nickname in zip(pupils, (HOSTILE, "Bob", "Cleo"), strict=True):
        pupil.goto(link)
        pupil.get_by_label("Nickname").fill(nickname)
        pupil.get_by_role("button", name="Join").click()
        pupil.get_by_text(f"0 of {FEATURES} named").wait_for()
        assert pupil.get_by_test_id("stSidebar").count() == 0
        assert pupil.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    pupils[0].get_by_text(f"you are {HOSTILE}").wait_for()
    for pupil, names in zip(pupils, (NAMES, NAMES, ("Space", "Love", "")), strict=True):
        for f, name in enumerate(names):
            field = pupil.get_by_label("What would you call it?").nth(f)
            field.fill(name)
            field.press("Tab")
            pupil.get_by_text(f"{len([n for n in names[: f + 1] if n])} of {FEATURES} named").wait_for()
    settled(pupils[1])
    pupils[1].reload()  # whoever comes back is who they were
    pupils[1].get_by_text(f"{FEATURES} of {FEATURES} named").wait_for()
    assert pupils[1].get_by_label("What would you call it?").first.input_value() == NAMES[0]

    with LabelStore(f"sqlite:///{server.home / 'labels.db'}", timeout=60) as store:
        rounds, rng = Rounds(store), random.Random(0)
        for k in range(len(pupils), CLASS):
            token = rounds.join(code, f"pupil {k}")
            for f in range(FEATURES):
                if rng.random() < 0.9:
                    rounds.answer(
                        code, token, f, NAMES[f] if rng.random() < 0.5 else rng.choice(["Space", "Love", "Crime"])
                    )
        teacher.get_by_text(f"{CLASS} here").wait_for()
        assert "Space" not in teacher.inner_text("body") and "Crime" not in pupils[0].inner_text("body")

        last = pupils[2].get_by_label("What would you call it?").nth(2)
        last.press_sequentially("too late")
        teacher.get_by_role("button", name="Close the round").click()
        pupils[2].get_by_text("The round is closed").wait_for()
        assert last.input_value() == "too late"  # seen, and not counted
        last.press("Tab")
        pupils[2].get_by_text("names can no longer be changed").nth(1).wait_for()
        assert last.input_value() == "too late"
        teacher.get_by_role("button", name="Reveal the names").click()
        answers = rounds.answers(code)
    assert len({answer.nickname for answer in answers}) == CLASS
    expected = f"{alpha_by_pairs(answers):.3f}"
    for page in (teacher, *pupils):
        page.get_by_text("People who named").wait_for()
        settled(page)
        figures = page.get_by_test_id("stMetricValue").all_inner_texts()
        assert figures[0].strip() == expected and figures[2].strip() == str(CLASS)
        said = page.get_by_test_id("stMain").inner_text().replace(APART, "")
        assert all(name in said for name in NAMES)
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
        no_trouble(page)
    assert happened == []
