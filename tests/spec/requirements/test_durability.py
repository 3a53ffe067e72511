"""The system signs last, durable before visible, restores, repetition, deadlines (sections 4.3, 6.4, 7)."""

from __future__ import annotations

from itertools import permutations
from typing import Any, NamedTuple

import pytest

from launchnotice import Endpoint, Identity, JournalError, PublicKey, Send, SigningKey, Stale, UsageError
from launchnotice.core.entries import EpochOpened, Reserved, Sealed, decode, keys
from launchnotice.core.tables import DELIVERY, OVERDUE_AT, Delivery
from launchnotice.journal import Entry
from launchnotice.journal.anchor import MemoryAnchor
from launchnotice.journal.memory import MemoryJournal
from launchnotice.registry import EpochReason, EventCode, Kind, Role, Suite
from launchnotice.wire import bounds
from launchnotice.wire.message import ChainedPayload, parse
from tests.spec.requirements.build import OFFICERS, World, world
from tests.spec.requirements.test_signals import Sent, said, sent
from tests.support import NOW, launch, make_centre, open_endpoint, sign, state

DAY = 86_400


class Recorder:
    """A system's key that remembers what it signed, and may be unwilling."""

    def __init__(self, inner: SigningKey) -> None:
        self.inner, self.signed, self.willing = inner, list[bytes](), True

    @property
    def key(self) -> PublicKey:
        return self.inner.key

    @property
    def exercise(self) -> bool:
        return self.inner.exercise

    def sign(self, tbs: bytes) -> bytes | None:
        if not self.willing:
            return None
        self.signed.append(tbs)
        return self.inner.sign(tbs)


class Log:
    """A journal and an anchor that write what happens to them, in order."""

    def __init__(self) -> None:
        self.journal, self.anchor, self.lines = MemoryJournal(), MemoryAnchor(), list[str]()
        self.failing = False

    def append(self, after: int, entries: Any) -> None:
        if self.failing:
            raise JournalError("planned")
        self.journal.append(after, entries)
        self.lines.append("journal")

    def store(self, position: int, digest: bytes) -> None:
        self.anchor.store(position, digest)
        self.lines.append("anchor")

    def load(self) -> tuple[int, bytes] | None:
        return self.anchor.load()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.journal, name)


class Desk(NamedTuple):
    """US with its own journal, anchor and system key."""

    w: World
    endpoint: Endpoint
    log: Log
    system: Recorder

    def entries(self, kind: type[Any]) -> list[Any]:
        rows = self.log.journal.read(0, 10_000)
        found = [decode(row.position, row.data).entry for row in rows]
        return [entry for entry in found if isinstance(entry, kind)]


def opened(w: World, journal: Any, anchor: Any, system: Recorder, random: bytes = bytes(16)) -> Endpoint:
    return Endpoint.open(
        w.channel, "US", journal, NOW, anchor=anchor, system=[system], epoch_id=lambda: random
    )


def desk() -> Desk:
    w = world()
    log, system = Log(), Recorder(w.us.keys["system"][0])
    endpoint = opened(w, log, log, system)
    for data in w.mandates.values():
        endpoint.receive(data, NOW)
    return Desk(w, endpoint, log, system)


def notices(sends: Any) -> list[bytes]:
    return [send.data for send in sends if said([send], Kind.LAUNCH)]


def copied(journal: MemoryJournal) -> MemoryJournal:
    """A backup of a journal."""
    copy = MemoryJournal()
    for row in journal.read(0, 10_000):
        copy.append(row.position - 1, [Entry(row.data, keys(decode(row.position, row.data).entry))])
    return copy


# The system signs last -----------------------------------------------------------------


@pytest.mark.requirement("R-SIGN-9")
def test_system_signs_what_is_reserved_and_nothing_before() -> None:
    d = desk()
    made = sign(d.endpoint, d.w.us, launch(), NOW, OFFICERS)
    assert d.system.signed == []
    d.system.willing = False
    assert notices(d.endpoint.submit(made, NOW).sends) == []
    assert [entry.id for entry in d.entries(Reserved)] == [made.id]
    d.system.willing = True
    assert len(notices(d.endpoint.poll(NOW + 10).sends)) == 1
    assert made.id in [entry.id for entry in d.entries(Sealed)]


