"""What a rank survey comes to, in words: which rank to read, which to make lists with, and why; each sentence true of the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nmf_core.fit.list_fit import HIGHEST
from nmf_core.study.found_again import FoundAgain
from nmf_core.study.rank_choice import Choice, by_features, net_found
from nmf_core.study.verdict import SURE
from nmf_core.words import many

FEW = 200  # ratings


@dataclass(frozen=True)
class Facts:
    """What a survey found, as the words need it.

    Attributes:
        n_ratings: of all.
        lists: whether lists are judged (NDCG@10) rather than predictions (RMSE).
        counted: whether blanks count.
        choice: of the ranks by their errors.
        held_out, chance: rank → figure, and that of the same ratings without tastes.
        again: rank → how well its features are found again.
        mean, effects: RMSE of the mean and of user and item effects; popular: NDCG@10 of what is popular.
        beyond_effects: whether the rank chosen by errors predicts more than effects could let it.
        list_rank: the rank that was sought for lists; None where none was.
    """

    n_ratings: int
    lists: bool
    counted: bool
    choice: Choice
    held_out: Mapping[int, float]
    chance: Mapping[int, float]
    again: Mapping[int, FoundAgain]
    mean: float
    effects: float
    popular: float
    beyond_effects: bool
    list_rank: int | None


@dataclass(frozen=True)
class Told:
    """The rank to read, the rank for lists, the verdict, and whether there are enough ratings to tell."""

    rank: int
    list_rank: int
    text: str
    told: bool = True


def verdict(facts: Facts) -> Told:
    """What to make of a survey."""
    return _of_lists(facts) if facts.lists else _of_errors(facts)


def _of_errors(facts: Facts) -> Told:
    """Where predictions are judged."""
    rank, best, ranks = facts.choice.chosen, facts.choice.best, sorted(facts.held_out)
    at = facts.held_out[rank]
    if facts.n_ratings <= FEW and len(ranks) > 1 and not _told_apart(facts):
        return Told(
            rank,
            rank,
            f"{many(facts.n_ratings, 'rating')} cannot tell rank {ranks[0]} from {_or(ranks[1:])}: what their held-out errors "
            f"differ by ({_errors(facts, ranks)}) may be chance. Read the one that says most to you, or bring more ratings.",
            told=False,
        )
    if facts.n_ratings <= FEW and at >= min(facts.mean, facts.effects):
        return Told(
            rank,
            rank,
            f"{many(facts.n_ratings, 'rating')} are too few to tell a rank: none predicts hidden ones better ({at:.2f} rating "
            f"points at rank {rank}, the best here) than the mean alone ({facts.mean:.2f}) or user and item effects "
            f"({facts.effects:.2f}).",
            told=False,
        )
    floors = f"the mean alone has {facts.mean:.2f}, user and item effects {facts.effects:.2f}"
    if rank in facts.chance:
        floors += f", ratings shuffled within items {facts.chance[rank]:.2f}"
    if rank in facts.chance and facts.chance[rank] <= at and rank > 1:
        return Told(
            1,
            1,
            f"No rank above 1: it may be chance, since at rank {rank} ratings shuffled within items are predicted as well "
            f"({facts.chance[rank]:.2f} against {at:.2f} rating points held out).",
        )
    if rank == 1:
        return Told(
            1,
            1,
            "No rank above 1: none predicts hidden ratings better than rank 1 by more than its features must be worth "
            f"({at:.2f} rating points; {floors}).",
        )
    named = by_features(facts.again)
    if not facts.beyond_effects and named is None:
        return Told(
            1,
            1,
            f"No rank above 1: what rank {rank} gains ({at:.2f} rating points held out) is what people who rate high and items "
            f"that are rated high let it gain, without any tastes ({floors}).",
        )
    said = f"Read rank {rank}: hidden ratings are off by {at:.2f} rating points, and "
    if rank == ranks[-1]:
        said += "no smaller rank is as good; a larger one, which was not tried, may be better"
    elif best == rank:
        said += "no other rank is better by more than its features must be worth"
    else:
        said += f"rank {best}, which has {facts.held_out[best]:.2f}, is within one standard error"
    said += f"; {floors}."
    if not facts.beyond_effects:
        said += " Features are there, but effects alone predict as well: read them for what they mean, not to predict."
    elif facts.effects <= at:
        said += " Features are there, though effects alone predict as well."
    said += _found_said(facts, rank)
    if not facts.counted:
        said += " For lists, let blanks count a little: with blanks unknown they are poor at any rank."
    return Told(rank, rank, said)


def _of_lists(facts: Facts) -> Told:
    """Where lists are judged."""
    ranks = sorted(facts.held_out)
    named = by_features(facts.again)
    done = set(facts.again) >= {rank for rank in ranks if rank > 1}
    rank = facts.choice.chosen if named is None else named
    lists = facts.list_rank or facts.choice.chosen
    at = facts.held_out[rank]
    floors = f"popularity alone has {facts.popular:.3f}"
    if rank in facts.chance:
        floors += f", and the same rank where who rated what is drawn anew {facts.chance[rank]:.3f}"
    if max(facts.held_out.values()) <= max(facts.popular, max(facts.chance.values(), default=0.0)):
        return Told(
            1,
            lists,
            f"No rank above 1: no list here is better than what is popular (NDCG@10 at rank {rank} {at:.3f}; {floors}).",
        )
    if facts.again and done and named is None:
        return Told(
            1,
            lists,
            "No rank to read: at none are more features found again in the other half of the people than are not. "
            f"Lists are better than chance all the same (NDCG@10 at rank {rank} {at:.3f}; {floors}).",
        )
    said = f"Read rank {rank}: NDCG@10 {at:.3f}; {floors}."
    if named is not None and rank in facts.again:
        net = net_found(facts.again[rank])
        said += _found_said(facts, rank) + (
            f" Those found less those not are {number(net)}, more than at any other rank tried."
            if rank != ranks[-1]
            else " At larger ranks, which were not tried, there may be more."
        )
    if facts.list_rank is not None:
        why = "beyond which they gain nothing" if lists <= HIGHEST else f"since at {HIGHEST} they still gain"
        said += f" Make lists with rank {lists}, {why}."
    elif lists != rank:
        said += f" Make lists with rank {lists}."
    return Told(rank, lists, said)


def _found_said(facts: Facts, rank: int) -> str:
    """How many features of a rank are found again."""
    if rank not in facts.again or rank == 1:
        return ""
    count = facts.again[rank].found.sum(axis=1).mean()
    few = " Few names will hold: read them with care." if 2 * count < rank else ""
    return f" Of its {rank} features {number(count)} are found again in the other half of the people, on average.{few}"


def _told_apart(facts: Facts) -> bool:
    """Whether few ratings tell any rank from the one compared with."""
    choice = facts.choice
    return any(
        abs(choice.difference[rank]) > SURE * choice.se[rank] and choice.se[rank] > 0
        for rank in choice.difference
        if rank != choice.best
    )


def _errors(facts: Facts, ranks: list[int]) -> str:
    """The errors of ranks, in a list."""
    return ", ".join(f"{facts.held_out[rank]:.2f}" for rank in ranks)


def _or(ranks: list[int]) -> str:
    """Ranks, the last behind an "or".

    >>> _or([2]), _or([2, 3, 4])
    ('2', '2, 3 or 4')
    """
    return " or ".join(filter(None, (", ".join(map(str, ranks[:-1])), str(ranks[-1]))))


def number(value: float) -> str:
    """To one place, and none where it is whole.

    >>> number(4.0), number(3.55)
    ('4', '3.5')
    """
    return f"{value:.1f}".removesuffix(".0")


def figure(mean_error: float, lists: bool) -> float:
    """The mean of errors as people read it: NDCG@10 of lists, RMSE of predictions."""
    return 1 - mean_error if lists else float(np.sqrt(mean_error))
