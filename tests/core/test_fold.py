"""State is a pure fold over the journal; what does not fold is `Corrupt`, and nothing else."""

from __future__ import annotations

import copy
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchnotice import Corrupt, Endpoint
from launchnotice.core import entries, snapshot
from launchnotice.core.entries import Entry, Kept
from launchnotice.errors import JournalError, UsageError
from launchnotice.journal import Entry as Row
from launchnotice.journal.anchor import MemoryAnchor
from launchnotice.journal.memory import MemoryJournal
from launchnotice.registry import DisseminatedTo, Kind, RejectionCode
from launchnotice.wire import cbor
from launchnotice.wire.signals import Acknowledgement, Dissemination, Rejection, Sync
from tests.support import NOW, launch, make_centre, make_channel, state
from tests.support.dump import canonical, refolded, state_of
from tests.support.forge import Forged, chain
from tests.support.template import Template, template


@pytest.fixture(scope="module")
def made() -> Template:
    return template(receipt_within=60, acknowledge_within=120)


@pytest.fixture(scope="module")
def peers(made: Template) -> list[bytes]:
    """What the peer's stream may bring: a chain, a second history, emergencies."""
    forger = made.forger("RU")
    found: list[Forged] = [*chain(forger, 5), *chain(forger, 3, salt=1)]
    found += [forger.emergency(number) for number in range(2)]
    return [one.data for one in found]


# Folding -----------------------------------------------------------------------------------


class Run:
    """An endpoint that does what it is told, wrongly or rightly."""

    def __init__(self, made: Template, peers: list[bytes]) -> None:
        self.made, self.peers, self.now = made, peers, NOW
        self.us, self.forger = made.open("US"), made.forger("RU")
        self.own: list[bytes] = []

    def announce(self, number: int) -> None:
        body = launch(launch_count=1 + number)
        step = state(self.us, self.made.centres["US"], body, self.now, ("officer-1", "officer-2"))
        self.own += [event.subject for event in step.events if event.kind == Kind.LAUNCH]

    def hear(self, number: int) -> None:
        self.us.receive(self.peers[number % len(self.peers)], self.now)

    def answer(self, number: int) -> None:
        for notice in self.us.pending("US")[:1]:
            body = [Acknowledgement(subject=notice), Rejection(subject=notice, code=RejectionCode.OTHER)][
                number % 2
            ]
            if self.us.exchange(notice).kind == Kind.LAUNCH:
                state(self.us, self.made.centres["US"], body, self.now)

    def told(self, number: int) -> None:
        for notice in self.own[number % 3 :][:1]:
            body = [Acknowledgement(subject=notice), Rejection(subject=notice, code=RejectionCode.OTHER)]
            kind = [Kind.ACKNOWLEDGEMENT, Kind.REJECTION][number % 2]
            said = self.forger.signal(kind, body[number % 2], "US", k4=NOW + number % 4)
            assert self.us.receive(said.data, self.now).refusal is None

    def receipted(self, number: int) -> None:
        for notice in self.own[number % 3 :][:1]:
            said = self.forger.receipt(self.us.exchange(notice).data, "US")
            assert self.us.receive(said.data, self.now).refusal is None

    def passed_on(self, number: int) -> None:
        """A dissemination, which no repetition brings back; sometimes its addressee lists it."""
        for notice in self.us.pending("US")[:1]:
            if self.us.exchange(notice).kind == Kind.LAUNCH:
                with suppress(UsageError):
                    body = Dissemination(subject=notice, to=DisseminatedTo.EARLY_WARNING)
                    state(self.us, self.made.centres["US"], body, self.now)
        listed = [one.id for x in state_of(self.us).exchanges.values() for one in x.stated.values()]
        if number % 2 and listed:
            told = Sync(heads=(), mandates=(), signals=tuple(listed[:64]))
            self.us.receive(self.forger.signal(Kind.SYNC, told, "US").data, self.now)

    def wait(self, number: int) -> None:
        self.now += 40 * number
        self.us.poll(self.now)

    def confirm(self, number: int) -> None:
        self.us.confirm(number)


RULES = [
    Run.announce,
    Run.hear,
    Run.hear,
    Run.answer,
    Run.told,
    Run.receipted,
    Run.passed_on,
    Run.wait,
    Run.confirm,
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(RULES), st.integers(0, 9)), max_size=25))
def test_folding_the_journal_gives_the_live_state(
    made: Template, peers: list[bytes], steps: list[tuple[Any, int]]
) -> None:
    run = Run(made, peers)
    for rule, number in steps:
        rule(run, number)
        live = state_of(run.us)
        assert canonical(refolded(run.us)) == canonical(live)
        loaded = snapshot.load(live.channel, live.own, live.find, snapshot.dump(live))
        assert canonical(loaded) == canonical(live)
    assert run.us.health(run.now).open_exchanges == len(state_of(run.us).exchanges)


