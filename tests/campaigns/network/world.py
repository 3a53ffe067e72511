"""What can happen to the parties and to the network between them.

An event is a list of a name and numbers, so that a schedule can be stored; a number picks from what
there is, so that a shorter schedule still means something.
"""

from __future__ import annotations

import cbor2

from launchnotice import Endpoint, Step
from tests.campaigns.network import bodies
from tests.campaigns.network.calls import Calls, Packet
from tests.campaigns.network.model import read
from tests.support import make_mandate


class World(Calls):
    """The parties, and the events by name."""

    # Events: what parties do -------------------------------------------------------------------

    def do_say(self, party: int, what: str, number: int) -> None:
        """Officers announce something."""
        site = self.site(party)
        topics = bodies.Topics(
            launches=site.said.get("launch", []),
            versions=site.versions,
            own=[one for known in site.said.values() for one in known],
            asked=site.queries,
            others=[code for code in self.codes if code != site.code],
        )
        said = bodies.say(what, number, topics)
        submitted = self._submit(site, said) if said else None
        if submitted:
            self.counts["notices"] += 1
            site.said.setdefault(what, []).append(submitted)
            if what == "amendment" and said:
                site.versions[said.body.launch] = submitted  # type: ignore[attr-defined]  # an amendment

    def do_state(self, party: int, pick: int, what: str) -> None:
        """An officer says something about a notice of a peer."""
        site = self.site(party)
        if site.inbox:
            subject = site.inbox[pick % len(site.inbox)]
            if self._submit(site, bodies.state(what, subject)):
                self.counts[bodies.STATEMENTS[what]] += 1

    def do_resubmit(self, party: int, pick: int) -> None:
        """A draft is submitted, perhaps not for the first time."""
        site = self.site(party)
        if site.drafts:
            draft = site.drafts[pick % len(site.drafts)]
            self._try(site, lambda endpoint, now: endpoint.submit(draft, now))

    def do_renew(self, party: int) -> None:
        """The authority issues a routine mandate and confirms the epochs that the endpoint knows."""
        site = self.site(party)
        previous = site.endpoint.mandate()
        if previous is None or previous.id != read(site.mandates[-1]).id:
            return
        epoch = site.endpoint.health(self.now).epoch
        confirmed = [epoch] if epoch[0] else []
        issued = self.made.centres[site.code]
        data = make_mandate(self.made.channel, issued, previous, confirmed=confirmed)
        site.mandates.append(data)
        self.model.released(site.code, data, read(data))
        self.receive(site.code, data)
        self.counts["mandates"] += 1

    def do_confirm(self, party: int, back: int) -> None:
        """The host has what it was shown safe."""
        site = self.site(party)
        if not site.endpoint._ledger.unsettled:
            position = site.journal.length - back
            self._try(site, lambda endpoint, _: _confirm(endpoint, position))

    def do_poll(self, party: int, wait: int) -> None:
        """Time passes, and a party polls."""
        self.now += wait
        self.poll(self.site(party))

    def do_poll_all(self, wait: int) -> None:
        """Time passes, and every party polls."""
        self.now += wait
        for site in self.sites.values():
            self.poll(site)

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

    def do_fuse(self, party: int, boundaries: int, fails: int) -> None:
        """The process will die, or its store fail, after so many boundaries."""
        self.site(party).fuse.set(boundaries, fails=bool(fails))

    def do_restart(self, party: int) -> None:
        """The process dies between two calls."""
        self.counts["crashes"] += 1
        self.reopen(self.site(party))

    def do_save(self, party: int) -> None:
        """A backup is made."""
        self.site(party).save()

    def do_restore(self, party: int, pick: int, anchor: str) -> None:
        """The journal is replaced by a backup; its authority gives the newest mandates by hand."""
        site = self.site(party)
        how = site.put_back(site.copies[pick % len(site.copies)], anchor)
        self.counts[f"{how}s"] += 1
        self.reopen(site)
        for data in site.mandates:
            self.receive(site.code, data)

    def do_clock(self, party: int, skew: int) -> None:
        """A clock jumps."""
        self.counts["clock_jumps"] += 1
        self.site(party).skew = skew


def _confirm(endpoint: Endpoint, position: int) -> Step:
    endpoint.confirm(position)
    return Step(None, (), ())


def _swapped(one: bytes, two: bytes) -> bytes:
    first, second = cbor2.loads(one).value, cbor2.loads(two).value
    return cbor2.dumps(cbor2.CBORTag(98, [first[0], {}, first[2], second[3]]))
