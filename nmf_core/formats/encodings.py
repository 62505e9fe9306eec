"""Text that is not UTF-8: which of the older encodings it most likely is in."""

from __future__ import annotations

import re

ENCODINGS = {
    "cp1252": "Latin-1 (Windows-1252)",
    "cp1250": "Central European (Windows-1250)",
    "cp1251": "Cyrillic (Windows-1251)",
    "koi8_r": "Cyrillic (KOI8-R)",
    "cp1253": "Greek (Windows-1253)",
    "cp1254": "Turkish (Windows-1254)",
    "cp1255": "Hebrew (Windows-1255)",
    "cp1256": "Arabic (Windows-1256)",
    "cp1257": "Baltic (Windows-1257)",
    "mac_roman": "of an old Macintosh (Mac OS Roman)",
    "cp932": "Japanese (Shift JIS)",
    "gb18030": "Chinese (GB 18030)",
    "big5": "Chinese (Big5)",
    "euc_kr": "Korean (EUC-KR)",
}
_USUAL = "cp1252"
_SAMPLE = 1 << 16
# Letters with accents seldom stand three in a row, and signs or capitals of Windows-1252 seldom right behind a letter; its š and
# ž are those of Central European languages, whose other letters are elsewhere in it; and capitals behind
# small letters are those of an old Macintosh.
_RUN = re.compile(rb"[\x80-\xff]{3}")
_UNLIKE_LATIN = re.compile(
    rb"[\x80-\xff]{3}|[A-Za-z][\x80-\x90\x95\x98\x99\x9b\x9d\x9f]|[a-z][\x8a\x8c\x8e\xb3\xb9\xba\xbe\xbf\xc0-\xd6\xd8-\xde]"
    rb"|[\x8a\x8e\x9a\x9e]"
)


def guessed(data: bytes) -> tuple[str, bool]:
    """The likeliest of `ENCODINGS`, and whether there is little doubt: none means Latin-1.

    >>> guessed("Amélie".encode("latin-1")), guessed("Иван,Солярис,5".encode("cp1251"))
    (('cp1252', True), ('cp1251', False))
    """
    if not _UNLIKE_LATIN.search(data):
        return _USUAL, True
    if b"\r" in data and b"\n" not in data:  # lines end so on old Macintoshes alone
        return "mac_roman", False
    if not (is_in(data, _USUAL) or _RUN.search(data)):  # a byte astray in plain text, rather than another language
        return _USUAL, False
    first = re.search(rb"[\x80-\xff]", data)
    sample = data[max(first.start() - 1000, 0) if first else 0 :][:_SAMPLE]
    by_letters = _by_letters(sample)
    if by_letters is not None:
        return by_letters, False
    from charset_normalizer import from_bytes  # seldom needed, and not quickly loaded

    best = from_bytes(sample, cp_isolation=list(ENCODINGS)).best()
    likely = best.encoding if best is not None and best.encoding in ENCODINGS else _USUAL
    return (likely if is_in(data, likely) else _USUAL), False


# The letters by which languages that are written so are known; others of the same encoding stand there by chance.
_LETTERS = {
    "cp1252": "äöüßéèêëàâçñóòíìáúùåøæõãôîïœÄÖÜÉÈÀÇÑÓÍÁÚÅØÆÕÃÔÎ¡¿",
    "cp1250": "ąćęłńóśźżáčďéěíňřšťúůýžäöüőűăâîşţĺľŕôđßĄĆĘŁŃÓŚŹŻÁČĎÉĚÍŇŘŠŤÚŮÝŽÄÖÜŐŰĂÂÎŞŢĽĐ",
    "cp1254": "çğıöşüâîûÇĞİÖŞÜ",
    "cp1257": "āčēģīķļņšūžąęėįųõäöüĀČĒĢĪĶĻŅŠŪŽĄĘĖĮŲÕÄÖÜ",
    "cp1251": "абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЫЭЮЯІЇЄ",
    "koi8_r": "абвгдежзийклмнопрстуфхцчшщъыьэюяёАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЫЭЮЯ",
    "cp1253": "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΆΈΉΊΌΎΏ",
}
_SCRIPTS = ("cp1251", "koi8_r", "cp1253")  # whose words have no other letters


def _by_letters(data: bytes) -> str | None:
    """The encoding in which all letters are those of its languages and capitals stand first; None where several are so, or none."""
    odd = {}
    for encoding, letters in _LETTERS.items():
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        beyond = [c for c in text if c > "\x7f"]
        strange = sum(c not in letters for c in beyond)
        # A capital behind a small letter, and in Latin text three such letters in a row.
        strange += sum(a.islower() and b.isupper() for a, b in zip(text, text[1:], strict=False) if b > "\x7f")
        if encoding not in _SCRIPTS:
            strange += 3 * len(re.findall(r"[^\x00-\x7f]{3}", text))
        else:
            strange += len(re.findall(r"[a-z][^\x00-\x7f]|[^\x00-\x7f][a-z]", text))
        odd[encoding] = strange / max(1, len(beyond))
    best = min(odd, key=lambda encoding: odd[encoding], default=None)
    others = [share for encoding, share in odd.items() if encoding != best]
    if best is None or odd[best] > 0.02 or (others and min(others) < odd[best] + 0.05):
        return None
    return best


def is_in(data: bytes, encoding: str) -> bool:
    """Whether bytes can be text in an encoding."""
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
