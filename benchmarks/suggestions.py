"""Are features called what they are? `python -m benchmarks.suggestions [--seeds 5] [--shuffles 10]`.

Movie night and planted ratings with genres, blanks unknown and weak: how often the first suggestion is the planted genre. An
item of a planted set has the genre of its main feature (one in ten another one) and some at random; beside it stand a decade and a
studio at random.
Then MovieLens latest small, where its folder is given or lies at its usual place: first suggestions with their evidence at rank
20, how many differ, beside two simpler ways (each feature alone by standard errors without regard to popularity, as it was before;
weighted log-odds with an informative prior, Monroe, Colaresi & Quinn 2008), with users' tags as a further column too; how far
features lean to their best value beside chance; and how many features get a name where metadata are shuffled among all items, or
among items as popular.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from benchmarks.few import REAL
from nmf_core import Factorization, Ratings, datasets, factorize, read_ratings
from nmf_core.data.datasets import planted_factors
from nmf_core.interpret.match import alike
from nmf_core.labels import nameability, suggest_all_names
from nmf_core.labels.evidence import FEWEST_ITEMS, STANDARD_ERRORS, TOGETHER, catalogue_of, largest, standard_errors

SIZES = ((100, 60, 3), (200, 100, 4), (400, 200, 6), (600, 600, 8), (1_000, 2_000, 10))
WRONG, FURTHER = 0.1, 0.2  # of planted items, how many are of another genre, and have each other one besides
BLANKS = ("unknown", "weak")
TASTES = {"spectacle": "Action Adventure Sci-Fi", "romance": "Comedy Romance", "story": "Crime Drama Thriller"}
TASTES["family"] = "Animation Family Fantasy"


def planted_genres(n_users: int, n_items: int, rank: int, seed: int) -> tuple[Ratings, NDArray[np.float64]]:
    """Planted ratings with genres, decade and studio of each item; and the planted H."""
    ratings = datasets.planted(n_users, n_items, rank, seed=seed, biased_blanks=1.0)
    _, H = planted_factors(n_users, n_items, rank, seed=seed)
    rng = np.random.default_rng(seed)
    main = np.where(rng.random(n_items) < WRONG, rng.integers(rank, size=n_items), H.argmax(axis=0))
    has = (rng.random((n_items, rank)) < FURTHER) | (np.arange(rank) == main[:, None])
    info = pd.DataFrame(
        {
            "genres": ["|".join(f"Genre {g}" for g in np.flatnonzero(row)) for row in has],
            "year": rng.integers(1950, 2020, n_items),
            "studio": [f"Studio {k}" for k in rng.integers(8, size=n_items)],
        },
        index=ratings.items,
    )
    return replace(ratings, item_info=info), H


def right(ratings: Ratings, H: NDArray[np.float64], blanks: str) -> tuple[int, int]:
    """How many features have the genre of the planted feature that they are as their first suggestion, and how many there are."""
    fit = factorize(ratings, rank=len(H), blanks=blanks).canonical()
    rows, columns = linear_sum_assignment(-alike(fit.H, H, ratings.item_counts))
    firsts = [
        one[0].text if one else ""
        for one in suggest_all_names(fit.H, fit.items, ratings.item_info, counts=ratings.item_counts)
    ]
    return sum(firsts[f] == f"Genre {g}" for f, g in zip(rows, columns, strict=True)), len(H)


def movie_night(blanks: str) -> tuple[int, int]:
    """The same of movie night, whose four tastes look for several genres each."""
    ratings = datasets.movie_night()
    fit = factorize(ratings, rank=4, blanks=blanks).canonical()
    firsts = [
        one[0].text if one else ""
        for one in suggest_all_names(fit.H, fit.items, ratings.item_info, counts=ratings.item_counts)
    ]
    return len({taste for taste, genres in TASTES.items() if set(firsts) & set(genres.split())}), 4


def alone(fit: Factorization, info: pd.DataFrame) -> list[str]:
    """Each feature's first name by standard errors without strata, no feature knowing of another, as it was before."""
    return list(_simply(fit, info, prior=False))


def log_odds(fit: Factorization, info: pd.DataFrame) -> list[str]:
    """Each feature's first name by weighted log-odds with an informative prior, in its standard deviations."""
    return list(_simply(fit, info, prior=True))


