"""Blind rounds in the store: many who save at once, closing and revealing, nicknames, and what goes with a project."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from nmf_core.errors import NmfError, StoreError
from nmf_core.labels import shape_of, shapes_of
from nmf_core.labels.rounds import Card, agreement
from nmf_core.store.labels import LabelStore
from nmf_core.store.projects import Projects
from nmf_core.store.rounds import CODE_LENGTH, LETTERS, Rounds, plain_code
from nmf_core.store.tables import answers as answers_table
from nmf_core.store.tables import pupils as pupils_table
from nmf_core.store.tables import rounds as rounds_table
from tests.labels.alpha import alpha_by_pairs
from tests.pages.test_pages import HOSTILE

ITEMS = ["Alien", "Brazil", "Casablanca"]
SHAPES = shapes_of(ITEMS, [[4, 1, 1], [1, 4, 1], [1, 1, 4]])
CARDS = {Card(f, (ITEMS[f],), (*ITEMS,)): SHAPES[f] for f in range(3)}


@pytest.fixture
def store(tmp_path):
    with LabelStore(f"sqlite:///{tmp_path}/labels.db", timeout=60) as opened:
        yield opened


@pytest.fixture
def project(store):
    return store.project_for("ann", "data")


@pytest.fixture
def rounds(store):
    return Rounds(store)


@pytest.fixture
def code(rounds, project):
    return rounds.begin(project, "Films", CARDS).code


def test_a_round_is_found_by_its_code_however_it_is_typed(rounds, project):
    opened = rounds.begin(project, " Films ", CARDS)
    assert len(opened.code) == CODE_LENGTH and set(opened.code) <= set(LETTERS)
    assert not set("01ILO") & set(LETTERS)
    typed = f" {opened.code[:3].lower()}-{opened.code[3:]}\n"
    assert rounds.get(typed) == opened == rounds.get(opened.code)
    assert (opened.title, opened.cards, opened.state) == ("Films", tuple(CARDS), "open")
    assert rounds.shapes(typed) == dict(enumerate(SHAPES)) and rounds.state(typed) == "open"
    assert rounds.of_project(project) == [opened]
    assert plain_code(typed) == opened.code


@pytest.mark.parametrize("code", ["", "AAAAAA", "' OR 1=1 --", "é" * 500, "\x00", None])
def test_an_unknown_code_is_a_sentence(rounds, code):
    with pytest.raises(StoreError, match="no round with the code"):
        rounds.get(code)


@pytest.mark.parametrize(
    "cards",
    [{}, {Card(0, (), (name,)): SHAPES[0] for name in ITEMS}, {Card(0, (), ()): shape_of(ITEMS, [0, 0, 0])}],
    ids=["none", "twice", "empty"],
)
def test_a_round_needs_features_each_once_and_with_weights(rounds, project, cards):
    with pytest.raises(NmfError, match="cards of the features"):
        rounds.begin(project, "Films", cards)


def test_thirty_pupils_who_save_at_once_lose_nothing(rounds, code):
    def take_part(k):
        token = rounds.join(code, f"pupil {k}")
        for f in range(3):
            rounds.answer(code, token, f, "first")
            rounds.answer(code, token, f, f"name {f if k % 3 else k % 5}")
        return token

    with ThreadPoolExecutor(30) as pool:
        tokens = list(pool.map(take_part, range(30)))
    answers = rounds.answers(code)
    assert [(a.nickname, a.feature) for a in answers] == sorted((f"pupil {k}", f) for k in range(30) for f in range(3))
    assert {a.version for a in answers} == {2} and len(set(tokens)) == 30
    assert {(a.nickname, a.text) for a in answers if a.feature == 1} == {
        (f"pupil {k}", f"name {1 if k % 3 else k % 5}") for k in range(30)
    }
    assert rounds.count(code) == (30, 90)
    assert agreement(answers).alpha == pytest.approx(alpha_by_pairs(answers), abs=1e-12)


def test_whoever_joins_at_once_under_one_nickname_is_there_once(rounds, code):
    def join(_):
        try:
            return rounds.join(code, "Ann")
        except StoreError as error:
            return str(error)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(join, range(8)))
    assert sum("Take another nickname" in one for one in found) == 7
    assert rounds.count(code) == (1, 0)


@pytest.mark.parametrize("again", ["Ann", "ann", " ANN "])
def test_a_nickname_is_taken_once(rounds, code, again):
    rounds.join(code, "Ann")
    with pytest.raises(StoreError, match="Take another nickname"):
        rounds.join(code, again)


def test_two_rounds_know_their_own_pupils_only(rounds, project, code):
    other = rounds.begin(project, "More", CARDS).code
    token = rounds.join(code, "Ann")
    rounds.join(other, "Ann")
    assert rounds.nickname(code, token) == "Ann" and rounds.nickname(other, token) is None
    with pytest.raises(StoreError, match="does not know you"):
        rounds.answer(other, token, 0, "Action")
    assert rounds.answers_of(other, token) == {} and rounds.answers(other) == []


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_nicknames_and_names_are_kept_as_they_are(rounds, code, name):
    token = rounds.join(code, name)
    rounds.answer(code, token, 0, name)
    (answer,) = rounds.answers(code)
    assert answer.nickname == answer.text == " ".join(name.split())


@pytest.mark.parametrize("name", ["", "  ", "\u200b", "x" * 81])
def test_a_nickname_must_be_seen(rounds, code, name):
    with pytest.raises(NmfError, match="nickname"):
        rounds.join(code, name)


def test_a_name_is_changed_and_taken_back(rounds, code):
    token = rounds.join(code, "Ann")
    versions = [rounds.answer(code, token, 0, text).version for text in ("War", "Love", "")]
    assert versions == [1, 2, 3]
    assert rounds.answers_of(code, token) == {} and rounds.answers(code) == [] and rounds.count(code) == (1, 0)
    rounds.answer(code, token, 0, "Peace")
    assert rounds.answers_of(code, token) == {0: "Peace"}


def test_a_name_that_cannot_be_leaves_the_one_before(rounds, code):
    token = rounds.join(code, "Ann")
    rounds.answer(code, token, 0, "War")
    for feature, text in ((0, "x" * 81), (0, "\u200b"), (3, "War"), (-1, "War")):
        with pytest.raises(NmfError):
            rounds.answer(code, token, feature, text)
    assert rounds.answers_of(code, token) == {0: "War"}


def test_a_closed_round_takes_no_names_and_an_open_one_again(rounds, code):
    token = rounds.join(code, "Ann")
    rounds.answer(code, token, 0, "War")
    assert rounds.move(code, "closed").state == rounds.move(code, "closed").state == "closed"
    with pytest.raises(StoreError, match="is closed: names can no longer be changed"):
        rounds.answer(code, token, 0, "Love")
    with pytest.raises(StoreError, match="is closed: nobody can join"):
        rounds.join(code, "Bob")
    assert rounds.answers_of(code, token) == {0: "War"} and rounds.nickname(code, token) == "Ann"
    rounds.move(code, "open")
    rounds.answer(code, token, 0, "Love")
    assert rounds.answers_of(code, token) == {0: "Love"}


def test_what_is_revealed_stays_so_and_only_what_is_closed_can_be(rounds, code):
    with pytest.raises(StoreError, match="is open and cannot be revealed"):
        rounds.move(code, "revealed")
    rounds.move(code, "closed")
    rounds.move(code, "revealed")
    for state in ("open", "closed"):
        with pytest.raises(StoreError, match="is revealed and cannot be"):
            rounds.move(code, state)
    with pytest.raises(NmfError, match="must be one of"):
        rounds.move(code, "shut")


def rows(store):
    with store.transaction() as db:
        return [
            db.scalar(sa.select(sa.func.count()).select_from(t)) for t in (rounds_table, pupils_table, answers_table)
        ]


def test_a_round_goes_with_its_project_and_alone(store, rounds, project, code, tmp_path):
    other = rounds.begin(store.project_for("bob", "data"), "His", CARDS).code
    for one in (code, other, rounds.begin(project, "Second", CARDS).code):
        rounds.answer(one, rounds.join(one, "Ann"), 0, "War")
    assert rows(store) == [3, 3, 3]
    rounds.delete(code)
    assert rows(store) == [2, 2, 2]
    Projects(store, tmp_path / "projects").delete(project, "ann")
    assert rows(store) == [1, 1, 1] and [a.text for a in rounds.answers(other)] == ["War"]


def test_the_store_has_no_token(store, rounds, code, tmp_path):
    token = rounds.join(code, "Ann")
    assert token.encode() not in (tmp_path / "labels.db").read_bytes()


def test_a_round_that_is_full_says_so(rounds, code, monkeypatch):
    monkeypatch.setattr("nmf_core.store.rounds.MOST_PUPILS", 2)
    for name in ("Ann", "Bob"):
        rounds.join(code, name)
    with pytest.raises(StoreError, match="2 people are in this round"):
        rounds.join(code, "Cleo")


def test_a_damaged_round_is_named(store, rounds, code):
    with store.transaction(write=True) as db:
        db.execute(sa.update(rounds_table).values(cards="[{}]", shapes='{"0": "x"}'))
    for read in (rounds.get, rounds.shapes):
        with pytest.raises(StoreError, match="'Films' in the store is damaged"):
            read(code)
    rounds.delete(code)
    with pytest.raises(StoreError, match="no round with the code"):
        rounds.get(code)


def test_names_are_made_one_or_left_out_once_the_round_is_closed(rounds, code):
    tokens = {who: rounds.join(code, who) for who in ("Ann", "Bob", "Cat")}
    for who, text in (("Ann", "Sci-Fi"), ("Bob", "SPACE"), ("Cat", "!!")):
        rounds.answer(code, tokens[who], 0, text)
    with pytest.raises(StoreError, match="is open"):
        rounds.reword(code, ["space"], "Sci-Fi")
    rounds.move(code, "closed")
    assert rounds.reword(code, ["scifi", "space"], "Sci-Fi") == 1
    assert rounds.reword(code, ["scifi", "space"], "Sci-Fi") == 0
    assert rounds.reword(code, ["!!"], "") == 1 and rounds.reword(code, [], "x") == 0
    assert [(one.nickname, one.text, one.version) for one in rounds.answers(code)] == [
        ("Ann", "Sci-Fi", 1),
        ("Bob", "Sci-Fi", 2),
    ]
    for bad in ("x" * 81, "\u200b", None):
        with pytest.raises(NmfError):
            rounds.reword(code, ["Sci-Fi"], bad)
    rounds.move(code, "open")
    assert rounds.answers_of(code, tokens["Bob"]) == {0: "Sci-Fi"} and rounds.answers_of(code, tokens["Cat"]) == {}
