"""`Rounds`: blind rounds in the label store, the pupils who take part in them, and what they answer."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from nmf_core.errors import NmfError, StoreError, shown, whole_number
from nmf_core.labels.label import checked_name
from nmf_core.labels.rounds import STATES, Answer, Card, Round, folded
from nmf_core.labels.shape import Shape, from_json, to_json
from nmf_core.store.labels import LabelStore, now_text, project_row
from nmf_core.store.tables import answers, pupils, rounds

# Letters and digits that nobody takes for another: no 0 and O, no 1, I and L.
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 6
MOST_PUPILS = 200
# From which state to which: a revealed round is over, since whoever sees the names can no longer name blindly.
_MOVES = {"closed": ("open", "closed"), "open": ("closed", "open"), "revealed": ("closed", "revealed")}
# What is read of a round without need of its shapes.
_SEEN = (rounds.c.code, rounds.c.project, rounds.c.title, rounds.c.cards, rounds.c.state)


class Rounds:
    """Blind rounds of projects, for many pupils who save at once.

    Args:
        store: the label store; its projects are what rounds hang on.

    What a method returned is on disk. A pupil is known by a secret token, of which the store has a hash alone.

    Raises:
        StoreError: from each method: no such round or pupil, a round in another state, a store that fails.

    >>> from nmf_core.labels import shape_of
    >>> with LabelStore("sqlite://") as store:
    ...     rounds = Rounds(store)
    ...     card, shape = Card(0, ("x",), ("x", "y")), shape_of(["x", "y"], [2, 1])
    ...     code = rounds.begin(store.project_for("ann", "films"), "Films", {card: shape}).code
    ...     token = rounds.join(code, "Bob")
    ...     saved = rounds.answer(code, token, 0, "Action")
    ...     rounds.move(code, "closed").state, [answer.text for answer in rounds.answers(code)]
    ('closed', ['Action'])
    """

    def __init__(self, store: LabelStore) -> None:
        """Nothing is read yet."""
        self._store = store

    def begin(self, project: str, title: str, cards: Mapping[Card, Shape]) -> Round:
        """Open a round of a project's features; its code is new, and drawn from 887 million.

        Args:
            project: its id.
            title: 1 to 80 characters.
            cards: as pupils see them, each with the shape by which a name that is adopted finds its feature again.

        Raises:
            NmfError: a title without 1 to 80 characters, no cards, two of one feature, or one without a positive weight.
        """
        title = checked_name("title", title)
        features = [card.feature for card in cards]
        if not features or len(set(features)) < len(features) or not all(shape.items for shape in cards.values()):
            raise NmfError(
                f"A round has cards of the features {shown(features)}; it needs one or more, each once, and each with weights. "
                "Leave out what is empty or twice."
            )
        with self._store.transaction(write=True) as db:
            project_row(db, project)
            code = _new_code(db)
            made = {"code": code, "project": project, "title": title, "state": STATES[0], "created": now_text()}
            seen = json.dumps([asdict(card) for card in cards])
            shapes = json.dumps({card.feature: to_json(shape) for card, shape in cards.items()})
            db.execute(sa.insert(rounds).values(**made, cards=seen, shapes=shapes))
            return _round(_row(db, code))

    def get(self, code: str) -> Round:
        """A round by its code, in whatever state; capital letters do not matter."""
        with self._store.transaction() as db:
            return _round(_row(db, code))

    def state(self, code: str) -> str:
        """Whether a round is open, closed or revealed."""
        with self._store.transaction() as db:
            return str(_row(db, code).state)

    def shapes(self, code: str) -> dict[int, Shape]:
        """The shapes of a round's features."""
        with self._store.transaction() as db:
            row = _row(db, code)
            text = db.scalar(sa.select(rounds.c.shapes).where(rounds.c.code == row.code))
        try:
            return {int(feature): from_json(shape) for feature, shape in json.loads(str(text)).items()}
        except (NmfError, ValueError, AttributeError) as e:
            raise _damaged(row, e) from e

    def of_project(self, project: str) -> list[Round]:
        """The rounds of a project, the latest first."""
        theirs = sa.select(*_SEEN).where(rounds.c.project == project).order_by(rounds.c.created.desc(), rounds.c.code)
        with self._store.transaction() as db:
            return [_round(row) for row in db.execute(theirs)]

    def move(self, code: str, state: str) -> Round:
        """Close an open round, open a closed one again, or reveal a closed one; where it is so already, nothing changes.

        Raises:
            StoreError: it cannot go there from where it is.
        """
        if state not in _MOVES:
            raise NmfError(f"The state is {shown(state)}; it must be one of: {', '.join(STATES)}. Pick one.")
        with self._store.transaction(write=True) as db:
            row = _row(db, code)
            if row.state not in _MOVES[state]:
                raise StoreError(
                    f"The round {row.title!r} is {row.state} and cannot be {state} now. Close it before its names are revealed; "
                    "once they are, open another round."
                )
            db.execute(sa.update(rounds).where(rounds.c.code == row.code).values(state=state))
            return _round(_row(db, code))

    def join(self, code: str, nickname: str) -> str:
        """Take part in an open round: the token by which the pupil is known from now on.

        Raises:
            NmfError: a nickname without 1 to 80 characters.
            StoreError: the round is not open or full, or somebody has this nickname, however they write it.
        """
        name = checked_name("nickname", nickname)
        token = secrets.token_urlsafe(16)
        with self._store.transaction(write=True) as db:
            row = _row(db, code)
            _require_open(row, "nobody can join it any more")
            taken = {
                one.casefold() for one in db.scalars(sa.select(pupils.c.nickname).where(pupils.c.round == row.code))
            }
            if name.casefold() in taken:
                raise StoreError(f"There is a {name!r} in this round already. Take another nickname.")
            if len(taken) >= MOST_PUPILS:
                raise StoreError(
                    f"{MOST_PUPILS} people are in this round, and no more can be. Look on with somebody else."
                )
            me = {"pupil": _hash(token), "round": row.code, "nickname": name, "joined": now_text()}
            db.execute(sa.insert(pupils).values(me))
        return token

    def nickname(self, code: str, token: str) -> str | None:
        """The nickname of a pupil; None where nobody in this round has the token."""
        with self._store.transaction() as db:
            row = _pupil(db, _row(db, code).code, token)
            return None if row is None else str(row.nickname)

    def answer(self, code: str, token: str, feature: int, text: str) -> Answer:
        """Save what a pupil calls a feature, in place of what they called it before; "" takes it back.

        Raises:
            NmfError: a name of more than 80 characters, or without one to be seen.
            StoreError: the round is closed, has no such feature, or does not know the pupil.
        """
        with self._store.transaction(write=True) as db:
            row = _row(db, code)
            who = _pupil(db, row.code, token)
            if who is None:
                raise StoreError("This round does not know you. Join it again under another nickname.")
            _require_open(row, "names can no longer be changed")
            f = whole_number("feature", feature, 0, 2**31 - 1)
            if f not in [card.feature for card in _round(row).cards]:
                raise StoreError(f"The round {row.title!r} has no feature {f + 1}. Load the page again.")
            this = (answers.c.pupil == who.pupil, answers.c.feature == f)
            before = db.scalar(sa.select(answers.c.version).where(*this)) or 0
            given = Answer(who.nickname, f, text, before + 1)
            values = {"text": given.text, "version": given.version, "updated": now_text()}
            if before:
                db.execute(sa.update(answers).where(*this).values(values))
            else:
                db.execute(sa.insert(answers).values(pupil=who.pupil, feature=f, **values))
            return given

    def answers_of(self, code: str, token: str) -> dict[int, str]:
        """What a pupil has named: feature → name."""
        with self._store.transaction() as db:
            who = _pupil(db, _row(db, code).code, token)
            if who is None:
                return {}
            own = sa.select(answers.c.feature, answers.c.text).where(answers.c.pupil == who.pupil, answers.c.text != "")
            return {row.feature: row.text for row in db.execute(own)}

    def answers(self, code: str) -> list[Answer]:
        """All names that stand, by nickname and feature; for whoever opened the round, and for all once it is revealed."""
        joined = sa.join(pupils, answers, pupils.c.pupil == answers.c.pupil)
        columns = (pupils.c.nickname, answers.c.feature, answers.c.text, answers.c.version)
        with self._store.transaction() as db:
            these = (
                sa.select(*columns)
                .select_from(joined)
                .where(pupils.c.round == _row(db, code).code, answers.c.text != "")
            )
            return sorted(
                (Answer(*row) for row in db.execute(these)), key=lambda given: (given.nickname, given.feature)
            )

    def reword(self, code: str, names: Collection[str], to: str) -> int:
        """Let names be one, `to`, on every feature, or be left out where that is ""; how many people's names this changed.

        For whoever opened the round, once it is closed. Names that are one but for how they are written go together.

        Raises:
            NmfError: `to` has more than 80 characters, or none to be seen.
            StoreError: the round is open: its names are nobody's to see yet.

        >>> from nmf_core.labels import shape_of
        >>> with LabelStore("sqlite://") as store:
        ...     rounds, shape = Rounds(store), shape_of(["x", "y"], [2, 1])
        ...     code = rounds.begin(store.project_for("ann", "films"), "Films", {Card(0, ("x",), ("x", "y")): shape}).code
        ...     said = [rounds.answer(code, rounds.join(code, who), 0, name) for who, name in (("Bob", "Sci-Fi"), ("Cat", "Space"))]
        ...     closed = rounds.move(code, "closed")
        ...     rounds.reword(code, ["scifi", "space"], "Sci-Fi"), [answer.text for answer in rounds.answers(code)]
        (1, ['Sci-Fi', 'Sci-Fi'])
        """
        text, these = Answer("", 0, to).text, {folded(name) for name in names}
        with self._store.transaction(write=True) as db:
            row = _row(db, code)
            if row.state == STATES[0]:
                raise StoreError(f"The round {row.title!r} is open, and its names are unseen. Close it first.")
            here = sa.select(pupils.c.pupil).where(pupils.c.round == row.code)
            given = db.execute(sa.select(answers).where(answers.c.pupil.in_(here), answers.c.text != "")).all()
            changed = [one for one in given if folded(one.text) in these and one.text != text]
            for one in changed:
                db.execute(
                    sa.update(answers)
                    .where(answers.c.pupil == one.pupil, answers.c.feature == one.feature)
                    .values(text=text, version=one.version + 1, updated=now_text())
                )
        return len(changed)

    def count(self, code: str) -> tuple[int, int]:
        """How many pupils take part, and how many names stand: all that is told of an open round."""
        with self._store.transaction() as db:
            here = sa.select(pupils.c.pupil).where(pupils.c.round == _row(db, code).code)
            named = sa.select(sa.func.count()).where(answers.c.pupil.in_(here), answers.c.text != "")
            return db.scalar(sa.select(sa.func.count()).select_from(here.subquery())) or 0, db.scalar(named) or 0

    def delete(self, code: str) -> None:
        """Remove a round with its nicknames and names, for good."""
        with self._store.transaction(write=True) as db:
            _delete(db, rounds.c.code == _row(db, code).code)


