"""Registries: a file for each thing, and one line that names the file."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any


def registered(package: str, names: Sequence[str], attribute: str) -> list[Any]:
    """What each module of a package calls by the attribute's name, in the order of the names.

    >>> [solver.name for solver in registered("nmf_core.fit.solvers", ["mu", "hals"], "SOLVER")]
    ['mu', 'hals']
    """
    return [getattr(importlib.import_module(f"{package}.{name}"), attribute) for name in names]
