"""What can leave: tables, a notebook that recomputes the fit, a report to read, a capsule to keep."""

from __future__ import annotations

from nmf_core.export import tables
from nmf_core.export.audit import audit_table
from nmf_core.export.capsule import capsule, open_capsule
from nmf_core.export.names import file_name
from nmf_core.export.notebook import notebook
from nmf_core.export.ratings import grid_csv, grid_excel, ratings_csv, ratings_excel
from nmf_core.export.report import report

__all__ = [
    "audit_table",
    "capsule",
    "file_name",
    "grid_csv",
    "grid_excel",
    "notebook",
    "open_capsule",
    "ratings_csv",
    "ratings_excel",
    "report",
    "tables",
]
