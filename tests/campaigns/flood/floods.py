"""Floods by an authenticated peer: all keys of a member are in the wrong hands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from launchnotice.core.entries import EpochKey
from launchnotice.registry import Kind, RejectionCode
from launchnotice.wire.bounds import MAX_ANSWERS, MAX_SYNC_ITEMS, PROOF_OFFERS
from launchnotice.wire.signals import Acknowledgement, Rejection, Sync
from launchnotice.wire.streams import Epoch, Head, Position, Range
from tests.campaigns.figures import Figure, at_least, at_most
from tests.campaigns.flood.meter import Sizes, Subject
from tests.support import NOW, launch, state
from tests.support.forge import EPOCH, Forger, chain

# What one of each may take in memory.
PER_KEPT = 6_144
"""A notice kept whole: its bytes, its exchange, its receipt."""
PER_NOTED = 512
PER_EPOCH = 2_560
FIXED = 262_144
AFTER = 64
"""Bytes of memory for a further input when all bounds are reached: none but for noise."""
NOISE = 16_384
LATE = 18_000
"""Seconds after which each deadline of a notice was told at all multiples: three entries each."""
ASKED = 3
"""Bytes sent for a byte received where each notice leaves a gap in an epoch of its own: the same question 15
times in five hours, of the quarter that is kept."""
PER_INPUT = 7
"""Entries for a notice: it, its receipt reserved and sealed, three deadlines, and what it contradicts."""
PER_BYTE = 4
"""Bytes that are journalled for a byte received: the notice, its receipt reserved and sealed."""
MILLISECONDS = 20
"""One input, with memory traced, on a busy machine; idle and untraced it takes one."""
RSS_FACTOR = 3
"""The process may grow by so many times what its objects may take, and the interpreter's own noise."""
RSS_NOISE = 24 * 2**20


class Bounds(NamedTuple):
    """The bounds in force: those of the specification, or smaller ones for a quick run."""

    held: int
    noted: int
    epochs: int
    heard: int


class Flood(NamedTuple):
    """A flood and what it may leave behind.

    Attributes:
        name: of its figures. `inputs`: makes them, for a number of them beyond all bounds.
        kept, noted, epochs: what is kept of it at most. `shown`: notices shown at least.
        sent: bytes sent for a byte received at most. `prepare`: what goes before and is not counted.
    """

    name: str
    inputs: Callable[[Forger, Bounds, int], Iterator[bytes]]
    kept: int = 0
    noted: int = 0
    epochs: int = 0
    shown: int = 0
    sent: float = 1
    extra_entries: int = 0
    prepare: Callable[[Forger, Bounds], Iterator[bytes]] | None = None


def floods(b: Bounds) -> list[Flood]:
    """All floods of notices; what is more than the bounds is a quarter of them again."""
    both = b.held + b.noted
    return [
        Flood("held", _held, b.held, b.noted, 1, both),
        Flood("disputed", _disputed, b.held + 2, b.noted, 1, both - 2, 2, prepare=_forked),
        Flood("emergencies", _emergencies, b.held, b.noted, 0, both),
        Flood("emergencies-by-epoch", _emergencies_by_epoch, b.held, b.noted, 0, both),
        Flood("epochs", _epochs, b.epochs, b.noted, b.epochs, b.epochs + b.noted, extra_entries=2 * b.epochs),
        Flood("epochs-held", _epochs_held, b.held, b.noted, b.epochs, min(b.held, b.epochs) + b.noted, ASKED),
        Flood("epochs-named", _epochs_named, b.epochs, b.noted, b.epochs, b.noted, ASKED, 3 * b.epochs),
        Flood("forks", _forks, 2 * b.epochs, b.noted, b.epochs, b.epochs, 4, 4 * b.epochs),
    ]