def delete_rounds(db: sa.Connection, project: str) -> None:
    """Remove all rounds of a project, which is about to be deleted."""
    _delete(db, rounds.c.project == project)


def plain_code(code: object) -> str:
    """A code as it is stored, however it was typed: "ab-2 3cd" is "AB23CD"."""
    return "".join(str(code).upper().replace("-", "").split())


def _delete(db: sa.Connection, which: sa.ColumnElement[bool]) -> None:
    """Remove rounds, from the answers up."""
    codes = sa.select(rounds.c.code).where(which)
    here = sa.select(pupils.c.pupil).where(pupils.c.round.in_(codes))
    db.execute(sa.delete(answers).where(answers.c.pupil.in_(here)))
    db.execute(sa.delete(pupils).where(pupils.c.round.in_(codes)))
    db.execute(sa.delete(rounds).where(which))


def _new_code(db: sa.Connection) -> str:
    """A code that no round has."""
    while True:
        code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
        if db.scalar(sa.select(rounds.c.code).where(rounds.c.code == code)) is None:
            return code


def _row(db: sa.Connection, code: object) -> Any:
    """A round's row. Where rows can be locked, one pupil at a time saves: whether the round is open holds until they have."""
    this, found = plain_code(code), None
    if len(this) == CODE_LENGTH and set(this) <= set(LETTERS):
        found = db.execute(sa.select(*_SEEN).where(rounds.c.code == this).with_for_update()).one_or_none()
    if found is None:
        raise StoreError(
            f"There is no round with the code {shown(this)}. Look at the code again, or ask whoever opened the round."
        )
    return found