def test_what_a_settled_exchange_knew_is_read_back(made: Template, peers: list[bytes]) -> None:
    run = Run(made, peers)
    run.announce(0)
    run.told(0)
    run.receipted(0)
    assert run.own[0] not in state_of(run.us).exchanges
    run.told(1)  # a rejection after the acknowledgement
    view = run.us.exchange(run.own[0])
    said = [Kind.ACKNOWLEDGEMENT, Kind.RECEIPT, Kind.REJECTION]
    assert [signal.kind for signal in view.signals] == said
    assert canonical(refolded(run.us)) == canonical(state_of(run.us))


# Entries -----------------------------------------------------------------------------------

_NUMBER = st.integers(0, 2**53 - 1)
_LIST = st.lists(st.one_of(_NUMBER, st.binary(max_size=8)), max_size=3)
_VALUES = {
    "int": _NUMBER,
    "bytes": st.binary(max_size=40),
    "str": st.text(st.characters(codec="ascii", categories=["L", "N"]), max_size=8),
    "bool": st.booleans(),
    "list[bytes]": st.lists(st.binary(max_size=8), max_size=2),
    "list[Any]": _LIST,
    "Sequence[Any]": _LIST,
}


def _entries() -> st.SearchStrategy[Any]:
    kinds = [
        st.builds(kind, **{name: _VALUES[shape] for name, shape in kind.__annotations__.items()})
        for kind in entries._TYPES.values()
    ]
    return st.one_of(kinds)


@given(_entries(), _NUMBER, st.binary(min_size=32, max_size=32))
def test_every_entry_survives_its_bytes(entry: Entry, time: int, prev: bytes) -> None:
    data = entries.encode(prev, time, entry)
    assert data[:32] == prev
    assert entries.decode(7, data) == Kept(7, time, entries.digest(data), entry)


@given(st.binary(max_size=60))
def test_bytes_that_are_no_entry_are_corrupt(junk: bytes) -> None:
    with pytest.raises(Corrupt, match="journal entry 3"):
        entries.decode(3, bytes(32) + junk)


@pytest.mark.parametrize("fields", [[], [1], [99, 0], [1, 0, 1, b""], [1, "now", 1, b"", ""], {1: 2}])
def test_entries_of_another_shape_are_corrupt(fields: object) -> None:
    data = bytes(32) + cbor.encode(fields)
    with pytest.raises(Corrupt):
        entries.decode(1, data)


def test_the_end_of_an_epoch_as_earlier_builds_wrote_it_is_read() -> None:
    """Then no dispute went on beyond it."""
    ended = entries.Ended("US", 1, bytes(16), 4, 2, bytes(32))
    fields = cbor.decode(entries.encode(bytes(32), NOW, ended)[32:], 1 << 10)
    assert isinstance(fields, list)
    assert entries.decode(1, bytes(32) + cbor.encode(fields[:-1])).entry == ended


# Journals that do not fold -------------------------------------------------------------------


RECOVERY = {
    entries.Ended,
    entries.Stands,
    entries.Outside,
    entries.Abandoned,
    entries.Returned,
    entries.Claimed,
    entries.Synced,
    entries.Rival,
    entries.Voided,
    entries.Inherited,
    entries.Succeeded,
    entries.Trusted,
}
"""What follows a restore or a fork: tests/endpoint/test_hand_back.py and test_standing.py fold them."""


@pytest.fixture(scope="module")
def busy(made: Template, peers: list[bytes]) -> tuple[MemoryJournal, MemoryAnchor]:
    """A journal with entries of nearly every type, and its anchor (reminders: test_watch.py)."""
    run = Run(made, peers)
    for rule, number in [(Run.announce, 0), (Run.told, 0), (Run.told, 1), (Run.announce, 1)]:
        rule(run, number)
    for number in (0, 2, 1, 5, 8, 4, 9):
        run.hear(number)
    run.wait(1)
    run.answer(0)
    run.wait(9)
    run.passed_on(1)
    run.confirm(5)
    kinds = {type(kept.entry) for kept in run.us._ledger.read(0)}
    assert set(entries._TYPES.values()) - kinds == {entries.Noted, entries.Reminded, *RECOVERY}
    run.us._ledger.settle_anchor()
    journal, anchor = run.us._ledger._journal, run.us._ledger._anchor
    assert isinstance(journal, MemoryJournal)
    assert isinstance(anchor, MemoryAnchor)
    return journal, anchor


