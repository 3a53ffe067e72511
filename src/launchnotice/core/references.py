"""Which notices a body names, and what they must be: one table (spec section 5.3).

The first reference that a body gives is its *thread*: a notice is filed under the notice that it
belongs to, so that a launch is read back with everything that was said of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from launchnotice.core.exchange import MANDATE_KIND, Exchange
from launchnotice.errors import Refused
from launchnotice.pact.findings import Finding, protocol_finding
from launchnotice.registry import FindingCode, Kind
from launchnotice.registry.enumeration import StrEnum
from launchnotice.registry.namedtuples import NamedTuple
from launchnotice.wire.launch import Amendment, LaunchNotification
from launchnotice.wire.message import recall
from launchnotice.wire.record import Record
from launchnotice.wire.withheld import Disclosure, disclosed


class Whose(StrEnum):
    """Whose notice a reference may name, seen from the sender of the body."""

    OWN = "the sender's own"
    PEER = "another party's"
    ANY = "anyone's"


class Reference(NamedTuple):
    """A field that names a notice, or several: of which kinds (none: any), and whose."""

    field: str
    whose: Whose
    kinds: tuple[Kind, ...] = ()


_VERSIONS: Final = (Kind.LAUNCH, Kind.AMENDMENT, Kind.WINDOW_EXTENSION)
_LAUNCH: Final = Reference("launch", Whose.OWN, (Kind.LAUNCH,))

REFERENCES: Final[dict[int, tuple[Reference, ...]]] = {
    Kind.AMENDMENT: (_LAUNCH, Reference("replaces", Whose.OWN, _VERSIONS)),
    Kind.WINDOW_EXTENSION: (_LAUNCH, Reference("replaces", Whose.OWN, _VERSIONS)),
    Kind.CANCELLATION: (_LAUNCH,),
    Kind.LAUNCH_REPORT: (_LAUNCH, Reference("replaces", Whose.OWN, (Kind.LAUNCH_REPORT,))),
    Kind.QUERY: (Reference("subject", Whose.PEER),),
    Kind.REPLY: (Reference("query", Whose.PEER, (Kind.QUERY,)), Reference("notices", Whose.OWN)),
    Kind.ANNUAL_DECLARATION: (Reference("replaces", Whose.OWN, (Kind.ANNUAL_DECLARATION,)),),
    Kind.ACTIVITY: (Reference("replaces", Whose.OWN, (Kind.ACTIVITY,)),),
    Kind.STATEMENT: (Reference("subject", Whose.ANY),),
    Kind.INCIDENT: (
        Reference("launch", Whose.ANY, (Kind.LAUNCH,)),
        Reference("confirms", Whose.OWN, (Kind.INCIDENT,)),
        Reference("updates", Whose.OWN, (Kind.INCIDENT,)),
    ),
    Kind.RETRACTION: (Reference("subject", Whose.OWN),),
}

Find = Callable[[bytes], Exchange | None]
"""Looks up the exchange of a notice."""


def thread(kind: int, body: Record | None) -> bytes:
    """The id of the notice to whose thread a body belongs; empty if it begins its own."""
    for row in REFERENCES.get(kind, ()):
        notice = getattr(body, row.field, None)
        if type(notice) is bytes:
            return notice
    return b""


def reference_findings(kind: int, body: Record, sender: str, find: Find) -> list[Finding]:
    """What is wrong with the notices that a body names, as far as they are known here."""
    disclosures: tuple[Disclosure, ...] = getattr(body, "disclosures", ())
    if kind not in REFERENCES and not disclosures:
        return []
    found = [
        _judged(row, notice, sender, find)
        for row in REFERENCES.get(kind, ())
        for notice in _named(getattr(body, row.field))
    ]
    found += [_judged_disclosure(one, sender, find) for one in disclosures]
    return [finding for finding in found if finding is not None]


def _named(value: Any) -> Iterator[bytes]:
    yield from value if type(value) is tuple else () if value is None else (value,)


def _judged(row: Reference, notice: bytes, sender: str, find: Find) -> Finding | None:
    exchange = find(notice)
    if exchange is None or exchange.kind == MANDATE_KIND:
        return protocol_finding(FindingCode.UNKNOWN_REFERENCE, row.field, "a known notice", "unknown")
    if row.kinds and exchange.kind not in row.kinds:
        expected = " or ".join(kind.name.lower().replace("_", " ") for kind in row.kinds)
        return protocol_finding(FindingCode.UNKNOWN_REFERENCE, row.field, expected, "another kind")
    if row.whose is not Whose.ANY and (exchange.sender == sender) != (row.whose is Whose.OWN):
        return protocol_finding(FindingCode.NOT_OWNER, row.field, row.whose.value, exchange.sender)
    return None


def _judged_disclosure(one: Disclosure, sender: str, find: Find) -> Finding | None:
    exchange = find(one.notice)
    notification = _notification(exchange)
    if exchange is None or notification is None:
        expected = "a known notification"
        return protocol_finding(FindingCode.UNKNOWN_REFERENCE, "disclosures", expected, "unknown")
    if exchange.sender != sender:
        return protocol_finding(FindingCode.NOT_OWNER, "disclosures", Whose.OWN.value, exchange.sender)
    try:
        disclosed(notification, one)
    except Refused:
        return protocol_finding(
            FindingCode.DISCLOSURE_MISMATCH, "disclosures", "what was committed to", f"field {one.key}"
        )
    return None


def _notification(exchange: Exchange | None) -> LaunchNotification | None:
    if exchange is None or not exchange.data or exchange.kind not in (Kind.LAUNCH, Kind.AMENDMENT):
        return None
    body = recall(exchange.data).body
    if isinstance(body, Amendment):
        return body.notification
    return body if isinstance(body, LaunchNotification) else None
