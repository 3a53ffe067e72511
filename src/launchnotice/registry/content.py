"""What a notice can say: the enumerations of bodies (spec section 5) and of areas (section 5.4)."""

from __future__ import annotations

from launchnotice.registry.enumeration import IntEnum

# Launches --------------------------------------------------------------------------------


class Category(IntEnum):
    """What is launched."""

    BALLISTIC_MISSILE = 1
    SPACE_LAUNCH_VEHICLE = 2
    SOUNDING_ROCKET = 3
    INTERCEPTOR = 4
    TARGET = 5
    OTHER = 6


class GenericClass(IntEnum):
    """Generic class, never a designation."""

    ICBM = 1
    SLBM = 2
    SLV = 3
    IRBM = 4
    MRBM = 5
    SRBM = 6
    LIGHT_SLV = 7
    MEDIUM_SLV = 8
    HEAVY_SLV = 9
    OTHER = 10


class Basing(IntEnum):
    """From what it is launched; `LAND` says no more than the 1988 agreement asks."""

    LAND = 1
    SUBMARINE = 2
    FIXED_ON_LAND = 3
    MOBILE_ON_LAND = 4
    SURFACE_SHIP = 5
    AIR = 6
    SEA_PLATFORM = 7
    OTHER = 8


class GroupKind(IntEnum):
    """How several launches follow each other; an agreement gives the limits."""

    SIMULTANEOUS = 1
    NEAR_SIMULTANEOUS = 2
    SERIES = 3


class Purpose(IntEnum):
    """Declared purpose, voluntary under every agreement."""

    TEST = 1
    TRAINING = 2
    SPACE = 3
    RESEARCH = 4
    DEMONSTRATION = 5
    OTHER = 6
    OPERATIONAL = 7


class NoticeBasis(IntEnum):
    """Why the notice is given."""

    OBLIGATION = 1
    VOLUNTARY = 2
    GOODWILL = 3


class ShortNoticeReason(IntEnum):
    """Why notice comes later than the agreement asks."""

    OPERATIONAL = 1
    TECHNICAL = 2
    WEATHER = 3
    SAFETY = 4
    OTHER = 5


class PayloadNote(IntEnum):
    """What is carried, in a word; voluntary."""

    UNARMED = 1
    INERT = 2
    DUMMY_WARHEAD = 3
    SATELLITE = 4
    UNSPECIFIED = 5
    ARMED = 6
    OTHER = 7


class Sector(IntEnum):
    """A compass sector of 22.5 degrees around its direction."""

    N = 1
    NNE = 2
    NE = 3
    ENE = 4
    E = 5
    ESE = 6
    SE = 7
    SSE = 8
    S = 9
    SSW = 10
    SW = 11
    WSW = 12
    W = 13
    WNW = 14
    NW = 15
    NNW = 16


class CivilSystem(IntEnum):
    """The civil system that carries a warning of the same event."""

    NOTAM = 1
    NAVAREA = 2
    NOTICE_TO_MARINERS = 3


class AmendmentReason(IntEnum):
    """Why a notification was amended; a clerical error changes no plan."""

    PLAN = 1
    CLERICAL = 2
    TECHNICAL = 3
    WEATHER = 4
    SAFETY = 5
    OTHER = 6
    REMINDER = 7


class CancellationReason(IntEnum):
    """Why a launch was cancelled."""

    PLAN = 1
    TECHNICAL = 2
    WEATHER = 3
    SAFETY = 4
    OTHER = 5


class LaunchOutcome(IntEnum):
    """What became of a launch."""

    LAUNCHED = 1
    PARTLY_LAUNCHED = 2
    FAILED_ON_PAD = 3
    FAILED_IN_FLIGHT = 4
    DESTROYED = 5
    NOT_LAUNCHED = 6


# Other notices ---------------------------------------------------------------------------


class QueryTopic(IntEnum):
    """What is asked."""

    CLARIFICATION = 1
    DISCREPANCY = 2
    OBSERVATION = 3
    CONFIRMATION = 4
    OTHER = 5


class ReplyStatus(IntEnum):
    """How far a reply answers."""

    ANSWERED = 1
    INTERIM = 2
    SEE_NOTICES = 3
    NO_ANSWER = 4


