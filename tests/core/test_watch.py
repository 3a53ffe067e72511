"""What time has to do with launches and queries: reminders, reports, replies; the query's table."""

from __future__ import annotations

import contextlib
import itertools
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchnotice import Endpoint, Event, Send, UsageError
from launchnotice.core.tables import QUERY, Debt
from launchnotice.registry import EventCode, Kind, Need, QueryPhase, ReplyStatus, RetractionReason
from launchnotice.registry.content import LaunchOutcome, QueryTopic
from launchnotice.wire.bounds import REMIND_FIRST, REMIND_LAST
from launchnotice.wire.message import KIND_OF, parse
from launchnotice.wire.notices import (
    Cancellation,
    LaunchReport,
    Query,
    Reply,
    Retraction,
    Window,
    WindowExtension,
)
from launchnotice.wire.record import Record
from launchnotice.wire.signals import Acknowledgement
from tests.spec.requirements.test_kinds import kind_of
from tests.support import NOW, launch, state
from tests.support.dump import canonical, refolded, state_of
from tests.support.template import Template, template

DAY = 86_400
PAIR = ("officer-1", "officer-2")
REPLY, REPORT = 7_200, 2 * DAY


@cache
def made() -> Template:
    return template(reply_within=REPLY, report_within=REPORT)


class Desks:
    """US and RU on a perfect link, and everything that each was told."""

    def __init__(self, of: Template | None = None) -> None:
        self.of = of or made()
        self.ends = {code: self.of.open(code) for code in ("US", "RU")}
        self.told: dict[str, list[Event]] = {"US": [], "RU": []}

    def say(self, code: str, body: Record, now: int) -> bytes:
        """One side says something, which reaches the other and is acknowledged there; its id."""
        officers = PAIR[:1] if isinstance(body, Query | Reply) else PAIR
        step = state(self.ends[code], self.of.centres[code], body, now, officers)
        said = next(send for send in step.sends if kind_of(send.data) == KIND_OF[type(body)])
        self.carry(step.sends, now)
        self.poll(said.to, now)
        notice = parse(said.data).id
        read = Acknowledgement(subject=notice)
        self.carry(state(self.ends[said.to], self.of.centres[said.to], read, now).sends, now)
        return notice

    def carry(self, sends: tuple[Send, ...], now: int) -> None:
        """Deliver, and what is answered as well."""
        for send in sends:
            step = self.ends[send.to].receive(send.data, now)
            self.told[send.to] += step.events
            self.carry(step.sends, now)

    def poll(self, code: str, now: int) -> None:
        step = self.ends[code].poll(now)
        self.told[code] += step.events
        self.carry(step.sends, now)

    def run(self, start: int, end: int, every: int = 0) -> None:
        """Poll each at its deadlines alone, or every so many seconds as well."""
        now = start
        while now < end:
            for code in self.ends:
                self.poll(code, now)
            due = [at for one in self.ends.values() if (at := one.next_deadline) is not None]
            steps = [max(at, now + 1) for at in due] + ([now + every] if every else [])
            now = min(steps, default=end)

    def of_code(self, code: str, *codes: EventCode) -> list[tuple[int, EventCode, bytes, object, int]]:
        """When `code` was told what of these, about which notice."""
        return [
            (one.time, one.code, one.subject, one.owed, one.multiple)
            for one in self.told[code]
            if one.code in codes
        ]

    def again(self, code: str, now: int) -> None:
        """That side is opened anew on its journal."""
        ledger, keys = self.ends[code]._ledger, self.of.centres[code].keys["system"]
        self.ends[code] = Endpoint.open(
            self.of.channel, code, ledger._journal, now, anchor=ledger._anchor, system=keys
        )


def windowed(start: int, length: int = 3_600) -> Record:
    return launch(planned_date=None, window=Window(start=start, end=start + length))


def question(answer_by: int | None = None) -> Query:
    return Query(topic=QueryTopic.OTHER, asked="RU", remark="what was that", answer_by=answer_by)


# The table -----------------------------------------------------------------------------------


