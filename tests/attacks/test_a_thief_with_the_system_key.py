"""A thief has the system's key, and no officer's: it makes receipts and syncs, and no more."""

from __future__ import annotations

from typing import Any

import pytest

from launchnotice import Send, registry
from launchnotice.core.decide import MAX_EVIDENCE
from launchnotice.registry import ContentType, EventCode, FindingCode, Kind, MandateReason, Place, Refusal
from launchnotice.wire import cose
from launchnotice.wire.bounds import MAX_MANDATE, SUPERSEDED_FOR
from launchnotice.wire.message import recall
from launchnotice.wire.signals import Acknowledgement, Receipt
from tests.attacks.hands import DAY, Renewed
from tests.support import NOW, launch, sign
from tests.support.forge import Forged, Forger, chain
from tests.support.recovery import Side, Talk, names
from tests.support.template import Template, template

NEXT = (2, bytes(range(16, 32)))


@pytest.fixture(scope="module")
def made() -> Template:
    return template()


def receipt(forger: Forger, notice: bytes, data: bytes, at: int, **more: Any) -> Forged:
    body = Receipt(
        subject=notice,
        envelope=cose.envelope_digest(data),
        received=at,
        place=Place.ACCEPTED,
        readable=True,
    )
    return forger.signal(Kind.RECEIPT, body, "US", **more)


def said(us: Side) -> tuple[bytes, bytes]:
    """A notice of US, and its bytes."""
    notice, sends = us.say(launch(), NOW)
    return notice, sends[-1].data


@pytest.mark.requirement("R-POL-3")
@pytest.mark.parametrize("kind", sorted(set(registry.KINDS) - {Kind.RECEIPT, Kind.SYNC}))
def test_says_nothing_that_an_officer_signs(made: Template, kind: int) -> None:
    ru, thief = made.open("RU"), made.forger("US")
    if kind >= Kind.RECEIPT:
        forged = thief.signal(Kind(kind), {1: bytes(32)}, "RU", signers=["system"])
    elif kind >= Kind.INCIDENT:
        forged = thief.emergency(1, kind=kind)
        forged = thief.signed({**forged.raw, 6: thief.manifest(["system"])}, ["system"])
    else:
        forged = thief.notice(body={1: 1}, signers=["system"], k5=kind)
    step = ru.receive(forged.data, NOW)
    assert (step.refusal and step.refusal.code, step.events) == (Refusal.THRESHOLD, ())


@pytest.mark.requirement("R-DELIV-1")
def test_a_forged_receipt_ends_nothing_that_an_officer_owes(made: Template) -> None:
    us = Side(made, "US")
    notice, data = said(us)
    us.hear(receipt(made.forger("RU"), notice, data, NOW).data, NOW)
    assert notice in us.endpoint.pending("RU")
    (event,) = us.told(EventCode.SIGNAL)
    assert FindingCode.WITHOUT_EFFECT not in names(event)
    # It is repeated, and what the honest member has to say still counts.
    assert any(send.data == data for send in us.endpoint.poll(NOW + 600).sends)


@pytest.mark.requirement("R-MAND-19")
def test_a_receipt_that_comes_after_the_compromise_has_no_effect(made: Template) -> None:
    us, thief = Side(made, "US"), made.forger("RU")
    notice, data = said(us)
    us.hear(Renewed(made, MandateReason.COMPROMISE, code="RU").data, NOW)
    us.hear(receipt(thief, notice, data, NOW).data, NOW)
    (event,) = us.told(EventCode.SIGNAL)
    assert names(event) == {FindingCode.SUPERSEDED_MANDATE, FindingCode.WITHOUT_EFFECT}
    view = us.endpoint.exchange(notice)
    assert view.deliveries["RU"].name == "PENDING"
    assert len(view.evidence) == 1


@pytest.mark.requirement("R-MAND-19")
def test_forged_receipts_take_no_room_from_what_counts(made: Template) -> None:
    us, thief = Side(made, "US"), made.forger("RU")
    notice, data = said(us)
    renewed = Renewed(made, MandateReason.COMPROMISE, code="RU")
    us.hear(renewed.data, NOW)
    for late in range(3 * MAX_EVIDENCE):
        us.hear(receipt(thief, notice, data, NOW + late).data, NOW)
    assert len(us.endpoint.exchange(notice).evidence) == MAX_EVIDENCE
    us.hear(receipt(renewed.forger, notice, data, NOW, epoch=NEXT).data, NOW)
    assert us.endpoint.exchange(notice).deliveries["RU"].name == "RECEIVED"
    assert names(us.told(EventCode.SIGNAL)[-1]).isdisjoint({FindingCode.WITHOUT_EFFECT})


