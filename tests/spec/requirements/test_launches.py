"""Launches (spec sections 5.6 to 5.14 and 7.4): drawn from their threads, whatever the order of arrival."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchnotice import Agreement, Endpoint
from launchnotice.pact.agreement import Limit, Rule
from launchnotice.pact.mandate import UnverifiedMandate
from launchnotice.registry import (
    ActivityStatus,
    ActivityType,
    AmendmentReason,
    Anchor,
    AreaRole,
    Bound,
    Category,
    Check,
    EventCode,
    Evidence,
    FindingCode,
    Kind,
    LaunchOutcome,
    LaunchPhase,
    Place,
    QueryTopic,
    ReplyStatus,
    RetractionReason,
    StatementTopic,
    Unit,
)
from launchnotice.views import LaunchView
from launchnotice.wire.geo import LandRegion, Zone
from launchnotice.wire.notices import (
    Activity,
    Amendment,
    AnnualDeclaration,
    Cancellation,
    LaunchNotification,
    LaunchReport,
    Query,
    Reply,
    Retraction,
    Statement,
    Total,
    Window,
    WindowExtension,
)
from launchnotice.wire.record import Record
from tests.spec.requirements.build import OFFICERS, World, world
from tests.spec.requirements.test_kinds import sides
from tests.spec.requirements.told import DAY, Told, codes, heard
from tests.support import NOW, launch, make_mandate, state
from tests.support.forge import Forged, Forger
from tests.support.template import Template, template

SECOND = (2, bytes(range(16)))


def amended(notified: bytes, count: int = 2) -> Amendment:
    """An amendment that says so many launches; a receiver takes any version as the one replaced."""
    return Amendment(
        launch=notified,
        replaces=notified,
        reason=AmendmentReason.PLAN,
        notification=launch(launch_count=count),
    )


def extended(notified: bytes, days: int = 5) -> WindowExtension:
    return WindowExtension(launch=notified, replaces=notified, window=until(days))


def until(days: int) -> Window:
    return Window(start=NOW + 3 * DAY, end=NOW + (3 + days) * DAY)


def cancelled(notified: bytes) -> Cancellation:
    return Cancellation(launch=notified)


def reported(notified: bytes) -> LaunchReport:
    return LaunchReport(launch=notified, outcome=LaunchOutcome.NOT_LAUNCHED)


def retracted(notified: bytes) -> Retraction:
    return Retraction(subject=notified, reason=RetractionReason.SENT_IN_ERROR)


SPEECH: dict[Kind, Callable[[bytes], Record]] = {
    Kind.AMENDMENT: amended,
    Kind.WINDOW_EXTENSION: extended,
    Kind.CANCELLATION: cancelled,
    Kind.LAUNCH_REPORT: reported,
    Kind.RETRACTION: retracted,
}


class Thread(NamedTuple):
    """A world in which RU knows a launch of US."""

    w: World
    told: Told
    id: bytes

    def add(self, body: Record, **more: Any) -> bytes:
        """US says something more, which RU hears."""
        made = self.told.say(body, **more)
        heard(self.w, made)
        return made.id

    def view(self, now: int = NOW) -> LaunchView:
        return self.w.receiver.launch(self.id, now)


def thread(body: LaunchNotification | None = None, **descriptor: Any) -> Thread:
    w = world(**descriptor)
    told = Told(w.forger)
    first = told.say(body or launch())
    heard(w, first)
    return Thread(w, told, first.id)


# The table -------------------------------------------------------------------------------

ANNOUNCED, CANCELLED, REPORTED, RETRACTED = LaunchPhase
REACHED = {ANNOUNCED: None, CANCELLED: cancelled, REPORTED: reported, RETRACTED: retracted}

# Section 7.4, row by row.
TABLE = {
    ANNOUNCED: (ANNOUNCED, ANNOUNCED, CANCELLED, REPORTED, RETRACTED),
    CANCELLED: (CANCELLED, CANCELLED, CANCELLED, REPORTED, RETRACTED),
    REPORTED: (REPORTED, REPORTED, REPORTED, REPORTED, RETRACTED),
    RETRACTED: (RETRACTED,) * 5,
}


@pytest.mark.requirement("R-PHASE-1")
@pytest.mark.requirement("R-CANCEL-2")
@pytest.mark.parametrize("kind", SPEECH, ids=lambda kind: kind.name.lower())
@pytest.mark.parametrize("phase", TABLE, ids=lambda phase: phase.value)
def test_phase_after_a_notice_is_the_table_s(phase: LaunchPhase, kind: Kind) -> None:
    t = thread()
    reach = REACHED[phase]
    if reach is not None:
        t.add(reach(t.id))
    assert t.view().phase is phase
    made = t.told.say(SPEECH[kind](t.id).dump() | {99: "another"}, kind)
    event = heard(t.w, made)
    assert codes(event) == []
    assert t.view().phase is TABLE[phase][list(SPEECH).index(kind)]
    assert made.id in t.view().notices
    assert t.w.receiver.exchange(made.id).place is Place.ACCEPTED


# Versions --------------------------------------------------------------------------------


@pytest.mark.requirement("R-PHASE-3")
@pytest.mark.requirement("R-EXT-2")
def test_version_counts_amendments_and_extensions_and_the_last_one_holds() -> None:
    t = thread()
    day = launch().planned_date or 0
    dated = (day * DAY, (day + 4) * DAY)
    assert (t.view().version, t.view().notification, t.view().span) == (1, launch(), dated)
    first = t.add(amended(t.id, 2))
    second = t.add(extended(t.id, 5))
    view = t.view()
    assert (view.version, view.notification.launch_count) == (3, 2)
    assert view.span == (until(5).start, until(5).end)
    third = t.add(extended(t.id, 6))
    assert (t.view().version, t.view().span) == (4, (until(6).start, until(6).end))
    t.add(reported(t.id))
    fourth = t.add(amended(t.id, 3))
    view = t.view()
    assert (view.version, view.notification.launch_count, view.span) == (5, 3, dated)
    assert [one for one in view.notices if one != t.id][:3] == [first, second, third]
    assert view.notices[-1] == fourth


@pytest.mark.requirement("R-EXT-2")
@pytest.mark.requirement("R-DUE-2")
def test_extended_window_says_when_the_launch_is_open() -> None:
    t = thread()
    t.add(extended(t.id, 5))
    start, end = until(5).start, until(5).end
    found = [(t.view(now).open, t.view(now).lapsed) for now in (start - 1, start, end - 1, end)]
    assert found == [(False, False), (True, False), (True, False), (False, True)]
    assert {t.view(now).phase for now in (start - 1, end)} == {ANNOUNCED}


@pytest.mark.requirement("R-PHASE-3")
def test_versions_of_two_epochs_follow_each_other() -> None:
    """The notice of the later epoch holds, also if that of the earlier one arrives last."""
    t = thread()
    later = Told(t.w.forger, SECOND)
    heard(t.w, later.say(amended(t.id, 9)))
    t.add(amended(t.id, 2))
    t.add(amended(t.id, 3))
    view = t.view()
    assert (view.version, view.notification.launch_count) == (4, 9)


@pytest.mark.requirement("R-PHASE-3")
@pytest.mark.requirement("R-AMEND-1")
@pytest.mark.requirement("R-EXT-1")
def test_sender_and_receiver_draw_one_launch_and_a_reopened_endpoint_as_well() -> None:
    s = sides()
    notified = s.ids["launch"]
    replaces = s.say("US", amended(notified), OFFICERS, NOW + 1)
    s.say("US", WindowExtension(launch=notified, replaces=replaces, window=until(9)), OFFICERS, NOW + 2)
    s.say("US", cancelled(notified), OFFICERS, NOW + 3)
    mine, theirs = s.us.launch(notified, NOW), s.ru.launch(notified, NOW)
    assert mine == theirs
    assert (mine.phase, mine.version, mine.span) == (CANCELLED, 3, (until(9).start, until(9).end))
    again = Endpoint.open(s.w.channel, "US", s.us._ledger._journal, NOW)
    assert again.launch(notified, NOW) == mine


# What a receiver finds -------------------------------------------------------------------


@pytest.mark.requirement("R-AMEND-2")
def test_amendment_is_judged_as_a_notification_but_for_a_lead_time_that_it_does_not_shorten() -> None:
    t = thread()
    body = launch(
        category=Category.SPACE_LAUNCH_VEHICLE,
        generic_class=None,
        launch_area=None,
        planned_date=NOW // DAY,
    )
    begun = t.told.say(body)
    alone = heard(t.w, begun)
    assert set(codes(alone)) == {FindingCode.OUT_OF_SCOPE, FindingCode.MISSING, FindingCode.LATE}
    again = Amendment(launch=begun.id, replaces=begun.id, reason=AmendmentReason.CLERICAL, notification=body)
    unknown = Amendment(launch=bytes(32), replaces=bytes(32), reason=AmendmentReason.PLAN, notification=body)
    but_lead_time = [one for one in alone.findings if one.code is not FindingCode.LATE]
    assert list(heard(t.w, t.told.say(again)).findings) == but_lead_time
    within = heard(t.w, t.told.say(unknown)).findings
    assert [one for one in within if one.code is not FindingCode.UNKNOWN_REFERENCE] == but_lead_time


LATER = launch().planned_date or 0
ELSEWHERE = LandRegion(name="Kwajalein")
ANEW = {
    "the same": (launch(remark="a word"), False),
    "a day later": (launch(planned_date=LATER + 1), False),
    "a day earlier": (launch(planned_date=LATER - 1), True),
    "a window from the first second of the day": (
        launch(planned_date=None, window=Window(start=LATER * DAY, end=LATER * DAY + 60)),
        False,
    ),
    "a window from a second before the day": (
        launch(planned_date=None, window=Window(start=LATER * DAY - 1, end=LATER * DAY + 60)),
        True,
    ),
    "another launch area": (launch(launch_area=ELSEWHERE), True),
    "another launch area beside it": (launch(launch_count=2, further_launch_areas=(ELSEWHERE,)), True),
    "another launch": (launch(launch_count=2), False),
    "another impact area": (launch(impact_areas=launch().impact_areas * 2), True),
    "a closed area": (launch(hazard_areas=(Zone(role=AreaRole.CLOSURE, area=ELSEWHERE),)), True),
}


@pytest.mark.requirement("R-AGR-8")
@pytest.mark.requirement("R-AMEND-2")
@pytest.mark.parametrize("name", ANEW)
def test_lead_time_is_judged_anew_if_an_amendment_shortens_it(name: str) -> None:
    """A day before the launch it is too late for what changes the plan, and not for the rest."""
    body, shortens = ANEW[name]
    t = thread()
    made = t.told.say(Amendment(launch=t.id, replaces=t.id, reason=AmendmentReason.PLAN, notification=body))
    late = t.w.receive(made.data, (LATER - 1) * DAY + 1).events
    assert (FindingCode.LATE in codes(late[0])) == shortens


@pytest.mark.requirement("R-AGR-8")
def test_lead_time_is_judged_anew_if_an_extension_begins_earlier() -> None:
    t = thread()
    for start, shortens in ((LATER * DAY, False), (LATER * DAY - 1, True), (LATER * DAY + 9, False)):
        window = Window(start=start, end=start + 5 * DAY)
        made = t.told.say(WindowExtension(launch=t.id, replaces=t.id, window=window))
        (event,) = t.w.receive(made.data, (LATER - 1) * DAY + 1).events
        # The last is later than the first notification said, and earlier than the version before it says.
        assert (FindingCode.LATE in codes(event)) == shortens, start


@pytest.mark.requirement("R-AGR-8")
def test_what_held_before_is_what_stands_before_in_the_stream() -> None:
    """An amendment that arrives after a later one is compared with what its sender had said before it."""
    t = thread()
    first = t.told.say(amended(t.id))
    second = t.told.say(
        Amendment(
            launch=t.id,
            replaces=first.id,
            reason=AmendmentReason.PLAN,
            notification=launch(planned_date=LATER + 20),
        )
    )
    at = (LATER - 1) * DAY + 1
    for made in (second, first):
        (event, *_) = t.w.receive(made.data, at).events
        assert FindingCode.LATE not in codes(event)


@pytest.mark.requirement("R-AMEND-2")
def test_rules_for_amendments_themselves_are_applied_as_well() -> None:
    agreement = world().channel.descriptor.agreement
    rule = Rule(
        check=Check.FORBIDDEN,
        kind=Kind.AMENDMENT.value,
        article="Article X",
        evidence=Evidence.VERIFIED,
        subject="remark",
    )
    late = Rule(
        check=Check.LEAD_TIME,
        kind=Kind.WINDOW_EXTENSION.value,
        article="Article Y",
        evidence=Evidence.VERIFIED,
        subject="window",
        limit=Limit(bound=Bound.AT_LEAST, amount=100, unit=Unit.HOURS),
        anchor=Anchor.RECEIVED,
    )
    t = thread(agreement=Agreement(**{**vars(agreement), "rules": (rule, late)}))
    loud = amended(t.id).dump() | {99: "x"}
    assert codes(heard(t.w, t.told.say(loud, Kind.AMENDMENT))) == [FindingCode.NOT_ALLOWED]
    assert codes(heard(t.w, t.told.say(amended(t.id)))) == []
    assert codes(heard(t.w, t.told.say(extended(t.id)))) == [FindingCode.LATE]


@pytest.mark.requirement("R-CANCEL-1")
@pytest.mark.requirement("R-CANCEL-2")
def test_cancellation_names_the_notification_also_of_an_amended_launch() -> None:
    t = thread()
    amendment = t.add(amended(t.id))
    event = heard(t.w, t.told.say(cancelled(amendment)))
    assert codes(event) == [FindingCode.UNKNOWN_REFERENCE]
    assert t.view().phase is ANNOUNCED
    t.add(cancelled(t.id))
    assert t.view().phase is CANCELLED
    later = t.add(amended(t.id, 5))
    assert (t.view().phase, t.view().version) == (CANCELLED, 3)
    t.w.receiver.poll(NOW + 2)
    assert [one.kind for one in t.w.receiver.exchange(later).signals] == [Kind.RECEIPT]
    assert later in t.w.receiver.pending("RU")


@pytest.mark.requirement("R-REPORT-4")
def test_report_of_a_launch_that_was_not_notified_is_shown() -> None:
    t = thread()
    before = t.view()
    body = LaunchReport(outcome=LaunchOutcome.LAUNCHED, launched_at=NOW, category=Category.SOUNDING_ROCKET)
    event = heard(t.w, t.told.say(body))
    assert codes(event) == []
    assert t.w.receiver.exchange(event.subject).body == body
    assert t.view() == before


def query(notified: bytes) -> Query:
    return Query(topic=QueryTopic.CONFIRMATION, asked="US", subject=notified)


@pytest.mark.parametrize(
    "speech",
    [
        pytest.param(
            lambda ids: Reply(query=ids[1], status=ReplyStatus.SEE_NOTICES, notices=(ids[0],)),
            id="reply",
            marks=pytest.mark.requirement("R-REPLY-2"),
        ),
        pytest.param(
            lambda _: AnnualDeclaration(
                year=2027,
                totals=(Total(category=Category.BALLISTIC_MISSILE, launched=1, notified=0),),
                policy="the launch is cancelled",
            ),
            id="declaration",
            marks=pytest.mark.requirement("R-DECL-3"),
        ),
        pytest.param(
            lambda _: AnnualDeclaration(year=2027), id="nil", marks=pytest.mark.requirement("R-DECL-3")
        ),
        pytest.param(
            lambda _: Activity(activity=ActivityType.OTHER, status=ActivityStatus.CANCELLED, window=until(2)),
            id="activity",
            marks=pytest.mark.requirement("R-ACT-3"),
        ),
        pytest.param(
            lambda ids: Activity(
                activity=ActivityType.OTHER,
                status=ActivityStatus.CANCELLED,
                window=until(2),
                replaces=ids[0],
            ),
            id="activity that names the launch",
            marks=pytest.mark.requirement("R-ACT-3"),
        ),
        pytest.param(
            lambda ids: Statement(topic=StatementTopic.OTHER, subject=ids[0], text="the launch is cancelled"),
            id="statement",
            marks=pytest.mark.requirement("R-STATE-2"),
        ),
        pytest.param(
            lambda _: Statement(topic=StatementTopic.OTHER, text="all launches are cancelled"),
            id="statement of no subject",
            marks=pytest.mark.requirement("R-STATE-2"),
        ),
    ],
)
def test_what_else_is_said_changes_no_launch(speech: Callable[[tuple[bytes, bytes]], Record]) -> None:
    t = thread()
    sends = state(t.w.receiver, t.w.ru, query(t.id), NOW, OFFICERS).sends
    asked = t.w.receiver.events(0)[-1].subject
    assert sends
    t.add(amended(t.id))
    before = t.view()
    exchange = t.w.receiver.exchange(t.id)
    t.add(speech((t.id, asked)))
    assert t.view()._replace(notices=before.notices) == before
    after = t.w.receiver.exchange(t.id)
    assert after._replace(followers=()) == exchange._replace(followers=())


@pytest.mark.requirement("R-QUERY-3")
def test_query_of_a_peer_is_no_part_of_the_launch() -> None:
    t = thread()
    before = t.view()
    state(t.w.receiver, t.w.ru, query(t.id), NOW, OFFICERS)
    assert t.view() == before


# What does not count ---------------------------------------------------------------------


@pytest.mark.requirement("R-PHASE-2")
@pytest.mark.parametrize("kind", SPEECH, ids=lambda kind: kind.name.lower())
def test_notice_of_another_party_does_not_count(kind: Kind) -> None:
    made = three()
    endpoint, told = made.open("RU"), Told(made.forger("US"))
    first = told.say(launch())
    stranger = Told(made.forger("IN")).say(SPEECH[kind](first.id))
    for order in ([first, stranger], [stranger, first]):
        endpoint = made.open("RU")
        for one in order:
            assert endpoint.receive(one.data, NOW).refusal is None
        view = endpoint.launch(first.id, NOW)
        assert (view.phase, view.version, view.notices) == (ANNOUNCED, 1, (first.id,))
        assert endpoint.exchange(stranger.id).body is not None


@cache
def three() -> Template:
    return template("IN", "RU", "US")


@pytest.mark.requirement("R-PHASE-2")
@pytest.mark.parametrize("kind", SPEECH, ids=lambda kind: kind.name.lower())
def test_notice_that_cannot_be_read_does_not_count(kind: Kind) -> None:
    t = thread()
    before = t.view()
    raw = SPEECH[kind](t.id).dump() | {99: ""}
    event = heard(t.w, t.told.say(raw, kind))
    assert codes(event) == [FindingCode.UNINTELLIGIBLE]
    assert t.view() == before


@pytest.mark.requirement("R-PHASE-2")
@pytest.mark.parametrize("kind", [*SPEECH][:4], ids=lambda kind: kind.name.lower())
def test_retracted_notice_does_not_count(kind: Kind) -> None:
    t = thread()
    before = t.view()
    added = t.add(SPEECH[kind](t.id))
    assert t.view() != before
    t.add(retracted(added))
    assert t.view()._replace(version=before.version) == before
    numbered = kind in {Kind.AMENDMENT, Kind.WINDOW_EXTENSION}
    assert t.view().version == before.version + numbered  # a number is not given again
    assert t.w.receiver.exchange(added).body == SPEECH[kind](t.id)


@pytest.mark.requirement("R-PHASE-2")
def test_notice_that_is_retracted_by_another_party_counts() -> None:
    made = three()
    endpoint, told = made.open("RU"), Told(made.forger("US"))
    first = told.say(launch())
    second = told.say(cancelled(first.id))
    stranger = Told(made.forger("IN")).say(retracted(second.id))
    for one in (first, second, stranger):
        assert endpoint.receive(one.data, NOW).refusal is None
    assert endpoint.launch(first.id, NOW).phase is CANCELLED


@pytest.mark.requirement("R-PHASE-2")
def test_notice_under_a_superseded_mandate_does_not_count() -> None:
    t = thread()
    second = make_mandate(t.w.channel, t.w.us, t.w.mandate())
    assert t.w.receive(second).refusal is None
    newer = Forger(t.w.channel, t.w.us, UnverifiedMandate.parse(second).id)
    t.add(amended(t.id, 2), forger=newer)
    before = t.view()
    for kind in SPEECH.keys() - {Kind.RETRACTION}:
        event = heard(t.w, t.told.say(SPEECH[kind](t.id)))
        assert codes(event) == [FindingCode.SUPERSEDED_MANDATE], kind
    assert t.view() == before
    t.add(cancelled(t.id), forger=newer)
    assert t.view().phase is CANCELLED


@pytest.mark.requirement("R-PHASE-2")
def test_notice_of_a_disputed_position_does_not_count() -> None:
    t = thread()
    other = Told(t.w.forger)
    other.seq, other.head = t.told.seq, t.told.head
    heard(t.w, t.told.say(Statement(topic=StatementTopic.OTHER, text="one")))
    before = t.view()
    step = t.w.receive(other.say(cancelled(t.id)).data)
    assert [event.code for event in step.events] == [EventCode.FORK, EventCode.NOTICE]
    heard(t.w, t.told.say(reported(t.id)))
    assert t.view() == before
    t.add(retracted(t.id))
    assert t.view().phase is RETRACTED


@pytest.mark.requirement("R-PHASE-1")
@pytest.mark.requirement("R-PHASE-2")
def test_branches_of_a_fork_do_not_count_whichever_arrives_first() -> None:
    views = []
    for order in ((0, 1), (1, 0)):
        t = thread()
        other = Told(t.w.forger)
        other.seq, other.head = t.told.seq, t.told.head
        branches = [t.told.say(amended(t.id)), other.say(cancelled(t.id))]
        for one in order:
            heard(t.w, branches[one])
        views.append(t.view())
    assert views[0] == views[1]
    assert (views[0].phase, views[0].version) == (ANNOUNCED, 1)


@pytest.mark.requirement("R-PHASE-1")
@pytest.mark.requirement("R-MAND-11")
def test_notice_under_a_superseded_mandate_does_not_count_whichever_arrives_first() -> None:
    views = []
    for order in ((0, 1), (1, 0)):
        t = thread()
        second = make_mandate(t.w.channel, t.w.us, t.w.mandate())
        assert t.w.receive(second).refusal is None
        newer = Forger(t.w.channel, t.w.us, UnverifiedMandate.parse(second).id)
        made = [t.told.say(amended(t.id, 2), forger=newer), t.told.say(cancelled(t.id))]
        for one in order:
            heard(t.w, made[one])
        views.append(t.view())
    assert views[0] == views[1]


# Any order of arrival --------------------------------------------------------------------


class Said(NamedTuple):
    """Something said of a launch: by whom, how it counts, and what it undoes."""

    made: Forged
    speech: str
    undoes: bytes = b""


WORDS = ("amend", "extend", "cancel", "report", "remark", "unreadable", "foreign")


def spoken(words: Sequence[str], undone: frozenset[int], split: int) -> list[Said]:
    """A launch and what follows: words in the first epoch up to `split`, then in a second one.

    Notices whose numbers are in `undone` are retracted; 0 is the launch itself.
    """
    us, strangers = three().forger("US"), Told(three().forger("IN"))
    told, again = Told(us), Told(us, SECOND)
    first = told.say(launch())
    found = [Said(first, "launch")]
    for number, word in enumerate(words, 1):
        hand = told if number <= split else again
        found.append(Said(_say(hand, strangers, word, first.id, number), word))
    for number in sorted(undone):
        subject = found[number].made.id
        by = strangers if found[number].speech == "foreign" else told
        found.append(Said(by.say(retracted(subject)), "retract", subject))
    return found


def _say(told: Told, strangers: Told, word: str, notified: bytes, number: int) -> Forged:
    text = Statement(topic=StatementTopic.OTHER, subject=notified, text=str(number))
    match word:
        case "amend":
            return told.say(amended(notified, number + 1))
        case "extend":
            return told.say(extended(notified, number + 2))
        case "unreadable":
            return told.say(amended(notified).dump() | {3: 99, 98: number}, Kind.AMENDMENT)
        case "foreign":
            return strangers.say(cancelled(notified))
        case _:
            return told.say({"cancel": cancelled(notified), "report": reported(notified)}.get(word, text))


def model(known: Iterable[Said], everything: list[Said]) -> dict[str, Any]:
    """How the launch stands by the text, given what is known; in the order of streams."""
    ids = {one.made.id for one in known}
    heard_of = [one for one in everything if one.made.id in ids]
    undone = {one.undoes for one in heard_of}
    counts = [
        one
        for one in heard_of
        if one.speech not in {"launch", "unreadable", "foreign", "retract"} and one.made.id not in undone
    ]
    first = everything[0].made
    words = [one.speech for one in counts]
    phase = ANNOUNCED
    for word, reached in (("cancel", CANCELLED), ("report", REPORTED)):
        phase = reached if word in words else phase
    versions = [one for one in counts if one.speech in {"amend", "extend"}]
    amendments = [one.made.raw[7] for one in versions if one.speech == "amend"]
    last = versions[-1] if versions else None
    window = last.made.raw[7][3] if last and last.speech == "extend" else None
    retractions = [one.made.id for one in heard_of if one.undoes == first.id]
    day = (launch().planned_date or 0) * DAY
    return {
        "phase": RETRACTED if retractions else phase,
        "version": 1 + sum(1 for one in heard_of if one.speech in {"amend", "extend"}),
        "launch_count": amendments[-1][4][10] if amendments else 1,
        "span": (window[1], window[2]) if window else (day, day + 4 * DAY),
        "notices": (first.id, *(one.made.id for one in counts), *retractions),
    }


def drawn(endpoint: Endpoint, notified: bytes) -> dict[str, Any]:
    view = endpoint.launch(notified, NOW)
    return {
        "phase": view.phase,
        "version": view.version,
        "launch_count": view.notification.launch_count,
        "span": view.span,
        "notices": view.notices,
    }


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[Said], list[Said]]:
    """A thread, and its notices as they arrive: in any order, some of them more than once."""
    words = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6))
    undone = draw(st.frozensets(st.integers(0, len(words)), max_size=3))
    said = spoken(words, undone, draw(st.integers(0, len(words))))
    repeated = draw(st.lists(st.sampled_from(said), max_size=3))
    return said, draw(st.permutations([*said, *repeated]))


@pytest.mark.requirement("R-PHASE-1")
@pytest.mark.requirement("R-PHASE-2")
@pytest.mark.requirement("R-PHASE-3")
@settings(max_examples=120)
@given(found=arrivals())
def test_launch_is_drawn_from_the_set_of_its_notices_after_each_arrival(
    found: tuple[list[Said], list[Said]],
) -> None:
    """Held notices count like others, and what arrives again changes nothing."""
    everything, order = found
    endpoint = three().open("RU")
    notified = everything[0].made.id
    known: list[Said] = []
    for one in order:
        step = endpoint.receive(one.made.data, NOW)
        assert step.refusal is None
        known.append(one)
        if everything[0] in known:
            assert drawn(endpoint, notified) == model(known, everything)
