"""The package itself: what importing it brings, and that what is registered is documented."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import nmf_core as nc

ROOT = Path(__file__).parent.parent


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_importing_the_core_brings_no_screen_and_nothing_heavy():
    loaded = run("import sys, nmf_core; print(' '.join(sys.modules))").split()
    for heavy in ("streamlit", "plotly", "sqlalchemy", "openpyxl", "sklearn", "pooch", "requests"):
        assert heavy not in loaded


def test_the_exports_wait_with_the_template_until_there_is_a_report():
    assert run("import sys, nmf_core.export; print('jinja2' in sys.modules)").strip() == "False"


def test_the_core_never_mentions_the_screen():
    for path in (ROOT / "nmf_core").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "import streamlit" not in text, path
        assert "import plotly" not in text, path


def test_the_log_is_the_programs_that_uses_the_core():
    """A logger a module, by its name, and no handler: where lines go is not a library's to say."""
    for path in (ROOT / "nmf_core").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "addHandler" not in text and "basicConfig" not in text, path
        if "import logging" in text:
            assert text.count("getLogger") == text.count("LOG = logging.getLogger(__name__)") == 1, path


@pytest.mark.parametrize("name", nc.__all__)
def test_every_public_name_is_there_and_documented(name):
    value = getattr(nc, name)
    if callable(value) or isinstance(value, type):
        assert value.__doc__


def test_requirements_are_whole_and_pinned():
    """Each dependency of pyproject.toml is pinned in requirements.txt, and everything there is pinned in the tests' file too."""
    import tomllib

    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    def pinned(name: str) -> dict[str, Requirement]:
        lines = (ROOT / name).read_text().splitlines()
        found = [Requirement(line) for line in lines if line and not line.lstrip().startswith("#")]
        assert all(str(r.specifier).startswith("==") for r in found)
        return {r.name.lower(): r for r in found}

    runtime, tests = pinned("requirements.txt"), pinned("requirements-dev.txt")
    for wanted, lock in ((project["dependencies"], runtime), (project["optional-dependencies"]["test"], tests)):
        for requirement in map(Requirement, wanted):
            version = str(lock[requirement.name.lower()].specifier).removeprefix("==")
            assert requirement.specifier.contains(version), requirement
    assert {name: str(r) for name, r in runtime.items()}.items() <= {name: str(r) for name, r in tests.items()}.items()
