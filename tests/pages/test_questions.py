"""Every answer about a file from the page alone: a control for each, none that an error takes away, none that a reload forgets."""

from __future__ import annotations

import os
import time

import pytest

from nmf_core import FORMATS
from pages.ui.ratings import questions
from pages.ui.ratings.questions import LABELS
from pages.ui.session import session, waiting
from pages.ui.work import jobs
from tests.formats.test_workbooks import book
from tests.pages.conftest import bringing, finish, words
from tests.pages.test_projects import now, press, upload
from tests.pages.test_uploads import DOUBTFUL, all_ways, answer, control
from tests.reading.test_kinds_of_rows import GAMES

SURVEY = b"id,Food,Service,Price,Age\n1,5,4,99,34\n2,3,99,2,51\n3,1,2,99,28\n4,4,5,4,63\n5,99,3,1,19\n"


@pytest.fixture(autouse=True)
def ann(monkeypatch):
    monkeypatch.setattr(session, "person", lambda: "browser:ann")


def keys(app) -> set[str]:
    """The questions that have a control."""
    all_ways(app)
    found = (str(one.key).split("-") for one in (*app.multiselect, *app.selectbox, *app.radio))
    return {parts[1] for parts in found if parts[0] == "answer"}


def asked(name: str, data: bytes):
    """The page that asks about a file: at once where there is doubt, else once somebody wants it."""
    app = upload(bringing(), (name, data))
    if now(app).key != "notebook":
        next(button for button in app.button if button.label == "Read it in another way").click()
        app.run()
        assert not app.exception
    return app


def cells(app) -> dict[tuple[str, str], float]:
    return {(r.user, r.item): r.rating for r in now(app).ratings.to_table().itertuples()}


def test_whatever_could_be_answered_has_a_control_from_the_start():
    app = upload(bringing(), ("points.csv", DOUBTFUL))
    assert keys(app) >= {
        "separator",
        "header",
        "layout",
        "user",
        "item",
        "rating",
        "skip",
        "missing",
        "zeros",
        "decimal",
    }


def test_any_column_is_left_out_and_what_stands_for_no_answer_is_named():
    app = upload(bringing(), ("survey.csv", SURVEY))
    answer(app, "layout", "grid")
    answer(app, "user", "id")
    answer(app, "skip", ["Age", "Price"])
    answer(app, "missing", ["99"])
    press(app, "open-upload")
    assert set(now(app).ratings.items) == {"Food", "Service"}
    assert cells(app)[("1", "Food")] == 5.0 and ("5", "Food") not in cells(app)
    assert max(cells(app).values()) == 5.0


def test_no_answer_may_be_a_word_that_the_page_did_not_think_of():
    app = upload(bringing(), ("a.csv", b"user,item,rating\nann,x,5\nann,y,4\nbob,x,pass\nbob,y,3\ncy,x,2\ncy,y,1\n"))
    if now(app).key == "notebook":
        answer(app, "missing", ["pass"])
        press(app, "open-upload")
    assert ("bob", "x") not in cells(app) and len(cells(app)) == 5


def test_the_header_is_chosen_by_its_line_with_what_stands_in_it():
    text = b"group,A,A,B\nname,x,y,z\nann,5,4,1\nbob,3,2,5\ncy,1,1,4\n"
    app = asked("two.csv", text)
    box = control(app, "header")
    assert any("name | x | y | z" in option for option in box.options), box.options
    answer(app, "header", "line 2")
    press(app, "open-upload")
    assert now(app).ratings.items.tolist() == ["x", "y", "z"]


def test_a_grid_is_turned_round_and_the_rows_that_count_are_chosen():
    app = asked("down.csv", b"thing,ann,bob\nAlien,5,4\nHeat,,3\n")
    answer(app, "layout", "items-down")
    press(app, "open-upload")
    assert now(app).ratings.users.tolist() == ["ann", "bob"]
    app = upload(bringing(), ("games.csv", GAMES))
    answer(app, "only", ["play"])
    answer(app, "layout", "long")
    answer(app, "rating", "score")
    press(app, "open-upload")
    assert cells(app)[("ann", "Dota")] == 5.0 and len(cells(app)) == 4


def test_what_stands_between_the_cells_is_said():
    app = upload(bringing(), ("semi.csv", b"who;what;points\nann;x,1;5\nann;y,2;0\nbob;x,1;3\n"))
    answer(app, "separator", ",")
    assert "separator" in keys(app)
    answer(app, "separator", ";")
    press(app, "open-upload")
    assert cells(app)[("ann", "x,1")] == 5.0


@pytest.mark.parametrize(
    "wrong",
    [("separator", "|"), ("rating", "what"), ("skip", ["points", "who"]), ("header", "none"), ("layout", "grid")],
)
def test_an_answer_that_is_an_error_hides_no_control_and_is_taken_back(wrong):
    app = upload(bringing(), ("points.csv", DOUBTFUL))
    before = keys(app)
    answer(app, *wrong)
    lost = before - keys(app) - {"item", "rating"}  # of a grid the rows alone have a role
    assert not lost or "user" not in keys(app), lost
    press(app, "no-answers")
    assert keys(app) == before and "4 ratings" in words(app)


