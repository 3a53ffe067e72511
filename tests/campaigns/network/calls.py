"""The parties and the network between them; what must hold after each call of an endpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import NamedTuple

from launchnotice import Endpoint, Event, JournalError, Refused, Send, Step, UsageError
from launchnotice.registry import EventCode, Kind, Place, Refusal
from tests.campaigns.failures import Violation
from tests.campaigns.network import bodies
from tests.campaigns.network.model import MANDATE, RECEIPT, SYNC, Model, Seen, read, read_payload
from tests.campaigns.network.site import Crash, Site
from tests.campaigns.schedules import World as Base
from tests.support import NOW, sign
from tests.support.dump import snapshot
from tests.support.template import Template, template

CODES = ("CN", "FR", "IN", "RU", "US")
ON_THE_WAY = 400
SPINS = 8
KNOWN: dict[str, str] = {}
"""What is known to be missing in the library: counted, and no violation. A row goes when it is mended."""
_ABSENT = {Refusal.UNKNOWN_MANDATE, Refusal.MANDATE_GAP}


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
        self.sites = {code: Site(self.made, code, self.model) for code in self.codes}
        for code, data in self.made.mandates.items():
            self.model.released(code, data, read(data))

    def site(self, number: int) -> Site:
        """The party that a number picks."""
        return self.sites[self.codes[number % len(self.codes)]]

    def fault(self, check: str, detail: str) -> None:
        """A promise is broken: a violation, unless that is known."""
        if check not in KNOWN:
            raise Violation(check, detail)
        self.counts[f"known {check}"] += 1

    # Calls -----------------------------------------------------------------------------------

    def call(self, site: Site, act: Callable[[Endpoint, int], Step]) -> Step | None:
        """One call and what it shows; None if the process died or its store failed."""
        try:
            step = act(site.endpoint, self.now + site.skew)
        except Crash:
            self.counts["crashes"] += 1
            self._heed(site)
            self.reopen(site)
            return None
        except JournalError:
            self.counts["store_failures"] += 1
            self._heed(site)
            return None
        except (UsageError, Refused, Violation):
            self._heed(site)
            raise
        except Exception as error:
            raise Violation("exception", f"{site.code}: {type(error).__name__}: {error}") from error
        self._heed(site)
        self._take(site, step.events)
        self._send(site, step.sends)
        return step

    def _heed(self, site: Site) -> None:
        if site.broken:
            raise site.broken

    def reopen(self, site: Site) -> None:
        """The process starts; what its host did not confirm is shown again, marked."""
        while True:
            try:
                endpoint = site.open(self.now + site.skew)
            except Crash:
                self.counts["crashes"] += 1
                continue
            except JournalError:
                self.counts["store_failures"] += 1
                continue
            break
        self.counts["openings"] += 1
        events = endpoint.events()
        if not all(event.again for event in events):
            raise Violation("shown-twice", f"{site.code} opens and shows old events as new")
        self._take(site, events)

    def _take(self, site: Site, events: Iterable[Event]) -> None:
        """Durable before visible; authentic; at most once as new (P1, P3)."""
        for event in events:
            if not _journalled(site, event):
                raise Violation("not-durable", f"{site.code} shows {event.code} that no journal holds")
            if event.code is EventCode.NOTICE:
                self.model.check_shown(site.code, event.party, event.subject, event.data)
                if not event.again and event.subject in site.shown:
                    raise Violation("shown-twice", f"{site.code} shows kind {event.kind} of {event.party}")
                if event.subject not in site.shown:
                    site.inbox.append(event.subject)
                site.shown.add(event.subject)
                site.holds.add(event.subject)
                if event.kind == Kind.QUERY:
                    site.queries.append(event.subject)
            if event.code is EventCode.SIGNAL:
                self.model.check_fact(site.code, event.party, event.kind, event.subject)
                site.proven.add(event.subject)
            if event.code is EventCode.RETURNED:
                site.proven.add(event.subject)

    def _send(self, site: Site, sends: Iterable[Send]) -> None:
        """What leaves is journalled and anchored before, but for syncs."""
        for send in sends:
            message = read(send.data)
            if message.kind != SYNC:
                self._check_durable(site, send.data, message)
            self.model.released(site.code, send.data, message)
            packet = Packet(send.to, send.data, site.code)
            self.wire.append(packet)
            self.ever.append(packet)
        del self.wire[:-ON_THE_WAY]

    def _check_durable(self, site: Site, data: bytes, message: Seen) -> None:
        rows = site.journal.memory._data
        at = next((at for at in range(len(rows), 0, -1) if data in rows[at - 1]), 0)
        if not at:
            raise Violation("not-durable", f"{site.code} releases kind {message.kind} that no journal holds")
        if site.anchor.mark is None or site.anchor.mark[0] < at:
            raise Violation("not-anchored", f"{site.code} releases kind {message.kind} before its anchor")
        if message.kind == RECEIPT and message.sender == site.code:
            known = site.receipts.setdefault((site.lives, message.subject), data)
            if known != data:
                raise Violation("two-receipts", f"{site.code} gives two receipts for one notice")

    # Delivery --------------------------------------------------------------------------------

    def receive(self, to: str, data: bytes) -> None:
        """Give bytes to a party; what becomes of them is judged by what the model knows of them."""
        site = self.sites[to]
        authentic = data in self.model.ever
        settled = not site.endpoint._ledger.unsettled
        before = snapshot(site.endpoint) if settled and not authentic else None
        length = site.journal.length
        message = read(data) if authentic else None
        held = message is not None and message.id in site.holds
        step = self.call(site, lambda endpoint, now: endpoint.receive(data, now))
        if step is None:
            return
        if message is None:
            if step.refusal is None:
                raise Violation("forged-accepted", f"{to} accepts bytes that nobody released")
            if before is not None and snapshot(site.endpoint) != before:
                raise Violation("refusal-changes-state", f"{to}: {step.refusal.code}")
            return
        grown = settled and site.journal.length != length
        if step.refusal is not None:
            if grown:
                raise Violation("refusal-changes-state", f"{to}: {step.refusal.code}")
            self._check_refusal(site, message, step.refusal)
        else:
            self._check_accepted(site, message)
            if not held and message.seq > 1:
                self._check_place(site, message)
            if held and message.is_notice and grown and message.sender not in self.model.forked:
                raise Violation("unbounded", f"{to} journals a duplicate of kind {message.kind}")

    def _check_accepted(self, site: Site, message: Seen) -> None:
        if message.sender == site.code:
            site.proven.add(message.id)
            return
        if message.is_notice and message.id not in site.holds:
            raise Violation("swallowed", f"{site.code} shows nothing of kind {message.kind}, {message.seq}")
        if message.to and message.to != site.code:
            raise Violation("forged-accepted", f"{site.code} takes a signal to {message.to}")
        site.asked |= {epoch for party, epoch in message.wanted if party == site.code}
        site.challenged |= message.challenge
        if message.subject:
            site.proven.add(message.subject)

    def _check_place(self, site: Site, message: Seen) -> None:
        """P5: what joins a stream follows the notice that it names."""
        joined = site.endpoint.exchange(message.id).place is Place.ACCEPTED
        if joined and message.sender != site.code and message.prev not in site.holds:
            raise Violation("out-of-place", f"{site.code} joins {message.seq} of {message.sender} to another")

    def _check_refusal(self, site: Site, message: Seen, refusal: Refused) -> None:
        if message.sender == site.code or (message.to and message.to != site.code):
            return
        if refusal.code in _ABSENT and not self._knows_mandate(site, message):
            return
        if message.subject and message.subject not in self._own(site):
            return  # a restore lost the notice that the signal is about
        raise Violation("refused-authentic", f"{site.code} refuses kind {message.kind}: {refusal}")

    def _knows_mandate(self, site: Site, message: Seen) -> bool:
        chain = [read(data).id for data in self.sites[message.sender].mandates]
        held = len(site.endpoint._ledger.state.mandates[message.sender])
        wanted = message.mandate if message.kind != MANDATE else message.id
        at = chain.index(wanted)
        return at < held if message.kind != MANDATE else at <= held

    def _own(self, site: Site) -> set[bytes]:
        """Ids of own notices and mandates whose bytes this journal holds."""
        rows = b"".join(site.journal.memory._data)
        own = [data for data, party in self.model.ever.items() if party == site.code]
        return {read(data).id for data in own if data in rows}

    # Polling and submitting ----

    def poll(self, site: Site) -> None:
        """Poll until nothing is due; what is due for ever is a fault."""
        for _ in range(SPINS):
            start = len(self.ever)
            step = self.call(site, lambda endpoint, now: endpoint.poll(now))
            if step is not None:
                self._check_repeated(site, self.ever[start:])
            due = site.endpoint.next_deadline
            if due is None or due > self.now + site.skew:
                return
        if site.fuse.left is None:
            raise Violation("spins", f"{site.code} is due at once after {SPINS} polls")

    def _check_repeated(self, site: Site, packets: Iterable[Packet]) -> None:
        """After a restore, own notices wait until a member shows that it has them."""
        for packet in packets:
            message = read(packet.data)
            if (
                message.is_notice
                and message.sender == site.code
                and message.epoch in site.closed - site.asked
                and message.id not in site.proven
                and (message.seq or not site.challenged)
                and site.code not in self.model.forked
            ):
                raise Violation("repeated-after-restore", f"{site.code} repeats kind {message.kind}")
        site.challenged = False

    def _submit(self, site: Site, said: bodies.Said) -> bytes | None:
        centre = self.made.centres[site.code]

        def act(endpoint: Endpoint, now: int) -> Step:
            draft = sign(endpoint, centre, said.body, now, said.officers)
            self.model.officers_signed(site.code, read_payload(draft.header, draft.payload))
            site.drafts.append(draft)
            return endpoint.submit(draft, now)

        drafts = len(site.drafts)
        step = self._try(site, act)
        return site.drafts[-1].id if step is not None and len(site.drafts) > drafts else None

    def _try(self, site: Site, act: Callable[[Endpoint, int], Step]) -> Step | None:
        try:
            return self.call(site, act)
        except (UsageError, Refused) as error:  # `submit` refuses a draft under a mandate that is lost
            self.counts[f"usage {error.code}"] += 1
            return None


def _journalled(site: Site, event: Event) -> bool:
    """Whether the journal holds what an event shows: in its own entry; if shown again, in an earlier one."""
    rows = site.journal.memory._data[: event.position]
    if len(rows) < event.position:
        return False
    again = event.code in {EventCode.ABANDONED, EventCode.DISOWNED}
    return event.code is EventCode.NOTICE or any(event.data in row for row in (rows if again else rows[-1:]))
