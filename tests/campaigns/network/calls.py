"""The parties and the network between them; what must hold after each call of an endpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import NamedTuple

from launchnotice import Draft, Endpoint, Event, JournalError, Refused, Send, Step, UsageError
from launchnotice.registry import EventCode, Kind, Place, Refusal
from tests.campaigns.failures import Violation
from tests.campaigns.network import bodies
from tests.campaigns.network.model import MANDATE, RECEIPT, SYNC, Model, Seen, read, read_payload
from tests.campaigns.network.node import Crash, Node
from tests.campaigns.network.site import Site
from tests.campaigns.schedules import World as Base
from tests.support import NOW, sign
from tests.support.dump import snapshot, state_of
from tests.support.template import Template, template

CODES = ("CN", "FR", "IN", "RU", "US")
ON_THE_WAY = 400
SPINS = 8
KNOWN: dict[str, str] = {}
"""What is known to be missing in the library: counted, and no violation. A row goes when it is mended."""
_ABSENT = {Refusal.UNKNOWN_MANDATE, Refusal.MANDATE_GAP}


class Busy(Exception):
    """All nodes of a party are in the middle of a call: what was to happen meanwhile does not."""


class Packet(NamedTuple):
    """Bytes on their way, and who sent them."""

    to: str
    data: bytes
    origin: str


@cache
def made(parties: int) -> Template:
    """A channel of so many parties; keys are made once."""
    return template(*CODES[-parties:])


class Calls(Base[Packet]):
    """The parties by code, what is on its way, and everything that ever was.

    Attributes:
        groups: which parties hear each other.
    """

    def __init__(self, parties: int) -> None:
        super().__init__()
        self.made = made(parties)
        self.codes = sorted(self.made.centres)
        self.model = Model()
        self.now = NOW
        self.groups: dict[str, int] = {}
        self.sites = {code: Site(self.made, code, self.model, self.counts) for code in self.codes}
        for code, data in self.made.mandates.items():
            self.model.released(code, data, read(data))

    def site(self, number: int) -> Site:
        """The party that a number picks."""
        return self.sites[self.codes[number % len(self.codes)]]

    def node(self, number: int) -> Node:
        """The node that a number picks, of those that are not busy; if it is dead, it starts."""
        site = self.site(number)
        free = [node for node in site.nodes if not node.busy]
        if not free:
            raise Busy
        node = free[number // len(self.codes) % len(free)]
        if not node.running:
            self.open(node)
        return node

    def fault(self, check: str, detail: str) -> None:
        """A promise is broken: a violation, unless that is known."""
        if check not in KNOWN:
            raise Violation(check, detail)
        self.counts[f"known {check}"] += 1

    # Calls -----------------------------------------------------------------------------------

    def call(self, node: Node, act: Callable[[Endpoint, int], Step]) -> Step | None:
        """One call and what it shows; None if the process died or its store failed."""
        self.counts["nodes_took_turns"] += node.behind
        node.busy = True
        try:
            step = act(node.endpoint, self.now + node.skew)
        except Crash:
            self.counts["crashes"] += 1
            self._heed(node.site)
            self.end(node)
            return None
        except JournalError:
            self.counts["store_failures"] += 1
            self._heed(node.site)
            return None
        except (UsageError, Refused, Violation):
            self._heed(node.site)
            raise
        except Exception as error:
            raise Violation("exception", f"{node.site.code}: {type(error).__name__}: {error}") from error
        finally:
            node.busy = False
        self._heed(node.site)
        self._take(node, step.events)
        self._send(node, step.sends)
        return step

    def _heed(self, site: Site) -> None:
        if site.broken:
            raise site.broken

    def end(self, node: Node) -> None:
        """A process is dead; if it was the last one of its party, it starts again."""
        node.running = False
        if node.site.running:
            self.counts["node_deaths"] += 1
        else:
            self.open(node)

    def open(self, node: Node) -> None:
        """A process starts; what its host did not confirm is shown again, marked."""
        while not node.running:
            try:
                node.open(self.now + node.skew)
            except Crash:
                self.counts["crashes"] += 1
            except JournalError:
                self.counts["store_failures"] += 1
        self.counts["openings"] += 1
        events = node.endpoint.events()
        if not all(event.again for event in events):
            raise Violation("shown-twice", f"{node.site.code} opens and shows old events as new")
        self._take(node, events)

    def _take(self, node: Node, events: Iterable[Event]) -> None:
        """Durable before visible; authentic; at most once as new on each screen (P1, P3)."""
        site = node.site
        for event in events:
            if not _journalled(site, event):
                raise Violation("not-durable", f"{site.code} shows {event.code} that no journal holds")
            if event.code is EventCode.NOTICE:
                self.model.check_shown(site.code, event.party, event.subject, event.data)
                # Whoever forgot, unnoticed, what it had said answers a restored member with less.
                misled = site.lost and event.party in self.model.forked
                if not event.again and event.subject in node.shown and not misled:
                    raise Violation("shown-twice", f"{site.code} shows kind {event.kind} of {event.party}")
                if not any(event.subject in one.shown for one in site.nodes):
                    site.inbox.append(event.subject)
                node.shown.add(event.subject)
                site.holds.setdefault(event.subject, event.position)
                if event.kind == Kind.QUERY:
                    site.queries.append(event.subject)
            if event.code is EventCode.SIGNAL:
                self.model.check_fact(site.code, event.party, event.kind, event.subject)
                site.proven.add(event.subject)
            if event.code is EventCode.RETURNED:
                site.proven.add(event.subject)

    def _send(self, node: Node, sends: Iterable[Send]) -> None:
        """What leaves is journalled and anchored before, but for syncs."""
        for send in sends:
            message = read(send.data)
            if message.kind != SYNC:
                self._check_durable(node, send.data, message)
            self.model.released(node.site.code, send.data, message)
            packet = Packet(send.to, send.data, node.site.code)
            self.wire.append(packet)
            self.ever.append(packet)
        del self.wire[:-ON_THE_WAY]

    def _check_durable(self, node: Node, data: bytes, message: Seen) -> None:
        site, rows = node.site, node.site.memory._data
        anchored = node.anchor.mark[0] if node.anchor.mark else 0
        if not any(data in row for row in reversed(rows[:anchored])):
            if not any(data in row for row in rows[anchored:]):
                raise Violation("not-durable", f"{site.code} releases kind {message.kind} from no journal")
            raise Violation("not-anchored", f"{site.code} releases kind {message.kind} before its anchor")
        if message.kind == RECEIPT and message.sender == site.code:
            known = site.receipts.setdefault((site.lives, message.subject), data)
            if known != data:
                raise Violation("two-receipts", f"{site.code} gives two receipts for one notice")

    # Delivery --------------------------------------------------------------------------------

    def receive(self, to: str, data: bytes) -> None:
        """Give bytes to a party, whose nodes receive by turns."""
        site = self.sites[to]
        free = [node for node in site.running if not node.busy]
        if not free:
            raise Busy
        site.turn += 1
        self._receive(free[site.turn % len(free)], data)

    def _receive(self, node: Node, data: bytes) -> None:
        """Give bytes to a node; what becomes of them is judged by what the model knows of them."""
        site, to = node.site, node.site.code
        authentic = data in self.model.ever
        settled = not node.endpoint._ledger.unsettled and not node.behind and node.fuse.left is None
        before = snapshot(node.endpoint) if settled and not authentic else None
        length = site.length
        message = read(data) if authentic else None
        held = message is not None and message.id in site.holds
        step = self.call(node, lambda endpoint, now: endpoint.receive(data, now))
        if step is None:
            return
        if message is None:
            if step.refusal is None:
                raise Violation("forged-accepted", f"{to} accepts bytes that nobody released")
            if before is not None and snapshot(node.endpoint) != before:
                raise Violation("refusal-changes-state", f"{to}: {step.refusal.code}")
            return
        grown = settled and site.length != length
        if step.refusal is not None:
            if grown:
                raise Violation("refusal-changes-state", f"{to}: {step.refusal.code}")
            self._check_refusal(node, message, step.refusal)
        else:
            self._check_accepted(node, message)
            if not held and message.seq > 1:
                self._check_place(node, message)
            if held and message.is_notice and grown and message.sender not in self.model.forked:
                raise Violation("unbounded", f"{to} journals a duplicate of kind {message.kind}")

    def _check_accepted(self, node: Node, message: Seen) -> None:
        site = node.site
        if message.sender == site.code:
            site.proven.add(message.id)
            return
        if message.is_notice and not has_shown(node, message.id):
            raise Violation("swallowed", f"{site.code} shows nothing of kind {message.kind}, {message.seq}")
        if message.to and message.to != site.code:
            raise Violation("forged-accepted", f"{site.code} takes a signal to {message.to}")
        site.asked |= {epoch for party, epoch in message.wanted if party == site.code}
        node.challenged |= message.challenge
        if message.subject:
            site.proven.add(message.subject)

    def _check_place(self, node: Node, message: Seen) -> None:
        """P5: what joins a stream follows the notice that it names."""
        site = node.site
        joined = node.endpoint.exchange(message.id).place is Place.ACCEPTED
        if joined and message.sender != site.code and message.prev not in site.holds:
            raise Violation("out-of-place", f"{site.code} joins {message.seq} of {message.sender} to another")

    def _check_refusal(self, node: Node, message: Seen, refusal: Refused) -> None:
        site = node.site
        if message.sender == site.code or (message.to and message.to != site.code):
            return
        if refusal.code in _ABSENT and not self._knows_mandate(node, message):
            return
        if message.subject and message.subject not in self._own(site):
            return  # a restore lost the notice that the signal is about
        raise Violation("refused-authentic", f"{site.code} refuses kind {message.kind}: {refusal}")

    def _knows_mandate(self, node: Node, message: Seen) -> bool:
        chain = [read(data).id for data in self.sites[message.sender].mandates]
        held = len(state_of(node.endpoint).mandates[message.sender])
        wanted = message.mandate if message.kind != MANDATE else message.id
        at = chain.index(wanted)
        return at < held if message.kind != MANDATE else at <= held

    def _own(self, site: Site) -> set[bytes]:
        """Ids of own notices and mandates whose bytes this journal holds."""
        rows = b"".join(site.memory._data)
        own = [data for data, party in self.model.ever.items() if party == site.code]
        return {read(data).id for data in own if data in rows}

    # Polling and submitting ----

    def poll(self, node: Node) -> None:
        """Poll until nothing is due; what is due for ever is a fault."""
        for _ in range(SPINS):
            step = self.call(node, lambda endpoint, now: endpoint.poll(now))
            if step is not None:
                self._check_repeated(node, step.sends)
            due = node.endpoint.next_deadline
            if not node.running or due is None or due > self.now + node.skew:
                return
        if node.fuse.left is None:
            raise Violation("spins", f"{node.site.code} is due at once after {SPINS} polls")

    def _check_repeated(self, node: Node, sends: Iterable[Send]) -> None:
        """After a restore, own notices wait until a member shows that it has them."""
        site = node.site
        for send in sends:
            message = read(send.data)
            if (
                message.is_notice
                and message.sender == site.code
                and message.epoch in site.closed - site.asked
                and message.id not in site.proven
                and (message.seq or not node.challenged)
                and site.code not in self.model.forked
            ):
                raise Violation("repeated-after-restore", f"{site.code} repeats kind {message.kind}")
        node.challenged = False

    def submit(self, node: Node, said: bodies.Said) -> bytes | None:
        """What officers say is drafted, signed and submitted; its id, or None if it is not on record."""
        site = node.site
        drafts: list[Draft] = []

        def act(endpoint: Endpoint, now: int) -> Step:
            draft = sign(endpoint, self.made.centres[site.code], said.body, now, said.officers)
            self.model.officers_signed(site.code, read_payload(draft.header, draft.payload))
            drafts.append(draft)
            return endpoint.submit(draft, now)

        step = self.attempt(node, act)
        site.drafts += drafts
        return drafts[-1].id if step is not None else None

    def attempt(self, node: Node, act: Callable[[Endpoint, int], Step]) -> Step | None:
        """A call that may be refused to those who make it."""
        try:
            return self.call(node, act)
        except (UsageError, Refused) as error:  # `submit` refuses a draft under a mandate that is lost
            self.counts[f"usage {error.code}"] += 1
            return None


def has_shown(node: Node, notice: bytes) -> bool:
    """Whether the journal has a notice, and this node's screen, unless hosts have confirmed it."""
    at = node.site.holds.get(notice, 0)
    return bool(at) and (notice in node.shown or at <= node.site.confirmed)


def _journalled(site: Site, event: Event) -> bool:
    """Whether the journal holds what an event shows: in its own entry; if shown again, in an earlier one."""
    rows = site.memory._data[: event.position]
    if len(rows) < event.position:
        return False
    again = event.code in {EventCode.ABANDONED, EventCode.DISOWNED}
    return event.code is EventCode.NOTICE or any(event.data in row for row in (rows if again else rows[-1:]))
