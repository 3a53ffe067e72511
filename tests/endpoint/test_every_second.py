"""`next_deadline` is exact: who polls at it alone is told what who polls every second is told, and when.

Spans are short, so that every second of a horizon can be polled: those that the protocol sets are shrunk,
those of the channel drawn; a few runs have the protocol's own. The line loses, officers are slow, a signer
has moods and nodes die.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from launchnotice import Event, Send, Step, UsageError
from launchnotice.core import deadlines, watch
from launchnotice.core.tables import Debt
from launchnotice.engine import duties, outbox, sync
from launchnotice.engine.outbox import Outbox
from launchnotice.engine.sync import Syncs
from launchnotice.registry import EventCode, Need, ReplyStatus, RetractionReason
from launchnotice.registry.content import LaunchOutcome, QueryTopic
from launchnotice.registry.signals import DisseminatedTo
from launchnotice.wire.bounds import REMIND_FIRST, REMIND_LAST, RETRY_MAX
from launchnotice.wire.notices import (
    Cancellation,
    LaunchNotification,
    LaunchReport,
    Query,
    Reply,
    Retraction,
    Window,
    WindowExtension,
)
from launchnotice.wire.record import Record
from launchnotice.wire.signals import Acknowledgement, Dissemination
from tests.support import NOW, launch, sign
from tests.support.template import Template, template
from tests.support.world import Node

SHRUNK = {
    "RETRY_FIRST": 3,
    "RETRY_RECEIVED": 7,
    "RETRY_MAX": 20,
    "RETRY_OVER": 90,
    "SYNC_FIRST": 2,
    "SIGN_RETRY": 2,
    "REMIND_FIRST": 60,
    "REMIND_LAST": 11,
}
"""The protocol's spans, in seconds, as they are here; their order is the same."""
HORIZON = 320
PAIR = ("officer-1", "officer-2")


@pytest.fixture
def shrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (duties, outbox, sync, watch):
        for name, seconds in SHRUNK.items():
            if hasattr(module, name):
                monkeypatch.setattr(module, name, seconds)


class Within(NamedTuple):
    """A channel's spans, in seconds."""

    receipt: int
    acknowledge: int
    reply: int
    report: int


@cache
def made(within: Within) -> Template:
    return template(
        receipt_within=within.receipt,
        acknowledge_within=within.acknowledge,
        reply_within=within.reply,
        report_within=within.report,
    )


class Act(NamedTuple):
    """What a side does at a second; `number` chooses among what there is."""

    code: str
    at: int
    what: str
    number: int


class Told(NamedTuple):
    """What a side was told, or said, and when."""

    at: int
    code: str
    what: Event | Send


class Play:
    """US and RU on a line that loses what `carried` says; polled every second, or when it is due."""

    def __init__(self, of: Template, acts: Sequence[Act], carried: Sequence[bool], *, often: bool) -> None:
        self.nodes = {code: Node(of, code) for code in ("RU", "US")}
        self.of, self.acts, self.carried, self.often = of, acts, carried, often
        self.launches: list[bytes] = []
        self.queries: list[bytes] = []
        self.wire: list[Send] = []
        self.told: list[Told] = []
        self.now, self.count = NOW, 0

    def run(self, seconds: int) -> list[object]:
        """All that was told and said, and both journals with the times of their entries."""
        for self.now in range(NOW, NOW + seconds):
            for act in self.acts:
                if NOW + act.at == self.now:
                    self._act(self.nodes[act.code], act)
            for node in self.nodes.values():
                self._poll(node)
            while self.wire:
                self._carry(self.wire.pop(0))
        return [*self.told, *(node.endpoint._ledger.read(0) for node in self.nodes.values())]

    def debts(self) -> set[object]:
        """What was overdue, reminded of, and how often something was repeated."""
        events = [one.what for one in self.told if isinstance(one.what, Event)]
        sends = Counter(one.what for one in self.told if isinstance(one.what, Send))
        overdue = {(one.owed, one.multiple) for one in events if one.code is EventCode.OVERDUE}
        reminded = {one.code for one in events if one.code is EventCode.REMINDER}
        return {*overdue, *reminded, *(min(count, 3) for count in sends.values())}

    def _poll(self, node: Node) -> None:
        due = node.endpoint.next_deadline
        if self.often:
            self._take(node, node.endpoint.poll(self.now))
        elif due is not None and due <= self.now:
            before, unwilling = node.endpoint.health(self.now).position, node.signer.unwilling
            step = node.endpoint.poll(self.now)
            self._take(node, step)
            # Exact in both directions: no poll is late, and none is for nothing.
            said = step.events or step.sends or node.endpoint.health(self.now).position > before
            assert said or node.signer.unwilling < unwilling
            after = node.endpoint.next_deadline
            assert after is None or after > self.now

    def _take(self, node: Node, step: Step) -> None:
        assert step.refusal is None
        for what in (step.events, step.sends):
            self.told += [Told(self.now, node.code, one) for one in what]
        self.wire += step.sends

    def _carry(self, send: Send) -> None:
        self.count += 1
        if self.carried[self.count % len(self.carried)]:
            node = self.nodes[send.to]
            self._take(node, node.endpoint.receive(send.data, self.now))

    # What they do --------------------------------------------------------------------------------

    def _act(self, node: Node, act: Act) -> None:
        if act.what == "restart":
            node.restart(self.now)
        elif act.what == "mood":
            node.signer.unwilling += 1 + act.number
        elif act.what == "read":
            needs = node.endpoint.attention(self.now)
            for need in [one for one in needs if one.need is Need.ACKNOWLEDGE]:
                self._say(node, Acknowledgement(subject=need.subject))
        else:
            with contextlib.suppress(
                UsageError
            ):  # of a launch that has ended, or that the side does not know
                body = self._body(node, act)
                if body is not None:
                    self._say(node, body)

    def _say(self, node: Node, body: Record) -> None:
        draft = sign(node.endpoint, self.of.centres[node.code], body, self.now, PAIR)
        self._take(node, node.endpoint.submit(draft, self.now))
        said = {LaunchNotification: self.launches, Query: self.queries}.get(type(body))
        if said is not None:
            said.append(draft.id)

    def _body(self, node: Node, act: Act) -> Record | None:
        start = self.now + 4 + 9 * act.number
        window = Window(start=start, end=start + 15)
        asked = "RU" if node.code == "US" else "US"
        if act.what == "launch":
            return launch(planned_date=None, window=window, launch_count=1 + len(self.launches))
        if act.what == "ask":
            return Query(topic=QueryTopic.OTHER, asked=asked, remark=f"{len(self.queries)}")
        known = self.queries if act.what in {"reply", "withdraw"} else self.launches
        if not known:
            return None
        one = known[act.number % len(known)]
        bodies: dict[str, Callable[[], Record]] = {
            "reply": lambda: Reply(query=one, status=ReplyStatus.ANSWERED),
            "withdraw": lambda: Retraction(subject=one, reason=RetractionReason.OTHER),
            "cancel": lambda: Cancellation(launch=one),
            "report": lambda: LaunchReport(launch=one, outcome=LaunchOutcome.NOT_LAUNCHED),
            "pass on": lambda: Dissemination(subject=one, to=DisseminatedTo.EARLY_WARNING),
            "extend": lambda: WindowExtension(
                launch=one, replaces=node.endpoint.launch(one, self.now).notices[-1], window=window
            ),
        }
        return bodies[act.what]()


