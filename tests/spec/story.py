"""One message of every kind in a plausible exchange: what the examples of the specification show."""

from __future__ import annotations

from typing import Any, NamedTuple

from launchnotice import Endpoint, coordinates, geo, notices
from launchnotice.registry import (
    ActivityStatus,
    ActivityType,
    AltitudeReference,
    AltitudeUnit,
    AmendmentReason,
    AreaRole,
    Armament,
    Basing,
    CancellationReason,
    Category,
    CivilSystem,
    Destruct,
    DisseminatedTo,
    Effect,
    GenericClass,
    GroupKind,
    IncidentNature,
    IncidentObject,
    Kind,
    LaunchOutcome,
    LengthUnit,
    LinkState,
    NoticeBasis,
    PayloadNote,
    Purpose,
    QueryTopic,
    Regime,
    ReplyStatus,
    RetractionReason,
    Sector,
    StatementTopic,
)
from launchnotice.wire.record import Record
from launchnotice.wire.signals import Dissemination
from tests.support import NOW, Centre, launch, sign

DAY = 86_400
PAIR = ("officer-1", "officer-2")


class Desk(NamedTuple):
    """A centre with its endpoint, and the endpoint of its peer."""

    endpoint: Endpoint
    centre: Centre
    peer: Endpoint


def story(us: Desk, ru: Desk, notified: bytes) -> dict[Kind, bytes]:
    """The bytes of a message of each kind that officers sign, by kind.

    Args:
        us, ru: two desks that know each other. `notified`: id of the launch notification that both hold.
    """
    told: dict[Kind, bytes] = {}
    clock = iter(range(NOW + 200, NOW + 3_000, 10))

    def say(desk: Desk, kind: Kind, body: Record, officers: tuple[str, ...] = PAIR) -> bytes:
        now = next(clock)
        draft = sign(desk.endpoint, desk.centre, body, now, officers)
        sends = desk.endpoint.submit(draft, now).sends
        told[kind] = next(send.data for send in sends if draft.id == _id(send.data))
        assert desk.peer.receive(told[kind], now + 1).refusal is None
        return draft.id

    body, secrets = notices.withhold(amended(), {"direction": bytes(range(32))})
    amendment = say(us, Kind.AMENDMENT, _amendment(notified, body))
    window = notices.Window(start=NOW + 3 * DAY, end=NOW + 5 * DAY)
    extension = notices.WindowExtension(launch=notified, replaces=amendment, window=window)
    say(us, Kind.WINDOW_EXTENSION, extension)
    second = say(us, Kind.LAUNCH, launch())
    say(us, Kind.CANCELLATION, notices.Cancellation(launch=second, reason=CancellationReason.WEATHER))
    say(us, Kind.LAUNCH_REPORT, _report(notified, secrets[0].disclose(amendment)))
    query = notices.Query(
        topic=QueryTopic.CLARIFICATION, asked="US", subject=amendment, fields=(7,), answer_by=NOW + DAY
    )
    asked = say(ru, Kind.QUERY, query, PAIR[:1])
    reply = notices.Reply(query=asked, status=ReplyStatus.SEE_NOTICES, notices=(amendment,))
    say(us, Kind.REPLY, reply, PAIR[:1])
    say(us, Kind.ANNUAL_DECLARATION, _declaration())
    activity = say(us, Kind.ACTIVITY, _deorbit())
    regime = notices.RegimeStatus(status=Regime.RESUMED, effective=NOW + DAY, kinds=(1, 2, 4))
    say(us, Kind.REGIME_STATUS, regime)
    say(us, Kind.COMMUNICATIONS_CHECK, notices.CommunicationsCheck(path="satellite circuit 2"), PAIR[:1])
    say(us, Kind.STATEMENT, _statement())
    continued = notices.ContinuedIn(channel=bytes(range(32)), effective=NOW + 30 * DAY)
    say(us, Kind.CONTINUED_IN, continued)
    say(us, Kind.INCIDENT, _incident(), PAIR[:1])
    retraction = notices.Retraction(subject=activity, reason=RetractionReason.SENT_IN_ERROR)
    say(us, Kind.RETRACTION, retraction)
    passed_on = Dissemination(subject=notified, to=DisseminatedTo.EARLY_WARNING, at=NOW + 150)
    say(ru, Kind.DISSEMINATION, passed_on, PAIR[:1])
    del told[Kind.LAUNCH]  # the first one is shown
    return told


