from __future__ import annotations

import streamlit as st

from nmf_core import RankSurvey
from nmf_core.study.ranks import features_in
from nmf_core.study.split import SPLITS
from pages.ui import charts, show, text
from pages.ui.session import controls, session
from pages.ui.work import progress, studies
from pages.ui.work import view as views
from pages.ui.work.view import Ready

HIDDEN = dict(zip(SPLITS, ("at random", "the last fifth in time"), strict=True))

show.page(
    "Rank",
    "How many features do these ratings support? What every rank does on ratings hidden from it says so, and whether its features "
    "are found again where other people are looked at.",
)
ratings, settings = show.settled()

with st.container(horizontal=True, vertical_alignment="bottom"):
    top = st.number_input(
        "Ranks 1 to",
        1,
        controls.top_surveyed(ratings),
        controls.held(controls.SURVEY_TOP, 1),
        key=controls.SURVEY_TOP,
        persist_state="session",
        width=140,
    )
    split = SPLITS[0]
    if ratings.times is not None:
        split = st.segmented_control(
            "Hidden are ratings",
            SPLITS,
            default=controls.held(controls.SURVEY_SPLIT, split),
            required=True,
            key=controls.SURVEY_SPLIT,
            persist_state="session",
            format_func=HIDDEN.__getitem__,
        )
    folds = st.number_input(
        "Folds",
        2,
        20,
        controls.held(controls.FOLDS, 2),
        key=controls.FOLDS,
        persist_state="session",
        width=140,
        help="Each rating is hidden once. Up to 50 ratings are hidden one by one, whatever is set here.",
        disabled=split != SPLITS[0],
    )


def so_far(found: RankSurvey) -> None:
    """The ranks that are done."""
    show.chart(charts.rank_survey(found, settings.rank, look=views.look()), "survey-so-far", table=False)


def clicked() -> None:
    """Set the rank that was clicked."""
    for point in session.chart_points("survey"):
        controls.set_widgets(**{controls.RANK: round(point["x"])})


survey = progress.panel(studies.survey(ratings, settings, tuple(range(1, int(top) + 1)), int(folds), split, so_far))
if survey is not None:
    studies.keep_survey(survey, ratings, settings, int(folds), split)
    head, _, why = survey.verdict.partition(": ")
    st.markdown(f"#### {text.md(head)}")
    st.markdown(text.md(why[:1].upper() + why[1:]))
    with st.container(horizontal=True, vertical_alignment="center"):
        if survey.told:
            st.button(
                f"Use rank {survey.suggested_rank}",
                type="primary",
                on_click=controls.set_widgets,
                kwargs={controls.RANK: survey.suggested_rank},
                disabled=survey.suggested_rank == settings.rank,
            )
        st.caption(
            f"{'Or click' if survey.told else 'Click'} a point to take its rank. The rank now is {settings.rank}."
        )
    view = views.view()
    named, coloured = {}, {}
    if isinstance(view, Ready):
        places = features_in(survey, ratings, view.fit)
        named = {place: view.labels[f] for f, place in places.items() if f in view.labels}
        coloured = {place: view.colours[f] for f, place in places.items()}
    show.chart(
        charts.rank_survey(survey, settings.rank, look=views.look(), named=named, coloured=coloured),
        "survey",
        on_select=clicked,
        title="Ranks",
        more={"Features": charts.table_of_features(survey, named), "Flows": survey.flows},
        camera=True,
    )
    st.caption(text.survey_rule(survey), help=text.terms("rank", "held-out", "found again"))

    if charts.is_classical(survey, settings.blanks):
        with st.expander("As notebooks draw it: reconstruction error against rank", icon=":material/show_chart:"):
            show.chart(charts.classical(survey, settings.rank, look=views.look()), "classical")
            st.caption(
                "Of a fit to all ratings with the settings on the left, over all cells, blanks as zeros: scikit-learn's "
                "`reconstruction_err_` is √Σ(v − y)², the mean squared error is Σ(v − y)² over the number of cells. Both fall with "
                "rank whatever the ratings are, so no bend in them tells what hidden ratings tell."
            )

st.page_link(
    "evaluate.py",
    label=f"How good rank {settings.rank} is beside what needs no features, and beside the best that is known",
    icon=":material/balance:",
)
