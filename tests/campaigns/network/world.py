"""What can happen to the parties and to the network between them.

An event is a list of a name and numbers, so that a schedule can be stored; a number picks from what
there is, so that a shorter schedule still means something.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import cbor2

from launchnotice import Endpoint, Step
from tests.campaigns.network import bodies
from tests.campaigns.network.calls import Busy, Calls, Packet
from tests.campaigns.network.model import read
from tests.campaigns.network.node import Node, die, fail
from tests.support import make_mandate


class World(Calls):
    """The parties, and the events by name."""

    # Events: what parties do -------------------------------------------------------------------

    def do_say(self, party: int, what: str, number: int) -> None:
        """Officers announce something."""
        node = self.node(party)
        site = node.site
        topics = bodies.Topics(
            launches=site.said.get("launch", []),
            versions=site.versions,
            own=[one for known in site.said.values() for one in known],
            asked=site.queries,
            others=[code for code in self.codes if code != site.code],
        )
        said = bodies.say(what, number, topics)
        submitted = self.submit(node, said) if said else None
        if submitted:
            self.counts["notices"] += 1
            site.said.setdefault(what, []).append(submitted)
            if what == "amendment" and said:
                site.versions[said.body.launch] = submitted  # type: ignore[attr-defined]  # an amendment

    def do_state(self, party: int, pick: int, what: str) -> None:
        """An officer says something about a notice of a peer."""
        node = self.node(party)
        inbox = node.site.inbox
        if inbox and self.submit(node, bodies.state(what, inbox[pick % len(inbox)])):
            self.counts[bodies.STATEMENTS[what]] += 1

    def do_resubmit(self, party: int, pick: int) -> None:
        """A draft is submitted, perhaps not for the first time, perhaps at another node."""
        node = self.node(party)
        drafts = node.site.drafts
        if drafts:
            draft = drafts[pick % len(drafts)]
            self.attempt(node, lambda endpoint, now: endpoint.submit(draft, now))

    def do_renew(self, party: int) -> None:
        """The authority issues a routine mandate and confirms the epochs that the endpoint knows."""
        self.renew(self.node(party))

    def renew(self, node: Node) -> None:
        """The same, on what a node knows."""
        site = node.site
        previous = node.endpoint.mandate()
        if previous is None or previous.id != read(site.mandates[-1]).id:
            return
        epoch = node.endpoint.health(self.now).epoch
        confirmed = [epoch] if epoch[0] else []
        issued = self.made.centres[site.code]
        data = make_mandate(self.made.channel, issued, previous, confirmed=confirmed)
        site.mandates.append(data)
        self.model.released(site.code, data, read(data))
        self.receive(site.code, data)
        self.counts["mandates"] += 1

    def do_confirm(self, party: int, back: int) -> None:
        """The hosts have safe what a node has shown."""
        node = self.node(party)
        if not node.endpoint._ledger.unsettled:
            position = node.position - back
            node.site.confirmed = max(node.site.confirmed, position)
            self.attempt(node, lambda endpoint, _: _confirm(endpoint, position))

    def do_poll(self, party: int, wait: int) -> None:
        """Time passes, and a node polls."""
        self.now += wait
        self.poll(self.node(party))

    def do_poll_all(self, wait: int) -> None:
        """Time passes, and every node that runs polls."""
        self.now += wait
        for site in self.sites.values():
            for node in site.running:
                self.poll(node)

    # Events: what the network does -------------------------------------------------------------

    def arrive(self, packet: Packet) -> None:
        """A packet arrives, unless the network is partitioned."""
        if self.groups.get(packet.to, 0) != self.groups.get(packet.origin, 0):
            self.counts["lost_in_partitions"] += 1
            return
        self.receive(packet.to, packet.data)

    def do_duplicate(self, pick: int) -> None:
        """A packet arrives, and will arrive again."""
        if self.wire:
            self.counts["duplicates"] += 1
            self.arrive(self.wire[pick % len(self.wire)])

    def do_drop_all(self) -> None:
        """Everything that is on its way is lost."""
        self.counts["dropped"] += len(self.wire)
        self.wire.clear()

    def do_replay(self, pick: int, to: int) -> None:
        """Anything that ever was arrives again, at anybody's."""
        if self.ever:
            self.counts["replays"] += 1
            self.receive(self.site(to).code, self.ever[pick % len(self.ever)].data)

    def do_flip(self, pick: int, bit: int) -> None:
        """A bit of something is flipped."""
        if self.ever:
            self.counts["bit_flips"] += 1
            packet = self.ever[pick % len(self.ever)]
            data = bytearray(packet.data)
            data[bit // 8 % len(data)] ^= 1 << bit % 8
            self.receive(packet.to, bytes(data))

    def do_cut(self, pick: int, length: int) -> None:
        """Something is cut short, or has bytes after its end."""
        if self.ever:
            self.counts["cuts"] += 1
            packet = self.ever[pick % len(self.ever)]
            at = length % (len(packet.data) + 8)
            self.receive(packet.to, packet.data[:at] + bytes(max(0, at - len(packet.data))))

    def do_splice(self, pick: int, other: int, at: int) -> None:
        """The beginning of one thing and the end of another."""
        if self.ever:
            self.counts["splices"] += 1
            one, two = (self.ever[number % len(self.ever)] for number in (pick, other))
            at %= min(len(one.data), len(two.data))
            self.receive(one.to, one.data[:at] + two.data[at:])

    def do_swap(self, pick: int, other: int) -> None:
        """The signatures of one thing under the payload of another."""
        if self.ever:
            self.counts["splices"] += 1
            one, two = (self.ever[number % len(self.ever)] for number in (pick, other))
            self.receive(one.to, _swapped(one.data, two.data))

    def do_part(self, mask: int) -> None:
        """The parties fall into two groups that do not hear each other."""
        self.counts["partitions"] += 1
        self.groups = {code: mask >> at & 1 for at, code in enumerate(self.codes)}

    def do_join(self) -> None:
        """All hear each other again."""
        self.groups = {}

    # Events: what machines do --------------------------------------------------------------------

    def do_further(self, party: int) -> None:
        """A centre begins to run another node."""
        node = self.site(party).further()
        if node:
            self.open(node)

    def do_fuse(self, party: int, boundaries: int, fails: int) -> None:
        """A process will die, or its store fail, after so many boundaries."""
        self.node(party).fuse.set(boundaries, fail if fails else die)

    def do_meanwhile(self, party: int, boundaries: int, event: Sequence[Any]) -> None:
        """After so many boundaries of a node, something else happens before it goes on."""

        def happen() -> None:
            with suppress(Busy):
                self.play(event)
                self.counts["interleaved"] += 1

        self.node(party).fuse.set(boundaries, happen)

    def do_restart(self, party: int) -> None:
        """A process dies between two calls."""
        self.counts["crashes"] += 1
        self.end(self.node(party))

    def do_save(self, party: int) -> None:
        """A backup is made."""
        self.site(party).save()

    def do_restore(self, party: int, pick: int, anchor: str) -> None:
        """The journal is replaced by a backup; its authority gives the newest mandates by hand."""
        site = self.site(party)
        how = site.put_back(site.copies[pick % len(site.copies)], anchor)
        self.counts[f"{how}s"] += 1
        for node in site.nodes:
            self.open(node)
        for data in site.mandates:
            self.receive(site.code, data)

    def do_fail_over(self, party: int, pick: int) -> None:
        """The journal is replaced under running nodes; the one that has read most goes on first."""
        site = self.site(party)
        if site.fail_over(site.copies[pick % len(site.copies)]):
            self.counts["fail_overs"] += 1
            front = site.front
            front.fuse.left = None
            self.poll(front)
            for data in site.mandates:
                self.receive(site.code, data)

    def do_clock(self, party: int, skew: int) -> None:
        """A clock jumps."""
        self.counts["clock_jumps"] += 1
        self.node(party).skew = skew


def _confirm(endpoint: Endpoint, position: int) -> Step:
    endpoint.confirm(position)
    return Step(None, (), ())


def _swapped(one: bytes, two: bytes) -> bytes:
    first, second = cbor2.loads(one).value, cbor2.loads(two).value
    return cbor2.dumps(cbor2.CBORTag(98, [first[0], {}, first[2], second[3]]))