def amended() -> notices.LaunchNotification:
    """A launch notification that says much."""
    return notices.LaunchNotification(
        category=Category.BALLISTIC_MISSILE,
        generic_class=GenericClass.SLBM,
        basing=Basing.SUBMARINE,
        window=notices.Window(start=NOW + 3 * DAY, end=NOW + 4 * DAY),
        launch_area=geo.WaterBody(name="Barents Sea"),
        impact_areas=(_circle("57-30-00N 161-00-00E", 37_040),),
        hazard_areas=(
            geo.Zone(
                role=AreaRole.STAGE,
                area=geo.Corridor(
                    points=(_at("71-00-00N 045-00-00E"), _at("69-30-00N 060-00-00E")),
                    half_width=20_000,
                    unit=LengthUnit.KILOMETRE,
                ),
            ),
            geo.Zone(
                role=AreaRole.CLOSURE,
                area=geo.NamedSite(name="Kura", register="test ranges"),
                altitude=geo.AltitudeBand(
                    upper=geo.Altitude(
                        value=600,
                        unit=AltitudeUnit.FLIGHT_LEVEL,
                        reference=AltitudeReference.STANDARD_PRESSURE,
                    )
                ),
            ),
        ),
        direction=notices.Direction(azimuth=6_750, tolerance=500),
        launch_count=2,
        group=GroupKind.NEAR_SIMULTANEOUS,
        backup_windows=(notices.Window(start=NOW + 5 * DAY, end=NOW + 6 * DAY),),
        basis=NoticeBasis.OBLIGATION,
        purpose=Purpose.TRAINING,
        payload=PayloadNote.UNARMED,
        range=notices.Bounds(at_least=2_000_000),
        apogee=notices.Bounds(at_least=500_000, at_most=1_500_000),
        civil_notices=(notices.CivilNotice(system=CivilSystem.NOTAM, reference="A1234/27"),),
    )


def _amendment(notified: bytes, body: notices.LaunchNotification) -> notices.Amendment:
    return notices.Amendment(
        launch=notified, replaces=notified, reason=AmendmentReason.PLAN, notification=body
    )


def _report(notified: bytes, disclosure: notices.Disclosure) -> notices.LaunchReport:
    return notices.LaunchReport(
        launch=notified,
        outcome=LaunchOutcome.PARTLY_LAUNCHED,
        launched_at=NOW + 1_500,
        launch_count=1,
        areas=(geo.Zone(role=AreaRole.IMPACT, area=_circle("57-30-00N 161-00-00E", 18_520)),),
        direction=notices.Direction(sector=Sector.ENE),
        deviated=False,
        disclosures=(disclosure,),
    )


def _declaration() -> notices.AnnualDeclaration:
    total: dict[str, Any] = {"category": Category.BALLISTIC_MISSILE, "generic_class": GenericClass.ICBM}
    return notices.AnnualDeclaration(
        year=2026,
        totals=(
            notices.Total(**total, launched=4, notified=4),
            notices.Total(category=Category.SPACE_LAUNCH_VEHICLE, launched=98, notified=97),
        ),
        sites=(geo.NamedSite(name="Vandenberg"),),
        policy="Launches are notified in advance.",
        observers=True,
    )


def _deorbit() -> notices.Activity:
    track = geo.Corridor(
        points=(_at("20-00-00S 150-00-00W"), _at("45-00-00S 130-00-00W")),
        half_width=185_200,
        unit=LengthUnit.NAUTICAL_MILE,
    )
    return notices.Activity(
        activity=ActivityType.DEORBIT,
        status=ActivityStatus.PLANNED,
        window=notices.Window(start=NOW + 7 * DAY, end=NOW + 7 * DAY + 7_200),
        object=notices.SpaceObject(designator="1998-067A", catalogue=25_544),
        areas=(geo.Zone(role=AreaRole.DEBRIS, area=track),),
        effects=(Effect.RADAR, Effect.OPTICAL_SENSORS),
    )


def _statement() -> notices.Statement:
    return notices.Statement(
        topic=StatementTopic.LINKS,
        links=(
            notices.Link(path="satellite circuit 1", state=LinkState.OUT_OF_SERVICE, since=NOW),
            notices.Link(path="satellite circuit 2", state=LinkState.IN_USE),
        ),
    )


def _incident() -> notices.Incident:
    return notices.Incident(
        time=NOW + 1_000,
        place=_circle("28-26-00N 080-34-00W", 5_000, LengthUnit.KILOMETRE),
        object=IncidentObject.SPACE_LAUNCH_VEHICLE,
        contact="duty officer, +1 202 555 0100",
        nature=IncidentNature.OFF_COURSE,
        armed=Armament.UNARMED,
        track=notices.Track(
            time=NOW + 1_060,
            latitude=coordinates.parse_latitude("28-40-00N"),
            longitude=coordinates.parse_longitude("080-00-00W"),
            altitude=40_000,
            direction=notices.Direction(azimuth=9_500),
            speed=1_200,
        ),
        destruct=Destruct.DESTROYED,
        assurance="This is not an attack.",
    )


def _at(text: str) -> tuple[int, int]:
    return coordinates.parse_point(text)


def _circle(centre: str, radius: int, unit: LengthUnit = LengthUnit.NAUTICAL_MILE) -> geo.Circle:
    latitude, longitude = _at(centre)
    return geo.Circle(latitude=latitude, longitude=longitude, radius=radius, unit=unit)


def _id(data: bytes) -> bytes:
    from launchnotice.wire import cose

    return cose.parse(data, len(data)).message_id
