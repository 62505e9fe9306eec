"""From a file in doubt to a fit, by what the page says alone: questions, other ways in sight, a reload, one click on advice."""

from __future__ import annotations

from tests.browser.conftest import frames, has_opened, no_trouble, screenshot, settled
from tests.browser.test_uploads import give
from tests.formats.binary_books import ods

SURVEY = b"user,Alien,Heat,Up\nann,5,99,3\nbob,99,4,2\ncat,1,3,99\ndan,2,2,4\neve,4,5,1\n"
COUNTS = b"user,item,rating\n" + b"".join(
    b"u%d,i%d,%d\n" % (u, i, 4_821 if (u, i) == (2, 3) else 1 + (u * 3 + i * 5) % 6) for u in range(6) for i in range(5)
)


def test_a_survey_with_codes_is_opened_by_what_the_page_says(server, open_page):
    page = open_page(server.url)
    settled(page)
    give(page, "survey.csv", SURVEY)
    page.wait_for_selector("text=How is survey.csv to be read?")
    page.wait_for_selector("text=99 stands in 3 cells")
    page.get_by_text("Read it in another way").click()
    frames(page, 19)
    first = page.get_by_text("What stands between the cells?").bounding_box()
    assert first is not None and 0 <= first["y"] < page.viewport_size["height"]  # without scrolling
    page.reload()
    page.wait_for_selector("text=How is survey.csv to be read?")
    settled(page)
    screenshot(page, "questions-survey")
    page.locator(".st-key-open-upload button").click()
    has_opened(page, "survey.csv")
    settled(page)
    assert page.get_by_text("5 users × 3 items, 12 ratings").count() >= 1
    page.wait_for_selector("text=Converged in")
    give(page, "plays.csv", COUNTS)
    page.wait_for_selector("text=plays.csv")
    settled(page)
    if page.locator(".st-key-open-upload button").count():
        page.locator(".st-key-open-upload button").click()
        settled(page)
    page.wait_for_selector("text=Counts rather than ratings")
    page.locator(".st-key-offer-take_logarithm button").click()
    page.wait_for_selector("text=The ratings are log(1 + x) of what they were.")
    settled(page)
    assert page.get_by_text("Counts rather than ratings").count() == 0
    page.wait_for_selector("text=Converged in")
    no_trouble(page)


# Each with its right reading as the page says it: Films down, a header of two lines, pairs that count 1, ticks, a workbook.
FILES = {
    "films_down.csv": (
        b"Films,Ann,Bob,Cat,Dan\nAlien,5,,4,1\nHeat,4,2,,5\nUp,1,5,2,\nBig,,3,5,4\nJaws,3,4,4,2\n",
        "4 users × 5 items, 16 ratings",
    ),
    "two_lines.csv": (
        b'ResponseId,Q1_1,Q1_2,Q1_3\nResponse ID,"How do you rate: - Tea","How do you rate: - Milk","How do you rate: - Juice"\n'
        b"R_1a,5,2,3\nR_2b,4,,2\nR_3c,1,3,4\nR_4d,2,2,4\nR_5e,5,5,1\n",
        "5 users × 3 items, 14 ratings",
    ),
    "liked.csv": (
        b"member,film\nann,Alien\nann,Heat\nbob,Heat\nbob,Up\ncat,Alien\ncat,Up\ndan,Heat\ndan,Big\neve,Big\neve,Alien\n",
        "5 users × 4 items, 10 ratings",
    ),
    "ticks.csv": (
        b"Member;Chess;Go;Skat\nZoe;x;;x\nYann;x;x;\nXenia;;x;x\nWill;x;;\n",
        "4 users × 3 items, 7 ratings",
    ),
    "club.ods": (
        ods(
            {
                "S": [
                    ["", "Alien", "Heat", "Up"],
                    ["ann", 5, None, 3],
                    ["bob", 4, 1, None],
                    ["cat", None, 4, 2],
                    ["dan", 2, 5, 4],
                ]
            }
        ),
        "4 users × 3 items, 9 ratings",
    ),
}


def test_tables_as_people_keep_them_are_opened_by_what_the_page_says(server, open_page):
    page = open_page(server.url, dark=True)
    settled(page)
    for name, (data, size) in FILES.items():
        give(page, name, data)
        page.wait_for_selector(f"text={name}")
        settled(page)
        if page.locator(".st-key-open-upload button").count():  # it asks: what it offers first is taken
            screenshot(page, f"questions-{name.partition('.')[0]}")
            page.locator(".st-key-open-upload button").click()
        has_opened(page, name)
        settled(page)
        assert page.get_by_text(size).count() >= 1, name
        page.wait_for_selector("text=Converged in")
        no_trouble(page)
