"""Whose turn it is: so many at a time, and turns go round by person, however much one of them has asked for."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field

LOOK = 1.0  # seconds between two looks whether somebody who waits is still there


@dataclass(eq=False)
class Ticket:
    """A place in the queue.

    Attributes:
        people: for whom it is; they may become more or fewer.
        wanted: whether any of them is still there.
        holder: who it was called for.
    """

    people: Collection[str]
    wanted: Callable[[], bool] = lambda: True
    holder: str = ""


@dataclass(eq=False)
class Turns:
    """Turns of one kind of work. Nobody holds more than half of them, so that there is one for whoever comes next.

    Next is who holds fewest, then who was called longest ago, then who came first.

    >>> turns = Turns(2)
    >>> ann, more, bob = Ticket(["ann"]), Ticket(["ann"]), Ticket(["bob"])
    >>> turns.take(ann), turns.take(bob)
    (True, True)
    >>> turns.give_back(bob)
    """

    at_once: int
    waiting: list[Ticket] = field(default_factory=list)
    held: list[Ticket] = field(default_factory=list)
    called: dict[str, int] = field(default_factory=dict)  # people who wait or hold a turn, and when they had the last
    number: int = 0
    change: threading.Condition = field(default_factory=threading.Condition)

    def take(self, ticket: Ticket) -> bool:
        """Wait for a turn and take it; False where nobody wants it any more."""
        with self.change:
            self.waiting.append(ticket)
            try:
                while ticket.wanted():
                    if self._next() is ticket:
                        self._call(ticket)
                        return True
                    self.change.wait(LOOK)
                return False
            finally:
                with suppress(ValueError):
                    self.waiting.remove(ticket)
                self.change.notify_all()

    def give_back(self, ticket: Ticket) -> None:
        """Let the next one have the turn."""
        with self.change:
            self.held.remove(ticket)
            self.change.notify_all()

    def _next(self) -> Ticket | None:
        """Who is called next; None where nobody may be."""
        if len(self.held) >= self.at_once:
            return None
        holds = Counter(ticket.holder for ticket in self.held)
        most = max(1, self.at_once // 2)
        free = [
            (holds[person], self.called.get(person, 0), place, ticket)
            for place, ticket in enumerate(self.waiting)
            for person in tuple(ticket.people)
            if holds[person] < most
        ]
        return min(free, key=lambda one: one[:3])[3] if free else None

    def _call(self, ticket: Ticket) -> None:
        """Give a ticket its turn, for whichever of its people is next."""
        holds = Counter(other.holder for other in self.held)
        people = tuple(ticket.people) or ("",)
        ticket.holder = min(people, key=lambda person: (holds[person], self.called.get(person, 0)))
        self.held.append(ticket)
        self.number += 1
        self.called[ticket.holder] = self.number
        here = {person for other in (*self.waiting, *self.held) for person in tuple(other.people)}
        self.called = {person: when for person, when in self.called.items() if person in here}
