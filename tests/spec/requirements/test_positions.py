"""Epochs, positions, outcomes, forks, and the mandates that notices name (spec sections 6 and 9.3)."""

from __future__ import annotations

from typing import Any

import pytest

from launchnotice import Endpoint, Event
from launchnotice.core.tables import STREAM, Case, Outcome
from launchnotice.pact.mandate import UnverifiedMandate
from launchnotice.registry import EpochReason, EventCode, FindingCode, Kind, Place
from launchnotice.wire import bounds
from launchnotice.wire.message import ChainedPayload, parse
from launchnotice.wire.notices import LaunchNotification
from launchnotice.wire.streams import Epoch, genesis
from tests.spec.requirements.build import OFFICERS, World, world
from tests.spec.requirements.test_signals import said
from tests.support import NOW, launch, make_mandate, open_endpoint, state
from tests.support.dump import snapshot
from tests.support.forge import EPOCH, Forged, Forger, chain

DAY = 86_400
SECOND = (2, bytes(range(16)))


def codes(event: Event) -> list[FindingCode]:
    return [finding.code for finding in event.findings]


def take(w: World, *made: Forged) -> list[Event]:
    """The events of these notices, none of which is refused."""
    found: list[Event] = []
    for one in made:
        step = w.receive(one.data)
        assert step.refusal is None
        found += step.events
    return found


def notice(endpoint: Endpoint, w: World, now: int = NOW) -> ChainedPayload:
    """The payload of an endpoint's next notice."""
    sends = state(endpoint, w.us, launch(), now, OFFICERS).sends
    payload = parse(next(send.data for send in sends if said([send], Kind.LAUNCH)))._payload
    assert isinstance(payload, ChainedPayload)
    return payload


def sender(w: World, **more: Any) -> Endpoint:
    return open_endpoint(w.channel, w.us, mandates=[*w.mandates.values()], **more)


# The sender's side ---------------------------------------------------------------------


@pytest.mark.requirement("R-STREAM-1")
@pytest.mark.requirement("R-STREAM-2")
@pytest.mark.requirement("R-EPOCH-1")
@pytest.mark.requirement("R-EPOCH-2")
def test_notices_follow_each_other_from_the_genesis() -> None:
    w = world()
    endpoint = sender(w)
    made = [notice(endpoint, w, NOW + n) for n in range(3)]
    assert [one.seq for one in made] == [1, 2, 3]
    assert made[0].epoch.number == 1
    assert made[0].prev == genesis(w.channel.id, "US", made[0].epoch)
    assert made[0].opening is not None
    assert (made[0].opening.reason, made[0].opening.epoch) == (EpochReason.FIRST, None)
    assert [one.opening for one in made[1:]] == [None, None]
    assert len({one.prev for one in made}) == 3


@pytest.mark.requirement("R-PAY-7")
def test_heads_of_others_are_told_when_they_moved() -> None:
    w = world()
    endpoint = sender(w)
    theirs = chain(w.mirror, 2)
    assert notice(endpoint, w).heads == ()
    endpoint.receive(theirs[0].data, NOW)
    (head,) = notice(endpoint, w, NOW + 1).heads
    assert (head.party, head.contiguous.seq, head.contiguous.id, head.highest) == (
        "RU",
        1,
        theirs[0].id,
        None,
    )
    assert notice(endpoint, w, NOW + 2).heads == ()
    endpoint.receive(theirs[1].data, NOW)
    assert [one.contiguous.seq for one in notice(endpoint, w, NOW + 3).heads] == [2]


# Epochs --------------------------------------------------------------------------------


@pytest.mark.requirement("R-EPOCH-3")
def test_unconfirmed_epoch_is_a_finding_until_a_mandate_lists_it() -> None:
    w = world()
    (event,) = take(w, w.forger.notice(epoch=SECOND))
    assert codes(event) == [FindingCode.UNCONFIRMED_EPOCH]
    epoch = Epoch(number=SECOND[0], random=SECOND[1])
    confirming = make_mandate(w.channel, w.us, w.mandate(), confirmed=[epoch])
    assert w.receive(confirming).refusal is None
    (later,) = take(w, w.forger.notice(2, event.subject, epoch=SECOND))
    assert codes(later) == []


