"""What files are called that leave: the project's name, what it is, and the day."""

from __future__ import annotations

import re
from datetime import date

LONGEST = 60  # characters of a project's name in a file's
_APART = re.compile(r"[^\w]+")


def file_name(title: str, what: str, extension: str, day: date | None = None) -> str:
    """A name for a file that any system takes and that sorts by project, then by what it is; the day is today if None.

    >>> file_name("Film club: 2026/27", "H", "csv", date(2026, 11, 26))
    'Film-club-2026-27 H 2026-11-26.csv'
    >>> file_name("???", "report", "html", date(2026, 11, 26))
    'ratings report 2026-11-26.html'
    """
    name = _APART.sub("-", title)[:LONGEST].strip("-_") or "ratings"
    return f"{name} {what} {(day or date.today()).isoformat()}.{extension}"
