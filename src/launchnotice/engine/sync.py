"""Sync: ask for what is missing, answer what others miss. Nothing here is journalled.

- A gap is asked of the stream's sender, and in turn of a member that showed that it knows more; so is
  what members' heads name beyond ours, our own lost history included. Any member answers for any stream.
- After a restore each member gets a challenge, and again until its answer is journalled; from then on once a
  day until the authority confirms the epoch, since a notice in flight may reach a member after its answer.
- An answer is stored bytes: nothing is signed for it but the echo of a challenge.
- Signals that their signer alone can bring are listed for it when they arrived, many at a time.
- At most `MAX_ANSWERS` answers a member and second, each of bounded size, whatever is asked; and no more
  questions, since the rest would not be answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from launchnotice.core.entries import Accepted, EpochKey, Reserved, Returned, emergency_key, position_key
from launchnotice.core.exchange import Exchange
from launchnotice.core.forks import id_at
from launchnotice.core.state import State
from launchnotice.draft import head_of, heads
from launchnotice.engine.sealing import Send
from launchnotice.errors import Refused
from launchnotice.registry import Refusal
from launchnotice.registry.namedtuples import NamedTuple
from launchnotice.wire.bounds import (
    CHALLENGE_AGAIN,
    MAX_ANSWERS,
    MAX_HEARD,
    MAX_PARTIES,
    MAX_SYNC_ITEMS,
    RETRY_MAX,
    SYNC_FIRST,
    SYNC_PAUSE,
)
from launchnotice.wire.cbor import encode
from launchnotice.wire.digest import sha256
from launchnotice.wire.signals import Sync
from launchnotice.wire.streams import Epoch, Head, MandateVersion, Position, Range

_Key: TypeAlias = tuple[str, str, EpochKey | None]
"""What is missing: of which party, what it is, in which epoch."""
_MANDATE, _NOTICES, _SPLIT, _ANSWER, _DOUBT, _AGAIN = (
    "mandate",
    "notices",
    "split",
    "answer",
    "doubt",
    "again",
)
_LASTING = frozenset({_MANDATE, _DOUBT, _AGAIN})
"""Questions whose back-off outlives them: whoever puts the question into our mouth cannot hurry it."""


class _Want(NamedTuple):
    """Something missing: whom to ask in turn, which notices or which challenge, how far it has come since."""

    key: _Key
    members: tuple[str, ...]
    span: tuple[int, int] | None  # first and last notice of that party's epoch
    nonce: bytes | None
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
        self._asked: dict[_Key, _Asked] = {}
        self._lacking: dict[str, int] = {}
        self._doubted: set[str] = set()
        self._heard: dict[tuple[str, str, EpochKey], int] = {}
        self._split: dict[tuple[str, str, EpochKey], int] = {}
        self._echoes: dict[str, bytes] = {}
        self._arrived: dict[str, dict[bytes, None]] = {}
        self._listed: dict[str, int] = {}
        self._answered: dict[str, tuple[int, list[bytes]]] = {}
        self._put_to: dict[str, tuple[int, int]] = {}
        self._found: list[_Want] = []
        self._found_in: tuple[State, int] | None = None

    def refused(self, state: State, refusal: Refused) -> None:
        """Remember whose mandate is missing; junk can name a member, hence the back-off of syncs.

        A member that speaks of a notice of ours that we do not know may hold what a restore has lost.
        """
        if refusal.party is None or refusal.party == state.own:
            return
        self._found_in = None
        if refusal.code is Refusal.UNKNOWN_SUBJECT:
            self._doubted.add(refusal.party)
        else:
            self._lacking[refusal.party] = len(state.mandates[refusal.party])

    def heard(self, state: State, member: str, told: Iterable[Head]) -> None:
        """Remember how far a member says that streams go, where that is beyond what is known here."""
        self._found_in = None
        for head in told:
            epoch = (head.epoch.number, head.epoch.random)
            key = (member, head.party, epoch)
            self._heard.pop(key, None)
            self._split.pop(key, None)
            if head.party not in state.streams or state.crowded(head.party, epoch):
                continue
            tops = [head.contiguous, *([head.highest] if head.highest else [])]
            if tops[-1].seq > _reached(state, head.party, epoch):
                self._heard[key] = tops[-1].seq
            for top in tops:
                if _contradicts(state, head.party, epoch, top):
                    self._split[key] = top.seq
        for known in (self._heard, self._split):
            while len(known) > MAX_HEARD:
                del known[next(iter(known))]

    def arrived(self, member: str, signal: bytes) -> None:
        """Remember to tell a member that its signal arrived; one that is forgotten is offered again."""
        waiting = self._arrived.setdefault(member, {})
        if len(waiting) < MAX_SYNC_ITEMS:
            waiting[signal] = None

    def due(self, state: State, now: int) -> list[tuple[str, Sync]]:
        """The syncs to be signed now, with their addressees: to each member as many as it answers."""
        found: list[tuple[str, _Want]] = []
        for want in self._wants(state):
            if self._at(want, now) <= now:
                found.append((self._member(want), want))
                self._put(want, now)
        echoes, self._echoes = self._echoes, {}
        bodies = [
            *[(member, _body(state, span=_range(want), nonce=want.nonce)) for member, want in found],
            *[(member, _body(state, member, echo=nonce)) for member, nonce in echoes.items()],
        ]
        listing = [member for member in self._arrived if self._lists(member, now)]
        return [*bodies, *[(member, self._list(state, member, now)) for member in listing]]

    def _lists(self, member: str, now: int) -> bool:
        """Whether it is time to list signals again: whoever replays them draws few signatures."""
        return not 0 <= now - self._listed.get(member, now - SYNC_FIRST) < SYNC_FIRST

    def _list(self, state: State, member: str, now: int) -> Sync:
        self._listed[member] = now
        return _body(state, signals=tuple(self._arrived.pop(member)))

    def next(self, state: State, now: int) -> int | None:
        """When the next sync is due, in seconds; None if nothing is missing."""
        waits = [self._at(want, now) for want in self._wants(state)]
        waits += [
            now if self._lists(member, now) else self._listed[member] + SYNC_FIRST for member in self._arrived
        ]
        return min([now] if self._echoes else waits, default=None)

    def answer(self, state: State, sender: str, sync: Sync, now: int) -> list[Send]:
        """Stored bytes that a member asked for or shows that it lacks."""
        if not self._may_answer(sender, sync, now):
            return []
        if sync.nonce is not None:
            self._echoes[sender] = sync.nonce
        parties = dict.fromkeys([state.own, *(span.party for span in sync.wanted)])
        found = [data for party in parties for data in _mandates_lacking(state, party, sync)]
        for span in sync.wanted:
            found += _notices(state, span, sender)
        if sync.nonce is not None:
            found += _emergencies(state, sender)
        return [Send(sender, data) for data in dict.fromkeys(found[:MAX_SYNC_ITEMS])]

    def _may_answer(self, sender: str, sync: Sync, now: int) -> bool:
        """One answer to each sync and pause, and few to a member: a replayed one starves no other."""
        since, answered = self._answered.get(sender, (now, []))
        if not 0 <= now - since < SYNC_PAUSE:
            since, answered = now, []
        # By its digest: what a large one takes in memory is many times its bytes.
        digest = sha256(encode(sync.dump()))
        if digest in answered or len(answered) >= MAX_ANSWERS:
            return False
        self._answered[sender] = (since, [*answered, digest])
        return True

    def _tries(self, want: _Want) -> int:
        asked = self._asked.get(want.key)
        return 0 if asked is None or want.progress > asked.mark else asked.tries

    def _member(self, want: _Want) -> str:
        return want.members[self._tries(want) % len(want.members)]

    def _at(self, want: _Want, now: int) -> int:
        """When it is to be asked: when it is due and the member still answers in that second."""
        asked = self._asked.get(want.key)
        at = now if asked is None or want.progress > asked.mark else asked.at
        if at > now:
            return at
        since, questions = self._put_to.get(self._member(want), (now, 0))
        full = questions >= MAX_ANSWERS and 0 <= now - since < SYNC_PAUSE
        return since + SYNC_PAUSE if full else at

    def _put(self, want: _Want, now: int) -> None:
        member = self._member(want)
        since, questions = self._put_to.get(member, (now, 0))
        if not 0 <= now - since < SYNC_PAUSE:
            since, questions = now, 0
        self._put_to[member] = since, questions + 1
        tries = self._tries(want)
        wait = min(SYNC_FIRST << min(tries, 16), RETRY_MAX)
        if want.key[1] in {_ANSWER, _AGAIN}:
            self._asked[want.key[0], _AGAIN, None] = _Asked(now + CHALLENGE_AGAIN, 0, 0)
        if want.key[1] != _AGAIN:
            self._asked[want.key] = _Asked(now + wait, tries + 1, want.mark)
        if want.key[1] == _MANDATE:
            del self._lacking[want.key[0]]
        if want.key[1] == _DOUBT:
            self._doubted.discard(want.key[0])
        if want.key[1] in _LASTING:
            self._found_in = None

    def _wants(self, state: State) -> list[_Want]:
        """What is missing, found anew only when something was learnt: a flood makes it long."""
        if self._found_in is None or self._found_in[0] is not state or self._found_in[1] != state.position:
            self._found, self._found_in = list(self._find(state)), (state, state.position)
            wanted = {want.key for want in self._found}
            # Forget what came. Questions for mandates stay, so that junk cannot undo their back-off.
            self._asked = {
                key: one for key, one in self._asked.items() if key[1] in _LASTING or key in wanted
            }
        return self._found

    def _find(self, state: State) -> Iterator[_Want]:
        for party, held in self._lacking.items():
            if len(state.mandates[party]) == held:
                yield _Want((party, _MANDATE, None), (party,), None, None, held, held)
        if state.epoch is not None:
            yield from self._challenges(state)
        for (member, party, epoch), seq in self._split.items():
            if (party, epoch) not in state.forks:
                yield _Want((party, _SPLIT, epoch), (member,), (seq, seq), None, 0, 0)
        for (party, epoch), (top, members) in self._missing(state).items():
            first = _reached(state, party, epoch) + 1
            last = min(top, first + MAX_SYNC_ITEMS - 1)
            progress, mark = first, last
            stream = state.streams[party].get(epoch)
            if stream is not None and stream.ended is not None and stream.disputed is not None:
                # What stands is known from the last one downwards (R-MAND-24), and that ends the dispute.
                first, last = max(first, top - MAX_SYNC_ITEMS + 1), top
                progress = mark = stream.ended - top
            yield _Want((party, _NOTICES, epoch), tuple(members), (first, last), None, progress, mark)

    def _challenges(self, state: State) -> Iterator[_Want]:
        """Members that have not answered since a restore, those that may know more, and the others again."""
        for party in self._doubted:
            yield _Want((party, _DOUBT, None), (party,), None, state.nonce(party), 0, 0)
        confirmed = state.epoch in state.confirmed_epochs(state.own)
        for party, head in state.synced.items():
            if head is None or not confirmed:
                what = _ANSWER if head is None else _AGAIN
                yield _Want((party, what, None), (party,), None, state.nonce(party), 0, 0)

    def _missing(self, state: State) -> dict[tuple[str, EpochKey], tuple[int, list[str]]]:
        """The last notice missing of each epoch, and the members to ask for it."""
        found: dict[tuple[str, EpochKey], tuple[int, list[str]]] = {}
        for party in state.channel.others(state.own):
            for epoch, stream in state.streams[party].items():
                gap = stream.gap()
                if gap is not None:
                    found[party, epoch] = (gap[1], [party])
        for (member, party, epoch), told in self._heard.items():
            known = state.streams[party].get(epoch)
            top = told if known is None or known.ended is None else min(told, known.ended)
            if top <= _reached(state, party, epoch) or (party, epoch) == (state.own, state.epoch):
                continue
            last, members = found.get((party, epoch), (top, []))
            found[party, epoch] = (last, list(dict.fromkeys([*members, member])))
        return found


def _reached(state: State, party: str, epoch: EpochKey) -> int:
    """The last sequence number of an epoch that is known without a gap before it."""
    stream = state.streams[party].get(epoch)
    return stream.seq if stream else 0


def _contradicts(state: State, party: str, epoch: EpochKey, top: Position) -> bool:
    """Whether a member has another notice at a position than we have: somebody told two stories."""
    stream = state.streams[party].get(epoch)
    if stream is None or stream.disputed is not None or not 0 < top.seq <= stream.seq:
        return False
    return id_at(state, party, stream, top.seq, b"") not in {top.id, b""}


def _range(want: _Want) -> Range | None:
    party, _, epoch = want.key
    if want.span is None or epoch is None:
        return None
    number, random = epoch
    return Range(
        party=party, epoch=Epoch(number=number, random=random), first=want.span[0], last=want.span[1]
    )


def _body(
    state: State,
    answering: str = "",
    *,
    span: Range | None = None,
    echo: bytes | None = None,
    nonce: bytes | None = None,
    signals: tuple[bytes, ...] = (),
) -> Sync:
    """What is known here; to a member that is answered also all its own epochs, of which it may know none."""
    held = [(party, state.mandate(party)) for party in sorted(state.mandates)]
    mandates = tuple(
        MandateVersion(party=party, version=mandate.payload.version, id=mandate.id)
        for party, mandate in held
        if mandate is not None
    )
    told = (*heads(state), *(_earlier(state, answering) if answering else ()))[:MAX_PARTIES]
    return Sync(
        heads=told,
        mandates=mandates,
        wanted=(span,) if span else (),
        nonce=nonce,
        echo=echo,
        signals=signals,
    )


def _earlier(state: State, party: str) -> Iterator[Head]:
    """Heads of a party's epochs but the newest: it may have lost more than one of them."""
    for epoch in sorted(state.streams[party], reverse=True)[1:]:
        yield head_of(party, state.streams[party][epoch])


