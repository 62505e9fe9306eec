"""How real features are: whether they are found again where other people are looked at, and how much of that chance gives."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from nmf_core import RankSurvey
from nmf_core.study.ranks import features_in
from nmf_core.study.split import SPLITS
from pages.ui import text
from pages.ui.session import controls
from pages.ui.work import progress, studies
from pages.ui.work.view import Ready

FOLDS = 5  # as on the Rank page, whose surveys serve here


@dataclass(frozen=True)
class Found:
    """How a feature is found again in the other half of the people.

    Attributes:
        share: of the halvings, those in which it was.
        similarity, low, high: how alike it is there, and in 8 of 10 halvings.
        chance: what 99 of 100 features without tastes do not reach.
    """

    share: float
    similarity: float
    low: float
    high: float
    chance: float

    @property
    def words(self) -> str:
        """In few words."""
        return f"found again {self.share:.0%}"


def looked_for(view: Ready) -> dict[int, Found]:
    """What is known of each feature; where nothing is, the panel that finds out, which begins by itself where that is quick."""
    ratings, settings, rank = view.ratings, view.settings, view.fit.rank
    survey: RankSurvey | None = studies.known_survey(ratings, settings, FOLDS, SPLITS[0])
    if survey is None or rank not in survey.found:
        asked = st.empty()
        asked.caption("Are they found again where other people are looked at?")
        survey = progress.panel(
            studies.survey(
                ratings, settings, (rank,), FOLDS, SPLITS[0], lambda _: None, key="real", ask="How real are they?"
            )
        )
        if survey is None:
            return {}
        asked.empty()
        studies.keep_survey(survey, ratings, settings, FOLDS, SPLITS[0])
    told = survey.features[survey.features["rank"] == rank].set_index("feature")
    rows = told[told["found_share"].notna()]
    if rows.empty:
        st.caption("There are too few people to tell whether features are found again in the other half of them.")
    return {
        f: Found(*map(float, rows.loc[place[1], ["found_share", "similarity", "low", "high", "chance"]]))
        for f, place in features_in(survey, ratings, view.fit).items()
        if place[1] in rows.index
    }


def warning(view: Ready, found: dict[int, Found]) -> None:
    """Where blanks are unknown and features are hardly found again, say so and offer the switch."""
    again = sum(one.share > 0.5 for one in found.values())
    if view.fit.blanks.weight > 0 or not found or 2 * again >= view.fit.rank:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(
            f"{again} of {text.many(view.fit.rank, 'feature')} {'is' if again == 1 else 'are'} found again in the other half of "
            "the people. Where blanks are unknown, features predict ratings and are hard to name; what people leave blank tells "
            "more of their tastes.",
            icon=":material/blur_on:",
        )
        st.button(
            "Let blanks be weak evidence",
            key="switch-blanks",
            on_click=controls.set_widgets,
            kwargs={controls.BLANKS: "weak"},
        )