@pytest.mark.requirement("R-EPOCH-4")
def test_notice_of_an_earlier_epoch_is_judged_within_it() -> None:
    w = world()
    old, new = chain(w.forger, 2), chain(w.forger, 1, epoch=SECOND)
    take(w, old[0], *new)
    (event,) = take(w, old[1])
    assert codes(event) == [FindingCode.ABANDONED]  # the later epoch names no head of it
    assert w.receiver.exchange(old[1].id).place is Place.ACCEPTED
    other = w.forger.notice(2, old[0].id, body=launch(remark="another"))
    assert [one.code for one in take(w, other)] == [EventCode.FORK, EventCode.NOTICE]


# The table -----------------------------------------------------------------------------


@pytest.mark.requirement("R-STREAM-3")
@pytest.mark.parametrize(
    "case", [Case.NEXT, Case.AHEAD, Case.MISFIT, Case.CONTRADICTION, Case.DISPUTED, Case.KNOWN]
)
def test_outcome_of_a_notice_is_the_table_s(case: Case) -> None:
    w = world()
    first, second, third = chain(w.forger, 3)
    other = w.forger.notice(1, body=launch(remark="another"))
    before, last = {
        Case.NEXT: ([first], second),
        Case.AHEAD: ([first], third),
        Case.MISFIT: ([first], w.forger.notice(2, bytes(32))),
        Case.CONTRADICTION: ([first], other),
        Case.DISPUTED: ([first, other], second),
        Case.KNOWN: ([first], first),
    }[case]
    take(w, *before)
    events = take(w, last)
    row = STREAM[case]
    shown = [event for event in events if event.code is EventCode.NOTICE]
    assert [event.code for event in events].count(EventCode.FORK) == (row.outcome is Outcome.FORK)
    if row.outcome is Outcome.REPEAT:
        assert events == []
        return
    assert [codes(event) for event in shown] == [[row.finding] if row.finding else []]
    assert w.receiver.exchange(last.id).place is row.place


@pytest.mark.requirement("R-STREAM-3")
def test_first_notice_without_the_genesis_is_refused_without_trace() -> None:
    w = world()
    before = snapshot(w.receiver)
    step = w.receive(w.forger.notice(prev=bytes(32)).data)
    assert step.refusal is not None
    assert step.refusal.code.value == "bad-epoch-prev"
    assert snapshot(w.receiver) == before


@pytest.mark.requirement("R-STREAM-4")
@pytest.mark.requirement("R-STREAM-5")
def test_held_notice_is_shown_at_once_and_joins_later() -> None:
    w = world()
    first, second, third, fourth = chain(w.forger, 4)
    assert [(one.code, codes(one)) for one in take(w, third)] == [(EventCode.NOTICE, [FindingCode.CHAIN_GAP])]
    assert [one.code for one in take(w, first)] == [EventCode.NOTICE]
    assert w.receiver.exchange(third.id).place is Place.HELD
    assert [(one.code, one.subject) for one in take(w, second)] == [
        (EventCode.NOTICE, second.id),
        (EventCode.IN_ORDER, third.id),
    ]
    assert w.receiver.exchange(third.id).place is Place.ACCEPTED
    assert [codes(one) for one in take(w, fourth)] == [[]]


@pytest.mark.requirement("R-STREAM-5")
def test_nothing_joins_from_a_disputed_position_on() -> None:
    w = world()
    made = chain(w.forger, 4)
    take(w, made[0], made[2], w.forger.notice(3, made[1].id, body=launch(remark="another")), made[1])
    assert w.receiver.exchange(made[1].id).place is Place.ACCEPTED
    assert w.receiver.exchange(made[2].id).disputed


@pytest.mark.requirement("R-STREAM-4")
@pytest.mark.requirement("R-STREAM-6")
def test_beyond_the_bounds_ids_are_noted_and_the_last_one_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, value in [
        ("stream", "MAX_HELD", 2),
        ("stream", "MAX_NOTED", 3),
        ("decide", "MAX_HELD", 2),
        ("decide", "MAX_NOTED", 3),
    ]:
        monkeypatch.setattr(f"launchnotice.core.{module}.{name}", value)
    w = world()
    made = chain(w.forger, 8)
    events = take(w, *made[1:])
    assert [one.code for one in events] == [EventCode.NOTICE] * 4 + [EventCode.FLOODING]
    assert [one.subject for one in events] == [one.id for one in made[1:6]]
    assert take(w, made[3]) == []
    assert [one.code for one in take(w, made[0])] == [
        EventCode.NOTICE,
        EventCode.IN_ORDER,
        EventCode.IN_ORDER,
    ]
    assert [one.code for one in take(w, made[3])] == [EventCode.IN_ORDER]


