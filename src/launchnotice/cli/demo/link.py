"""A link that loses, repeats and reorders what it carries, by a seed.

- Of every six datagrams one is lost, one arrives twice and one waits until a later one has
  overtaken it; which, the seed says. So each of the three occurs in every exchange.
- A datagram that waits is overtaken sooner or later: what is still owed is offered again.
- It keeps a record of all that it was given, as an intruder on the line would.

Not here: any clock; times are seconds, given with each call.
"""

from __future__ import annotations

import heapq
import random
from enum import StrEnum
from typing import Final, NamedTuple


class Fate(StrEnum):
    """What becomes of a datagram."""

    CARRIED = "carried"
    LOST = "lost"
    REPEATED = "carried twice"
    LATE = "held up"


class Datagram(NamedTuple):
    """Bytes on their way: `number` counts what the link was given, from 1."""

    number: int
    sender: str
    to: str
    data: bytes


_BLOCK: Final = (Fate.LOST, Fate.REPEATED, Fate.LATE, Fate.CARRIED, Fate.CARRIED, Fate.CARRIED)


class Link:
    """Carries datagrams between any number of parties.

    Attributes:
        record: everything that it was given, in order.
        lost, repeated, reordered: how many were lost, arrived twice, arrived after a later one.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a bad line, not a secret
        self._fates: list[Fate] = []
        self._travelling: list[tuple[int, int, Datagram]] = []
        self._waiting: list[Datagram] = []
        self._order = 0
        self.record: list[Datagram] = []
        self.lost = self.repeated = self.reordered = 0

    def offer(self, sender: str, to: str, data: bytes, now: int) -> Fate:
        """Give the link bytes to carry; says what becomes of them."""
        datagram = Datagram(len(self.record) + 1, sender, to, data)
        self.record.append(datagram)
        fate = self._fate()
        if fate is Fate.LOST:
            self.lost += 1
        elif fate is Fate.LATE:
            self._waiting.append(datagram)
        else:
            self._send(datagram, now + self._random.randint(1, 3))
        if fate is Fate.REPEATED:
            self.repeated += 1
            self._send(datagram, now + self._random.randint(4, 20))
        return fate

    def next(self) -> int | None:
        """When something arrives next, in seconds; None if nothing is on its way."""
        return self._travelling[0][0] if self._travelling else None

    def arrivals(self, now: int) -> list[Datagram]:
        """What has arrived, in the order of arrival; each is handed over once."""
        found = []
        while self._travelling and self._travelling[0][0] <= now:
            datagram = heapq.heappop(self._travelling)[2]
            self._overtake(datagram, now)
            found.append(datagram)
        return found

    def _fate(self) -> Fate:
        if not self._fates:
            self._fates = list(_BLOCK)
            self._random.shuffle(self._fates)
        return self._fates.pop()

    def _send(self, datagram: Datagram, at: int) -> None:
        self._order += 1
        heapq.heappush(self._travelling, (at, self._order, datagram))

    def _overtake(self, datagram: Datagram, now: int) -> None:
        """Let go what this one has overtaken in its direction."""
        way = datagram.sender, datagram.to
        overtaken = [d for d in self._waiting if (d.sender, d.to) == way and d.number < datagram.number]
        for late in overtaken:
            self._waiting.remove(late)
            self.reordered += 1
            self._send(late, now + self._random.randint(1, 5))
