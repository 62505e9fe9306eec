"""The fit as scikit-learn has it: `MaskedNMF` for data with blanks, and a scorer of cells hidden from it.

Importing this imports scikit-learn; `import nmf_core` does not.
"""

from __future__ import annotations

from nmf_core.estimator.held_out import held_out_scorer
from nmf_core.estimator.masked import MaskedNMF

__all__ = ["MaskedNMF", "held_out_scorer"]
