"""Bodies of notices. A kind is a row of the registry and a record here; no class encodes itself.

`BODIES` joins the two; the bodies of a launch's thread stand in `wire.launch`. Bodies are
open records: a field of a later version is shown raw. Every body ends with a remark.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from launchnotice.errors import Refused
from launchnotice.registry import (
    ActivityStatus,
    ActivityType,
    Armament,
    Category,
    Destruct,
    Effect,
    GenericClass,
    IncidentNature,
    IncidentObject,
    IncidentStatus,
    Kind,
    LinkState,
    QueryTopic,
    Refusal,
    Regime,
    ReplyStatus,
    RetractionReason,
    StatementTopic,
)
from launchnotice.wire.bounds import MAX_LABEL, MAX_REMARK, MAX_STATEMENT
from launchnotice.wire.codecs import Array, Bool, Enumeration, Instant, Int, KindNumber, Text
from launchnotice.wire.coordinates import LATITUDE, LONGITUDE
from launchnotice.wire.geo import Area, AreaRecord, Zone, check_pole
from launchnotice.wire.launch import (
    ALTITUDE,
    CIVIL_NOTICES,
    DISCLOSURES,
    ZONES,
    Amendment,
    Bounds,
    Cancellation,
    CivilNotice,
    Direction,
    Distances,
    LaunchNotification,
    LaunchReport,
    Orbit,
    Telemetry,
    Window,
    WindowExtension,
    remark,
)
from launchnotice.wire.quantities import METRES_A_SECOND, Quantity
from launchnotice.wire.record import Nested, Record, field
from launchnotice.wire.streams import DIGEST, PARTY
from launchnotice.wire.withheld import Disclosure, FieldKey, Secret, Withheld, disclosed, withhold

__all__ = [
    "BODIES",
    "Activity",
    "Amendment",
    "AnnualDeclaration",
    "Bounds",
    "Cancellation",
    "CivilNotice",
    "CommunicationsCheck",
    "ContinuedIn",
    "Direction",
    "Disclosure",
    "Distances",
    "Incident",
    "LaunchNotification",
    "LaunchReport",
    "Link",
    "Observation",
    "Orbit",
    "Query",
    "RegimeStatus",
    "Reply",
    "Retraction",
    "Secret",
    "Site",
    "SpaceObject",
    "Statement",
    "Telemetry",
    "Total",
    "Track",
    "Window",
    "WindowExtension",
    "Withheld",
    "disclosed",
    "withhold",
]


# Questions -------------------------------------------------------------------------------


class Observation(Record, open=True):
    """Something that was seen and not explained (1971 agreement, Article 3)."""

    time: int = field(1, Instant(), "when it was seen")
    area: AreaRecord | None = field(2, Area(), "where", default=None)
    direction: Direction | None = field(3, Nested(Direction), "where it flew", default=None)


class Query(Record, open=True):
    """A question to one party, which all members see; does not touch the delivery of its subject."""

    topic: QueryTopic = field(1, Enumeration(QueryTopic), "what is asked")
    asked: str = field(2, PARTY, "code of the party that is asked")
    subject: bytes | None = field(3, DIGEST, "message id of the notice that it is about", default=None)
    fields: tuple[int, ...] = field(
        4, Array(FieldKey(1, 255), 1, 32), "keys of its fields in question", default=()
    )
    observation: Observation | None = field(5, Nested(Observation), "what was seen", default=None)
    answer_by: int | None = field(6, Instant(), "when an answer is hoped for", default=None)
    remark: str | None = remark()

    def validate(self) -> Iterator[Refused]:
        """Fields belong to a notice, each once; what was seen is told."""
        if self.fields and self.subject is None:
            yield Refused(Refusal.INCONSISTENT, "fields: of a subject")
        if len(set(self.fields)) < len(self.fields):
            yield Refused(Refusal.DUPLICATE_ENTRY, "fields: each once")
        if self.topic is QueryTopic.OBSERVATION and self.observation is None:
            yield Refused(Refusal.INCONSISTENT, "observation: goes with its topic")


class Reply(Record, open=True):
    """An answer to a query; what changes facts is an amendment, to which it refers."""

    query: bytes = field(1, DIGEST, "message id of the query")
    status: ReplyStatus = field(2, Enumeration(ReplyStatus), "how far it answers")
    notices: tuple[bytes, ...] = field(
        3, Array(DIGEST, 1, 32), "message ids of notices that answer", default=()
    )
    disclosures: tuple[Disclosure, ...] = field(4, DISCLOSURES, "fields that were withheld", default=())
    remark: str | None = remark()

    def validate(self) -> Iterator[Refused]:
        """What refers to notices names them, each once."""
        if self.status is ReplyStatus.SEE_NOTICES and not self.notices:
            yield Refused(Refusal.INCONSISTENT, "notices: go with their status")
        if len(set(self.notices)) < len(self.notices):
            yield Refused(Refusal.DUPLICATE_ENTRY, "notices: each once")


# Declarations ----------------------------------------------------------------------------


class Total(Record, open=True):
    """How many of a class were launched in a year."""

    category: Category = field(1, Enumeration(Category), "what was launched")
    generic_class: GenericClass | None = field(2, Enumeration(GenericClass), "generic class", default=None)
    launched: int = field(3, Int(0, 100_000), "how many were launched")
    notified: int | None = field(4, Int(0, 100_000), "how many of them were notified", default=None)

    def validate(self) -> None:
        """No more were notified than launched."""
        if (self.notified or 0) > self.launched:
            raise Refused(Refusal.INCONSISTENT, "expected notified up to launched")


class AnnualDeclaration(Record, open=True):
    """What a party launched in a year (Hague Code of Conduct, paragraph 4(a)(i) and (ii)).

    A nil declaration has a total of 0; without `totals` no numbers are given.
    """

    year: int = field(1, Int(1957, 9999), "calendar year")
    totals: tuple[Total, ...] = field(2, Array(Nested(Total), 1, 64), "by category and class", default=())
    sites: tuple[AreaRecord, ...] = field(3, Array(Area(), 1, 64), "land launch sites", default=())
    policy: str | None = field(4, Text(MAX_STATEMENT), "outline of policy", default=None)
    observers: bool | None = field(5, Bool(), "whether observers are invited to sites", default=None)
    replaces: bytes | None = field(6, DIGEST, "message id of the declaration that it corrects", default=None)
    on_behalf_of: str | None = field(7, PARTY, "for whom the sender declares", default=None)
    remark: str | None = remark()

    def validate(self) -> None:
        """One total for each category and class."""
        rows = [(total.category, total.generic_class) for total in self.totals]
        if len(set(rows)) < len(rows):
            raise Refused(Refusal.DUPLICATE_ENTRY, "totals: one for each category and class")


class SpaceObject(Record, open=True):
    """An object in space by its public identifiers."""

    designator: str | None = field(1, Text(MAX_LABEL), "international designator: 1998-067A", default=None)
    catalogue: int | None = field(2, Int(1, 999_999_999), "satellite catalogue number", default=None)
    name: str | None = field(3, Text(MAX_LABEL), "name", default=None)

    def validate(self) -> None:
        """It is identified somehow."""
        if (self.designator, self.catalogue, self.name) == (None,) * 3:
            raise Refused(Refusal.INCONSISTENT, "expected a designator, catalogue number or name")


class Activity(Record, open=True):
    """An activity other than a launch that early warning may see (PLNS 2000, Formats 5 and 6)."""

    activity: ActivityType = field(1, Enumeration(ActivityType), "what is done")
    status: ActivityStatus = field(2, Enumeration(ActivityStatus), "how far it has come")
    window: Window = field(3, Nested(Window), "when")
    replaces: bytes | None = field(
        4, DIGEST, "message id of the activity notice that it replaces", default=None
    )
    object: SpaceObject | None = field(5, Nested(SpaceObject), "object concerned", default=None)
    areas: tuple[Zone, ...] = field(6, ZONES, "ground track, impact and other areas", default=())
    altitude: Bounds | None = field(7, Nested(Bounds), "altitudes concerned", default=None)
    effects: tuple[Effect, ...] = field(
        8, Array(Enumeration(Effect), 1, 8), "what it may disturb", default=()
    )
    civil_notices: tuple[CivilNotice, ...] = field(
        9, CIVIL_NOTICES, "civil warnings of the same event", default=()
    )
    remark: str | None = remark()

    def validate(self) -> Iterator[Refused]:
        """A de-orbit has an object; effects are told once."""
        if self.activity is ActivityType.DEORBIT and self.object is None:
            yield Refused(Refusal.INCONSISTENT, "object: goes with a de-orbit")
        if len(set(self.effects)) < len(self.effects):
            yield Refused(Refusal.DUPLICATE_ENTRY, "effects: each once")


class RegimeStatus(Record, open=True):
    """Suspends, resumes or terminates the agreement or some of its kinds; closes nothing."""

    status: Regime = field(1, Enumeration(Regime), "what becomes of it")
    effective: int = field(2, Instant(), "from when on")
    kinds: tuple[int, ...] = field(
        3, Array(KindNumber(1, 63), 1, 63), "the kinds concerned, ascending; absent: all", default=()
    )
    remark: str | None = remark()

    def validate(self) -> Iterator[Refused]:
        """Kinds ascend without repetition."""
        if list(self.kinds) != sorted(self.kinds):
            yield Refused(Refusal.UNSORTED, "kinds: ascend")
        if len(set(self.kinds)) < len(self.kinds):
            yield Refused(Refusal.DUPLICATE_ENTRY, "kinds: each once")


class CommunicationsCheck(Record, open=True):
    """Says nothing but that the path works: its receipt and acknowledgement are the answer."""

    path: str | None = field(1, Text(MAX_LABEL), "the path that is tried", default=None)
    remark: str | None = remark()


class Site(Record, open=True):
    """A launch or test site, so that notices can name it."""

    name: str = field(1, Text(MAX_LABEL), "its name in notices")
    area: AreaRecord = field(2, Area(), "where it is")
    register: str | None = field(3, Text(MAX_LABEL), "the list that it is added to", default=None)


class Link(Record, open=True):
    """How a path or an alternate centre stands."""

    path: str = field(1, Text(MAX_LABEL), "the path or centre")
    state: LinkState = field(2, Enumeration(LinkState), "how it stands")
    since: int | None = field(3, Instant(), "since or from when", default=None)


class Statement(Record, open=True):
    """What no other kind says: sites, links and alternate centres, disclosures, good will."""

    topic: StatementTopic = field(1, Enumeration(StatementTopic), "what it is about")
    subject: bytes | None = field(2, DIGEST, "message id of a notice that it is about", default=None)
    sites: tuple[Site, ...] = field(3, Array(Nested(Site), 1, 64), "sites and their names", default=())
    links: tuple[Link, ...] = field(4, Array(Nested(Link), 1, 32), "paths and centres", default=())
    disclosures: tuple[Disclosure, ...] = field(5, DISCLOSURES, "fields that were withheld", default=())
    text: str | None = field(6, Text(MAX_STATEMENT), "free text; never changes meaning", default=None)
    remark: str | None = remark()

    def validate(self) -> None:
        """It has what its topic is about."""
        needed = _TOPICS[self.topic]
        if not getattr(self, needed):
            raise Refused(Refusal.INCONSISTENT, f"{needed}: goes with the topic")


_TOPICS: Final = {
    StatementTopic.SITES: "sites",
    StatementTopic.LINKS: "links",
    StatementTopic.DISCLOSURE: "disclosures",
    StatementTopic.OTHER: "text",
}


class ContinuedIn(Record, open=True):
    """The channel in which the parties go on; this one does not stop listening."""

    channel: bytes = field(1, DIGEST, "channel id of the successor")
    effective: int | None = field(2, Instant(), "from when new notices go there", default=None)
    remark: str | None = remark()


# Emergencies -----------------------------------------------------------------------------


class Track(Record, open=True):
    """Where an object was, and its course."""

    time: int = field(1, Instant(), "when")
    latitude: int = field(2, LATITUDE, "milliarcseconds, WGS 84, north positive")
    longitude: int = field(3, LONGITUDE, "milliarcseconds, WGS 84, east positive")
    altitude: int | None = field(4, ALTITUDE, "metres above mean sea level", default=None)
    direction: Direction | None = field(5, Nested(Direction), "course", default=None)
    speed: int | None = field(6, Quantity(0, 100_000, METRES_A_SECOND), "metres a second", default=None)

    def validate(self) -> None:
        """A pole has one spelling."""
        check_pole(self.latitude, self.longitude)


class Incident(Record, open=True):
    """Something happened that must not be taken for an attack: four fields, one signature, no thread."""

    time: int = field(1, Instant(), "when")
    place: AreaRecord = field(2, Area(), "where")
    object: IncidentObject = field(3, Enumeration(IncidentObject), "what it is about")
    contact: str = field(4, Text(MAX_REMARK), "whom to call, and how")
    nature: IncidentNature | None = field(5, Enumeration(IncidentNature), "what happened", default=None)
    armed: Armament | None = field(6, Enumeration(Armament), "whether it is armed", default=None)
    track: Track | None = field(7, Nested(Track), "last known position and course", default=None)
    impact_areas: tuple[AreaRecord, ...] = field(
        8, Array(Area(), 1, 32), "where it may come down", default=()
    )
    impact_at: int | None = field(9, Instant(), "when it may come down", default=None)
    destruct: Destruct | None = field(10, Enumeration(Destruct), "state of its destruction", default=None)
    launch: bytes | None = field(11, DIGEST, "message id of the launch notification concerned", default=None)
    confirms: bytes | None = field(
        12, DIGEST, "message id of the incident that another officer confirms by this one", default=None
    )
    updates: bytes | None = field(14, DIGEST, "message id of the incident that it goes on with", default=None)
    count: int | None = field(15, Int(1, 1_000), "number of objects", default=None)
    status: IncidentStatus | None = field(16, Enumeration(IncidentStatus), "whether it goes on", default=None)
    assurance: str | None = field(13, Text(MAX_REMARK), "free text: what the sender assures", default=None)
    remark: str | None = remark()


class Retraction(Record, open=True):
    """A notice should not have been sent; it outranks all else in its thread and hides nothing."""

    subject: bytes = field(1, DIGEST, "message id of the sender's own notice")
    reason: RetractionReason = field(2, Enumeration(RetractionReason), "why")
    remark: str | None = remark()


BODIES: Final[dict[int, type[Record]]] = {
    Kind.LAUNCH: LaunchNotification,
    Kind.AMENDMENT: Amendment,
    Kind.WINDOW_EXTENSION: WindowExtension,
    Kind.CANCELLATION: Cancellation,
    Kind.LAUNCH_REPORT: LaunchReport,
    Kind.QUERY: Query,
    Kind.REPLY: Reply,
    Kind.ANNUAL_DECLARATION: AnnualDeclaration,
    Kind.ACTIVITY: Activity,
    Kind.REGIME_STATUS: RegimeStatus,
    Kind.COMMUNICATIONS_CHECK: CommunicationsCheck,
    Kind.STATEMENT: Statement,
    Kind.CONTINUED_IN: ContinuedIn,
    Kind.INCIDENT: Incident,
    Kind.RETRACTION: Retraction,
}
