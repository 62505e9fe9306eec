"""Nothing swallows an `NmfError` unawares: it is a ValueError, as are errors of half the libraries that files are read with."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from nmf_core import errors

ROOT = Path(__file__).parent.parent
TREES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): ast.parse(
        path.read_text(encoding="utf-8")
    )
    for path in sorted((ROOT / "nmf_core").rglob("*.py"))
}
OURS = {"NmfError", *(kind.__name__ for kind in errors.NmfError.__subclasses__())}
CATCH_OURS_TOO = {"ValueError", "Exception", "BaseException"}
# Methods of these names are most likely those of a dict or a text, though a class of ours has one too.
PLAIN = {name for kind in (dict, list, str, bytes) for name in dir(kind)}
Name = tuple[str, str]  # of a function or class: its module and its name; of a method "" and its name


@cache
def meanings(module: str) -> dict[str, Name]:
    """A name in a module → what of ours it stands for."""
    found: dict[str, Name] = {}
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("nmf_core"):
            found |= {alias.asname or alias.name: (node.module or "", alias.name) for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = (module, node.name)
    return found


def called(code: ast.AST, module: str) -> Iterator[Name]:
    """What of ours a piece of code calls: by its name, as part of a module of ours, or as a method, whosever it is."""
    for node in ast.walk(code):
        function = node.func if isinstance(node, ast.Call) else None
        if isinstance(function, ast.Name) and function.id in meanings(module):
            yield meanings(module)[function.id]
        elif isinstance(function, ast.Attribute):
            owner = ".".join(meanings(module).get(getattr(function.value, "id", ""), ()))
            if owner in TREES:
                yield owner, function.attr
            elif function.attr not in PLAIN:
                yield "", function.attr


def raises(code: ast.AST, module: str) -> bool:
    """Whether a piece of code itself raises an error of ours, or what a function gives that is said to make one."""
    for node in ast.walk(code):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            home, name = meanings(module).get(ast.unparse(node.exc.func), ("", ""))
            gives = {
                ast.unparse(made.returns)
                for made in ast.walk(TREES.get(home, TREES[module]))
                if isinstance(made, ast.FunctionDef) and made.name == name and made.returns
            }
            if OURS & {name, *gives}:
                return True
    return False


@cache
def refusing() -> set[Name]:
    """All functions, classes and methods out of which an NmfError may come: by what they raise, and by whom they call."""
    bodies: dict[Name, list[tuple[str, ast.AST]]] = {}
    for module, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                bodies.setdefault((module, node.name), []).append((module, node))
            elif isinstance(node, ast.ClassDef):
                for method in (part for part in node.body if isinstance(part, ast.FunctionDef)):
                    made = method.name in ("__init__", "__post_init__")
                    bodies.setdefault((module, node.name) if made else ("", method.name), []).append((module, method))
    found = {name for name, parts in bodies.items() if any(raises(code, module) for module, code in parts)}
    calls = {name: {one for module, code in parts for one in called(code, module)} for name, parts in bodies.items()}
    while new := {name for name in calls if name not in found and found & calls[name]}:
        found |= new
    return found


def classes(node: ast.expr | None, tree: ast.Module) -> set[str]:
    """What a handler catches, by name; a tuple that has a name of its own is looked up."""
    if node is None:
        return {"BaseException"}
    if isinstance(node, ast.Tuple):
        return set().union(*(classes(part, tree) for part in node.elts))
    if isinstance(node, ast.Starred):
        return classes(node.value, tree)
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == ast.unparse(node):
            return classes(statement.value, tree)
    return {ast.unparse(node).rpartition(".")[2]}


def unaware() -> Iterator[tuple[str, int, list[tuple[str, ast.AST]]]]:
    """Where an NmfError would be caught without being named and not go on as it came: module, line, and the code around which."""
    for module, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Try):
                named = False
                for handler in node.handlers:
                    caught = classes(handler.type, tree)
                    named |= "NmfError" in caught
                    ends = handler.body[-1]
                    goes_on = isinstance(ends, ast.Raise) and ends.exc is None
                    if caught & CATCH_OURS_TOO and not named and not goes_on:
                        yield module, handler.lineno, around(node, module)
            elif isinstance(node, ast.With):
                for call in (item.context_expr for item in node.items if isinstance(item.context_expr, ast.Call)):
                    caught = set().union(*(classes(part, tree) for part in call.args))
                    if ast.unparse(call.func).endswith("suppress") and caught & CATCH_OURS_TOO - {"NmfError"}:
                        yield module, node.lineno, [(module, part) for part in node.body]


def around(guard: ast.Try, module: str) -> list[tuple[str, ast.AST]]:
    """What a `try` holds; where it yields, as in a context manager, also what every `with` of that manager holds."""
    code: list[tuple[str, ast.AST]] = [(module, part) for part in guard.body]
    if any(isinstance(node, ast.Yield) for part in guard.body for node in ast.walk(part)):
        function = next(
            node for node in ast.walk(TREES[module]) if isinstance(node, ast.FunctionDef) and guard in ast.walk(node)
        )
        for place, tree in TREES.items():
            for node in ast.walk(tree):
                if isinstance(node, ast.With) and any(
                    (module, function.name) in called(item.context_expr, place) for item in node.items
                ):
                    code += [(place, part) for part in node.body]
    return code


UNAWARE = list(unaware())


@pytest.mark.parametrize(("module", "line", "code"), UNAWARE, ids=[f"{module}:{line}" for module, line, _ in UNAWARE])
def test_whoever_catches_value_errors_names_ours_first(module, line, code):
    """`except NmfError: raise` before it, or NmfError by name beside it, or nothing in the `try` that could refuse."""
    said = {".".join(name) for place, part in code for name in set(called(part, place)) & refusing()}
    said |= {"raise" for place, part in code if raises(part, place)}
    assert not said, f"{module}, line {line}, would catch the NmfErrors of {', '.join(sorted(said))}"


def test_what_may_refuse_is_found():
    """The rule above is of no use where its search finds nothing."""
    assert {
        ("nmf_core.reading.read", "read_ratings"),
        ("nmf_core.fit.settings", "Settings"),
        ("", "from_cells"),
    } <= refusing()
    assert {("nmf_core.words", "many"), ("nmf_core.formats.base", "whole")}.isdisjoint(refusing())
    assert len(UNAWARE) >= 10
