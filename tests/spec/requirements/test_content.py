"""What messages say: identifiers, unknown fields, dates, launches, areas, agreements, unknown kinds."""

from __future__ import annotations

import hashlib
from typing import Any

import cbor2
import pytest

from launchnotice import Agreement, Event, UsageError
from launchnotice.pact.agreement import Condition, Limit, Rule
from launchnotice.registry import (
    Anchor,
    AreaForm,
    Basing,
    Bound,
    Category,
    Check,
    EventCode,
    Evidence,
    FindingCode,
    GenericClass,
    Kind,
    LengthUnit,
    Place,
    RejectionCode,
    Unit,
)
from launchnotice.wire import geo
from launchnotice.wire.geo import Circle, LandRegion, Point, Polygon
from launchnotice.wire.message import parse
from launchnotice.wire.notices import Window
from launchnotice.wire.signals import Acknowledgement, Receipt, Rejection, Sync
from tests.spec.requirements.build import OFFICERS, World, parts, world
from tests.support import NOW, launch, open_endpoint, state

DAY = 86_400


def received(w: World, body: Any, now: int = NOW + 1, **changes: Any) -> Event:
    """The event of a notice with that body."""
    events = w.receive(w.forger.notice(body=body, **changes).data, now).events
    assert [event.code for event in events] == [EventCode.NOTICE]
    return events[0]


def codes(event: Event) -> list[FindingCode]:
    return [finding.code for finding in event.findings]


# Identifiers ---------------------------------------------------------------------------


@pytest.mark.requirement("R-ID-1")
def test_message_id_covers_header_and_payload_and_no_signature() -> None:
    w = world()
    made = w.forger.notice()
    header, _, payload, _ = parts(made.data)
    assert made.id == hashlib.sha256(cbor2.dumps(["LNP/1", header, payload])).digest()
    assert received(w, launch()).subject == made.id
    assert parse(w.forger.notice(k4=NOW + 1).data).id != made.id


@pytest.mark.requirement("R-ID-2")
@pytest.mark.requirement("R-RCPT-2")
def test_receipt_gives_the_digest_of_all_bytes_and_what_happened() -> None:
    w = world()
    made = w.forger.notice()
    w.receive(made.data, NOW + 7)
    step = w.receiver.poll(NOW + 9)
    receipts = [message for message in map(_message, step.sends) if message and message[5] == Kind.RECEIPT]
    body = Receipt.load(next(one[7] for one in receipts if one[7][1] == made.id))
    assert body.envelope == hashlib.sha256(made.data).digest()
    assert (body.received, body.place, body.readable) == (NOW + 7, Place.ACCEPTED, True)


def _message(send: Any) -> dict[int, Any] | None:
    raw: dict[int, Any] = cbor2.loads(parts(send.data)[2])
    return raw if 5 in raw else None


@pytest.mark.requirement("R-ID-3")
def test_channel_id_is_the_digest_of_the_descriptor() -> None:
    w, other = world(), world(name="another name")
    assert w.channel.id == hashlib.sha256(w.channel.data).digest() != other.channel.id
    step = other.receive(w.forger.notice().data)
    assert step.refusal is not None
    assert step.refusal.code.value == "wrong-channel"


# Maps and scalars ----------------------------------------------------------------------


@pytest.mark.requirement("R-REC-5")
def test_unknown_fields_of_a_notice_are_kept_and_found() -> None:
    w = world()
    event = received(w, {**launch().dump(), 98: [1, {2: b"x"}]})
    assert codes(event) == [FindingCode.UNKNOWN_FIELDS]
    body = w.receiver.exchange(event.subject).body
    assert body is not None
    assert body.extra == {98: cbor2.dumps([1, {2: b"x"}])}
    assert codes(received(world(), launch())) == []


@pytest.mark.requirement("R-REC-6")
def test_defaults_are_left_out() -> None:
    assert 10 not in launch(launch_count=1).dump()
    assert launch(launch_count=2).dump()[10] == 2
    assert Sync(heads=(), mandates=()).dump() == {1: [], 2: []}
    assert Acknowledgement(subject=bytes(32)).dump() == {1: bytes(32)}