@pytest.mark.requirement("R-QPHASE-1")
@pytest.mark.parametrize("phase", list(QueryPhase))
@pytest.mark.parametrize("kind", [Kind.REPLY, Kind.RETRACTION])
def test_every_input_in_every_phase_moves_a_query_up_or_leaves_it(phase: QueryPhase, kind: Kind) -> None:
    phases = list(QueryPhase)
    level = {Kind.REPLY: 1, Kind.RETRACTION: 2}[kind]
    assert phases.index(QUERY[phase, kind]) == max(phases.index(phase), level)
    assert set(QUERY) == set(itertools.product(QueryPhase, (Kind.REPLY, Kind.RETRACTION)))


@pytest.mark.requirement("R-QPHASE-1")
@pytest.mark.requirement("R-QPHASE-2")
def test_a_query_is_answered_by_whom_it_asks_and_withdrawn_by_who_asked() -> None:
    d = Desks()
    asked = d.say("US", question(), NOW)
    for end in d.ends.values():
        assert end.exchange(asked).phase is QueryPhase.OPEN
    d.say("RU", Reply(query=asked, status=ReplyStatus.INTERIM), NOW + 1)
    assert d.ends["US"].exchange(asked).phase is QueryPhase.OPEN
    before = d.ends["US"].exchange(asked).deliveries
    replied = d.say("RU", Reply(query=asked, status=ReplyStatus.NO_ANSWER), NOW + 2)
    for end in d.ends.values():
        assert end.exchange(asked).phase is QueryPhase.ANSWERED
    assert d.ends["US"].exchange(asked).deliveries == before
    d.say("RU", Retraction(subject=replied, reason=RetractionReason.OTHER), NOW + 3)
    for end in d.ends.values():
        assert end.exchange(asked).phase is QueryPhase.OPEN
    d.say("US", Retraction(subject=asked, reason=RetractionReason.OTHER), NOW + 4)
    for end in d.ends.values():
        assert end.exchange(asked).phase is QueryPhase.WITHDRAWN
        assert canonical(refolded(end)) == canonical(state_of(end))
    assert d.ends["US"].exchange(replied).phase is None


# Deadlines -------------------------------------------------------------------------------------


@pytest.mark.requirement("R-DUE-1")
def test_a_reply_is_overdue_on_both_sides_at_once_twice_and_four_times() -> None:
    d = Desks()
    asked = d.say("US", question(), NOW)
    (need,) = [one for one in d.ends["RU"].attention(NOW) if one.need is Need.REPLY]
    assert (need.subject, need.party, need.by) == (asked, "US", NOW + REPLY)
    d.run(NOW, NOW + 5 * REPLY)
    expected = [(NOW + m * REPLY + 1, EventCode.OVERDUE, asked, Debt.REPLY, m) for m in (1, 2, 4)]
    for code in d.ends:
        assert [row for row in d.of_code(code, EventCode.OVERDUE) if row[3] is Debt.REPLY] == expected
    (late,) = [one for one in d.ends["US"].attention(NOW + REPLY + 1) if one.by == NOW + REPLY]
    assert (late.need, late.subject, late.party) == (Need.OVERDUE, asked, "RU")
    d.say("RU", Reply(query=asked, status=ReplyStatus.ANSWERED), NOW + 5 * REPLY)
    for end in d.ends.values():
        assert not [one for one in end.attention(NOW + 9 * REPLY) if one.by == NOW + REPLY]


@pytest.mark.requirement("R-DUE-1")
def test_a_reply_that_nobody_set_a_time_for_is_owed_and_never_overdue() -> None:
    d = Desks(template())
    asked = d.say("US", question(), NOW)
    (need,) = [one for one in d.ends["RU"].attention(NOW) if one.need is Need.REPLY]
    assert (need.subject, need.by) == (asked, None)
    hoped = d.say("US", question(answer_by=NOW + 500), NOW + 100)
    needs = [one for one in d.ends["RU"].attention(NOW + 100) if one.need is Need.REPLY]
    assert {one.subject: one.by for one in needs} == {asked: None, hoped: NOW + 500}


