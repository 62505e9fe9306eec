"""A notebook that recomputes a fit from the ratings in it and says so when it comes out otherwise.

Names are data: they stand in code cells as Python literals alone, never in Markdown, so that none can act.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

import numpy as np

from nmf_core.data.ratings import Ratings
from nmf_core.errors import NmfError
from nmf_core.export.recipe import call, canonical, check_same, sentence, versions
from nmf_core.fit.factorization import STOP_REASONS, Factorization, not_converged
from nmf_core.fit.problem import Array
from nmf_core.fit.steer import Steer, Wish
from nmf_core.interpret.features import Labels
from nmf_core.words import many, share

EMBED_RATINGS = 200_000  # more of them would make a notebook that editors cannot open
EMBED_WEIGHTS = 5_000  # up to here W and H are compared weight by weight
EMBED_START = 1_000_000  # weights of a start given as arrays
TOLERANCE = 1e-8  # other libraries and processors round sums otherwise; sweeps carry that on, far below this

BLANKS = {
    "unknown": "A blank counts nothing: the fit sees the observed ratings alone.",
    "weak": "A blank counts as weak evidence: a weight and a value in rating points, the pair `blanks` below.",
    "zero": "A blank counts as a rating of 0.",
}


def notebook(ratings: Ratings, fit: Factorization, labels: Labels = None, *, ratings_file: str = "ratings.csv") -> str:
    """A Jupyter notebook (.ipynb, format 4.5) that holds the ratings, recomputes the fit and checks that it is the same.

    W and H stand in it in canonical form, and `labels` go with their features. With more than 200,000 ratings it reads
    them from `ratings_file` beside it, which is `export.ratings_csv(ratings)`.

    Raises:
        NmfError: ratings that are not the fit's, a label of no feature, or a start of arrays too large to embed.

    >>> import json
    >>> from nmf_core import datasets, factorize
    >>> ratings = datasets.notebook()
    >>> json.loads(notebook(ratings, factorize(ratings, rank=2), {0: "Action"}))["nbformat"]
    4
    """
    check_same(ratings, fit)
    fit, named = canonical(fit, labels)
    embedded = ratings.n_ratings <= EMBED_RATINGS
    cells = [
        _markdown("title", _title(ratings, fit)),
        _code("imports", IMPORTS),
        _markdown("ratings-words", RATINGS_HERE if embedded else RATINGS_BESIDE),
        _code("ratings", _ratings_here(ratings) if embedded else _ratings_beside(ratings, ratings_file)),
        _code("ratings-check", _ratings_check(ratings)),
        _markdown("fit-words", f"## The fit\n\n{BLANKS[fit.blanks.name]}\n\n{_how_it_ended(fit)}"),
        _code("fit", _fit(fit)),
        _markdown("check-words", CHECK_WORDS),
        _code("check", _check(fit)),
        _markdown("features-words", FEATURES_WORDS),
        _code("labels", f"labels = {_dict(named)}"),
        _code("w", "W = nc.export.tables.w_table(fit, labels)\nW.head(20).round(2)"),
        _code("h", "H = nc.export.tables.h_table(fit, labels)\nH.T.head(20).round(2)"),
        _markdown(
            "recommend-words", "## Recommendations for the first user\n\nA score is the sum of its features' parts."
        ),
        _code("recommend", "nc.recommend(fit, ratings, ratings.users[0], labels=labels).round(2)"),
    ]
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"


IMPORTS = """import numpy as np
import pandas as pd

import nmf_core as nc

pd.set_option("display.html.use_mathjax", False)  # a name with $ in it is no formula"""

RATINGS_HERE = "## The ratings\n\nOne line a user: item and rating. Users and items without ratings are kept."

RATINGS_BESIDE = """## The ratings

They are too many to stand in here. Export them as CSV and put the file beside this notebook, under the name that is read below;
of its columns user, item and rating are used. The ids below give their order."""

CHECK_WORDS = """## Is it the same fit?

The weights, or where they are many the misfit, are compared with those of the fit that was exported. On the same machine they
are the same bits; another processor or library may round the last digits otherwise."""

FEATURES_WORDS = """## The features

W says how much each user gives each feature, in rating points; H says how much of each feature an item has, 0 to 1."""


def _how_it_ended(fit: Factorization) -> str:
    """Why the fit ended, and what to do if it did not converge."""
    return not_converged(fit.stopped) or sentence(STOP_REASONS[fit.stopped])


def _title(ratings: Ratings, fit: Factorization) -> str:
    """What this notebook is, in numbers."""
    made = ", ".join(f"{name} {version}" for name, version in versions().items())
    return (
        f"# Latent features of {ratings.n_ratings:,} ratings\n\n"
        f"{ratings.n_users:,} users rated {ratings.n_items:,} items; {share(ratings.density)} of the cells are observed. "
        f"They are factorised into V ≈ W × H with {many(fit.rank, 'feature')}, "
        f"by the solver {fit.settings.solver}.\n\n"
        "Run all cells from top to bottom: the fit is computed anew from the ratings and compared with the one that was "
        f"exported.\n\nMade with {made}."
    )


def _ratings_here(ratings: Ratings) -> str:
    """The ratings as a dict of dicts of names."""
    lines = []
    for u, user in enumerate(ratings.users):
        cells = slice(ratings.V.indptr[u], ratings.V.indptr[u + 1])
        items = ratings.items[ratings.V.indices[cells]]
        rated = ", ".join(f"{_text(i)}: {_rating(v)}" for i, v in zip(items, ratings.V.data[cells], strict=True))
        lines.append(f"    {_text(user)}: {{{rated}}},\n")
    return (
        f"items = {_list(map(_text, ratings.items))}\n"
        f"rated = {{\n{''.join(lines)}}}\n"
        "ratings = nc.Ratings.from_cells(\n"
        "    [user for user, row in rated.items() for item in row],\n"
        "    [item for row in rated.values() for item in row],\n"
        "    [rating for row in rated.values() for rating in row.values()],\n"
        f"    all_users=rated,\n    all_items=items,\n    scale={_scale(ratings)},\n)"
    )


