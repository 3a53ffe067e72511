"""The notices that a body names (spec section 5.3): known, of the right kind, of the right party."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import cbor2
import pytest

from launchnotice import Draft, Endpoint, UsageError
from launchnotice.registry import (
    KINDS,
    ActivityStatus,
    ActivityType,
    AmendmentReason,
    CancellationReason,
    FindingCode,
    IncidentObject,
    Kind,
    LaunchOutcome,
    LaunchPhase,
    QueryTopic,
    ReplyStatus,
    RetractionReason,
    StatementTopic,
    Usage,
)
from launchnotice.wire.geo import WaterBody
from launchnotice.wire.message import BODIES, KIND_OF, parse
from launchnotice.wire.notices import (
    Activity,
    Amendment,
    AnnualDeclaration,
    Cancellation,
    CommunicationsCheck,
    Incident,
    LaunchReport,
    Query,
    Reply,
    Retraction,
    Statement,
    Window,
    WindowExtension,
)
from launchnotice.wire.record import Record
from tests.spec.requirements.build import OFFICERS, World, parts, world
from tests.spec.requirements.told import DAY, Told, codes, heard
from tests.support import NOW, Centre, launch, open_endpoint, sign, state
from tests.support.dump import snapshot

WINDOW = Window(start=NOW + 3 * DAY, end=NOW + 4 * DAY)

# What each party has said, by the names that the cases below use.
SAID: dict[str, Callable[[dict[str, bytes]], Record]] = {
    "launch": lambda _: launch(),
    "other launch": lambda _: launch(launch_count=2),
    "amendment": lambda ids: amended(ids["launch"], ids["launch"]),
    "extension": lambda ids: extended(ids["launch"], ids["amendment"]),
    "activity": lambda _: activity(None),
    "check": lambda _: CommunicationsCheck(),
    "incident": lambda _: incident(),
}


def amended(notified: bytes, replaces: bytes) -> Amendment:
    return Amendment(
        launch=notified, replaces=replaces, reason=AmendmentReason.PLAN, notification=launch(launch_count=3)
    )


def extended(notified: bytes, replaces: bytes) -> WindowExtension:
    return WindowExtension(launch=notified, replaces=replaces, window=WINDOW)


def activity(replaces: bytes | None) -> Activity:
    return Activity(
        activity=ActivityType.RADAR_EXPERIMENT,
        status=ActivityStatus.PLANNED,
        window=WINDOW,
        replaces=replaces,
    )


def incident(**more: Any) -> Incident:
    return Incident(
        time=NOW,
        place=WaterBody(name="Barents Sea"),
        object=IncidentObject.UNIDENTIFIED,
        contact="duty officer",
        **more,
    )


def question(asked: str, subject: bytes | None = None) -> Query:
    return Query(topic=QueryTopic.CLARIFICATION, asked=asked, subject=subject)


class Row(NamedTuple):
    """A field of the table: which notices it may name, and a body that names one.

    `own`, `peer`: names in `SAID` that the sender may say of itself, or of another party.
    """

    kind: Kind
    field: str
    own: set[str]
    peer: set[str]
    body: Callable[[bytes, dict[str, bytes]], Record]


ALL = {*SAID, "query"}
VERSIONS = {"launch", "other launch", "amendment", "extension"}
LAUNCHES = {"launch", "other launch"}
NONE: set[str] = set()

TABLE = [
    Row(Kind.AMENDMENT, "launch", LAUNCHES, NONE, lambda one, ids: amended(one, ids["extension"])),
    Row(Kind.AMENDMENT, "replaces", VERSIONS, NONE, lambda one, ids: amended(ids["launch"], one)),
    Row(Kind.WINDOW_EXTENSION, "launch", LAUNCHES, NONE, lambda one, ids: extended(one, ids["extension"])),
    Row(Kind.WINDOW_EXTENSION, "replaces", VERSIONS, NONE, lambda one, ids: extended(ids["launch"], one)),
    Row(
        Kind.CANCELLATION,
        "launch",
        LAUNCHES,
        NONE,
        lambda one, _: Cancellation(launch=one, reason=CancellationReason.WEATHER),
    ),
    Row(
        Kind.LAUNCH_REPORT,
        "launch",
        LAUNCHES,
        NONE,
        lambda one, _: LaunchReport(launch=one, outcome=LaunchOutcome.NOT_LAUNCHED),
    ),
    Row(Kind.QUERY, "subject", NONE, ALL, lambda one, _: question("RU", one)),
    Row(
        Kind.REPLY,
        "query",
        NONE,
        {"query"},
        lambda one, _: Reply(query=one, status=ReplyStatus.ANSWERED),
    ),
    Row(
        Kind.REPLY,
        "notices",
        ALL,
        NONE,
        lambda one, ids: Reply(query=ids["peer's query"], status=ReplyStatus.SEE_NOTICES, notices=(one,)),
    ),
    Row(Kind.ACTIVITY, "replaces", {"activity"}, NONE, lambda one, _: activity(one)),
    Row(
        Kind.STATEMENT,
        "subject",
        ALL,
        ALL,
        lambda one, _: Statement(topic=StatementTopic.OTHER, subject=one, text="x"),
    ),
    Row(Kind.INCIDENT, "confirms", {"incident"}, NONE, lambda one, _: incident(confirms=one)),
    Row(Kind.INCIDENT, "launch", LAUNCHES, LAUNCHES, lambda one, _: incident(launch=one)),
    Row(
        Kind.RETRACTION,
        "subject",
        ALL,
        NONE,
        lambda one, _: Retraction(subject=one, reason=RetractionReason.SENT_IN_ERROR),
    ),
]


def verdict(row: Row, name: str) -> FindingCode | None:
    """What there is to say of the notice with that name, by the table of the text."""
    peer = name.startswith("peer's ")
    said = name.removeprefix("peer's ")
    if said not in ALL or said not in row.own | row.peer:
        return FindingCode.UNKNOWN_REFERENCE
    return None if said in (row.peer if peer else row.own) else FindingCode.NOT_OWNER


class Known(NamedTuple):
    """Two endpoints that know everything, a forger who goes on where US stands, and ids by name.

    Names are what US said, ``peer's …`` what RU said, and what is no notice at all.
    """

    us: Endpoint
    ru: Endpoint
    told: Told
    ids: dict[str, bytes]

    def __repr__(self) -> str:
        return "<Known>"


@cache
def known() -> Known:
    w = world()
    us = open_endpoint(w.channel, w.us, mandates=[*w.mandates.values()])
    own = speak(us, w.us, w.receiver, "RU")
    peer = speak(w.receiver, w.ru, us, "US")
    ids = own | {f"peer's {name}": one for name, one in peer.items()}
    ids |= {"nothing": bytes(32), "mandate": w.forger.mandate, "peer's mandate": w.mirror.mandate}
    told = Told(w.forger, us.health(NOW).epoch)
    told.seq, told.head = us.exchange(own["query"]).seq, own["query"]
    return Known(us, w.receiver, told, ids)


def speak(speaker: Endpoint, centre: Centre, hearer: Endpoint, asked: str) -> dict[str, bytes]:
    """One party says everything; ids by name."""
    ids: dict[str, bytes] = {}
    for name in [*SAID, "query"]:
        body = question(asked) if name == "query" else SAID[name](ids)
        sends = state(speaker, centre, body, NOW, OFFICERS).sends
        data = next(send.data for send in sends if peek_kind(send.data) == KIND_OF[type(body)])
        assert hearer.receive(data, NOW).refusal is None
        ids[name] = parse(data).id
    return ids


def peek_kind(data: bytes) -> int:
    """The kind of a message; 0 of a mandate."""
    kind: int = cbor2.loads(parts(data)[2]).get(5, 0)
    return kind


def rows() -> list[Any]:
    return [pytest.param(row, id=f"{row.kind.name.lower()} {row.field}") for row in TABLE]


@pytest.mark.requirement("R-BODY-2")
@pytest.mark.requirement("R-AMEND-1")
@pytest.mark.requirement("R-EXT-1")
@pytest.mark.requirement("R-CANCEL-1")
@pytest.mark.requirement("R-INC-1")
@pytest.mark.parametrize("row", rows())
def test_author_names_what_is_known_and_allowed(row: Row) -> None:
    us, ids = known().us, known().ids
    newest = {"launch": ids["extension"], "other launch": ids["other launch"]}
    before = snapshot(us)
    for name, one in ids.items():
        body = row.body(one, ids)
        expected = Usage.UNKNOWN_SUBJECT if verdict(row, name) else None
        if isinstance(body, Amendment | WindowExtension) and not expected:
            # The version that is replaced is the newest of that launch.
            of = next(n for n in newest if ids[n] == body.launch)
            expected = None if body.replaces == newest[of] else Usage.BAD_VALUE
        if row.kind in {Kind.INCIDENT, Kind.RETRACTION}:
            expected = None
        assert usage(us, body) is expected, name
    assert snapshot(us) == before


def usage(endpoint: Endpoint, body: Record) -> Usage | None:
    """The code with which a draft of that body is not made."""
    try:
        endpoint.draft(body, NOW, OFFICERS)
    except UsageError as error:
        return error.code
    return None


@pytest.mark.requirement("R-BODY-3")
@pytest.mark.parametrize("row", rows())
def test_name_of_no_such_notice_is_a_finding(row: Row) -> None:
    _, ru, told, ids = known()
    for name, one in ids.items():
        step = ru.receive(told.say(row.body(one, ids)).data, NOW + 1)
        assert step.refusal is None
        # What the notice does not replace is another matter, and told beside it (R-PHASE-5).
        told_of = [one for one in step.events[0].findings if one.code is not FindingCode.NOT_NEWEST]
        found = [(finding.code, finding.subject) for finding in told_of]
        expected = verdict(row, name)
        assert found == ([(expected, row.field)] if expected else []), name


@pytest.mark.requirement("R-BODY-3")
def test_name_of_a_notice_that_comes_later_stays_a_finding() -> None:
    w = world()
    told = Told(w.forger)
    first = told.say(launch())
    second = told.say(Cancellation(launch=first.id))
    early = heard(w, second)
    assert codes(early) == [FindingCode.CHAIN_GAP, FindingCode.UNKNOWN_REFERENCE]
    assert codes(heard(w, first)) == []
    codes_now = [finding.code for finding in w.receiver.exchange(second.id).findings]
    assert codes_now == codes(early)


@pytest.mark.requirement("R-BODY-3")
def test_each_name_of_a_list_has_its_finding() -> None:
    _, ru, told, ids = known()
    names = ("nothing", "launch", "peer's launch", "mandate")
    reply = Reply(
        query=ids["peer's query"],
        status=ReplyStatus.SEE_NOTICES,
        notices=tuple(ids[name] for name in names),
    )
    (event,) = ru.receive(told.say(reply).data, NOW + 1).events
    unknown, foreign = FindingCode.UNKNOWN_REFERENCE, FindingCode.NOT_OWNER
    assert [finding.code for finding in event.findings] == [unknown, foreign, unknown]


@pytest.mark.requirement("R-BODY-2")
@pytest.mark.parametrize("name", ["nothing", "peer's launch", "check"])
def test_draft_that_names_no_such_notice_is_not_reserved(name: str) -> None:
    """Another desk's draft passes its review, since officers do not hold the journal."""
    w = world()
    us = open_endpoint(w.channel, w.us, mandates=[*w.mandates.values()])
    ids = speak(us, w.us, w.receiver, "RU")
    ids |= {"nothing": bytes(32), "peer's launch": speak(w.receiver, w.ru, us, "US")["launch"]}
    honest = us.draft(Cancellation(launch=ids["other launch"]), NOW, OFFICERS)
    assert us.submit(signed(w, replaced(honest, ids["other launch"])), NOW).sends
    honest = us.draft(Cancellation(launch=ids["launch"]), NOW, OFFICERS)
    forged = signed(w, replaced(honest, ids[name]))
    before = snapshot(us)
    with pytest.raises(UsageError, match="unknown-subject"):
        us.submit(forged, NOW)
    assert snapshot(us) == before


