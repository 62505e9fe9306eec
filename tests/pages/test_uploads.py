"""Bringing ratings: files with a look first where there is doubt, item files, MovieLens, the folder, planted, empty."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest

from nmf_core import datasets, movielens
from pages.ui.ratings import questions
from pages.ui.session import session
from pages.ui.work import jobs
from tests.formats.test_workbooks import book
from tests.pages.conftest import bringing, finish, with_state, words
from tests.pages.test_projects import now, press, upload
from tests.reading.test_questionnaire import FORM

DOUBTFUL = b"who;what;points;date\nann;x;4,5;1\nann;y;0;1\nbob;x;3;2\nbob;z;2;3\n"
FILMS = b"movieId,title,genres\n1,Alien (1979),Horror|Sci-Fi\n2,Heat (1995),Crime\n9,Unseen (2000),Drama\n"
RATED = b"userId,movieId,rating,timestamp\n7,1,5,1\n7,2,3,2\n8,1,4,3\n8,3,1,3\n"


@pytest.fixture(autouse=True)
def ann(monkeypatch):
    monkeypatch.setattr(session, "person", lambda: "browser:ann")


def all_ways(app):
    """Have all controls in sight."""
    switch = next((one for one in app.toggle if one.label == "Read it in another way"), None)
    if switch is not None and not switch.value:
        switch.set_value(True)
        app.run()


def control(app, key):
    """The control of a question."""
    all_ways(app)
    kinds = (*app.multiselect, *app.selectbox, *app.radio)
    return next(one for one in kinds if str(one.key).startswith(f"answer-{key}-"))


def answer(app, key, value):
    control(app, key).set_value(value)
    app.run()
    assert not app.exception
    return app


def test_a_file_in_doubt_is_looked_at_before_anything_is_opened():
    app = upload(bringing(), ("points.csv", DOUBTFUL))
    assert now(app).key == "notebook"
    assert "How is points\\.csv to be read?" in [x.value for x in app.subheader]
    assert "4 ratings" in words(app)
    answer(app, "zeros", "unrated")
    assert "3 ratings" in words(app)
    answer(app, "rating", "date")
    assert "rated x with 1" in words(app)
    answer(app, "rating", "points")
    press(app, "open-upload")
    assert now(app).title == "points.csv"
    assert now(app).ratings.of_user("ann") == {"x": 4.5}
    assert not [x for x in app.subheader if "to be read" in x.value]
    # and it can be read in another way afterwards
    next(button for button in app.button if button.label == "Read it in another way").click()
    app.run()
    answer(app, "zeros", "rating")
    press(app, "open-upload")
    assert now(app).ratings.of_user("ann") == {"x": 4.5, "y": 0.0}
    assert not [button for button in app.button if button.key == "open-upload"]


def test_two_columns_change_places_where_one_is_given_the_role_of_the_other():
    app = upload(bringing(), ("points.csv", DOUBTFUL))
    answer(app, "user", "what")
    press(app, "open-upload")
    assert now(app).ratings.users.tolist() == ["x", "y", "z"]


def test_an_answer_that_is_an_error_can_be_taken_back():
    app = upload(bringing(), ("points.csv", DOUBTFUL))
    all_ways(app)
    before = [box.label for box in app.selectbox]
    box = next(box for box in app.selectbox if "rating" in box.label)
    right = box.value
    box.set_value("what")  # words
    app.run()
    assert "'x' is not a number" in words(app).replace("\\", "")
    assert [box.label for box in app.selectbox][-3:] == before[-3:]
    next(box for box in app.selectbox if "rating" in box.label).set_value(right)
    app.run()
    press(app, "open-upload")
    assert now(app).title == "points.csv"


def test_of_a_workbook_with_ratings_on_two_sheets_one_is_chosen():
    app = upload(
        bringing(),
        ("club.xlsx", book(Old=[["", "x"], ["ann", 1], ["bob", 2]], New=[["", "y"], ["eve", 3], ["dan", 4]], Empty=[])),
    )
    assert "rated x with 1" in words(app)
    answer(app, "sheet", "Empty")
    assert "has no cells" in words(app)
    answer(app, "sheet", "New")
    press(app, "open-upload")
    assert now(app).ratings.users.tolist() == ["eve", "dan"]


def test_letters_that_look_wrong_can_be_put_right():
    app = upload(bringing(), ("old.csv", "user,item,rating\nИван,Чужой,5\nМария,Звезда,4\n".encode("cp1251")))
    answer(app, "encoding", "cp1252")
    assert "Èâàí" in words(app)
    answer(app, "encoding", "cp1251")
    press(app, "open-upload")
    assert now(app).ratings.users.tolist() == ["Иван", "Мария"]


def test_of_a_survey_it_is_said_who_answers_and_what_is_no_rating():
    doubtful = FORM.replace("bob@x.org,,3", "bob@x.org,99,3")  # a plain form is opened at once
    app = upload(bringing(), ("form.csv", doubtful.encode()))
    assert "rated Alien with 5" in words(app)
    answer(app, "user", "each row")
    assert "3 users × 2 items" in words(app) and "first says: 1 rated Alien" in words(app)
    answer(app, "user", "Timestamp")
    answer(app, "skip", ["Email Address", "Comments", "Up"])
    assert "3 users × 1 item," in words(app)
    answer(app, "skip", ["Email Address", "Comments"])
    answer(app, "layout", "long")
    answer(app, "layout", "grid")
    answer(app, "user", "Email Address")
    press(app, "open-upload")
    assert now(app).ratings.of_user("ann@x.org") == {"Alien": 5.0, "Up": 1.0}


def test_a_file_in_doubt_can_be_left():
    app = upload(bringing(), ("points.csv", DOUBTFUL))
    press(app, "leave-upload")
    assert now(app).key == "notebook"
    assert not app.subheader or "to be read" not in app.subheader[0].value


def test_ratings_and_films_dropped_together_are_joined_and_shown_by_title():
    app = upload(bringing(), ("ratings.csv", RATED), ("movies.csv", FILMS))
    assert now(app).ratings.items.tolist() == ["Alien (1979)", "Heat (1995)", "3"]
    assert now(app).ratings.item_info.loc["Alien (1979)", "genres"] == "Horror|Sci-Fi"
    assert "1 of 3 items have no metadata (such as '3')" in words(app).replace("\\", "")


def test_films_uploaded_later_are_joined_to_what_is_open():
    app = upload(bringing(), ("ratings.csv", RATED))
    assert now(app).ratings.items.tolist() == ["1", "2", "3"]
    upload(app, ("movies.csv", FILMS))
    assert now(app).ratings.items.tolist() == ["Alien (1979)", "Heat (1995)", "3"]
    press(app, "undo")
    assert now(app).ratings.items.tolist() == ["1", "2", "3"]


def test_films_of_other_items_are_said_and_change_nothing():
    app = upload(bringing(), ("movies.csv", FILMS))
    assert "None of the 4 items has metadata" in words(app)
    assert now(app).key == "notebook"


def archive(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, data in files.items():
            packed.writestr(f"ml-latest-small/{name.replace('_', '.')}", data)
    return out.getvalue()


def test_movielens_is_fetched_with_progress_and_opened(monkeypatch, tmp_path):
    file = tmp_path / "ml-latest-small.zip"
    file.write_bytes(archive(ratings_csv=RATED, movies_csv=FILMS))

    def fetch(remote, folder=None, *, on_progress=None, timeout=20.0):
        on_progress(1, 2)
        return file

    monkeypatch.setattr(movielens, "fetch", fetch)
    monkeypatch.setattr(movielens, "is_fetched", lambda remote, folder=None: False)
    app = bringing()
    assert "passed on under the same conditions" in words(app)
    assert "sha256:" in words(app)
    press(app, "begin-fetch")
    finish(jobs._board())
    app.run()
    assert now(app).title == "MovieLens latest small"
    assert now(app).ratings.items[0] == "Alien (1979)"


def test_a_download_that_fails_says_so(monkeypatch):
    def fetch(remote, folder=None, *, on_progress=None, timeout=20.0):
        raise movielens.DownloadError("MovieLens latest small was not downloaded: no way there. Try again later.")

    monkeypatch.setattr(movielens, "fetch", fetch)
    monkeypatch.setattr(movielens, "is_fetched", lambda remote, folder=None: False)
    app = bringing()
    press(app, "begin-fetch")
    finish(jobs._board())
    app.run()
    app.run()
    assert "no way there" in words(app)
    assert now(app).key == "notebook"


def test_files_of_the_servers_folder_are_opened_by_name(monkeypatch, tmp_path):
    folder = tmp_path / "shelf"
    folder.mkdir()
    (folder / "films.csv").write_bytes(RATED)
    assert not [tab for tab in bringing().tabs if tab.label == "The server's folder"]
    monkeypatch.setenv("LATENT_LENS_DATA_DIR", str(folder))
    app = bringing()
    next(box for box in app.selectbox if box.key == "server_folder").set_value("films.csv")
    app.run()
    press(app, "open-server-folder")
    assert now(app).ratings.n_ratings == 4
    assert now(app).title == "films.csv"


def test_films_come_along_with_a_movielens_file_of_the_servers_folder(monkeypatch, tmp_path):
    (tmp_path / "ml-latest-small").mkdir()
    (tmp_path / "ml-latest-small" / "ratings.csv").write_bytes(RATED)
    (tmp_path / "ml-latest-small" / "movies.csv").write_bytes(FILMS)
    monkeypatch.setenv("LATENT_LENS_DATA_DIR", str(tmp_path))
    app = bringing()
    next(box for box in app.selectbox if box.key == "server_folder").set_value("ml-latest-small/ratings.csv")
    app.run()
    press(app, "open-server-folder")
    assert now(app).ratings.items.tolist() == ["Alien (1979)", "Heat (1995)", "3"]


def test_planted_ratings_and_an_empty_grid():
    app = bringing()
    next(s for s in app.slider if s.key == "planted_users").set_value(20)
    next(s for s in app.slider if s.key == "planted_items").set_value(10)
    next(s for s in app.slider if s.key == "planted_rank").set_value(12)  # more than the items: as many as there are
    app.run()
    assert "of 10 features" in words(app)
    press(app, "plant")
    assert now(app).title.startswith("Planted: 10 features")
    assert (now(app).ratings.n_users, now(app).ratings.n_items) == (20, 10)
    press(app, "empty")
    assert (now(app).ratings.n_users, now(app).ratings.n_items, now(app).ratings.n_ratings) == (5, 4, 1)
    assert now(app).ratings.scale == (1, 5)


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b"user,item,rating\nann,x,5\nbob,y,4,9\n", "line 3"),
        ("a.csv", gzip.compress(b"user,item,rating\n", mtime=0), "gzip archive"),
        ("a.xlsx", b"user,item,rating\nann,x,5\n", "not an Excel file"),
        ("a.zip", b"PK\x03\x04 no zip", "no zip archive"),
        ("a.json", b"[" * 200_000, "a.json"),
        ("a.parquet", b"PAR1 no parquet", "not a Parquet file"),
        ("<img src=x>.csv", b"user,item,rating\nann,x,five\n", "five"),
        ("../../etc/passwd.csv", b"\0\0\0", "NUL"),
    ],
)
def test_a_wrong_file_is_a_sentence_and_what_was_open_stays_open(name, data, says):
    app = upload(bringing(), (name, data))
    assert says.replace(".", "\\.") in words(app) or says in words(app)
    assert now(app).ratings.fingerprint == datasets.notebook().fingerprint
    assert "<img" not in words(app).replace("\\<img", "")
    assert "/etc" not in words(app)


def test_two_files_with_ratings_at_once_are_refused_in_words():
    app = upload(bringing(), ("a.csv", RATED), ("b.csv", RATED))
    assert "one file with ratings can be open at a time" in words(app)
    assert now(app).key == "notebook"


def test_files_leave_the_page_and_come_back_as_they_were():
    app = upload(bringing(), ("ratings.csv", RATED), ("movies.csv", FILMS))
    ratings = now(app).ratings
    with_state(app, out=True)
    from pages.ui.downloads import _parquet

    again = upload(bringing(), ("ratings.parquet", _parquet(ratings)))
    assert now(again).ratings.fingerprint == ratings.fingerprint
    assert now(again).ratings.item_info.equals(ratings.item_info)


def test_an_answer_that_comes_after_its_file_was_left_does_nothing(monkeypatch):
    monkeypatch.setattr(session, "current", lambda: session.Session())
    questions._answered("zeros", "answer-zeros-0")
