"""Older encodings: told from each other where that can be, asked about where it cannot, and never refused for it."""

from __future__ import annotations

import pytest

from nmf_core import NmfError, preview_ratings, read_ratings

TEXTS = {
    "cp1251": "user,item,rating\nИван,Чужой,5\nМария,Звезда,4\nИван,Солярис,3\n",
    "koi8_r": "user,item,rating\nИван,Чужой,5\nМария,Звезда,4\nИван,Солярис,3\n",
    "cp1253": "user,item,rating\nΓιώργος,Ζορμπάς,5\nΜαρία,Άλιεν,4\n",
    "cp932": "user,item,rating\n太郎,千と千尋の神隠し,5\n花子,七人の侍,4\n",
    "euc_kr": "user,item,rating\n민수,기생충,5\n지영,올드보이,4\n",
    "cp1255": "user,item,rating\nדוד,ואלס עם באשיר,5\n",
    "mac_roman": "user;item;rating\nJürgen;Die Brücke;5\nÄnne;Größe;4\n",
}


@pytest.mark.parametrize("encoding", TEXTS)
def test_text_in_an_old_encoding_is_asked_about_and_read_as_said(encoding):
    text = TEXTS[encoding]
    right = read_ratings(text.encode())
    data = text.encode(encoding)
    found = preview_ratings(data)
    (question,) = (q for q in found.questions if q.key == "encoding")
    assert not question.sure and encoding in question.options
    said = preview_ratings(data, encoding=encoding)
    assert said.sure and said.ratings.fingerprint == right.fingerprint
    assert read_ratings(data, encoding=encoding).fingerprint == right.fingerprint
    assert any("not UTF-8; it was read as" in note for note in found.ratings.notes)
    with pytest.raises(NmfError, match=f"Choose by encoding='{question.choice}' or encoding="):
        read_ratings(data)


@pytest.mark.parametrize("encoding", ["cp1251", "koi8_r", "cp1253", "cp932", "euc_kr"])
def test_what_can_be_told_is_guessed_right(encoding):
    assert (
        preview_ratings(TEXTS[encoding].encode(encoding)).ratings.users[0]
        == TEXTS[encoding].split("\n")[1].split(",")[0]
    )


def test_latin_letters_are_not_asked_about():
    text = "user,item,rating\nHélène,Amélie – “le film”,5\nZoë,Les Misérables,4\nAnne‑Œuvre,Château,3\n".replace(
        "‑", "-"
    )
    found = preview_ratings(text.encode("cp1252"))
    assert found.sure and found.ratings.users.tolist() == ["Hélène", "Zoë", "Anne-Œuvre"]
    assert [(q.choice, q.sure) for q in found.questions if q.key == "encoding"] == [("cp1252", True)]


def test_an_encoding_that_is_none_or_not_open_is_refused():
    with pytest.raises(NmfError, match="encoding is 'klingon'; it must be one of cp1252, cp1250"):
        read_ratings(TEXTS["cp1251"].encode("cp1251"), encoding="klingon")
    with pytest.raises(NmfError, match="is UTF-8, or no delimited text, so its encoding is not open"):
        read_ratings(TEXTS["cp1251"].encode(), encoding="cp1251")
    with pytest.raises(NmfError, match=r"line 2: byte 0x.. is no text in Japanese"):
        read_ratings(b"user,item,rating\nb\x81,x,4\n", encoding="cp932")


def test_a_byte_astray_is_an_error_unless_its_encoding_is_said():
    data = "user,item,rating\nAnne,Le Père,5\n".encode("mac_roman")
    with pytest.raises(NmfError, match="line 2: byte 0x8f is no text in UTF-8, UTF-16 or Latin-1.*by encoding="):
        read_ratings(data)
    assert read_ratings(data, encoding="mac_roman").items.tolist() == ["Le Père"]
