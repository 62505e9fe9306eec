"""What stands beside a fit in `evaluate`. Adding one: a file here with its `BASELINES`, and its line in `_FILES`."""

from __future__ import annotations

from nmf_core.registry import registered
from nmf_core.study.baselines.base import Baseline
from nmf_core.study.baselines.effects import biases

__all__ = ["BASELINES", "CHANCE", "Baseline", "biases"]

_FILES = (
    "effects",
    "linear",
    "ials",
    "zeros",
)
BASELINES: dict[str, Baseline] = {
    baseline.name: baseline for those in registered(__name__, _FILES, "BASELINES") for baseline in those
}
CHANCE = next(iter(BASELINES))  # says nothing of tastes and has its lists in any order
