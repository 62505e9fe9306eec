"""How far the sheets of an OpenDocument spreadsheet reach, before what reads them repeats what is to be repeated."""

from __future__ import annotations

import re
from typing import IO
from xml.parsers import expat

from nmf_core.formats.biff import Damaged, Reach

_CHUNK = 1 << 20
_TABLE, _TABLE_ROW = "table:table", "table:table-row"
_CELLS = ("table:table-cell", "table:covered-table-cell")
_ROWS, _COLUMNS = "table:number-rows-repeated", "table:number-columns-repeated"
_VALUES = ("office:value", "office:string-value", "office:date-value", "office:time-value", "office:boolean-value")


class _Sheets:
    """What is known while the tags of a content go by.

    Attributes:
        reaches: how far each sheet reaches so far.
        laid: cells that are laid out, repeated ones as often as they are; those at a row's end only where something follows.
        bytes: of texts, as often as they are repeated.
    """

    def __init__(self) -> None:
        self.reaches: list[Reach] = []
        self.laid = self.bytes = 0
        self._open_tables = self._row = self._repeats = self._column = self._blank = 0
        self._times, self._begins = 0, 0
        self.parser = expat.ParserCreate("UTF-8")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._refuse

    def _refuse(self, *_: object) -> None:
        """A workbook has no document type, and entities in one could grow without end."""
        raise Damaged

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        """A tag begins."""
        if tag in _CELLS:
            self._weigh()
            self._cell(attributes)
        elif tag == _TABLE_ROW:
            self._weigh()
            self._end_row()
            self._repeats = _times(attributes.get(_ROWS))
        elif tag == _TABLE:
            self._open_tables += 1
            if self._open_tables > 1:  # a table in a cell would be read as part of the row
                raise Damaged
            self._row = self._column = self._blank = self._repeats = 0
            self.reaches.append(Reach())
        elif tag == "text:s":
            self.bytes += _times(attributes.get("text:c")) * max(self._times, 1)

    def _cell(self, attributes: dict[str, str]) -> None:
        """A cell, as often as it is repeated; blank ones count where something follows."""
        if not self.reaches:
            return
        times = _times(attributes.get(_COLUMNS))
        self.laid += self._blank
        self._column += self._blank
        self._blank = 0
        string = attributes.get("office:value-type") == "string"
        formula, valued = "table:formula" in attributes, any(value in attributes for value in _VALUES)
        if string or formula or valued:
            self._column += times
            self.laid += times
            reach = self.reaches[-1]
            reach.columns = max(reach.columns, self._column)
            reach.rows = max(reach.rows, self._row + self._repeats)
            self._times, self._begins = times * max(self._repeats, 1), self.parser.CurrentByteIndex
            reach.odd["formulas"] += formula and not (string or valued)
            # Errors have no type of their own in the standard; LibreOffice marks them so.
            reach.odd["errors"] += attributes.get("calcext:value-type") == "error"
        else:
            self._blank = times

    def _weigh(self) -> None:
        """The cell before is over: its bytes count as often as it is repeated."""
        self.bytes += self._times * (self.parser.CurrentByteIndex - self._begins)
        self._times = 0

    def _end_row(self) -> None:
        """A row is over."""
        self._row += self._repeats
        self._column = self._blank = 0

    def _end(self, tag: str) -> None:
        """A tag ends."""
        if tag == _TABLE:
            self._weigh()
            self._end_row()
            self._open_tables -= 1


def _times(digits: str | None) -> int:
    """How often something is repeated."""
    if digits is None:
        return 1
    if not re.fullmatch(r"\d{1,9}", digits, re.ASCII):
        raise Damaged
    return int(digits)


def sheets_of(content: IO[bytes]) -> tuple[list[Reach], int, int]:
    """How far each sheet of a content.xml reaches, how many cells are laid out for them, and how many bytes of text.

    Raises:
        Damaged: it is no XML, or such as no spreadsheet program writes.
    """
    sheets = _Sheets()
    try:
        while chunk := content.read(_CHUNK):
            sheets.parser.Parse(chunk)
        sheets.parser.Parse(b"", True)
    except (expat.ExpatError, UnicodeError) as e:
        raise Damaged from e
    return sheets.reaches, sheets.laid, sheets.bytes
