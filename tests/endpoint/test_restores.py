"""Restores: a journal that came from a backup signs nothing in its old epochs; a crash is no restore."""

from __future__ import annotations

import copy

import pytest

from launchnotice import Draft, Endpoint, JournalError, Stale
from launchnotice.core import entries
from launchnotice.core.entries import EpochOpened, Reserved, Sealed
from launchnotice.journal import Journal
from launchnotice.journal.anchor import MemoryAnchor
from launchnotice.journal.memory import MemoryJournal
from launchnotice.registry import EpochReason, EventCode, FindingCode, Kind
from launchnotice.testing.journal import Fault, FlakyJournal
from launchnotice.wire.message import ChainedPayload
from launchnotice.wire.signals import Acknowledgement
from launchnotice.wire.streams import genesis
from tests.support import NOW, launch, settle, sign, state
from tests.support.dump import canonical, refolded, state_of
from tests.support.stores import flaky, mandate_of, opened
from tests.support.template import Template

OFFICERS = ("officer-1", "officer-2")


# Restores ------------------------------------------------------------------------------------


@pytest.fixture
def lived(made: Template) -> tuple[MemoryJournal, MemoryAnchor, MemoryJournal, Endpoint]:
    """A journal that lived on after its backup: two notices in the backup, a third beyond it."""
    journal, anchor = copy.deepcopy(made.journals["US"]), MemoryAnchor()
    last = journal.read(0, 100)[-1]
    anchor.store(last.position, entries.digest(last.data))
    us, ru = opened(made, "US", journal, anchor), made.open("RU")
    settle([us, ru], NOW)
    settle([us, ru], NOW, state(us, made.centres["US"], launch(), NOW, OFFICERS).sends)
    state(us, made.centres["US"], launch(launch_count=2), NOW, OFFICERS)  # lost on the way
    backup = copy.deepcopy(journal)
    settle([us, ru], NOW, state(us, made.centres["US"], launch(launch_count=3), NOW, OFFICERS).sends)
    return backup, anchor, journal, ru


def _notices(endpoint: Endpoint) -> list[Sealed]:
    kept = [one.entry for one in endpoint._ledger.read(0)]
    return [one for one in kept if isinstance(one, Sealed) and one.kind == Kind.LAUNCH]


@pytest.mark.requirement("R-RESTORE-2")
@pytest.mark.parametrize("anchored", [True, False])
def test_a_restored_endpoint_signs_and_releases_nothing_in_its_old_epoch(
    made: Template, lived: tuple[MemoryJournal, MemoryAnchor, MemoryJournal, Endpoint], *, anchored: bool
) -> None:
    backup, anchor, _, ru = lived
    us = opened(made, "US", backup, anchor if anchored else None, b"n" * 16)
    assert us.health(NOW).restored
    old = {sealed.data for sealed in _notices(us)}
    assert len(old) == 2
    first = next(event for event in ru.events(0) if event.kind == Kind.LAUNCH)
    answer = state(ru, made.centres["RU"], Acknowledgement(subject=first.subject), NOW)
    assert us.receive(answer.sends[0].data, NOW).refusal is None  # reading and receiving open no epoch
    assert us.health(NOW).restored

    sends = [send for now in range(NOW, NOW + 10_000, 10) for send in us.poll(now).sends]
    assert not us.health(NOW).restored
    assert state_of(us).epoch == (2, b"n" * 16)
    assert old.isdisjoint(send.data for send in sends)
    step = state(us, made.centres["US"], launch(launch_count=4), NOW + 10_000, OFFICERS)
    again = ru.receive(step.sends[-1].data, NOW + 10_000)
    codes = {finding.code for event in again.events for finding in event.findings}
    assert FindingCode.UNCONFIRMED_EPOCH in codes
    assert FindingCode.DISPUTED not in codes
    assert ru.health(NOW).disputed == []


