"""The solvers. Adding one: a file here with a `SOLVER`, and its line in `_FILES`; tests, pages and docs follow by themselves."""

from __future__ import annotations

from collections.abc import Callable

from nmf_core.errors import SettingsError, closest, shown
from nmf_core.fit.solvers.base import Solver
from nmf_core.registry import registered

__all__ = ["SOLVERS", "Solver", "solver_named", "that_can"]

_FILES = (
    "hals",
    "mu",
    "sklearn_cd",
    "sklearn_mu",
    "sklearn_minibatch",
)
SOLVERS: dict[str, Solver] = {solver.name: solver for solver in registered(__name__, _FILES, "SOLVER")}
ALIASES = {"cd": "sklearn-cd"}  # scikit-learn's own name for it


def solver_named(name: object) -> Solver:
    """The solver of that name.

    Raises:
        SettingsError: no solver has that name.

    >>> solver_named("cd").name
    'sklearn-cd'
    """
    key = ALIASES.get(name, name) if isinstance(name, str) else name
    if not isinstance(key, str) or key not in SOLVERS:
        raise SettingsError(
            f"solver is {shown(name)}; it must be one of {', '.join(SOLVERS)}.{closest(str(name), SOLVERS)} Pick one of these."
        )
    return SOLVERS[key]


def that_can(can: Callable[[Solver], bool]) -> str:
    """The first solver that can do something, as the end of an error that says what to use.

    >>> that_can(lambda solver: "kl" in solver.losses)
    "solver='mu'"
    """
    return next((f"solver={solver.name!r}" for solver in SOLVERS.values() if can(solver)), "another solver")
