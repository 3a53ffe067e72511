"""Bounds on what an authorised signer, or anyone who replays, can make an endpoint keep or send."""

from __future__ import annotations

import pytest

from launchnotice import Draft, Endpoint, Refused, UsageError, views
from launchnotice import draft as draft_module
from launchnotice.core import decide, stream
from launchnotice.registry import EventCode, FindingCode, Kind, Owed, Place, Refusal, RejectionCode, Usage
from launchnotice.wire import cbor
from launchnotice.wire.signals import Acknowledgement, Rejection
from tests.support import NOW, launch, make_mandate, settle, state
from tests.support.dump import snapshot, state_of
from tests.support.forge import EPOCH, Forger
from tests.support.template import Template, template

OFFICERS = ("officer-1", "officer-2")


# Floods ------------------------------------------------------------------------------------


@pytest.mark.requirement("R-EMERG-3")
def test_a_flood_of_emergencies_is_bounded(
    made: Template, us: Forger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1,024 unsettled are kept, 4,096 more are noted and shown once, then one event says that it floods."""
    for module in (decide, stream):
        monkeypatch.setattr(module, "MAX_HELD", 3)
        monkeypatch.setattr(module, "MAX_NOTED", 2)
    ru = made.open("RU")
    codes = []
    for number in range(10):
        step = ru.receive(us.emergency(number).data, NOW)
        assert step.refusal is None
        codes.append([event.code for event in step.events])
    notice, flooding = [EventCode.NOTICE], [EventCode.FLOODING]
    assert codes == [notice, notice, notice, notice, flooding, [], [], [], [], []]
    assert sum(1 for exchange in state_of(ru).exchanges.values() if exchange.kind == 70) == 3
    assert len(state_of(ru).noted["US"]) == 2


def test_a_noted_emergency_is_kept_once_there_is_room(
    made: Template, us: Forger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shown once, but receipted and answerable in the end: its sender repeats it until then (P4)."""
    monkeypatch.setattr(decide, "MAX_HELD", 1)
    ru = made.open("RU")
    first, second = us.emergency(1), us.emergency(2)
    for emergency in (first, second):
        assert [e.code for e in ru.receive(emergency.data, NOW).events] == [EventCode.NOTICE]
    ru.poll(NOW)
    state(ru, made.centres["RU"], Rejection(subject=first.id, code=RejectionCode.UNINTELLIGIBLE), NOW)
    step = ru.receive(second.data, NOW)
    assert [event.code for event in step.events] == [EventCode.IN_ORDER]
    assert second.id in ru.pending("RU")
    assert ru.exchange(second.id).place is Place.ACCEPTED
    assert ru.receive(second.data, NOW).events == ()


@pytest.mark.requirement("R-FORK-1")
def test_a_noted_notice_that_lost_its_position_is_a_contradiction(
    made: Template, us: Forger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the bound only its id was kept; when its bytes come again, they are the proof (P5)."""
    monkeypatch.setattr(stream, "MAX_HELD", 1)
    ru, first = made.open("RU"), us.notice()
    second, other = us.notice(2, first.id), us.notice(2, first.id, k4=NOW + 1)
    third = us.notice(3, second.id)
    for notice in (third, other, first):
        assert ru.receive(notice.data, NOW).refusal is None
    assert ru.health(NOW).disputed == []
    codes = [event.code for event in ru.receive(second.data, NOW).events]
    assert codes == [EventCode.FORK, EventCode.NOTICE]
    monkeypatch.setattr(stream, "MAX_HELD", 2)
    codes = [event.code for event in ru.receive(other.data, NOW).events]
    assert codes == [EventCode.IN_ORDER]  # shown before, so not as new; its bytes are kept
    assert state_of(ru).streams["US"][EPOCH].disputed == 2
    assert ru.receive(other.data, NOW).events == ()


@pytest.mark.requirement("R-STREAM-6")
def test_a_flood_behind_a_gap_is_bounded_and_what_was_noted_joins_in_the_end(
    made: Template, us: Forger, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, bound in (("MAX_HELD", 2), ("MAX_NOTED", 2)):
        monkeypatch.setattr(stream, name, bound)
        monkeypatch.setattr(decide, name, bound)
    ru, notices = made.open("RU"), [us.notice()]
    for seq in range(2, 8):
        notices.append(us.notice(seq, notices[-1].id))
    codes = [[event.code for event in ru.receive(notice.data, NOW).events] for notice in notices[1:]]
    shown, flooding = [EventCode.NOTICE], [EventCode.FLOODING]
    assert codes == [shown, shown, shown, flooding, [], []]
    new = []
    for notice in notices * 2:
        new += [
            event.subject for event in ru.receive(notice.data, NOW).events if event.code is EventCode.NOTICE
        ]
    # The first closes the gap; the last two were never shown, the others are not shown again.
    assert new == [notices[0].id, notices[5].id, notices[6].id]
    assert state_of(ru).streams["US"][EPOCH].head == notices[-1].id


def test_contradicting_signals_are_kept_as_evidence_within_a_bound(made: Template) -> None:
    us, ru = made.open("US"), made.forger("RU")
    step = state(us, made.centres["US"], launch(), NOW, OFFICERS)
    notice = step.sends[-1].data
    subject = next(event.subject for event in step.events if event.data == notice)
    for number in range(40):
        body = Acknowledgement(subject=subject, remark=f"number {number}")
        assert us.receive(ru.signal(Kind.ACKNOWLEDGEMENT, body, "US").data, NOW).refusal is None
    view = us.exchange(subject)
    assert len(view.evidence) == decide.MAX_EVIDENCE
    assert {tuple(f.code for f in one.findings) for one in view.evidence} == {(FindingCode.STATED_TWICE,)}


def test_replayed_duplicates_do_not_pile_up_in_a_restored_endpoint(made: Template, us: Forger) -> None:
    """A restored endpoint keeps its answers back until the next poll; anyone can replay a duplicate."""
    ru = made.open("RU")
    notice = us.notice()
    ru.receive(notice.data, NOW)
    ru.poll(NOW)
    ru._ledger.restored = True
    for _ in range(50):
        assert ru.receive(notice.data, NOW).sends == ()
    sends = ru.poll(NOW).sends
    assert len(sends) == len(set(sends))
    assert len([send for send in sends if send.to == "US"]) <= 3


# Syncs -------------------------------------------------------------------------------------


def test_junk_that_names_a_member_does_not_draw_a_sync_each_time(made: Template, us: Forger) -> None:
    """Anyone can claim an unknown mandate; the syncs that this draws back off all the same."""
    ru = made.open("RU")
    settle_alone(ru)
    junk = us.notice(k3=bytes(32)).data
    drawn = 0
    for second in range(100):
        step = ru.receive(junk, NOW + second)
        assert step.refusal is not None
        assert step.refusal.code is Refusal.UNKNOWN_MANDATE
        drawn += len(ru.poll(NOW + second).sends)
        drawn += len(ru.poll(NOW + second).sends)
    assert drawn <= 5


def settle_alone(endpoint: Endpoint) -> None:
    """Let it say what it has to say to nobody."""
    endpoint.poll(NOW - 10_000)
    for exchange in list(state_of(endpoint).exchanges.values()):
        state_of(endpoint).exchanges.pop(exchange.id)


def test_a_hole_in_ones_own_mandates_is_asked_of_nobody(made: Template) -> None:
    """A host gives its own mandate 3 before 2: a sync to oneself would be sent."""
    ru = made.open("RU")
    settle_alone(ru)
    first = ru.mandate()
    centre = made.centres["RU"]
    second = make_mandate(made.channel, centre, first)
    other = made.open("RU")
    other.receive(second, NOW)
    third = make_mandate(made.channel, centre, other.mandate())
    step = ru.receive(third, NOW)
    assert step.refusal is not None
    assert step.refusal.code is Refusal.MANDATE_GAP
    assert all(send.to != "RU" for send in ru.poll(NOW).sends)


def test_a_clock_that_was_put_back_does_not_stop_the_answers_to_syncs(made: Template) -> None:
    us, ru = made.open("US"), made.open("RU")
    settle([us, ru], NOW)
    notice = state(us, made.centres["US"], launch(), NOW, OFFICERS)
    forger = made.forger("RU")
    own = state_of(us).epoch
    assert own is not None
    wanted = [{1: "US", 2: {1: own[0], 2: own[1]}, 3: 1, 4: 1}]
    for now in (NOW + 100_000, NOW + 1):
        sync = forger.signal(
            Kind.SYNC, {1: [], 2: [{1: "US", 2: 1, 3: made.forger("US").mandate}], 3: wanted}, "US"
        )
        sends = us.receive(sync.data, now).sends
        assert [send.data for send in sends] == [notice.sends[-1].data]


# Sizes -------------------------------------------------------------------------------------


def test_a_draft_that_would_seal_into_too_large_a_message_is_refused_at_every_desk(
    made: Template, us: Forger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once reserved, its position would be lost: every recipient refuses what exceeds the bound.

    The payload alone is within it; the signatures that are still to come are not.
    """
    endpoint = made.open("US")
    mandate = endpoint.mandate()
    assert mandate is not None
    monkeypatch.setattr(draft_module, "MAX_MESSAGE", 1_000)
    refused = {}
    for length in range(1, 600, 3):
        raw = us.notice(body=launch(remark="x" * length)).raw
        draft = Draft(us.header, cbor.encode(raw), {})
        size = len(us.signed(raw, (*OFFICERS, "system")).data)
        try:
            draft.review(made.channel, mandate)
        except Refused as error:
            assert error.code is Refusal.TOO_LARGE
            refused[size] = True
        else:
            refused[size] = False
    assert refused == {size: size > 1_000 for size in refused}
    assert set(refused.values()) == {True, False}


def test_a_body_too_large_to_be_sent_is_a_usage_error(
    made: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    us = made.open("US")
    us.draft(launch(), NOW, OFFICERS)  # the epoch is open
    before = snapshot(us)
    monkeypatch.setattr(draft_module, "MAX_MESSAGE", 700)
    with pytest.raises(UsageError) as raised:
        us.draft(launch(remark="x" * 300), NOW, OFFICERS)
    assert raised.value.code is Usage.BAD_VALUE
    assert snapshot(us) == before


def test_the_officers_of_a_draft_are_bounded_like_those_of_a_message() -> None:
    made = template(officers=1)
    us = made.open("US")
    with pytest.raises(UsageError) as raised:
        us.draft(launch(), NOW, [f"officer-{n}" for n in range(40)])
    assert raised.value.code in {Usage.UNKNOWN_SIGNER, Usage.WRONG_SIGNERS}


def test_a_draft_that_is_refused_opens_no_epoch(made: Template) -> None:
    us = made.open("US")
    before = snapshot(us)
    with pytest.raises(UsageError):
        us.draft(launch(), NOW, ["officer-1", "nobody"])
    assert snapshot(us) == before


def test_a_view_of_what_nobody_knows_is_a_usage_error(made: Template) -> None:
    us = made.open("US")
    for look in (us.exchange, lambda notice: us.launch(notice, NOW)):
        with pytest.raises(UsageError) as raised:
            look(bytes(32))
        assert raised.value.code is Usage.UNKNOWN_SUBJECT
    with pytest.raises(UsageError):
        us.pending("FR")
    assert views.EXPIRY_NOTICE == 30 * 86_400
    assert Owed.NOTHING.value == 3
    assert Draft.load(us.draft(launch(), NOW, OFFICERS).data).signatures == {}
