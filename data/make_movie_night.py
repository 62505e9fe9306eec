"""Makes movie_night.csv and movie_night_items.csv: 40 made-up people, 30 real films, four planted tastes.

Run it with `python data/make_movie_night.py`; the same files come out each time.
"""

from __future__ import annotations

import csv
import io
import math
import random
from collections.abc import Callable, Iterable
from pathlib import Path

SEED = 2
SHARE_RATED = 0.45
PULL_OF_LIKING = 1.0  # γ: the chance to have rated a film grows with exp(γ · liking), liking in stars

# The four tastes, each with the genres that it looks for.
TASTES = {
    "spectacle": {"Action", "Adventure", "Sci-Fi"},
    "romance": {"Comedy", "Romance"},
    "story": {"Crime", "Drama", "Thriller"},
    "family": {"Animation", "Family", "Fantasy"},
}

# fmt: off
PEOPLE = (
    "Aisha", "Bruno", "Chloe", "Diego", "Elif", "Farid", "Grace", "Hana",
    "Ivan", "Jamal", "Kavya", "Liam", "Mei", "Noah", "Olga", "Priya",
    "Quentin", "Rosa", "Samir", "Thandi", "Uma", "Viktor", "Wanjiru", "Ximena",
    "Yusuf", "Zoe", "Amara", "Bjorn", "Carmen", "Dmitri", "Esra", "Femi",
    "Giulia", "Hiroshi", "Ingrid", "Joao", "Keiko", "Lucas", "Malia", "Nikos",
)
# fmt: on

# Title, year, genres, director, and how well known the film is among these people (1: few know it, 4: everybody).
FILMS = (
    ("The Matrix", 1999, "Action|Sci-Fi", "Lana Wachowski|Lilly Wachowski", 4),
    ("Mad Max: Fury Road", 2015, "Action|Adventure|Sci-Fi", "George Miller", 2),
    ("Terminator 2: Judgment Day", 1991, "Action|Sci-Fi", "James Cameron", 3),
    ("Aliens", 1986, "Action|Sci-Fi", "James Cameron", 2),
    ("Jurassic Park", 1993, "Action|Adventure|Sci-Fi", "Steven Spielberg", 4),
    ("Raiders of the Lost Ark", 1981, "Action|Adventure", "Steven Spielberg", 3),
    ("The Dark Knight", 2008, "Action|Crime|Drama", "Christopher Nolan", 4),
    ("Inception", 2010, "Action|Sci-Fi|Thriller", "Christopher Nolan", 3),
    ("When Harry Met Sally...", 1989, "Comedy|Romance", "Rob Reiner", 3),
    ("Sleepless in Seattle", 1993, "Comedy|Drama|Romance", "Nora Ephron", 2),
    ("You've Got Mail", 1998, "Comedy|Romance", "Nora Ephron", 2),
    ("Notting Hill", 1999, "Comedy|Romance", "Roger Michell", 3),
    ("Amélie", 2001, "Comedy|Romance", "Jean-Pierre Jeunet", 3),
    ("Monsoon Wedding", 2001, "Comedy|Drama|Romance", "Mira Nair", 1),
    ("Titanic", 1997, "Drama|Romance", "James Cameron", 4),
    ("The Godfather", 1972, "Crime|Drama", "Francis Ford Coppola", 3),
    ("Goodfellas", 1990, "Crime|Drama", "Martin Scorsese", 2),
    ("Pulp Fiction", 1994, "Crime|Drama", "Quentin Tarantino", 4),
    ("The Shawshank Redemption", 1994, "Crime|Drama", "Frank Darabont", 4),
    ("Parasite", 2019, "Drama|Thriller", "Bong Joon-ho", 3),
    ("City of God", 2002, "Crime|Drama", "Fernando Meirelles", 2),
    ("12 Angry Men", 1957, "Crime|Drama", "Sidney Lumet", 1),
    ("The Silence of the Lambs", 1991, "Crime|Drama|Thriller", "Jonathan Demme", 3),
    ("Toy Story", 1995, "Animation|Comedy|Family", "John Lasseter", 4),
    ("Finding Nemo", 2003, "Animation|Family", "Andrew Stanton", 3),
    ("WALL-E", 2008, "Animation|Family|Sci-Fi", "Andrew Stanton", 3),
    ("Spirited Away", 2001, "Animation|Family|Fantasy", "Hayao Miyazaki", 2),
    ("My Neighbor Totoro", 1988, "Animation|Family|Fantasy", "Hayao Miyazaki", 2),
    ("The Lion King", 1994, "Animation|Family", "Roger Allers|Rob Minkoff", 4),
    ("Shrek", 2001, "Animation|Comedy|Family", "Andrew Adamson|Vicky Jenson", 3),
)


def make_files() -> dict[str, str]:
    """File name → CSV text of both files."""
    # Of the standard library's generator, `random()` alone is promised to give the same numbers in every version.
    draw = random.Random(SEED).random
    weights = [_mixture(draw, person) for person in range(len(PEOPLE))]
    activity = [0.4 + 1.6 * draw() ** 2 for _ in PEOPLE]
    stars, finish = {}, {}
    for p, person in enumerate(PEOPLE):
        for title, _, genres, _, fame in FILMS:
            liking = 5 * sum(w * fit for w, fit in zip(weights[p], _fits(genres), strict=True))
            noise = sum(draw() for _ in range(4)) - 2  # nearly normal, standard deviation 0.58
            stars[person, title] = min(5, max(1, round(liking + noise)))
            # A race: the higher a cell's rate, the sooner it is likely to finish, and the first ones are rated.
            rate = activity[p] * fame * math.exp(PULL_OF_LIKING * liking)
            finish[person, title] = -math.log(1 - draw()) / rate
    n_rated = round(SHARE_RATED * len(finish))
    rated = set(sorted(finish, key=finish.__getitem__)[:n_rated])
    return {
        "movie_night.csv": _csv(("user", "item", "rating"), ((*cell, stars[cell]) for cell in stars if cell in rated)),
        "movie_night_items.csv": _csv(("item", "year", "genres", "director"), (film[:4] for film in FILMS)),
    }


def _mixture(draw: Callable[[], float], person: int) -> list[float]:
    """One person's weight on each taste: a main taste (each of the four for every fourth person) and a side taste."""
    main = person % len(TASTES)
    side = (main + 1 + int(draw() * (len(TASTES) - 1))) % len(TASTES)
    weights = [0.1 * draw() for _ in TASTES]
    weights[main] = 0.7 + 0.3 * draw()
    weights[side] = 0.4 * draw()
    return weights


def _fits(genres: str) -> list[float]:
    """How far a film suits each taste, 0.3…1: more with the share of its genres that the taste looks for."""
    listed = set(genres.split("|"))
    return [0.3 + 0.7 * len(listed & wanted) / len(listed) for wanted in TASTES.values()]


def _csv(header: tuple[str, ...], rows: Iterable[tuple]) -> str:
    """CSV text with a header line."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


if __name__ == "__main__":
    for name, text in make_files().items():
        (Path(__file__).parent / name).write_text(text, encoding="utf-8", newline="\n")