def _simply(fit: Factorization, info: pd.DataFrame, *, prior: bool) -> Iterator[str]:
    """First names by one of two simple ways, of genres and decades."""
    catalogue = catalogue_of(fit.H, fit.items, info[["genres", "year"]])
    for row in catalogue.apart:
        best = (STANDARD_ERRORS, "")
        for column in catalogue.columns:
            having, known = column.of_items.T.tocsr()[:, column.known], column.known.sum()
            w = row[column.known] / max(float(row[column.known].sum()), 1e-12)
            base = np.asarray(having.sum(axis=1)) / known
            if prior:
                size = 1 / float(w @ w)  # ratings' worth of weights: as many equal ones
                y, a = size * (having @ w), size * base
                delta = np.log((y + a) / (2 * size - y - a)) - np.log(a / (size - a + 1e-12) + 1e-12)
                z = delta / np.sqrt(1 / (y + a))
            else:
                z = standard_errors(w[None, :], having, np.zeros(known, dtype=np.int64))[:, 0]
            in_top = having[:, largest(w, 10)].sum(axis=1)
            z = np.where(in_top >= FEWEST_ITEMS, z, -np.inf)
            best = max(best, (float(z.max()), column.names[int(z.argmax())]))
        yield best[1]


def shuffled(ratings: Ratings, seed: int, together: int) -> pd.DataFrame:
    """Metadata dealt anew among `together` items of about as many ratings; of equals at random, since ids follow the year."""
    rng, info = np.random.default_rng(seed), ratings.item_info
    assert info is not None
    stratum = np.empty(len(info), dtype=np.int64)
    stratum[np.lexsort((rng.random(len(info)), -ratings.item_counts))] = np.arange(len(info)) // together
    dealt = np.empty(len(info), dtype=np.int64)
    dealt[np.argsort(stratum, kind="stable")] = np.lexsort((rng.random(len(info)), stratum))
    return info.iloc[dealt].set_axis(info.index)


def differ(names: list[str]) -> str:
    """How many names differ, and how often the usual ones are given."""
    counts = pd.Series([name for name in names if name]).value_counts()
    return f"{len(counts)} of {len(names)} differ; most often {', '.join(f'{n} × {name}' for name, n in counts[:3].items())}"


def latest_small(folder: Path, shuffles: int) -> None:
    """Names on MovieLens latest small."""
    ratings = read_ratings(folder).by_name
    info, counts = ratings.item_info, ratings.item_counts
    assert info is not None
    tags = pd.read_csv(folder / "tags.csv", dtype=str).groupby("movieId")["tag"].agg("|".join)
    tagged = info.assign(tags=tags.reindex(info.index).fillna("").to_numpy())
    for blanks in ("weak", "unknown"):
        for rank in (10, 20):
            fit = factorize(ratings, rank=rank, blanks=blanks).canonical()
            found = suggest_all_names(fit.H, fit.items, info, counts=counts)
            print(f"\nLatest small, blanks {blanks}, rank {rank}")
            print(f"  together     {differ([one[0].text if one else '' for one in found])}")
            also = suggest_all_names(fit.H, fit.items, tagged, counts=counts)
            print(f"  with tags    {differ([one[0].text if one else '' for one in also])}")
            print(f"  each alone   {differ(alone(fit, info))}")
            print(f"  log-odds     {differ(log_odds(fit, info))}")
            lean = nameability(fit.H, fit.items, info, counts=counts)
            print(
                f"  nameability  {lean['standard_errors'].mean():.1f} standard errors, chance {lean['chance'].mean():.1f}"
            )
            for name, together in (("all items", ratings.n_items), ("items as popular", TOGETHER)):
                dealt = [shuffled(ratings, seed, together) for seed in range(shuffles)]
                ours = [bool(one) for d in dealt for one in suggest_all_names(fit.H, fit.items, d, counts=counts)]
                less = [bool(one) for d in dealt for one in suggest_all_names(fit.H, fit.items, d)]
                old = [bool(one) for d in dealt for one in alone(fit, d)]
                shares = f"{np.mean(ours):.1%}, counts not given {np.mean(less):.1%}, each alone {np.mean(old):.1%}"
                print(f"  named with metadata shuffled among {name}: {shares}", flush=True)
            for f, one in enumerate(found if rank == 20 else []):
                print(f"  {f + 1:3} {one[0].text if one else '—':22} {one[0].evidence if one else ''}", flush=True)


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--folder", type=Path, default=REAL.parent)
    asked.add_argument("--seeds", type=int, default=5)
    asked.add_argument("--shuffles", type=int, default=10)
    given = asked.parse_args()
    for blanks in BLANKS:
        print(f"movie night, rank 4, blanks {blanks}: {movie_night(blanks)[0]} of 4 tastes named")
    for n_users, n_items, rank in SIZES:
        sets = [planted_genres(n_users, n_items, rank, seed) for seed in range(given.seeds)]
        for blanks in BLANKS:
            counts = np.array([right(ratings, H, blanks) for ratings, H in sets])
            good, of = counts.sum(axis=0)
            print(
                f"planted {n_users} × {n_items}, rank {rank}, blanks {blanks}: {good} of {of} ({good / of:.0%})",
                flush=True,
            )
    if given.folder.exists():
        latest_small(given.folder, given.shuffles)


if __name__ == "__main__":
    main()