class ActivityType(IntEnum):
    """An activity other than a launch that early-warning systems may see."""

    DEORBIT = 1
    GEOPHYSICAL_EXPERIMENT = 2
    RADAR_EXPERIMENT = 3
    OTHER = 4


class ActivityStatus(IntEnum):
    """How far an activity has come."""

    PLANNED = 1
    COMPLETED = 2
    CANCELLED = 3


class Effect(IntEnum):
    """What an activity may disturb."""

    RADAR = 1
    OPTICAL_SENSORS = 2
    COMMUNICATIONS = 3
    NAVIGATION = 4


class Regime(IntEnum):
    """What becomes of the agreement, or of some of its kinds."""

    SUSPENDED = 1
    RESUMED = 2
    TERMINATED = 3


class StatementTopic(IntEnum):
    """What a statement is about."""

    SITES = 1
    LINKS = 2
    DISCLOSURE = 3
    OTHER = 4


class LinkState(IntEnum):
    """How a path between two centres stands."""

    IN_USE = 1
    STANDBY = 2
    DEGRADED = 3
    OUT_OF_SERVICE = 4


# Emergencies -----------------------------------------------------------------------------


class IncidentObject(IntEnum):
    """What an incident is about."""

    BALLISTIC_MISSILE = 1
    CRUISE_MISSILE = 2
    SPACE_LAUNCH_VEHICLE = 3
    SOUNDING_ROCKET = 4
    INTERCEPTOR = 5
    AIRCRAFT = 6
    SPACE_OBJECT = 7
    UNIDENTIFIED = 8
    OTHER = 9


class IncidentNature(IntEnum):
    """What happened."""

    ACCIDENTAL_LAUNCH = 1
    UNAUTHORISED_LAUNCH = 2
    OFF_COURSE = 3
    UNIDENTIFIED_OBJECT = 4
    INTERFERENCE = 5
    OTHER = 6
    INTENDED_LAUNCH = 7


class IncidentStatus(IntEnum):
    """Whether an incident goes on."""

    GOES_ON = 1
    OVER = 2
    FALSE_ALARM = 3


class Armament(IntEnum):
    """Whether the object is armed."""

    UNARMED = 1
    ARMED = 2
    NOT_KNOWN = 3


class Destruct(IntEnum):
    """State of the command to destroy the object."""

    NOT_FITTED = 1
    NOT_COMMANDED = 2
    COMMANDED = 3
    DESTROYED = 4
    FAILED = 5


class RetractionReason(IntEnum):
    """Why a notice should not have been sent."""

    SENT_IN_ERROR = 1
    FALSE_CONTENT = 2
    MEANT_AS_EXERCISE = 3
    OTHER = 4


# Areas -----------------------------------------------------------------------------------


class AreaForm(IntEnum):
    """Form of an area on the wire."""

    POINT = 1
    CIRCLE = 2
    POLYGON = 3
    OCEAN_QUADRANT = 4
    WATER_BODY = 5
    LAND_REGION = 6
    NAMED_SITE = 7
    CORRIDOR = 8


class AreaRole(IntEnum):
    """What an area is for."""

    LAUNCH = 1
    IMPACT = 2
    STAGE = 3
    FAIRING = 4
    DEBRIS = 5
    CLOSURE = 6
    OTHER = 7


class LengthUnit(IntEnum):
    """Unit of a length that its author wrote; the wire carries metres."""

    KILOMETRE = 1
    NAUTICAL_MILE = 2


class AltitudeUnit(IntEnum):
    """Unit of an altitude; a flight level is 100 feet by pressure, so no length."""

    METRE = 1
    FOOT = 2
    FLIGHT_LEVEL = 3


class AltitudeReference(IntEnum):
    """From where an altitude counts."""

    MEAN_SEA_LEVEL = 1
    GROUND = 2
    STANDARD_PRESSURE = 3


class Ocean(IntEnum):
    """Oceans that have quadrants."""

    ATLANTIC = 1
    PACIFIC = 2
    INDIAN = 3
    ARCTIC = 4
    SOUTHERN = 5


class Quadrant(IntEnum):
    """90-degree sector of an ocean (1988 agreement, Article III)."""

    NORTH_EAST = 1
    SOUTH_EAST = 2
    SOUTH_WEST = 3
    NORTH_WEST = 4
