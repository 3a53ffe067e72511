"""What officers say: a body for each number, about notices that their endpoint knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from launchnotice.registry import (
    AmendmentReason,
    DisseminatedTo,
    IncidentObject,
    QueryTopic,
    RejectionCode,
    ReplyStatus,
    RetractionReason,
    StatementTopic,
)
from launchnotice.wire.geo import LandRegion
from launchnotice.wire.launch import Amendment, Cancellation
from launchnotice.wire.notices import CommunicationsCheck, Incident, Query, Reply, Retraction, Statement
from launchnotice.wire.record import Record
from launchnotice.wire.signals import Acknowledgement, Dissemination, Rejection
from tests.support import NOW, launch

PAIR = ("officer-1", "officer-2")
ONE = ("officer-1",)


class Said(NamedTuple):
    """A body and the officers who sign it."""

    body: Record
    officers: tuple[str, ...]


class Topics(NamedTuple):
    """What a party can speak about.

    Attributes:
        launches: ids of its own launch notifications; `versions`: the newest version of each.
        own: ids of its own notices. `asked`: ids of queries of others. `others`: codes of the members.
    """

    launches: list[bytes]
    versions: dict[bytes, bytes]
    own: list[bytes]
    asked: list[bytes]
    others: list[str]


def say(what: str, number: int, topics: Topics) -> Said | None:
    """A notice; None if there is nothing to speak about."""
    return _NOTICES[what](number, topics)


def state(what: str, subject: bytes) -> Said:
    """A statement about a peer's notice."""
    bodies: dict[str, Callable[[], Record]] = {
        "acknowledge": lambda: Acknowledgement(subject=subject),
        "reject": lambda: Rejection(subject=subject, code=RejectionCode.OTHER),
        "disseminate": lambda: Dissemination(subject=subject, to=next(iter(DisseminatedTo))),
    }
    return Said(bodies[what](), ONE)


def _launch(number: int, _: Topics) -> Said:
    return Said(launch(launch_count=number % 900 + 1), PAIR)


def _amend(number: int, topics: Topics) -> Said | None:
    if not topics.launches:
        return None
    of = topics.launches[number % len(topics.launches)]
    body = Amendment(
        launch=of,
        replaces=topics.versions.get(of, of),
        reason=AmendmentReason.PLAN,
        notification=launch(launch_count=number % 900 + 1),
    )
    return Said(body, PAIR)


def _cancel(number: int, topics: Topics) -> Said | None:
    if not topics.launches:
        return None
    return Said(Cancellation(launch=topics.launches[number % len(topics.launches)]), PAIR)


def _query(number: int, topics: Topics) -> Said:
    asked = topics.others[number % len(topics.others)]
    return Said(Query(topic=QueryTopic.OTHER, asked=asked, remark=str(number)), ONE)


def _reply(number: int, topics: Topics) -> Said | None:
    if not topics.asked:
        return None
    body = Reply(query=topics.asked[number % len(topics.asked)], status=ReplyStatus.ANSWERED)
    return Said(body, ONE)


def _incident(number: int, _: Topics) -> Said:
    body = Incident(
        time=NOW + number % 1_000,
        place=LandRegion(name="Plesetsk"),
        object=next(iter(IncidentObject)),
        contact=f"room {number}",
    )
    return Said(body, ONE if number % 2 else PAIR)


def _retract(number: int, topics: Topics) -> Said | None:
    if not topics.own:
        return None
    subject = topics.own[number % len(topics.own)]
    return Said(Retraction(subject=subject, reason=next(iter(RetractionReason))), PAIR)


def _check(number: int, _: Topics) -> Said:
    return Said(CommunicationsCheck(path=f"line {number % 50}"), ONE)


def _statement(number: int, _: Topics) -> Said:
    return Said(Statement(topic=StatementTopic.OTHER, text=f"number {number}"), PAIR)


_NOTICES: dict[str, Callable[[int, Topics], Said | None]] = {
    "launch": _launch,
    "amendment": _amend,
    "cancellation": _cancel,
    "query": _query,
    "reply": _reply,
    "incident": _incident,
    "retraction": _retract,
    "check": _check,
    "statement": _statement,
}
NOTICES = tuple(_NOTICES)
STATEMENTS = {"acknowledge": "acknowledged", "reject": "rejected", "disseminate": "disseminated"}
"""What an officer does with a peer's notice, and the figure that counts it."""
