"""A cursor over JSON text that takes one value at a time, and refuses what Python's own reader forgives.

It refuses two equal keys of an object, NaN and Infinity, and numbers too long or too large; whole numbers keep their digits.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import NoReturn

from nmf_core.errors import RatingsError, shown

# No float is longer, and Python takes quadratic time for the digits of a whole number.
LONGEST_NUMBER = 400

_SPACE = re.compile(r"[ \t\n\r]*")


def decoded(data: bytes, name: str) -> str:
    """The decoded text: UTF-8, or UTF-16 and UTF-32 as the first bytes show them."""
    encoding = json.detect_encoding(data)
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as e:
        line = data.count(b"\n", 0, e.start) + 1
        raise RatingsError(
            f"{name}, line {line}: byte {data[e.start]:#04x} is no text in {encoding.removesuffix('-sig').upper()}. JSON is "
            "UTF-8; save the file again as UTF-8."
        ) from e


def end_of_space(text: str, at: int) -> int:
    """Where the white space that begins at `at` ends."""
    match = _SPACE.match(text, at)
    return match.end() if match else at


class _Refused(ValueError):
    """Why a value is refused although its syntax is right, and what to do."""


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object as a dict; json itself keeps the last of two values under one key and says nothing."""
    members = dict(pairs)
    if len(members) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise _Refused(f"the key {shown(twice)} is there twice in one object. Keep one of them")
    return members


def _no_constant(word: str) -> NoReturn:
    """NaN and Infinity, which Python would take."""
    raise _Refused(f"{word} is no JSON. Write null for a blank, and finite numbers else")


def _whole(digits: str) -> str:
    """A whole number as its digits, so that none is lost."""
    if len(digits) > LONGEST_NUMBER:
        raise _Refused(
            f"there is a number with {len(digits)} digits, more than {LONGEST_NUMBER}. Correct it, or quote an id"
        )
    return digits


def _real(digits: str) -> float:
    """A number with a point or exponent."""
    number = float(digits)
    if not math.isfinite(number):
        raise _Refused(f"the number {shown(digits)} is too large to be finite. Correct it")
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_whole, parse_float=_real)


class JsonReader:
    """A cursor over JSON text."""

    def __init__(self, text: str, name: str) -> None:
        self.text, self.name, self.at = text, name, 0
        self.where = ""  # such as ", record 3"
        self.line, self.counted = 1, 0

    def peek(self) -> str:
        """The next character that is not white space, which is skipped; "" at the end."""
        found = self.text[self.at : self.at + 1]
        if found and found in " \t\n\r":
            self.at = end_of_space(self.text, self.at)
            return self.text[self.at : self.at + 1]
        return found

    def line_here(self) -> int:
        """The number of the line at the cursor."""
        self.line += self.text.count("\n", self.counted, self.at)
        self.counted = self.at
        return self.line

    def value(self) -> object:
        """The value at the cursor, which moves behind it."""
        self.peek()
        try:
            value, self.at = _DECODER.raw_decode(self.text, self.at)
        except json.JSONDecodeError as e:
            self.at = e.pos
            self.fail(f"the JSON is broken ({e.msg})", e)
        except _Refused as e:
            raise RatingsError(f"{self.name}{self.where}: {e}.") from e
        except RecursionError as e:
            raise RatingsError(
                f"{self.name}{self.where}: lists or objects are nested too deep to be ratings. Give a list of records, each "
                "with the keys user, item and rating."
            ) from e
        return value

    def elements(self) -> Iterator[int]:
        """Number of each element of the list at the cursor, from 1; the caller takes the value before the next."""
        return self._parts("]")

    def members(self) -> Iterator[str]:
        """Key of each member of the object at the cursor; the caller takes the value before the next."""
        seen: set[str] = set()
        for _ in self._parts("}"):
            if self.peek() != '"':
                self.fail("the JSON is broken (Expecting a key in double quotes)")
            key = str(self.value())
            if self.peek() != ":":
                self.fail("the JSON is broken (Expecting ':' after a key)")
            if key in seen:
                raise RatingsError(f"{self.name}: the key {shown(key)} is there twice. Keep one of them.")
            seen.add(key)
            self.at += 1
            yield key

    def _parts(self, closing: str) -> Iterator[int]:
        """Number of each part up to the closing bracket."""
        self.at += 1
        if self.peek() == closing:
            self.at += 1
            return
        number = 1
        while True:
            yield number
            if self.peek() == closing:
                self.at += 1
                return
            if self.peek() != ",":
                self.fail(f"the JSON is broken (Expecting ',' or '{closing}')")
            self.at += 1
            number += 1

    def fail(self, what: str, cause: Exception | None = None) -> NoReturn:
        """Raise the error for what is wrong at the cursor."""
        place = json.JSONDecodeError("", self.text, self.at)
        where = "" if self.where.startswith(", line") else self.where
        raise RatingsError(
            f"{self.name}{where}, line {place.lineno}, column {place.colno}: {what}. Correct the file there, or write it "
            "again with a JSON library."
        ) from cause
