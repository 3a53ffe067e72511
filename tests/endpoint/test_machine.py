"""Three endpoints over a network that drops, repeats, reorders, delays, replays and tampers.

Whatever happens: nothing is new twice (P3), nothing authentic is lost (P4, P7), no position is
signed twice (P5), a refusal changes nothing (P9), and once the link is good all agree.
"""

from __future__ import annotations

import contextlib
from functools import cache
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from launchnotice import JournalError
from launchnotice.core.entries import Fired, Sealed
from launchnotice.core.tables import DELIVERY, Delivery
from launchnotice.registry import Kind, RejectionCode
from launchnotice.testing.journal import Fault
from launchnotice.wire.signals import Acknowledgement, Rejection
from tests.support import launch
from tests.support.dump import canonical, refolded, state_of
from tests.support.template import Template, template
from tests.support.world import Node, World

CODES = ("CN", "RU", "US")
codes = st.sampled_from(CODES)
some = st.integers(0, 10_000)
seconds = st.sampled_from([0, 1, 5, 29, 30, 31, 61, 300, 900, 1_000, 3_600, 7_201, 30_000])


@cache
def _made() -> Template:
    return template(*CODES)


class Adversary(RuleBasedStateMachine):
    """What the network, the machines and the officers may do."""

    @initialize()
    def begin(self) -> None:
        self.world = World(_made())

    @rule(code=codes, number=st.integers(1, 1_000))
    def announce(self, code: str, number: int) -> None:
        self.world.submit(self.world.nodes[code], launch(launch_count=number))

    @rule(code=codes, pick=some, reject=st.booleans())
    def state(self, code: str, pick: int, reject: bool) -> None:  # noqa: FBT001 - drawn
        node = self.world.nodes[code]
        known = [
            x.id for x in state_of(node.endpoint).exchanges.values() if not x.own and x.kind == Kind.LAUNCH
        ]
        if known and not node.endpoint._ledger.unsettled:
            notice = known[pick % len(known)]
            body = (
                Rejection(subject=notice, code=RejectionCode.OTHER)
                if reject
                else Acknowledgement(subject=notice)
            )
            try_submit(self.world, node, body)

    @rule(code=codes, pick=some)
    def submit_again(self, code: str, pick: int) -> None:
        node = self.world.nodes[code]
        if node.drafts:
            self.world.resubmit(node, node.drafts[pick % len(node.drafts)])

    @rule(pick=some)
    @precondition(lambda self: self.world.wire)
    def deliver(self, pick: int) -> None:
        self.world.deliver(self.world.wire.pop(pick % len(self.world.wire)))

    @rule()
    @precondition(lambda self: self.world.wire)
    def deliver_all(self) -> None:
        for send in [self.world.wire.pop(0) for _ in range(len(self.world.wire))]:
            self.world.deliver(send)

    @rule(pick=some)
    @precondition(lambda self: self.world.wire)
    def drop(self, pick: int) -> None:
        self.world.wire.pop(pick % len(self.world.wire))

    @rule(pick=some)
    @precondition(lambda self: self.world.ever)
    def replay(self, pick: int) -> None:
        self.world.deliver(self.world.ever[pick % len(self.world.ever)])

    @rule(pick=some, bit=st.integers(0, 100_000))
    @precondition(lambda self: self.world.ever)
    def tamper(self, pick: int, bit: int) -> None:
        self.world.deliver(self.world.ever[pick % len(self.world.ever)], tampered=bit)

    @rule(code=codes, wait=seconds)
    def wait_and_poll(self, code: str, wait: int) -> None:
        self.world.now += wait
        self.world.poll(self.world.nodes[code])

    @rule(wait=seconds)
    def wait_and_poll_all(self, wait: int) -> None:
        self.world.now += wait
        for node in self.world.nodes.values():
            self.world.poll(node)

    @rule(code=codes)
    def restart(self, code: str) -> None:
        self.world.nodes[code].restart(self.world.now)

    @rule(code=codes, plan=st.lists(st.sampled_from([None, *Fault]), max_size=3))
    def fail_to_store(self, code: str, plan: list[Fault | None]) -> None:
        self.world.nodes[code].flaky.plan = plan

    @rule(code=codes, failures=st.integers(1, 3))
    def fail_to_anchor(self, code: str, failures: int) -> None:
        self.world.nodes[code].anchor.failures = failures

    @rule(code=codes, times=st.integers(1, 4))
    def refuse_to_sign(self, code: str, times: int) -> None:
        self.world.nodes[code].signer.unwilling = times

    @rule(code=codes, skew=st.sampled_from([0, -100, 100, -7_000, 7_000, 40_000]))
    def jump_the_clock(self, code: str, skew: int) -> None:
        self.world.nodes[code].skew = skew

    @rule(code=codes, back=st.integers(0, 3))
    def confirm(self, code: str, back: int) -> None:
        node = self.world.nodes[code]
        if not node.endpoint._ledger.unsettled and not node.flaky.plan:
            with contextlib.suppress(JournalError):  # of the anchor, which moves with what is confirmed
                node.endpoint.confirm(node.endpoint.health(self.world.now).position - back)

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.heal()
            check_agreement(self.world)


def try_submit(world: World, node: Node, body: Any) -> None:
    """Submit a statement that may have been made before."""
    kinds = {Acknowledgement: Kind.ACKNOWLEDGEMENT, Rejection: Kind.REJECTION}
    if kinds[type(body)] not in state_of(node.endpoint).exchanges[body.subject].stated:
        world.submit(node, body, ("officer-1",))


def check_agreement(world: World) -> None:
    """After healing: heads, deliveries and what each has shown agree; nothing is due; folding agrees."""
    for code, node in world.nodes.items():
        own = state_of(node.endpoint)
        assert node.endpoint.next_deadline is None
        assert own.unsealed == {}
        assert canonical(refolded(node.endpoint)) == canonical(own)
        kept = [item.entry for item in node.endpoint._ledger.read(0)]
        fired = [entry for entry in kept if isinstance(entry, Fired)]
        assert len(fired) == len(set(fired))
        notices = [entry.id for entry in kept if isinstance(entry, Sealed) and entry.kind == Kind.LAUNCH]
        for other in own.channel.others(code):
            peer = world.nodes[other]
            for epoch, stream in own.streams[code].items():
                heard = state_of(peer.endpoint).stream(code, epoch)
                assert (heard.seq, heard.head, heard.held, heard.disputed) == (
                    stream.seq,
                    stream.head,
                    {},
                    None,
                )
            for notice in notices:
                assert notice in peer.presented
                stated = state_of(peer.endpoint).exchange(notice)
                assert stated is not None
                reached = Delivery.PENDING
                for kind in stated.stated:
                    reached = DELIVERY[reached, Kind(kind)]
                found = node.endpoint.exchange(notice).deliveries[other]
                assert found is reached
                facts = state_of(node.endpoint).exchange(notice)
                assert facts is not None
                assert {kind for party, kind in facts.facts if party == other} == stated.stated.keys()


TestAdversary = Adversary.TestCase
TestAdversary.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
