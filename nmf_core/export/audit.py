"""All features in one table, to go through before their names are relied on: what each is, is called, and rests on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from nmf_core.data.ratings import Ratings
from nmf_core.export.recipe import checked_labels
from nmf_core.fit.factorization import Factorization
from nmf_core.interpret.features import distinctive_items, feature_names, top_items, top_users
from nmf_core.labels import Label, nameability, suggest_all_names
from nmf_core.study.found_again import FoundAgain
from nmf_core.study.ranks import RankSurvey, features_in

LISTED, PEOPLE = 8, 4  # items, and users, of a feature
BETWEEN = "; "


def audit_table(
    fit: Factorization,
    ratings: Ratings,
    labels: Mapping[int, str | Label] | None = None,
    *,
    survey: RankSurvey | None = None,
    found: FoundAgain | None = None,
    least: int | None = None,
) -> pd.DataFrame:
    """A row a feature, for people and for a spreadsheet (`export.tables.csv`).

    Columns: feature (1 …); name, kind, note ("" where a label has none); share, of what the features explain; top_items,
    apart_items and top_users, the names joined; suggested with evidence, the first suggestion; also_suggested, the others;
    leans_to, standard_errors and standard_errors_chance, as `nameability` tells; found_again, the share of halvings of the people
    in which the feature was, similarity there, and similarity_chance, NaN where no survey tells of it.

    Args:
        fit, ratings: the fit and its ratings.
        labels: names, or whole labels, by feature.
        survey: a rank survey of the same ratings that has this rank; its features are matched with the fit's.
        found: or how well the features of this very fit are found again.
        least: the fewest ratings of an item or user that is listed; as for `top_items`.

    Raises:
        NmfError: ratings that are not the fit's, or a label of no feature.

    >>> from nmf_core import datasets, factorize
    >>> ratings = datasets.movie_night()
    >>> table = audit_table(factorize(ratings, rank=4), ratings, {0: "Action"})
    >>> len(table), table["name"].tolist()
    (4, ['Action', 'Feature 2', 'Feature 3', 'Feature 4'])
    """
    fit.check_ratings(ratings)
    whole = {f: label if isinstance(label, Label) else None for f, label in (labels or {}).items()}
    texts = {f: label.text if isinstance(label, Label) else label for f, label in (labels or {}).items()}
    names = feature_names(fit.rank, checked_labels(texts, fit.rank))
    counts = ratings.item_counts
    suggestions = suggest_all_names(fit.H, fit.items, ratings.item_info, n=4, counts=counts)
    lean = nameability(fit.H, fit.items, ratings.item_info, counts=counts)
    rows = []
    for f, (name, own) in enumerate(zip(names, suggestions, strict=True)):
        label, first = whole.get(f), own[0] if own else None
        rows.append(
            {
                "feature": f + 1,
                "name": name,
                "kind": label.kind if label else "",
                "note": label.note if label else "",
                "share": float(fit.explained[f]),
                "top_items": _joined(top_items(fit, f, n=LISTED, ratings=ratings, least=least)["item"]),
                "apart_items": _joined(distinctive_items(fit, f, n=LISTED, ratings=ratings, least=least)["item"]),
                "top_users": _joined(top_users(fit, f, n=PEOPLE, ratings=ratings, least=least)["user"]),
                "suggested": first.text if first else "",
                "evidence": first.evidence if first else "",
                "also_suggested": _joined(one.text for one in own[1:]),
                "leans_to": lean["value"][f],
                "standard_errors": lean["standard_errors"][f],
                "standard_errors_chance": lean["chance"][f],
            }
        )
    return pd.concat([pd.DataFrame(rows), _again(fit, ratings, survey, found)], axis=1)


def _again(fit: Factorization, ratings: Ratings, survey: RankSurvey | None, found: FoundAgain | None) -> pd.DataFrame:
    """(rank rows) how well each feature is found again, by whichever tells of it."""
    told = np.full((fit.rank, 3), np.nan)
    if found is not None and len(found.share) == fit.rank:
        told[:] = np.column_stack([found.share, found.similar.mean(axis=0), np.full(fit.rank, found.chance)])
    elif survey is not None:
        columns = survey.features[["rank", "feature", "found_share", "similarity", "chance"]]
        of = {(rank, feature): rest for rank, feature, *rest in columns.itertuples(index=False)}
        for f, place in features_in(survey, ratings, fit).items():
            told[f] = of[place]
    return pd.DataFrame(told, columns=["found_again", "similarity", "similarity_chance"])


def _joined(names: Iterable[str]) -> str:
    """Names one after another."""
    return BETWEEN.join(map(str, names))
