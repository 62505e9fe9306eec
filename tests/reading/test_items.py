"""Files about items: which columns are what, what is refused, and how they meet ratings."""

import dataclasses
import io

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmf_core import datasets
from nmf_core.data.ratings import Ratings
from nmf_core.errors import NmfError
from nmf_core.reading.items import looks_like_items, read_items
from nmf_core.reading.join import join_items, named_by_title
from nmf_core.reading.read import read_ratings
from tests.formats.test_movielens import LATEST, ML_100K, MOVIES_CSV, MOVIES_DAT, RATINGS_CSV, U_DATA, U_ITEM, zipped

FRAME = pd.DataFrame(
    {"id": [7, 8], "name": ["Alien", "Heat"], "Genre": ["Horror, Sci-Fi", "Crime"], "Year": [1979, 1995]}
)
READ = [["Alien", "Horror|Sci-Fi", "1979"], ["Heat", "Crime", "1995"]]


def buffer(write):
    out = io.BytesIO()
    write(out)
    return out.getvalue()


SOURCES = {
    "csv": (FRAME.to_csv(index=False).encode(), "a.csv"),
    "excel": (buffer(lambda out: FRAME.to_excel(out, index=False)), "a.xlsx"),
    "parquet": (buffer(lambda out: FRAME.to_parquet(out)), "a.parquet"),
    "json": (FRAME.to_json(orient="records").encode(), "a.json"),
    "zip": (zipped({"x/films.csv": FRAME.to_csv(index=False)}), "a.zip"),
    "frame": (FRAME, None),
    "frame with ids as index": (FRAME.set_index("id"), None),
}


@pytest.mark.parametrize(("source", "name"), SOURCES.values(), ids=SOURCES.keys())
def test_any_table_with_an_item_column(source, name):
    info = read_items(source, name=name)
    assert info.index.tolist() == ["7", "8"] and info.index.name == "item"
    assert info[["title", "genres", "year"]].to_numpy().tolist() == READ
    assert name is None or looks_like_items(source, name)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (U_ITEM.encode("latin-1"), "u.item"),
        (MOVIES_DAT.encode("latin-1"), "movies.dat"),
        (MOVIES_CSV.encode(), "movies.csv"),
        (MOVIES_CSV.encode(), "films.csv"),
        (MOVIES_CSV.encode("utf-16"), "films.csv"),
    ],
)
def test_movielens_files(data, name):
    assert looks_like_items(data, name)
    assert read_items(data, name=name).loc["1"].to_dict()["title"] == "Toy Story (1995)"
    assert read_items(data, name=name).loc["1", "year"] == "1995"


def test_movielens_zip_files_give_their_films():
    assert len(read_items(zipped(ML_100K))) == 4 and len(read_items(zipped(LATEST))) == 5


def test_ids_stay_text_and_blank_cells_blank():
    info = read_items(b"item,title,director,genres\n007,NA,,unknown\n07,None,x,Action;;Drama\n,,,\n")
    assert info.index.tolist() == ["007", "07"]
    assert info.to_numpy().tolist() == [["NA", "", ""], ["None", "x", "Action|Drama"]]


def test_lists_of_genres_in_json():
    info = read_items(
        b'[{"movieId": 1, "title": "Alien", "genres": ["Horror", "Sci-Fi"]}, {"movieId": 2, "genres": []}]'
    )
    assert info.to_numpy().tolist() == [["Alien", "Horror|Sci-Fi"], ["", ""]]


def test_years_come_from_dates_and_titles():
    assert read_items(b"id;released\n1;1999-05-01\n2;12/31/2001\n3;soon\n")["year"].tolist() == ["1999", "2001", "soon"]
    assert read_items(b"id;title\n1;Alien (1979)\n2;Heat (1995)\n3;Ran\n")["year"].tolist() == ["1979", "1995", ""]
    assert "year" not in read_items(b"id;title\n1;Alien\n2;Heat (1995)\n3;Ran\n")


