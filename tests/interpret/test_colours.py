"""Colours of features: none twice, those that were chosen kept, and told apart."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nmf_core.interpret.colours import PALETTE, _oklab, _rgb, feature_colours

CHOSEN = st.dictionaries(st.integers(0, 25), st.sampled_from([*PALETTE, PALETTE[0].lower(), "", "#123456"]))


@given(st.integers(1, 40), CHOSEN)
def test_no_colour_twice_and_what_was_chosen_first_is_kept(rank, chosen):
    colours = feature_colours(rank, chosen)
    assert len(colours) == rank == len({colour.lower() for colour in colours})
    first = min((f for f, colour in chosen.items() if colour and f < rank), default=None)
    if first is not None:
        assert colours[first] == chosen[first]


def test_the_palette_comes_first_and_what_follows_is_far_from_it():
    colours = feature_colours(30)
    assert colours[:12] == list(PALETTE)
    places = _oklab(np.array([_rgb(colour) for colour in colours]))
    apart = np.linalg.norm(places[:, None] - places[None], axis=2) + np.eye(30)
    assert apart.min() > 0.04  # a difference that is seen at a glance is about 0.02
    assert feature_colours(20) == colours[:20]
