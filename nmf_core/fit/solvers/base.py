"""What a solver is: a rule that yields W and H after each sweep. The loop around it is in `factorize.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from nmf_core.fit.problem import Array, Problem


class Sweep(NamedTuple):
    """W (n_users × rank) and H (rank × n_items) after a sweep; their objective and KKT residual where the solver knows them.

    The arrays are the solver's own, and may change once it is asked for the next sweep.
    """

    W: Array
    H: Array
    objective: float | None = None
    kkt: float | None = None


# Given the problem, a start, the tolerance and a number of threads: yields the start, and what is left after each sweep. A
# solver that stops by a rule of its own returns; the others go on for as long as they are asked.
Run = Callable[[Problem, Array, Array, float, int], Iterator[Sweep]]


@dataclass(frozen=True)
class Solver:
    """A solver as the registry knows it.

    Attributes:
        name, title, summary: its key, its name for people, and one sentence on what it is.
        when: when to use it, for the glossary.
        blanks: what blanks may count: any of "unknown", "weak", "zero".
        losses: the losses it can minimise.
        run: yields W and H at the start and after each sweep.
        stops_itself: its own stopping rule replaces the loop's.
        monotone: every sweep lowers the objective; where it does not, the loop keeps the best sweep.
        positive_start: zeros never move, so the start must have none.
        compiled: it has compiled sweeps for ratings that are worth them, which read ratings in single precision as they are.
        cost: about how many times as long as the default solver it takes.
        one_l1_share: its penalties share one L1 ratio between W and H, as scikit-learn's do.
        steers: it obeys wishes for features (`steer.Steer`), which are a pull on H beside the penalty.
    """

    name: str
    title: str
    summary: str
    run: Run
    blanks: tuple[str, ...]
    when: str
    losses: tuple[str, ...] = ("frobenius",)
    stops_itself: bool = False
    monotone: bool = True
    positive_start: bool = False
    compiled: bool = False
    one_l1_share: bool = False
    steers: bool = False
    cost: float = 1.0
