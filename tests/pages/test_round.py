"""A blind round on its pages: opened, joined, answered, closed, revealed; and what a pupil cannot see or do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from nmf_core.errors import StoreError
from nmf_core.labels import Label, shape_of
from nmf_core.labels.rounds import Card
from pages.ui.session import session, storage
from tests.labels.alpha import alpha_by_pairs
from tests.pages.conftest import ROOT, opened, words
from tests.pages.test_pages import HOSTILE


@pytest.fixture(autouse=True)
def ann(monkeypatch):
    monkeypatch.setattr(session, "person", lambda: "browser:ann")


def press(app: AppTest, key: str) -> None:
    next(one for one in app.button if one.key == key or (one.key or "").startswith(f"{key}-")).click().run()
    assert not app.exception


def teacher(**params: str) -> tuple[AppTest, str]:
    """Somebody who has opened a round, and its code."""
    app = opened("round", **{"data": "movie_night", "rank": "3", **params})
    press(app, "open-round")
    (code,) = [one.code for one in rounds(app)]
    return app, code


def rounds(app: AppTest) -> list:
    return storage.rounds().of_project(session_project(app))


def session_project(app: AppTest) -> str:
    return app.session_state["_session"].view.project


def pupil(code: str, nickname: str | None = None) -> AppTest:
    """A pupil who follows the link, and joins."""
    app = AppTest.from_file(str(ROOT / "pages" / "navigation.py"), default_timeout=60)
    app.query_params["round"] = code
    app.run()
    assert not app.exception
    if nickname is not None:
        app.text_input(key="nickname").set_value(nickname)
        submit(app)
    return app


def submit(app: AppTest) -> None:
    next(one for one in app.button if one.label == "Join").click().run()
    assert not app.exception


def name(app: AppTest, feature: int, text: str) -> None:
    next(one for one in app.text_input if (one.key or "").endswith(f"-{feature}")).set_value(text).run()
    assert not app.exception


def bars(app: AppTest) -> list[tuple[str, float]]:
    return [(one.proto.text, one.proto.value / 100) for one in app.get("progress")]


def test_a_round_from_its_opening_to_a_name_that_is_adopted():
    app, code = teacher()
    assert app.code[0].value.endswith(f"?round={code}")
    ann, bob = pupil(code, "Ann"), pupil(code.lower(), "Bob")
    for f, (hers, his) in enumerate((("Space", "space!"), ("Love", "love"), ("Crime", "Cartoons"))):
        name(ann, f, hers)
        name(bob, f, his)
    assert "3 of 3 named" in bars(bob)[0][0] and words(bob).count("check: saved") == 3
    app.run()
    assert "**2 here** · 3 of 3 features" in bars(app)[-1][0]
    assert "Space" not in words(app) and "Love" not in words(bob)
    press(app, "round-closed")
    press(app, "round-revealed")
    answers = [replace(answer, text=answer.text.strip("!")) for answer in storage.rounds().answers(code)]
    expected = alpha_by_pairs(answers)
    assert next(one for one in app.metric if "Krippendorff" in one.label).value == f"{expected:.3f}"
    headings = [one.value for one in app.markdown if one.value.startswith("##### Feature")]
    assert headings[0] == "##### Feature 3"  # the most disputed one
    assert [text for text, _ in bars(app)[1:]][:2] == ["Cartoons · **1**", "Crime · **1**"]
    press(app, f"adopt-{code}-2-Crime")
    (label,) = storage.store().labels(session_project(app))
    assert label.label.text == "Crime" and label.label.note == "Named so by 1 of 2 in a blind round."
    assert "##### Feature 3 · now called Crime" in [one.value for one in app.markdown]
    press(app, f"adopt-{code}-2-Cartoons")  # another one in its place, by its version
    (label,) = storage.store().labels(session_project(app))
    assert (label.label.text, label.version) == ("Cartoons", 2)
    bob.run()
    assert "α" in words(bob) and not bob.button


def test_a_pupil_sees_the_round_alone():
    _, code = teacher()
    app = pupil(code, "Ann")
    assert not app.sidebar.children and not app.selectbox and [one.value for one in app.title] == ["Blind round"]
    assert storage.of_person("browser:ann") == []
    said = words(app)
    for item in ("The Matrix", "Toy Story"):
        assert item in said or item.replace("-", r"\-") in said
    assert "suggest" not in " ".join(one.key or "" for one in app.button)


def test_what_a_pupil_opens_is_nobodys_project(monkeypatch):
    _, code = teacher()
    monkeypatch.setattr(session, "person", lambda: "browser:bob")
    app = pupil(code, "Bob")
    assert app.session_state["_session"].workspaces == {}
    assert storage.projects().of_owner("browser:bob") == []


def test_a_reload_comes_back_to_the_same_pupil():
    _, code = teacher()
    app = pupil(code, "Ann")
    name(app, 0, "Space")
    again = AppTest.from_file(str(ROOT / "pages" / "navigation.py"), default_timeout=60)
    for key, value in app.query_params.items():
        again.query_params[key] = value if isinstance(value, str) else value[0]
    again.run()
    assert next(one for one in again.text_input if one.key.endswith("-0")).value == "Space"
    assert "you are Ann" in words(again) and "you are" not in words(pupil(code))


def test_a_nickname_that_is_taken_stays_in_its_field():
    _, code = teacher()
    pupil(code, "Ann")
    app = pupil(code, "ann")
    assert "Take another nickname" in words(app) and app.text_input(key="nickname").value == "ann"
    app.text_input(key="nickname").set_value("Anna")
    submit(app)
    assert "you are Anna" in words(app)


def test_what_was_typed_into_a_closed_round_stays_and_is_saved_once_it_is_open_again():
    teacher_app, code = teacher()
    app = pupil(code, "Ann")
    press(teacher_app, "round-closed")
    name(app, 0, "Space")
    assert "names can no longer be changed" in words(app) and "0 of 3 named" in bars(app)[0][0]
    assert next(one for one in app.text_input if one.key.endswith("-0")).value == "Space"
    press(teacher_app, "round-open")
    app.run()
    press(app, f"again-name-{code}-0")
    assert storage.rounds().answers(code)[0].text == "Space" and "1 of 3 named" in bars(app)[0][0]
    press(teacher_app, "round-closed")
    assert "nobody can join it any more" in words(pupil(code))


def test_a_store_that_fails_loses_nothing_typed(monkeypatch):
    _, code = teacher()
    app = pupil(code, "Ann")

    def full(*given):
        raise StoreError("The label store was not saved: disk full. Make room on the disk, then try again.")

    with monkeypatch.context() as patch:
        patch.setattr("nmf_core.store.rounds.Rounds.answer", full)
        name(app, 0, "Space")
    assert "disk full" in words(app)
    assert next(one for one in app.text_input if one.key.endswith("-0")).value == "Space"
    press(app, f"again-name-{code}-0")
    assert "disk full" not in words(app) and "1 of 3 named" in bars(app)[0][0]


@pytest.mark.parametrize("code", ["AAAAAA", "<img src=x>", "*", "x" * 3000])
def test_a_code_that_is_none_is_said_and_another_can_be_typed(code):
    app = pupil(code)
    assert "no round with the code" in words(app).replace("\\", "") and "<img" not in words(app)
    assert not app.sidebar.children
    _, right = teacher()
    app.text_input(key="round-code").set_value(right.lower()).run()
    assert any(one.key == "nickname" for one in app.text_input)


def test_whoever_has_a_code_gets_there_from_the_page():
    _, code = teacher()
    app = opened("round", data="notebook")
    app.text_input(key="round-code").set_value(code).run()
    assert any(one.key == "nickname" for one in app.text_input) and not app.sidebar.children


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_nicknames_and_names_are_shown_as_typed(hostile):
    teacher_app, code = teacher()
    app = pupil(code, hostile)
    name(app, 0, hostile)
    assert storage.rounds().answers(code)[0].text == " ".join(hostile.split())
    press(teacher_app, "round-closed")
    press(teacher_app, "round-revealed")
    shown = words(app) + words(teacher_app) + "".join(text for text, _ in bars(teacher_app))
    for raw in ("<img src=x", "**bold**", "$\\frac", ":red[x]"):
        assert raw not in shown


def test_on_planted_ratings_the_answer_key_stands_beside_the_names():
    app, code = teacher(rank="4")
    token = storage.rounds().join(code, "Ann")
    storage.rounds().answer(code, token, 0, "Space")
    press(app, "round-closed")
    press(app, "round-revealed")
    assert "No α: only one person has named features" in words(app).replace("\\", "")
    assert "was planted here" not in words(app)
    next(one for one in app.toggle if one.key == "round-key").set_value(True).run()
    said = words(app)
    assert said.count("was planted here") == 4 and all(f"**{taste}**" in said for taste in ("spectacle", "family"))


def test_a_feature_more_than_were_planted_is_told_so():
    app, _ = teacher(rank="5")
    press(app, "round-closed")
    press(app, "round-revealed")
    next(one for one in app.toggle if one.key == "round-key").set_value(True).run()
    assert words(app).count("** was planted here") == 4 and words(app).count("No feature was planted here") == 1


def test_ratings_of_ones_own_have_no_answer_key():
    app, _ = teacher(data="notebook", rank="2")
    press(app, "round-closed")
    press(app, "round-revealed")
    assert not app.toggle and "nobody has named features" in words(app)


def test_several_rounds_are_chosen_from_and_one_is_deleted():
    app, first = teacher()
    next(one for one in app.text_input if (one.key or "").startswith("round-title-")).set_value("Again").run()
    press(app, "open-round")
    latest, _ = rounds(app)
    assert latest.title == "Again" and latest.code in app.code[0].value
    next(one for one in app.selectbox if one.key == "round-of-2").set_value(first).run()
    assert first in app.code[0].value
    press(app, "delete-round")
    assert [one.code for one in rounds(app)] == [latest.code]
    assert latest.code in app.code[0].value


def test_a_round_that_is_deleted_is_told_to_its_pupils():
    app, code = teacher()
    other = pupil(code, "Ann")
    press(app, "delete-round")
    other.run()
    assert "no round with the code" in words(other)


def test_who_looks_at_somebody_elses_project_opens_no_round(monkeypatch):
    _, code = teacher()
    project = storage.rounds().get(code).project
    app = AppTest.from_file(str(ROOT / "pages" / "navigation.py"), default_timeout=60)
    app.query_params["view"] = storage.view_key(project)
    app.query_params["data"] = "movie_night"
    monkeypatch.setattr(session, "person", lambda: "browser:bob")
    app.run()
    app.switch_page("round.py").run()
    assert "make a copy of it first" in words(app) and not any(one.key == "open-round" for one in app.button)


def test_a_name_that_somebody_gave_meanwhile_waits_to_be_chosen_from():
    app, code = teacher()
    token = storage.rounds().join(code, "Ann")
    storage.rounds().answer(code, token, 0, "Space")
    press(app, "round-closed")
    press(app, "round-revealed")
    (held,) = rounds(app)
    storage.store().save(held.project, Label("Rockets"), storage.rounds().shapes(code)[0])
    press(app, f"adopt-{code}-0-Space")
    assert "**Theirs:** Rockets" in words(app) and "**Yours:** Space" in words(app)
    press(app, "take-mine")
    assert [one.label.text for one in storage.store().labels(held.project)] == ["Space"]


def test_a_round_of_features_that_are_not_in_this_fit_is_still_told():
    app, _ = teacher()
    project = session_project(app)
    code = storage.rounds().begin(project, "Other", {Card(0, (), ("Elsewhere",)): shape_of(["Elsewhere"], [1.0])}).code
    storage.rounds().answer(code, storage.rounds().join(code, "Ann"), 0, "Nowhere")
    for state in ("closed", "revealed"):
        storage.rounds().move(code, state)
    app.run()
    next(one for one in app.toggle if one.key == "round-key").set_value(True).run()
    assert not app.exception and "answer key does not have" in words(app)
    press(app, f"adopt-{code}-0-Nowhere")
    assert [one.label.text for one in storage.store().labels(project)] == ["Nowhere"]


def test_names_that_mean_the_same_are_made_one_and_rude_ones_left_out_before_all_see_them():
    app, code = teacher()
    for who, said in {"Ann": ("Space", "Love"), "Bob": ("Sci-Fi", "love!"), "Cat": ("scifi", "rude")}.items():
        here = pupil(code, who)
        for f, text in enumerate(said):
            name(here, f, text)
    app.run()
    assert not [one for one in app.multiselect if one.label == "Names"]  # an open round's names are nobody's to see
    press(app, "round-closed")

    def names():
        return next(one for one in app.multiselect if one.label == "Names")

    assert sorted(option.split(" · ")[1] for option in names().options) == ["1", "1", "2", "2"]
    names().set_value(["Space", "Sci-Fi"]).run()
    assert next(one for one in app.text_input if one.label == "They become").value == "Sci-Fi"
    press(app, "tidy-one")
    assert names().value == []
    names().set_value(["rude"]).run()
    press(app, "tidy-out")
    given = [(answer.nickname, answer.feature, answer.text) for answer in storage.rounds().answers(code)]
    assert given == [
        ("Ann", 0, "Sci-Fi"),
        ("Ann", 1, "Love"),
        ("Bob", 0, "Sci-Fi"),
        ("Bob", 1, "love!"),
        ("Cat", 0, "Sci-Fi"),
    ]
    press(app, "round-revealed")
    assert next(one for one in app.metric if "Krippendorff" in one.label).value == "1.000"
    assert "rude" not in words(app)
