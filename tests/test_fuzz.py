"""Some hundred hostile files through every door; `python -m tests.fuzz` tries them by the ten thousand."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from nmf_core.formats.registry import FORMATS
from tests import fuzz


def test_bent_files_are_refused_or_read_in_little_time_and_memory():
    tried, found = fuzz.run(seed=0, count=800)
    assert tried == 800
    assert not found, "\n\n".join(f"{wrong}\n  python -m tests.fuzz --seed 0 --case {k}" for wrong, k in found.items())


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([f"a.{f.extensions[0]}" for f in FORMATS.values()]), st.integers(0, 99))
def test_any_bytes(data, name, seed):
    fuzz.tried(fuzz.Case(data, name, fuzz.options(random.Random(seed)), as_path=True))


def test_every_seed_can_be_read():
    """Else what is tried would be refused at once."""
    for name, data in fuzz.seeds().items():
        fuzz.tried(fuzz.Case(data, name, {}, as_path=True))
        if name == "capsule.zip":
            assert fuzz.open_capsule(data)
        elif name in ("u.item", "movies.dat", "movies.csv", "films.csv"):
            assert fuzz.looks_like_items(data, name)
        else:
            assert fuzz.preview_ratings(data, name=name).ratings.n_ratings > 0


def test_a_case_is_the_same_again_and_what_fails_is_told(monkeypatch):
    assert fuzz.Case.of(1, 7) == fuzz.Case.of(1, 7) != fuzz.Case.of(1, 8)
    monkeypatch.setattr(fuzz, "tried", lambda case: 1 / 0)
    (number, wrong), *_ = fuzz.child(1, 7, 1)
    assert number == 7 and fuzz._signature(wrong).startswith("ZeroDivisionError")
    monkeypatch.setattr(fuzz, "tried", lambda case: bytearray(b"x" * 200_000_000))
    monkeypatch.setattr(fuzz, "MEMORY", 100_000_000)
    assert [wrong[:8] for _, wrong in fuzz.child(1, 7, 1)] == ["it took "]
