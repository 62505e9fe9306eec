"""The recipes of docs/contributing.md, followed to the letter in a copy of the project; then the tests that come free must pass.

All are followed in the same copy, so that what they share is done once: the glossary is written and checked, and the tests of each
kind of command are run together. What is new must be among the tests that pass, recipe by recipe.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "contributing.md").read_text(encoding="utf-8")
RECIPES = dict(re.findall(r"^### (.+?)\n(.*?)(?=^### |\Z)", TEXT, re.MULTILINE | re.DOTALL))
NEW = re.compile(r"^A new file, `([^`]+)`:\n\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINE = re.compile(r"^In `([^`]+)`, below `([^\n]+)`:\n\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FREE = re.compile(r"^```sh\npytest ([^\n]+?)(?: -k \"([^\n\"]+)\")?\n```$", re.MULTILINE)
KEYS = {
    "A solver": "gradient",
    "A format": "pajek",
    "A metric": "first",
    "A page": "twins",
    "A way to read a table": "baskets",
}


def copied(to: Path) -> Path:
    """The project as it stands, without what a checkout gathers; but for compiled kernels, which would take a while to compile."""
    gathered = shutil.ignore_patterns(
        ".git", ".venv", "artifacts", "*.pyc*", "*.tmp.*", ".*_cache", ".hypothesis", ".coverage*"
    )
    return Path(shutil.copytree(ROOT, to / "copy", ignore=gathered))


def run(root: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, *words],
        cwd=root,
        env={k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        timeout=1800,  # a bound for a machine that is slow and busy, not a speed
    )
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout[-4000:]}\n{done.stderr[-2000:]}"
    return done.stdout


def follow(recipe: str, root: Path) -> None:
    """Do what a recipe says, but for the tests."""
    for file, content in NEW.findall(recipe):
        assert not (root / file).exists()
        (root / file).write_text(content, encoding="utf-8")
    for file, above, lines in LINE.findall(recipe):
        text = (root / file).read_text(encoding="utf-8")
        assert text.count(f"{above}\n") == 1, f"{file}: {above!r} stands there {text.count(above)} times"
        (root / file).write_text(text.replace(f"{above}\n", f"{above}\n{lines}"), encoding="utf-8")
    assert "Run `python -m docs.glossary`." in recipe


def free_tests(recipe: str) -> tuple[list[str], str]:
    """The files of the tests that come free, and which of their tests; "" for all."""
    ((files, some),) = FREE.findall(recipe)
    return files.split(), some


def test_there_is_a_recipe_for_each_registry():
    assert set(RECIPES) == set(KEYS)


@pytest.fixture(scope="module")
def passed(tmp_path_factory) -> list[str]:
    """The names of the tests that pass in a copy of the project in which every recipe was followed; all must."""
    root = copied(tmp_path_factory.mktemp("recipes"))
    for recipe in RECIPES.values():
        follow(recipe, root)
    run(root, "-m", "docs.glossary")
    run(root, "-m", "ruff", "check", "--no-cache", "nmf_core", "pages")
    free = [free_tests(recipe) for recipe in RECIPES.values()]
    whole = {file for files, some in free if not some for file in files}
    parts = {file for files, some in free if some for file in files} - whole
    asked = [sorted(whole)] if whole else []
    if parts:
        asked.append([*sorted(parts), "-k", " or ".join(some for _, some in free if some)])
    said = "".join(run(root, "-m", "pytest", *files, "-v", "-p", "no:cacheprovider") for files in asked)
    return re.findall(r"^(tests/\S+::.+?) PASSED", said, re.MULTILINE)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_does_what_it_says(name, passed):
    files, some = free_tests(RECIPES[name])
    for file in files:
        assert any(test.startswith(f"{file}::") for test in passed)
    new = [test for test in passed if KEYS[name] in test]
    assert any(test.startswith("tests/contracts/") or test.startswith("tests/pages/") for test in new)
    assert any(test.startswith("tests/test_docs.py::") for test in new)
    assert not some or KEYS[name] in some
