"""Bounds on the epochs of a party: whoever has its keys can open another with each message."""

from __future__ import annotations

import pytest

from launchnotice.core import decide, entries, snapshot, state, stream
from launchnotice.registry import EventCode, FindingCode, Kind, MandateReason, Place, Refusal
from launchnotice.wire.signals import Sync
from launchnotice.wire.streams import Epoch, Head, Position
from tests.support import NOW, make_mandate
from tests.support.dump import canonical, refolded, state_of
from tests.support.forge import Forged, Forger, chain
from tests.support.recovery import Side, names
from tests.support.template import Template, mandate_id


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that are soon reached: 3 epochs, 2 held or kept, 4 noted."""
    monkeypatch.setattr(state, "MAX_EPOCHS", 3)
    for module in (decide, stream):
        monkeypatch.setattr(module, "MAX_HELD", 2)
        monkeypatch.setattr(module, "MAX_NOTED", 4)


def epoch(number: int) -> entries.EpochKey:
    return number, number.to_bytes(16, "big")


def first(us: Forger, number: int) -> Forged:
    """The first notice of an epoch."""
    return us.notice(epoch=epoch(number))


def codes(side: Side, notice: Forged) -> list[EventCode]:
    """The events that a notice draws."""
    step = side.endpoint.receive(notice.data, NOW)
    assert step.refusal is None
    return [event.code for event in step.events if event.subject == notice.id]


@pytest.mark.requirement("R-STREAM-7")
def test_a_notice_of_a_further_epoch_is_noted_and_shown_once(made: Template, us: Forger) -> None:
    ru = Side(made, "RU")
    notices = [first(us, number) for number in range(1, 10)]
    told = [codes(ru, notice) for notice in notices]
    shown = [EventCode.NOTICE]
    assert told == [*[shown] * 6, [EventCode.FLOODING], [], []]
    assert [codes(ru, notice) for notice in notices] == [[]] * 9
    known = state_of(ru.endpoint)
    assert list(known.streams["US"]) == [epoch(1), epoch(2), epoch(3)]
    assert known.noted["US"] == {notice.id: epoch(at + 4) for at, notice in enumerate(notices[3:7])}
    # What goes on in an epoch that is known goes on.
    assert codes(ru, us.notice(2, notices[2].id, epoch=epoch(3))) == shown
    assert canonical(refolded(ru.endpoint)) == canonical(known)
    loaded = snapshot.load(known.channel, known.own, known.find, snapshot.dump(known))
    assert canonical(loaded)["noted"] == known.noted


def test_a_first_notice_that_names_no_genesis_is_refused_in_any_epoch(made: Template, us: Forger) -> None:
    ru = Side(made, "RU")
    for number in range(1, 4):
        codes(ru, first(us, number))
    step = ru.endpoint.receive(us.notice(1, bytes(32), epoch=epoch(4)).data, NOW)
    assert step.refusal is not None
    assert step.refusal.code is Refusal.BAD_EPOCH_PREV


@pytest.mark.requirement("R-STREAM-6")
def test_what_is_held_kept_and_noted_is_bounded_over_all_epochs(made: Template, us: Forger) -> None:
    ru = Side(made, "RU")
    ahead = [us.notice(2, bytes(32), epoch=epoch(number)) for number in range(1, 4)]
    told = [codes(ru, notice) for notice in ahead]
    assert told == [[EventCode.NOTICE]] * 3
    streams = state_of(ru.endpoint).streams["US"]
    assert [len(known.held) for known in streams.values()] == [1, 1]
    assert list(state_of(ru.endpoint).noted["US"]) == [ahead[2].id]


def test_emergencies_of_many_epochs_are_bounded(made: Template, us: Forger) -> None:
    ru = Side(made, "RU")
    told = [codes(ru, us.emergency(n, k8={1: n + 1, 2: bytes(16)})) for n in range(9)]
    assert told == [*[[EventCode.NOTICE]] * 5, [EventCode.FLOODING], [], [], []]
    assert state_of(ru.endpoint).streams["US"] == {}


def test_an_epoch_that_an_opening_names_counts_too(made: Template, us: Forger) -> None:
    ru = Side(made, "RU")
    for number in range(1, 6):
        named = {1: number, 2: bytes(16)}
        opening = {1: 2, 2: named, 3: {1: 9, 2: bytes(32)}}
        codes(ru, us.notice(epoch=epoch(number + 10), k12=opening))
    assert len(state_of(ru.endpoint).streams["US"]) == 3


def test_the_journal_does_not_say_of_each_epoch_again_that_it_was_abandoned(
    made: Template, us: Forger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each opening that names no earlier head abandons all before it: their number would be squared."""
    monkeypatch.setattr(state, "MAX_EPOCHS", 100)
    ru = Side(made, "RU")
    for number in range(1, 21):
        codes(ru, first(us, number))
    kept = [one.entry for one in ru.endpoint._ledger.read(0)]
    assert sum(isinstance(entry, entries.Abandoned) for entry in kept) == 19
    assert sum(isinstance(entry, entries.Outside) for entry in kept) == 19


