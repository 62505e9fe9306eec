"""The solvers. Adding one: a file here with a `SOLVER`, and its line in `SOLVERS`; tests and pages follow by themselves."""

from __future__ import annotations

from collections.abc import Callable

from nmf_core.errors import SettingsError, closest, shown
from nmf_core.fit.solvers import hals, mu, sklearn_cd, sklearn_minibatch, sklearn_mu
from nmf_core.fit.solvers.base import Solver

__all__ = ["SOLVERS", "Solver", "solver_named", "that_can"]

SOLVERS: dict[str, Solver] = {
    module.SOLVER.name: module.SOLVER for module in (hals, mu, sklearn_cd, sklearn_mu, sklearn_minibatch)
}
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