@pytest.mark.requirement("R-SIGN-9")
def test_system_does_not_sign_when_the_journal_fails() -> None:
    d = desk()
    made = sign(d.endpoint, d.w.us, launch(), NOW, OFFICERS)
    d.log.failing = True
    with pytest.raises(JournalError):
        d.endpoint.submit(made, NOW)
    assert d.system.signed == []


@pytest.mark.requirement("R-SIGN-10")
def test_position_is_signed_once_whatever_is_submitted() -> None:
    d = desk()
    one = sign(d.endpoint, d.w.us, launch(), NOW, OFFICERS)
    two = sign(d.endpoint, d.w.us, launch(remark="another"), NOW, OFFICERS)
    d.system.willing = False
    d.endpoint.submit(one, NOW)
    with pytest.raises(Stale):
        d.endpoint.submit(two, NOW)
    d.system.willing = True
    assert len(notices(d.endpoint.poll(NOW + 10).sends)) == 1
    assert len([tbs for tbs in d.system.signed if two.payload in tbs]) == 0


@pytest.mark.requirement("R-SIGN-11")
@pytest.mark.requirement("R-RETRY-1")
def test_sealed_notice_is_repeated_byte_for_byte_and_not_signed_again() -> None:
    d = desk()
    made = sign(d.endpoint, d.w.us, launch(), NOW, OFFICERS)
    (first,) = notices(d.endpoint.submit(made, NOW).sends)
    d.endpoint.submit(made, NOW + 1)
    later = [data for n in range(20) for data in notices(d.endpoint.poll(NOW + 60 * n).sends)]
    assert len(later) > 2
    assert set(later) == {first}
    assert len([tbs for tbs in d.system.signed if made.payload in tbs]) == 1


# Durability and restore ----------------------------------------------------------------


@pytest.mark.requirement("R-DUR-1")
@pytest.mark.requirement("R-DUR-2")
def test_bytes_leave_after_journal_and_anchor() -> None:
    d = desk()
    d.log.lines.clear()
    step = d.endpoint.submit(sign(d.endpoint, d.w.us, launch(), NOW, OFFICERS), NOW)
    assert step.sends
    assert d.log.lines[-1] == "anchor"
    assert d.log.anchor.load() == (d.endpoint._ledger.state.position, d.endpoint._ledger.state.digest)


@pytest.mark.requirement("R-DUR-1")
def test_notice_that_cannot_be_journalled_is_not_shown() -> None:
    d = desk()
    data = d.w.mirror.notice().data
    d.log.failing = True
    with pytest.raises(JournalError):
        d.endpoint.receive(data, NOW)
    d.log.failing = False
    assert [event.code for event in d.endpoint.receive(data, NOW).events] == [EventCode.NOTICE]


@pytest.mark.requirement("R-RESTORE-1")
def test_journal_without_what_its_anchor_names_counts_as_restored() -> None:
    d = desk()
    backup = copied(d.log.journal)
    d.endpoint.submit(sign(d.endpoint, d.w.us, launch(), NOW, OFFICERS), NOW)
    assert opened(d.w, backup, d.log.anchor, d.system).health(NOW).restored
    assert opened(d.w, copied(d.log.journal), None, d.system).health(NOW).restored
    assert not opened(d.w, copied(d.log.journal), d.log.anchor, d.system).health(NOW).restored
    assert not opened(d.w, MemoryJournal(), None, d.system).health(NOW).restored


@pytest.mark.requirement("R-RESTORE-2")
@pytest.mark.requirement("R-EPOCH-1")
@pytest.mark.requirement("R-EPOCH-2")
def test_restored_endpoint_signs_in_a_new_epoch() -> None:
    d = desk()
    state(d.endpoint, d.w.us, launch(), NOW, OFFICERS)
    backup = copied(d.log.journal)
    state(d.endpoint, d.w.us, launch(remark="lost"), NOW, OFFICERS)
    again = opened(d.w, backup, d.log.anchor, d.system, b"\x07" * 16)
    (data,) = notices(state(again, d.w.us, launch(), NOW + 9, OFFICERS).sends)
    payload = parse(data)._payload
    assert isinstance(payload, ChainedPayload)
    assert (payload.epoch.number, payload.epoch.random, payload.seq) == (2, b"\x07" * 16, 1)
    assert payload.opening is not None
    assert payload.opening.reason is EpochReason.RESTORED
    assert payload.opening.epoch is not None
    assert (payload.opening.epoch.number, payload.opening.head and payload.opening.head.seq) == (1, 1)


