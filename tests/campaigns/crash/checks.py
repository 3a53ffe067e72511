"""What must hold, whatever crashed; each broken promise is a `Violation` with the name of its check.

=================  =====================================================================
shown-twice        a notice was shown as new that had been shown before (P3)
unmarked           what was journalled before a start is presented without the mark *again* (P3)
not-presented      a start does not present every event that the host has not confirmed (P4)
untold             an event was never told (P4)
confirmed-lost     a position that the host confirmed, or its event, is gone (P4)
not-durable        bytes or events were given out that the journal does not hold
before-anchor      bytes were given out beyond the entry that the anchor names
lost-entries       a start finds less, or other entries, than were committed
two-bytes          two encodings of one message, or two receipts of one notice, were given out
signed-twice       the system's key was asked to sign two payloads for one position
not-reserved       it was asked to sign what the journal had not reserved
signed-after-seal  it was asked to sign what the journal held as sealed
old-epoch          it signed in an epoch from before a restore
not-offered        a start does not offer what is owed to be sent (P4)
said-twice         what the officers said once was sealed twice
incomplete         after healing, something is not settled on both sides (P4)
refold             the state differs from a fresh fold without a snapshot
look-up            a key does not find the entries filed under it
chain              the journal's hash chain is broken
not-restored       a journal behind its anchor does not count as restored
false-restore      a plain crash counts as a restore
disputed           a party accuses the other of a fork, or itself has one
refused            authentic bytes were refused
corrupt            a store that was only crashed is refused as corrupt
unexpected         a call ended in a way that it must not
=================  =====================================================================

Also ``accepted-twice``, ``sealed-twice`` and ``reserved-twice``: two such entries of one id.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from launchnotice.core import entries
from launchnotice.errors import Corrupt, JournalError, Refused
from launchnotice.registry import EventCode, Kind, KindClass, Refusal
from launchnotice.wire import cose
from launchnotice.wire.message import parse_payload
from tests.campaigns.crash.life import Answer, Look, Told, position_of
from tests.campaigns.failures import Violation

if TYPE_CHECKING:
    from tests.campaigns.crash.world import Node, World

USAGE = {"already-stated", "unknown-subject", "no-mandate"}
"""What an officer may be told after a crash: it is said already, or a restore lost its subject."""


class Released:
    """Everything that ever left, by message and by position."""

    def __init__(self) -> None:
        self.by_id: dict[bytes, bytes] = {}
        self.by_position: dict[str, bytes] = {}


# Calls -------------------------------------------------------------------------------------


def expected(node: Node, answer: Answer | None, outcomes: set[str]) -> None:
    """A call ended in one of these ways, and if the caller is told of a mistake, in a known one."""
    if answer is None:
        return
    if answer.outcome not in outcomes or (answer.outcome == "usage" and answer.detail not in USAGE):
        raise Violation("unexpected", f"{node.code}: {answer.outcome} {answer.detail}")
    if answer.outcome == "usage" and answer.detail != "already-stated" and not node.came_back:
        raise Violation("unexpected", f"{node.code}: {answer.detail}")


def received(world: World, node: Node, data: bytes, answer: Answer) -> None:
    """Authentic bytes are taken; after a restore they may be about what it lost, or has stated anew."""
    expected(node, answer, {"done", "failed", "refused"})
    lost = answer.detail == Refusal.UNKNOWN_SUBJECT.value and any(x.came_back for x in world.nodes.values())
    if answer.outcome == "refused" and not (lost or _stated_anew(node, data, answer.detail)):
        raise Violation("refused", f"{node.code}: {answer.detail}")


def _stated_anew(node: Node, data: bytes, detail: str) -> bool:
    """Whether it is a statement that a restore lost and that was made anew before the first one came back."""
    if detail != Refusal.OWN_MESSAGE.value or not node.came_back:
        return False
    envelope = cose.parse(data, 1 << 20)
    payload, row = parse_payload(envelope.payload)
    if row.kind_class is not KindClass.SIGNAL:
        return False
    return any(
        (entry.kind, entry.subject) == (payload.kind, payload.body[1]) and notice != envelope.message_id
        for notice, entry in node.book.reserved.items()
    )


def shown(node: Node, told: Sequence[Told]) -> None:
    """Nothing is shown as new that was shown before; nothing is shown that is not journalled."""
    host = node.host
    if node.local:
        node.read()
    for event in told:
        if node.local and node.book.subjects.get(event.position) != event.subject:
            raise Violation("not-durable", f"{node.code}: event {event.position} is not in the journal")
        if event.code != EventCode.NOTICE.value:
            continue
        if not event.again and event.subject in host.seen:
            raise Violation("shown-twice", f"{node.code}: {event.subject.hex()} at {event.position}")
        host.seen.add(event.subject)
        if not event.again:
            host.fresh.add(event.subject)


def sent(world: World, node: Node, sends: Sequence[tuple[str, bytes]]) -> None:
    """What leaves is journalled, below the anchor, and the same bytes as ever."""
    if not sends:
        return
    if node.local:
        node.read()
        mark = node.store.mark()
        for _, data in sends:
            if _kind(data) != Kind.SYNC:
                durable(node, data, mark)
    else:
        node.unchecked += sends
    for _, data in sends:
        _same(world.released, data)


def durable(node: Node, data: bytes, mark: tuple[int, bytes] | None) -> None:
    """Bytes that left are in the journal, and not beyond its anchor."""
    position = node.book.where.get(data)
    if position is None:
        raise Violation("not-durable", f"{node.code}: bytes were released that the journal does not hold")
    if mark is None or mark[0] < position:
        raise Violation("before-anchor", f"{node.code}: entry {position} was released, the anchor is {mark}")


def _kind(data: bytes) -> int:
    """The kind of a message; 0 of a mandate, whose payload has none."""
    try:
        return int(parse_payload(cose.parse(data, 1 << 20).payload)[0].kind)
    except Refused:
        return 0


def _same(released: Released, data: bytes) -> None:
    envelope = cose.parse(data, 1 << 20)
    message = envelope.message_id
    if released.by_id.setdefault(message, data) != data:
        raise Violation("two-bytes", f"message {message.hex()}")
    if _kind(data) in {0, Kind.SYNC}:
        return
    payload, row = parse_payload(envelope.payload)
    position = position_of(payload, row.kind_class, message)
    if released.by_position.setdefault(position, data) != data:
        raise Violation("two-bytes", position)


# Starts ------------------------------------------------------------------------------------


def start(node: Node, begin: Callable[[], None]) -> bool:
    """Start; gives whether a store failed meanwhile, so that the host tries again."""
    try:
        begin()
    except Corrupt as error:
        raise Violation("corrupt", f"{node.code}: {error}") from error
    except JournalError:
        return True
    return False


def opened(world: World, node: Node) -> None:
    """What a new life knows is what the old one committed."""
    old = node.book
    rows = node.store.rows()
    if [row.data for row in rows[: len(old.rows)]] != old.rows:
        raise Violation("lost-entries", f"{node.code}: {len(old.rows)} were committed, {len(rows)} are left")
    old.extend(rows[len(old.rows) :])
    look, mark = node.life.look(), node.store.mark()
    _check_restored(world, node, look, mark)
    if look.confirmed < node.host.confirmed:
        raise Violation("confirmed-lost", f"{node.code}: {node.host.confirmed} was, {look.confirmed} is")
    for position, subject in node.host.stored.items():
        if position <= look.position and old.subjects.get(position) != subject:
            raise Violation("confirmed-lost", f"{node.code}: event {position} is another one")
    if node.host.stored and max(node.host.stored) > look.position:
        raise Violation("confirmed-lost", f"{node.code}: event {max(node.host.stored)} is gone")
    for _, data in node.unchecked:
        if _kind(data) != Kind.SYNC:
            durable(node, data, mark)
    node.unchecked.clear()
    signatures(node)
    if node.life.state() != old.state(world.made.channel, world.now):
        raise Violation("refold", f"{node.code}: at {look.position}")


def _check_restored(world: World, node: Node, look: Look, mark: tuple[int, bytes] | None) -> None:
    """A journal counts as restored exactly if it lacks what its anchor names, as only a restore makes it."""
    if mark is None and len(node.book.rows) == 1:
        # A journal that has just begun: the process died between its first entry and its first anchor.
        world.counts.other["begun_without_anchor"] += 1
        node.came_back = True
        return
    held = node.book.holds(mark)
    if look.restored and (held or not node.came_back):
        raise Violation("false-restore", f"{node.code}: {len(node.book.rows)} entries, the anchor is {mark}")
    if not look.restored and not held:
        raise Violation("not-restored", f"{node.code}: {len(node.book.rows)} entries, the anchor is {mark}")
    node.noticed = node.noticed or look.restored


def signatures(node: Node) -> None:
    """The key signed one payload for each position, reserved and not yet sealed, in no old epoch."""
    positions: dict[str, bytes] = {}
    for one in node.signed:
        if positions.setdefault(one.key, one.payload) != one.payload:
            raise Violation("signed-twice", f"{node.code}: {one.key}")
        if not one.reserved:
            raise Violation("not-reserved", f"{node.code}: {one.key}")
        if one.sealed:
            raise Violation("signed-after-seal", f"{node.code}: {one.key}")
    for one in node.signed[node.signed_before :]:
        if one.epoch in node.closed:
            raise Violation("old-epoch", f"{node.code}: {one.key}")


def presented(node: Node, told: Sequence[Told]) -> None:
    """A start presents exactly what the host has not confirmed, all of it marked."""
    if any(not event.again for event in told):
        raise Violation("unmarked", f"{node.code}: {next(e for e in told if not e.again)}")
    confirmed = node.life.look().confirmed
    owed = {position for position in node.book.subjects if position > confirmed}
    missing = owed - {event.position for event in told}
    if missing:
        raise Violation("not-presented", f"{node.code}: events {sorted(missing)}")


def offered(node: Node, look: Look, answer: Answer) -> None:
    """The first poll of a life offers everything that others still owe an answer for."""
    if look.restored:
        return
    for party, ids in look.pending.items():
        for notice in ids if party != node.code else ():
            reserved = node.book.reserved.get(notice)
            data = node.book.sealed.get(notice)
            if data is None or (reserved and (reserved.number, reserved.random) != look.epoch):
                continue
            if (party, data) not in answer.sends:
                raise Violation("not-offered", f"{node.code}: {notice.hex()} to {party}")


# At rest -----------------------------------------------------------------------------------


def agreement(world: World) -> None:
    """Everything was told, everything is settled on both sides, and memory is what the journal says."""
    restored = any(node.came_back for node in world.nodes.values())
    for node in world.nodes.values():
        node.read()
    for node in world.nodes.values():
        look = node.life.look()
        signatures(node)
        if node.life.state() != node.book.state(world.made.channel, world.now):
            raise Violation("refold", f"{node.code}: at {look.position}")
        _check_look_ups(node)
        if look.disputed:
            raise Violation("disputed", f"{node.code} disputes {look.disputed}")
        untold = node.book.subjects.keys() - node.host.stored.keys()
        if untold and not restored:
            raise Violation("untold", f"{node.code}: events {sorted(untold)}")
        if look.unsealed:
            raise Violation("incomplete", f"{node.code}: {look.unsealed} reservations without a seal")
        _check_said(node)
        for other in world.nodes.values():
            if other is not node:
                _check_settled(node, other, look, restored=restored)


def _check_said(node: Node) -> None:
    """What was said once is sealed once; a restore may lose that it was said."""
    if node.came_back:
        return
    drafts = Counter(
        node.host.meant[entry.draft]
        for notice, entry in node.book.reserved.items()
        if entry.draft in node.host.meant and notice in node.book.sealed
    )
    twice = [intention for intention, times in drafts.items() if times > 1]
    if twice:
        raise Violation("said-twice", f"{node.code}: {twice[0]}")
    owed = {one for one in node.host.meant.values() if one.split("/")[1] in {"announce", "incident"}}
    if owed - drafts.keys():
        raise Violation("incomplete", f"{node.code}: never said: {min(owed - drafts.keys())}")


def _check_settled(node: Node, other: Node, look: Look, *, restored: bool) -> None:
    """Each notice of the present epoch is held by the other, was shown there, and is answered."""
    for notice, data in node.book.sealed.items():
        reserved = node.book.reserved[notice]
        if reserved.subject or (restored and (reserved.number, reserved.random) != look.epoch):
            continue
        if other.book.where.get(data) is None or notice not in other.host.seen:
            raise Violation("incomplete", f"{other.code} never showed {notice.hex()} of {node.code}")
        if notice in look.pending[other.code]:
            raise Violation("incomplete", f"{node.code} waits for {other.code} about {notice.hex()}")
    if not restored and (look.gaps or any(look.pending.values())):
        raise Violation("incomplete", f"{node.code}: {look.gaps or look.pending}")


def _check_look_ups(node: Node) -> None:
    """Each key finds the entries that are filed under it, as far as the endpoint's own journal says."""
    find = getattr(node.life, "find", None)
    if find is None:
        return
    filed: dict[bytes, list[int]] = {}
    for position, data in enumerate(node.book.rows, 1):
        for key in set(entries.keys(entries.decode(position, data).entry)):
            filed.setdefault(key, []).append(position)
    for key, positions in filed.items():
        if find(key) != positions:
            raise Violation("look-up", f"{node.code}: {key.hex()}")
