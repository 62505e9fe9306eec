"""Excel's workbooks: .xlsx and its kin, which are zip files, and .xls, which is one of Microsoft's older containers."""

from __future__ import annotations

import io
import re

from nmf_core.errors import RatingsError
from nmf_core.formats.base import Data, Format, whole
from nmf_core.formats.kinds import OLE, ZIP, kind_at
from nmf_core.formats.workbook import table_of_workbook
from nmf_core.formats.workbook_parts import checked_old, checked_parts
from nmf_core.tables.base import Table

_EXTENSIONS = ("xlsx", "xlsm", "xlsb", "xls")
# The name of the first part, which stands behind 30 bytes of a zip file.
_FIRST = re.compile(rb".{30}/?(xl/|_rels/|docProps/|customXml/|\[Content_Types\])", re.DOTALL | re.IGNORECASE)


def read(data: Data, name: str) -> Table:
    """A Table of the values on a sheet: the first that names users, items and ratings, or else the first with a table.

    Raises:
        RatingsError: no workbook, one with a password, a damaged one, or one that is larger than can be read.
    """
    data = whole(data)

    def refusal() -> RatingsError:
        return RatingsError(
            f"{name} is not an Excel file that can be read ({', '.join('.' + e for e in _EXTENSIONS)}, without a password). "
            "Open it in a spreadsheet program and save it as .xlsx or CSV."
        )

    if kind_at(data[:8]) is OLE:
        data, odd = checked_old(data, name, refusal)
    else:
        odd = checked_parts(data, name, refusal)
    return table_of_workbook(data, name, odd, refusal)


def _sniff(head: bytes, name: str) -> bool:
    """Whether a file is an old container, or a zip file named as a workbook or with a part first that only Office's have."""
    kind = kind_at(head)
    named = name.lower().endswith(tuple(f".{extension}" for extension in _EXTENSIONS))
    return kind is OLE or (kind is ZIP and (named or bool(_FIRST.match(head))))


def _example() -> bytes:
    """A small workbook."""
    from openpyxl import Workbook

    book, file = Workbook(), io.BytesIO()
    for row in (("user", "item", "rating"), ("ann", "x", 5), ("ann", "y", 3), ("bob", "x", 4)):
        book.active.append(row)
    book.save(file)
    return file.getvalue()


FORMAT = Format(
    "excel",
    "Excel",
    _EXTENSIONS,
    _sniff,
    read,
    summary="workbooks; nothing in the file is run",
    when="for a sheet kept by hand",
    example=_example,
)
