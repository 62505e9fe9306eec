"""The tables of what is registered, written into docs/glossary.md and README.md: `python -m docs.glossary`.

Solvers, formats, metrics, layouts and pages say of themselves what they are; nobody has to write it a second time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from nmf_core import FORMATS, SOLVERS
from nmf_core.fit.losses import LOSSES
from nmf_core.fit.settings import BLANK_PRESETS
from nmf_core.metrics import METRICS
from nmf_core.reading.layouts import LAYOUTS
from nmf_core.terms import INIT_TERMS, TERMS
from pages.ui.page_list import PAGES

FILE = Path(__file__).parent / "glossary.md"
README = FILE.parent.parent / "README.md"
FILES = (FILE, README)


def table(head: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown."""
    titles, *lines = (" | ".join(cell.replace("|", "&#124;") for cell in line) for line in (head, *rows))
    return "\n".join([f"| {titles} |", f"|{'---|' * len(head)}", *(f"| {line} |" for line in lines)])


def code(words: Iterable[str]) -> str:
    """Words as code, listed."""
    return ", ".join(f"`{word}`" for word in words)


def tables() -> dict[str, str]:
    """The table of each registry, by the heading under which it stands."""
    return {
        "Solvers": table(
            ("key", "what it is", "blanks it serves", "losses", "when to use it"),
            (
                (
                    f"`{s.name}`",
                    s.summary,
                    ", ".join(s.blanks) + (", any pair" if set(BLANK_PRESETS) <= set(s.blanks) else ""),
                    code(s.losses),
                    s.when,
                )
                for s in SOLVERS.values()
            ),
        ),
        "Formats": table(
            ("key", "files", "when to use it"),
            ((f"`{f.name}`", f"{f.summary}: {code('.' + e for e in f.extensions)}", f.when) for f in FORMATS.values()),
        ),
        "Layouts": table(
            ("key", "what a row of the table is"),
            ((f"`{layout.name}`", layout.words) for layout in LAYOUTS.values()),
        ),
        "Metrics": table(
            ("key", "figure", "what it says", "better"),
            (
                (f"`{m.name}`", m.title.format(top_n="n"), m.summary, "higher" if m.higher_is_better else "lower")
                for m in METRICS.values()
            ),
        ),
        "Pages": table(
            ("key", "what is there", "when to use it"),
            ((f"`{name}`", page.shows, page.when) for name, page in PAGES.items()),
        ),
        "The pages": table(  # of the README
            ("page", "what is there"),
            ((f"**{page.title}**", page.shows) for page in PAGES.values()),
        ),
    }


def written(text: str) -> str:
    """A text with the tables as they are now, each in place of the first one under its heading; and who minimises each loss."""
    for title, rows in tables().items():
        text = re.sub(
            rf"(\n## {title}\n(?:(?!\n## |\n\|).)*\n)(?:\|[^\n]*\n)+",
            lambda found, rows=rows: f"{found[1]}{rows}\n",  # type: ignore[misc]
            text,
            count=1,
            flags=re.DOTALL,
        )
    for word, meaning in (TERMS | {f"`{key}`": meaning for key, meaning in INIT_TERMS.items()}).items():
        text = re.sub(
            rf"(\n\| {re.escape(word)} \| )[^|]+ \|", lambda found, m=meaning: f"{found[1]}{m} |", text, count=1
        )  # type: ignore[misc]
    for loss in LOSSES:
        able = [s.name for s in SOLVERS.values() if loss in s.losses]
        who = "all" if len(able) == len(SOLVERS) else code(able)
        text = re.sub(rf"(\n\| `{loss}` \| [^|]+ \| )[^|]+ \|", rf"\g<1>{who} |", text, count=1)
    return text


def main() -> None:
    """Write the files."""
    for file in FILES:
        file.write_text(written(file.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
