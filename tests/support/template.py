"""Two centres whose mandates are known everywhere, ready to be copied for each example of a property."""

from __future__ import annotations

import copy
from typing import NamedTuple

from launchnotice import Channel, Endpoint, peek
from launchnotice.journal.anchor import MemoryAnchor
from launchnotice.journal.memory import MemoryJournal
from launchnotice.registry import Suite
from launchnotice.wire import cose
from tests.support.centres import NOW, Centre, make_centre, make_channel, make_mandate
from tests.support.forge import Forger


class Template(NamedTuple):
    """A channel, its centres, their mandates and each one's journal with nothing else in it."""

    channel: Channel
    centres: dict[str, Centre]
    mandates: dict[str, bytes]
    journals: dict[str, MemoryJournal]

    def open(self, code: str, *, mandated: bool = True) -> Endpoint:
        """A fresh endpoint of that party; it holds every mandate unless told otherwise."""
        journal = copy.deepcopy(self.journals[code]) if mandated else MemoryJournal()
        endpoint = Endpoint.open(
            self.channel, code, journal, NOW, anchor=MemoryAnchor(), system=self.centres[code].keys["system"]
        )
        endpoint._ledger.restored = False  # a copy made for a test, not a backup
        return endpoint

    def forger(self, code: str) -> Forger:
        """Whoever has all keys of that party."""
        return Forger(self.channel, self.centres[code], mandate_id(self.mandates[code]))


def template(*codes: str, suite: Suite = Suite.CLASSIC, **more: object) -> Template:
    """Centres of one channel, US and RU unless told otherwise."""
    drill = bool(more.get("exercise"))
    centres = {code: make_centre(code, suite, exercise=drill) for code in codes or ("RU", "US")}
    channel = make_channel(list(centres.values()), suite, **more)
    mandates = {code: make_mandate(channel, centre) for code, centre in centres.items()}
    journals = {}
    for code in centres:
        journals[code] = MemoryJournal()
        endpoint = Endpoint.open(channel, code, journals[code], NOW, anchor=MemoryAnchor())
        for data in mandates.values():
            assert peek(data) == channel.id
            assert endpoint.receive(data, NOW).refusal is None
    return Template(channel, centres, mandates, journals)


def mandate_id(data: bytes) -> bytes:
    """The id of a mandate's bytes."""
    return cose.parse(data, 1 << 20).message_id
