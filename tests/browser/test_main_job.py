"""The main job in a real browser: open, edit, upload, set, look, click, name, restart, read."""

from __future__ import annotations

import json
import re

import pytest

from pages.ui.page_list import PAGES
from tests.browser.conftest import frames, has_opened, has_said, no_trouble, screenshot, settled, type_into_cell


def heat_values(page, trace: int = -1) -> list:
    """The text in the cells of V, as the picture shows it."""
    return page.evaluate(
        """() => { const d = document.querySelector('.js-plotly-plot').data.filter(t => t.type === 'heatmap');
        return d[d.length - 1].text; }"""
    )


def wait_for_change(page, before) -> list:
    page.wait_for_function(
        """before => { const p = document.querySelector('.js-plotly-plot'); if (!p || !p.data) return false;
        const d = p.data.filter(t => t.type === 'heatmap'); return JSON.stringify(d[d.length - 1].text) !== before; }""",
        arg=json.dumps(before, separators=(",", ":")),
    )
    return heat_values(page)


# The first of them is what anybody opens first on this server; on those of other modules that is Ratings, and below it is Labels.
@pytest.mark.parametrize("name", [*reversed(PAGES)])
def test_each_page_opens_by_deep_link_in_a_browser_that_was_never_here(server, open_page, name):
    page = open_page(f"{server.url}/{name}?data=movie_night&rank=3")
    page.wait_for_selector(f"h1:has-text('{PAGES[name][0]}')")
    settled(page)
    no_trouble(page)
    assert page.get_by_label("Rank", exact=True).input_value() == "3"
    assert page.get_by_text("40 users × 30 items").count() >= 1


def test_a_rating_edited_in_the_grid_changes_the_heatmaps(server, open_page):
    page = open_page(server.url)
    page.wait_for_selector(".js-plotly-plot .heatmaplayer")
    settled(page)
    before = heat_values(page)
    edit_cell(page, column=1, row=0, value="1")
    after = wait_for_change(page, before)  # beside the grid
    screenshot(page, "ratings-edited")
    page.get_by_role("link", name="Factors").click()
    page.wait_for_selector("h1:has-text('Factors')")
    assert wait_for_change(page, before) == after
    # and the edit is still there when its page is opened again, and can be undone
    page.get_by_role("link", name="Ratings").click()
    settled(page)
    page.get_by_role("button", name="Undo").click()
    settled(page)
    page.get_by_role("link", name="Factors").click()
    page.wait_for_selector("h1:has-text('Factors')")
    assert wait_for_change(page, after) == before


def edit_cell(page, *, column: int, row: int, value: str) -> None:
    """Type into a cell of the grid editor, which is a canvas: by its place (the pinned column of users takes 102 px)."""
    canvas = page.locator('[data-testid="stDataFrame"] canvas').first
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    width = (box["width"] - 102) / 4
    type_into_cell(page, box["x"] + 102 + width * (column - 0.5), box["y"] + 35 * (row + 1) + 14, value)
    settled(page)


def test_a_csv_is_uploaded_and_a_wrong_file_says_what_is_wrong_and_loses_nothing(server, open_page):
    page = open_page(server.url)
    settled(page)
    upload = page.locator('input[type="file"]')
    upload.set_input_files(
        {"name": "books.csv", "mimeType": "text/csv", "buffer": b"user,item,rating\nann,007,5\nann,07,1\nbob,007,4\n"}
    )
    has_opened(page, "books.csv")
    settled(page)
    assert page.get_by_text("2 users × 2 items, 3 ratings: 75% filled").count() >= 1
    no_trouble(page)
    page.get_by_text("Bring your own ratings").click()
    upload.set_input_files(
        {"name": "broken.csv", "mimeType": "text/csv", "buffer": b"user,item,rating\nann,007,five\n"}
    )
    has_said(page, "broken.csv")
    has_said(page, "line 2")
    settled(page)
    assert page.get_by_text("2 users × 2 items, 3 ratings: 75% filled").count() >= 1
    screenshot(page, "upload-error")
    no_trouble(page)


