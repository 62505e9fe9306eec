"""What Excel files cost: 100,000 ratings as a workbook, beside openpyxl's own writer.

python -m benchmarks.excel [--ratings 100000] [--times 3]
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Callable

from openpyxl import Workbook

from nmf_core import Ratings, datasets, export


def by_openpyxl(ratings: Ratings) -> bytes:
    """The same rows through an object for each cell."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("ratings")
    sheet.append(["user", "item", "rating"])
    for row in ratings.to_table().itertuples(index=False):
        sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def least(write: Callable[[Ratings], bytes], ratings: Ratings, times: int) -> tuple[float, int]:
    """The least seconds of a processor of some runs, whatever else it does, and the size of the file."""
    seconds = []
    for _ in range(times):
        start = time.process_time()
        made = write(ratings)
        seconds.append(time.process_time() - start)
    return min(seconds), len(made)


def main() -> None:
    """Print a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ratings", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=3)
    asked = parser.parse_args()
    ratings = datasets.planted(700, 9_000, 5, asked.ratings / (700 * 9_000), 0.5, 0)
    for name, write in (("nmf_core.export", export.ratings_excel), ("openpyxl", by_openpyxl)):
        seconds, size = least(write, ratings, asked.times)
        print(f"{name:16} {ratings.n_ratings:,} ratings: {seconds:.2f} s, {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
