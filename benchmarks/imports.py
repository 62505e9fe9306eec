"""What `import nmf_core` takes beside `import sklearn.decomposition`: `python -m benchmarks.imports`.

Fresh interpreters, turn by turn, the medians and their ratio.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

RUNS = 9


def seconds(code: str) -> float:
    """Wall time of a fresh interpreter that runs `code`."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    codes = {"nothing": "pass", "nmf_core": "import nmf_core", "sklearn.decomposition": "import sklearn.decomposition"}
    for code in codes.values():
        seconds(code)  # warm the disk cache
    taken: dict[str, list[float]] = {name: [] for name in codes}
    for _ in range(RUNS):
        for name, code in codes.items():
            taken[name].append(seconds(code))
    medians = {name: statistics.median(values) for name, values in taken.items()}
    for name, median in medians.items():
        print(f"{name:22} {median:.3f} s")
    print(f"nmf_core / sklearn.decomposition: {medians['nmf_core'] / medians['sklearn.decomposition']:.2f}")


if __name__ == "__main__":
    main()
