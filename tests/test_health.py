"""What the health check finds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from nmf_core import Ratings, check_health

NAN = np.nan


def titles(values, rank=1):
    grid = pd.DataFrame(
        values, index=[f"u{k}" for k in range(len(values))], columns=[f"i{k}" for k in range(len(values[0]))]
    )
    return {f.title: f for f in check_health(Ratings.from_grid(grid, zeros="rating", scale=(0, 5)), rank)}


def test_a_healthy_grid_has_no_findings():
    assert titles([[1.0, 2], [3, 4]]) == {}


def test_disconnected_parts_name_the_smaller():
    found = titles([[5.0, 4, NAN], [4, 5, NAN], [NAN, NAN, 3]])
    assert found["The grid falls apart"].names == ("u2", "i2")


def test_a_rating_of_zero_connects():
    assert "The grid falls apart" not in titles([[5.0, 0], [4, 1]])
    assert "The grid falls apart" not in titles([[5.0, 0], [NAN, 1]])


def test_too_few_ratings_and_none():
    found = titles([[5.0, 4, NAN], [4, NAN, NAN], [NAN, NAN, NAN]], rank=2)
    assert found["Users without ratings"].names == ("u2",)
    assert found["Users with fewer ratings than features"].names == ("u1",)
    assert found["Items without ratings"].names == ("i2",)
    assert found["Items with fewer ratings than features"].names == ("i1",)
    assert found["Users without ratings"].advice


def test_constant_users():
    assert titles([[3.0, 3, 3], [1, 2, 5]])["Users who rate everything alike"].names == ("u0",)