def test_an_error_names_the_control_that_helps_and_no_keyword():
    app = asked("grid.csv", b",x,y,note\nann,5,4,fine\nbob,3,2,late\ncy,1,1,none\n")
    answer(app, "skip", [])
    said = " ".join(error.value for error in app.error)
    assert LABELS["skip"] in said and "skip\\=" not in said and "skip=" not in said
    assert next(one for one in app.toggle if one.label == "Read it in another way").value


def test_a_file_that_waits_is_there_after_a_reload_with_its_answers():
    upload(bringing(), ("points.csv", DOUBTFUL))
    app = bringing()  # a new session of the same browser
    assert "How is points\\.csv to be read?" in [x.value for x in app.subheader]
    answer(app, "zeros", "unrated")
    again = bringing()
    assert control(again, "zeros").value == "unrated" and "3 ratings" in words(again)
    press(again, "open-upload")
    assert cells(again) == {("ann", "x"): 4.5, ("bob", "x"): 3.0, ("bob", "z"): 2.0}
    assert not [x for x in bringing().subheader if "to be read" in x.value]


def test_a_file_that_was_left_does_not_come_back():
    press(upload(bringing(), ("points.csv", DOUBTFUL)), "leave-upload")
    assert not [x for x in bringing().subheader if "to be read" in x.value]


def test_what_waits_is_nobody_elses_and_not_for_long(monkeypatch, tmp_path):
    upload(bringing(), ("points.csv", DOUBTFUL))
    monkeypatch.setattr(session, "person", lambda: "browser:bob")
    assert not [x for x in bringing().subheader if "to be read" in x.value]
    (place,) = (tmp_path / "waiting").iterdir()
    assert "ann" not in place.name and place.stat().st_mode & 0o077 == 0
    old = time.time() - waiting.KEPT_FOR - 9
    for file in (*place.iterdir(), place):
        os.utime(file, (old, old))
    upload(bringing(), ("points.csv", DOUBTFUL))
    assert not place.exists()


def test_what_is_too_large_to_wait_on_disk_is_looked_at_all_the_same(monkeypatch, tmp_path):
    monkeypatch.setattr(waiting, "MOST_BYTES", 10)
    assert "4 ratings" in words(upload(bringing(), ("points.csv", DOUBTFUL)))
    assert not list((tmp_path / "waiting").glob("*/0"))


def test_a_workbook_has_the_same_controls():
    rows = [["Our club", "", ""], ["", "A", "A"], ["who", "x", "y"], ["ann", 5, 4], ["bob", 3, 1], ["cy", 2, 2]]
    app = asked("club.xlsx", book(Ratings=rows))
    answer(app, "header", "row 3")
    press(app, "open-upload")
    assert now(app).ratings.items.tolist() == ["x", "y"] and now(app).ratings.users.tolist() == ["ann", "bob", "cy"]


def test_every_question_has_a_label():
    assert set(questions.LABELS) >= {"sheet", "encoding", "separator", "header", "layout", "user", "item", "rating"}
    assert set(questions.LABELS) >= {"skip", "only", "missing", "marks", "zeros", "decimal", "totals"}


FILMS_DOWN = b"Movies,Ann,Bob,Cid\nAlien (1979),5,,2\nHeat (1995),3,4,\nUp (2009),,1,5\nJaws (1975),2,2,4\n"
TWO_LINES = b",Space,Crime,Space\nwho,Alien,Heat,Up\nann,5,4,\nbob,,3,1\ncid,2,2,5\n"
PAIRS = b"user,item\nann,x\nann,y\nbob,x\ncid,z\ncid,y\n"
# name → file, users and items
TO_A_FIT = {
    "survey with 99s": ("survey.csv", b"user,Alien,Heat,Up\nann,5,99,3\nbob,99,4,2\ncat,1,3,99\ndan,2,2,4\n", (4, 3)),
    "films down": ("films.csv", FILMS_DOWN, (3, 4)),
    "a header of two lines": ("two.csv", TWO_LINES, (3, 3)),
    "pairs": ("pairs.csv", PAIRS, (3, 3)),
    "an OpenDocument workbook": ("club.ods", FORMATS["ods"].example(), (2, 2)),
}


@pytest.mark.parametrize(("name", "data", "shape"), TO_A_FIT.values(), ids=TO_A_FIT)
def test_what_people_keep_comes_from_a_file_to_a_fit_by_what_the_page_says(name, data, shape):
    app = upload(bringing(), (name, data))
    if now(app).key == "notebook":
        press(app, "open-upload")
    assert (now(app).ratings.n_users, now(app).ratings.n_items) == shape
    assert max(cells(app).values()) <= 5
    finish(jobs._board())
    app.run()
    assert "onverged" in words(app) + "".join(str(one.value) for one in app.sidebar.markdown)
