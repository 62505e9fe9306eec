"""Krippendorff's α from its definition, for tests: disagreeing pairs observed over those expected, pair by pair, no package."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable

from nmf_core.labels.rounds import Answer


def alpha_by_pairs(answers: Iterable[Answer]) -> float:
    """1 − D_o / D_e of texts as they stand, in small letters; units that one person alone named are left out."""
    units = defaultdict(list)
    for answer in answers:
        units[answer.feature].append(answer.text.lower())
    paired = [unit for unit in units.values() if len(unit) > 1]
    values = [value for unit in paired for value in unit]
    observed = sum(sum(a != b for a, b in itertools.permutations(unit, 2)) / (len(unit) - 1) for unit in paired)
    expected = sum(a != b for a, b in itertools.permutations(values, 2)) / (len(values) - 1)
    return 1 - observed / expected
