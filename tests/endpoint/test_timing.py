"""Timers: `next_deadline` is exact, repetition backs off, what is overdue is told once each."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchnotice import Endpoint
from launchnotice.core.entries import Fired
from launchnotice.core.tables import Debt
from launchnotice.registry import EventCode, Kind, Need
from launchnotice.wire.signals import Acknowledgement
from tests.support import NOW, launch, settle, state
from tests.support.dump import snapshot
from tests.support.template import Template, template
from tests.support.world import Node, World

WITHIN = 20
ACKNOWLEDGE = 50
HORIZON = 4 * ACKNOWLEDGE + 60


@cache
def _made() -> Template:
    return template(receipt_within=WITHIN, acknowledge_within=ACKNOWLEDGE)


# Exact deadlines -----------------------------------------------------------------------------

script = st.lists(
    st.tuples(
        st.sampled_from(["RU", "US"]), st.integers(0, HORIZON), st.sampled_from(["launch", "read", "mood"])
    ),
    max_size=6,
)


@pytest.mark.requirement("R-DUE-2")
@settings(max_examples=25, deadline=None)
@given(script, st.lists(st.booleans(), min_size=1, max_size=7))
def test_polling_at_the_deadlines_alone_does_what_polling_every_second_does(
    steps: list[tuple[str, int, str]], carried: list[bool]
) -> None:
    assert _history(steps, carried, always=True) == _history(steps, carried, always=False)


def _history(steps: list[tuple[str, int, str]], carried: list[bool], *, always: bool) -> list[object]:
    """Everything that two endpoints said and were told within the horizon."""
    world, history, count = World(_made()), [], 0
    for world.now in range(NOW, NOW + HORIZON):
        for code, at, what in steps:
            if NOW + at == world.now:
                _act(world, world.nodes[code], what)
        for node in world.nodes.values():
            due = node.endpoint.next_deadline
            if always or (due is not None and due <= world.now):
                world.poll(node)
        for _ in range(len(world.wire)):
            send = world.wire.pop(0)
            count += 1
            history.append((world.now, send, carried[count % len(carried)]))
            if carried[count % len(carried)]:
                world.deliver(send)
    journals = [node.endpoint._ledger.read(0) for node in world.nodes.values()]
    return [*history, journals]


def _act(world: World, node: Node, what: str) -> None:
    if what == "launch":
        world.submit(node, launch(launch_count=1 + world.now % 900))
    elif what == "mood":
        node.signer.unwilling += 2
    else:
        world._acknowledge()


@pytest.mark.requirement("R-DUE-2")
@settings(max_examples=30, deadline=None)
@given(script, st.integers(0, HORIZON))
def test_time_alone_changes_nothing_before_the_deadline(
    steps: list[tuple[str, int, str]], until: int
) -> None:
    """Polls that are not due say nothing, journal nothing and leave the deadline as it is."""
    world = World(_made())
    for world.now in range(NOW, NOW + until, 7):
        for code, at, what in steps:
            if at // 7 == (world.now - NOW) // 7:
                _act(world, world.nodes[code], what)
        for node in world.nodes.values():
            world.poll(node)
            due = node.endpoint.next_deadline
            if due is None or due > world.now:
                before = snapshot(node.endpoint)
                assert node.endpoint.poll(world.now) == (None, (), ())
                assert snapshot(node.endpoint) == before
                assert node.endpoint.next_deadline == due


# Repetition --------------------------------------------------------------------------------


def _announced() -> tuple[Template, Endpoint, Endpoint, bytes, bytes]:
    made = _made()
    us, ru = made.open("US"), made.open("RU")
    settle([us, ru], NOW)
    step = state(us, made.centres["US"], launch(), NOW, ("officer-1", "officer-2"))
    notice = next(event.subject for event in step.events if event.kind == Kind.LAUNCH)
    return made, us, ru, notice, step.sends[0].data


def _repetitions(endpoint: Endpoint, data: bytes, start: int, end: int) -> list[int]:
    found = []
    now = start
    while endpoint.next_deadline is not None and (now := max(now, endpoint.next_deadline)) < end:
        found += [now - start for send in endpoint.poll(now).sends if send.data == data]
    return found


@pytest.mark.requirement("R-RETRY-2")
def test_identical_bytes_are_repeated_with_exponential_back_off() -> None:
    _, us, _, _, data = _announced()
    at = [30, 90, 210, 450, 930, 1_890, 3_810, 7_410, 11_010]
    assert _repetitions(us, data, NOW, NOW + 11_011) == at


@pytest.mark.requirement("R-RETRY-2")
def test_repetition_is_slower_after_the_receipt_and_goes_on_until_the_acknowledgement() -> None:
    made, us, ru, notice, data = _announced()
    ru.receive(data, NOW)
    for send in ru.poll(NOW).sends:
        us.receive(send.data, NOW)
    assert _repetitions(us, data, NOW, NOW + 5_000) == [300, 600, 1_200, 2_400, 4_800]
    acknowledgement = state(ru, made.centres["RU"], Acknowledgement(subject=notice), NOW + 5_000)
    us.receive(acknowledgement.sends[0].data, NOW + 5_000)
    assert us.next_deadline is None


def test_after_a_restart_what_is_owed_is_offered_at_once() -> None:
    made, us, _, _, data = _announced()
    journal, anchor = us._ledger._journal, us._ledger._anchor
    again = Endpoint.open(
        made.channel, "US", journal, NOW + 1, anchor=anchor, system=made.centres["US"].keys["system"]
    )
    assert [send.data for send in again.poll(NOW + 1).sends] == [data]


@pytest.mark.requirement("R-RCPT-3")
def test_a_lost_acknowledgement_comes_with_the_next_repetition() -> None:
    made, us, ru, notice, data = _announced()
    ru.receive(data, NOW)
    ru.poll(NOW)
    state(ru, made.centres["RU"], Acknowledgement(subject=notice), NOW + 1)  # both signals are lost
    repeated = next(send.data for send in us.poll(NOW + 30).sends)
    answers = ru.receive(repeated, NOW + 30).sends
    assert len(answers) == 2
    for answer in answers:
        us.receive(answer.data, NOW + 31)
    assert us.next_deadline is None


def test_a_clock_that_ran_ahead_does_not_silence_an_endpoint() -> None:
    """One poll with a clock a year ahead schedules everything a year ahead; then the clock is put right."""
    _, us, _, _, data = _announced()
    us.poll(NOW + 31_536_000)
    assert [send.data for send in us.poll(NOW + 60).sends] == [data]
    assert us.next_deadline == NOW + 90


# Overdue -----------------------------------------------------------------------------------


def _overdue(endpoint: Endpoint, start: int, end: int) -> list[tuple[int, str]]:
    found = []
    now = start
    while endpoint.next_deadline is not None and (now := max(now, endpoint.next_deadline)) < end:
        found += [
            (now - NOW, event.party) for event in endpoint.poll(now).events if event.code is EventCode.OVERDUE
        ]
    return found


@pytest.mark.requirement("R-DUE-1")
def test_receipt_and_acknowledgement_are_overdue_at_once_twice_and_four_times() -> None:
    """A deadline is met at its very second; each multiple is told once."""
    _, us, _, _, _ = _announced()
    at = sorted([n * WITHIN + 1 for n in (1, 2, 4)] + [n * ACKNOWLEDGE + 1 for n in (1, 2, 4)])
    assert _overdue(us, NOW, NOW + 86_400) == [(second, "RU") for second in at]


@pytest.mark.requirement("R-DUE-1")
def test_an_overdue_event_is_told_once_across_restarts() -> None:
    made, us, _, notice, _ = _announced()
    told: list[Fired] = []
    for now in range(NOW, NOW + 5 * ACKNOWLEDGE, 13):
        us = Endpoint.open(
            made.channel, "US", us._ledger._journal, now, anchor=us._ledger._anchor,
            system=made.centres["US"].keys["system"],
        )  # fmt: skip
        us.poll(now)
    told = [kept.entry for kept in us._ledger.read(0) if isinstance(kept.entry, Fired)]
    expected = [(owed, multiple) for owed in (Debt.RECEIPT, Debt.ACKNOWLEDGEMENT) for multiple in (1, 2, 4)]
    assert sorted((one.owed, one.multiple) for one in told) == sorted((o.value, m) for o, m in expected)
    assert {one.id for one in told} == {notice}


def test_what_was_given_in_time_is_never_overdue() -> None:
    made, us, ru, notice, data = _announced()
    ru.receive(data, NOW + 1)
    receipt = ru.poll(NOW + 1).sends[0].data
    us.receive(receipt, NOW + WITHIN)
    answer = state(ru, made.centres["RU"], Acknowledgement(subject=notice), NOW + 2).sends[0].data
    us.receive(answer, NOW + ACKNOWLEDGE)
    assert us.next_deadline is None
    assert not any(event.code is EventCode.OVERDUE for event in us.events(0))


@pytest.mark.requirement("R-DUE-1")
def test_the_recipients_own_debts_are_overdue_too_and_need_an_officer() -> None:
    _, _, ru, notice, data = _announced()
    ru.receive(data, NOW)
    needs = [(need.need, need.subject, need.by) for need in ru.attention(NOW)]
    assert needs == [(Need.ACKNOWLEDGE, notice, NOW + ACKNOWLEDGE)]
    ru.poll(NOW)
    assert _overdue(ru, NOW, NOW + 86_400) == [(n * ACKNOWLEDGE + 1, "RU") for n in (1, 2, 4)]


def test_attention_puts_the_most_urgent_first() -> None:
    made, us, ru, first, data = _announced()
    second = made.forger("US")  # a later notice of the same sender
    later = second.notice(2, first, epoch=us.exchange(first).epoch)
    ru.receive(data, NOW + 5)
    ru.receive(later.data, NOW)
    needs = [need.subject for need in ru.attention(NOW + 6) if need.need is Need.ACKNOWLEDGE]
    assert needs == [later.id, first]
    us.poll(NOW + 1_000)
    overdue = us.attention(NOW + 1_000)
    assert [(need.need, need.subject, need.party) for need in overdue] == [(Need.OVERDUE, first, "RU")]