def compromised(made: Template, ru: Side, *confirmed: entries.EpochKey) -> Forger:
    """A mandate says that all was stolen; whoever signs under it."""
    before = state_of(ru.endpoint).mandate("US")
    reason = MandateReason.COMPROMISE
    data = make_mandate(made.channel, made.centres["US"], before, reason=reason, confirmed=confirmed)
    assert ru.endpoint.receive(data, NOW).refusal is None
    return Forger(made.channel, made.centres["US"], mandate_id(data))


def test_a_party_goes_on_after_its_authority_ended_a_flood(made: Template, us: Forger) -> None:
    """A thief opens epochs until no further one is known; the epochs that a mandate ended make room."""
    ru = Side(made, "RU")
    stolen = [first(us, number) for number in range(1, 7)]
    for notice in stolen:
        codes(ru, notice)
    honest = compromised(made, ru)
    # With the old keys further epochs are named after the mandate as well: they count on their own.
    for number in range(7, 12):
        codes(ru, first(us, number))
    notices = chain(honest, 3, epoch=epoch(20))
    for notice in notices:
        assert codes(ru, notice) == [EventCode.NOTICE]
        assert ru.endpoint.exchange(notice.id).place is Place.ACCEPTED
    assert canonical(refolded(ru.endpoint)) == canonical(state_of(ru.endpoint))


@pytest.mark.requirement("R-STREAM-7")
def test_a_confirmed_epoch_is_taken_whatever_else_is_known(made: Template, us: Forger) -> None:
    ru = Side(made, "RU")
    notices = [first(us, number) for number in range(1, 5)]
    assert [codes(ru, notice) for notice in notices] == [[EventCode.NOTICE]] * 4
    before = state_of(ru.endpoint).mandate("US")
    data = make_mandate(made.channel, made.centres["US"], before, confirmed=[epoch(4)])
    ru.endpoint.receive(data, NOW)
    assert codes(ru, notices[3]) == [EventCode.IN_ORDER]  # its bytes are kept now, and it was shown
    assert ru.endpoint.exchange(notices[3].id).place is Place.ACCEPTED


def test_what_was_noted_of_an_epoch_that_ended_is_not_shown_again(made: Template, us: Forger) -> None:
    ru = Side(made, "RU")
    notices = chain(us, 5)
    for notice in notices[1:]:
        assert codes(ru, notice) == [EventCode.NOTICE]
    assert len(state_of(ru.endpoint).noted["US"]) == 2
    codes(ru, notices[0])
    compromised(made, ru)
    assert state_of(ru.endpoint).noted["US"] == {}
    for notice in notices:
        assert EventCode.NOTICE not in codes(ru, notice)
    assert canonical(refolded(ru.endpoint)) == canonical(state_of(ru.endpoint))


def test_of_too_many_disowned_notices_the_newest_are_marked(
    made: Template, us: Forger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("launchnotice.core.standing.MAX_NOTED", 3)
    ru = Side(made, "RU")
    notices = chain(us, 5)
    for notice in notices:
        codes(ru, notice)
    before = state_of(ru.endpoint).mandate("US")
    data = make_mandate(made.channel, made.centres["US"], before, reason=MandateReason.COMPROMISE)
    events = ru.endpoint.receive(data, NOW).events
    assert [e.subject for e in events if e.code is EventCode.DISOWNED] == [n.id for n in notices[2:]]
    assert FindingCode.DISOWNED not in names(events[0])


# Syncs and one's own keys --------------------------------------------------------------------


def test_heads_of_further_epochs_draw_no_syncs(made: Template, us: Forger) -> None:
    ru = Side(made, "RU")
    for number in range(1, 4):
        codes(ru, first(us, number))
    ru.endpoint.poll(NOW)
    beyond = Head(
        party="US",
        epoch=Epoch(number=9, random=bytes(16)),
        contiguous=Position(seq=5, id=bytes(32)),
    )
    ru.hear(us.signal(Kind.SYNC, Sync(heads=(beyond,), mandates=()), "RU").data, NOW)
    assert ru.endpoint.poll(NOW).sends == ()


def test_own_messages_that_come_back_are_bounded(made: Template, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has our keys gives us messages of any epoch, and any number of emergencies."""
    monkeypatch.setattr("launchnotice.core.returning.MAX_HELD", 2)
    us, thief = Side(made, "US"), made.forger("US")
    back = [thief.notice(epoch=epoch(number)) for number in range(1, 6)]
    back += [thief.emergency(number) for number in range(5)]
    refused = [us.endpoint.receive(one.data, NOW).refusal for one in back]
    assert [one.code if one else None for one in refused] == [
        *[None] * 3,
        *[Refusal.OWN_MESSAGE] * 2,
        *[None] * 2,
        *[Refusal.OWN_MESSAGE] * 3,
    ]