def _pupil(db: sa.Connection, code: str, token: str) -> Any:
    """A pupil's row; None where nobody in the round has the token."""
    return db.execute(sa.select(pupils).where(pupils.c.pupil == _hash(token), pupils.c.round == code)).one_or_none()


def _hash(token: str) -> str:
    """What the store has of a token."""
    return hashlib.blake2b(str(token).encode(errors="replace"), digest_size=20, person=b"pupil").hexdigest()


def _require_open(row: Any, so: str) -> None:
    """Refuse what only an open round takes."""
    if row.state != STATES[0]:
        raise StoreError(
            f"The round {row.title!r} is {row.state}: {so}. Ask whoever opened it to open it again, or another one."
        )


def _round(row: Any) -> Round:
    """A row of the rounds table as `Round`."""
    try:
        cards = tuple(Card(int(c["feature"]), tuple(c["distinctive"]), tuple(c["top"])) for c in json.loads(row.cards))
    except (ValueError, TypeError, KeyError) as e:
        raise _damaged(row, e) from e
    return Round(row.code, row.project, row.title, cards, row.state)


def _damaged(row: Any, e: Exception) -> StoreError:
    """The error for a round that cannot be read."""
    return StoreError(
        f"The round {row.title!r} in the store is damaged: {e}. Put back a backup of the store, or delete the round."
    )
