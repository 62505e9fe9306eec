"""Frames and arrays in, charts out: a Plotly figure, its words for those who cannot see it, and its table twin."""

from pages.ui.charts.bars import counts, distribution, feature_items, recommendations, score_sum, shares
from pages.ui.charts.judged import dial, models
from pages.ui.charts.lines import convergence
from pages.ui.charts.places import map_of
from pages.ui.charts.plan import MODES, Window
from pages.ui.charts.product import blanks_mark, product
from pages.ui.charts.ranks import classical, is_classical, rank_survey, table_of_features
from pages.ui.charts.receipts import own_parts
from pages.ui.charts.style import Chart, Look

__all__ = [
    "MODES",
    "Chart",
    "Look",
    "Window",
    "blanks_mark",
    "classical",
    "convergence",
    "counts",
    "dial",
    "distribution",
    "feature_items",
    "is_classical",
    "map_of",
    "models",
    "own_parts",
    "product",
    "rank_survey",
    "recommendations",
    "score_sum",
    "shares",
    "table_of_features",
]
