from __future__ import annotations

import streamlit as st

from nmf_core import explain
from pages.ui import charts, downloads, show, text, window
from pages.ui.charts.product import MODES
from pages.ui.session import controls, session, workspaces
from pages.ui.work import fits
from pages.ui.work import view as views

REPLAYED_RATINGS = 5_000  # above this a replay would take longer than it teaches

show.page(
    "Factors",
    "Follow a row of **W** (what a user enjoys, in rating points) and a column of **H** (what an item is made of, from 0 to 1) "
    "to the cell of **V** where they meet: feature by feature they multiply, and the products add up to the score.",
)
view = show.ready()
fit, ratings, look = view.fit, view.ratings, views.look()

top, _ = st.columns([9, 1])
with top, st.container(horizontal=True, vertical_alignment="bottom"):
    mode = st.segmented_control(
        "V shows",
        MODES,
        default=MODES[0],
        required=True,
        key=controls.MODE,
        persist_state="session",
        help="*Reconstruction*: the scores W × H; blanks are outlined. *Parts*: each score as a bar of its features' "
        "contributions. *Ratings*: what was given. *Residual*: rating less score.",
    )
    order = window.order_choice(ratings)
shown = window.choose(fit, ratings, order)
selected = window.selected(fit, ratings, shown)


def clicked() -> None:
    """Open the sum of the cell that was clicked."""
    for point in session.chart_points("product"):
        u, i = point["customdata"][:2]
        workspaces.select_cell((str(fit.users[int(u)]), str(fit.items[int(i)])))


picture = charts.product(fit, ratings, view.names, view.colours, shown, mode=mode, selected=selected, look=look)
show.chart(picture, "product", on_select=clicked)
st.caption(f"{charts.blanks_mark(shown)} {text.shown_part(fit, len(shown.u), len(shown.i))}")

u, i = selected
user, item = str(fit.users[u]), str(fit.items[i])
parts = explain(fit, user, item, labels=view.labels)
score = float(parts["contribution"].sum())
rating = ratings.of_user(user).get(item)
known = f"rated {text.number(rating)}" if rating is not None else "not rated"
sum_words = text.signed_sum([text.md(f) for f in parts["feature"]], parts["contribution"].tolist(), score)
with st.container(border=True):
    st.markdown(f"**{text.md(user)} × {text.md(item)}** ({known}): {sum_words}")
    show.chart(charts.score_sum(parts, view.colours, look=look, high=ratings.scale[1]), "sum")
    st.caption(text.score_meaning(fit))

with st.expander("How the fit converged", icon=":material/trending_down:", expanded=True):
    at = None
    if ratings.n_ratings <= REPLAYED_RATINGS and fit.n_sweeps > 1:
        at = st.slider(
            "Replay: W and H after so many sweeps", 1, fit.n_sweeps, fit.n_sweeps, key=f"replay-{fit.n_sweeps}"
        )
    show.chart(charts.convergence(fit, look=look, at_sweep=at), "convergence")
    if at is not None and at < fit.n_sweeps:
        early = fits.replayed(fit, ratings, at)
        if early is not None:
            replay = charts.product(
                early, ratings, view.names, view.colours, shown, mode=mode, selected=selected, look=look
            )
            show.chart(replay, "replayed", table=False)
            st.caption(f"After {text.many(at, 'sweep')}: RMSE on observed {early.rmse:.3f}; at the end {fit.rmse:.3f}.")
    st.caption(
        f"{text.stopped_reason(fit).capitalize()}. In genomics and in R's NMF the matrix is transposed, and W and H trade places."
    )

leave = st.expander(
    "Take it along: tables, notebook, report, capsule", icon=":material/download:", key="along", on_change="rerun"
)
if leave.open:
    with leave:
        downloads.of_fit(view)