@pytest.mark.requirement("R-DUE-1")
def test_a_report_is_overdue_after_the_last_window_unless_the_launch_was_ended() -> None:
    d = Desks()
    start = NOW + 3 * DAY
    one = d.say("US", windowed(start), NOW)
    other = d.say("US", windowed(start), NOW + 1)
    d.say("US", Cancellation(launch=other), NOW + 2)
    end = start + 3_600
    assert not [need for need in d.ends["US"].attention(end - 1) if need.need is Need.REPORT]
    (need,) = [need for need in d.ends["US"].attention(end) if need.need is Need.REPORT]
    assert (need.subject, need.by) == (one, end + REPORT)
    d.run(NOW + 3, end + 3 * REPORT)
    expected = [(end + m * REPORT + 1, EventCode.OVERDUE, one, Debt.REPORT, m) for m in (1, 2)]
    for code in d.ends:
        assert [row for row in d.of_code(code, EventCode.OVERDUE) if row[3] is Debt.REPORT] == expected
    said = LaunchReport(launch=one, outcome=LaunchOutcome.LAUNCHED, launched_at=start + 5)
    d.say("US", said, end + 3 * REPORT)
    assert not [need for need in d.ends["US"].attention(end + 9 * REPORT) if need.need is Need.REPORT]
    d.run(end + 3 * REPORT, end + 5 * REPORT)
    assert not [row for row in d.of_code("RU", EventCode.OVERDUE) if row[3] is Debt.REPORT and row[4] == 4]


def test_the_screen_is_drawn_from_state_whatever_became_of_the_events() -> None:
    """All events are dropped: the host confirmed them unseen, and the node starts anew."""
    d = Desks()
    d.say("US", question(), NOW)
    d.say("US", windowed(NOW + DAY), NOW)
    step = state(d.ends["US"], d.of.centres["US"], launch(), NOW + 1, PAIR)
    d.carry(step.sends, NOW + 1)
    for code in d.ends:
        for now in (NOW + 2, NOW + 3 * REPLY, NOW + 9 * DAY):
            before = d.ends[code].attention(now)
            d.ends[code].confirm(d.ends[code].health(now).position)
            d.again(code, now)
            assert d.ends[code].events() == []
            assert d.ends[code].attention(now) == before
            assert before or now == NOW + 2
            urgent = [one.by or 0 for one in before]
            assert urgent == sorted(urgent)


# Reminders -------------------------------------------------------------------------------------


@pytest.mark.requirement("R-DUE-3")
def test_the_recipient_is_reminded_a_day_and_an_hour_before_a_window_opens() -> None:
    d = Desks()
    start = NOW + 3 * DAY
    one = d.say("US", windowed(start), NOW)
    d.run(NOW, start - DAY - 10)
    d.again("RU", start - DAY - 5)
    moved = start + DAY
    window = Window(start=moved, end=moved + 60)
    d.run(start - DAY - 5, start - DAY + 5)
    d.say("US", WindowExtension(launch=one, replaces=one, window=window), start - DAY + 6)
    d.run(start - DAY + 7, moved + DAY)
    told = [(event.time, event.opens) for event in d.told["RU"] if event.code is EventCode.REMINDER]
    assert told == [
        (start - REMIND_FIRST, start),
        (moved - REMIND_FIRST, moved),
        (moved - REMIND_LAST, moved),
    ]
    assert all(event.subject == one for event in d.told["RU"] if event.code is EventCode.REMINDER)
    assert not d.of_code("US", EventCode.REMINDER)
    assert [event.opens for event in d.ends["RU"].events(0) if event.opens] == [start, moved, moved]


@pytest.mark.requirement("R-DUE-3")
def test_nobody_is_reminded_of_what_was_heard_too_late_or_is_cancelled() -> None:
    d = Desks()
    d.say("US", windowed(NOW + REMIND_LAST), NOW)
    off = d.say("US", windowed(NOW + 2 * DAY), NOW)
    d.say("US", Cancellation(launch=off), NOW + 1)
    d.run(NOW, NOW + 3 * DAY)
    assert not d.of_code("RU", EventCode.REMINDER)