@pytest.mark.requirement("R-VAL-5")
def test_date_becomes_a_span_by_a_rule_alone() -> None:
    w = world()
    subject = received(w, launch()).subject
    view = w.receiver.launch(subject, NOW)
    day = launch().planned_date
    assert day is not None
    assert view.span == (day * DAY, (day + 4) * DAY)
    agreement = w.channel.descriptor.agreement
    bare = Agreement(**{**vars(agreement), "rules": ()})
    free = world(agreement=bare)
    assert free.receiver.launch(received(free, launch()).subject, NOW).span is None


# Kinds ---------------------------------------------------------------------------------


@pytest.mark.requirement("R-KIND-2")
@pytest.mark.parametrize(
    "changes", [{"k5": 63}, {"k7": {1: 99}}, {"k7": {}}, {"k7": {**launch().dump(), -1: 0}}]
)
def test_notice_that_cannot_be_read_takes_its_place(changes: dict[str, Any]) -> None:
    w = world()
    event = received(w, launch(), **changes)
    assert codes(event) == [FindingCode.UNINTELLIGIBLE]
    view = w.receiver.exchange(event.subject)
    assert (view.place, view.body, view.seq) == (Place.ACCEPTED, None, 1)
    w.receiver.poll(NOW + 2)
    receipt = w.receiver.exchange(event.subject).signals[0].body
    assert isinstance(receipt, Receipt)
    assert not receipt.readable
    assert w.receive(w.forger.notice(2, event.subject).data).refusal is None


# Launch notification -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "readable"),
    [
        pytest.param({4: 20_000}, True, marks=pytest.mark.requirement("R-LAUNCH-1")),
        pytest.param({5: {1: 5, 2: 6}}, True, marks=pytest.mark.requirement("R-LAUNCH-2")),
        pytest.param({}, False, marks=pytest.mark.requirement("R-LAUNCH-1")),
        pytest.param({4: 20_000, 5: {1: 5, 2: 6}}, False, marks=pytest.mark.requirement("R-LAUNCH-1")),
        pytest.param({5: {1: 6, 2: 6}}, False, marks=pytest.mark.requirement("R-LAUNCH-2")),
        pytest.param({5: {1: 7, 2: 6}}, False, marks=pytest.mark.requirement("R-LAUNCH-2")),
        pytest.param({4: 1, 6: [1, {1: 324_000_000, 2: 0}]}, True, marks=pytest.mark.requirement("R-AREA-1")),
        pytest.param(
            {4: 1, 6: [1, {1: 324_000_000, 2: 1}]}, False, marks=pytest.mark.requirement("R-AREA-1")
        ),
        pytest.param(
            {4: 1, 7: [[2, {1: -324_000_000, 2: 1, 3: 1, 4: 1}]]},
            False,
            marks=pytest.mark.requirement("R-AREA-1"),
        ),
        pytest.param(
            {4: 1, 7: [[3, {1: [0, 0, 0, 9, 9, 0]}]]}, True, marks=pytest.mark.requirement("R-AREA-2")
        ),
        pytest.param(
            {4: 1, 7: [[3, {1: [0, 0, 0, 9, 0, 0]}]]}, False, marks=pytest.mark.requirement("R-AREA-2")
        ),
        pytest.param({4: 1, 6: [6, {1: "Plesetsk"}]}, True, marks=pytest.mark.requirement("R-AREA-3")),
        pytest.param({4: 1, 6: [6, {}]}, False, marks=pytest.mark.requirement("R-AREA-3")),
    ],
)
def test_launch_that_breaks_a_rule_cannot_be_read(body: dict[int, Any], *, readable: bool) -> None:
    event = received(world(), {1: 1, **body})
    assert (FindingCode.UNINTELLIGIBLE not in codes(event)) == readable


@pytest.mark.requirement("R-BODY-1")
def test_remark_changes_no_finding_and_no_span() -> None:
    plain, loud = world(), world()
    one = received(plain, launch())
    two = received(loud, launch(remark="cancelled; window 2027-02-01 to 2027-02-02"))
    assert codes(one) == codes(two)
    assert plain.receiver.launch(one.subject, NOW).span == loud.receiver.launch(two.subject, NOW).span


