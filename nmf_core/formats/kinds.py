"""What a file is by its first bytes, and the one step that makes it a file that can be read."""

from __future__ import annotations

import bz2
import lzma
import re
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    Attributes:
        what: what it is, with its article: "a MATLAB file".
        step: a sentence: what to do with it in the program that made it; "" where it is read, or unpacking it will do.
    """

    what: str
    step: str = ""


_MARK = rb"\A(?:\xef\xbb\xbf)?\s*"
_NUMBER = rb"[+-]?(?:\d++(?:\.\d*+)?|\.\d++)(?:e[+-]?\d++)?"
_LABEL, _PAIR = rb"%b(?:,%b)*+(?: qid:\d+)?" % (_NUMBER, _NUMBER), rb"(?: \d++:%b)" % _NUMBER
_REST, _REMARKS = rb" *+(?:#[^\n]*+)?\r?(?:\n|\Z)", rb"\A(?:#[^\n]*+\n)*+"
# A whole line and what further lines stand there, the last of them perhaps cut; or one line that is longer than what is seen.
_LIBSVM_LINES = _REMARKS + rb"%b%b++%b(?:%b%b*+%b)*+[^\n]*+\Z" % (_LABEL, _PAIR, _REST, _LABEL, _PAIR, _REST)
_LIBSVM_LINE = _REMARKS + rb"%b%b{20,}+[^\n]*+\Z" % (_LABEL, _PAIR)
_TYPED = rb"[^\t\n:]+:(?:token|float|token_seq|float_seq)"

MATRIX_MARKET, ARFF, LIBSVM = Kind("a Matrix Market file"), Kind("an ARFF file"), Kind("a LIBSVM file")
RECBOLE, NETFLIX, JSON = Kind("a RecBole file"), Kind("a file of the Netflix Prize"), Kind("JSON")
ZIP, OLE = Kind("a zip archive (as Excel files are)"), Kind("an old Excel file (.xls) or one with a password")
_SHEETS = "Open it in a spreadsheet program and save it as .xlsx or CSV."
_R_SAVED = Kind(
    "a file that R saved",
    'In R, load() it and write the table with write.csv(name of the table, "ratings.csv", row.names = FALSE).',
)
_R_OBJECT = Kind(
    "an R object (.rds)", 'In R: write.csv(readRDS("its name"), "ratings.csv", row.names = FALSE); then give that file.'
)
_STATA = Kind("a Stata file", 'In Stata: export delimited using "ratings.csv"; then give that file.')
_SPSS = Kind("an SPSS file", "In SPSS, choose File, Save As, and the type CSV or Excel.")
_SAS = Kind("a SAS file", 'In SAS: proc export data=its_name outfile="ratings.csv" dbms=csv; run; then give that file.')
_PICKLE = Kind(
    "a Python pickle", "A pickle can run programs, so none is opened. In Python, write what it holds as CSV or Parquet."
)
_MATLAB = Kind(
    "a MATLAB file",
    'In MATLAB: writetable(its table, "ratings.csv"), or writematrix for a matrix; then give that file.',
)
_NUMPY = Kind("a NumPy file", 'In Python: pandas.DataFrame(numpy.load(its name)).to_csv("ratings.csv").')
_ARCHIVE_OF_ARRAYS = Kind(
    "a NumPy archive (.npz)",
    "In Python, load it and write an array as CSV, or a sparse matrix with scipy.io.mmwrite as .mtx.",
)
_ARROW = Kind("a Feather or Arrow file", 'In Python: pandas.read_feather(its name).to_parquet("ratings.parquet").')
_PAGE = Kind("a web page", "Open it in a spreadsheet program, or copy its table into one, and save that as CSV.")
_GOOGLE = Kind(
    "a shortcut to a Google Sheet and not the sheet", "Open it in Google Sheets and choose File, Download, CSV."
)
_APPLE = Kind("a document of Numbers, Pages or Keynote", "In Numbers, choose File, Export To, CSV or Excel.")
_GCT = Kind("a GCT file", "Remove its first two lines and the column Description, and name it .tsv.")
_GCT_MORE = Kind("a GCT file", "Remove its first two lines, its rows and columns of descriptions, and name it .tsv.")
_BINARY = Kind("a binary file of no known kind", "Open it in the program that made it and export the ratings as CSV.")

# Looked through in this order; a kind that is no file of text must be found before anyone takes it for text.
_SIGNATURES: tuple[tuple[bytes, Kind], ...] = (
    (b"%%MatrixMarket", MATRIX_MARKET),
    (b"PAR1", Kind("a Parquet file")),
    (b"PK\x05\x06", Kind("an empty zip archive")),
    (b"7z\xbc\xaf\x27\x1c", Kind("a 7z archive")),
    (b"Rar!", Kind("a rar archive")),
    (b"\x28\xb5\x2f\xfd", Kind("a Zstandard archive")),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
    (b"\x93NUMPY", _NUMPY),
    (b"\x89HDF\r\n", Kind("an HDF5 file", "In Python, write the table in it as CSV; pandas.read_hdf or h5py reads it.")),
    (b"SQLite format 3\0", Kind(
        "an SQLite database",
        'Export the table of ratings: sqlite3 -header -csv its_name "select * from ratings" > ratings.csv.',
    )),
    (b"ARROW1", _ARROW),
    (b"Obj\x01", Kind("an Avro file", "Convert it to CSV or JSON Lines, say with avro-tools tojson.")),
    (b"$FL2@(#)", _SPSS),
    (b"$FL3@(#)", _SPSS),
    (b"<stata_dta>", _STATA),
    (b"\0" * 12 + b"\xc2\xea\x81\x60\xb3\x14\x11\xcf", _SAS),
    (b"HEADER RECORD*******LIB", _SAS),
    (b"RDX2\n", _R_SAVED),
    (b"RDX3\n", _R_SAVED),
    (b"RDA2\n", _R_SAVED),
    (b"RDA3\n", _R_SAVED),
    (b"X\n\0\0\0", _R_OBJECT),
    (b"A\n2\n", _R_OBJECT),
    (b"A\n3\n", _R_OBJECT),
    (b"version https://git-lfs", Kind("a pointer of Git LFS and not the file", "Fetch the file with git lfs pull.")),
    (b"%PDF", Kind("a PDF", "Ask for the table itself, or copy it into a spreadsheet program and save it as CSV.")),
    (b"{\\rtf", Kind("an RTF document", "Copy its table into a spreadsheet program and save it as CSV.")),
    (b"\x89PNG", Kind("a PNG picture")),
    (b"\xff\xd8\xff", Kind("a JPEG picture")),
    (b"GIF8", Kind("a GIF picture")),
    (b"\x7fELF", Kind("a program")),
)  # fmt: skip
# What is told by more than how it begins.
_PATTERNS: tuple[tuple[re.Pattern[bytes], Kind], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), kind)
    for pattern, kind in (
        (rb"\AMATLAB \d\.\d MAT-file", _MATLAB),
        (rb"\A\x80[\x02-\x05]", _PICKLE),
        (rb"\A(?:\(lp0\n|\(dp0\n|c(?:__builtin__|builtins|copy_reg|copyreg|numpy|pandas)[\w.]*\n|[\]}]q\0)", _PICKLE),
        (rb"\A[\x66-\x73][\x01\x02]\x01\0", _STATA),
        (rb"\A.{40,200}SPSS PORT FILE", _SPSS),
        (rb"\AORC.*\0", Kind("an ORC file", "Convert it to Parquet: in Python, pandas.read_orc(its name).to_parquet.")),
        (rb"\AFEA1.*\0", _ARROW),
        (rb"\A#1\.2\r?\n\d+\t\d+", _GCT),
        (rb"\A#1\.3\r?\n\d+\t\d+", _GCT_MORE),
        (_MARK + rb"(?:%[^\n]*\n\s*)*@relation\s", ARFF),
        (
            _MARK + rb'\{[^{}]*"(?:doc_id"[^{}]*"(?:email|resource_key)"|url"\s*:\s*"https://docs\.google\.com)[^{}]*\}\s*\Z',
            _GOOGLE,
        ),
        (_MARK + rb'(?:\{\s*["}]|\[\s*[\[{"\]\d-])', JSON),
        (_MARK + rb"<\?xml.*progid=\"Excel\.Sheet\"", Kind("an XML file of Excel 2003", _SHEETS)),
        (_MARK + rb"<\?xml.*<office:document\s", Kind("a flat OpenDocument file", _SHEETS)),
        (_MARK + rb"<(?:!doctype html|html|head|body|table|meta|style|div|tr|\?xml.*<html)\b", _PAGE),
        (_MARK + rb"<(?:!doctype|\?xml|svg|!--)", Kind("XML", "Write the ratings as CSV: a row each of user, item, rating.")),
        (rb"\A" + _TYPED + rb"(?:\t" + _TYPED + rb")+\s", RECBOLE),
        (rb"\A\d+:\r?\n(?:\d+:\r?\n)*\d+,", NETFLIX),
        (_LIBSVM_LINES, LIBSVM),
        (_LIBSVM_LINE, LIBSVM),
    )
)  # fmt: skip
_IN_ZIP = (
    (re.compile(r"\.npy\Z"), _ARCHIVE_OF_ARRAYS),
    (re.compile(r"\.iwa\Z|\A(?:metadata/)?buildversionhistory\.plist\Z", re.IGNORECASE), _APPLE),
    (re.compile(r"\Aword/"), Kind("a Word document", "Copy its table into a spreadsheet program and save it as CSV.")),
    (re.compile(r"\Appt/"), Kind("a PowerPoint file", "Copy its table into a spreadsheet program and save it as CSV.")),
)
# Kinds that are known by their name whether they are packed or not.
_EVEN_PACKED = (_R_SAVED, _R_OBJECT, _PICKLE)
_PACKED: tuple[tuple[bytes, Kind, Callable[[], Any]], ...] = (
    (b"\x1f\x8b", Kind("a gzip archive"), lambda: zlib.decompressobj(31)),
    (b"BZh", Kind("a bzip2 archive"), bz2.BZ2Decompressor),
    (b"\xfd7zXZ\x00", Kind("an xz archive"), lzma.LZMADecompressor),
)
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a\x1b\x1e\x1f"))


def kind_at(head: bytes) -> Kind | None:
    """What the first bytes say a file is; None where they say nothing, as those of most text do.

    >>> kind_at(b"%PDF-1.7").what, kind_at(b"user,item,rating")
    ('a PDF', None)
    """
    if head.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        head = head[: len(head) // 4 * 4].decode("utf-32", "replace").encode()
    elif head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head[: len(head) // 2 * 2].decode("utf-16", "replace").encode()
    if head.startswith(b"PK\x03\x04"):
        return kind_in_zip(_names_in(head)) or ZIP
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    for signature, kind, unpacker in _PACKED:
        if head.startswith(signature):
            found = kind_at(_begin(head, unpacker()))
            return found if found in _EVEN_PACKED else kind
    for pattern, kind in _PATTERNS:
        if pattern.search(head):
            return kind
    return _BINARY if _is_binary(head) else None


def kind_in_zip(names: Iterable[str]) -> Kind | None:
    """What a zip file is besides, by the names of files in it; None if they are any files."""
    return next((kind for name in names for pattern, kind in _IN_ZIP if pattern.search(name)), None)


def _names_in(head: bytes) -> list[str]:
    """The names of the first files in a zip archive."""
    places = [found.start() for found in re.finditer(rb"PK\x03\x04", head)]
    lengths = [int.from_bytes(head[at + 26 : at + 28], "little") for at in places]
    return [head[at + 30 : at + 30 + n].decode("utf-8", "replace") for at, n in zip(places, lengths, strict=True)]


def _begin(head: bytes, unpacker: Any) -> bytes:
    """The first bytes of what is packed; none where they cannot be had from so little, or not at all."""
    try:
        return bytes(unpacker.decompress(head, 64))
    except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError):
        return b""


def _is_binary(head: bytes) -> bool:
    """Whether no text begins so: there are too many control characters, and UTF-16 without a mark is not why."""
    controls = [byte for byte in head if byte in _CONTROLS]
    if len(controls) < 4 or len(controls) * 50 < len(head) or not (0 in controls or len(set(controls)) > 4):
        return False
    halves = head[::2], head[1::2]
    return not any(0 in zeros and not set(other) & set(_CONTROLS) for zeros, other in (halves, halves[::-1]))