@pytest.mark.requirement("R-AMEND-1")
@pytest.mark.requirement("R-BODY-2")
def test_amendment_of_a_version_that_was_replaced_meanwhile_is_not_reserved() -> None:
    w = world()
    us = open_endpoint(w.channel, w.us, mandates=[*w.mandates.values()])
    ids = speak(us, w.us, w.receiver, "RU")
    body = amended(ids["launch"], ids["extension"])
    slow = sign(us, w.us, body, NOW, OFFICERS)
    state(us, w.us, body, NOW + 1, OFFICERS)
    before = snapshot(us)
    with pytest.raises(UsageError, match="bad-value"):
        us.submit(slow, NOW + 1)
    assert snapshot(us) == before


def replaced(draft: Draft, notice: bytes) -> Draft:
    """The draft of a cancellation that names another notice."""
    raw = cbor2.loads(draft.payload)
    raw[7] = {**raw[7], 1: notice}
    return Draft(draft.header, cbor2.dumps(raw), {})


def signed(w: World, draft: Draft) -> Draft:
    """The draft with both officers' signatures."""
    for label in OFFICERS:
        draft = draft.review(w.channel, w.mandate()).sign(w.us.keys[label])
    return draft


@pytest.mark.requirement("R-BODY-4")
def test_unknown_field_within_an_amendment_is_a_finding() -> None:
    w = world()
    told = Told(w.forger)
    first = told.say(launch())
    heard(w, first)
    raw = amended(first.id, first.id).dump()
    inside = told.say({**raw, 4: {**raw[4], 98: 1}}, Kind.AMENDMENT)
    beside = told.say({**amended(first.id, inside.id).dump(), 98: 1}, Kind.AMENDMENT)
    for made, named in ((inside, "notification.98"), (beside, "98")):
        (finding,) = heard(w, made).findings
        assert (finding.code, finding.found) == (FindingCode.UNKNOWN_FIELDS, named)