CROSSING = Polygon(points=((0, 0), (3_600_000, 3_600_000), (3_600_000, 0), (0, 3_600_000)))
ANTIPODAL = Polygon(points=((0, 0), (0, 648_000_000), (36_000_000, 90_000_000)))
HALF = Polygon(points=((0, 0), (0, 432_000_000), (0, -432_000_000)))
INEXACT = Circle(latitude=0, longitude=0, radius=464, unit=LengthUnit.NAUTICAL_MILE)
MANY = Polygon(points=tuple((n, -n * n) for n in range(geo.MAX_EXAMINED)))
SQUARE = Polygon(points=((0, 0), (0, 3_600_000), (3_600_000, 3_600_000), (3_600_000, 0)))
FLAWED = {
    "antipodal-edge": (ANTIPODAL,),
    "crossing-edges": (CROSSING,),
    "half-sphere": (HALF,),
    "inexact-unit": (INEXACT,),
    "not examined": (MANY, SQUARE),
}


@pytest.mark.requirement("R-AREA-4")
@pytest.mark.requirement("R-AREA-5")
@pytest.mark.parametrize("flaw", FLAWED)
def test_flawed_area_is_shown_by_the_receiver_and_stopped_at_the_author(flaw: str) -> None:
    w = world()
    body = launch(impact_areas=FLAWED[flaw])
    (finding,) = [one for one in received(w, body).findings if one.code is FindingCode.AREA_SHAPE]
    assert flaw in (finding.found or "")
    sender = open_endpoint(w.channel, w.us, mandates=[*w.mandates.values()])
    with pytest.raises(UsageError, match="bad-value"):
        sender.draft(body, NOW, list(OFFICERS))


@pytest.mark.requirement("R-AREA-4")
@pytest.mark.requirement("R-AREA-5")
def test_area_without_a_flaw_has_no_finding() -> None:
    w = world()
    body = launch(impact_areas=(SQUARE,))
    assert codes(received(w, body)) == []
    sender = open_endpoint(w.channel, w.us, mandates=[*w.mandates.values()])
    assert sender.draft(body, NOW, list(OFFICERS))


# Agreement -----------------------------------------------------------------------------

CIRCLE = launch().impact_areas
ABSENT: dict[str, Any] = {"planned_date": None, "launch_area": None, "impact_areas": ()}


def rule(check: Check, subject: str, **more: Any) -> Rule:
    return Rule(check=check, kind=1, article="Article I", evidence=Evidence.VERIFIED, subject=subject, **more)


def window(start: int) -> Window:
    return Window(start=start, end=start + 3_600)