def test_columns_with_unusual_names_can_be_told():
    data = b"nr,label,title,shelf\n1,Alien,Dr,Horror\n"
    info = read_items(data, columns={"item": "nr", "title": "label", "genres": "shelf"})
    assert info.loc["1"].to_dict() == {"title": "Alien", "title (column 3)": "Dr", "genres": "Horror"}
    for columns in ({"item": "number"}, {"taste": "nr"}):
        with pytest.raises(NmfError, match="The file, line 1: columns says"):
            read_items(data, columns=columns)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("movieId,title\n1,Alien\n,Heat\n", "a.csv, line 3: the item id is blank"),
        ("movieId,title\n1,Alien\n2,Heat\n1,Ran\n", "a.csv, line 4: the item '1' is there already, in line 2"),
        ("movieId,title\n", "a.csv has no items"),
        ("year,genres\n1979,Horror\n", "a.csv, line 1: there is no item column among 'year, genres'"),
        ("movieId,title,title\n1,Alien,x\n", "a.csv, line 1: the column 'title' is there twice"),
        ("movieId,title\n1,Alien,x\n", "a.csv, line 2: the row has 3 cells"),
        ("", "a.csv is empty"),
    ],
)
def test_refused(text, says):
    with pytest.raises(NmfError, match=says):
        read_items(text.encode(), name="a.csv")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (RATINGS_CSV.encode(), "ratings.csv"),
        (U_DATA.encode(), "u.data"),
        (LATEST["ml-latest-small/tags.csv"].encode(), "tags.csv"),
        (b"movie,ann,bob\nAlien,5,4\n", "a.csv"),
        (b"user,Alien,Heat\nann,5,4\n", "a.csv"),
        (b"movie,year,score\nAlien,1979,5\n", "a.csv"),
        (b"nonsense", "a.csv"),
        (b"\x89PNG", "a.csv"),
        (b"PK\x03\x04", "a.zip"),
        (zipped(ML_100K), "a.zip"),
        (b"", "a.csv"),
    ],
)
def test_ratings_are_not_taken_for_items(data, name):
    assert not looks_like_items(data, name)


def test_a_long_file_is_known_by_its_first_rows():
    rows = "".join(f'{k},"Film ""{k}""\n a",Drama\n' for k in range(9000))
    assert looks_like_items(("movieId,title,genres\n" + rows).encode(), "a.csv")


RATINGS = Ratings.from_cells(["ann", "ann", "bob"], ["1", "2", "3"], [5, 3, 4])


def test_join_by_id():
    info = pd.DataFrame({"title": ["Heat", "Alien", "Ran"]}, index=["2", "1", "9"])
    ratings, join = join_items(RATINGS, info)
    assert ratings.item_info["title"].fillna("-").tolist() == ["Alien", "Heat", "-"]
    assert (join.by, join.n_matched, join.n_rows, join.without, join.unused) == ("id", 2, 3, ("3",), ("9",))
    assert join.notes == (
        "1 of 3 items have no metadata (such as '3').",
        "1 of the 3 items in the metadata have no ratings and were left out.",
    )
    assert ratings.fingerprint == RATINGS.fingerprint


def test_join_by_title_where_no_id_matches():
    ratings = Ratings.from_cells(["ann"] * 3, ["ALIEN", "Emma", "Heat"], [5, 3, 4])
    info = pd.DataFrame({"title": ["Alien", "Emma", "Emma", "Heat"], "year": list("abcd")}, index=["1", "2", "3", "4"])
    joined, join = join_items(ratings, info)
    assert (join.by, join.without, join.unused) == ("title", ("Emma",), ("2", "3"))
    assert joined.item_info.loc["ALIEN", ["id", "year"]].tolist() == ["1", "a"]
    assert "matched by title" in join.notes[0]