@pytest.mark.requirement("R-RESTORE-2")
def test_reservation_of_the_old_epoch_is_not_sealed_after_a_restore() -> None:
    d = desk()
    d.system.willing = False
    state(d.endpoint, d.w.us, launch(), NOW, OFFICERS)
    backup = copied(d.log.journal)
    d.system.willing = True
    d.endpoint.poll(NOW + 10)
    d.system.signed.clear()
    again = opened(d.w, backup, d.log.anchor, d.system, b"\x07" * 16)
    sends = [send for n in range(1, 100) for send in again.poll(NOW + 60 * n).sends]
    assert notices(sends) == []
    assert all(b"\x07" * 16 in tbs for tbs in d.system.signed)


@pytest.mark.requirement("R-RESTORE-3")
def test_restored_endpoint_releases_nothing_before_its_new_epoch() -> None:
    d = desk()
    d.endpoint.poll(NOW)
    backup = copied(d.log.journal)
    d.endpoint.submit(sign(d.endpoint, d.w.us, launch(), NOW, OFFICERS), NOW)
    again = opened(d.w, backup, d.log.anchor, d.system, b"\x07" * 16)
    assert again.receive(d.w.mandates["RU"], NOW).sends == ()
    assert again.poll(NOW).sends
    rows = [decode(row.position, row.data).entry for row in backup.read(0, 1_000)]
    assert [entry.number for entry in rows if isinstance(entry, EpochOpened)] == [1, 2]


@pytest.mark.requirement("R-RESTORE-4")
def test_notices_of_an_earlier_epoch_are_not_repeated() -> None:
    d = desk()
    (data,) = notices(state(d.endpoint, d.w.us, launch(), NOW, OFFICERS).sends)
    assert data in notices(d.endpoint.poll(NOW + 100).sends)
    backup = copied(d.log.journal)
    state(d.endpoint, d.w.us, launch(), NOW, OFFICERS)
    again = opened(d.w, backup, d.log.anchor, d.system, b"\x07" * 16)
    (new,) = notices(state(again, d.w.us, launch(), NOW + 200, OFFICERS).sends)
    later = [one for n in range(4, 100) for one in notices(again.poll(NOW + 60 * n).sends)]
    assert set(later) == {new}


# Delivery, repetition, deadlines -------------------------------------------------------

KINDS = (Kind.RECEIPT, Kind.ACKNOWLEDGEMENT, Kind.REJECTION)


@pytest.mark.requirement("R-DELIV-1")
@pytest.mark.parametrize(
    "order", list(permutations(KINDS)), ids=lambda o: "-".join(k.name.lower() for k in o)
)
def test_delivery_follows_the_table_in_every_order(order: tuple[Kind, ...]) -> None:
    s = sent()
    bodies = {
        Kind.RECEIPT: s.receipt(),
        Kind.ACKNOWLEDGEMENT: {1: s.notice},
        Kind.REJECTION: {1: s.notice, 2: 2},
    }
    expected = Delivery.PENDING
    for kind in order:
        for _ in range(2):
            s.says(kind, bodies[kind])
        expected = DELIVERY[expected, kind]
        assert s.delivery is expected
    assert s.delivery is Delivery.REJECTED


def repeated(s: Sent, start: int, end: int) -> list[int]:
    """When the notice is sent again, to the second."""
    found = []
    now: int | None = start
    while now is not None and now < end:
        if s.data in [send.data for send in s.w.receiver.poll(now).sends]:
            found.append(now - NOW)
        following = s.w.receiver.next_deadline
        now = None if following is None else max(now + 1, following)
    return found


@pytest.mark.requirement("R-RETRY-2")
def test_repetitions_double_up_to_an_hour() -> None:
    first, most = bounds.RETRY_FIRST, bounds.RETRY_MAX
    times = repeated(sent(), NOW, NOW + 5 * most)
    waits = [b - a for a, b in zip([0, *times], times, strict=False)]
    assert waits == [min(first << n, most) for n in range(len(waits))]
    assert waits[-1] == most


