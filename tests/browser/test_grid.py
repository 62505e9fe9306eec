"""The grid editor in a real browser: pasted blocks, undo and redo, blanks, names, and the list of a large grid."""

from __future__ import annotations

import pytest

from tests.browser.conftest import frames, has_said, no_trouble, screenshot, settled, type_into_cell

PINNED = 102  # px: the column of users, with that of the row marks


def cells(page) -> list[list[str]]:
    """The editor's cells without its row marks, by the table that it keeps for screen readers."""
    return page.evaluate(
        """() => [...document.querySelector('[data-testid="stDataFrame"]')?.querySelectorAll('tbody tr') ?? []]
        .map(row => [...row.querySelectorAll('td')].map(cell => cell.innerText))"""
    )


def shows(page, row: int, expected: list[str]) -> None:
    """Wait until a row of the editor is as expected."""
    settled(page)
    for _ in range(300):  # looks, some frames apart: a bound, not a speed
        found = cells(page)
        if row < len(found) and found[row] == expected:
            return
        # The table for screen readers is renewed when the selection moves.
        if page.evaluate("() => !!document.activeElement.closest('[data-testid=\"stDataFrame\"]')"):
            page.keyboard.press("ArrowDown")
        frames(page, 19)
    raise AssertionError(f"row {row} of {cells(page)} is not {expected}")


def place(page, row: int, column: int, n_items: int = 4) -> tuple[float, float]:
    """Where a cell of the editor is; column 0 holds the users."""
    canvas = page.locator('[data-testid="stDataFrame"] canvas').first
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    width = (box["width"] - PINNED) / n_items
    x = PINNED + width * (column - 0.5) if column else PINNED - 35
    return box["x"] + x, box["y"] + 35 * (row + 1) + 14


def in_list(page, row: int) -> tuple[float, float]:
    """Where a rating of the list is."""
    box = page.locator('[data-testid="stDataFrame"] canvas').first.bounding_box()
    return box["x"] + box["width"] - 60, box["y"] + 35 * (row + 1) + 14


