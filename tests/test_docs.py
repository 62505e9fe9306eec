"""What is registered is documented, and links in the docs lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import nmf_core as nc
from docs import glossary
from nmf_core.data.datasets import SAMPLES
from nmf_core.fit.init import INITS
from nmf_core.fit.losses import LOSSES
from nmf_core.fit.settings import BLANK_PRESETS
from nmf_core.metrics import METRICS
from nmf_core.reading.layouts import LAYOUTS
from nmf_core.terms import INIT_TERMS, TERMS
from pages.ui.page_list import PAGES

ROOT = Path(__file__).parent.parent
DOCS = sorted((ROOT / "docs").glob("*.md"))
# Hidden folders and artifacts are not the repository's own text.
MARKDOWN = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not any(part.startswith(".") or part == "artifacts" for part in path.relative_to(ROOT).parts)
)

GLOSSARY_SECTIONS = {
    "Solvers": list(nc.SOLVERS),
    "Metrics": list(METRICS),
    "Layouts": list(LAYOUTS),
    "Inits": ["auto", *INITS],
    "Losses": list(LOSSES),
    "Formats": list(nc.FORMATS),
    "Samples": list(SAMPLES),
    "MovieLens": list(nc.movielens.MOVIELENS),
    "Pages": list(PAGES),
    "The dial for blanks": list(BLANK_PRESETS),
}


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def section(text: str, title: str) -> str:
    """What stands under a heading, up to the next."""
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize(("title", "key"), [(title, key) for title, keys in GLOSSARY_SECTIONS.items() for key in keys])
def test_what_is_registered_has_a_row_in_the_glossary(title, key):
    rows = section(read(ROOT / "docs" / "glossary.md"), title)
    assert re.search(rf"^\| `{re.escape(key)}`", rows, re.MULTILINE), f"docs/glossary.md, {title}: no row for `{key}`"


@pytest.mark.parametrize("word", TERMS)
def test_the_words_that_pages_explain_are_the_glossarys(word):
    assert f"\n| {word} | {TERMS[word]} |" in read(ROOT / "docs" / "glossary.md")


@pytest.mark.parametrize("init", ["auto", *INITS])
def test_each_start_is_explained_on_the_page_as_in_the_glossary(init):
    assert f"\n| `{init}` | {INIT_TERMS[init]} |" in section(read(ROOT / "docs" / "glossary.md"), "Inits")


@pytest.mark.parametrize("file", glossary.FILES, ids=lambda file: file.name)
def test_the_tables_of_what_is_registered_are_as_they_say(file):
    text = read(file)
    assert glossary.written(text) == text, f"{file.name} is not as the registries are: python -m docs.glossary"


def test_every_page_is_in_the_readme():
    rows = section(read(glossary.README), "The pages")
    assert re.findall(r"^\| \*\*(.+?)\*\* \|", rows, re.MULTILINE) == [page.title for page in PAGES.values()]


@pytest.mark.parametrize("name", nc.__all__)
def test_every_public_name_is_mentioned_in_the_docs_or_the_readme(name):
    text = "\n".join(read(path) for path in (*DOCS, ROOT / "README.md") if path.exists())
    assert re.search(rf"[`.]{name}\b", text), f"{name} is mentioned nowhere in docs/ or README.md"


@pytest.mark.parametrize("solver", nc.SOLVERS.values(), ids=nc.SOLVERS)
def test_the_glossary_says_what_each_solver_serves(solver):
    rows = section(read(ROOT / "docs" / "glossary.md"), "Solvers").splitlines()
    row = next(row for row in rows if row.startswith(f"| `{solver.name}`"))
    _, _, _, blanks, losses, _, _ = row.split("|")
    assert {stop for stop in BLANK_PRESETS if stop in blanks} == set(solver.blanks)
    assert {loss for loss in LOSSES if f"`{loss}`" in losses} == set(solver.losses)


@pytest.mark.parametrize("path", MARKDOWN, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_relative_links_lead_somewhere(path):
    text = re.sub(r"```.*?```|`[^`\n]*`", "", read(path), flags=re.DOTALL)  # code holds no links
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z][a-z+.-]*:", target):  # another site's
            continue
        file, _, anchor = target.partition("#")
        found = (path.parent / file) if file else path
        assert found.exists(), f"{path.name}: {target}"
        if anchor and found.suffix == ".md":
            assert anchor in anchors(read(found)), f"{path.name}: {target}"


@pytest.mark.parametrize("path", MARKDOWN, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_that_the_docs_name_are_there(path):
    text = re.sub(r"^A new file, `[^`]+`", "", read(path), flags=re.MULTILINE)  # which a recipe makes
    for name in re.findall(r"`((?:nmf_core|pages|tests|benchmarks|docs|data)/[\w./]+)`", text):
        if path.name != "CHANGELOG.md":  # which tells what was
            assert (ROOT / name).exists(), f"{path.name}: {name}"


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives the headings of a text."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}
