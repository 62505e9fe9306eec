"""The address in a real browser: a click, a reload and going back all lead to what was seen."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from tests.browser.conftest import no_trouble, settled

# Where the middle of a cell of V is on the screen, by its row and column.
CELL = """([r, c]) => { const chart = document.querySelector('.js-plotly-plot'), box = chart.getBoundingClientRect();
    const {xaxis3: x, yaxis3: y} = chart._fullLayout;
    return [box.left + x._offset + x.l2p(c), box.top + y._offset + y.l2p(r)]; }"""


def asked(page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def until(page, name: str, values: list[str]) -> None:
    """Wait until the address says so, and the page with it."""
    page.wait_for_function(
        "([name, values]) => new URL(location).searchParams.getAll(name).join() === values.join()", arg=[name, values]
    )
    settled(page)


def click_cell(page, row: int, column: int) -> None:
    page.wait_for_selector(".js-plotly-plot .heatmaplayer")
    page.mouse.click(*page.evaluate(CELL, [row, column]))


def note(page) -> str:
    """The product that stands beside a cell, or nothing."""
    said = page.locator(".js-plotly-plot .annotation-text").all_text_contents()
    return next((text for text in said if "■" in text), "")


def test_a_click_opens_the_product_in_sight_and_reload_and_back_lead_to_it(server, open_page):
    page = open_page(f"{server.url}/factors")
    settled(page)
    click_cell(page, 0, 2)
    until(page, "cell", ["User1", "Movie3"])
    assert "User1 × Movie3" in note(page)
    box = page.locator(".js-plotly-plot .annotation", has_text="■").bounding_box()
    assert box["y"] >= 0 and box["y"] + box["height"] <= page.viewport_size["height"]
    page.get_by_text("Residual", exact=True).click()
    until(page, "mode", ["Residual"])
    seen = asked(page)
    page.reload()
    page.wait_for_selector("h1")
    settled(page)
    assert asked(page) == seen
    assert "User1 × Movie3" in note(page)
    page.get_by_label("Rank", exact=True).fill("3")
    page.keyboard.press("Enter")
    until(page, "rank", ["3"])
    settled(page)
    page.go_back()
    until(page, "rank", ["2"])
    assert page.get_by_label("Rank", exact=True).input_value() == "2"
    entries = page.evaluate("history.length")
    page.get_by_role("link", name="Recommend").first.click()
    page.get_by_role("heading", name="Recommend", exact=True).wait_for()
    until(page, "user", ["User1"])
    settled(page)  # going back while the page is being drawn is another matter
    # One click is one step back; that of rank 3, which lay ahead, has gone for it.
    assert page.evaluate("history.length") == entries
    page.go_back()
    page.get_by_role("heading", name="Factors", exact=True).wait_for()
    until(page, "cell", ["User1", "Movie3"])
    assert asked(page) == seen
    click_cell(page, 0, 2)
    until(page, "cell", [])
    assert note(page) == ""
    no_trouble(page)


def test_a_copied_link_opens_the_list_as_it_was_wished_and_back_undoes_a_wish(server, open_page):
    page = open_page(f"{server.url}/recommend?data=movie_night&user=Keiko&rank=3")
    settled(page)
    page.get_by_text("Turn features up or down").click()
    page.get_by_role("slider", name="Feature 1").press("ArrowLeft")
    until(page, "turned", ["1=0.75"])
    genre = page.get_by_label("Only genre")
    genre.fill("Crime")
    genre.press("Enter")
    until(page, "kind", ["genre=Crime"])
    page.wait_for_function("() => document.body.innerText.includes('What is left out costs')")
    link, listed = page.url, page.locator(".js-plotly-plot .yaxislayer-above text").all_text_contents()
    page.go_back()
    until(page, "kind", [])
    page.wait_for_function("() => !document.body.innerText.includes('What is left out costs')")
    assert asked(page)["turned"] == ["1=0.75"]
    copied = open_page(link)
    settled(copied)
    copied.wait_for_function("() => document.body.innerText.includes('What is left out costs')")
    assert asked(copied) == parse_qs(urlsplit(link).query)
    assert copied.locator(".js-plotly-plot .yaxislayer-above text").all_text_contents() == listed
    no_trouble(page)
    no_trouble(copied)
