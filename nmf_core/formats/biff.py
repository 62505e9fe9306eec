"""The records of binary workbooks: how far their sheets reach, before what reads them makes room for it.

Told by Microsoft's published descriptions, [MS-XLS] for .xls and [MS-XLSB] for the sheets in .xlsb.
"""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import dataclass, field

from nmf_core.tables.base import MAX_GRID_CELLS

# Records of [MS-XLS] by number: those with a cell at their start, and others that matter here.
_CELLS = frozenset((0x0006, 0x00D6, 0x00FD, 0x0203, 0x0204, 0x0205, 0x027E))
_FORMULA, _ERROR, _NUMBERS, _LAST, _SIZES = 0x0006, 0x0205, 0x00BD, 0x000A, 0x0200
_PASSWORD, _SHEET, _STRINGS, _MORE = 0x002F, 0x0085, 0x00FC, 0x003C
_COLUMNS = 256
# Records of [MS-XLSB].
_ROW, _CELL_KINDS, _ERRORS, _END_OF_CELLS = 0, range(1, 12), (3, 11), 0x92


class Damaged(ValueError):
    """Records that do not fit into each other."""


class Encrypted(ValueError):
    """A workbook with a password."""


@dataclass
class Reach:
    """How far cells reach: rows and columns counted from 1; `odd`: how many "formulas" have no value, how many cells "errors"."""

    rows: int = 0
    columns: int = 0
    odd: Counter[str] = field(default_factory=Counter)

    def cell(self, row: int, column: int) -> None:
        """There is a cell, counted from 0."""
        if row >= self.rows:
            self.rows = row + 1
        if column >= self.columns:
            self.columns = column + 1


def checked_xls(stream: bytes) -> tuple[bytes, list[Reach]]:
    """The stream of an .xls without what it says of its size, which need not be so, and how far each sheet reaches.

    Raises:
        Damaged: a record ends behind the stream's end or says what cannot be.
        Encrypted: it has a password.
    """
    content = bytearray(stream)
    sheets, at = list[int](), 0
    strings = strings_end = 0
    while at + 4 <= len(stream):
        kind, n = struct.unpack_from("<HH", stream, at)
        if at + 4 + n > len(stream) or kind == _LAST:
            break
        if kind == _PASSWORD:
            raise Encrypted
        if kind == _SHEET and n >= 8:
            sheets.append(struct.unpack_from("<I", stream, at + 4)[0])
        if kind == _STRINGS and n >= 8:
            strings, strings_end = struct.unpack_from("<i", stream, at + 8)[0], at
        at += 4 + n
    # A text takes three bytes at least; room would be made for as many as are announced.
    if not 0 <= strings <= (at - strings_end) // 3 or len(set(sheets)) < len(sheets):
        raise Damaged
    left = 2 * len(stream)  # a sheet without an end runs into the next one
    reaches = []
    for start in sheets:
        reach, n_bytes = _xls_sheet(content, start)
        left -= n_bytes
        if left < 0:
            raise Damaged
        reaches.append(reach)
    return bytes(content), reaches


def _xls_sheet(content: bytearray, start: int) -> tuple[Reach, int]:
    """How far a sheet reaches that begins somewhere, and how many bytes it takes; its record of sizes is blanked."""
    reach, at = Reach(), start
    while at + 4 <= len(content):
        kind, n = struct.unpack_from("<HH", content, at)
        body, at = at + 4, at + 4 + n
        if at > len(content):
            raise Damaged
        if kind == _LAST:
            break
        if kind == _SIZES:
            content[body:at] = bytes(n)
        elif (kind in _CELLS or kind == _NUMBERS) and n >= 6:
            row, column = struct.unpack_from("<HH", content, body)
            if kind == _NUMBERS:
                column += (n - 6) // 6 - 1
            if column >= _COLUMNS:
                raise Damaged
            reach.cell(row, column)
            wrong = kind == _ERROR and n >= 8 and content[body + 7] == 1
            wrong = wrong or (
                kind == _FORMULA
                and n >= 14
                and content[body + 6] == 2
                and content[body + 12 : body + 14] == b"\xff\xff"
            )
            reach.odd["errors"] += wrong
    return reach, at - start


def xlsb_reach(sheet: bytes) -> Reach:
    """How far the cells of a sheet in an .xlsb reach.

    Raises:
        Damaged: a record ends behind the sheet's end, or there are more of them than cells can be read.
    """
    reach, at, row, n_records = Reach(), 0, 0, 0
    try:
        while at < len(sheet):
            n_records += 1
            kind, at = sheet[at], at + 1
            if kind & 0x80:
                kind, at = (kind & 0x7F) + ((sheet[at] & 0x7F) << 7), at + 1
            n = 0
            for k in range(4):
                byte, at = sheet[at], at + 1
                n += (byte & 0x7F) << (7 * k)
                if not byte & 0x80:
                    break
            if at + n > len(sheet) or n_records > MAX_GRID_CELLS:
                raise Damaged
            if kind == _ROW:
                row = struct.unpack_from("<I", sheet, at)[0]
            elif kind in _CELL_KINDS and n >= 8:
                if kind > 1:  # a blank one is not laid out
                    reach.cell(row, struct.unpack_from("<I", sheet, at)[0])
                reach.odd["errors"] += kind in _ERRORS
            elif kind == _END_OF_CELLS:
                break
            at += n
    except (IndexError, struct.error) as e:
        raise Damaged from e
    return reach
