"""Bodies of a launch's thread: notification, amendment, window extension, cancellation, report.

The thread is named by the id of its launch notification; what amends or extends also names
the version that it replaces. Only the sender of the notification may add to the thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import ge

from launchnotice.errors import Refused
from launchnotice.registry import (
    AmendmentReason,
    Basing,
    CancellationReason,
    Category,
    CivilSystem,
    GenericClass,
    GroupKind,
    LaunchOutcome,
    NoticeBasis,
    PayloadNote,
    Purpose,
    Refusal,
    Sector,
    ShortNoticeReason,
)
from launchnotice.wire.bounds import MAX_LABEL, MAX_REMARK
from launchnotice.wire.codecs import Array, Bool, Date, Enumeration, Instant, Int, Text
from launchnotice.wire.geo import HAZARDS, Area, AreaRecord, Zone
from launchnotice.wire.quantities import HUNDREDTHS, KILOHERTZ, METRES, Quantity
from launchnotice.wire.record import Nested, Record, field
from launchnotice.wire.streams import DIGEST, PARTY
from launchnotice.wire.withheld import Disclosure, Withheld, check_withheld

REMARK = 99
"""The key of the remark in every body: last, with room for the fields of later versions before it."""
ALTITUDE = Quantity(0, 1_000_000_000, METRES)
"""Metres above mean sea level, up to a million kilometres."""


def remark() -> str | None:
    """The field that every body ends with."""
    made: str | None = field(REMARK, Text(MAX_REMARK), "free text; never changes meaning", default=None)
    return made


# Parts -----------------------------------------------------------------------------------


class Window(Record, open=True):
    """A span of time ``[start, end)``: the start belongs to it, the end does not."""

    start: int = field(1, Instant(), "first second, since 1970-01-01T00:00:00Z")
    end: int = field(2, Instant(), "first second after it")

    def validate(self) -> None:
        """A window ends after it begins (the Norwegian wire text of 1995 read "January 15 to 10")."""
        if self.end <= self.start:
            raise Refused(Refusal.INCONSISTENT, "expected an end after the start")


class Direction(Record, open=True):
    """Where something flies: an azimuth or a compass sector, true north."""

    azimuth: int | None = field(
        1, Quantity(0, 35_999, HUNDREDTHS), "hundredths of a degree, true, clockwise", default=None
    )
    tolerance: int = field(
        2, Quantity(0, 18_000, HUNDREDTHS), "hundredths of a degree to either side", default=0
    )
    sector: Sector | None = field(3, Enumeration(Sector), "compass sector", default=None)

    def validate(self) -> Iterator[Refused]:
        """An azimuth, which may have a tolerance, or a sector."""
        if (self.azimuth is None) == (self.sector is None):
            yield Refused(Refusal.INCONSISTENT, "exactly one of azimuth and sector")
        if self.tolerance and self.azimuth is None:
            yield Refused(Refusal.INCONSISTENT, "a tolerance goes with an azimuth")


class Bounds(Record, open=True):
    """Bounds of a length, for tests of scope that need no exact value."""

    at_least: int | None = field(1, ALTITUDE, "metres", default=None)
    at_most: int | None = field(2, ALTITUDE, "metres", default=None)

    def validate(self) -> None:
        """One bound or both, in order."""
        if self.at_least is None and self.at_most is None:
            raise Refused(Refusal.INCONSISTENT, "expected at_least or at_most")
        if None not in (self.at_least, self.at_most) and (self.at_least or 0) > (self.at_most or 0):
            raise Refused(Refusal.INCONSISTENT, "expected at_least up to at_most")


class Distances(Record, open=True):
    """What the sender asserts of a boundary (India and Pakistan 2005, Articles 5 and 6)."""

    site: int | None = field(1, ALTITUDE, "metres at least from the launch site", default=None)
    impact: int | None = field(2, ALTITUDE, "metres at least from the impact areas", default=None)
    trajectory: int | None = field(3, ALTITUDE, "metres at least from the trajectory", default=None)
    crosses: bool | None = field(4, Bool(), "whether the trajectory crosses it", default=None)
    own_side: bool | None = field(
        5, Bool(), "whether site and impact lie on the sender's side of it", default=None
    )

    def validate(self) -> None:
        """Something is asserted."""
        if (self.site, self.impact, self.trajectory, self.crosses, self.own_side) == (None,) * 5:
            raise Refused(Refusal.INCONSISTENT, "expected at least one assertion")


class Orbit(Record, open=True):
    """The orbit to be reached."""

    inclination: int | None = field(
        1, Quantity(0, 18_000, HUNDREDTHS), "hundredths of a degree", default=None
    )
    perigee: int | None = field(2, ALTITUDE, "metres above mean sea level", default=None)
    apogee: int | None = field(3, ALTITUDE, "metres above mean sea level", default=None)

    def validate(self) -> None:
        """Something is said, and the apogee is not below the perigee."""
        if (self.inclination, self.perigee, self.apogee) == (None,) * 3:
            raise Refused(Refusal.INCONSISTENT, "expected at least one element")
        if self.perigee is not None and self.apogee is not None and self.apogee < self.perigee:
            raise Refused(Refusal.INCONSISTENT, "expected an apogee not below the perigee")


class Telemetry(Record, open=True):
    """Telemetry of the flight (START I, Notification Protocol, section VI)."""

    frequencies: tuple[int, ...] = field(1, Array(Quantity(1, 1_000_000_000, KILOHERTZ), 1, 32), "kilohertz")
    modulation: str | None = field(2, Text(MAX_LABEL), "type of modulation", default=None)
    encrypted: bool | None = field(3, Bool(), "whether any of it is encrypted", default=None)


class CivilNotice(Record, open=True):
    """A civil warning of the same event."""

    system: CivilSystem = field(1, Enumeration(CivilSystem), "system that carries it")
    reference: str = field(2, Text(MAX_LABEL), "its number there: A1234/26")
    issuer: str | None = field(3, Text(MAX_LABEL), "who issued it", default=None)


CIVIL_NOTICES = Array(Nested(CivilNotice), 1, 32)
ZONES = Array(Nested(Zone), 1, 32)
DISCLOSURES = Array(Nested(Disclosure), 1, 32)


# Bodies ----------------------------------------------------------------------------------


_NEEDED = frozenset({4, 5, 10, 27, REMARK})
"""Keys that are not withheld: when it is, how many, and what says nothing."""


class LaunchNotification(Record, open=True):
    """Advance notice of one launch, or of several that belong together; begins the launch's thread.

    Exactly one of `planned_date` (as in 1988, Article I) and `window` is given; a date is
    never coerced to an instant. What an agreement requires is a finding, not a refusal.
    """

    category: Category = field(1, Enumeration(Category), "what is launched")
    generic_class: GenericClass | None = field(
        2, Enumeration(GenericClass), "generic class, never a designation", default=None
    )
    basing: Basing | None = field(3, Enumeration(Basing), "from what it is launched", default=None)
    planned_date: int | None = field(4, Date(), "calendar date of the launch", default=None)
    window: Window | None = field(5, Nested(Window), "window of the launch", default=None)
    launch_area: AreaRecord | None = field(6, Area(), "where it starts", default=None)
    impact_areas: tuple[AreaRecord, ...] = field(
        7, Array(Area(), 1, 32), "where its payload or reentry vehicles come down", default=()
    )
    hazard_areas: tuple[Zone, ...] = field(
        8, ZONES, "stages, fairings, debris and what is closed", default=()
    )
    direction: Direction | None = field(9, Nested(Direction), "planned direction", default=None)
    launch_count: int = field(10, Int(1, 1_000), "number of launches announced", default=1)
    group: GroupKind | None = field(
        11, Enumeration(GroupKind), "how several launches follow each other", default=None
    )
    backup_windows: tuple[Window, ...] = field(
        12, Array(Nested(Window), 1, 32), "later windows, if the first is not used", default=()
    )
    basis: NoticeBasis | None = field(13, Enumeration(NoticeBasis), "why notice is given", default=None)
    short_notice: ShortNoticeReason | None = field(
        14, Enumeration(ShortNoticeReason), "why it comes late", default=None
    )
    purpose: Purpose | None = field(15, Enumeration(Purpose), "declared purpose", default=None)
    payload: PayloadNote | None = field(16, Enumeration(PayloadNote), "what it carries", default=None)
    range: Bounds | None = field(17, Nested(Bounds), "range over the ground", default=None)
    apogee: Bounds | None = field(18, Nested(Bounds), "greatest altitude", default=None)
    distances: Distances | None = field(19, Nested(Distances), "asserted of a boundary", default=None)
    orbit: Orbit | None = field(20, Nested(Orbit), "orbit to be reached", default=None)
    launching_state: str | None = field(21, PARTY, "who launches, if not the sender", default=None)
    territory_state: str | None = field(
        22, PARTY, "from whose territory, if not the launching state's", default=None
    )
    on_behalf_of: str | None = field(23, PARTY, "for whom the sender gives notice", default=None)
    designation: str | None = field(24, Text(MAX_LABEL), "designation, voluntary", default=None)
    telemetry: Telemetry | None = field(25, Nested(Telemetry), "telemetry of the flight", default=None)
    civil_notices: tuple[CivilNotice, ...] = field(
        26, CIVIL_NOTICES, "civil warnings of the same event", default=()
    )
    withheld: tuple[Withheld, ...] = field(
        27, Array(Nested(Withheld), 1, 16), "commitments to fields not given", default=()
    )
    further_launch_areas: tuple[AreaRecord, ...] = field(
        28, Array(Area(), 1, 32), "where others of the launches start", default=()
    )
    remark: str | None = remark()

    def validate(self) -> Iterator[Refused]:
        """When it is, whether its windows follow each other, and what goes with what."""
        if (self.planned_date is None) == (self.window is None):
            yield Refused(Refusal.INCONSISTENT, "exactly one of planned_date and window")
        if self.backup_windows and not self._in_order():
            yield Refused(Refusal.INCONSISTENT, "backup_windows: each after the window before it")
        if self.group is not None and self.launch_count == 1:
            yield Refused(Refusal.INCONSISTENT, "group: more than one launch")
        if len(self.further_launch_areas) >= self.launch_count:
            yield Refused(Refusal.INCONSISTENT, "further_launch_areas: fewer than launches")
        if any(zone.role not in HAZARDS for zone in self.hazard_areas):
            yield Refused(Refusal.INCONSISTENT, "hazard_areas: launch and impact have fields of their own")
        if self.withheld:
            check_withheld(self.withheld, self, _NEEDED)

    def _in_order(self) -> bool:
        """Whether each backup window comes after the window before it."""
        ends = [span.end for span in (self.window, *self.backup_windows) if span]
        starts = [span.start for span in self.backup_windows]
        return self.window is not None and all(map(ge, starts, ends))


class Amendment(Record, open=True):
    """The notification anew and in full: no deltas."""

    launch: bytes = field(1, DIGEST, "message id of the launch notification")
    replaces: bytes = field(2, DIGEST, "message id of the version that it replaces")
    reason: AmendmentReason = field(3, Enumeration(AmendmentReason), "why")
    notification: LaunchNotification = field(4, Nested(LaunchNotification), "what holds from now on")
    remark: str | None = remark()


class WindowExtension(Record, open=True):
    """The window anew; everything else of the version that it replaces stands (PLNS 2000, Format 2)."""

    launch: bytes = field(1, DIGEST, "message id of the launch notification")
    replaces: bytes = field(2, DIGEST, "message id of the version that it replaces")
    window: Window = field(3, Nested(Window), "the window that holds from now on")
    remark: str | None = remark()


class Cancellation(Record, open=True):
    """The launch will not take place; a new one is a new notification (PLNS 2000, Format 4)."""

    launch: bytes = field(1, DIGEST, "message id of the launch notification")
    reason: CancellationReason | None = field(2, Enumeration(CancellationReason), "why", default=None)
    remark: str | None = remark()


_FLOWN = (
    LaunchOutcome.LAUNCHED,
    LaunchOutcome.PARTLY_LAUNCHED,
    LaunchOutcome.FAILED_IN_FLIGHT,
    LaunchOutcome.DESTROYED,
)


class LaunchReport(Record, open=True):
    """What became of a launch (PLNS 2000, Format 3); also of one that was not notified."""

    launch: bytes | None = field(
        1, DIGEST, "message id of the launch notification; absent if there was none", default=None
    )
    outcome: LaunchOutcome = field(2, Enumeration(LaunchOutcome), "what became of it")
    launched_at: int | None = field(3, Instant(), "actual time of the first launch", default=None)
    launch_count: int | None = field(4, Int(1, 1_000), "number of launches", default=None)
    category: Category | None = field(5, Enumeration(Category), "what was launched", default=None)
    generic_class: GenericClass | None = field(
        6, Enumeration(GenericClass), "generic class, never a designation", default=None
    )
    areas: tuple[Zone, ...] = field(7, ZONES, "actual areas", default=())
    direction: Direction | None = field(8, Nested(Direction), "actual direction", default=None)
    deviated: bool | None = field(9, Bool(), "whether it left what was announced", default=None)
    disclosures: tuple[Disclosure, ...] = field(
        10, DISCLOSURES, "fields that were withheld before", default=()
    )
    replaces: bytes | None = field(11, DIGEST, "message id of the report that it corrects", default=None)
    last_launched_at: int | None = field(12, Instant(), "actual time of the last of several", default=None)
    basing: Basing | None = field(13, Enumeration(Basing), "from what it was launched", default=None)
    launching_state: str | None = field(14, PARTY, "who launched, if not the sender", default=None)
    territory_state: str | None = field(
        15, PARTY, "from whose territory, if not the launching state's", default=None
    )
    on_behalf_of: str | None = field(16, PARTY, "for whom the sender reports", default=None)
    remark: str | None = remark()

    def validate(self) -> Iterator[Refused]:
        """What flew has a time; what did not has no flight; what was not notified is said to be what."""
        if self.outcome in _FLOWN and self.launched_at is None:
            yield Refused(Refusal.INCONSISTENT, "launched_at: goes with a launch")
        flight = (self.launched_at, self.last_launched_at, self.launch_count, self.direction, self.deviated)
        if self.outcome is LaunchOutcome.NOT_LAUNCHED and (flight != (None,) * 5 or self.areas):
            yield Refused(Refusal.INCONSISTENT, "what was not launched has no time, count, areas or course")
        if self.launch is None and self.category is None:
            yield Refused(Refusal.INCONSISTENT, "category: goes with a launch that was not notified")
        if self.last_launched_at is not None and self.last_launched_at < (self.launched_at or 0):
            yield Refused(Refusal.INCONSISTENT, "last_launched_at: not before launched_at")
