"""What can leave: tables, a notebook that recomputes the fit, a report to read, a capsule to keep."""

from __future__ import annotations

from nmf_core.export import tables
from nmf_core.export.capsule import capsule, open_capsule
from nmf_core.export.notebook import notebook
from nmf_core.export.report import report

__all__ = ["capsule", "notebook", "open_capsule", "report", "tables"]
