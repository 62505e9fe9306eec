from __future__ import annotations

import streamlit as st

from nmf_core import RankSurvey
from pages.ui import charts, seen, show, text
from pages.ui.session import controls, session
from pages.ui.work import progress, studies
from pages.ui.work import view as views

show.page(
    "Rank",
    "How many features do these ratings support? Error on ratings hidden from the fit says so; error on those that were "
    "fitted does not.",
)
ratings, settings = show.settled()

with st.container(horizontal=True, vertical_alignment="bottom"):
    top = st.number_input(
        "Ranks 1 to", 1, seen.top_surveyed(ratings), key=controls.SURVEY_TOP, persist_state="session", width=140
    )
    folds = st.number_input(
        "Folds", 2, 20, key=controls.FOLDS, persist_state="session", width=140, help="Each rating is hidden once."
    )


def so_far(found: RankSurvey) -> None:
    """The ranks that are done."""
    show.chart(charts.rank_survey(found, settings.rank, look=views.look()), "survey-so-far", table=False)


def clicked() -> None:
    """Set the rank that was clicked."""
    for point in session.chart_points("survey"):
        controls.set_widgets(**{controls.RANK: round(point["x"])})


survey = progress.panel(studies.survey(ratings, settings, tuple(range(1, int(top) + 1)), int(folds), so_far))
if survey is not None:
    st.markdown(f"#### {text.md(survey.verdict)}")
    show.chart(charts.rank_survey(survey, settings.rank, look=views.look()), "survey", on_select=clicked)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            f"Use rank {survey.suggested_rank}",
            type="primary",
            on_click=controls.set_widgets,
            kwargs={controls.RANK: survey.suggested_rank},
            disabled=survey.suggested_rank == settings.rank,
        )
        st.caption(f"Or click a point. The rank now is {settings.rank}.")
    st.caption(
        "Held-out: ratings dealt into folds, each hidden once; every user and item keeps some. Bars are standard errors over "
        "folds. Suggested is the smallest rank within one standard error of the best. Shuffled: the same with each item's "
        "ratings dealt anew among its raters, so that tastes are gone; features that predict must stay below it."
    )
    if settings.blanks != "unknown":
        st.warning(
            "Blanks count in this fit, so its scores are not expected ratings, and this error judges them harshly."
        )

st.page_link(
    "evaluate.py",
    label=f"How good rank {settings.rank} is beside what needs no features, and beside the best that is known",
    icon=":material/balance:",
)