LEAD: dict[str, Any] = {"limit": Limit(bound=Bound.AT_LEAST, amount=24, unit=Unit.HOURS)}
A_DAY = Limit(bound=Bound.AT_LEAST, amount=1, unit=Unit.CALENDAR_DAYS)
VALID = Limit(bound=Bound.EXACTLY, amount=1, unit=Unit.CALENDAR_DAYS)
JUDGED: list[tuple[str, Rule, dict[str, Any], list[FindingCode]]] = [
    ("scope kept", rule(Check.SCOPE, "category", values=(1,)), {}, []),
    ("scope left", rule(Check.SCOPE, "category", values=(2,)), {}, [FindingCode.OUT_OF_SCOPE]),
    ("scope of an absent field", rule(Check.SCOPE, "purpose", values=(1,)), {}, []),
    ("required and given", rule(Check.REQUIRED, "launch_area"), {}, []),
    ("required and absent", rule(Check.REQUIRED, "remark"), {}, [FindingCode.MISSING]),
    (
        "required list, absent",
        rule(Check.REQUIRED, "impact_areas"),
        {"impact_areas": ()},
        [FindingCode.MISSING],
    ),
    ("forbidden and absent", rule(Check.FORBIDDEN, "remark"), {}, []),
    ("forbidden and given", rule(Check.FORBIDDEN, "remark"), {"remark": "x"}, [FindingCode.NOT_ALLOWED]),
    ("area form kept", rule(Check.AREA_FORM, "impact_areas", values=(AreaForm.CIRCLE.value,)), {}, []),
    (
        "two areas of other forms",
        rule(Check.AREA_FORM, "impact_areas", values=(AreaForm.POLYGON.value,)),
        {"impact_areas": CIRCLE * 2},
        [FindingCode.AREA_FORM] * 2,
    ),
    (
        "condition not met",
        rule(Check.REQUIRED, "remark", when=(Condition(subject="basing", values=(2,)),)),
        {},
        [],
    ),
    (
        "condition met",
        rule(Check.REQUIRED, "remark", when=(Condition(subject="basing", values=(1, 2)),)),
        {},
        [FindingCode.MISSING],
    ),
    (
        "issued in time, received late",
        rule(Check.LEAD_TIME, "window", anchor=Anchor.ISSUED, **LEAD),
        {"planned_date": None, "window": window(NOW + DAY)},
        [],
    ),
    (
        "received late",
        rule(Check.LEAD_TIME, "window", anchor=Anchor.RECEIVED, **LEAD),
        {"planned_date": None, "window": window(NOW + DAY)},
        [FindingCode.LATE],
    ),
    (
        "received at the last second",
        rule(Check.LEAD_TIME, "window", anchor=Anchor.RECEIVED, **LEAD),
        {"planned_date": None, "window": window(NOW + DAY + 1)},
        [],
    ),
    (
        "date that begins too soon",
        rule(Check.LEAD_TIME, "planned_date", anchor=Anchor.ISSUED, limit=A_DAY),
        {"planned_date": NOW // DAY},
        [FindingCode.LATE],
    ),
    ("validity", rule(Check.VALIDITY, "planned_date", limit=VALID), {}, []),
]


@pytest.mark.requirement("R-AGR-2")
@pytest.mark.requirement("R-AGR-3")
@pytest.mark.requirement("R-LAUNCH-4")
@pytest.mark.parametrize(("name", "one", "fields", "expected"), JUDGED, ids=[row[0] for row in JUDGED])
def test_rule_of_an_agreement_gives_its_findings_and_refuses_nothing(
    name: str, one: Rule, fields: dict[str, Any], expected: list[FindingCode]
) -> None:
    del name
    agreement = world().channel.descriptor.agreement
    w = world(agreement=Agreement(**{**vars(agreement), "rules": (one,)}))
    event = received(w, launch(**fields))
    assert codes(event) == expected
    for finding in event.findings:
        assert (finding.subject, finding.article, finding.evidence) == (
            one.subject,
            "Article I",
            Evidence.VERIFIED,
        )


@pytest.mark.requirement("R-AGR-2")
def test_rule_with_a_remembered_constant_is_provisional() -> None:
    one = rule(Check.REQUIRED, "remark", provisional=("unit",))
    agreement = world().channel.descriptor.agreement
    w = world(agreement=Agreement(**{**vars(agreement), "rules": (one,)}))
    assert [finding.evidence for finding in received(w, launch()).findings] == [Evidence.PROVISIONAL]


@pytest.mark.requirement("R-AGR-3")
def test_notice_that_breaks_every_rule_is_accepted() -> None:
    w = world()
    body = launch(
        category=Category.SPACE_LAUNCH_VEHICLE,
        generic_class=GenericClass.SLV,
        basing=Basing.SUBMARINE,
        launch_area=Point(latitude=0, longitude=0),
        impact_areas=(
            LandRegion(name="x"),
            Circle(latitude=0, longitude=0, radius=1, unit=LengthUnit.KILOMETRE),
        ),
        planned_date=1,
    )
    event = received(w, body)
    assert set(codes(event)) == {FindingCode.OUT_OF_SCOPE, FindingCode.AREA_FORM, FindingCode.LATE}


# What officers say ---------------------------------------------------------------------


@pytest.mark.requirement("R-KIND-3")
def test_notice_that_cannot_be_read_is_rejected_and_not_acknowledged() -> None:
    w = world()
    subject = received(w, launch(), k5=63).subject
    with pytest.raises(UsageError, match="not-intelligible"):
        state(w.receiver, w.ru, Acknowledgement(subject=subject), NOW + 2)
    assert state(
        w.receiver, w.ru, Rejection(subject=subject, code=RejectionCode.UNINTELLIGIBLE), NOW + 2
    ).sends


@pytest.mark.requirement("R-PAY-5")
@pytest.mark.parametrize(("early", "found"), [(120, []), (121, [FindingCode.CLOCK_BRACKET])])
def test_notice_from_the_future_has_a_finding(early: int, found: list[FindingCode]) -> None:
    assert codes(received(world(), launch(), NOW - early)) == found


@pytest.mark.requirement("R-PAY-5")
def test_issued_is_the_time_of_drafting() -> None:
    w = world()
    sender = open_endpoint(w.channel, w.us, mandates=[*w.mandates.values()])
    made = sender.draft(launch(), NOW + 5, list(OFFICERS))
    assert made.review(w.channel, w.mandate()).payload.issued == NOW + 5