def _ratings_beside(ratings: Ratings, file: str) -> str:
    """The ratings read from a file, in the order of the ids; names that a spreadsheet needs neutral become themselves."""
    return (
        f"users = {_list(map(_text, ratings.users))}\n"
        f"items = {_list(map(_text, ratings.items))}\n"
        f'table = pd.read_csv({_text(file)}, dtype=str, keep_default_na=False, encoding="utf-8-sig")\n'
        "ids = {nc.export.tables.escape_formulas(name): name for name in [*users, *items]}\n"
        "ratings = nc.Ratings.from_cells(\n"
        '    [ids.get(user, user) for user in table["user"]],\n'
        '    [ids.get(item, item) for item in table["item"]],\n'
        '    pd.to_numeric(table["rating"]),  # blank beside whoever has no rating\n'
        f"    all_users=users,\n    all_items=items,\n    scale={_scale(ratings)},\n)"
    )


def _ratings_check(ratings: Ratings) -> str:
    """That these are the ratings which were fitted."""
    return (
        f"assert ratings.fingerprint == {ratings.fingerprint!r}, "
        '"these are not the ratings of the exported fit"\nratings.to_table().head()'
    )


def _fit(fit: Factorization) -> str:
    """The call, and the start if it was given as arrays."""
    start = ""
    if not isinstance(fit.settings.init, str):
        W0, H0 = (np.asarray(x, dtype=np.float64) for x in fit.settings.init)
        if W0.size + H0.size > EMBED_START:
            raise NmfError(
                f"The fit started from arrays with {W0.size + H0.size:,} weights; a notebook holds {EMBED_START:,}. "
                "Export a capsule, which keeps them."
            )
        start = f"W0 = np.array({_matrix(W0)})\nH0 = np.array({_matrix(H0)})\n"
    if fit.settings.steer is not None:
        start += _steer(fit.settings.steer)
    return f"{start}fit = {call(fit)}.canonical()\nfit.history.tail()"


def _steer(steer: Steer) -> str:
    """The wishes, each number of them."""
    if sum(wish.row.size for wish in steer.by_feature.values()) > EMBED_START:
        raise NmfError(
            f"The wishes for {many(len(steer.by_feature), 'feature')} have more weights than the {EMBED_START:,} that a notebook "
            "holds. Let features go free, or export a capsule, which keeps them."
        )
    return f"steer = nc.Steer({_list(map(_wish, steer.wishes))})\n"


def _wish(wish: Wish | None) -> str:
    """One wish as Python; None where a feature is free."""
    if wish is None:
        return "None"
    strength = repr(wish.strength) if isinstance(wish.strength, float) else f"np.array({wish.strength.tolist()!r})"
    return f"nc.Wish(np.array({wish.row.tolist()!r}), {strength}, items=[{', '.join(map(_text, wish.items))}])"


def _check(fit: Factorization) -> str:
    """Assertions on W and H where they are small, else on the objective and RMSE."""
    if fit.W.size + fit.H.size <= EMBED_WEIGHTS:
        return (
            f"W_exported = np.array({_matrix(fit.W)})\n"
            f"H_exported = np.array({_matrix(fit.H)})\n"
            'for name, now, exported in (("W", fit.W, W_exported), ("H", fit.H, H_exported)):\n'
            f"    tolerance = {TOLERANCE} * max(1.0, exported.max())\n"
            "    np.testing.assert_allclose(now, exported, rtol=0, atol=tolerance, err_msg=name)"
        )
    return (
        f"np.testing.assert_allclose(fit.objective, {fit.objective!r}, rtol={TOLERANCE})\n"
        f"np.testing.assert_allclose(fit.rmse, {float(fit.rmse)!r}, rtol={TOLERANCE}, atol={TOLERANCE})"
    )


def _text(name: object) -> str:
    """A name as a Python literal on one line; what cannot be printed is escaped."""
    return repr(str(name))


def _rating(value: np.float32) -> str:
    """The shortest number that becomes the same float32 again."""
    return repr(float(str(value))).removesuffix(".0")


def _scale(ratings: Ratings) -> str:
    """The scale as a Python literal."""
    return repr(tuple(float(end) for end in ratings.scale))


def _list(literals: Iterable[str]) -> str:
    """Literals as a list, one a line."""
    return "[\n" + "".join(f"    {literal},\n" for literal in literals) + "]"


def _dict(named: dict[int, str]) -> str:
    """Labels as a dict, one a line."""
    return (
        "{\n" + "".join(f"    {feature}: {_text(name)},\n" for feature, name in named.items()) + "}" if named else "{}"
    )


def _matrix(A: Array) -> str:
    """A matrix as a list of rows, every digit kept."""
    return _list(repr(row) for row in A.tolist())


def _markdown(name: str, text: str) -> dict[str, object]:
    """A Markdown cell."""
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": _source(text)}


def _code(name: str, text: str) -> dict[str, object]:
    """A code cell that has not run."""
    empty: dict[str, object] = {"execution_count": None, "metadata": {}, "outputs": []}
    return {"cell_type": "code", "id": name, "source": _source(text), **empty}


def _source(text: str) -> list[str]:
    """Lines with their ends, as notebooks are saved."""
    return [line + "\n" for line in text.split("\n")[:-1]] + [text.split("\n")[-1]]
