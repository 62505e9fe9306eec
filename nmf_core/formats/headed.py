"""Delimited text whose header says more than names: the same table with other names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from nmf_core.formats import delimited
from nmf_core.formats.base import Data
from nmf_core.tables.base import Table


def renamed(data: Data, name: str, name_of: Callable[[str], str], encoding: str | None = None) -> Table:
    """The Table of a delimited file with each header as `name_of` gives it."""
    table = delimited.read(data, name, encoding)
    return replace(table, header=tuple(map(name_of, table.header)))
