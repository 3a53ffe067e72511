"""Sync: ask for what is missing, answer what others miss. Nothing here is journalled.

- A gap before held notices is asked of the stream's sender; so is a mandate that is not held.
- An answer is stored bytes: nothing is signed for it but the echo of a challenge.
- At most one answer a member and second, of bounded size, whatever is asked.
"""

from __future__ import annotations

from launchnotice.core.entries import Reserved, Sealed, position_key
from launchnotice.core.state import State
from launchnotice.draft import heads
from launchnotice.errors import Refused
from launchnotice.outbox import Outbox
from launchnotice.sealing import Send
from launchnotice.wire.bounds import MAX_SYNC_ITEMS, SYNC_PAUSE
from launchnotice.wire.signals import Sync
from launchnotice.wire.streams import Epoch, MandateVersion, Range


class Syncs:
    """What this endpoint asks of others and answers them."""

    def __init__(self) -> None:
        self._turns = Outbox()
        self._mandates: dict[str, int] = {}
        self._echoes: dict[str, bytes] = {}
        self._answered: dict[str, int] = {}

    def refused(self, refusal: Refused) -> None:
        """Remember whose mandate is missing; junk can name a member, hence the back-off of syncs."""
        if refusal.party is not None:
            self._mandates[refusal.party] = 0

    def due(self, state: State, now: int) -> list[tuple[str, Sync]]:
        """The syncs to be signed now, with their addressees."""
        wants = self._wants(state)
        asked = [party for party in wants if self._turns.sync_due(party, now, now)]
        found = [(party, _body(state, wants[party], None)) for party in asked]
        found += [(party, _body(state, None, nonce)) for party, nonce in self._echoes.items()]
        self._echoes = {}
        for party in [party for party in state.channel.parties if party not in wants]:
            self._turns.sync_settled(party)
        self._mandates = {}
        return found

    def next(self, state: State, now: int) -> int | None:
        """When the next sync is due, in seconds; None if nothing is missing."""
        waits = [self._turns.next_sync(party, now) for party in self._wants(state)]
        return min([now] if self._echoes else waits, default=None)

    def answer(self, state: State, sender: str, sync: Sync, now: int) -> list[Send]:
        """Stored bytes that a member asked for or shows that it lacks."""
        if now - self._answered.get(sender, -SYNC_PAUSE) < SYNC_PAUSE:
            return []
        self._answered[sender] = now
        if sync.nonce is not None:
            self._echoes[sender] = sync.nonce
        found = _mandates_lacking(state, sync)
        for span in sync.wanted:
            found += _notices(state, span)
        return [Send(sender, data) for data in found[:MAX_SYNC_ITEMS]]

    def _wants(self, state: State) -> dict[str, Range | None]:
        """From whom something is missing: a range of notices, or a mandate (None)."""
        wants: dict[str, Range | None] = dict.fromkeys(self._mandates)
        for party in state.channel.others(state.own):
            for stream in state.streams[party].values():
                gap = stream.gap()
                if gap is not None:
                    number, random = stream.epoch
                    last = min(gap[1], gap[0] + MAX_SYNC_ITEMS - 1)
                    epoch = Epoch(number=number, random=random)
                    wants[party] = Range(party=party, epoch=epoch, first=gap[0], last=last)
        return wants


def _body(state: State, wanted: Range | None, echo: bytes | None) -> Sync:
    held = [(party, state.mandate(party)) for party in sorted(state.mandates)]
    mandates = tuple(
        MandateVersion(party=party, version=mandate.payload.version, id=mandate.id)
        for party, mandate in held
        if mandate is not None
    )
    return Sync(heads=heads(state), mandates=mandates, wanted=(wanted,) if wanted else (), echo=echo)


def _mandates_lacking(state: State, sync: Sync) -> list[bytes]:
    """Our mandates beyond the version that the member holds."""
    known = max((entry.version for entry in sync.mandates if entry.party == state.own), default=0)
    return [mandate.data for mandate in state.mandates[state.own][known:]]


def _notices(state: State, span: Range) -> list[bytes]:
    """Our own notices of a range; another sender's stream is answered by that sender."""
    if span.party != state.own:
        return []
    epoch = (span.epoch.number, span.epoch.random)
    found = []
    for seq in range(span.first, min(span.last, span.first + MAX_SYNC_ITEMS - 1) + 1):
        for kept in state.find(position_key("", epoch, seq)):
            if isinstance(kept.entry, Reserved):
                found += [k.entry.data for k in state.find(kept.entry.id) if isinstance(k.entry, Sealed)]
    return found
