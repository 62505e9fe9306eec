"""Names of every hostile kind on every page: shown as typed or cut, and nothing runs, nothing loads, no dialog opens."""

from __future__ import annotations

import csv
from urllib.parse import urlsplit

from nmf_core import factorize
from nmf_core.interpret.features import feature_names
from nmf_core.labels import Label, shapes_of
from nmf_core.store.labels import LabelStore
from pages.ui.page_list import FIRST_PAGE, PAGES
from pages.ui.text import APART
from tests.browser.conftest import has_opened, no_trouble, settled

ELSEWHERE = "http://elsewhere.invalid"
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    f"<img src={ELSEWHERE}/a.png>",
    f"![x]({ELSEWHERE}/b.png)",
    f"<a href='{ELSEWHERE}'>Action</a>",
    "[x](javascript:alert(2))",
    "</script><script>alert(3)</script>",
    "<style>@import url(//elsewhere.invalid/c.css)</style>",
    f"'\"><iframe src={ELSEWHERE}/d></iframe>",
    "<svg onload=alert(4)>",
    "**bold** _it_ `code` # :red[x] :material/bug_report:",
    r"$\frac{1}{2}$ $$x$$ \href{javascript:alert(5)}{x}",
    "=cmd|' /C calc'!A0",
    "@SUM(A1)",
    "{{7*7}} ${alert(6)} %s %(x)s {0}",
    "%{text} <b>%{z}</b><extra>",
    f"www.elsewhere.invalid a@elsewhere.invalid {ELSEWHERE}/e",
    "NA",
    "null",
    "undefined",
    "007",
    "__proto__",
    "🎬" * 30,
    "ﷺ" * 20,
    "Ą̷͎͖̈́" * 8,
    "לונה עברית abc",
    "x" * 80,
]


# Links, pictures and frames that names have become. (Headings of ours have anchors of their own, which lead to themselves.)
LED_ASTRAY = """() => [...document.querySelectorAll("a, img, iframe, script, object, embed")]
  .map(one => one.href || one.src || one.data || "")
  .filter(to => /^javascript:/i.test(to) || (/^https?:/.test(to) && new URL(to).hostname.includes("elsewhere")))"""


class Watch:
    """What a page asked of others, and the dialogs that it opened."""

    def __init__(self, page, url: str) -> None:
        self.outside: list[str] = []
        self.dialogs: list[str] = []
        self.ours = urlsplit(url).netloc
        page.context.route(lambda asked: urlsplit(asked).netloc not in (self.ours, ""), self._refuse)
        page.on("dialog", self._dismiss)
        page.on("popup", lambda opened: self.outside.append(opened.url))

    def _refuse(self, route) -> None:
        self.outside.append(route.request.url)
        route.abort()

    def _dismiss(self, dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()


def written(path) -> None:
    """A file of ratings whose people and items are called like that."""
    items = [f"{name} i" for name in HOSTILE]
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["user", "item", "rating"])
        for a, user in enumerate(HOSTILE):
            for b, item in enumerate(items):
                if (a * b + a) % 3:
                    rows.writerow([user, item, 1 + ((a % 4 == b % 4) * 3 + (a + b) % 2)])


def named(home, project: str, rank: int) -> list[str]:
    """The features of what is kept, each with a hostile label; the names that pages then give them."""
    from nmf_core.store.projects import Projects

    with LabelStore(f"sqlite:///{home}/labels.db") as store:
        _, ratings = Projects(store, home / "projects").ratings(project)
        fit = factorize(ratings, rank=rank, blanks="unknown").canonical()
        for f, shape in enumerate(shapes_of(fit.items, fit.H)):
            name = HOSTILE[f % len(HOSTILE)]
            seen = [saved.id for saved in store.labels(project)]
            store.save(project, Label(name, note=name, author=HOSTILE[0]), shape, beside=seen)
    return feature_names(rank, {f: HOSTILE[f] for f in range(rank)})


def test_hostile_names_do_nothing_on_any_page(fresh_server, open_page, tmp_path):
    written(tmp_path / "hostile.csv")
    page = open_page(f"{fresh_server.url}/?rank=8&blanks=unknown")
    watch = Watch(page, fresh_server.url)
    settled(page)
    page.locator('input[type="file"]').first.set_input_files(tmp_path / "hostile.csv")
    has_opened(page, "hostile.csv")
    settled(page)
    project = page.evaluate("() => new URLSearchParams(location.search).get('project')")
    names = named(fresh_server.home, project, 8)
    for name, (title, *_) in PAGES.items():
        page.goto(f"{fresh_server.url}/{'' if name == FIRST_PAGE else name}?project={project}&rank=8&blanks=unknown")
        page.wait_for_selector(f"h1:has-text('{title}')")
        settled(page)
        if name == "labels":
            fields = page.locator('input[aria-label^="Name of feature"]').all()
            shown = page.locator('[data-testid="stMain"]').inner_text() + "".join(one.input_value() for one in fields)
            assert [one for one in names if one not in shown.replace(APART, "")] == []
        for chart in page.locator(".js-plotly-plot").all():  # whatever a chart says of what is pointed at
            chart.evaluate("one => one.scrollIntoView({block: 'center'})")
            box = chart.bounding_box()  # None of a chart that is folded away
            for across in (0.2, 0.5, 0.8) if box else ():
                page.mouse.move(box["x"] + across * box["width"], box["y"] + box["height"] / 2)
        for fold in page.locator('[data-testid="stMain"] summary').all():
            fold.click()
        settled(page)
        no_trouble(page)
        assert page.evaluate(LED_ASTRAY) == []
        assert (watch.outside, watch.dialogs) == ([], []), name