@pytest.mark.requirement("R-EPOCH-2")
def test_a_draft_of_the_old_epoch_is_stale_after_a_restore(
    made: Template, lived: tuple[MemoryJournal, MemoryAnchor, MemoryJournal, Endpoint]
) -> None:
    backup, anchor, journal, _ = lived
    before = opened(made, "US", copy.deepcopy(backup), None)
    before._ledger.restored = False
    draft = sign(before, made.centres["US"], launch(launch_count=9), NOW, OFFICERS)
    us = opened(made, "US", backup, anchor, b"n" * 16)
    with pytest.raises(Stale) as stale:
        us.submit(draft, NOW)
    review = stale.value.draft.review(made.channel, mandate_of(us))
    assert review.payload.epoch.number == 2
    opening = review.payload.opening  # type: ignore[attr-defined]  # a chained notice
    assert opening.reason is EpochReason.RESTORED
    assert opening.head.seq == 2  # the last own head that the backup knows
    assert journal.read(0, 1) != []


def reserved(us: Endpoint, journal: FlakyJournal, made: Template) -> tuple[Draft, Journal]:
    """A draft that is reserved and not sealed, as its store failed in between, and a copy from then."""
    draft = sign(us, made.centres["US"], launch(launch_count=9), NOW, OFFICERS)
    journal.plan = [None, Fault.BEFORE]
    with pytest.raises(JournalError):
        us.submit(draft, NOW)
    return draft, copy.deepcopy(journal.inner)


@pytest.mark.requirement("R-RESTORE-2")
def test_a_reservation_that_a_restore_left_behind_is_not_signed(made: Template) -> None:
    """The old life sealed it; its bytes are with the peers, and other bytes must not follow."""
    us, journal, anchor = flaky(made, "US")
    draft, backup = reserved(us, journal, made)
    us.poll(NOW)  # the old life goes on
    again = opened(made, "US", backup, anchor, b"n" * 16)
    assert again.health(NOW).restored
    for now in (NOW, NOW + 5, NOW + 100):
        assert not [send for send in again.poll(now).sends if send.data == us.exchange(draft.id).data]
    with pytest.raises(Stale):  # said anew, by the officers' will, or not at all
        again.submit(draft, NOW + 100)
    assert again.exchange(draft.id).data == b""
    due = again.next_deadline
    assert due is None or due > NOW + 100  # nothing spins


@pytest.mark.requirement("R-RESTORE-6")
@pytest.mark.parametrize("signed", [0, 1])
def test_an_opening_names_what_was_signed_and_not_what_was_only_reserved(made: Template, signed: int) -> None:
    """Nobody can have the reserved notice, and members would ask for it for ever."""
    us, journal, anchor = flaky(made, "US")
    for number in range(signed):
        state(us, made.centres["US"], launch(launch_count=number + 1), NOW, OFFICERS)
    head = state_of(us).streams["US"][state_of(us).epoch or (1, b"")].head if signed else b""
    _, backup = reserved(us, journal, made)
    us.poll(NOW + 9)  # the old life goes on: it signs what was reserved
    again = opened(made, "US", backup, anchor, b"n" * 16)
    opening = sign(again, made.centres["US"], launch(), NOW + 9, OFFICERS)
    payload = opening.review(made.channel, mandate_of(again)).payload
    assert isinstance(payload, ChainedPayload)
    assert payload.opening is not None
    assert payload.opening.epoch is not None
    assert payload.opening.head is not None
    assert payload.opening.head.seq == signed
    assert payload.opening.head.id == (head or genesis(made.channel.id, "US", payload.opening.epoch))


