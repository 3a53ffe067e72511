"""Incidents and retractions (spec sections 5.19 and 5.20)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cbor2
import pytest

from launchnotice import Send
from launchnotice.registry import (
    AmendmentReason,
    EventCode,
    FindingCode,
    IncidentObject,
    Kind,
    LaunchPhase,
    Place,
    RetractionReason,
)
from launchnotice.wire.geo import Point
from launchnotice.wire.notices import Amendment, Incident, LaunchNotification, Retraction
from tests.spec.requirements.build import OFFICERS, World, parts, world
from tests.spec.requirements.told import Told, codes, heard
from tests.support import NOW, launch, open_endpoint, state
from tests.support.faults import Site
from tests.support.forge import Forged
from tests.support.template import template


def incident(**more: Any) -> Incident:
    """The least that an incident says."""
    return Incident(
        time=NOW,
        place=Point(latitude=0, longitude=0),
        object=IncidentObject.UNIDENTIFIED,
        contact="duty officer",
        **more,
    )


def retraction(subject: bytes) -> Retraction:
    return Retraction(subject=subject, reason=RetractionReason.FALSE_CONTENT)


def kinds_sent(sends: Sequence[Send]) -> list[int]:
    """Kinds of messages; 0 of a mandate."""
    return [cbor2.loads(parts(send.data)[2]).get(5, 0) for send in sends]


def known(w: World) -> tuple[Told, Forged]:
    """US has told a launch, and RU knows it."""
    told = Told(w.forger)
    first = told.say(launch())
    heard(w, first)
    return told, first


# Incident --------------------------------------------------------------------------------


@pytest.mark.requirement("R-INC-1")
def test_incident_leaves_at_once_whatever_its_endpoint_waits_for() -> None:
    made = template()
    site = Site(made, "US")
    state(site.open(), made.centres["US"], launch(), NOW, OFFICERS)
    restored = site.restore()
    assert restored.health(NOW).restored
    step = state(restored, made.centres["US"], incident(), NOW, OFFICERS[:1])
    assert Kind.INCIDENT in kinds_sent(step.sends)
    assert restored.health(NOW).epoch[0] == 2


@pytest.mark.requirement("R-INC-1")
def test_incident_may_name_what_its_sender_does_not_hold() -> None:
    w = world()
    us = open_endpoint(w.channel, w.us, mandates=[*w.mandates.values()])
    body = incident(launch=bytes(32), confirms=bytes(range(32)))
    *_, send = state(us, w.us, body, NOW, OFFICERS).sends
    (event,) = w.receive(send.data).events
    assert [(one.code, one.subject) for one in event.findings] == [
        (FindingCode.UNKNOWN_REFERENCE, "launch"),
        (FindingCode.UNKNOWN_REFERENCE, "confirms"),
    ]
    assert w.receiver.exchange(event.subject).body == body


@pytest.mark.requirement("R-INC-1")
@pytest.mark.requirement("R-EMERG-1")
def test_incident_passes_a_disputed_stream_and_a_gap() -> None:
    w = world()
    told, _ = known(w)
    told.seq += 1
    heard(w, told.say(launch()))
    other = Told(w.forger)
    assert EventCode.FORK in [event.code for event in w.receive(other.say(launch(remark="x")).data).events]
    event = heard(w, told.say(incident()))
    assert codes(event) == []
    assert w.receiver.exchange(event.subject).place is Place.ACCEPTED


@pytest.mark.requirement("R-INC-3")
@pytest.mark.parametrize(
    ("officers", "found"),
    [(1, [FindingCode.SINGLE_SIGNATURE]), (2, []), (3, [])],
    ids=["one", "two", "three"],
)
def test_incident_of_one_officer_has_a_finding(officers: int, found: list[FindingCode]) -> None:
    names = ("officer-1", "officer-2", "officer-3")[:officers]
    w = world()
    assert codes(heard(w, Told(w.forger).say(incident(), officers=names))) == found
    us = open_endpoint(w.channel, w.us, mandates=[*w.mandates.values()])
    review = us.draft(incident(), NOW, names).review(w.channel, w.mandate())
    assert [finding.code for finding in review.findings] == found


@pytest.mark.requirement("R-INC-3")
def test_second_officer_confirms_an_incident() -> None:
    """Both stay as they are; the second names the first."""
    w = world()
    told = Told(w.forger)
    first = heard(w, told.say(incident(), officers=OFFICERS[:1]))
    second = heard(w, told.say(incident(confirms=first.subject), officers=OFFICERS[1:]))
    assert codes(first) == codes(second) == [FindingCode.SINGLE_SIGNATURE]
    body = w.receiver.exchange(second.subject).body
    assert isinstance(body, Incident)
    assert body.confirms == first.subject


# Retraction ------------------------------------------------------------------------------


@pytest.mark.requirement("R-RETR-2")
def test_what_was_retracted_is_shown_as_before() -> None:
    w = world()
    told, first = known(w)
    before = w.receiver.exchange(first.id)
    needs = w.receiver.attention(NOW + 2)
    event = heard(w, told.say(retraction(first.id)))
    assert codes(event) == []
    after = w.receiver.exchange(first.id)
    assert after.followers == (event.subject,)
    assert after._replace(followers=()) == before
    assert isinstance(before.body, LaunchNotification)
    assert set(needs) < set(w.receiver.attention(NOW + 2))
    assert {first.id, event.subject} <= set(w.receiver.pending("RU"))
    assert {first.id, event.subject} <= {one.subject for one in w.receiver.events(0)}


@pytest.mark.requirement("R-RETR-2")
@pytest.mark.parametrize("early", [False, True], ids=["after", "before"])
def test_retraction_and_its_launch_are_shown_together(*, early: bool) -> None:
    w = world()
    told = Told(w.forger)
    first = told.say(launch())
    undone = told.say(retraction(first.id))
    order = [undone, first] if early else [first, undone]
    events = [heard(w, made) for made in order]
    view = w.receiver.launch(first.id, NOW)
    assert (view.phase, view.notices) == (LaunchPhase.RETRACTED, (first.id, undone.id))
    assert view.notification == launch()
    body = w.receiver.exchange(undone.id).body
    assert isinstance(body, Retraction)
    assert body.subject == first.id
    assert [codes(event) for event in events] == [[FindingCode.UNKNOWN_REFERENCE] if early else [], []]


@pytest.mark.requirement("R-RETR-2")
@pytest.mark.requirement("R-PHASE-2")
def test_retracted_amendment_is_shown_and_does_not_hold() -> None:
    w = world()
    told, first = known(w)
    anew = Amendment(
        launch=first.id,
        replaces=first.id,
        reason=AmendmentReason.PLAN,
        notification=launch(launch_count=7),
    )
    amendment = heard(w, told.say(anew))
    assert w.receiver.launch(first.id, NOW).version == 2
    heard(w, told.say(retraction(amendment.subject)))
    view = w.receiver.launch(first.id, NOW)
    assert (view.phase, view.version, view.notification) == (LaunchPhase.ANNOUNCED, 2, launch())
    assert view.notices == (first.id,)
    assert w.receiver.exchange(amendment.subject).body == anew