@pytest.mark.requirement("R-DUE-3")
def test_an_amendment_that_overtakes_its_launch_is_watched_with_it() -> None:
    ru, us = made().open("RU"), made().forger("US")
    first = us.notice(body=windowed(NOW + 3 * DAY))
    window = Window(start=NOW + 4 * DAY, end=NOW + 5 * DAY)
    body = WindowExtension(launch=first.id, replaces=first.id, window=window)
    second = us.notice(2, first.id, body=body, k5=int(Kind.WINDOW_EXTENSION))
    for one in (second, first):
        assert ru.receive(one.data, NOW).refusal is None
    ru.poll(NOW)
    assert list(state_of(ru).watched) == [first.id]
    assert canonical(refolded(ru)) == canonical(state_of(ru))


# Any polling ------------------------------------------------------------------------------------

TOLD = (EventCode.OVERDUE, EventCode.REMINDER)
_SAYINGS = st.lists(
    st.tuples(
        st.sampled_from(["launch", "ask", "reply", "cancel", "extend", "withdraw"]),
        st.integers(0, 4 * DAY),
        st.integers(0, 3),
    ),
    max_size=5,
)


@pytest.mark.requirement("R-DUE-1")
@pytest.mark.requirement("R-DUE-2")
@pytest.mark.requirement("R-DUE-3")
@settings(max_examples=25, deadline=None)
@given(_SAYINGS, st.integers(9_000, 40_000), st.booleans())
def test_polling_at_the_deadlines_alone_tells_what_polling_more_often_tells(
    sayings: list[tuple[str, int, int]],
    every: int,
    restart: bool,  # noqa: FBT001 - drawn
) -> None:
    few, many = (_played(sayings, often, restart=restart) for often in (0, every))
    for code in ("US", "RU"):
        assert _times(few, code) == _times(many, code)  # ids differ: epochs are random
        assert len(set(few.of_code(code, *TOLD))) == len(few.of_code(code, *TOLD))
        end = few.ends[code]
        assert canonical(refolded(end)) == canonical(state_of(end))


def _times(d: Desks, code: str) -> list[str]:
    return sorted(
        f"{time} {what} {owed} {multiple}" for time, what, _, owed, multiple in d.of_code(code, *TOLD)
    )


def _played(sayings: list[tuple[str, int, int]], every: int, *, restart: bool) -> Desks:
    d, now = Desks(), NOW
    said: dict[str, list[bytes]] = {"launch": [], "ask": []}
    for what, wait, number in sayings:
        d.run(now, now + wait, every)
        now += wait
        with contextlib.suppress(UsageError):  # of a launch or query that has ended
            _say(d, what, number, now, said)
        if restart:
            d.again("RU", now)
    d.run(now, now + 20 * DAY, every)
    return d


def _say(d: Desks, what: str, number: int, now: int, said: dict[str, list[bytes]]) -> None:
    launches, asked = said["launch"], said["ask"]
    if what == "launch":
        launches.append(d.say("US", windowed(now + number * 30_000 + 60), now))
    elif what == "ask":
        asked.append(d.say("US", question(), now))
    elif what == "reply" and asked:
        d.say("RU", Reply(query=asked[number % len(asked)], status=ReplyStatus.ANSWERED), now)
    elif what == "withdraw" and asked:
        d.say("US", Retraction(subject=asked[number % len(asked)], reason=RetractionReason.OTHER), now)
    elif what == "cancel" and launches:
        d.say("US", Cancellation(launch=launches[number % len(launches)]), now)
    elif what == "extend" and launches:
        one = launches[number % len(launches)]
        newest = d.ends["US"].launch(one, now).notices[-1]
        if newest == one:
            window = Window(start=now + 2 * DAY, end=now + 3 * DAY)
            d.say("US", WindowExtension(launch=one, replaces=one, window=window), now)