@pytest.mark.requirement("R-MAND-20")
@pytest.mark.parametrize("acknowledged", [False, True])
def test_the_honest_member_says_again_what_the_compromise_made_void(
    made: Template, *, acknowledged: bool
) -> None:
    """Its receipt, and its officer's acknowledgement, were on the way when the keys were replaced."""
    us, ru = Side(made, "US"), Side(made, "RU")
    notice, data = said(us)
    ru.hear(data, NOW + 5)
    lost = ru.endpoint.poll(NOW + 6).sends
    if acknowledged:
        draft = sign(ru.endpoint, made.centres["RU"], Acknowledgement(subject=notice), NOW + 7, ["officer-1"])
        lost += ru.endpoint.submit(draft, NOW + 7).sends
    renewed = Renewed(made, MandateReason.COMPROMISE, code="RU")
    for side in (us, ru):
        side.hear(renewed.data, NOW + 10)
    renewed.take_over(ru)
    for send in lost:  # under the keys that a thief has as well
        us.hear(send.data, NOW + 20)
    assert us.endpoint.exchange(notice).deliveries["RU"].name == "PENDING"
    Talk({"US": us, "RU": ru}).settle(NOW + 60, 120)
    assert us.endpoint.exchange(notice).deliveries["RU"].name == "RECEIVED"
    (again,) = [s for s in us.endpoint.exchange(notice).signals if s.kind == Kind.RECEIPT]
    assert isinstance(again.body, Receipt)
    assert again.body.received == NOW + 5
    if acknowledged:  # only a person can say again that a person has read it
        assert notice in ru.endpoint.pending("RU")
        draft = sign(
            ru.endpoint, ru.made.centres["RU"], Acknowledgement(subject=notice), NOW + 200, ["officer-1"]
        )
        for send in ru.endpoint.submit(draft, NOW + 200).sends:
            us.hear(send.data, NOW + 200)
        assert us.endpoint.exchange(notice).deliveries["RU"].name == "ACKNOWLEDGED"


@pytest.mark.requirement("R-MAND-20")
def test_what_its_sender_knew_before_the_compromise_is_not_said_again(made: Template) -> None:
    us, ru = Side(made, "US"), Side(made, "RU")
    notice, data = said(us)
    ru.hear(data, NOW)
    for send in ru.endpoint.poll(NOW).sends:
        us.hear(send.data, NOW)
    renewed = Renewed(made, MandateReason.COMPROMISE, code="RU")
    us.hear(renewed.data, NOW + 10)
    assert us.endpoint.exchange(notice).deliveries["RU"].name == "RECEIVED"
    ru.hear(renewed.data, NOW + 10)
    assert [event for event in ru.endpoint.poll(NOW + 20).events if event.subject == notice] == []


@pytest.mark.requirement("R-SIGN-10")
def test_its_void_receipt_does_not_make_the_system_sign_twice_in_one_epoch(made: Template) -> None:
    ru, us = Side(made, "RU"), made.forger("US")
    (notice,) = chain(us, 1)
    ru.hear(notice.data, NOW)
    before = ru.endpoint.poll(NOW).sends
    renewed = Renewed(made, MandateReason.COMPROMISE, code="RU")
    ru.hear(renewed.data, NOW)
    renewed.take_over(ru)
    assert ru.hear(notice.data, NOW + 60) == ()  # nothing under the stolen key goes out again
    after = ru.endpoint.poll(NOW + 60).sends
    epochs = [
        {recall(data).payload.epoch for data in messages if recall(data).payload.kind == Kind.RECEIPT}
        for messages in (of_messages(before), of_messages(after))
    ]
    assert epochs[0].isdisjoint(epochs[1])
    assert epochs[1]


@pytest.mark.requirement("R-MAND-21")
@pytest.mark.parametrize(("later", "counts"), [(SUPERSEDED_FOR, True), (SUPERSEDED_FOR + 1, False)])
def test_after_a_routine_change_a_receipt_counts_for_thirty_days(
    made: Template, later: int, *, counts: bool
) -> None:
    us, old = Side(made, "US"), made.forger("RU")
    notice, data = said(us)
    renewed = Renewed(made, MandateReason.ROUTINE, code="RU")
    us.hear(renewed.data, NOW)
    us.hear(chain(renewed.forger, 1)[0].data, NOW + DAY)  # the first notice under the new keys
    us.hear(receipt(old, notice, data, NOW).data, NOW + DAY + later)
    event = us.told(EventCode.SIGNAL)[-1]
    assert FindingCode.SUPERSEDED_MANDATE in names(event)
    assert (FindingCode.WITHOUT_EFFECT not in names(event)) is counts
    assert (us.endpoint.exchange(notice).deliveries["RU"].name == "RECEIVED") is counts


def of_messages(sends: tuple[Send, ...]) -> list[bytes]:
    """The bytes of those that are no mandates."""
    return [s.data for s in sends if cose.parse(s.data, MAX_MANDATE).content_type is not ContentType.MANDATE]
