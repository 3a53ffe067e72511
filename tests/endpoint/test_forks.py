"""Two stories: proved, passed on, seen through heads, ended by a mandate (spec sections 6.3 and 9.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from launchnotice import Refused, UsageError, evidence
from launchnotice.core import snapshot
from launchnotice.pact.mandate import MandatePayload, Standing, UnverifiedMandate
from launchnotice.registry import (
    CancellationReason,
    EpochReason,
    EventCode,
    FindingCode,
    Kind,
    LaunchPhase,
    MandateReason,
    Place,
    Refusal,
)
from launchnotice.wire import cbor, cose
from launchnotice.wire.message import ChainedPayload, Message, parse_payload
from launchnotice.wire.notices import Cancellation
from launchnotice.wire.streams import Epoch, Position
from tests.support import NOW, launch, make_mandate
from tests.support.dump import state_of
from tests.support.forge import EPOCH, Forged, chain
from tests.support.recovery import Side, Talk, names
from tests.support.template import Template, template

THIRD: Template = template("US", "RU", "FR")


def told_twice(made: Template) -> tuple[list[Forged], Forged]:
    """Three notices in a row, and another third one."""
    forger = made.forger("US")
    one = chain(forger, 3)
    return one, forger.notice(3, one[1].id, body=launch(launch_count=77))


def mandate(made: Template, reason: MandateReason, stands: Sequence[Forged], seqs: Sequence[int]) -> bytes:
    first = UnverifiedMandate.parse(made.mandates["US"]).verify(made.channel, None)
    epoch = Epoch(number=EPOCH[0], random=EPOCH[1])
    standing = [
        Standing(epoch=epoch, last=Position(seq=s, id=n.id)) for s, n in zip(seqs, stands, strict=True)
    ]
    return make_mandate(made.channel, made.centres["US"], first, reason=reason, stands=standing)


def forked(made: Template, *, first: int = 0) -> tuple[Side, list[Forged], Forged]:
    """A side that heard both stories, the given one first."""
    ru = Side(made, "RU")
    one, other = told_twice(made)
    for notice in (*one[:2], *((one[2], other) if first == 0 else (other, one[2]))):
        ru.hear(notice.data, NOW)
    return ru, one, other


# Proofs ----------------------------------------------------------------------------------


@pytest.mark.requirement("R-FORK-4")
def test_the_proof_reaches_a_member_that_heard_one_story_alone() -> None:
    sides = {code: Side(THIRD, code) for code in ("RU", "FR")}
    talk = Talk(sides)
    one, other = told_twice(THIRD)
    for notice in (*one, other):
        sides["RU"].hear(notice.data, NOW)
    for notice in one:
        sides["FR"].hear(notice.data, NOW)
    talk.settle(NOW, 60)
    assert len(sides["FR"].told(EventCode.FORK)) == 1
    assert sides["FR"].endpoint.exchange(other.id).place is Place.DISPUTED


@pytest.mark.requirement("R-FORK-4")
def test_the_proof_is_offered_a_few_times_to_every_member_and_the_sender() -> None:
    ru, _, other = forked(THIRD)
    sends = [
        (s.to, at)
        for at in range(NOW, NOW + 90_000, 10)
        for s in ru.endpoint.poll(at).sends
        if s.data == other.data
    ]
    assert {to for to, _ in sends} == {"US", "FR"}
    times = [at - NOW for to, at in sends if to == "FR"]
    assert times == [0, 10, 30, 70, 150, 310, 630, 1_270, 2_550, 5_110]


@pytest.mark.requirement("R-SYNC-10")
def test_heads_show_that_two_members_were_told_different_stories() -> None:
    sides = {code: Side(THIRD, code) for code in ("RU", "FR")}
    talk = Talk(sides)
    now = talk.settle(NOW, 60)
    one, other = told_twice(THIRD)
    for notice in one:
        sides["RU"].hear(notice.data, now)
    for notice in (*one[:2], other):
        sides["FR"].hear(notice.data, now)
    talk.carry(sides["RU"].say(launch(), now)[1], now)
    talk.settle(now, 60)
    for side in sides.values():
        assert len(side.told(EventCode.FORK)) == 1


@pytest.mark.requirement("R-FORK-5")
def test_a_third_party_checks_the_proof_with_the_descriptor_alone(made: Template) -> None:
    ru, one, other = forked(made)
    (envelopes,) = ru.endpoint.forks()
    found = evidence.verify_fork(made.channel, evidence.pack_fork(envelopes))
    assert (found.party, found.epoch, found.seq) == ("US", EPOCH, 3)
    assert {found.one, found.other} == {one[2].id, other.id}
    assert isinstance(found.first, Message)
    assert found.first.row.label == "launch notification"


@pytest.mark.requirement("R-FORK-5")
def test_a_prev_that_names_another_notice_is_a_proof_too(made: Template) -> None:
    ru, forger = Side(made, "RU"), made.forger("US")
    one = chain(forger, 2)
    misfit = forger.notice(3, bytes(32))
    for notice in (*one, misfit):
        ru.hear(notice.data, NOW)
    (envelopes,) = ru.endpoint.forks()
    found = evidence.verify_fork(made.channel, evidence.pack_fork(envelopes))
    assert (found.seq, {found.one, found.other}) == (2, {one[1].id, bytes(32)})


@pytest.mark.requirement("R-FORK-5")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("same", Refusal.INCONSISTENT),
        ("neighbours", Refusal.INCONSISTENT),
        ("another epoch", Refusal.INCONSISTENT),
        ("flipped", Refusal.BAD_SIGNATURE),
        ("another party", Refusal.UNKNOWN_MANDATE),
        ("no chained notice", Refusal.UNKNOWN_KIND),
        ("truncated", Refusal.NOT_CBOR),
    ],
)
def test_what_is_no_proof_is_refused(made: Template, change: str, code: Refusal) -> None:
    forger = made.forger("US")
    one, other = told_twice(made)
    flipped = bytearray(other.data)
    flipped[-1] ^= 1
    second = {
        "same": one[2].data,
        "neighbours": one[1].data,
        "another epoch": forger.notice(3, one[1].id, epoch=(2, bytes(16))).data,
        "flipped": bytes(flipped),
        "another party": made.forger("RU").notice().data,
        "no chained notice": forger.emergency(1).data,
        "truncated": other.data,
    }[change]
    data = evidence.pack_fork([made.mandates["US"], one[2].data, second])
    with pytest.raises(Refused) as caught:
        evidence.verify_fork(made.channel, data[:-1] if change == "truncated" else data)
    assert caught.value.code is code


# The end of a dispute --------------------------------------------------------------------


@pytest.mark.requirement("R-FORK-6")
@pytest.mark.requirement("R-MAND-14")
@pytest.mark.requirement("R-MAND-15")
@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("stands", [0, 1])
def test_a_mandate_says_which_story_stands_whichever_came_first(
    made: Template, first: int, stands: int
) -> None:
    ru, one, other = forked(made, first=first)
    right, wrong = (one[2], other) if stands == 0 else (other, one[2])
    ru.hear(mandate(made, MandateReason.FORK, [right], [3]), NOW + 10)
    assert [event.subject for event in ru.told(EventCode.DISOWNED)] == [wrong.id]
    assert ru.endpoint.exchange(right.id).place is Place.ACCEPTED
    assert not ru.endpoint.exchange(right.id).disputed
    assert FindingCode.DISOWNED in {f.code for f in ru.endpoint.exchange(wrong.id).findings}
    assert ru.endpoint.health(NOW).disputed == []
    assert ru.endpoint.forks() == []
    state = state_of(ru.endpoint)
    loaded = snapshot.load(state.channel, state.own, state.find, snapshot.dump(state))
    assert snapshot.dump(loaded) == snapshot.dump(state)


@pytest.mark.requirement("R-MAND-14")
def test_what_a_mandate_says_stands_joins_when_it_arrives_later(made: Template) -> None:
    ru = Side(made, "RU")
    one, other = told_twice(made)
    for notice in (*one[:2], other):
        ru.hear(notice.data, NOW)
    ru.hear(mandate(made, MandateReason.FORK, [one[2]], [3]), NOW + 10)
    assert [event.subject for event in ru.told(EventCode.DISOWNED)] == [other.id]
    ru.hear(one[2].data, NOW + 20)
    assert ru.endpoint.exchange(one[2].id).place is Place.ACCEPTED


@pytest.mark.requirement("R-MAND-15")
def test_notices_beyond_what_stands_are_disowned_also_if_they_come_later(made: Template) -> None:
    ru = Side(made, "RU")
    notices = chain(made.forger("US"), 4)
    for notice in notices[:3]:
        ru.hear(notice.data, NOW)
    ru.hear(mandate(made, MandateReason.COMPROMISE, [notices[0]], [1]), NOW + 10)
    assert [event.subject for event in ru.told(EventCode.DISOWNED)] == [n.id for n in notices[1:3]]
    ru.hear(notices[3].data, NOW + 20)
    last = ru.told(EventCode.NOTICE)[-1]
    assert last.subject == notices[3].id
    assert FindingCode.DISOWNED in names(last)
    thief = made.forger("US").notice(epoch=(2, bytes(16)))
    ru.hear(thief.data, NOW + 30)
    assert FindingCode.DISOWNED in names(ru.told(EventCode.NOTICE)[-1])


@pytest.mark.requirement("R-MAND-15")
def test_a_disowned_cancellation_cancels_nothing(made: Template) -> None:
    ru, forger = Side(made, "RU"), made.forger("US")
    notified = forger.notice()
    body = Cancellation(launch=notified.id, reason=CancellationReason.PLAN)
    cancelled = forger.notice(2, notified.id, body=body, k5=Kind.CANCELLATION.value)
    for notice in (notified, cancelled):
        ru.hear(notice.data, NOW)
    assert ru.endpoint.launch(notified.id, NOW).phase is LaunchPhase.CANCELLED
    ru.hear(mandate(made, MandateReason.COMPROMISE, [notified], [1]), NOW + 10)
    assert ru.endpoint.launch(notified.id, NOW).phase is LaunchPhase.ANNOUNCED


@pytest.mark.requirement("R-MAND-18")
def test_after_a_loss_nothing_is_disowned(made: Template) -> None:
    ru = Side(made, "RU")
    notices = chain(made.forger("US"), 3)
    for notice in notices:
        ru.hear(notice.data, NOW)
    ru.hear(mandate(made, MandateReason.LOSS, [notices[0]], [1]), NOW + 10)
    assert ru.told(EventCode.DISOWNED) == []
    assert [event.subject for event in ru.told(EventCode.ABANDONED)] == [n.id for n in notices[1:]]


@pytest.mark.requirement("R-MAND-16")
def test_the_party_goes_on_in_a_new_epoch(made: Template) -> None:
    talk = Talk({code: Side(made, code) for code in ("US", "RU")})
    us, ru = talk.sides["US"], talk.sides["RU"]
    now = talk.settle(NOW, 60)
    said = []
    for number in range(3):
        notice, sends = us.say(launch(launch_count=number + 1), now)
        talk.carry(sends, now)
        said.append(notice)
    now = talk.settle(now, 60)
    epoch, seq = us.endpoint.exchange(said[1]).epoch, us.endpoint.exchange(said[1]).seq
    first = us.endpoint.mandate()
    assert first is not None
    record = Epoch(number=epoch[0], random=epoch[1])
    standing = [Standing(epoch=record, last=Position(seq=seq, id=said[1]))]
    data = make_mandate(made.channel, made.centres["US"], first, reason=MandateReason.FORK, stands=standing)
    us.hear(data, now)
    assert [event.subject for event in us.told(EventCode.DISOWNED)] == [said[2]]
    now = talk.settle(now, 60)
    assert [event.subject for event in ru.told(EventCode.DISOWNED)] == [said[2]]
    notice, sends = us.say(launch(launch_count=9), now)
    talk.carry(sends, now)
    assert us.endpoint.exchange(notice).epoch > epoch
    payload = parse_payload(cose.parse(ru.endpoint.exchange(notice).data, 1 << 16).payload)[0]
    assert isinstance(payload, ChainedPayload)
    assert payload.opening is not None
    assert payload.opening.reason is EpochReason.MANDATE
    assert payload.opening.head == Position(seq=seq, id=said[1])
    offered = [s for at in range(now, now + 9_000, 30) for s in us.endpoint.poll(at).sends]
    assert ru.endpoint.exchange(said[2]).data not in [send.data for send in offered]


# Mandates --------------------------------------------------------------------------------


@pytest.mark.requirement("R-MAND-3")
@pytest.mark.requirement("R-MAND-17")
@pytest.mark.parametrize(
    ("reason", "times", "code"),
    [
        (MandateReason.ROUTINE, 1, Refusal.INCONSISTENT),
        (MandateReason.FORK, 2, Refusal.DUPLICATE_ENTRY),
        (MandateReason.COMPROMISE, 2, Refusal.DUPLICATE_ENTRY),
        (MandateReason.LOSS, 2, Refusal.DUPLICATE_ENTRY),
    ],
)
def test_what_stands_is_said_once_and_for_a_reason(
    made: Template, reason: MandateReason, times: int, code: Refusal
) -> None:
    notice = made.forger("US").notice()
    with pytest.raises(UsageError, match=code.value):
        mandate(made, reason, [notice] * times, [1] * times)
    raw = MandatePayload.load(_payload(made)).dump()
    raw |= {
        20: 2,
        21: bytes(32),
        23: reason.value,
        25: [{1: {1: 1, 2: EPOCH[1]}, 2: {1: 1, 2: notice.id}}] * times,
    }
    raw = {key: raw[key] for key in sorted(raw)}
    with pytest.raises(Refused) as caught:
        MandatePayload.load(raw)
    assert caught.value.code is code


def _payload(made: Template) -> Any:
    return cbor.decode(cose.parse(made.mandates["US"], 1 << 18).payload, 1 << 18)
