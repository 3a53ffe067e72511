"""Stores: what 100,000 exchanges cost, commits of unknown outcome, order of writes, restores."""

from __future__ import annotations

import copy
import gc
import tracemalloc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from launchnotice import Endpoint, JournalError
from launchnotice.core import entries
from launchnotice.core.entries import Entry, Fact, Reserved, Sealed
from launchnotice.core.watch import watched
from launchnotice.journal import Entry as Row
from launchnotice.journal import Journal, Stored
from launchnotice.journal.anchor import MemoryAnchor
from launchnotice.journal.memory import MemoryJournal
from launchnotice.journal.sqlite import SqliteJournal
from launchnotice.registry import DisseminatedTo, EventCode, Kind, Place
from launchnotice.testing.journal import Fault, FlakyJournal
from launchnotice.wire.cose import envelope_digest
from launchnotice.wire.signals import Acknowledgement, Dissemination, Receipt
from tests.support import NOW, launch, sign, state
from tests.support.dump import canonical, refolded, snapshot, state_of
from tests.support.forge import EPOCH
from tests.support.stores import flaky, opened
from tests.support.template import Template

OFFICERS = ("officer-1", "officer-2")


# Many --------------------------------------------------------------------------------------

MANY = 100_000


class Writer:
    """Fills RU's journal with settled exchanges about US's notices, without a signature for each.

    The envelopes of the first notice and of our statements about it are real; the others are
    stand-ins, since a fold never looks inside.
    """

    def __init__(self, made: Template, endpoint: Endpoint) -> None:
        self.endpoint, self.us, self.ru = endpoint, made.forger("US"), made.forger("RU")
        self.first = self.us.notice()
        digest = envelope_digest(self.first.data)
        receipt = Receipt(
            subject=self.first.id, envelope=digest, received=NOW, place=Place.ACCEPTED, readable=True
        )
        self.receipt = self.ru.signal(Kind.RECEIPT, receipt, "US")
        self.read = self.ru.signal(Kind.ACKNOWLEDGEMENT, Acknowledgement(subject=self.first.id), "US")
        self.seq, self.head = 0, self.us.genesis()

    def write(self, count: int) -> None:
        """So many more exchanges, in appends of 500."""
        while count > 0:
            batch = [entry for _ in range(min(count, 500)) for entry in self._exchange()]
            self.endpoint._ledger.commit(NOW, batch)
            self.endpoint._ledger.take_events()
            count -= 500

    def _exchange(self) -> list[Entry]:
        self.seq += 1
        first = self.seq == 1
        notice = self.first.id if first else self.seq.to_bytes(32, "big")
        accepted = entries.Accepted(
            notice, "US", *EPOCH, self.seq, self.head, Kind.LAUNCH.value, b"", Place.ACCEPTED.value,
            readable=True, version=1, findings=[], shown=True,
            data=self.first.data if first else b"n%d" % self.seq,
        )  # fmt: skip
        self.head = notice
        found: list[Entry] = [accepted]
        for kind, signal in ((Kind.RECEIPT, self.receipt), (Kind.ACKNOWLEDGEMENT, self.read)):
            own = signal.id if first else bytes([kind]) + notice[1:]
            data = signal.data if first else b"s%d" % self.seq
            found += [
                Reserved(own, kind.value, *EPOCH, 0, notice, b"", "US", [], b"draft"),
                Sealed(own, kind.value, notice, "US", data),
            ]
        return found


def _held(endpoint: Endpoint) -> tuple[int, int]:
    """Open exchanges, and bytes of the state in memory (measured by folding nothing, a copy of it)."""
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        known = vars(state_of(endpoint))
        whole = copy.deepcopy({name: known[name] for name in ("streams", "exchanges", "unsealed")})
        return len(whole["exchanges"]), tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()


