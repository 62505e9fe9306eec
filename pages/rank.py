from __future__ import annotations

import streamlit as st

from pages.ui import charts, compute, jobs, show, state, text

view = compute.view()
show.page(
    "Rank",
    "How many features do these ratings support? Fitted error always falls with rank; error on ratings hidden from the fit "
    "does not.",
)
if view.settings is None:
    show.fitted(view)
assert view.settings is not None
ratings, settings = view.ratings, view.settings
most = max(1, min(ratings.n_users, ratings.n_items, 50))

with st.container(horizontal=True, vertical_alignment="bottom"):
    top = st.number_input("Ranks 1 to", 1, most, min(8, most), key="survey_top", persist_state="session", width=140)
    folds = st.number_input(
        "Folds", 2, 20, 5, key="survey_folds", persist_state="session", width=140, help="Each rating is hidden once."
    )
ranks = tuple(range(1, int(top) + 1))
job = compute.find_survey(ratings, settings, ranks, int(folds))
if job is None and ratings.n_ratings <= compute.SURVEY_RATINGS:
    compute.start_survey(ratings, settings, ranks, int(folds))
    job = compute.find_survey(ratings, settings, ranks, int(folds))


@st.fragment(run_every=0.4)
def wait(running: jobs.Job) -> None:
    """Progress of the survey, and Cancel."""
    if running.finished:
        st.rerun()
    words = "Waiting for a turn" if running.waiting else f"Fit {running.done} of {running.of or '…'}"
    left = running.seconds_left
    st.progress(
        running.done / running.of if running.of else 0.0, words + (f" · about {left:.0f} s left" if left else "")
    )
    if st.button("Cancel", icon=":material/close:", key="cancel-survey"):
        running.cancelled = True


def clicked() -> None:
    """Set the rank that was clicked."""
    for point in state.chart_points("survey"):
        state.set_widgets(rank=round(point["x"]))


if job is None:
    st.info(
        f"{len(ranks) * (1 + 2 * int(folds))} fits of {text.many(ratings.n_ratings, 'rating')}. Start when you are ready."
    )
    st.button(
        "Survey the ranks",
        type="primary",
        icon=":material/play_arrow:",
        on_click=compute.start_survey,
        args=(ratings, settings, ranks, int(folds)),
    )
    st.stop()
if not job.finished:
    wait(job)
    st.stop()
if job.error is not None or job.result is None:
    st.error(text.md(job.error or "The survey ended without a result. Start it again."), icon=":material/error:")
    st.button(
        "Survey again",
        on_click=lambda: jobs.forget(state.person(), compute.survey_key(ratings, settings, ranks, int(folds))),
    )
    st.stop()

survey = job.result
st.markdown(f"#### {text.md(survey.verdict)}")
show.chart(charts.rank_survey(survey, settings.rank, look=compute.look()), "survey", on_select=clicked)
with st.container(horizontal=True, vertical_alignment="center"):
    st.button(
        f"Use rank {survey.suggested_rank}",
        type="primary",
        on_click=state.set_widgets,
        kwargs={state.RANK: survey.suggested_rank},
        disabled=survey.suggested_rank == settings.rank,
    )
    st.caption(f"Or click a point. The rank now is {settings.rank}.")
st.caption(
    "Held-out: ratings dealt into folds, each hidden once; every user and item keeps some. Bars are standard errors over folds. "
    "Suggested is the smallest rank within one standard error of the best. Shuffled: the same with each item's ratings dealt "
    "anew among its raters, so that tastes are gone; features that predict must stay below it."
)
if settings.blanks != "unknown":
    st.warning("Blanks count in this fit, so its scores are not expected ratings, and this error judges them harshly.")
