"""The house, drawn from the imports: floors as docs/decisions.md has them, no circle, no file too long, nobody asked for a name."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from nmf_core import FORMATS, SOLVERS
from nmf_core.fit.solvers import ALIASES
from pages.ui.page_list import PAGES

ROOT = Path(__file__).parent.parent
LONGEST = 450  # lines of a file without a sentence in docs/decisions.md
DECISIONS = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")
SOURCES = sorted(path for room in ("nmf_core", "pages") for path in (ROOT / room).rglob("*.py"))


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path): ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}


def imported(module: str) -> Iterator[str]:
    """The modules of ours that one imports, wherever in it; types that are only annotated count too."""
    for node in ast.walk(MODULES[module]):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "import_module" and node.args:
            first = node.args[0]
            names = [first.value] if isinstance(first, ast.Constant) else []
        else:
            continue
        for name in names:
            while name and name not in MODULES:
                name = name.rpartition(".")[0]
            if name and name != module:
                yield name


def room_of(module: str, house: str) -> str | None:
    """The room of a module: the first name below the house."""
    return module.removeprefix(f"{house}.").split(".")[0] if module.startswith(f"{house}.") else None


def floors(house: str) -> list[set[str]]:
    """The rooms of a house by floor: each as low as what it imports lets it be."""
    below: dict[str, set[str]] = defaultdict(set)
    for module in MODULES:
        if (room := room_of(module, house)) is not None:
            below[room] |= {other for name in imported(module) if (other := room_of(name, house)) not in (None, room)}
    floor: dict[str, int] = {}
    for room in TopologicalSorter(below).static_order():  # a circle of rooms ends here
        floor[room] = 1 + max((floor[other] for other in below[room]), default=-1)
    return [{room for room in floor if floor[room] == k} for k in range(max(floor.values()) + 1)]


@pytest.mark.parametrize("house", ["nmf_core", "pages.ui"])
def test_the_floors_are_those_of_the_decisions(house):
    table = DECISIONS.partition(f"| floor | rooms of `{house}` |\n")[2].partition("\n\n")[0]
    written = [set(re.findall(r"`(\w+)`", row)) for row in re.findall(r"^\| \d+ \| (.+) \|$", table, re.MULTILINE)]
    assert floors(house) == written


def test_no_file_imports_in_a_circle():
    graph = {module: set(imported(module)) for module in MODULES}
    for package in ("nmf_core",):  # the public door imports everything, and nothing may need it to be open
        for module in graph:
            graph[module].discard(package)
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"a circle: {' -> '.join(error.args[1])}")


@pytest.mark.parametrize("registry", [SOLVERS, FORMATS], ids=["solvers", "formats"])
def test_siblings_in_a_registry_do_not_import_each_other(registry):
    siblings = {next(m for m in MODULES if m == home_of(value)) for value in registry.values()}
    for module in siblings:
        assert not siblings & set(imported(module)), module


def home_of(value: object) -> str:
    """The module whose function a registered value runs."""
    function = getattr(value, "run", None) or getattr(value, "read", None)
    return function.__module__


EVERY_SOURCE = [
    *SOURCES,
    *(path for room in ("tests", "benchmarks", "docs") for path in sorted((ROOT / room).rglob("*.py"))),
]


@pytest.mark.parametrize("path", EVERY_SOURCE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_long_file_has_a_reason(path):
    n_lines = len(path.read_text(encoding="utf-8").splitlines())
    if n_lines > LONGEST:
        name = path.relative_to(ROOT).as_posix()
        assert f"`{name}`" in DECISIONS, f"{name} has {n_lines} lines; divide it, or say why in docs/decisions.md"


# What functions of the core are given (`rank`, `labels`): a page may be called like one, and the word then says nothing.
GIVEN = {
    node.arg
    for module, tree in MODULES.items()
    if module.startswith("nmf_core")
    for node in ast.walk(tree)
    if isinstance(node, ast.arg)
}
# Words that are names of solvers, formats or pages and nothing else in the code. (JSON is also a module of Python's.)
NAMES = {*SOLVERS, *ALIASES, *(set(FORMATS) - {"json"}), *(set(PAGES) - GIVEN)}


@pytest.mark.parametrize("module", MODULES)
def test_nobody_is_asked_for_a_name(module):
    """What a solver, a format or a page can do it says itself; code that compares its name must be found for each new one."""
    for node in ast.walk(MODULES[module]):
        words: list[ast.expr] = []
        if isinstance(node, ast.Compare):
            words = [node.left, *node.comparators]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in (
            "startswith",
            "endswith",
            "solver_named",
        ):
            words = list(node.args)
        for word in words:
            for part in ast.walk(word):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    named = part.value in NAMES or (
                        part.value.endswith("-") and any(n.startswith(part.value) for n in NAMES)
                    )
                    assert not named, f"{module}, line {node.lineno}: {part.value!r}"
                if isinstance(part, ast.Name) and isinstance(node, ast.Compare):
                    assert part.id not in {"DELIMITED", "EXCEL", "PARQUET", "JSON"}, (
                        f"{module}, line {node.lineno}: {part.id}"
                    )