def compare(within: Within, acts: Sequence[Act], carried: Sequence[bool], seconds: int = HORIZON) -> Play:
    """The same twice: polled every second, and at the deadlines alone."""
    often, seldom = (Play(made(within), acts, carried, often=often) for often in (True, False))
    assert seldom.run(seconds) == often.run(seconds)
    return seldom


# Any exchange -----------------------------------------------------------------------------------

SPAN = st.integers(1, 40)
ACTS = (
    "launch",
    "ask",
    "reply",
    "withdraw",
    "cancel",
    "report",
    "extend",
    "read",
    "pass on",
    "mood",
    "restart",
)
ACT = st.builds(
    Act,
    st.sampled_from(["RU", "US"]),
    st.integers(0, HORIZON - 100),
    st.sampled_from(ACTS),
    st.integers(0, 11),
)
EXCHANGE = (
    st.builds(Within, SPAN, SPAN, SPAN, SPAN),
    st.lists(ACT, max_size=8),
    st.lists(st.booleans(), min_size=1, max_size=7),
)
DUE = pytest.mark.requirement("R-DUE-2")


@DUE
@pytest.mark.usefixtures("shrunk")
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(*EXCHANGE)
def test_who_polls_at_the_deadlines_is_told_at_the_very_second_what_who_always_polls_is_told(
    within: Within, acts: list[Act], carried: list[bool]
) -> None:
    compare(within, acts, carried)


EVERYTHING = [
    Act("US", 1, "launch", 8),
    Act("US", 2, "ask", 0),
    Act("RU", 5, "mood", 1),
    Act("US", 90, "restart", 0),
    Act("RU", 130, "read", 0),
]


@DUE
@pytest.mark.usefixtures("shrunk")
def test_a_run_has_every_deadline_at_each_multiple() -> None:
    """So that what is compared is not silence."""
    played = compare(Within(9, 20, 30, 40), EVERYTHING, [True, False, False, False], 360)
    overdue = {(debt, multiple) for debt in Debt for multiple in (1, 2, 4)}
    assert played.debts() >= {*overdue, EventCode.REMINDER, 3}


@DUE
@pytest.mark.parametrize(("ahead", "seconds"), [(REMIND_FIRST, 400), (REMIND_LAST, 2 * RETRY_MAX + 400)])
def test_so_it_is_with_the_protocol_s_own_spans(ahead: int, seconds: int) -> None:
    """The first reminder of a window; then the last, the window, its report, repetition up to its slowest."""
    acts = [Act("US", 1, "launch", ahead // 9 + 10), Act("US", 2, "ask", 0), Act("RU", 40, "mood", 1)]
    played = compare(Within(60, 90, 95, 200), acts, [True, False, False, False], seconds)
    assert played.debts() >= {EventCode.REMINDER, (Debt.REPLY, 4)}


def _moved(next_overdue: Callable[..., int | None], by: int) -> Callable[..., int | None]:
    """Planted: an instant that is off by so many seconds."""

    def moved(*arguments: object) -> int | None:
        at = next_overdue(*arguments)
        return None if at is None else at + by

    return moved


@DUE
@pytest.mark.usefixtures("shrunk")
@pytest.mark.parametrize("by", [1, -1])
@pytest.mark.parametrize(("owner", "name"), [(deadlines, "next_overdue"), (Outbox, "next"), (Syncs, "next")])
def test_a_second_too_late_or_too_early_is_seen(
    monkeypatch: pytest.MonkeyPatch, owner: object, name: str, by: int
) -> None:
    monkeypatch.setattr(owner, name, _moved(getattr(owner, name), by))
    # Little arrives, but once a query without the launch before it: a gap.
    carried = [True, False, True, *(12 * [False])]
    with pytest.raises(AssertionError):
        compare(Within(9, 20, 30, 40), EVERYTHING, carried)