def test_rank_and_solver_are_changed_and_live_in_the_address(server, open_page):
    page = open_page(f"{server.url}/factors")
    page.wait_for_selector(".js-plotly-plot .heatmaplayer")
    settled(page)
    before = heat_values(page)
    page.get_by_label("Rank", exact=True).fill("1")
    page.keyboard.press("Enter")
    wait_for_change(page, before)  # of the notebook's grid, ranks 2 and 3 have the same product
    settled(page)
    assert "rank=1" in page.url
    choose(page, "Solver", "sklearn-cd")
    page.wait_for_selector("text=needs blanks='zero'")
    no_trouble(page)
    page.get_by_role("button", name="Count blanks as zero").first.click()
    page.wait_for_selector(".js-plotly-plot .heatmaplayer")
    settled(page)
    assert "solver=sklearn-cd" in page.url
    assert "blanks=zero" in page.url
    again = open_page(page.url)
    again.wait_for_selector(".js-plotly-plot .heatmaplayer")
    settled(again)
    assert heat_values(again) == heat_values(page)


def choose(page, label: str, option: str) -> None:
    """Pick an option of a drop-down."""
    box = page.locator(f'input[aria-label="{label}"]')
    box.click()
    box.press_sequentially(option)
    page.get_by_role("option", name=re.compile(rf"^{re.escape(option)}( ·|$)")).click()


def test_a_cell_of_the_product_is_clicked_and_its_sum_read(server, open_page):
    page = open_page(f"{server.url}/factors")
    page.wait_for_selector(".js-plotly-plot .heatmaplayer")
    settled(page)
    click_cell(page, u=2, i=3)
    page.wait_for_selector("text=User3 × Movie4")
    words = page.locator("p", has_text=re.compile("User3 × Movie4.*rated 5")).first.inner_text()
    total = float(re.search(r"(?<=: )\d+\.?\d*(?= =)", words)[0])
    parts = [(float(w), float(h)) for w, h in re.findall(r"(\d+\.?\d*) × (\d+\.?\d*)", words)]
    assert len(parts) == 2
    assert total == pytest.approx(sum(w * h for w, h in parts), abs=0.06)  # each is rounded to a hundredth
    screenshot(page, "factors-cell")


def click_cell(page, *, u: int, i: int) -> None:
    """Click the cell of V in row u and column i, by the picture's own axes."""
    x, y = page.evaluate(
        """([u, i]) => { const p = document.querySelector('.js-plotly-plot'), l = p._fullLayout, b = p.getBoundingClientRect();
        return [b.left + l.xaxis3._offset + l.xaxis3.d2p(i), b.top + l.yaxis3._offset + l.yaxis3.d2p(u)]; }""",
        [u, i],
    )
    page.mouse.move(x, y)
    frames(page, 10)
    page.mouse.click(x, y)


def test_a_label_outlives_a_restart_and_a_refit_and_stands_everywhere(fresh_server, open_page):
    page = open_page(f"{fresh_server.url}/labels?data=movie_night")
    settled(page)
    page.get_by_label("Name of feature 2").fill("Crime & <b>story</b>")
    page.keyboard.press("Enter")
    settled(page)
    page.locator(".st-key-open-1 button").first.click()
    page.wait_for_selector("h4:has-text('Crime & <b>story</b>')")
    screenshot(page, "labels-named")
    context = page.context
    fresh_server.stop()
    fresh_server.start()
    again = open_page(f"{fresh_server.url}/labels?data=movie_night", context=context)
    settled(again)
    assert again.get_by_label("Name of feature 2").input_value() == "Crime & <b>story</b>"
    # the same feature keeps its name at another rank, in the product's axes and in a person's sentence
    again.goto(f"{fresh_server.url}/factors?data=movie_night&rank=5")
    again.wait_for_selector(".js-plotly-plot .heatmaplayer")
    settled(again)
    assert again.locator(".js-plotly-plot text", has_text="Crime").count() >= 1
    again.goto(f"{fresh_server.url}/recommend?data=movie_night&user=Ivan")
    again.wait_for_selector("text=Ivan: strongly Crime & <b>story</b>")
    no_trouble(again)
    # another browser is another person
    other = open_page(f"{fresh_server.url}/labels?data=movie_night")
    settled(other)
    assert other.get_by_label("Name of feature 2").input_value() == ""