@pytest.mark.requirement("R-RCPT-3")
@pytest.mark.parametrize("store", ["memory", "sqlite"])
def test_settled_exchanges_cost_no_memory_and_the_oldest_is_still_answered(
    made: Template, store: str, tmp_path: Path
) -> None:
    journal: Journal = MemoryJournal() if store == "memory" else SqliteJournal(tmp_path / "journal")
    for stored in made.journals["RU"].read(0, 100):
        row = Row(stored.data, entries.keys(entries.decode(stored.position, stored.data).entry))
        journal.append(stored.position - 1, [row])
    ru = opened(made, "RU", journal, MemoryAnchor())
    writer = Writer(made, ru)
    writer.write(1_000)
    few = _held(ru)
    writer.write(MANY - 1_000)
    many = _held(ru)
    assert many[0] == few[0] == 2  # the two mandates
    assert many[1] <= few[1] + 2_000
    assert state_of(ru).streams["US"][EPOCH].seq == writer.seq

    # A duplicate of the oldest: verified, not shown, answered byte for byte.
    ru._ledger.restored = False
    before = snapshot_position(ru)
    step = ru.receive(writer.first.data, NOW)
    assert (step.refusal, step.events) == (None, ())
    assert [send.data for send in step.sends] == [writer.receipt.data, writer.read.data]
    assert snapshot_position(ru) == before
    assert [s.kind for s in ru.exchange(writer.first.id).signals] == [Kind.RECEIPT, Kind.ACKNOWLEDGEMENT]
    if isinstance(journal, SqliteJournal):
        journal.close()


def snapshot_position(endpoint: Endpoint) -> tuple[int, bytes]:
    known = state_of(endpoint)
    return known.position, known.digest


# Unknown outcomes --------------------------------------------------------------------------


@pytest.mark.requirement("R-DUR-1")
def test_an_event_whose_commit_failed_after_storing_is_still_handed_over(made: Template) -> None:
    """The store commits and then raises: the next call folds anew and hands the event to the host."""
    ru, journal, _ = flaky(made, "RU")
    notice = made.forger("US").notice()
    journal.plan = [Fault.AFTER]
    with pytest.raises(JournalError):
        ru.receive(notice.data, NOW)
    assert ru.next_deadline == NOW
    step = ru.receive(notice.data, NOW)
    assert [(event.code, event.subject, event.again) for event in step.events] == [
        (EventCode.NOTICE, notice.id, False)
    ]
    assert ru.receive(notice.data, NOW).events == ()
    assert canonical(refolded(ru)) == canonical(state_of(ru))


@pytest.mark.requirement("R-DUR-1")
def test_an_event_whose_commit_was_stored_and_could_not_be_folded_is_still_handed_over(
    made: Template,
) -> None:
    """To fold a late dissemination the settled exchange is read back; each of these readings fails once."""
    for nth in range(1, 20):
        us, journal, _ = flaky(made, "US")
        step = state(us, made.centres["US"], launch(), NOW, OFFICERS)
        notice = next(event.subject for event in step.events if event.kind == Kind.LAUNCH)
        ru = made.forger("RU")
        us.receive(ru.signal(Kind.ACKNOWLEDGEMENT, Acknowledgement(subject=notice), "US").data, NOW)
        digest = envelope_digest(us.exchange(notice).data)
        receipt = Receipt(subject=notice, envelope=digest, received=NOW, place=Place.ACCEPTED, readable=True)
        us.receive(ru.signal(Kind.RECEIPT, receipt, "US").data, NOW)
        passed_on = Dissemination(subject=notice, to=DisseminatedTo.EARLY_WARNING)
        late = ru.signal(Kind.DISSEMINATION, passed_on, "US")
        with _failing_at(nth, journal) as finds:
            try:
                told = us.receive(late.data, NOW).events
            except JournalError:
                told = us.receive(late.data, NOW).events
        assert [(event.code, event.subject, event.again) for event in told] == [
            (EventCode.SIGNAL, notice, False)
        ]
        assert us.receive(late.data, NOW).events == ()
        assert canonical(refolded(us)) == canonical(state_of(us))
        if len(finds) < nth:
            break
    assert nth > 2


