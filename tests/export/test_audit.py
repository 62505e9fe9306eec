"""The audit table: a row a feature, what the cards say, and nothing in it that a spreadsheet would run."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from nmf_core import NmfError, Ratings, datasets, export, factorize, survey_ranks
from nmf_core.interpret.features import distinctive_items, top_users
from nmf_core.labels import Label, suggest_all_names

RATINGS = datasets.movie_night()
FIT = factorize(RATINGS, rank=4).canonical()


def test_a_feature_has_one_row_with_what_its_card_says():
    table = export.audit_table(FIT, RATINGS, {1: Label("Big ones", kind="theme", note="ships\n& stars"), 2: "Talk"})
    assert table["feature"].tolist() == [1, 2, 3, 4]
    assert table["name"].tolist() == ["Feature 1", "Big ones", "Talk", "Feature 4"]
    assert table["kind"].tolist() == ["", "theme", "", ""]
    assert table["note"][1] == "ships\n& stars"
    assert table["share"].sum() == pytest.approx(1)
    found = suggest_all_names(FIT.H, FIT.items, RATINGS.item_info, n=4, counts=RATINGS.item_counts)
    assert table["suggested"].tolist() == [one[0].text for one in found]
    assert table["evidence"].tolist() == [one[0].evidence for one in found]
    assert (table["standard_errors"] > table["standard_errors_chance"]).all()
    for f in range(4):
        assert table["apart_items"][f].split("; ") == distinctive_items(FIT, f, n=8, ratings=RATINGS)["item"].tolist()
        assert table["top_users"][f].split("; ") == top_users(FIT, f, n=4, ratings=RATINGS)["user"].tolist()
    assert table[["found_again", "similarity", "similarity_chance"]].isna().all(axis=None)


def test_how_well_features_are_found_again_comes_from_a_survey_or_is_given():
    survey = survey_ranks(RATINGS, [3, 4], folds=2, restarts=4)
    table = export.audit_table(FIT, RATINGS, survey=survey)
    told = survey.features[survey.features["rank"] == 4]
    assert set(table["found_again"].dropna()) <= set(told["found_share"])
    assert table["found_again"].notna().any()
    assert table["similarity_chance"].dropna().nunique() == 1
    given = export.audit_table(FIT, RATINGS, found=survey.found[4].again)
    assert given["found_again"].tolist() == survey.found[4].again.share.tolist()
    other = export.audit_table(factorize(RATINGS, rank=2), RATINGS, survey=survey)
    assert other["found_again"].isna().all()


def test_names_that_would_be_formulas_are_neutral_in_csv_and_without_metadata_there_is_a_table_too():
    hostile = ["=cmd|x", "+1", "@a", "<script>", 'a"b,c']
    grid = pd.DataFrame(
        np.random.default_rng(0).integers(1, 6, (8, 5)), index=[f"-{k}" for k in range(8)], columns=hostile
    )
    ratings = Ratings.from_grid(grid)
    table = export.audit_table(factorize(ratings, rank=2), ratings, {0: '=HYPERLINK("x")', 1: Label("@x", note="=1")})
    again = pd.read_csv(io.BytesIO(export.tables.csv(table)), encoding="utf-8-sig", dtype=str)
    assert not again.apply(lambda column: column.str.startswith(("=", "+", "@"))).any(axis=None)
    assert table["suggested"].tolist() == ["", ""]
    assert table["standard_errors"].isna().all()


def test_an_empty_feature_and_other_ratings():
    H = FIT.H.copy()
    H[2] = 0
    table = export.audit_table(replace(FIT, H=H), RATINGS)
    assert table["top_items"][2] == table["suggested"][2] == ""
    with pytest.raises(NmfError):
        export.audit_table(FIT, datasets.notebook())
    with pytest.raises(NmfError, match="feature"):
        export.audit_table(FIT, RATINGS, {4: "none"})