def paste(page, row: int, column: int, block: str, n_items: int = 4) -> None:
    """Paste a block into the editor as from a spreadsheet."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.mouse.click(*place(page, row, column, n_items))
    frames(page, 19)
    page.evaluate("block => navigator.clipboard.writeText(block)", block)
    page.keyboard.press("Control+V")


def press(page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
    settled(page)


def opened(server, open_page, **how):
    page = open_page(server.url, **how)
    page.wait_for_selector(".js-plotly-plot .heatmaplayer")
    settled(page)
    shows(page, 0, ["User1", "5", "3", "", "1"])
    return page


@pytest.mark.parametrize("delay", [0, 40])
def test_a_page_that_is_left_with_a_cell_open_comes_back_with_all_that_was_typed(server, open_page, delay):
    page = opened(server, open_page)
    type_into_cell(page, *place(page, 0, 3), "2")
    shows(page, 0, ["User1", "5", "3", "2", "1"])
    page.mouse.click(*place(page, 1, 3))
    frames(page, 7)
    page.keyboard.type("5")
    page.get_by_role("link", name="Factors").click(delay=delay)  # no Enter
    frames(page, 44)
    if page.locator("h1").inner_text() == "Ratings":  # a click without any time in it may close the cell and no more
        page.get_by_role("link", name="Factors").click()
    page.get_by_role("heading", name="Factors").wait_for()
    settled(page)
    page.get_by_role("link", name="Ratings").click()
    page.get_by_role("heading", name="Ratings").wait_for()
    shows(page, 0, ["User1", "5", "3", "2", "1"])
    here = cells(page)[1][3]  # what the browser had sent when it left
    assert page.get_by_text(f"{15 if here else 14} ratings").count() >= 1
    type_into_cell(page, *place(page, 2, 3), "3")
    shows(page, 2, ["User3", "1", "1", "3", "5"])
    shows(page, 0, ["User1", "5", "3", "2", "1"])
    assert cells(page)[1][3] == here
    no_trouble(page)


def test_edits_follow_each_other_and_are_undone_and_redone_one_by_one(server, open_page):
    page = opened(server, open_page)
    paste(page, 0, 1, "1\t2\n2,5\t4\n")
    shows(page, 0, ["User1", "1", "2", "", "1"])
    shows(page, 1, ["User2", "2,5", "4", "", "1"])
    type_into_cell(page, *place(page, 0, 3), "3")
    shows(page, 0, ["User1", "1", "2", "3", "1"])  # with what was pasted before
    page.mouse.click(*place(page, 0, 4))
    frames(page, 19)
    page.keyboard.press("Delete")
    shows(page, 0, ["User1", "1", "2", "3", ""])
    type_into_cell(page, *place(page, 0, 0), "Ann")
    shows(page, 0, ["Ann", "1", "2", "3", ""])
    assert page.get_by_text("5 users × 4 items, 14 ratings: 70% filled").count() >= 1
    for row in (["User1", "1", "2", "3", ""], ["User1", "1", "2", "3", "1"], ["User1", "1", "2", "", "1"]):
        press(page, "Undo")
        shows(page, 0, row)
    press(page, "Redo")
    shows(page, 0, ["User1", "1", "2", "3", "1"])
    press(page, "Reset")
    shows(page, 0, ["User1", "5", "3", "", "1"])
    no_trouble(page)


def test_what_is_pasted_out_of_bounds_is_refused_and_not_bent(server, open_page):
    page = opened(server, open_page, dark=True)
    paste(page, 1, 1, "2\t99\n")
    page.wait_for_selector("text=User2 × Movie2: '99' lies outside the scale")
    shows(page, 1, ["User2", "2", "99", "", "1"])  # as it was pasted, to be corrected
    assert page.get_by_text("13 ratings").count() >= 1
    screenshot(page, "grid-refused-dark")
    type_into_cell(page, *place(page, 1, 2), "5")
    page.wait_for_selector("text=lies outside the scale", state="detached")
    shows(page, 1, ["User2", "2", "5", "", "1"])
    assert page.get_by_text("14 ratings").count() >= 1
    type_into_cell(page, *place(page, 1, 2), "x")
    page.wait_for_selector("text='x' is not a number")
    press(page, "Discard what was refused")
    shows(page, 1, ["User2", "2", "5", "", "1"])
    no_trouble(page)


def test_a_block_with_names_goes_through_its_popover_and_an_item_is_renamed(server, open_page):
    page = opened(server, open_page)
    press(page, "Paste")
    box = page.get_by_role("textbox", name="Cells copied in a spreadsheet")
    box.fill("\tMovie1\tHeat\nUser1\t9\t4\nAnn\t2\t\n")
    press(page, "Put it down")
    has_said(page, "(User1 × Movie1): '9' lies outside the scale")
    assert box.input_value().startswith("\tMovie1")
    screenshot(page, "grid-paste-light")
    box.fill("\tMovie1\tHeat\nUser1\t4\t4\nAnn\t2\t\n")
    press(page, "Put it down")
    has_said(page, "Added: user Ann; item Heat.")
    shows(page, 0, ["User1", "4", "3", "", "1", "4"])
    shows(page, 5, ["Ann", "2", "", "", "", ""])
    page.keyboard.press("Escape")
    press(page, "Names")
    page.get_by_role("tab", name="Items").click()
    page.locator('input[aria-label="Rename an item"]').click()
    page.get_by_role("option", name="Heat", exact=True).click()
    page.get_by_role("textbox", name="to", exact=True).locator("visible=true").fill("Ran")
    screenshot(page, "grid-names-light")
    press(page, "Rename")
    page.wait_for_function(
        "() => (document.querySelector('[data-testid=\"stDataFrame\"] thead')?.innerText || '').includes('Ran')"
    )
    shows(page, 0, ["User1", "4", "3", "", "1", "4"])
    no_trouble(page)


def test_a_large_grid_is_edited_as_a_list(server, open_page):
    page = open_page(f"{server.url}/?data=planted", dark=True)
    page.wait_for_selector("text=A user's ratings")
    shows(page, 0, ["Item2", "3"])
    type_into_cell(page, *in_list(page, 0), "5")
    shows(page, 0, ["Item2", "5"])
    page.mouse.click(*in_list(page, 3))  # not the cell that Enter chose: a second click opens it
    frames(page, 19)
    page.keyboard.press("Delete")
    shows(page, 3, ["Item26", ""])
    shows(page, 0, ["Item2", "5"])
    page.wait_for_selector("text=300 users × 120 items, 7,199 ratings")
    press(page, "Undo")
    page.wait_for_selector("text=300 users × 120 items, 7,200 ratings")
    shows(page, 0, ["Item2", "5"])
    screenshot(page, "grid-list-dark")
    page.get_by_text("An item's ratings").click()
    page.wait_for_selector("text=Find an item")
    settled(page)
    screenshot(page, "grid-list-item-dark")
    no_trouble(page)


def test_a_row_without_a_name_is_said_and_counts_once_it_has_one(server, open_page):
    page = opened(server, open_page)
    page.mouse.click(*place(page, 5, 0))  # the last row becomes one more
    settled(page)
    type_into_cell(page, *place(page, 5, 2), "3")  # then the cell below is chosen
    page.wait_for_selector("text=A new row has ratings but no user yet")
    shows(page, 5, ["", "", "3", "", ""])
    x, y = place(page, 0, 0)
    page.mouse.move(x, y)
    page.mouse.wheel(0, 500)  # to the end, where the row for one more comes last and the new one before it
    frames(page, 32)
    box = page.locator('[data-testid="stDataFrame"] canvas').first.bounding_box()
    page.mouse.click(x, box["y"] + box["height"] - 52)
    frames(page, 32)
    page.keyboard.type("Ann", delay=50)
    page.keyboard.press("Enter")
    page.wait_for_selector("text=A new row has ratings but no user yet", state="detached")
    page.reload()
    page.wait_for_selector("h1")
    shows(page, 5, ["Ann", "", "3", "", ""])
