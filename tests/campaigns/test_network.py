"""The network campaign in small: its world as a state machine, and the campaign's own parts.

Whatever the network, the machines and the officers do, each promise holds after each call, and
once the network has healed all agree; see `tests.campaigns.network`.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from launchnotice.registry import Kind
from tests.campaigns import planted
from tests.campaigns.failures import Violation
from tests.campaigns.network import bodies, rest
from tests.campaigns.network.calls import KNOWN
from tests.campaigns.network.model import Model, read
from tests.campaigns.network.planted import FAULTS
from tests.campaigns.network.run import NETWORK
from tests.campaigns.network.schedule import FORKED, SKEWS, WAITS, draw
from tests.campaigns.network.world import World
from tests.campaigns.schedules import Outcome, Schedule, Totals

play, shorten = NETWORK.play, NETWORK.shorten

some = st.integers(0, 100_000)
party = st.integers(0, 4)


class Network(RuleBasedStateMachine):
    """Every event of the campaign, chosen and shortened by Hypothesis."""

    @initialize(parties=st.integers(2, 3))
    def begin(self, parties: int) -> None:
        self.world = World(parties)

    @rule(party=party)
    def further(self, party: int) -> None:
        self.world.play(["further", party])

    @rule(party=party, boundaries=st.integers(0, 5), pick=some)
    def meanwhile(self, party: int, boundaries: int, pick: int) -> None:
        event = ["say", party, "launch", pick] if pick % 2 else ["deliver", pick]
        self.world.play(["meanwhile", party, boundaries, event])

    @rule(party=party, what=st.sampled_from(bodies.NOTICES), number=some)
    def say(self, party: int, what: str, number: int) -> None:
        self.world.play(["say", party, what, number])

    @rule(party=party, pick=some, what=st.sampled_from([*bodies.STATEMENTS]))
    def state(self, party: int, pick: int, what: str) -> None:
        self.world.play(["state", party, pick, what])

    @rule(name=st.sampled_from(["deliver", "duplicate", "drop"]), pick=some)
    def carry(self, name: str, pick: int) -> None:
        self.world.play([name, pick])

    @rule(name=st.sampled_from(["deliver_all", "deliver_all", "drop_all", "join"]))
    def carry_all(self, name: str) -> None:
        self.world.play([name])

    @rule(pick=some, to=party)
    def replay(self, pick: int, to: int) -> None:
        self.world.play(["replay", pick, to])

    @rule(name=st.sampled_from(["flip", "cut", "swap"]), pick=some, number=some)
    def tamper(self, name: str, pick: int, number: int) -> None:
        self.world.play([name, pick, number])

    @rule(party=party, wait=st.sampled_from(WAITS))
    def poll(self, party: int, wait: int) -> None:
        self.world.play(["poll", party, wait])

    @rule(wait=st.sampled_from(WAITS))
    def poll_all(self, wait: int) -> None:
        self.world.play(["poll_all", wait])

    @rule(mask=st.integers(0, 7))
    def part(self, mask: int) -> None:
        self.world.play(["part", mask])

    @rule(party=party, boundaries=st.integers(0, 7), fails=st.integers(0, 1))
    def fuse(self, party: int, boundaries: int, fails: int) -> None:
        self.world.play(["fuse", party, boundaries, fails])

    @rule(name=st.sampled_from(["restart", "save", "renew"]), party=party)
    def keep(self, name: str, party: int) -> None:
        self.world.play([name, party])

    @rule(party=party, pick=some, anchor=st.sampled_from(["kept", "lost"]))
    def restore(self, party: int, pick: int, anchor: str) -> None:
        self.world.play(["restore", party, pick, anchor])

    @rule(party=party, pick=some)
    def fail_over(self, party: int, pick: int) -> None:
        self.world.play(["fail_over", party, pick])

    @rule(party=party, skew=st.sampled_from(SKEWS))
    def clock(self, party: int, skew: int) -> None:
        self.world.play(["clock", party, skew])

    @rule(party=party, back=st.integers(0, 3))
    def confirm(self, party: int, back: int) -> None:
        self.world.play(["confirm", party, back])

    def teardown(self) -> None:
        if hasattr(self, "world"):
            rest.heal(self.world)
            rest.check(self.world)


TestNetwork = Network.TestCase
TestNetwork.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


# The campaign's own parts ------------------------------------------------------------------------


def test_a_seed_always_gives_the_same_schedule_and_outcome() -> None:
    assert draw(7) == draw(7)
    assert draw(7) != draw(8)
    assert play(draw(7)) == play(draw(7))


def test_a_fork_is_found_and_breaks_no_promise() -> None:
    outcome = play(FORKED)
    assert outcome.violation is None
    assert outcome.counts["rewinds"] == 1


def test_a_schedule_is_plain_data() -> None:
    schedule = draw(7)
    assert json.loads(json.dumps(schedule.events)) == schedule.events


def _say(number: int) -> list[Any]:
    return ["say", 0, "launch", number]


def test_a_failure_is_stored_short_and_fails_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check of our own that fails on the second bit flip: nothing else of the schedule is needed."""
    flips = iter(range(10_000))

    def do_flip(world: World, pick: int, bit: int) -> None:
        world.counts["flips"] += 1
        if world.counts["flips"] == 2:
            raise Violation("shown-twice", f"flip {next(flips)} of {pick} and {bit}")

    monkeypatch.setattr(World, "do_flip", do_flip)
    drawn = Schedule(3, [_say(1), ["flip", 1, 1], _say(2), ["flip", 2, 2], _say(3)])
    campaign = replace(NETWORK, draw=lambda _: drawn)
    path = tmp_path / "failures.json"
    campaign.store([{"check": "shown-twice", "detail": "", "seed": 1}], path)
    (row,) = json.loads(path.read_text())
    assert (row["parties"], row["events"]) == (2, [["flip", 1, 1], ["flip", 2, 2]])
    assert [violation and violation[0] for _, violation in campaign.replay(path)] == ["shown-twice"]
    monkeypatch.undo()
    assert [violation for _, violation in campaign.replay(path)] == [None]


