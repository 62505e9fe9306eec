"""The one glossary's words that stand on pages: each with what it means. `python -m docs.glossary` writes them into the docs."""

from __future__ import annotations

# By the word as docs/glossary.md has it, in the table of its section.
TERMS = {
    "rank": "how many features are looked for",
    "feature": "one latent dimension, numbered `f`",
    "dial": "the range that blanks run through, with three named stops (below)",
    "loss": "the misfit of one observed cell",
    "penalty": "what large weights cost; in rating points, and by counts",
    "objective": "loss, blanks and penalty added up: what a fit makes small",
    "sweep": "W renewed once and H renewed once",
    "solver": "the rule by which a sweep renews them",
    "init": "where W and H start",
    "KKT residual": "how far the weights would still step, as a part of their size",
    "canonical form": "features ordered by the misfit each removes; the largest weight in each row of H is 1, so W reads "
    "in rating points",
    "taste": "the share of each feature in a user's weights",
    "capsule": "ratings, fit and labels in one file that opens with the same bits",
    "held-out": "observed cells hidden from a fit, to judge it by",
    "found again": "said of a feature that two halves of the people have as each other's nearest, more alike than by chance",
    "fold-in": "placing a person by their ratings, with H left as it is; where blanks are weak evidence, one "
    "weighs half of what it weighs in the fit at `half_at` ratings",
    "α": "Krippendorff's: how far the names of a blind round agree: 1 where all people give each feature the same name, about 0 "
    "where they agree as often as names drawn by lot, below 0 where less often",
    "niche item": "an item that is low on every feature",
}

# By the key of the setting `init`.
INIT_TERMS = {
    "auto": "`svd` where the grid has enough singular vectors for the rank, else `random`",
    "random": "half-normal draws from the seed, scikit-learn's own draw",
    "nndsvd": "non-negative double SVD; zeros stay zero",
    "svd": "NNDSVD with no weight below half of an even share of the data's mean",
    "nndsvda": "the same, its zeros set to the mean of the data",
    "nndsvdar": "the same, its zeros set to small random numbers",
}
