"""A thief has the keys of as many officers as announce, and no system's: what they sign is no message."""

from __future__ import annotations

import pytest

from launchnotice import Draft, Refused, UsageError
from launchnotice.registry import EventCode, Kind, MandateReason, Refusal
from launchnotice.wire.notices import Cancellation
from launchnotice.wire.signals import Acknowledgement
from tests.attacks.hands import Renewed, signed_by
from tests.support import NOW, launch, sign
from tests.support.forge import chain
from tests.support.recovery import Side
from tests.support.template import Template, template

QUORUM = ("officer-1", "officer-2")


@pytest.fixture(scope="module")
def made() -> Template:
    return template()


@pytest.mark.requirement("R-POL-2")
@pytest.mark.parametrize("manifest", [QUORUM, (*QUORUM, "officer-3")])
def test_announces_nothing(made: Template, manifest: tuple[str, ...]) -> None:
    ru = made.open("RU")
    step = ru.receive(made.forger("US").notice(signers=manifest).data, NOW)
    assert (step.refusal and step.refusal.code, step.events) == (Refusal.THRESHOLD, ())


@pytest.mark.requirement("R-SIGN-5")
def test_puts_no_signature_of_its_own_in_the_place_of_the_systems(made: Template) -> None:
    thief, ru = made.forger("US"), made.open("RU")
    honest = thief.notice()
    stolen = {**thief.centre.keys, "system": thief.centre.keys["officer-3"]}
    thief.centre = thief.centre._replace(keys=stolen)
    forged = thief.signed(honest.raw)  # the manifest still names the system
    step = ru.receive(forged.data, NOW)
    assert step.refusal is not None
    assert step.refusal.code is Refusal.MANIFEST_MISMATCH
    assert ru.events(0) == made.open("RU").events(0)


@pytest.mark.requirement("R-POL-2")
def test_acknowledges_nothing_in_the_name_of_its_party(made: Template) -> None:
    us = Side(made, "US")
    notice, _ = us.say(launch(), NOW)
    body = Acknowledgement(subject=notice)
    forged = made.forger("RU").signal(Kind.ACKNOWLEDGEMENT, body, "US", signers=["officer-1"])
    step = us.endpoint.receive(forged.data, NOW)
    assert (step.refusal and step.refusal.code) is Refusal.THRESHOLD
    assert notice in us.endpoint.pending("RU")


@pytest.mark.requirement("R-SIGN-9")
def test_forks_no_stream_with_drafts_that_were_never_submitted(made: Template) -> None:
    """Two drafts for one position, both signed by a whole quorum: the endpoint takes one and no other."""
    us = Side(made, "US")
    drafts = [
        sign(us.endpoint, made.centres["US"], launch(launch_count=count), NOW, QUORUM) for count in (1, 2)
    ]
    us.endpoint.submit(drafts[0], NOW)
    with pytest.raises(UsageError) as caught:
        us.endpoint.submit(drafts[1], NOW)
    assert caught.value.code.value == "stale"
    assert us.endpoint.health(NOW).position == us.endpoint.events(0)[-1].position


@pytest.mark.requirement("R-MAND-8")
def test_appoints_no_keys_of_its_own(made: Template) -> None:
    renewed = Renewed(made, MandateReason.ROUTINE)
    step = made.open("RU").receive(signed_by(made.centres["US"], renewed.data, QUORUM), NOW)
    assert (step.refusal and step.refusal.code) is Refusal.WRONG_ROLE


@pytest.mark.requirement("R-DRAFT-4")
def test_signs_nothing_any_more_when_the_authority_has_replaced_it(made: Template) -> None:
    us, thief = Side(made, "US"), made.centres["US"]
    ready = sign(us.endpoint, thief, launch(launch_count=66), NOW, QUORUM)
    renewed = Renewed(made, MandateReason.COMPROMISE)
    us.hear(renewed.data, NOW)
    renewed.take_over(us)
    with pytest.raises((Refused, UsageError)):
        us.endpoint.submit(Draft.load(ready.data), NOW)
    assert us.told(EventCode.SEALED) == []


@pytest.mark.requirement("R-MAND-15")
def test_with_the_system_as_well_cancels_nothing_that_the_authority_says_stands(made: Template) -> None:
    """Both stolen: the launch that was cancelled is announced again, and the officer is shown so."""
    ru, thief = Side(made, "RU"), made.forger("US")
    (notice,) = chain(thief, 1)
    forged = thief.notice(2, notice.id, body=Cancellation(launch=notice.id), k5=Kind.CANCELLATION)
    ru.hear(notice.data, NOW)
    ru.hear(forged.data, NOW)
    assert ru.endpoint.launch(notice.id, NOW).phase.value == "cancelled"
    ru.hear(Renewed(made, MandateReason.COMPROMISE, [notice]).data, NOW)
    assert ru.endpoint.launch(notice.id, NOW).phase.value == "announced"
    (shown,) = ru.told(EventCode.DISOWNED)
    # As prominent as when it came: whose, what, and its bytes to show once more.
    assert (shown.party, shown.subject, shown.kind, shown.data) == (
        "US",
        forged.id,
        Kind.CANCELLATION,
        forged.data,
    )
