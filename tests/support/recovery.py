"""Endpoints that are restored from copies, and a link that lets them talk until nothing is left to say."""

from __future__ import annotations

import copy
from typing import NamedTuple

from launchnotice import Endpoint, Event, Send
from launchnotice.core import entries
from launchnotice.journal.anchor import MemoryAnchor
from launchnotice.journal.memory import MemoryJournal
from launchnotice.registry import EventCode, FindingCode
from launchnotice.wire.record import Record
from tests.support.centres import NOW, sign
from tests.support.template import Template

OFFICERS = ("officer-1", "officer-2")


class Side:
    """One party's endpoint with the journal and anchor beneath it, and what it was shown."""

    def __init__(self, made: Template, code: str) -> None:
        self.made, self.code = made, code
        self.journal, self.anchor = copy.deepcopy(made.journals[code]), MemoryAnchor()
        last = self.journal.read(0, 100)[-1]
        self.anchor.store(last.position, entries.digest(last.data))
        self.events: list[Event] = []
        self.opened = 0
        self.endpoint = self._open(NOW)

    def backup(self) -> MemoryJournal:
        """A copy of the journal as it is now."""
        return copy.deepcopy(self.journal)

    def restore(self, backup: MemoryJournal, now: int, *, anchor: bool = True) -> None:
        """The journal is a copy of an earlier day; the anchor survived, or is a copy of that day too."""
        self.journal = copy.deepcopy(backup)
        if not anchor:
            self.anchor = MemoryAnchor()
            last = self.journal.read(0, 10_000)[-1:]
            if last:
                self.anchor.store(last[0].position, entries.digest(last[0].data))
        self.endpoint = self._open(now)
        self.events = []

    def restart(self, now: int) -> None:
        """The process starts again on the same journal and anchor."""
        self.endpoint = self._open(now)

    def say(self, body: Record, now: int) -> tuple[bytes, tuple[Send, ...]]:
        """The id of a message that the officers signed, and what is sent."""
        draft = sign(self.endpoint, self.made.centres[self.code], body, now, OFFICERS)
        step = self.endpoint.submit(draft, now)
        self.events += step.events
        return draft.id, step.sends

    def hear(self, data: bytes, now: int) -> tuple[Send, ...]:
        step = self.endpoint.receive(data, now)
        self.events += step.events
        return step.sends

    def told(self, code: EventCode) -> list[Event]:
        return [event for event in self.events if event.code is code]

    def _open(self, now: int) -> Endpoint:
        self.opened += 1
        seed = f"{self.code}{self.opened}".encode().ljust(16)
        return Endpoint.open(
            self.made.channel,
            self.code,
            self.journal,
            now,
            anchor=self.anchor,
            system=self.made.centres[self.code].keys["system"],
            epoch_id=lambda: seed,
        )


class Talk(NamedTuple):
    """Sides on one link."""

    sides: dict[str, Side]

    def carry(self, sends: tuple[Send, ...], now: int) -> None:
        """Give bytes to whom they are for, and what is answered at once as well."""
        waiting = list(sends)
        while waiting:
            send = waiting.pop(0)
            if send.to in self.sides:
                waiting += self.sides[send.to].hear(send.data, now)

    def settle(self, now: int, seconds: int = 600) -> int:
        """Everybody polls and everything arrives for a while; gives the time after it."""
        for moment in range(now, now + seconds, 10):
            for side in self.sides.values():
                step = side.endpoint.poll(moment)
                side.events += step.events
                self.carry(step.sends, moment)
        return now + seconds


def names(event: Event) -> set[FindingCode]:
    """The codes of an event's findings."""
    return {finding.code for finding in event.findings}
