"""Bringing ratings in a real browser: each format, a look first, reload and restart, a large upload beside another person."""

from __future__ import annotations

import io
import zipfile

import pandas as pd
import pytest

from nmf_core import datasets, read_ratings
from nmf_core.export import ratings_csv, ratings_excel
from nmf_core.formats.native_parquet import to_parquet
from tests.browser.conftest import frames, has_opened, no_trouble, screenshot, settled
from tests.browser.test_grid import cells, paste, press, shows

FRAME = pd.DataFrame(
    {"user": ["ann", "ann", "bob", "bob"], "item": ["007", "07", "007", "NA"], "rating": [5, 1, 4, 2.5]}
)


def parquet() -> bytes:
    file = io.BytesIO()
    to_parquet(read_ratings(FRAME), file)
    return file.getvalue()


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(
            "ml/u.data", "1\t10\t5\t881250949\n1\t11\t4\t881250950\n2\t10\t3\t881250950\n2\t11\t1\t881250951\n"
        )
        films = [f"{k}|Film {k} (1995)|01-Jan-1995||http://x|{'|'.join('0' * 18)}|1" for k in (10, 11)]
        archive.writestr("ml/u.item", "\n".join(films).encode("latin-1"))
    return file.getvalue()


FILES = {
    "list.csv": lambda: ratings_csv(read_ratings(FRAME)),
    "list.tsv": lambda: FRAME.to_csv(index=False, sep="\t").encode(),
    "list.xlsx": lambda: ratings_excel(read_ratings(FRAME)),
    "list.parquet": parquet,
    "list.json": lambda: FRAME.to_json(orient="records").encode(),
    "ml.zip": zipped,
}


def give(page, name: str, data: bytes) -> None:
    """Put a file into the box."""
    page.locator('input[type="file"]').first.set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": data}
    )


def test_each_format_opens(server, open_page):
    page = open_page(server.url)
    settled(page)
    for name, made in FILES.items():
        give(page, name, made())
        has_opened(page, name)
        settled(page)
        assert page.get_by_text("2 users × ").count() >= 1
        no_trouble(page)
    assert page.locator(".js-plotly-plot text", has_text="Film 10 (1995)").count() >= 1  # by title, not by id


def test_what_was_uploaded_pasted_and_undone_is_there_after_a_reload_and_a_restart(fresh_server, open_page):
    page = open_page(fresh_server.url)
    settled(page)
    give(
        page, "club.csv", b"who;what;points;n\nann;x;4,5;1\nann;y;1;2\nbob;x;3;3\nbob;y;2;4\ncy;x;0;5\n"
    )  # is a 0 a rating?
    page.wait_for_selector("text=How is club.csv to be read?")
    screenshot(page, "bring-look-first")
    page.locator(".st-key-open-upload button").click()
    has_opened(page, "club.csv")
    shows(page, 0, ["ann", "4.5", "1"])
    paste_two(page, "2\t3\n5\t4\n")
    shows(page, 1, ["bob", "5", "4"])
    press(page, "Undo")
    shows(page, 1, ["bob", "3", "2"])
    press(page, "Redo")
    shows(page, 0, ["ann", "2", "3"])
    before = cells(page)
    assert "project=" in page.url
    page.reload()
    page.wait_for_selector("h1")
    shows(page, 0, ["ann", "2", "3"])
    assert cells(page) == before
    context, url = page.context, page.url
    with page.expect_websocket() as connection:
        fresh_server.stop()
        fresh_server.start()
    # The page that stayed open goes on, and so does one that is opened anew.
    connection.value.wait_for_event("framereceived")
    frames(page, 63)
    shows(page, 1, ["bob", "5", "4"])
    paste(page, 1, 2, "1\n", n_items=2)
    shows(page, 1, ["bob", "5", "1"])
    press(page, "Undo")
    again = open_page(url, context=context)
    shows(again, 0, ["ann", "2", "3"])
    assert cells(again) == before
    press(again, "Reset")
    shows(again, 0, ["ann", "4.5", "1"])
    no_trouble(again)


def paste_two(page, block: str) -> None:
    """Paste over the whole of a grid of two items."""
    paste(page, 0, 1, block, n_items=2)