def test_a_look_up_that_fails_while_reminders_are_drawn_makes_no_thread_forgotten(made: Template) -> None:
    for nth in range(1, 20):
        ru, journal, _ = flaky(made, "RU")
        us = made.open("US")
        notice = b""
        step = state(us, made.centres["US"], launch(), NOW, OFFICERS)
        for send in step.sends:
            for event in ru.receive(send.data, NOW).events:
                notice = event.subject
        with _failing_at(nth, journal) as finds, suppress(JournalError):
            ru.poll(NOW)
        ru.poll(NOW)
        assert watched(state_of(ru)) == watched(refolded(ru)) == [notice]
        if len(finds) < nth:
            break
    assert nth > 1


@contextmanager
def _failing_at(nth: int, journal: FlakyJournal) -> Iterator[list[bytes]]:
    """The nth look-up fails, and only that one; gives the keys that were looked up."""
    keys: list[bytes] = []
    real = journal.find

    def find(key: bytes) -> Sequence[Stored]:
        keys.append(key)
        if len(keys) == nth:
            raise JournalError("planned fault while reading")
        return real(key)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(journal, "find", find)
        yield keys


def test_a_notice_whose_commit_failed_before_storing_is_new_when_it_comes_again(made: Template) -> None:
    ru, journal, _ = flaky(made, "RU")
    notice = made.forger("US").notice()
    journal.plan = [Fault.BEFORE]
    with pytest.raises(JournalError):
        ru.receive(notice.data, NOW)
    assert EventCode.NOTICE not in {event.code for event in ru.poll(NOW).events}
    assert [event.subject for event in ru.receive(notice.data, NOW).events] == [notice.id]


@pytest.mark.requirement("R-SIGN-10")
@pytest.mark.parametrize("fault", list(Fault))
@pytest.mark.parametrize("which", [0, 1])
def test_the_same_draft_submitted_again_after_a_failure_counts_once(
    made: Template, fault: Fault, which: int
) -> None:
    """The failure hits the reservation or the seal, before or after it is stored."""
    us, journal, _ = flaky(made, "US")
    draft = sign(us, made.centres["US"], launch(), NOW, OFFICERS)
    journal.plan = [None] * which + [fault]
    with pytest.raises(JournalError):
        us.submit(draft, NOW)
    step = us.submit(draft, NOW)
    later = us.submit(draft, NOW)
    assert later.events == ()
    kinds = [type(kept.entry) for kept in us._ledger.read(0) if getattr(kept.entry, "id", b"") == draft.id]
    assert kinds == [Reserved, Sealed]
    assert us.exchange(draft.id).seq == 1
    data = us.exchange(draft.id).data
    sent = {send.data for send in (*step.sends, *later.sends, *us.poll(NOW).sends, *us.poll(NOW + 30).sends)}
    assert data in sent
    ru = made.open("RU")
    assert ru.receive(data, NOW).refusal is None


def test_a_crash_between_reservation_and_seal_is_sealed_by_the_next_poll(made: Template) -> None:
    us, journal, anchor = flaky(made, "US")
    draft = sign(us, made.centres["US"], launch(), NOW, OFFICERS)
    journal.plan = [None, Fault.BEFORE]
    with pytest.raises(JournalError):
        us.submit(draft, NOW)
    again = opened(made, "US", journal, anchor)
    assert again.next_deadline == NOW
    assert again.exchange(draft.id).data == b""
    sends = again.poll(NOW).sends
    assert again.exchange(draft.id).data in [send.data for send in sends]
    assert again.health(NOW).unsealed == 0


