"""MovieLens' files in their own layouts, zipped: counts are exact, titles whole, and no note is untrue."""

import io
import zipfile

import numpy as np
import pytest

from nmf_core.errors import NmfError
from nmf_core.formats.movielens import GENRES, read_file_items
from nmf_core.labels.suggest import suggest_names
from nmf_core.reading.read import read_ratings


def zipped(members, packing=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def flags(*genres):
    return "|".join("1" if genre in genres else "0" for genre in GENRES)


U_ITEM = "".join(
    (
        f"1|Toy Story (1995)|01-Jan-1995||http://us.imdb.com/M/title-exact?Toy%20Story%20(1995)|{flags('Animation', 'Comedy')}\n",
        f"2|Misérables, Les (1995)|01-Jan-1995||http://us.imdb.com/M|{flags('Drama', 'Musical')}\n",
        f"267|unknown||||{flags('unknown')}\n",
        f"4|Shanghai Triad|10-Feb-1996||http://us.imdb.com/M|{flags('Sci-Fi')}\n",
    )
)
U_GENRE = "".join(f"{genre}|{k}\n" for k, genre in enumerate(GENRES)) + "\n"
U_DATA = "196\t1\t3\t881250949\n196\t2\t5\t881250949\n22\t267\t1\t878887116\n22\t4\t4\t878887116\n"
ML_100K = {
    "ml-100k/": "",
    "ml-100k/README": "SUMMARY\n",
    "ml-100k/allbut.pl": "#!/usr/local/bin/perl\n",
    "ml-100k/mku.sh": "#!/bin/sh\n",
    "ml-100k/u.data": U_DATA,
    "ml-100k/u.genre": U_GENRE,
    "ml-100k/u.info": "2 users\n4 items\n4 ratings\n",
    "ml-100k/u.item": U_ITEM.encode("latin-1"),
    "ml-100k/u.occupation": "artist\n",
    "ml-100k/u.user": "1|24|M|technician|85711\n",
    "ml-100k/u1.base": U_DATA,
    "ml-100k/u1.test": U_DATA,
}
MOVIES_DAT = (
    "1::Toy Story (1995)::Animation|Children's|Comedy\n"
    "2::Misérables, Les (1995)::Drama|Musical\n"
    "3::Mission::Impossible (1996)::Action\n"
    "9::Never Rated (1990)::Drama\n"
)
RATINGS_DAT = "1::1::5::978300760\n1::2::3::978302109\n2::3::4::978301968\n2::1::1::978300275\n"
ML_1M = {
    "ml-1m/movies.dat": MOVIES_DAT.encode("latin-1"),
    "ml-1m/ratings.dat": RATINGS_DAT,
    "ml-1m/README": "SUMMARY\n",
    "ml-1m/users.dat": "1::F::1::10::48067\n",
}
MOVIES_CSV = (
    "movieId,title,genres\r\n"
    "1,Toy Story (1995),Adventure|Animation|Children|Comedy|Fantasy\r\n"
    '11,"American President, The (1995)",Comedy|Drama|Romance\r\n'
    '7789,"""11\'09""01 - September 11 (2002)",Drama\r\n'
    "171749,Death Note: Desu nôto (2006–2007),(no genres listed)\r\n"
    "9,Babylon 5,Sci-Fi\r\n"
)
RATINGS_CSV = (
    "userId,movieId,rating,timestamp\r\n1,1,4.0,964982703\r\n1,11,0.5,964981247\r\n2,7789,5.0,1\r\n2,171749,3.5,1\r\n"
)
LATEST = {
    "ml-latest-small/links.csv": "movieId,imdbId,tmdbId\r\n1,0114709,862\r\n",
    "ml-latest-small/movies.csv": MOVIES_CSV,
    "ml-latest-small/ratings.csv": RATINGS_CSV,
    "ml-latest-small/README.txt": "Summary\r\n",
    "ml-latest-small/tags.csv": "userId,movieId,tag,timestamp\r\n2,1,pixar,1445714994\r\n",
}


def info(ratings):
    return ratings.item_info.loc[ratings.items].to_numpy().tolist()


def test_100k():
    ratings = read_ratings(zipped(ML_100K), name="ml-100k.zip")
    assert ratings.to_table().values.tolist() == [["196", "1", 3], ["196", "2", 5], ["22", "267", 1], ["22", "4", 4]]
    assert ratings.scale == (1, 5)
    assert info(ratings) == [
        ["Toy Story (1995)", "1995", "Animation|Comedy"],
        ["Misérables, Les (1995)", "1995", "Drama|Musical"],
        ["unknown", "", ""],
        ["Shanghai Triad", "1996", "Sci-Fi"],
    ]
    assert ratings.notes == (
        "Ratings are from u.data, titles and genres from u.item.",
        "Read as a long table: user = user, item = item, rating = rating, time = timestamp.",
    )


def test_1m():
    ratings = read_ratings(zipped(ML_1M))
    assert (ratings.n_users, ratings.n_items, ratings.n_ratings, ratings.scale) == (2, 3, 4, (1, 5))
    assert info(ratings) == [
        ["Toy Story (1995)", "1995", "Animation|Children's|Comedy"],
        ["Misérables, Les (1995)", "1995", "Drama|Musical"],
        ["Mission::Impossible (1996)", "1996", "Action"],
    ]
    assert ratings.notes[-1] == "1 of the 4 items in the metadata have no ratings and were left out."


def test_latest():
    ratings = read_ratings(zipped(LATEST))
    assert (ratings.n_users, ratings.n_items, ratings.n_ratings, ratings.scale) == (2, 4, 4, (0.5, 5))
    assert info(ratings) == [
        ["Toy Story (1995)", "1995", "Adventure|Animation|Children|Comedy|Fantasy"],
        ["American President, The (1995)", "1995", "Comedy|Drama|Romance"],
        ['"11\'09"01 - September 11 (2002)', "2002", "Drama"],
        ["Death Note: Desu nôto (2006–2007)", "2006", ""],
    ]
    assert ratings.notes == (
        "Ratings are from ratings.csv, titles and genres from movies.csv.",
        "Read as a long table: user = userId, item = movieId, rating = rating, time = timestamp.",
        "1 of the 5 items in the metadata have no ratings and were left out.",
    )


@pytest.mark.parametrize("folder", ["", "a/b/c/", "../../", "C:\\data\\"])
def test_a_zip_of_ones_own(folder):
    members = {folder + "U.DATA": U_DATA, folder + "u.item": U_ITEM.encode("latin-1"), folder + ".DS_Store": b"\0" * 9}
    ratings = read_ratings(zipped(members | {"__MACOSX/._u.data": b"\0", "._u.item": b"\0"}))
    assert ratings.n_ratings == 4 and ratings.item_info.loc["4", "genres"] == "Sci-Fi"


def test_line_ends_do_not_matter():
    for members in (ML_100K, ML_1M, LATEST):
        texts = {name: x if isinstance(x, bytes) else x.encode() for name, x in members.items()}
        plain = {name: x.replace(b"\r\n", b"\n") for name, x in texts.items()}
        other = {name: x.replace(b"\n", b"\r\n") for name, x in plain.items()}
        one, two = read_ratings(zipped(plain)), read_ratings(zipped(other))
        assert one.fingerprint == two.fingerprint and one.item_info.equals(two.item_info)


def test_the_whole_size_of_100k():
    rng = np.random.default_rng(0)
    n_users, n_items, n = 943, 1682, 100_000
    cells = np.concatenate([np.arange(n_items) % n_users * n_items + np.arange(n_items)])
    rest = np.setdiff1d(np.arange(n_users * n_items), cells)
    cells = rng.permutation(np.concatenate([cells, rng.choice(rest, n - len(cells), replace=False)]))
    values = rng.integers(1, 6, n)
    data = "".join(
        f"{c // n_items + 1}\t{c % n_items + 1}\t{v}\t88125{c % 9999:04d}\n" for c, v in zip(cells, values, strict=True)
    )
    items = "".join(
        f"{k}|Film {k}, Thé (19{k % 80 + 10})|01-Jan-1995||http://us.imdb.com/M|{flags('Horror' if k <= 60 else 'Drama')}\n"
        for k in range(1, n_items + 1)
    )
    ratings = read_ratings(zipped(ML_100K | {"ml-100k/u.data": data, "ml-100k/u.item": items.encode("latin-1")}))
    assert (ratings.n_users, ratings.n_items, ratings.n_ratings) == (n_users, n_items, n)
    assert ratings.V.sum() == values.sum() and len(ratings.times) == n
    assert ratings.item_info.loc["7"].tolist() == ["Film 7, Thé (1917)", "1917", "Horror"]
    of_horror = (ratings.item_info["genres"] == "Horror").to_numpy(dtype=float)
    assert suggest_names([of_horror, 1 - of_horror], 0, ratings.items, ratings.item_info)[0].text == "Horror"


def test_genres_are_known_without_u_genre_and_in_its_order_with_it():
    data = U_ITEM.encode()
    assert read_file_items(data, "u.item").loc["1", "genres"] == "Animation|Comedy"
    turned = "".join(f"{genre}|{k}\n" for k, genre in enumerate(reversed(GENRES))).encode()
    assert read_file_items(data, "u.item", turned).loc["4", "genres"] == GENRES[18 - GENRES.index("Sci-Fi")]


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("u.item", b"1|Alien|||1|0|1\n", "u.item, line 1: there are 7 fields"),
        ("u.item", U_ITEM.encode().replace(b"0\n2|", b"x\n2|"), "u.item, line 1: .*a 0 or 1"),
        ("movies.dat", b"1::Alien::Horror\n2::Heat\n", "movies.dat, line 2: there are 2 fields"),
        (
            "movies.dat",
            b"1::Alien::Horror\n\n1::Heat::Crime\n",
            "movies.dat, line 3: the item '1' is there already, in line 1",
        ),
        ("movies.dat", b" ::Alien::Horror\n", "movies.dat, line 1: the item id is blank"),
        ("movies.csv", b"movieId,title,genres\n1,Ran, the film,Drama\n", "movies.csv, line 2: the row has 4 cells"),
        ("movies.csv", b'movieId,title,genres\n1,"Ran,Drama\n', "movies.csv, line 2: unexpected end"),
        ("movies.csv", b"id,title\n1,Ran\n", "movies.csv, line 1: the header is 'id,title'"),
        ("movies.csv", b"movieId,title,genres\n", "movies.csv has no items"),
    ],
)
def test_broken_files_about_films(name, data, says):
    with pytest.raises(NmfError, match=says):
        read_file_items(data, name)


