"""Names made safe for the screen, and the sentences that people read. The one place where names are escaped."""

from __future__ import annotations

import html
import re

import numpy as np

from nmf_core import Factorization, RankSurvey, Ratings, words
from nmf_core.fit.factorization import STOP_REASONS, not_converged
from nmf_core.fit.fold_in import blank_weights
from nmf_core.fit.problem import Blanks
from nmf_core.interpret.features import WORDS
from nmf_core.terms import TERMS
from nmf_core.words import cut_apart as cut_apart
from nmf_core.words import listed as listed
from nmf_core.words import many as many

# Everything that Streamlit's Markdown reads as more than text: emphasis, links, code, headings, math, :colours:, HTML.
MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~$:<>&^=\"'/@])")


# Streamlit makes links of addresses even where each of their characters is escaped; an unseen character in them hinders it.
_ADDRESS = re.compile(r"(https?(?=:)|www(?=\.)|@)", re.IGNORECASE)
APART = "\N{WORD JOINER}"  # unseen, between letters that are not to be read as one word
MARK = "◆"  # beside the name of what is brushed on the map, on every page


def md(name: object) -> str:
    r"""A name for Markdown: shown letter by letter, never as markup or a link.

    >>> md("*a* <b>"), md("a@b.org") == "a\\@\N{WORD JOINER}b\\.org"
    ('\\*a\\* \\<b\\>', True)
    """
    plain_text = _ADDRESS.sub(rf"\1{APART}", " ".join(str(name).split()))
    return MARKDOWN.sub(r"\\\1", plain_text)


def plain(name: object) -> str:
    """A name for Plotly, which reads a little HTML in every text.

    >>> plain("<b>x")
    '&lt;b&gt;x'
    """
    return html.escape(str(name), quote=False)


def cut(name: object, length: int = 22) -> str:
    """A name cut with an ellipsis; whoever shows it shows it whole on hover.

    >>> cut("Das Boot", 5)
    'Das …'
    """
    return words.cut(str(name), length)


def number(value: float) -> str:
    """A rating, score or weight for people: at most two places, no trailing zeros.

    >>> number(3.0), number(0.125), number(-0.001)
    ('3', '0.12', '0')
    """
    short = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if short in ("-0", "") else short


def duration(seconds: float) -> str:
    """A time as people say it.

    >>> duration(0.3), duration(42), duration(600)
    ('0.3 s', '42 s', '10 min')
    """
    if seconds < 0.95:
        return f"{max(0.1, seconds):.1f} s"
    return f"{round(seconds)} s" if seconds < 100 else f"{round(seconds / 60)} min"


def a(thing: str) -> str:
    """A noun with its article.

    >>> a("user"), a("item")
    ('a user', 'an item')
    """
    return f"an {thing}" if thing[0] in "aeio" else f"a {thing}"


def fullness(ratings: Ratings) -> str:
    """How large the grid is and how full."""
    size = f"{many(ratings.n_users, 'user')} × {many(ratings.n_items, 'item')}, {many(ratings.n_ratings, 'rating')}"
    return f"{size}: {words.share(ratings.density)} filled"


def blanks_meaning(blanks: Blanks) -> str:
    """What a blank counts, in a sentence."""
    if blanks.name == "unknown":
        return "A blank counts nothing: only ratings are fitted. Right for predicting ratings."
    if blanks.name == "zero":
        return "A blank counts as a rating of 0, as in the notebook: what nobody rated is taken for hated."
    return (
        f"A blank counts {number(blanks.weight)} of a rating of {number(blanks.value)}: weak evidence of not choosing it. "
        "Right for finding and naming features, and for recommending."
    )


def fit_state(fit: Factorization) -> str:
    """How the fit went, in a sentence."""
    seconds = float(fit.history["seconds"].iloc[-1])
    took = f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
    sweeps = many(fit.n_sweeps, "sweep")
    if fit.converged:
        how = f"Converged in {sweeps}"
    elif fit.stopped == "cancelled":
        how = f"Cancelled after {sweeps}"
    else:
        how = f"Not converged after {sweeps}"
    return f"{how} · RMSE on observed {fit.rmse:.2f} · {took}"


def stopped_reason(fit: Factorization) -> str:
    """Why the fit ended, and what to do if it did not converge."""
    return not_converged(fit.stopped) or f"{STOP_REASONS[fit.stopped].capitalize()}."


def shown_part(fit: Factorization, n: int, m: int) -> str:
    """What of a large grid a picture shows; nothing where it shows all."""
    if n == len(fit.users) and m == len(fit.items):
        return "Click a cell of V to open its product."
    return (
        f"Shown: {n:,} of {many(len(fit.users), 'user')} and {m:,} of {many(len(fit.items), 'item')}, those that tell most of "
        "the features. Search for others above; click a cell of V to open its product."
    )