def test_a_project_is_found_in_the_list_and_renamed(server, open_page):
    page = open_page(server.url)
    settled(page)
    give(page, "old.csv", FILES["list.csv"]())
    has_opened(page, "old.csv")
    settled(page)
    page.get_by_text("Bring your own ratings").click()
    page.get_by_role("tab", name="Your projects").click()
    page.wait_for_selector("text=just now")
    screenshot(page, "bring-projects")
    page.locator("[class*='st-key-more-'] button").first.click()
    page.get_by_label("Name", exact=True).fill("Film club")
    page.keyboard.press("Enter")
    page.wait_for_selector("strong:has-text('Film club')")
    settled(page)
    assert page.locator('input[aria-label="Ratings"]').input_value() == "Film club"
    no_trouble(page)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_way_to_bring_ratings_is_drawn(server, open_page, dark):
    page = open_page(server.url, dark=dark)
    settled(page)
    page.get_by_text("Bring your own ratings").click()
    for name in ("A file", "MovieLens", "Planted features", "An empty grid", "Your projects"):
        page.get_by_role("tab", name=name).click()
        frames(page, 19)
        screenshot(page, f"bring-{name.split()[-1].lower()}-{'dark' if dark else 'light'}")
    no_trouble(page)


def test_names_that_are_addresses_are_no_links(server, open_page, tmp_path):
    file = tmp_path / "names.csv"
    rows = ["https://evil.example/a,www.evil.example,5", "ann@x.org,HTTP://E.org,3", "mailto:q@z.org,xmpp:a@b.co,4"]
    file.write_text("user,item,rating\n" + "\n".join(rows) + "\n")
    page = open_page(server.url)
    settled(page)
    page.get_by_text("Bring your own ratings").click()
    page.locator('input[type="file"]').first.set_input_files(str(file))
    has_opened(page, "names.csv")
    for name in ("Factors", "Labels", "Recommend"):
        page.get_by_role("link", name=name).first.click()
        page.get_by_role("heading", name=name, exact=True).wait_for()
        settled(page)
        links = page.evaluate("[...document.querySelectorAll('[data-testid=stMain] a')].map(link => link.href)")
        assert [link for link in links if not link.startswith(server.url)] == []
        assert page.get_by_text("evil.example").count() > 0 or page.get_by_text("x.org").count() > 0


# Notes whether some words were ever on the page: on a fast machine they stand there for a moment only.
SEE = """words => {
    new MutationObserver(() => { window.seen ||= document.body.innerText.includes(words) })
        .observe(document.body, {subtree: true, childList: true, characterData: true})
}"""


def test_a_large_upload_shows_progress_and_leaves_another_person_alone(server, open_page, tmp_path):
    file = tmp_path / "large.csv"
    table = datasets.planted(20_000, 5_000, 4, 0.02, noise=0.3).to_table()  # two million ratings
    lines = (table["user"] + "-of-many-people-who-rate," + table["item"] + "," + table["rating"].astype(str)).tolist()
    file.write_text("user,item,rating\n" + "\n".join(lines))
    while file.stat().st_size < 100_000_000:  # ratings said twice count once
        with file.open("a") as more:
            more.write("\n" + "\n".join(lines))
    other = open_page(f"{server.url}/factors")
    other.wait_for_selector(".js-plotly-plot .heatmaplayer")
    settled(other)
    page = open_page(server.url)
    settled(page)
    page.get_by_text("Bring your own ratings").click()
    page.evaluate(SEE, "Reading large.csv (")
    page.locator('input[type="file"]').first.set_input_files(str(file))
    page.wait_for_selector('[data-testid="stFileChip"]')  # with its spinner while it is on its way
    page.wait_for_function("window.seen")
    # Meanwhile another person changes the rank and gets the picture; a page that is stuck runs into the bound of a wait.
    for rank in (3, 1, 3, 1):
        other.get_by_label("Rank", exact=True).fill(str(rank))
        other.keyboard.press("Enter")
        other.wait_for_function("rank => location.search.includes('rank=' + rank)", arg=rank)
        settled(other)
    no_trouble(other)
    has_opened(page, "large.csv")
    settled(page)
    assert page.get_by_text("20,000 users").count() >= 1
    assert page.get_by_role("button", name="Undo").count() == 1
    no_trouble(page)
