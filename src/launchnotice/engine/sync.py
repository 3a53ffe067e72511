"""Sync: ask for what is missing, answer what others miss. Nothing here is journalled.

- A gap before held notices is asked of the stream's sender; so is a mandate that is not held.
- An answer is stored bytes: nothing is signed for it but the echo of a challenge.
- At most one answer a member and second, of bounded size, whatever is asked.
"""

from __future__ import annotations

from typing import NamedTuple

from launchnotice.core.entries import EpochKey, Reserved, Sealed, position_key
from launchnotice.core.state import State
from launchnotice.draft import heads
from launchnotice.engine.sealing import Send
from launchnotice.errors import Refused
from launchnotice.wire.bounds import MAX_ANSWERS, MAX_SYNC_ITEMS, RETRY_MAX, SYNC_FIRST, SYNC_PAUSE
from launchnotice.wire.signals import Sync
from launchnotice.wire.streams import Epoch, MandateVersion, Range


class _Want(NamedTuple):
    """Something missing: from whom, which notices (None: a mandate), and how far it has come since."""

    party: str
    span: Range | None
    key: tuple[str, EpochKey | None]
    progress: int
    mark: int  # progress beyond this answers the question


class _Asked(NamedTuple):
    """A question that was put: when it is due again, how often it was put, what would answer it."""

    at: int
    tries: int
    mark: int


class Syncs:
    """What this endpoint asks of others and answers them."""

    def __init__(self) -> None:
        self._asked: dict[tuple[str, EpochKey | None], _Asked] = {}
        self._lacking: dict[str, int] = {}
        self._echoes: dict[str, bytes] = {}
        self._answered: dict[str, tuple[int, list[Sync]]] = {}

    def refused(self, state: State, refusal: Refused) -> None:
        """Remember whose mandate is missing; junk can name a member, hence the back-off of syncs."""
        if refusal.party is not None and refusal.party != state.own:
            self._lacking[refusal.party] = len(state.mandates[refusal.party])

    def due(self, state: State, now: int) -> list[tuple[str, Sync]]:
        """The syncs to be signed now, with their addressees."""
        found: dict[str, Range | None] = {}
        wants = self._wants(state)
        for want in wants:
            if self._at(want, now) <= now and found.get(want.party) is None:
                found[want.party] = want.span
                self._put(want, now)
        self._forget({want.key for want in wants})
        echoes, self._echoes = self._echoes, {}
        return [
            *[(party, _body(state, span, None)) for party, span in found.items()],
            *[(party, _body(state, None, nonce)) for party, nonce in echoes.items()],
        ]

    def next(self, state: State, now: int) -> int | None:
        """When the next sync is due, in seconds; None if nothing is missing."""
        waits = [self._at(want, now) for want in self._wants(state)]
        return min([now] if self._echoes else waits, default=None)

    def answer(self, state: State, sender: str, sync: Sync, now: int) -> list[Send]:
        """Stored bytes that a member asked for or shows that it lacks."""
        if not self._may_answer(sender, sync, now):
            return []
        if sync.nonce is not None:
            self._echoes[sender] = sync.nonce
        found = _mandates_lacking(state, sync)
        for span in sync.wanted:
            found += _notices(state, span)
        return [Send(sender, data) for data in found[:MAX_SYNC_ITEMS]]

    def _may_answer(self, sender: str, sync: Sync, now: int) -> bool:
        """One answer to each sync and pause, and few to a member: a replayed one starves no other."""
        since, answered = self._answered.get(sender, (now, []))
        if not 0 <= now - since < SYNC_PAUSE:
            since, answered = now, []
        if sync in answered or len(answered) >= MAX_ANSWERS:
            return False
        self._answered[sender] = (since, [*answered, sync])
        return True

    def _at(self, want: _Want, now: int) -> int:
        asked = self._asked.get(want.key)
        return now if asked is None or want.progress > asked.mark else asked.at

    def _put(self, want: _Want, now: int) -> None:
        asked = self._asked.get(want.key)
        tries = 0 if asked is None or want.progress > asked.mark else asked.tries
        wait = min(SYNC_FIRST << min(tries, 16), RETRY_MAX)
        self._asked[want.key] = _Asked(now + wait, tries + 1, want.mark)
        if want.span is None:
            del self._lacking[want.party]

    def _forget(self, wanted: set[tuple[str, EpochKey | None]]) -> None:
        """Forget gaps that closed. Questions for mandates stay, so that junk cannot undo their back-off."""
        self._asked = {key: asked for key, asked in self._asked.items() if key[1] is None or key in wanted}

    def _wants(self, state: State) -> list[_Want]:
        found = [
            _Want(party, None, (party, None), len(state.mandates[party]), held)
            for party, held in self._lacking.items()
            if len(state.mandates[party]) == held
        ]
        for party in state.channel.others(state.own):
            for stream in state.streams[party].values():
                gap = stream.gap()
                if gap is not None:
                    number, random = stream.epoch
                    last = min(gap[1], gap[0] + MAX_SYNC_ITEMS - 1)
                    epoch = Epoch(number=number, random=random)
                    span = Range(party=party, epoch=epoch, first=gap[0], last=last)
                    found.append(_Want(party, span, (party, stream.epoch), gap[0], last))
        return found


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
