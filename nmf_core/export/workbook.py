"""Frames as an .xlsx workbook, written as the XML that it is: an object for each cell takes some ten times as long.

Text goes into the workbook's table of strings, so that what repeats is kept once and nothing is taken for a formula, an error or a
number. What is written here is opened by Excel, LibreOffice, openpyxl and calamine alike (ECMA-376, part 1, §18).
"""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import pandas as pd
from pandas.api import types

from nmf_core.data.escape import escape_formulas

TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can say: the same frames give the same bytes
ROWS_AT_ONCE = 20_000
LEVEL = 3  # of compression: the usual 6 takes twice as long for a tenth less
EPOCH = datetime(1899, 12, 30)  # day 0 of a workbook
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
# The underscore of what a workbook takes for the code of a character, as in _x0041_ for A.
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
# Style 0 is that of everything, style 1 that of a time.
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy-mm-dd hh:mm:ss"/></numFmts>'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def workbook(sheets: Mapping[str, pd.DataFrame]) -> bytes:
    """Frames by sheet name as .xlsx; columns are the first row, and a frame's index is left out.

    Names of sheets are such as Excel allows; infinite numbers are text.

    >>> workbook({"ratings": pd.DataFrame({"item": ["Alien"], "weight": [0.5]})})[:2]
    b'PK'
    """
    strings: dict[str, int] = {}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:

        def write(name: str, parts: Iterable[str]) -> None:
            info = zipfile.ZipInfo(name, TIME)
            info.compress_type, info.create_system = zipfile.ZIP_DEFLATED, 3
            info._compresslevel = LEVEL  # type: ignore[attr-defined]  # public from Python 3.13 on, as compress_level
            with archive.open(info, "w", force_zip64=True) as file:
                file.write(_HEAD.encode())
                for part in parts:
                    file.write(part.encode())

        files = [f"worksheets/sheet{k}.xml" for k in range(1, len(sheets) + 1)]
        for file, frame in zip(files, sheets.values(), strict=True):
            write(f"xl/{file}", _sheet(frame, strings))
        write("xl/sharedStrings.xml", _table_of(strings))
        write("xl/styles.xml", [_STYLES])
        linked = [
            *(("worksheet", file) for file in files),
            ("sharedStrings", "sharedStrings.xml"),
            ("styles", "styles.xml"),
        ]
        write("xl/_rels/workbook.xml.rels", [_links(linked)])
        write("_rels/.rels", [_links([("officeDocument", "xl/workbook.xml")])])
        named = "".join(
            f'<sheet name="{_text(name)}" sheetId="{k}" r:id="rId{k}"/>' for k, name in enumerate(sheets, 1)
        )
        write("xl/workbook.xml", [f'<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}"><sheets>{named}</sheets></workbook>'])
        write("[Content_Types].xml", [_content_types(files)])
    return out.getvalue()


def _sheet(frame: pd.DataFrame, strings: dict[str, int]) -> Iterable[str]:
    """A sheet, some rows at a time; its strings get their numbers."""
    letters = [_letters(k) for k in range(frame.shape[1])]
    yield f'<worksheet xmlns="{_MAIN}"><sheetData>'
    heads = [_cells([name], letter, 1, strings)[0] for name, letter in zip(frame.columns, letters, strict=True)]
    yield f'<row r="1">{"".join(heads)}</row>'
    for start in range(0, len(frame), ROWS_AT_ONCE):
        block = frame.iloc[start : start + ROWS_AT_ONCE]
        columns = [_cells(_values(block.iloc[:, k]), letter, start + 2, strings) for k, letter in enumerate(letters)]
        rows = zip(*columns, strict=True) if columns else iter(())
        yield "".join(f'<row r="{n}">{"".join(cells)}</row>' for n, cells in enumerate(rows, start + 2))
    yield "</sheetData></worksheet>"


def _values(column: pd.Series) -> list[Any]:
    """A column's values as Python has them, times without their zone: a workbook knows none."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.tz_localize(None)
    if types.is_bool_dtype(column.dtype) or types.is_numeric_dtype(column.dtype):
        return column.astype(object).where(column.notna(), None).tolist() if column.hasnans else column.tolist()
    return column.astype(object).tolist()


def _cells(values: list[Any], letter: str, first: int, strings: dict[str, int]) -> list[str]:
    """The cells of one column from a row on; "" for what is blank."""
    kinds = set(map(type, values))
    if kinds == {str} and "" not in values:
        numbers = [strings.setdefault(value, len(strings)) for value in values]
        return [f'<c r="{letter}{n}" t="s"><v>{number}</v></c>' for n, number in enumerate(numbers, first)]
    if kinds == {float} and all(map(math.isfinite, values)):
        return [f'<c r="{letter}{n}"><v>{value!r}</v></c>' for n, value in enumerate(values, first)]
    return [_cell(value, f"{letter}{n}", strings) for n, value in enumerate(values, first)]


def _cell(value: Any, at: str, strings: dict[str, int]) -> str:
    """One cell; what is infinite, which a workbook has no number for, is text."""
    if value is None or value is pd.NA or value is pd.NaT or value != value or value == "":
        return ""
    if isinstance(value, bool):
        return f'<c r="{at}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, datetime):
        return f'<c r="{at}" s="1"><v>{(value - EPOCH).total_seconds() / 86_400!r}</v></c>'
    if not isinstance(value, str):
        number = value if isinstance(value, int) else float(value)
        if math.isfinite(number):
            return f'<c r="{at}"><v>{number!r}</v></c>'
        value = escape_formulas(str(number))
    return f'<c r="{at}" t="s"><v>{strings.setdefault(value, len(strings))}</v></c>'


def _table_of(strings: dict[str, int]) -> Iterable[str]:
    """The table of strings, in the order of their numbers."""
    yield f'<sst xmlns="{_MAIN}" uniqueCount="{len(strings)}">'
    texts = [f'<si><t xml:space="preserve">{_text(_ESCAPE.sub("_x005F_", text))}</t></si>' for text in strings]
    yield "".join(texts)
    yield "</sst>"


def _text(text: str) -> str:
    """Text in XML; a carriage return by its number, since readers make it a line feed."""
    for mark, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("\r", "&#13;")):
        text = text.replace(mark, written)
    return text


def _letters(column: int) -> str:
    """A column's letters: A to Z, AA and so on.

    >>> _letters(0), _letters(26), _letters(16383)
    ('A', 'AA', 'XFD')
    """
    letters = ""
    column += 1
    while column:
        column, last = divmod(column - 1, 26)
        letters = chr(65 + last) + letters
    return letters


def _links(parts: list[tuple[str, str]]) -> str:
    """What a part refers to: kinds and files."""
    links = "".join(
        f'<Relationship Id="rId{k}" Type="{_LINKS}/{kind}" Target="{file}"/>' for k, (kind, file) in enumerate(parts, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>'


def _content_types(files: list[str]) -> str:
    """What each part is."""
    kinds = [("workbook", "sheet.main"), *((file[:-4], "worksheet") for file in files)]
    kinds += [("sharedStrings", "sharedStrings"), ("styles", "styles")]
    parts = "".join(f'<Override PartName="/xl/{name}.xml" ContentType="{_KIND}.{kind}+xml"/>' for name, kind in kinds)
    return (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{parts}</Types>'
    )