def score_meaning(fit: Factorization) -> str:
    """What a score is under what blanks counted."""
    if fit.blanks.weight == 0:
        return "Blanks were unknown in this fit, so a score, cut to the rating scale, is an expected rating."
    return "Blanks counted in this fit, so a score orders items; it is not an expected rating."


OTHER_SCORES = (
    "Lists on Recommend come from a finer fit of the same ratings, whose features are added up under these: "
    "its scores are others."
)


def survey_rule(survey: RankSurvey) -> str:
    """How the survey's ranks were chosen, and what its picture shows."""
    hidden = "The last fifth of the ratings is hidden"
    if survey.folds > 1:
        hidden = f"Each of {survey.folds} parts of the ratings is hidden once"
    bars = (
        f"Bars are standard errors of the difference to rank {survey.compared}, paired person by person: a rank whose bar "
        f"reaches the height of rank {survey.compared} may be as good."
    )
    if survey.goal == "lists":
        return (
            f"{hidden}, and lists are judged by what people rated highly of it. To read is the rank with most features that are "
            "found again in the other half of the people, less those that are not: two halves have them as each other's nearest, "
            "more alike than 99 of 100 features of ratings whose raters were drawn anew. More features make better lists, and are "
            f"harder to read. {bars}"
        )
    return (
        f"{hidden}. To read is the smallest rank whose error lies within a standard error of the best, a feature being worth its "
        "name if it takes off a fiftieth of what all features take off the error of the smallest rank. Chance: each item's ratings "
        f"dealt anew among its raters, so that tastes are gone. {bars}"
    )


def own_blanks(fit: Factorization, count: int) -> str:
    """What a blank counts of somebody with so many ratings, where that is much less than in the fit; else nothing."""
    weight = float(blank_weights(fit, np.array([count]))[0])
    if weight >= 0.9 * fit.blanks.weight:
        return ""
    share = weight / fit.blanks.weight
    return (
        f"With {many(count, 'rating')}, a blank counts {share:.0%} of what it counts in the fit: who has rated little has not "
        "come to most items yet."
    )


def signed_sum(names: list[str], parts: list[float], total: float, *, at_most: int = 5) -> str:
    """A score as the sum of its parts: "4.2 = 3.1 Action + 1.1 Story".

    >>> signed_sum(["Action", "Story"], [3.1, 1.1], 4.2)
    '4.2 = 3.1 Action + 1.1 Story'
    """
    shown = [f"{number(part)} {name}" for name, part in list(zip(names, parts, strict=True))[:at_most]]
    rest = sum(parts[at_most:])
    if len(parts) > at_most:
        shown.append(f"{number(rest)} of {len(parts) - at_most} more")
    return f"{number(total)} = " + " + ".join(shown)


def terms(*names: str) -> str:
    """What words mean, from the one glossary, for a help mark.

    >>> terms("sweep")
    '**sweep**: W renewed once and H renewed once.'
    """
    return "\n\n".join(f"**{name}**: {TERMS[name]}." for name in names)


WEIGHTS_HELP = (
    "The same fit, written in two ways: a feature's column of W may be multiplied, and its row of H divided, by any number, and "
    "the features put in any order, without any score being another.\n\n*In rating points*: the "
    f"{terms('canonical form')}\n\n*As solved*: in the order and with the scaling that the solver ended with, as scikit-learn "
    "and the notebook print them. Tables and files that leave are in canonical form."
)


def taste_key() -> str:
    """From which share of a taste on each word is said of a feature.

    >>> taste_key()
    'strongly: 65% or more of the taste; clearly: 40% or more; somewhat: 20% or more; a little: 8% or more; hardly: less.'
    """
    (first, word), *others = WORDS[:-1]
    named = [f"{word}: {first:.0%} or more of the taste", *(f"{other}: {share:.0%} or more" for share, other in others)]
    return "; ".join([*named, f"{WORDS[-1][1]}: less."])


def product_sum(names: list[str], left: list[float], right: list[float], total: float, *, at_most: int = 5) -> str:
    """A score as the product that it is: what the user has of each feature times what the item has.

    >>> product_sum(["Action", "Story"], [3.1, 1.1], [1.0, 0.5], 3.65)
    '3.65 = 3.1 × 1 (Action) + 1.1 × 0.5 (Story)'
    """
    terms = list(zip(names, left, right, strict=True))
    shown = [f"{number(a)} × {number(b)} ({name})" for name, a, b in terms[:at_most]]
    if len(terms) > at_most:
        shown.append(f"{number(sum(a * b for _, a, b in terms[at_most:]))} of {len(terms) - at_most} more")
    return f"{number(total)} = " + " + ".join(shown)