def measure(flood: Flood, given: Subject, b: Bounds) -> list[Figure]:
    """Flood an endpoint, let it rest, and compare what it has become with the limits."""
    if flood.prepare is not None:
        given.give(flood.prepare(given.us, b))
    before, received = given.sizes(), given.received
    full = flood.kept + flood.noted + flood.epochs
    del given.times[:]
    given.shown.clear()
    inputs = flood.inputs(given.us, b, full + full // 4)
    given.give(_some(inputs, full))
    given.rest(LATE)
    at_bound, count = given.sizes(), len(given.times)
    given.give(inputs)
    given.rest(120)
    return [*_grown(flood, given, before, received), *_after(flood.name, given, at_bound, count)]


def _grown(flood: Flood, given: Subject, before: Sizes, received: int) -> list[Figure]:
    name, now = flood.name, given.sizes()
    memory = flood.kept * PER_KEPT + flood.noted * PER_NOTED + flood.epochs * PER_EPOCH + FIXED
    entries = 6 * flood.kept + flood.noted + flood.extra_entries + 16
    got = given.received - received
    return [
        at_least(f"{name}.inputs", len(given.times), flood.shown),
        at_most(f"{name}.state_bytes", now.state - before.state, memory),
        at_most(f"{name}.rss_bytes", now.rss - before.rss, RSS_FACTOR * memory + RSS_NOISE),
        at_most(f"{name}.journal_entries", now.entries - before.entries, entries),
        at_most(f"{name}.journal_bytes_per_byte", (now.bytes - before.bytes) / got, PER_BYTE),
        at_most(f"{name}.sent_bytes_per_byte", (now.sent - before.sent) / got, flood.sent),
        at_least(f"{name}.shown", len(given.shown), flood.shown),
        at_most(f"{name}.shown_twice", sum(1 for times in given.shown.values() if times > 1), 0),
        at_most(f"{name}.refused", given.refused, 0),
        at_most(f"{name}.ms_per_input", given.milliseconds(), MILLISECONDS),
    ]


def _after(name: str, given: Subject, then: Sizes, count: int) -> list[Figure]:
    now, more = given.sizes(), len(given.times) - count
    return [
        at_most(f"{name}.further_state_bytes", now.state - then.state, AFTER * more + NOISE),
        at_most(f"{name}.further_entries", now.entries - then.entries, 1),
    ]


def _some(inputs: Iterator[bytes], count: int) -> Iterator[bytes]:
    for _ in range(count):
        yield next(inputs)


# Notices ---------------------------------------------------------------------------------------


def _held(us: Forger, _: Bounds, count: int) -> Iterator[bytes]:
    for seq in range(3, count + 3):
        yield us.notice(seq, bytes(32)).data


def _forked(us: Forger, _: Bounds) -> Iterator[bytes]:
    yield us.notice().data
    yield us.notice(k4=NOW + 1).data


def _disputed(us: Forger, _: Bounds, count: int) -> Iterator[bytes]:
    for seq in range(2, count + 2):
        yield us.notice(seq, bytes(32)).data


def _emergencies(us: Forger, _: Bounds, count: int) -> Iterator[bytes]:
    for number in range(count):
        yield us.emergency(number).data


def _emergencies_by_epoch(us: Forger, _: Bounds, count: int) -> Iterator[bytes]:
    for number in range(count):
        yield us.emergency(number, k8={1: number + 1, 2: bytes(16)}).data


def _key(number: int) -> EpochKey:
    return number, number.to_bytes(16, "big")


def _epochs(us: Forger, _: Bounds, count: int) -> Iterator[bytes]:
    """Each opens another epoch, and says nothing of those before it."""
    for number in range(1, count + 1):
        yield us.notice(epoch=_key(number)).data


def _epochs_held(us: Forger, _: Bounds, count: int) -> Iterator[bytes]:
    for number in range(1, count + 1):
        yield us.notice(2, bytes(32), epoch=_key(number)).data


def _epochs_named(us: Forger, _: Bounds, count: int) -> Iterator[bytes]:
    """Each opens another epoch, and names one that nobody ever saw."""
    for number in range(1, count + 1):
        opening = {1: 2, 2: {1: number, 2: b"n" * 16}, 3: {1: 9, 2: bytes(32)}}
        yield us.notice(epoch=_key(number + 1), k12=opening).data


def _forks(us: Forger, _: Bounds, count: int) -> Iterator[bytes]:
    """Two stories in each epoch."""
    for number in range(1, count // 2 + 1):
        yield us.notice(epoch=_key(number)).data
        yield us.notice(epoch=_key(number), k4=NOW + 1).data


# What cannot be bounded, since it is what an endpoint is for -------------------------------------


def in_order(given: Subject, count: int) -> list[Figure]:
    """Notices in good order, and then as many that contradict them from the newest to the oldest."""
    made, figures = chain(given.us, count), []
    other = [given.us.notice(seq, bytes(32), k4=NOW + 1) for seq in range(count, 1, -1)]
    for name, notices in (("in-order", made), ("descending-forks", other)):
        before, received = given.sizes(), given.received
        del given.times[:]
        given.give(one.data for one in notices)
        given.rest(7_200)
        now, got = given.sizes(), given.received - received
        figures += [
            at_most(f"{name}.state_bytes_per_input", (now.state - before.state) / count, PER_KEPT),
            at_most(f"{name}.entries_per_input", (now.entries - before.entries) / count, PER_INPUT),
            at_most(f"{name}.journal_bytes_per_byte", (now.bytes - before.bytes) / got, PER_BYTE),
            at_most(
                f"{name}.sent_bytes_per_byte", (now.sent - before.sent) / got, 1 + PROOF_OFFERS * 4 / count
            ),
            at_most(f"{name}.ms_per_input", given.milliseconds(), MILLISECONDS),
        ]
    unshown = sum(1 for one in (*made, *other) if given.shown[one.id] != 1)
    return [*figures, at_most("in-order.not_shown_once", unshown, 0)]


# Signals and syncs -------------------------------------------------------------------------------


def signals(given: Subject, count: int, evidence: int) -> list[Figure]:
    """Acknowledgements and rejections of one notice of ours that contradict each other."""
    centre, officers = given.made.centres["RU"], ("officer-1", "officer-2")
    step = state(given.endpoint, centre, launch(), given.now, officers)
    subject = next(event.subject for event in step.events)
    before = given.sizes()
    made = [
        given.us.signal(kind, body, "RU").data
        for number in range(count)
        for kind, body in (
            (Kind.ACKNOWLEDGEMENT, Acknowledgement(subject=subject, remark=f"number {number}")),
            (
                Kind.REJECTION,
                Rejection(subject=subject, code=RejectionCode.OTHER, remark=f"number {number}"),
            ),
        )
    ]
    given.give(made)
    now, kept = given.sizes(), 2 * (1 + evidence)
    return [
        at_most("signals.journal_entries", now.entries - before.entries, kept),
        at_most("signals.state_bytes", now.state - before.state, kept * PER_KEPT + FIXED),
        at_most("signals.refused", given.refused, 0),
        at_most("signals.ms_per_input", given.milliseconds(), MILLISECONDS),
    ]


def syncs(given: Subject, seconds: int) -> list[Figure]:
    """A hundred different syncs a second, each with a challenge and a range that is held."""
    given.give(one.data for one in chain(given.us, MAX_SYNC_ITEMS + 36))
    given.rest(1)
    before, received = given.sizes(), given.received
    del given.times[:]
    given.give(_syncs(given.us, seconds * 100))
    now = given.sizes()
    messages = (now.messages - before.messages) / seconds
    return [
        at_most("syncs.journal_entries", now.entries - before.entries, 0),
        at_most("syncs.state_bytes", now.state - before.state, FIXED),
        at_most("syncs.messages_per_second", messages, MAX_ANSWERS * MAX_SYNC_ITEMS + 1),
        Figure("syncs.sent_bytes_per_byte", (now.sent - before.sent) / (given.received - received)),
        at_most("syncs.refused", given.refused, 0),
        at_most("syncs.ms_per_input", given.milliseconds(), MILLISECONDS),
    ]


def heads(given: Subject, count: int, heard: int) -> list[Figure]:
    """Syncs that name heads of epochs that do not exist."""
    before = given.sizes()
    given.give(_heads(given.us, count))
    given.busiest, answered = 0, given.messages
    given.now += 1
    given.rest(7_200)
    now = given.sizes()
    return [
        at_most("heads.journal_entries", now.entries - before.entries, 0),
        at_most("heads.state_bytes", now.state - before.state, heard * 2_048 + FIXED),
        # Each is asked for at once, after 10, 30, 70, … and 5,110 seconds.
        at_most("heads.messages_in_two_hours", now.messages - answered, 10 * heard),
        at_most("heads.messages_in_a_second", given.busiest, MAX_ANSWERS),
        at_most("heads.ms_per_input", given.milliseconds(), 10 * MILLISECONDS),
    ]


def _syncs(us: Forger, count: int) -> Iterator[bytes]:
    epoch = Epoch(number=EPOCH[0], random=EPOCH[1])
    for number in range(count):
        first = 1 + number % 30
        wanted = (Range(party="US", epoch=epoch, first=first, last=first + MAX_SYNC_ITEMS - 1),)
        body = Sync(heads=(), mandates=(), wanted=wanted, nonce=number.to_bytes(16, "big"))
        yield us.signal(Kind.SYNC, body, "RU").data


def _heads(us: Forger, count: int) -> Iterator[bytes]:
    for number in range(count):
        made = tuple(
            Head(
                party="US",
                epoch=Epoch(number=1 + number, random=(at + 1).to_bytes(16, "big")),
                contiguous=Position(seq=9, id=bytes(32)),
            )
            for at in range(200)
        )
        yield us.signal(Kind.SYNC, Sync(heads=made, mandates=()), "RU").data