@pytest.mark.requirement("R-RESTORE-8")
@pytest.mark.parametrize("opens_first", [True, False])
def test_what_a_restore_left_reserved_comes_back_signed(made: Template, *, opens_first: bool) -> None:
    us, journal, anchor = flaky(made, "US")
    draft, backup = reserved(us, journal, made)
    us.poll(NOW)
    second = sign(us, made.centres["US"], launch(launch_count=2), NOW, OFFICERS)
    us.submit(second, NOW)
    again = opened(made, "US", backup, anchor, b"n" * 16)
    if opens_first:
        again.poll(NOW + 5)
    for one in (draft, second):
        step = again.receive(us.exchange(one.id).data, NOW + 6)
        assert [event.code for event in step.events] == [EventCode.RETURNED]
        assert again.exchange(one.id).data == us.exchange(one.id).data
    assert again.poll(NOW + 7).refusal is None
    stream = state_of(again).streams["US"][state_of(us).epoch or (0, b"")]
    assert (stream.seq, stream.head, stream.disputed) == (2, second.id, None)
    assert canonical(refolded(again)) == canonical(state_of(again))


def test_a_receipt_that_a_restore_left_unsealed_is_stated_anew(made: Template) -> None:
    ru, journal, _ = flaky(made, "RU")
    notice = made.forger("US").notice()
    ru.receive(notice.data, NOW)
    journal.plan = [None, None, Fault.BEFORE]
    with pytest.raises(JournalError):
        ru.poll(NOW)
    assert any(isinstance(kept.entry, Reserved) for kept in ru._ledger.read(0))
    again = opened(made, "RU", copy.deepcopy(journal.inner), None, b"n" * 16)
    sends = [send.data for send in again.poll(NOW + 9).sends]
    stated = again.exchange(notice.id).signals
    assert [signal.kind for signal in stated] == [Kind.RECEIPT]
    receipts = [one.entry for one in again._ledger.find(stated[0].id) if isinstance(one.entry, Sealed)]
    assert receipts[0].data in sends


@pytest.mark.requirement("R-RESTORE-1")
def test_a_plain_crash_is_no_restore(
    made: Template, lived: tuple[MemoryJournal, MemoryAnchor, MemoryJournal, Endpoint]
) -> None:
    _, anchor, journal, _ = lived
    us = opened(made, "US", journal, anchor)
    us.receive(made.forger("RU").notice().data, NOW)  # committed, never anchored
    us = opened(made, "US", journal, anchor)
    assert not us.health(NOW).restored
    epochs = [kept.entry for kept in us._ledger.read(0) if isinstance(kept.entry, EpochOpened)]
    assert [epoch.reason for epoch in epochs] == [EpochReason.FIRST]


def test_a_crash_before_the_first_release_is_no_restore(made: Template) -> None:
    journal, anchor = MemoryJournal(), MemoryAnchor()
    for data in made.mandates.values():
        opened(made, "US", journal, anchor).receive(data, NOW)
    us = opened(made, "US", journal, anchor)
    us.draft(launch(), NOW, OFFICERS)
    us = opened(made, "US", journal, anchor)
    assert not us.health(NOW).restored
    assert us.health(NOW).epoch[0] == 1


@pytest.mark.requirement("R-RESTORE-1")
def test_a_lost_journal_under_a_kept_anchor_counts_as_restored(
    made: Template, lived: tuple[MemoryJournal, MemoryAnchor, MemoryJournal, Endpoint]
) -> None:
    us = opened(made, "US", MemoryJournal(), lived[1], b"n" * 16)
    assert us.health(NOW).restored
    for data in made.mandates.values():
        us.receive(data, NOW)
    draft = us.draft(launch(), NOW, OFFICERS)
    assert draft.review(made.channel, mandate_of(us)).payload.opening.reason is EpochReason.RESTORED  # type: ignore[attr-defined]


def test_a_journal_that_was_replaced_under_a_running_endpoint_is_noticed(made: Template) -> None:
    """A fail-over can lose a commit: the next call finds that the last entry is gone, and folds anew."""
    us, journal, _ = flaky(made, "US")
    backup = copy.deepcopy(journal.inner)
    state(us, made.centres["US"], launch(), NOW, OFFICERS)
    journal.inner = backup
    us.receive(made.forger("RU").notice().data, NOW)
    assert us.health(NOW).restored
