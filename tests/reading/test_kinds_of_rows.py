"""Rows of several kinds, such as play and purchase: asked about where that matters, and kept by kind."""

from __future__ import annotations

import pytest

from nmf_core import NmfError, preview_ratings, read_ratings

GAMES = (
    b"user,game,event,score\nann,Dota,purchase,1\nann,Dota,play,5\nann,Portal,purchase,1\nbob,Dota,purchase,1\n"
    b"bob,Dota,play,3\nbob,Portal,purchase,1\nbob,Portal,play,4\ncid,Portal,purchase,1\ncid,Portal,play,2\n"
)


def kinds(text: bytes, **options):
    return next((q for q in preview_ratings(text, **options).questions if q.key == "only"), None)


def test_rows_of_one_kind_only_are_read():
    ratings = read_ratings(GAMES, only={"event": "play"})
    assert {(r.user, r.item): r.rating for r in ratings.to_table().itertuples()} == {
        ("ann", "Dota"): 5,
        ("bob", "Dota"): 3,
        ("bob", "Portal"): 4,
        ("cid", "Portal"): 2,
    }
    assert any("'event' is 'play' were read; 5 other rows were left out" in note for note in ratings.notes)
    both = read_ratings(GAMES, only={"event": ["play", "purchase"]})
    assert both.n_ratings == 5 and not any("left out" in note for note in both.notes)


def test_lines_are_those_of_the_file_though_rows_were_left_out():
    with pytest.raises(NmfError, match="line 6, column 'score': 'bad'"):
        read_ratings(GAMES.replace(b"bob,Dota,play,3", b"bob,Dota,play,bad"), only={"event": "play"})


def test_which_rows_count_is_asked_where_deeds_are_told_apart_or_pairs_come_again():
    asked = kinds(GAMES)
    assert not asked.sure and asked.about == "event"
    assert asked.choice == asked.options == ("purchase", "play")
    with pytest.raises(NmfError, match="only some rows count"):
        read_ratings(GAMES)
    answered = kinds(GAMES, only={"event": ["play"]})
    assert answered.sure and answered.choice == ("play",) and set(answered.options) == {"purchase", "play"}


def test_few_words_that_say_nothing_of_deeds_are_offered_and_not_asked():
    text = b"user,item,rating,gender\n" + b"".join(
        b"u%d,i%d,%d,%s\n" % (u, i, 1 + (u + i) % 5, b"fm"[u % 2 : u % 2 + 1]) for u in range(4) for i in range(5)
    )
    found = kinds(text)
    assert found.about == "gender" and found.sure
    assert read_ratings(text, only={"gender": "f"}).n_users == 2


def test_what_is_not_there_is_said():
    for only, words in (
        ({"event": "plya"}, "no row has 'plya' in the column 'event'; there are .* Did you mean 'play'"),
        ({"deed": "play"}, "no column 'deed' that says what kind a row is"),
        ({"event": "play", "score": 1}, "no row is of all these kinds at once"),
        ("play", "only is 'play'; it must say which rows count"),
    ):
        with pytest.raises(NmfError, match=words):
            read_ratings(GAMES, only=only)


def test_first_rows_of_another_kind_do_not_hide_those_that_count():
    rows = [f"u{k % 50},i{k // 50},view,0" for k in range(5_000)] + [
        f"u{k},i{k % 7},rate,{1 + k % 5}" for k in range(50)
    ]
    text = ("user,item,event,rating\n" + "\n".join(rows)).encode()
    assert read_ratings(text, only={"event": "rate"}).n_ratings == 50


def test_deeds_are_asked_about_though_they_were_taken_for_items():
    rows = [
        f"{user},{game},{deed},{n},0"
        for user in (151, 187, 599)
        for game in ("Skyrim", "Dota 2")
        for deed, n in (("purchase", 1.0), ("play", user / 10))
    ]
    asked = kinds("\n".join(rows).encode())
    assert not asked.sure and set(asked.options) == {"purchase", "play"}