def test_recommendations_of_a_person_with_labelled_contributions(server, open_page):
    page = open_page(f"{server.url}/labels?data=movie_night")
    settled(page)
    page.get_by_role("button", name="Crime", exact=True).first.click()
    page.wait_for_selector("h4:has-text('Crime')")
    page.get_by_role("link", name="Recommend").click()
    page.wait_for_selector("h1:has-text('Recommend')")
    choose(page, "Find a person", "Keiko")
    page.wait_for_selector("text=Keiko:")
    page.wait_for_selector(".js-plotly-plot .barlayer")
    settled(page)
    assert page.locator(".legendtext", has_text="Crime").count() == 1
    names = page.evaluate("() => document.querySelector('.js-plotly-plot').data.map(t => t.name)")
    assert "Crime" in names
    screenshot(page, "recommend-labelled")
    page.get_by_role("tab", name="Me: rate a few").click()
    page.wait_for_selector("text=Pick an item above to begin.")
    no_trouble(page)


HIDDEN = "() => { const p = document.querySelector('.js-plotly-plot'); return ((p && p._fullData) || [])"
HIDDEN += ".find(t => t.name === 'on hidden ratings'); }"


def test_the_rank_survey_runs_by_itself_and_a_click_sets_the_rank(server, open_page):
    page = open_page(f"{server.url}/rank?data=movie_night&rank=2")
    page.wait_for_selector("h4:has-text('Read rank 4')", timeout=180_000)
    settled(page)
    page.wait_for_function(f"() => {{ const t = ({HIDDEN})(); return t && t.x.length > 4; }}")
    x, y = page.evaluate(
        f"""() => {{ const p = document.querySelector('.js-plotly-plot'), l = p._fullLayout, b = p.getBoundingClientRect();
        const t = ({HIDDEN})();
        return [b.left + l.xaxis._offset + l.xaxis.d2p(t.x[4]), b.top + l.yaxis._offset + l.yaxis.d2p(t.y[4])]; }}"""
    )
    page.mouse.move(x, y)
    frames(page, 10)
    page.mouse.click(x, y)
    page.wait_for_function("() => location.search.includes('rank=5')")
    screenshot(page, "rank-clicked")
    page.get_by_role("link", name="Factors").click()
    settled(page)
    assert page.get_by_label("Rank", exact=True).input_value() == "5"
    no_trouble(page)


def test_points_come_while_a_survey_runs_and_cancel_leaves_what_is_done(server, open_page):
    page = open_page(f"{server.url}/rank?data=movie_night&rank=2&survey_top=20&survey_folds=20")
    cancel = page.get_by_role("button", name="Cancel")
    page.wait_for_function(f"() => {{ const t = ({HIDDEN})(); return t && t.x.length > 1; }}", timeout=120_000)
    assert cancel.is_visible()  # it runs still
    cancel.click()
    has_said(page, "It was ended early, by Cancel")
    settled(page)
    assert page.locator("h4").count() == 1
    assert page.evaluate(f"() => ({HIDDEN})().x.length") > 1
    no_trouble(page)


def test_an_address_that_asks_for_what_is_not_to_be_had_is_answered_in_words(server, open_page):
    page = open_page(f"{server.url}/factors?rank=<script>alert(1)</script>&solver=nope&blanks=maybe&seed=-1")
    settled(page)
    for name in ("rank", "solver", "blanks", "seed"):
        has_said(page, words := f"The address asks for {name} = ")
        assert page.get_by_text(words).count() <= 1  # not twice; the next run of the script takes it away
    assert page.get_by_label("Rank", exact=True).input_value() == "2"
    no_trouble(page)
