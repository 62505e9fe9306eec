"""Workbooks beside .xlsx: .xls, .xlsb and .ods are read with the same checks, and none can be made to fill the memory."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmf_core import NmfError, Ratings, preview_ratings, read_ratings
from nmf_core.formats import base, biff, ole
from nmf_core.formats.biff import Damaged, checked_xls
from nmf_core.formats.registry import open_source
from tests.formats.binary_books import ERROR, ods, record, xls, xls_cell, xls_sheet, xls_stream, xlsb, zipped

WRITERS = {"xls": xls, "xlsb": xlsb, "ods": ods}
LIST = [["user", "item", "rating"], ["ann", "x", 5.0], ["ann", "y", 3.0], ["bob", "x", 4.0]]
EACH = pytest.mark.parametrize("kind", WRITERS)


def refused(data, says, name):
    with pytest.raises(NmfError, match=says) as caught:
        read_ratings(data, name=name)
    assert str(caught.value).startswith(name)


@EACH
def test_a_list_and_a_grid_are_read_whatever_the_name(kind):
    for name in (f"a.{kind}", "ratings"):
        assert read_ratings(WRITERS[kind]({"S": LIST}), name=name).of_user("ann") == {"x": 5.0, "y": 3.0}
    titled = [["Our films"], [], ["", "Alien", "Heat"], ["ann", 5.0, None], ["bob", 3.0, 4.0], [], ["Source: us"]]
    ratings = read_ratings(WRITERS[kind]({"S": titled}), name=f"a.{kind}")
    assert ratings.of_user("bob") == {"Alien": 3.0, "Heat": 4.0}
    assert "Row 1 was taken for a title: 'Our films'." in ratings.notes
    assert "Row 7 below the table was left out: 'Source: us'." in ratings.notes


@EACH
def test_a_hidden_sheet_is_read_only_where_it_is_asked_for(kind):
    data = WRITERS[kind]({"Old": [["", "z"], ["eve", 1.0], ["fay", 2.0]], "Ratings": LIST}, hidden=("Old",))
    assert read_ratings(data, name=f"a.{kind}").n_ratings == 3
    assert read_ratings(data, name=f"a.{kind}", sheet="Old").users.tolist() == ["eve", "fay"]


@EACH
def test_cells_with_errors_are_blank_and_counted(kind):
    ratings = read_ratings(WRITERS[kind]({"S": [*LIST[:3], ["bob", "x", ERROR]]}), name=f"a.{kind}")
    assert ratings.n_ratings == 2
    assert "1 cell holds an error such as #REF!, read as blank. Correct it if need be." in ratings.notes


@EACH
def test_a_wrong_cell_is_named_by_its_row(kind):
    refused(WRITERS[kind]({"S": [*LIST, ["cy", "x", "five"]]}), "row 5, column 'rating': 'five'", f"a.{kind}")
    refused(WRITERS[kind]({"S": []}), "is empty: its first sheet 'S' has no cells", f"a.{kind}")


def test_formulas_that_nobody_computed_are_counted_in_ods():
    formula = '<table:table-cell table:formula="of:=1+1"/>'
    notes = read_ratings(ods({"S": [*LIST, ["cy", "x", formula]]})).notes
    assert any("1 cell holds a formula without a value" in note for note in notes)


def test_a_date_is_no_rating():
    date = '<table:table-cell office:value-type="date" office:date-value="2020-01-02"/>'
    refused(ods({"S": [*LIST, ["cy", "x", date]]}), "row 5, column 'rating': .*2020-01-02.* is a date", "a.ods")


def test_blank_rows_that_fill_the_sheet_are_no_rows():
    fill = '<table:table-cell table:number-columns-repeated="16384"/>'
    last = f'<table:table-row table:number-rows-repeated="1048572">{fill}</table:table-row>'
    styled = (
        '<table:table-row table:number-rows-repeated="1000000"><table:table-cell table:style-name="a"/>'
        '<table:table-cell table:number-columns-repeated="16383"/></table:table-row>'
    )
    assert read_ratings(ods({"S": [*LIST, last]})).n_ratings == 3
    assert read_ratings(ods({"S": [*LIST, styled]})).n_ratings == 3


def test_repeated_cells_are_as_many_as_they_say():
    row = '<table:table-row table:number-rows-repeated="2">{}</table:table-row>'
    cells = '<table:table-cell office:value-type="string"><text:p>z</text:p></table:table-cell>'
    cells += '<table:table-cell office:value-type="float" office:value="2" table:number-columns-repeated="2"/>'
    table = open_source(ods({"S": [["a", "b", "c"], row.format(cells)]}), name="a.ods").table()
    assert [column.cell(1) for column in table.take([0, 1, 2])] == ["z", 2, 2]


def row_of(cells, times=1):
    return f'<table:table-row table:number-rows-repeated="{times}">{cells}</table:table-row>'


ONE = '<table:table-cell office:value-type="float" office:value="1" {}/>'
LONG = '<table:table-cell office:value-type="string" {}><text:p>' + "x" * 100_000 + "</text:p></table:table-cell>"
NUMBER = 'table:number-columns-repeated="{}"'
FAR = {
    "xls: two sheets": ("a.xls", xls({name: {65000: {255: 1.0}} for name in "ST"}), "2 sheets span more than"),
    "xls: a column that no sheet has": ("a.xls", xls({"S": {0: {60000: 1.0}}}), "not an Excel file"),
    "xls: the same sheet again": (
        "a.xls",
        ole.container(
            "Workbook",
            (one := xls_stream({"S": LIST, "T": LIST})).replace(
                struct.pack("<I", one.rindex(xls_sheet(LIST))), struct.pack("<I", one.index(xls_sheet(LIST)))
            ),
        ),
        "not an Excel file",
    ),
    "xls: texts that are not there": (
        "a.xls",
        xls({"S": LIST}, before=record(0xFC, struct.pack("<ii", 1, 1 << 30))),
        "not an Excel file",
    ),
    "xls: fewer texts than none": (
        "a.xls",
        xls({"S": LIST}, before=record(0xFC, struct.pack("<ii", 1, -1))),
        "not an Excel file",
    ),
    "xlsb: a cell far out": ("a.xlsb", xlsb({"S": {0: {0: 1.0}, 999_999: {16_383: 1.0}}}), "spans 1000000 rows"),
    "xlsb: a record longer than the sheet": (
        "a.xlsb",
        xlsb({"S": b"\x81\x01\x00\x05\xff\xff\xff\x7f"}),
        "not an Excel",
    ),
    "ods: rows": ("a.ods", ods({"S": [row_of(ONE.format(NUMBER.format(1000)), 1_000_000)]}), "spans 1000000 rows"),
    "ods: columns": ("a.ods", ods({"S": [row_of(ONE.format(NUMBER.format(999_999_999)))]}), "× 999999999 columns"),
    "ods: many digits": ("a.ods", ods({"S": [row_of(ONE.format(NUMBER.format("9" * 30)))]}), "not an OpenDocument"),
    "ods: digits by reference": (
        "a.ods",
        ods({"S": [row_of(ONE.format(""), "&#57;99999999")]}),
        "spans 999999999 rows",
    ),
    "ods: blank cells before the last": (
        "a.ods",
        ods({"S": [row_of(f"<table:table-cell {NUMBER.format(16384)}/><table:table-cell/>")] * 2000 + LIST}),
        "not an OpenDocument",
    ),
    "ods: a long text again and again": (
        "a.ods",
        ods({"S": [row_of(LONG.format(NUMBER.format(16000)))]}),
        "OpenDocument",
    ),
    "ods: blanks": (
        "a.ods",
        ods({"S": [row_of(LONG.format("").replace("xxx", '<text:s text:c="999999999"/>' * 2, 1))]}),
        "not an OpenDocument",
    ),
    "ods: a table in a cell": (
        "a.ods",
        ods(
            {"S": [row_of(f"<table:table-cell><table:table>{row_of(ONE.format(''))}</table:table></table:table-cell>")]}
        ),
        "not an OpenDocument",
    ),
    "ods: entities": ("a.ods", ods({"S": LIST}, before='<!DOCTYPE a [<!ENTITY b "c">]>'), "not an OpenDocument"),
    "ods: in a workbook of Excel's": (
        "a.xlsx",
        zipped(
            {
                "xl/workbook.xml": "<a/>",
                "content.xml": f"<table:table>{row_of(ONE.format(''), 999_999_999)}</table:table>",
            }
        ),
        "spans 999999999 rows",
    ),
}


@pytest.mark.parametrize(("name", "data", "says"), FAR.values(), ids=FAR.keys())
def test_what_would_fill_the_memory_is_refused(name, data, says):
    refused(data, says, name)


def test_records_without_end_are_refused(monkeypatch):
    monkeypatch.setattr(biff, "MAX_GRID_CELLS", 1000)
    refused(xlsb({"S": b"\x25\x00" * 1001}), "not an Excel file", "a.xlsb")


def test_what_an_xls_says_of_its_size_is_not_believed():
    sizes = record(0x200, struct.pack("<IIHHH", 0, 0xFFFFFFFF, 0, 0xFFFF, 0))
    stream = xls_stream({"S": xls_sheet(LIST, sizes)})
    assert record(0x200, bytes(14)) in checked_xls(stream)[0]
    assert read_ratings(ole.container("Workbook", stream), name="a.xls").n_ratings == 3


def test_the_same_long_sheet_is_not_looked_through_for_each_name():
    body = b"".join(xls_cell(r, 0, 1.0) for r in range(2000))  # no end: each sheet runs to the end of all
    with pytest.raises(Damaged):
        checked_xls(xls_stream({f"s{k}": body for k in range(9)}))


@EACH
def test_what_unpacks_to_too_much_is_refused(kind, monkeypatch):
    if kind != "xls":  # which is not packed
        monkeypatch.setattr(base, "MAX_UNPACKED_BYTES", 100)
        refused(WRITERS[kind]({"S": LIST}), "unpacks to more than 0 MB", f"a.{kind}")


PASSWORDS = {
    "a.xls": xls({"S": LIST}, before=record(0x2F, b"\1\0" + bytes(50))),
    "a.xlsx": ole.container("EncryptedPackage", bytes(9000)),
    "a.ods": ods({"S": LIST}, manifest="<manifest:encryption-data/>"),
}


@pytest.mark.parametrize("name", PASSWORDS)
def test_a_password_is_named(name):
    refused(PASSWORDS[name], "has a password or is encrypted otherwise.*save it without", name)


def test_other_documents_in_such_containers_are_named():
    refused(ole.container("WordDocument", b"x"), "is a Word document, which cannot be read", "a.doc")
    refused(ole.container("Other", b"x"), r"not an Excel file that can be read \(.xlsx, .xlsm, .xlsb, .xls,", "a.xls")
    refused(b"user,item\n", "not an Excel file; its content looks like plain text. Give it the extension .csv", "a.xls")
    refused(b"<table><tr><td>", "not an Excel file; its content looks like a web page. Open it in a spread", "a.xls")


def test_a_workbook_named_zip_is_told_its_extension():
    with pytest.raises(NmfError, match="a.zip is an Excel workbook. Give it the extension .xlsb"):
        read_ratings(xlsb({"S": LIST}), name="a.zip")
    with pytest.raises(NmfError, match="a.zip is an OpenDocument file. Give it the extension .ods"):
        read_ratings(ods({"S": LIST}), name="a.zip")


@EACH
def test_a_workbook_is_read_from_a_zip_file(kind):
    assert read_ratings(zipped({f"b/a.{kind}": WRITERS[kind]({"S": LIST})})).n_ratings == 3


@pytest.mark.parametrize("n_bytes", [0, 4095, 4096, 4097, 5_000_000])
def test_a_stream_comes_out_as_it_went_in(n_bytes):
    content = bytes(range(256)) * (n_bytes // 256) + bytes(n_bytes % 256)
    container = ole.Container(ole.container("Workbook", content))
    assert container.content(container.streams["Workbook"])[:n_bytes] == content


def small_sectors(content, following=0xFFFFFFFE):
    """A compound file of 512-byte sectors with a stream shorter than 128 bytes among the small ones; `following`: its second."""
    end, free = 0xFFFFFFFE, 0xFFFFFFFF
    head = ole.MARK + bytes(16) + struct.pack("<5H", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<9I", 0, 1, 1, 0, 4096, 2, 1, end, 0) + struct.pack("<109I", 0, *[free] * 108)
    table = struct.pack("<128I", 0xFFFFFFFD, end, end, end, *[free] * 124)

    def entry(name, kind, start, length, child):
        text = name.encode("utf-16-le")
        links = struct.pack("<HBBIII", len(text) + 2, kind, 1, free, free, child)
        return text.ljust(64, b"\0") + links + bytes(36) + struct.pack("<IQ", start, length)

    entries = entry("Root Entry", 5, 3, 512, 1) + entry("Small", 2, 0, len(content), free)
    small_table = struct.pack("<128I", 1, following, *[free] * 126)
    return head + table + entries.ljust(512, b"\0") + small_table + content.ljust(512, b"\0")


def test_small_streams_are_read_and_circles_are_not_followed():
    container = ole.Container(small_sectors(b"a" * 100))
    assert container.content(container.streams["Small"]) == b"a" * 100
    container = ole.Container(small_sectors(b"a" * 100, following=0))
    with pytest.raises(ole.Damaged, match="circle"):
        container.content(container.streams["Small"])
    data = bytearray(ole.container("Workbook", xls_stream({"S": LIST})))
    data[4096 + 4 * 3 : 4096 + 4 * 4] = struct.pack("<I", 3)  # the stream's first sector follows itself
    refused(bytes(data), "not an Excel file that can be read", "a.xls")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(WRITERS)), st.data())
def test_a_damaged_workbook_is_ratings_or_a_sentence(kind, data):
    content = bytearray(xls_stream({"S": LIST, "T": LIST}) if kind == "xls" else WRITERS[kind]({"S": LIST}))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    damaged = ole.container("Workbook", bytes(content)) if kind == "xls" else bytes(content)
    try:
        assert isinstance(read_ratings(damaged, name=f"a.{kind}"), Ratings)
    except NmfError as error:
        assert len(str(error)) > 20


@EACH
def test_the_sheets_are_offered(kind):
    found = preview_ratings(WRITERS[kind]({"A": LIST, "B": LIST}), name=f"a.{kind}")
    assert [(q.choice, q.options) for q in found.questions if q.key == "sheet"] == [("A", ("A", "B"))]