def _mandates_lacking(state: State, party: str, sync: Sync) -> list[bytes]:
    """A party's mandates beyond the version that the member holds."""
    known = max((entry.version for entry in sync.mandates if entry.party == party), default=0)
    return [mandate.data for mandate in state.mandates.get(party, [])[known:]]


def _notices(state: State, span: Range, asker: str) -> list[bytes]:
    """The notices of a range that are held, each with the asker's own signals about it.

    Of the asker's own notices, what we stated about them: it may have lost that as well.
    """
    epoch = (span.epoch.number, span.epoch.random)
    sender = "" if span.party == state.own else span.party
    found: list[bytes] = []
    for seq in range(span.first, min(span.last, span.first + MAX_SYNC_ITEMS - 1) + 1):
        kept = state.find(position_key(sender, epoch, seq))
        ids = dict.fromkeys(k.entry.id for k in kept if isinstance(k.entry, Accepted | Reserved | Returned))
        for exchange in map(state.exchange, ids):
            if exchange is not None and exchange.data:
                found += [exchange.data, *_signals(exchange, asker)]
    return found


def _emergencies(state: State, asker: str) -> list[bytes]:
    """The last emergency notices of the asker and of our own, which no range names, with their signals."""
    kept = [*state.find(emergency_key(asker)), *state.find(emergency_key(""))]
    kept.sort(key=lambda k: k.position, reverse=True)  # of too many, the newest
    ids = dict.fromkeys(k.entry.id for k in kept if isinstance(k.entry, Accepted | Reserved | Returned))
    found: list[bytes] = []
    for exchange in map(state.exchange, [*ids][:MAX_SYNC_ITEMS]):
        if exchange is not None and exchange.data:
            found += [exchange.data, *_signals(exchange, asker)]
    return found


def _signals(exchange: Exchange, asker: str) -> Iterator[bytes]:
    if exchange.sender == asker:
        yield from (stated.data for stated in exchange.stated.values() if stated.data)
    else:
        yield from (fact.data for (party, _), fact in exchange.facts.items() if party == asker)
