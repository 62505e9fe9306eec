"""The estimate of what a fit takes: more for more, and in the machine's own measure. No test here measures a time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nmf_core import SOLVERS, Settings, datasets
from nmf_core.fit.cost import Machine, estimate, measured

RATINGS = datasets.planted(400, 300, 4, 0.1, 0.3, 0)
WEAK = Settings(rank=10, blanks="weak")


@pytest.mark.parametrize(
    ("less", "more"),
    [
        (WEAK, replace(WEAK, rank=40)),
        (replace(WEAK, penalty=0.1), WEAK),
        (replace(WEAK, max_sweeps=10), WEAK),
        (replace(WEAK, threads=4), replace(WEAK, threads=1)),
        (Settings(rank=10), Settings(rank=10, solver="mu")),
    ],
)
def test_more_work_is_estimated_at_more(less, more):
    assert 0 < estimate(RATINGS, less) < estimate(RATINGS, more)


def test_where_blanks_count_a_penalty_is_found_at_a_low_rank_whatever_the_rank_asked_for():
    found, given = ([estimate(RATINGS, replace(WEAK, rank=k, penalty=p)) for k in (40, 160)] for p in (None, 0.1))
    assert found[1] - given[1] == pytest.approx(found[0] - given[0])


def test_more_ratings_and_a_slower_machine_take_longer():
    assert estimate(RATINGS, WEAK) < estimate(datasets.planted(4000, 300, 4, 0.1, 0.3, 0), WEAK)
    assert estimate(RATINGS, WEAK, Machine(speed=0.5)) == pytest.approx(2 * estimate(RATINGS, WEAK, Machine(speed=1.0)))


@pytest.mark.parametrize("name", SOLVERS)
def test_every_solver_has_an_estimate(name):
    assert 0 < estimate(RATINGS, Settings(rank=5, solver=name, blanks=SOLVERS[name].blanks[-1])) < 3600


def test_a_machine_is_measured_within_bounds():
    machine = measured()
    assert 0.1 <= machine.speed <= 10
    assert machine.threads >= 1