def test_events_that_a_snapshot_would_skip_are_still_handed_over(
    made: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A snapshot is saved, the anchor fails before the events are handed over, then an append fails too."""
    monkeypatch.setattr("launchnotice.engine.ledger.SNAPSHOT_EVERY", 1)
    ru, journal, anchor = flaky(made, "RU")
    ru.poll(NOW)
    notice = made.forger("US").notice()
    journal.plan = [Fault.AFTER]
    with pytest.raises(JournalError):
        ru.receive(notice.data, NOW)
    broken = MemoryAnchor.store

    def fail(*_: object) -> None:
        raise JournalError("no anchor")

    monkeypatch.setattr(MemoryAnchor, "store", fail)
    with pytest.raises(JournalError):
        ru.poll(NOW)
    monkeypatch.setattr(MemoryAnchor, "store", broken)
    assert anchor.load() is not None
    journal.plan = [Fault.BEFORE]
    with pytest.raises(JournalError):
        ru.receive(made.forger("US").notice(2, notice.id).data, NOW)
    assert notice.id in [event.subject for event in ru.poll(NOW).events if event.code is EventCode.NOTICE]


# Order of writes -----------------------------------------------------------------------------


class Recorder:
    """A journal and an anchor in one that write down what happens in which order."""

    def __init__(self, inner: MemoryJournal) -> None:
        self.inner, self.mark, self.log = inner, MemoryAnchor(), [""]

    def append(self, after: int, rows: Sequence[Row]) -> None:
        self.inner.append(after, rows)
        self.log.append("commit")

    def store(self, position: int, digest: bytes) -> None:
        last = self.inner.read(position - 1, 2)
        assert [one.position for one in last] == [position]
        assert entries.digest(last[0].data) == digest
        self.mark.store(position, digest)
        self.log.append("anchor")

    def load(self) -> tuple[int, bytes] | None:
        return self.mark.load()

    def read(self, after: int, limit: int) -> Sequence[object]:
        return self.inner.read(after, limit)

    def find(self, key: bytes) -> Sequence[object]:
        return self.inner.find(key)

    def load_snapshot(self) -> tuple[int, bytes] | None:
        return None

    def save_snapshot(self, position: int, state: bytes) -> None:
        self.inner.save_snapshot(position, state)


@pytest.mark.requirement("R-DUR-2")
def test_every_release_comes_after_its_commit_and_after_the_anchor(made: Template) -> None:
    ends: dict[str, tuple[Endpoint, Recorder]] = {}
    for code in ("US", "RU"):
        record = Recorder(copy.deepcopy(made.journals[code]))
        last = record.inner.read(0, 100)[-1]
        record.store(last.position, entries.digest(last.data))
        endpoint = opened(made, code, record, record)  # type: ignore[arg-type]  # both protocols in one
        ends[code] = (endpoint, record)
    us, ru = ends["US"][0], ends["RU"][0]
    step = state(us, made.centres["US"], launch(), NOW, OFFICERS)
    _released(ends["US"][1], bool(step.sends))
    waiting = list(step.sends)
    for now in (NOW, NOW + 1, NOW + 30, NOW + 400):
        for endpoint, record in ends.values():
            step = endpoint.poll(now)
            _released(record, bool(step.sends))
            waiting += step.sends
        for send in waiting:
            endpoint, record = ends[send.to]
            answer = endpoint.receive(send.data, now)
            _released(record, bool(answer.sends))
        waiting = []
    notice = next(event.subject for event in ru.events(0) if event.kind == Kind.LAUNCH)
    _released(ends["RU"][1], bool(state(ru, made.centres["RU"], Acknowledgement(subject=notice), NOW).sends))
    assert sum(len(record.log) for _, record in ends.values()) > 15


def _released(record: Recorder, released: bool) -> None:  # noqa: FBT001 - a fact, no switch
    if released:
        assert record.log[-1] == "anchor"
        mark = record.load()
        assert mark is not None
        assert record.inner.read(mark[0], 1) == []


def test_facts_of_settled_exchanges_are_read_back(made: Template) -> None:
    us, ru = made.open("US"), made.forger("RU")
    step = state(us, made.centres["US"], launch(), NOW, OFFICERS)
    notice = next(event.subject for event in step.events if event.kind == Kind.LAUNCH)
    said = ru.signal(Kind.ACKNOWLEDGEMENT, Acknowledgement(subject=notice), "US")
    us.receive(said.data, NOW)
    us.receive(ru.receipt(us.exchange(notice).data, "US").data, NOW)
    assert notice not in state_of(us).exchanges
    before = snapshot(us)
    assert us.receive(said.data, NOW).events == ()
    assert snapshot(us) == before
    assert sum(isinstance(kept.entry, Fact) for kept in us._ledger.read(0)) == 2
