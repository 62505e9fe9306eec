"""How good predictions and orders are: pure functions of arrays, and `METRICS`, which `evaluate` goes through.

Adding one: a function and its line in the file of its kind, `of_ratings`, `of_lists` or `of_everybody`; evaluation, the pages and
the tests follow by themselves.
"""

from nmf_core.metrics.base import Array, Metric
from nmf_core.metrics.everybody import Everybody
from nmf_core.metrics.lists import Lists
from nmf_core.metrics.of_everybody import OF_EVERYBODY
from nmf_core.metrics.of_lists import OF_LISTS, ndcg
from nmf_core.metrics.of_ratings import OF_RATINGS, mae, rmse

__all__ = ["LOW", "METRICS", "RELEVANT", "Array", "Everybody", "Lists", "Metric", "mae", "ndcg", "rmse"]

RELEVANT = 0.7  # of the scale's span: 4 and 5 on a scale of 1 to 5
LOW = 1 - RELEVANT  # likewise from below: 1 and 2
METRICS: dict[str, Metric] = {metric.name: metric for metric in (*OF_RATINGS, *OF_LISTS, *OF_EVERYBODY)}
