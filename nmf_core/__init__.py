"""Latent Lens: find, name and use the latent features of ratings by non-negative matrix factorisation.

>>> import nmf_core as nc
>>> ratings = nc.datasets.notebook()
>>> fit = nc.factorize(ratings, rank=2)
>>> fit.W.shape, fit.H.shape
((5, 2), (2, 4))
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from nmf_core import edit
from nmf_core.data import datasets
from nmf_core.data.health import check_health
from nmf_core.data.ratings import Ratings
from nmf_core.errors import DownloadError, NmfError, RatingsError, SettingsError, StoreError
from nmf_core.fit.factorization import Factorization
from nmf_core.fit.factorize import factorize, fit_settings
from nmf_core.fit.list_fit import list_fit
from nmf_core.fit.problem import Blanks, Penalty
from nmf_core.fit.settings import Settings, suggested_blanks
from nmf_core.fit.solvers import SOLVERS
from nmf_core.fit.steer import Steer, Wish
from nmf_core.formats.registry import FORMATS, Source, open_source
from nmf_core.interpret.counterfactual import smallest_flip
from nmf_core.interpret.match import match_features
from nmf_core.interpret.receipts import own_parts
from nmf_core.interpret.recommend import explain, fold_in, recommend
from nmf_core.interpret.removal import shortest_removal
from nmf_core.interpret.shelves import fold_features
from nmf_core.interpret.sure import how_sure
from nmf_core.reading import download as movielens
from nmf_core.reading import server_folder
from nmf_core.reading.items import read_items
from nmf_core.reading.join import join_items, named_by_title
from nmf_core.reading.read import preview_ratings, read_ratings
from nmf_core.study.evaluate import evaluate
from nmf_core.study.price import price_of_a_name
from nmf_core.study.ranks import RankSurvey, survey_ranks
from nmf_core.version import __version__ as __version__

if TYPE_CHECKING:
    from nmf_core import export, labels
    from nmf_core.estimator import MaskedNMF, held_out_scorer
    from nmf_core.export.whole_lists import recommend_all
    from nmf_core.interpret.carry import carry_labels
    from nmf_core.store.labels import LabelStore

__all__ = [
    "FORMATS",
    "SOLVERS",
    "Blanks",
    "DownloadError",
    "Factorization",
    "LabelStore",
    "MaskedNMF",
    "NmfError",
    "Penalty",
    "RankSurvey",
    "Ratings",
    "RatingsError",
    "Settings",
    "Source",
    "SettingsError",
    "Steer",
    "StoreError",
    "Wish",
    "carry_labels",
    "check_health",
    "datasets",
    "edit",
    "evaluate",
    "explain",
    "export",
    "factorize",
    "fit_settings",
    "fold_features",
    "fold_in",
    "held_out_scorer",
    "how_sure",
    "join_items",
    "labels",
    "list_fit",
    "match_features",
    "open_source",
    "own_parts",
    "preview_ratings",
    "movielens",
    "named_by_title",
    "price_of_a_name",
    "read_items",
    "read_ratings",
    "server_folder",
    "shelf",
    "recommend",
    "recommend_all",
    "shortest_removal",
    "smallest_flip",
    "suggested_blanks",
    "survey_ranks",
]

shelf = server_folder  # as it was called at first


def __getattr__(name: str) -> Any:
    """The parts that bring heavy libraries (SQLAlchemy, openpyxl, scikit-learn) are imported when they are first used."""
    if name in ("labels", "export"):
        return importlib.import_module(f"nmf_core.{name}")
    if name == "carry_labels":
        return importlib.import_module("nmf_core.interpret.carry").carry_labels
    if name == "recommend_all":
        return importlib.import_module("nmf_core.export.whole_lists").recommend_all
    if name == "LabelStore":
        return importlib.import_module("nmf_core.store.labels").LabelStore
    if name in ("MaskedNMF", "held_out_scorer"):
        return getattr(importlib.import_module("nmf_core.estimator"), name)
    raise AttributeError(f"module 'nmf_core' has no attribute {name!r}")