@pytest.mark.requirement("R-STREAM-6")
def test_bounds_are_those_of_the_text() -> None:
    assert (bounds.MAX_HELD, bounds.MAX_NOTED) == (1_024, 4_096)


# Forks ---------------------------------------------------------------------------------


@pytest.mark.requirement("R-FORK-1")
@pytest.mark.requirement("R-FORK-3")
def test_contradiction_disputes_the_epoch_from_its_position_on() -> None:
    w = world()
    made = chain(w.forger, 3)
    other = w.forger.notice(2, made[0].id, body=launch(remark="another"))
    take(w, *made[:2])
    events = take(w, other)
    assert [one.code for one in events] == [EventCode.FORK, EventCode.NOTICE]
    assert codes(events[1]) == [FindingCode.DISPUTED]
    views = [w.receiver.exchange(one.id) for one in (made[0], made[1], other)]
    assert [view.disputed for view in views] == [False, True, True]
    assert all(view.data for view in views)
    assert [codes(one) for one in take(w, made[2])] == [[FindingCode.DISPUTED]]
    receipts = {body[1]: body[4] for _, body in said(w.receiver.poll(NOW + 2).sends, Kind.RECEIPT)}
    assert receipts[other.id] == receipts[made[2].id] == Place.DISPUTED


@pytest.mark.requirement("R-FORK-1")
def test_prev_that_is_not_the_head_disputes_the_head() -> None:
    w = world()
    made = chain(w.forger, 2)
    take(w, *made)
    take(w, w.forger.notice(3, bytes(32)))
    assert [w.receiver.exchange(one.id).disputed for one in made] == [False, True]


@pytest.mark.requirement("R-FORK-2")
def test_held_notice_that_does_not_join_is_a_contradiction() -> None:
    w = world()
    first, second = chain(w.forger, 2)
    stranger = w.forger.notice(3, bytes(32))
    take(w, first, stranger)
    assert [one.code for one in take(w, second)] == [EventCode.NOTICE, EventCode.FORK]
    assert w.receiver.exchange(stranger.id).place is Place.HELD
    assert w.receiver.health(NOW).disputed == ["US"]


# Mandates that notices name ------------------------------------------------------------


@pytest.mark.requirement("R-MAND-10")
@pytest.mark.requirement("R-MAND-11")
def test_notice_under_a_lower_mandate_than_before_has_a_finding() -> None:
    w = world()
    second = make_mandate(w.channel, w.us, w.mandate())
    assert w.receive(second).refusal is None
    newer = Forger(w.channel, w.us, UnverifiedMandate.parse(second).id)
    one = w.forger.notice()
    two = newer.notice(2, one.id)
    three = w.forger.notice(3, two.id)
    assert [codes(event) for event in take(w, one, two, three)] == [[], [], [FindingCode.SUPERSEDED_MANDATE]]


@pytest.mark.requirement("R-MAND-12")
@pytest.mark.parametrize(("late", "found"), [(0, []), (1, [FindingCode.EXPIRED_MANDATE])])
def test_notice_after_the_mandate_expired_is_accepted_with_a_finding(
    late: int, found: list[FindingCode]
) -> None:
    w = world()
    expires = w.mandate().payload.expires
    body = launch(planned_date=(NOW + 310 * DAY) // DAY)
    made = w.forger.notice(k4=expires + late, body=body)
    (event,) = w.receive(made.data, expires + late).events
    assert codes(event) == found


@pytest.mark.requirement("R-MAND-13")
def test_mandate_is_receipted_and_no_more() -> None:
    w = world()
    assert [body[1] for _, body in said(w.receiver.poll(NOW).sends, Kind.RECEIPT)] == [w.forger.mandate]
    assert w.receiver.attention(NOW) == []


@pytest.mark.requirement("R-EMERG-2")
def test_emergency_notice_leaves_the_stream_as_it_is() -> None:
    w = world()
    one, two = chain(w.forger, 2)
    take(w, one, w.forger.emergency(1), two)
    assert w.receiver.exchange(two.id).place is Place.ACCEPTED
    assert isinstance(w.receiver.exchange(two.id).body, LaunchNotification)
    assert w.receiver.exchange(two.id).epoch == EPOCH
