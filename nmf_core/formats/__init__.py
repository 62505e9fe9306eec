"""Bytes become tables: one file a format; `registry.FORMATS` lists them."""

from nmf_core.formats.native_parquet import read_own, to_parquet

__all__ = ["read_own", "to_parquet"]
