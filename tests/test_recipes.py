"""The recipes of docs/contributing.md, followed to the letter in a copy of the project; then the tests that come free must pass."""

from __future__ import annotations

import os
import re
import shlex
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
FREE = re.compile(r"^```sh\n(pytest [^\n]+)\n```$", re.MULTILINE)


def copied(to: Path) -> Path:
    """The project as it stands, without what a checkout gathers."""
    gathered = shutil.ignore_patterns(".git", ".venv", "artifacts", "__pycache__", ".*_cache", ".hypothesis")
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


def test_there_is_a_recipe_for_each_registry():
    assert set(RECIPES) == {"A solver", "A format", "A metric", "A page", "A way to read a table"}


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_does_what_it_says(name, tmp_path):
    recipe, root = RECIPES[name], copied(tmp_path)
    for file, content in NEW.findall(recipe):
        assert not (root / file).exists()
        (root / file).write_text(content, encoding="utf-8")
    for file, above, lines in LINE.findall(recipe):
        text = (root / file).read_text(encoding="utf-8")
        assert text.count(f"{above}\n") == 1, f"{file}: {above!r} stands there {text.count(above)} times"
        (root / file).write_text(text.replace(f"{above}\n", f"{above}\n{lines}"), encoding="utf-8")
    assert "Run `python -m docs.glossary`." in recipe
    run(root, "-m", "docs.glossary")
    (command,) = FREE.findall(recipe)
    said = run(root, "-m", *shlex.split(command), "-q", "-p", "no:cacheprovider")
    assert re.search(r"\d+ passed", said)
    run(root, "-m", "ruff", "check", "--no-cache", "nmf_core", "pages")
