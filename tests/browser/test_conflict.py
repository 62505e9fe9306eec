"""Two people on one project, each in a browser of their own: they see what the other saves, and nobody overwrites unknowingly."""

from __future__ import annotations

from tests.browser.conftest import frames, no_trouble, settled

NAME = 'input[aria-label^="Name of feature"]'


def together(server, open_page):
    """Two browsers on one project, and the fields for the name of its first feature."""
    ann = open_page(f"{server.url}/labels?data=movie_night&rank=2")
    settled(ann)
    ann.get_by_role("button", name="Share").click()
    ann.get_by_text("Change it").click()
    link = ann.locator("code", has_text="project=").inner_text()
    ann.keyboard.press("Escape")
    bob = open_page(link)
    settled(bob)
    return ann, bob


def name(page, text: str, feature: int = 0) -> None:
    """Type a name for a feature and enter it."""
    field = page.locator(NAME).nth(feature)
    field.fill(text)
    field.press("Enter")


def shows(page, text: str, feature: int = 0) -> None:
    """Wait until the field of a feature has this name."""
    page.wait_for_function(
        "([names, feature, text]) => document.querySelectorAll(names)[feature]?.value === text",
        arg=[NAME, feature, text],
    )


def test_what_one_saves_the_other_sees_without_touching_anything(fresh_server, open_page):
    ann, bob = together(fresh_server, open_page)
    name(ann, "heist")
    shows(bob, "heist")
    name(bob, "love", feature=1)
    shows(ann, "love", feature=1)
    name(bob, "long cons")
    shows(ann, "long cons")
    for page in (ann, bob):
        settled(page)
        assert [page.locator(NAME).nth(k).input_value() for k in (0, 1)] == ["long cons", "love"]
        no_trouble(page)


def test_the_second_of_two_sees_both_versions_and_chooses(fresh_server, open_page):
    ann, bob = together(fresh_server, open_page)
    name(ann, "heist")
    shows(bob, "heist")
    settled(bob)
    field = bob.locator(NAME).first
    field.press("End")
    field.press_sequentially("s")  # bob is in the midst of a word
    name(ann, "crime")
    shows(ann, "crime")
    frames(bob, 240)  # time for bob's page to look for what is newer
    assert field.input_value() == "heists"
    field.press_sequentially(" of art")
    field.press("Enter")
    bob.wait_for_selector("text=meanwhile, and yours is not saved")
    settled(bob)
    said = bob.locator('[data-testid="stMain"]').inner_text()
    assert "Theirs: crime" in said and "Yours: heists of art" in said
    shows(ann, "crime")
    bob.get_by_role("button", name="Take yours").click()
    shows(bob, "heists of art")
    shows(ann, "heists of art")
    name(ann, "robbery")
    shows(bob, "robbery")
    no_trouble(ann)
    no_trouble(bob)
