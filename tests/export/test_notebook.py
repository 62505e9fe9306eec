"""The notebook: it is one, it runs, it finds the same fit, and it notices another."""

import importlib
import json
import re

import numpy as np
import pytest

from nmf_core import datasets, factorize
from nmf_core.data.ratings import Ratings
from nmf_core.errors import NmfError
from nmf_core.export import notebook, ratings_csv, tables
from nmf_core.fit.problem import Penalty

module = importlib.import_module("nmf_core.export.notebook")
HOSTILE = [
    '"""); import os #',
    "'''\\",
    "`x`",
    "<img src=x onerror=alert(1)>",
    "{0}",
    "=1+1",
    "\\N{BULLET}",
    "$x$ 😀 \u202e",
]


def hostile_ratings():
    users = ["{", "}", "=u", "ann'", 'bob"']
    cells = [(u, i, 1 + (3 * a + 5 * b) % 5) for a, u in enumerate(users) for b, i in enumerate(HOSTILE) if (a + b) % 3]
    u, i, v = zip(*cells, strict=True)
    return Ratings.from_cells(u, i, v, all_users=[*users, "none"], all_items=[*HOSTILE, "nothing"])


def run(text):
    namespace = {}
    for cell in json.loads(text)["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), namespace)
    return namespace


@pytest.mark.parametrize(
    "settings",
    [
        {"solver": "hals"},
        {"solver": "hals", "blanks": "weak", "penalty": Penalty(0.1, 0.2, 0.01, 0.02)},
        {"solver": "sklearn-cd", "blanks": "zero", "init": "random", "seed": 42},
        {"solver": "mu", "loss": "kl", "max_sweeps": 20},
    ],
    ids=str,
)
@pytest.mark.parametrize("make", [datasets.notebook, hostile_ratings])
def test_it_finds_the_same_fit(make, settings):
    ratings = make()
    fit = factorize(ratings, rank=2, **settings)
    for given in (fit, fit.canonical()):
        ran = run(notebook(ratings, given, {0: HOSTILE[0], 1: HOSTILE[3]}))
        assert ran["ratings"].fingerprint == ratings.fingerprint
        assert (ran["fit"].W == fit.canonical().W).all()
        assert ran["fit"].history["objective"].tolist() == fit.history["objective"].tolist()


def test_labels_stay_with_their_features():
    ratings = datasets.movie_night()
    fit = factorize(ratings, rank=4, init="random", seed=0)
    assert (np.diff(fit.misfit_removed) > 0).any()  # so that canonical form moves features
    ran = run(notebook(ratings, fit, {f: fit.items[fit.H[f].argmax()] for f in range(4)}))
    for f, name in ran["labels"].items():
        assert ratings.items[ran["fit"].H[f].argmax()] == name


def test_it_is_a_notebook():
    ratings = hostile_ratings()
    book = json.loads(notebook(ratings, factorize(ratings, rank=2), {0: HOSTILE[3]}))
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in book["cells"]]
    assert len(set(ids)) == len(ids) and all(re.fullmatch(r"[a-zA-Z0-9-_]{1,64}", x) for x in ids)
    for cell in book["cells"]:
        keys = {"cell_type", "id", "metadata", "source"}
        assert set(cell) == (keys if cell["cell_type"] == "markdown" else keys | {"execution_count", "outputs"})
        assert all(line.endswith("\n") for line in cell["source"][:-1])
        assert cell["cell_type"] == "code" or not any(name in "".join(cell["source"]) for name in HOSTILE)
    assert notebook(ratings, factorize(ratings, rank=2), {0: HOSTILE[3]}) == json.dumps(book, indent=1) + "\n"


def test_another_fit_is_noticed():
    ratings = datasets.notebook()
    text = notebook(ratings, factorize(ratings, rank=2))
    with pytest.raises(AssertionError, match="not the ratings"):
        run(text.replace("'Movie1': 5", "'Movie1': 4"))
    with pytest.raises(AssertionError, match="Not equal"):
        run(text.replace("max_sweeps=200", "max_sweeps=3"))


def test_a_cancelled_fit_and_a_given_start():
    ratings = datasets.notebook()
    start = (np.full((5, 2), [0.3, 0.7]), np.full((2, 4), [[1.0], [2.0]]))
    fit = factorize(ratings, rank=2, init=start, on_sweep=lambda sweep, objective, kkt: sweep < 3)
    assert fit.stopped == "cancelled"
    assert (run(notebook(ratings, fit))["fit"].W == fit.canonical().W).all()


def test_a_grid_without_blanks():
    ratings = Ratings.from_cells(["a", "a", "b", "b"], ["x", "y", "x", "y"], [0.1, 2.5, 3, 4])
    run(notebook(ratings, factorize(ratings, rank=1)))


def test_a_large_fit_compares_the_misfit(monkeypatch):
    monkeypatch.setattr(module, "EMBED_WEIGHTS", 3)
    ratings = datasets.notebook()
    text = notebook(ratings, factorize(ratings, rank=2))
    run(text)
    with pytest.raises(AssertionError, match="Not equal"):
        run(text.replace("rank=2", "rank=1"))


@pytest.mark.parametrize("written", [ratings_csv, lambda ratings: tables.csv(ratings.to_table())])
def test_many_ratings_are_read_from_a_file(monkeypatch, tmp_path, written):
    monkeypatch.setattr(module, "EMBED_RATINGS", 3)
    monkeypatch.chdir(tmp_path)
    ratings = hostile_ratings()
    text = notebook(ratings, factorize(ratings, rank=2))
    (tmp_path / "ratings.csv").write_bytes(written(ratings))
    assert run(text)["ratings"].fingerprint == ratings.fingerprint


def test_what_it_refuses(monkeypatch):
    ratings = datasets.notebook()
    fit = factorize(ratings, rank=2)
    with pytest.raises(NmfError, match="fingerprint"):
        notebook(ratings.keep(np.arange(13) > 0), fit)
    with pytest.raises(NmfError, match="others"):
        notebook(datasets.movie_night(), fit)
    monkeypatch.setattr(module, "EMBED_START", 3)
    with pytest.raises(NmfError, match="capsule"):
        notebook(ratings, factorize(ratings, rank=2, init=(np.ones((5, 2)), np.ones((2, 4)))))
