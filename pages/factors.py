from __future__ import annotations

import pandas as pd
import streamlit as st

from nmf_core import explain
from nmf_core.interpret.misfit import misfit_table
from pages.ui import charts, downloads, show, text, window
from pages.ui.charts import MODES
from pages.ui.session import controls, session, workspaces
from pages.ui.work import fits, lists
from pages.ui.work import view as views

FORMS = {controls.CANONICAL: "In rating points", controls.SOLVED: "As solved"}
REPLAYED_RATINGS = 5_000  # above this a replay would take longer than it teaches

show.page(
    "Factors",
    "Follow a row of **W** (what a user enjoys, in rating points) and a column of **H** (what an item is made of, from 0 to 1) "
    "to the cell of **V** where they meet: feature by feature they multiply, and the products add up to the score.",
)
view = show.ready()
ratings, look = view.ratings, views.look()

with st.container(horizontal=True, vertical_alignment="bottom"):
    mode = st.segmented_control(
        "V shows",
        MODES,
        default=controls.held(controls.MODE, MODES[0]),
        required=True,
        key=controls.MODE,
        persist_state="session",
        help="*Reconstruction*: the scores W × H; blanks are outlined, or smaller. *Parts*: each score as a bar of its features' "
        "contributions. *Ratings*: what was given. *Residual*: rating less score.",
    )
    weights = st.segmented_control(
        "W and H",
        [controls.CANONICAL, controls.SOLVED],
        default=controls.held(controls.WEIGHTS, controls.CANONICAL),
        required=True,
        key=controls.WEIGHTS,
        persist_state="session",
        format_func=FORMS.__getitem__,
        help=text.WEIGHTS_HELP,
    )
    order = window.order_choice(ratings)
drawn = view if weights == controls.CANONICAL else views.as_solved(view)
fit = drawn.fit
shown = window.choose(fit, ratings, order)
selected = window.selected(fit, ratings, shown)


def clicked() -> None:
    """Open the product of the cell that was clicked; close it at a second click."""
    cell = None
    for point in session.chart_points("product"):
        u, i = point["customdata"][:2]
        cell = (str(fit.users[int(u)]), str(fit.items[int(i)]))
    workspaces.select_cell(None if cell == workspaces.selected_cell() else cell)


picture = charts.product(
    fit,
    ratings,
    drawn.names,
    drawn.colours,
    shown,
    mode=mode,
    selected=selected,
    look=look,
    opened=workspaces.selected_cell() is not None,
)
factors = {
    "W": pd.DataFrame(fit.W, index=fit.users, columns=drawn.names),
    "H, items down": pd.DataFrame(fit.H.T, index=fit.items, columns=drawn.names),
}
show.chart(picture, "product", on_select=clicked, title="V", more=factors)
st.caption(f"{charts.blanks_mark(shown, mode)} {text.shown_part(fit, len(shown.u), len(shown.i))}")
if drawn is not view:
    st.caption("W and H are as the solver gave them: neither is in rating points, and the scores are the same.")

u, i = selected
user, item = str(fit.users[u]), str(fit.items[i])
parts = explain(fit, user, item, labels=dict(enumerate(drawn.names)))
score = float(parts["contribution"].sum())
rating = ratings.of_user(user).get(item)
known = f"rated {text.number(rating)}" if rating is not None else "not rated"
sum_words = text.product_sum(
    [text.md(f) for f in parts["feature"]], parts["user_weight"].tolist(), parts["item_weight"].tolist(), score
)
unknown = [name for name, count in ((user, ratings.user_counts[u]), (item, ratings.item_counts[i])) if count == 0]
with st.container(border=True):
    if unknown:
        st.markdown(
            f"**{text.md(user)} × {text.md(item)}** ({known}): there is no rating of {text.md(text.listed(unknown))}, so nothing "
            "is known and there is no sum. Add ratings on the Ratings page."
        )
    else:
        st.markdown(f"**{text.md(user)} × {text.md(item)}** ({known}): {sum_words}")
        show.chart(charts.score_sum(parts, drawn.colours, look=look, high=ratings.scale[1]), "sum")
        finer = text.OTHER_SCORES if lists.are_finer(ratings, fit.blanks) else ""
        st.caption(f"{text.score_meaning(fit)} {finer}".strip())

with st.expander("How the fit converged", icon=":material/trending_down:", expanded=True):
    at = None
    if ratings.n_ratings <= REPLAYED_RATINGS and fit.n_sweeps > 1:
        at = st.slider(
            "Replay: W and H after so many sweeps", 1, fit.n_sweeps, fit.n_sweeps, key=f"replay-{fit.n_sweeps}"
        )
    st.caption("Objective and KKT residual after each sweep", help=text.terms("sweep", "objective", "KKT residual"))
    show.chart(charts.convergence(fit, look=look, at_sweep=at), "convergence")
    if at is not None and at < fit.n_sweeps:
        early = fits.replayed(view.fit, ratings, at)
        if early is not None:
            early = early if drawn is view else early.as_solved()
            replay = charts.product(
                early, ratings, drawn.names, drawn.colours, shown, mode=mode, selected=selected, look=look
            )
            show.chart(replay, "replayed", table=False)
            st.caption(f"After {text.many(at, 'sweep')}: RMSE on observed {early.rmse:.3f}; at the end {fit.rmse:.3f}.")
    st.markdown(
        "**Errors, each by its formula** (v is a rating, y its score)", help=text.terms("objective", "loss", "penalty")
    )
    errors = misfit_table(fit, ratings)
    st.dataframe(
        errors,
        hide_index=True,
        height="content",
        key="errors",
        column_config={"value": st.column_config.NumberColumn(format="%.13g"), "formula": {"width": "large"}},
    )
    st.caption(
        f"{text.stopped_reason(fit)} In genomics and in R's NMF the matrix is transposed, and W and H trade places."
    )

leave = st.expander(
    "Take it along: tables, notebook, report, capsule", icon=":material/download:", key="along", on_change="rerun"
)
if leave.open:
    with leave:
        downloads.of_fit(view)
