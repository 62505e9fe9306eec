"""OpenDocument spreadsheets, which LibreOffice keeps and Google Sheets gives out."""

from __future__ import annotations

import io
import zipfile
from xml.sax.saxutils import escape

from nmf_core.errors import RatingsError
from nmf_core.formats.base import Data, Format, whole
from nmf_core.formats.workbook import table_of_workbook
from nmf_core.formats.workbook_parts import checked_parts
from nmf_core.tables.base import Table

_TYPE = b"application/vnd.oasis.opendocument.spreadsheet"
_SPACES = "".join(
    f' xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in (("office", "office"), ("table", "table"), ("text", "text"), ("manifest", "manifest"))
)


def read(data: Data, name: str) -> Table:
    """A Table of the values on a sheet: the first that names users, items and ratings, or else the first with a table.

    Raises:
        RatingsError: no such spreadsheet, one with a password, a damaged one, or one that is larger than can be read.
    """
    data = whole(data)

    def refusal() -> RatingsError:
        return RatingsError(
            f"{name} is not an OpenDocument spreadsheet that can be read (.ods, without a password). Open it in a spreadsheet "
            "program and save it as .ods, .xlsx or CSV."
        )

    return table_of_workbook(data, name, checked_parts(data, name, refusal), refusal)


def _sniff(head: bytes, name: str) -> bool:
    """Whether a zip file begins with the type of these spreadsheets, or is named as one."""
    return head.startswith(b"PK\x03\x04") and (name.lower().endswith(".ods") or _TYPE in head[:200])


def _example() -> bytes:
    """A small spreadsheet."""
    rows = (("user", "item", "rating"), ("ann", "x", 5), ("ann", "y", 3), ("bob", "x", 4))
    body = "".join(f"<table:table-row>{''.join(map(_cell, row))}</table:table-row>" for row in rows)
    content = f'<office:body><office:spreadsheet><table:table table:name="Ratings">{body}</table:table>'
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", _TYPE, zipfile.ZIP_STORED)
        archive.writestr(
            "content.xml",
            f"<office:document-content{_SPACES}>{content}</office:spreadsheet></office:body></office:document-content>",
        )
        archive.writestr("META-INF/manifest.xml", f"<manifest:manifest{_SPACES}/>")
    return file.getvalue()


def _cell(value: object) -> str:
    """A cell as it is written there."""
    kind = "string" if isinstance(value, str) else f'float" office:value="{value}'
    return f'<table:table-cell office:value-type="{kind}"><text:p>{escape(str(value))}</text:p></table:table-cell>'


FORMAT = Format(
    "ods",
    "OpenDocument",
    ("ods",),
    _sniff,
    read,
    summary="spreadsheets of LibreOffice and its kin; nothing in the file is run",
    when="for a sheet kept by hand, without Excel",
    example=_example,
)