def _open(made: Template, journal: MemoryJournal, anchor: MemoryAnchor) -> Endpoint:
    return Endpoint.open(made.channel, "US", journal, NOW, anchor=anchor)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_one_flipped_bit_is_found_when_the_journal_is_opened(
    made: Template, busy: tuple[MemoryJournal, MemoryAnchor], data: st.DataObject
) -> None:
    """The chain finds it in every entry but the last, and the anchor there."""
    journal, anchor = copy.deepcopy(busy[0]), busy[1]
    at = data.draw(st.integers(0, len(journal._data) - 1))
    bit = data.draw(st.integers(0, 8 * len(journal._data[at]) - 1))
    damaged = bytearray(journal._data[at])
    damaged[bit // 8] ^= 1 << bit % 8
    journal._data[at] = bytes(damaged)
    last = at == len(journal._data) - 1
    try:
        endpoint = _open(made, journal, anchor)
    except Corrupt:
        return
    assert last
    assert endpoint.health(NOW).restored


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_other_last_entry_is_corrupt_or_folds(
    made: Template, busy: tuple[MemoryJournal, MemoryAnchor], data: st.DataObject
) -> None:
    """An entry of the right shape whose values make no sense must not escape as a `KeyError`."""
    journal = copy.deepcopy(busy[0])
    entry = data.draw(_entries())
    last = entries.digest(journal._data[-1])
    row = Row(entries.encode(last, NOW, entry), entries.keys(entry))
    journal.append(len(journal._data), [row])
    with suppress(Corrupt):
        _open(made, journal, busy[1])


@pytest.mark.parametrize("drop", [0, 5, -2])
def test_a_missing_entry_is_corrupt(
    made: Template, busy: tuple[MemoryJournal, MemoryAnchor], drop: int
) -> None:
    journal = copy.deepcopy(busy[0])
    del journal._data[drop]
    with pytest.raises(Corrupt):
        _open(made, journal, busy[1])


def test_two_entries_that_changed_places_are_corrupt(
    made: Template, busy: tuple[MemoryJournal, MemoryAnchor]
) -> None:
    journal = copy.deepcopy(busy[0])
    journal._data[3], journal._data[4] = journal._data[4], journal._data[3]
    with pytest.raises(Corrupt):
        _open(made, journal, busy[1])


def test_a_journal_of_another_format_is_corrupt(made: Template) -> None:
    opened = entries.Opened(entries.FORMAT + 1, made.channel.id, "US")
    with pytest.raises(Corrupt, match="expected entries of format 2, got 3"):
        _open(made, _journal(opened), MemoryAnchor())


def test_a_journal_that_does_not_say_whose_it_is_is_corrupt(made: Template) -> None:
    with pytest.raises(Corrupt):
        _open(made, _journal(entries.Confirmed(0)), MemoryAnchor())


def test_a_journal_that_is_opened_twice_is_corrupt(made: Template) -> None:
    opened = entries.Opened(entries.FORMAT, made.channel.id, "US")
    with pytest.raises(Corrupt):
        _open(made, _journal(opened, opened), MemoryAnchor())


def test_another_partys_journal_is_corrupt(made: Template) -> None:
    journal = copy.deepcopy(made.journals["RU"])
    with pytest.raises(Corrupt, match="party"):
        _open(made, journal, MemoryAnchor())


def test_another_channels_journal_is_corrupt(made: Template) -> None:
    channel = make_channel([make_centre("US"), make_centre("RU")], name="another")
    with pytest.raises(Corrupt, match="channel"):
        Endpoint.open(channel, "US", copy.deepcopy(made.journals["US"]), NOW)


def test_bytes_of_no_journal_at_all_are_corrupt(made: Template) -> None:
    journal = MemoryJournal()
    journal.append(0, [Row(b"log line", ())])
    with pytest.raises(Corrupt):
        _open(made, journal, MemoryAnchor())
    assert issubclass(Corrupt, JournalError)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_snapshot_is_corrupt_and_never_believed(
    made: Template, busy: tuple[MemoryJournal, MemoryAnchor], data: st.DataObject
) -> None:
    journal = copy.deepcopy(busy[0])
    whole = _open(made, journal, busy[1])
    damaged = bytearray(snapshot.dump(state_of(whole)))
    bit = data.draw(st.integers(0, 8 * len(damaged) - 1))
    damaged[bit // 8] ^= 1 << bit % 8
    journal.save_snapshot(state_of(whole).position, bytes(damaged))
    try:
        again = _open(made, journal, busy[1])
    except Corrupt:
        return
    assert canonical(state_of(again)) == canonical(state_of(whole))


def _journal(*opened: Entry) -> MemoryJournal:
    journal, digest = MemoryJournal(), entries.GENESIS
    for position, entry in enumerate(opened):
        data = entries.encode(digest, NOW, entry)
        digest = entries.digest(data)
        journal.append(position, [Row(data, ())])
    return journal