def test_titles_as_ids_match_whatever_their_case():
    joined, join = join_items(
        Ratings.from_cells(["ann"], ["alien"], [5]), pd.DataFrame({"year": ["1979"]}, index=["Alien"])
    )
    assert (join.by, joined.item_info.loc["alien", "year"]) == ("title", "1979")


def test_earlier_metadata_stays():
    ratings, _ = join_items(RATINGS, pd.DataFrame({"title": list("abc"), "year": list("xyz")}, index=["1", "2", "3"]))
    again, _ = join_items(ratings, pd.DataFrame({"title": list("ABC"), "director": list("pqr")}, index=["3", "2", "1"]))
    assert again.item_info.loc["1"].to_dict() == {"title": "C", "director": "r", "year": "x"}


def test_join_refusals():
    with pytest.raises(NmfError, match="None of the 3 items has metadata.*'1', '2', '3'.*'8', '9'.*'Alien', 'Heat'"):
        join_items(RATINGS, pd.DataFrame({"title": ["Alien", "Heat"]}, index=["8", "9"]))
    with pytest.raises(NmfError, match="the item '1' twice"):
        join_items(RATINGS, pd.DataFrame({"title": ["Alien", "Heat"]}, index=["1", "1"]))
    with pytest.raises(NmfError, match="of type list"):
        join_items(RATINGS, [1])


def test_two_files_become_one():
    ratings = read_ratings(RATINGS_CSV.encode())
    joined, join = join_items(ratings, read_items(MOVIES_CSV.encode()))
    named = named_by_title(joined)
    assert (join.by, join.n_matched, join.unused) == ("id", 4, ("9",))
    assert named.of_user("1") == {"Toy Story (1995)": 4, "American President, The (1995)": 0.5}
    assert named.item_info["id"].tolist() == ratings.items.tolist()
    assert (named.V != ratings.V).nnz == 0


@pytest.mark.parametrize(
    ("titles", "names"),
    [
        (["Alien", "", None], ["Alien", "2", "3"]),
        (["Emma", "Emma", "Heat"], ["Emma [1]", "Emma [2]", "Heat"]),
        (["2", "", "Heat"], ["2 [1]", "2 [2]", "Heat"]),
        (["Emma", "Emma", "Emma [1]"], ["Emma [1] [1]", "Emma [2]", "Emma [1] [3]"]),
        (["a\nb", " c ", "d\x07"], ["a b", "c", "d�"]),
    ],
)
def test_names_by_title_stay_distinct(titles, names):
    ratings = dataclasses.replace(RATINGS, item_info=pd.DataFrame({"title": titles}, index=RATINGS.items))
    named = named_by_title(ratings)
    assert named.items.tolist() == names and named.item_info.index.tolist() == names
    assert named.item_info["id"].tolist() == ["1", "2", "3"]
    assert named_by_title(named).items.is_unique


def test_without_titles_nothing_changes():
    assert named_by_title(RATINGS) is RATINGS
    night = datasets.movie_night()
    assert named_by_title(night) is night


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([*SOURCES][:5]), st.data())
def test_damaged_files(kind, data):
    source, name = SOURCES[kind]
    content = bytearray(source)
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    assert looks_like_items(bytes(content), name) in (True, False)
    try:
        assert isinstance(read_items(bytes(content), name=name), pd.DataFrame)
    except NmfError:
        return


@settings(max_examples=60, deadline=None)
@given(
    st.text(alphabet='1a|:,;"\n\r (9)\0é', max_size=60),
    st.sampled_from(["u.item", "movies.dat", "movies.csv", "a.csv"]),
)
def test_random_text(text, name):
    for head in ("", "1|Alien (1979)|||" + "|0" * 19 + "\n", "1::Alien (1979)::Horror\n", "movieId,title,genres\n"):
        data = (head + text).encode()
        assert looks_like_items(data, name) in (True, False)
        try:
            assert isinstance(read_items(data, name=name), pd.DataFrame)
        except NmfError:
            continue