def test_an_empty_u_genre_is_as_none():
    assert read_ratings(zipped(ML_100K | {"ml-100k/u.genre": ""})).item_info.loc["4", "genres"] == "Sci-Fi"


def test_a_wrong_rating_in_a_zip_is_named_with_its_file():
    with pytest.raises(NmfError, match=r"a.zip, u.data, line 2, column 'rating': 'bad' is not a number"):
        read_ratings(zipped(ML_100K | {"ml-100k/u.data": U_DATA.replace("2\t5", "2\tbad")}), name="a.zip")


@pytest.mark.parametrize("row", ["1\t1\t5\t1", "1\t1\t5", "user_id\titem_id\trating\ttime\n1\t1\t5\t1"])
def test_one_row_is_enough_with_or_without_a_header(row):
    ratings = read_ratings(zipped(ML_100K | {"ml-100k/u.data": row}))
    assert ratings.to_table().values.tolist() == [["1", "1", 5]]


def test_films_that_do_not_match_do_not_hide_the_ratings():
    other = MOVIES_CSV.replace("\r\n", "\r\nx")[:-1]
    ratings = read_ratings(zipped(LATEST | {"ml-latest-small/movies.csv": other}))
    assert ratings.n_ratings == 4 and ratings.item_info is None
    assert ratings.notes[-1].startswith("None of the 4 items has metadata")