@pytest.mark.requirement("R-RETRY-1")
@pytest.mark.requirement("R-RETRY-2")
def test_repetitions_slow_down_after_the_receipt_and_stop_when_nothing_is_owed() -> None:
    s = sent()
    s.says(Kind.RECEIPT, s.receipt(), NOW + 5)
    after = bounds.RETRY_RECEIVED
    times = repeated(s, NOW + 5, NOW + 3_000)
    assert times == [5 + after, 5 + 2 * after, 5 + 4 * after, 5 + 8 * after]
    s.says(Kind.ACKNOWLEDGEMENT, {1: s.notice}, NOW + 3_000)
    assert repeated(s, NOW + 3_000, NOW + 2 * DAY) == []


@pytest.mark.requirement("R-RETRY-3")
def test_own_mandate_goes_before_any_message() -> None:
    d = desk()
    sends: tuple[Send, ...] = state(d.endpoint, d.w.us, launch(), NOW, OFFICERS).sends
    assert sends[0].data == d.w.mandates["US"]
    assert notices(sends[1:])


@pytest.mark.requirement("R-DUE-1")
def test_what_is_overdue_is_told_at_each_multiple_once() -> None:
    s = sent()
    descriptor = s.w.channel.descriptor
    told: list[tuple[int, bytes]] = []
    now: int | None = NOW
    while now is not None and now < NOW + 5 * descriptor.acknowledge_within:
        step = s.w.receiver.poll(now)
        told += [(now - NOW, e.subject) for e in step.events if e.code is EventCode.OVERDUE]
        following = s.w.receiver.next_deadline
        now = None if following is None else max(now + 1, following)
    ours = sorted(time for time, subject in told if subject == s.notice)
    owed = (descriptor.receipt_within, descriptor.acknowledge_within)
    assert ours == sorted(multiple * within + 1 for within in owed for multiple in OVERDUE_AT)


@pytest.mark.requirement("R-DUE-1")
def test_own_debt_is_told_and_one_that_was_paid_is_not() -> None:
    w = world()
    made = w.forger.notice()
    w.receive(made.data, NOW)
    w.receiver.poll(NOW)
    within = w.channel.descriptor.acknowledge_within
    assert made.id not in [event.subject for event in w.receiver.poll(NOW + within).events]
    events = [event for event in w.receiver.poll(NOW + within + 1).events if event.subject == made.id]
    assert [(event.code, event.party) for event in events] == [(EventCode.OVERDUE, "RU")]


@pytest.mark.requirement("R-DUE-2")
def test_time_changes_no_state() -> None:
    w = world()
    made = w.forger.notice()
    w.receive(made.data, NOW)
    day = launch().planned_date
    assert day is not None
    views = [
        w.receiver.launch(made.id, now)
        for now in (day * DAY - 1, day * DAY, (day + 4) * DAY - 1, (day + 4) * DAY)
    ]
    assert [(view.open, view.lapsed) for view in views] == [
        (False, False),
        (True, False),
        (True, False),
        (False, True),
    ]
    assert len({view.phase for view in views}) == 1


@pytest.mark.requirement("R-PAY-9")
@pytest.mark.parametrize(("officers", "fits"), [(12, True), (13, False)])
def test_thirteen_identities_of_the_largest_suite_fit(officers: int, *, fits: bool) -> None:
    """Twelve officers and the system; one more, and nobody is asked to sign."""
    more = {f"more-{n}": make_centre(f"M{n}", Suite.HYBRID_HIGH).keys["officer-1"] for n in range(officers)}
    w = world(
        Suite.HYBRID_HIGH,
        extra=[
            Identity(label=label, role=Role.OFFICER, keys=tuple(key.key for key in keys))
            for label, keys in more.items()
        ],
    )
    us = open_endpoint(w.channel, w.us, mandates=[w.mandates["US"], w.mandates["RU"]])
    if not fits:
        with pytest.raises(UsageError, match="at most 65536 bytes once signed"):
            us.draft(launch(), NOW, list(more))
        return
    draft = us.draft(launch(remark="x" * 1_024), NOW, list(more))
    for signers in more.values():
        draft = draft.review(w.channel, w.mandate()).sign(signers)
    sends = [*us.submit(draft, NOW).sends, *us.poll(NOW).sends]
    (notice,) = {send.data for send in sends if len(send.data) > bounds.MAX_MESSAGE - 2_000}
    assert w.receive(notice, NOW).refusal is None


@pytest.mark.requirement("R-PAY-9")
def test_message_in_good_order_is_far_below_its_bound() -> None:
    w = world(Suite.HYBRID)
    assert len(w.forger.notice().data) < bounds.MAX_MESSAGE // 3
