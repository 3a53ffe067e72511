"""Every number and code of LNP/1, mirrored from `spec/registry.json` (a test proves them equal).

- `kinds`: kinds with class and policy. `keys`: roles, algorithms, suites. `codes`: refusals, findings, …
- `content`: what a notice can say. `signals`: what is owed and stated. `agreement`: rules as data.
"""

from __future__ import annotations

from typing import Final

from launchnotice.registry.agreement import (
    Anchor,
    Bound,
    Check,
    Evidence,
    Topic,
    Unit,
)
from launchnotice.registry.codes import (
    EventCode,
    FindingCode,
    LaunchPhase,
    Need,
    QueryPhase,
    Refusal,
    Usage,
)
from launchnotice.registry.content import (
    ActivityStatus,
    ActivityType,
    AltitudeReference,
    AltitudeUnit,
    AmendmentReason,
    AreaForm,
    AreaRole,
    Armament,
    Basing,
    CancellationReason,
    Category,
    CivilSystem,
    Destruct,
    Effect,
    GenericClass,
    GroupKind,
    IncidentNature,
    IncidentObject,
    IncidentStatus,
    LaunchOutcome,
    LengthUnit,
    LinkState,
    NoticeBasis,
    Ocean,
    PayloadNote,
    Purpose,
    Quadrant,
    QueryTopic,
    Regime,
    ReplyStatus,
    RetractionReason,
    Sector,
    ShortNoticeReason,
    StatementTopic,
)
from launchnotice.registry.enumeration import IntEnum, StrEnum
from launchnotice.registry.keys import (
    SUITE_ALGORITHMS,
    Algorithm,
    ContentType,
    EpochReason,
    MandateReason,
    Role,
    Suite,
)
from launchnotice.registry.kinds import (
    KINDS,
    Kind,
    KindClass,
    KindRow,
    Policy,
    kind_row,
)
from launchnotice.registry.signals import (
    DisseminatedTo,
    Owed,
    Place,
    RejectionCode,
)

__all__ = [
    "KINDS",
    "SPEC_VERSION",
    "SUITE_ALGORITHMS",
    "ActivityStatus",
    "ActivityType",
    "Algorithm",
    "AltitudeReference",
    "AltitudeUnit",
    "AmendmentReason",
    "Anchor",
    "AreaForm",
    "AreaRole",
    "Armament",
    "Basing",
    "Bound",
    "CancellationReason",
    "Category",
    "Check",
    "CivilSystem",
    "ContentType",
    "Destruct",
    "DisseminatedTo",
    "Effect",
    "EpochReason",
    "EventCode",
    "Evidence",
    "FindingCode",
    "GenericClass",
    "GroupKind",
    "IncidentNature",
    "IncidentObject",
    "IncidentStatus",
    "Kind",
    "KindClass",
    "KindRow",
    "LaunchOutcome",
    "LaunchPhase",
    "LengthUnit",
    "LinkState",
    "MandateReason",
    "Need",
    "NoticeBasis",
    "Ocean",
    "Owed",
    "PayloadNote",
    "Place",
    "Policy",
    "Purpose",
    "Quadrant",
    "QueryPhase",
    "QueryTopic",
    "Refusal",
    "Regime",
    "RejectionCode",
    "ReplyStatus",
    "RetractionReason",
    "Role",
    "Sector",
    "ShortNoticeReason",
    "StatementTopic",
    "Suite",
    "Topic",
    "Unit",
    "Usage",
    "kind_row",
    "label",
]

SPEC_VERSION: Final = "LNP/1"


def label(value: IntEnum | StrEnum) -> str:
    """The registry's label of a number: its name in lower case with spaces, ``"land region"``."""
    return value.name.lower().replace("_", " ")