# What says nothing -----------------------------------------------------------------------

LOUD = "cancelled; the window is 2027-02-01 to 2027-02-02"


@pytest.mark.requirement("R-BODY-1")
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in {Kind.RECEIPT, Kind.SYNC}])
def test_every_body_that_officers_sign_has_its_remark_at_one_key(kind: Kind) -> None:
    (row,) = [row for row in BODIES[kind].FIELDS if row.name == "remark"]
    assert (row.key, row.required) == (99, False)


@pytest.mark.requirement("R-BODY-1")
@pytest.mark.parametrize(
    "speech",
    [
        lambda ids: amended(ids["launch"], ids["launch"]),
        lambda ids: extended(ids["launch"], ids["launch"]),
        lambda _: incident(assurance=LOUD),
        lambda ids: Statement(topic=StatementTopic.OTHER, subject=ids["launch"], text=LOUD),
        lambda _: AnnualDeclaration(year=2026, policy=LOUD),
    ],
    ids=["amendment", "window extension", "assurance", "text", "policy"],
)
def test_free_text_changes_no_finding_and_no_launch(speech: Callable[[dict[str, bytes]], Record]) -> None:
    views = []
    for remark in (None, LOUD):
        w = world()
        told = Told(w.forger)
        first = told.say(launch())
        heard(w, first)
        body = speech({"launch": first.id})
        event = heard(w, told.say({**body.dump(), **({99: remark} if remark else {})}, KIND_OF[type(body)]))
        view = w.receiver.launch(first.id, NOW)
        views.append((codes(event), view._replace(notices=()), len(view.notices)))
    assert views[0] == views[1]
    assert views[0][1].phase is LaunchPhase.ANNOUNCED
