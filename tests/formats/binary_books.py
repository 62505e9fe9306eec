"""Small .xls, .xlsb and .ods files, written by the published descriptions, for tests that no spreadsheet program is there for."""

from __future__ import annotations

import io
import struct
import zipfile

from nmf_core.formats import ole

ERROR = object()  # a cell with #REF!
ODS = "application/vnd.oasis.opendocument.spreadsheet"


def record(kind, body=b""):
    """A record of an .xls."""
    return struct.pack("<HH", kind, len(body)) + body


def xls_cell(row, column, value):
    """The record of a cell."""
    place = struct.pack("<HHH", row, column, 0)
    if value is ERROR:
        return record(0x0205, place + b"\x17\x01")
    if isinstance(value, str):
        return record(0x0204, place + struct.pack("<HB", len(value), 1) + value.encode("utf-16-le"))
    return record(0x0203, place + struct.pack("<d", value))


def xls_sheet(rows, sizes=b""):
    """The records of a sheet; a row is a list of cells, or a dict of them by column."""
    records = [record(0x0809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0)), sizes]
    for r, row in rows.items() if isinstance(rows, dict) else enumerate(rows):
        cells = row.items() if isinstance(row, dict) else enumerate(row)
        records += [xls_cell(r, c, value) for c, value in cells if value is not None]
    return b"".join(records) + record(0x0A)


def xls_stream(sheets, before=b"", hidden=()):
    """The stream of a workbook with such sheets by name."""
    begin = record(0x0809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0)) + before
    bodies = [rows if isinstance(rows, bytes) else xls_sheet(rows) for rows in sheets.values()]
    at = len(begin) + sum(12 + 2 * len(name) for name in sheets) + 4
    names = []
    for name, body in zip(sheets, bodies, strict=True):
        text = struct.pack("<IBBBB", at, name in hidden, 0, len(name), 1) + name.encode("utf-16-le")
        names.append(record(0x85, text))
        at += len(body)
    return begin + b"".join(names) + record(0x0A) + b"".join(bodies)


def xls(sheets, **options):
    """An .xls file."""
    return ole.container("Workbook", xls_stream(sheets, **options))


def part(kind, body=b""):
    """A record of an .xlsb."""
    number = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size, n = b"", len(body)
    while True:
        size, n = size + bytes([n & 0x7F | (0x80 if n > 127 else 0)]), n >> 7
        if not n:
            return number + size + body


def wide(text):
    """A text of an .xlsb."""
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def xlsb_sheet(rows):
    """The part with a sheet."""
    records = [part(0x81), part(0x94, bytes(16)), part(0x91)]
    for r, row in rows.items() if isinstance(rows, dict) else enumerate(rows):
        records.append(part(0, struct.pack("<I", r) + bytes(13)))
        for c, value in row.items() if isinstance(row, dict) else enumerate(row):
            place = struct.pack("<II", c, 0)
            if value is ERROR:
                records.append(part(3, place + b"\x17"))
            elif isinstance(value, str):
                records.append(part(6, place + wide(value)))
            elif value is not None:
                records.append(part(5, place + struct.pack("<d", value)))
    return b"".join(records) + part(0x92) + part(0x82)


def xlsb(sheets, hidden=()):
    """An .xlsb file."""
    workbook = part(0x83) + part(0x99, bytes(12)) + part(0x8F)
    relations = members = ""
    files = {}
    for k, (name, rows) in enumerate(sheets.items(), 1):
        workbook += part(0x9C, struct.pack("<II", name in hidden, k) + wide(f"rId{k}") + wide(name))
        relations += f'<Relationship Id="rId{k}" Target="worksheets/sheet{k}.bin"/>'
        files[f"xl/worksheets/sheet{k}.bin"] = rows if isinstance(rows, bytes) else xlsb_sheet(rows)
    files["xl/workbook.bin"] = workbook + part(0x90) + part(0x9D, bytes(20)) + part(0x84)
    files["xl/_rels/workbook.bin.rels"] = f"<Relationships>{relations}</Relationships>"
    return zipped({"[Content_Types].xml": f"<Types>{members}</Types>", **files})


def ods_cell(value):
    """The tags of a cell; one that is tags already stays."""
    if value is None:
        return "<table:table-cell/>"
    if value is ERROR:
        return (
            '<table:table-cell table:formula="of:=1/0" office:value-type="string" office:string-value="" '
            'calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell>'
        )
    if isinstance(value, str) and value.startswith("<"):
        return value
    kind = "string" if isinstance(value, str) else f'float" office:value="{value}'
    return f'<table:table-cell office:value-type="{kind}"><text:p>{value}</text:p></table:table-cell>'


def ods(sheets, hidden=(), manifest="", before=""):
    """An .ods file; a row that is text is taken for its tags."""
    tables = "".join(
        f'<table:table table:name="{name}" table:style-name="{"h" if name in hidden else "v"}">'
        + "".join(
            row if isinstance(row, str) else f"<table:table-row>{''.join(map(ods_cell, row))}</table:table-row>"
            for row in rows
        )
        + "</table:table>"
        for name, rows in sheets.items()
    )
    styles = '<style:style style:name="h"><style:table-properties table:display="false"/></style:style>'
    content = f"{before}<a>{styles}<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></a>"
    return zipped({"mimetype": ODS, "content.xml": content, "META-INF/manifest.xml": f"<m>{manifest}</m>"})


def zipped(members):
    """A zip file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content, zipfile.ZIP_STORED if name == "mimetype" else None)
    return file.getvalue()