def test_a_schedule_that_does_not_fail_is_not_made_shorter() -> None:
    schedule = Schedule(2, [_say(1), ["deliver_all"]])
    assert shorten(schedule, "swallowed") == schedule


def test_failures_count_by_check_and_make_the_run_fail() -> None:
    totals = Totals(NETWORK.goals, NETWORK.told)
    totals.add(1, play(Schedule(2, [_say(1)])))
    totals.add(2, Outcome(("swallowed", "nothing"), play(Schedule(2, [])).counts))
    figures = {figure.name: figure for figure in totals.figures(1)}
    assert figures["violations"].value == 1
    assert not figures["violations"].passed
    assert figures["schedules"].value == 2
    assert totals.failures == [{"check": "swallowed", "detail": "nothing", "seed": 2}]


def test_what_is_known_is_counted_and_no_violation() -> None:
    world = World(2)
    for name in KNOWN:
        world.fault(name, "known")
        assert world.counts[f"known {name}"] == 1
    with pytest.raises(Violation):
        world.fault("swallowed", "not known")


def test_two_nodes_take_turns_collide_and_finish_what_a_dead_one_began() -> None:
    """Party 0 is RU, and 2 picks its other node: two officers speak at once, and one node dies for good."""
    world = World(2)
    for event in (
        ["further", 0],
        ["meanwhile", 0, 0, ["say", 0, "launch", 1]],
        ["say", 0, "statement", 2],
        ["poll", 2, 0],
        ["fuse", 0, 1, 0],
        ["say", 0, "incident", 4],
        ["deliver_all"],
    ):
        world.play(event)
    counts = world.counts
    assert counts["interleaved"] == counts["node_deaths"] == counts["crashes"] == 1
    assert counts["conflicts"] and counts["nodes_took_turns"]
    rest.end(world)
    notices = {read(data).kind for data in world.model.ever if read(data).is_notice}
    assert Kind.INCIDENT in notices  # reserved by the dead node, sealed and released by the other


def test_a_call_in_the_middle_of_another_is_never_one_of_the_same_node() -> None:
    world = World(2)
    world.play(["meanwhile", 0, 0, ["say", 0, "launch", 1]])
    world.play(_say(2))
    assert world.counts["interleaved"] == 0
    assert world.counts["notices"] == 1


def test_a_node_that_another_one_left_behind_must_show_what_that_one_was_given() -> None:
    world = World(2)
    world.play(["further", 0])
    world.play(["say", 1, "launch", 1])
    world.play(["deliver_all"])
    behind = next(node for node in world.sites["RU"].nodes if node.behind)
    behind.endpoint.poll(world.now)  # what it shows never comes to its screen
    with pytest.raises(Violation, match="swallowed"):
        rest.end(world)


def test_the_model_reads_bytes_as_the_library_does() -> None:
    world = World(2)
    world.play(_say(1))
    notices = [read(packet.data) for packet in world.ever if read(packet.data).is_notice]
    assert [(one.kind, one.seq, one.sender) for one in notices] == [(1, 1, "RU")]
    assert world.sites["RU"].endpoint.exchange(notices[0].id).seq == 1


def test_the_model_knows_a_position_that_is_signed_twice() -> None:
    world = World(2)
    world.play(_say(1))
    one = next(message for packet in world.ever if (message := read(packet.data)).is_notice)
    model = Model()
    model.officers_signed("RU", one)
    model.system_signs("RU", one)
    model.system_signs("RU", one)
    with pytest.raises(Violation, match="signed-twice"):
        model.system_signs("RU", one._replace(id=bytes(32)))


# Planted faults --------------------------------------------------------------------------------------


def test_there_are_at_least_fifteen_planted_faults() -> None:
    assert len(FAULTS.patches) >= 15


@pytest.mark.parametrize(
    ("expected", "check", "passed"),
    [(("a", "b"), "b", True), (("a",), "c", False), (("a",), "", False), ((), "", True), ((), "a", False)],
)
def test_a_planted_fault_is_found_only_by_a_check_that_it_names(
    expected: tuple[str, ...], check: str, *, passed: bool
) -> None:
    assert planted.Found("name", expected, check, 1, "").passed is passed
