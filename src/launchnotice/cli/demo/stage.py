"""Where the demonstration plays: two nodes, a bad line, a clock, and somebody who takes notes.

Time moves to whatever is next: an arrival, a deadline that an endpoint names, or an appointment.
"""

from __future__ import annotations

import heapq
import textwrap
from collections.abc import Callable
from typing import Final

from launchnotice import Event, Refused, Send, Step, registry, times
from launchnotice.cli.demo.link import Fate, Link
from launchnotice.cli.demo.node import Node, describe
from launchnotice.cli.demo.setting import START, Setting, Store
from launchnotice.registry import EventCode

_LIMIT: Final = START + 40 * times.DAY
_MOMENTS: Final = 5_000
"""Bounds of a run: what has not come to rest by then never will."""


class Stage:
    """The nodes by party, the link between them, and the timeline.

    Attributes:
        now: the simulated time. `failures`: checks that failed, in words.
        notices: what the notices are called in the timeline, by id, in order.
        quiet: leave out what the line does.
        on_event: is told each event that a node hands out, after it was written down.
    """

    def __init__(
        self, setting: Setting, stores: dict[str, Store], link: Link, say: Callable[[str], None]
    ) -> None:
        self.now, self.link, self._say = START, link, say
        self.nodes = {code: Node(setting, code, store, START) for code, store in stores.items()}
        self.failures: list[str] = []
        self.notices: dict[bytes, str] = {}
        self.quiet = False
        self.on_event: Callable[[Node, Event], None] = lambda node, event: None
        self._agenda: list[tuple[int, int, Callable[[], None]]] = []
        self._appointments = 0
        self._mandates: dict[bytes, str] = {}
        self._contents: dict[bytes, str] = {}
        self._state, self._moved = "", False

    # Writing down ------------------------------------------------------------------------

    def tell(self, who: str, text: str) -> None:
        """One line of the timeline."""
        clock = times.format_instant(self.now)[11:19]
        self._say(f"{clock}  {who:<9}{text}")

    def chapter(self, title: str) -> None:
        """A headline in the timeline."""
        self._say(f"\n{title} {'-' * (100 - len(title))}")

    def quote(self, text: str) -> None:
        """A text that somebody reads."""
        for line in text.splitlines():
            for part in textwrap.wrap(line, 90, subsequent_indent="    ") or [""]:
                self._say(f"{'':19}| {part}".rstrip())

    def check(self, what: str, expected: object, found: object) -> None:
        """Note a failure if something is not as it must be."""
        if expected != found:
            self.failures.append(f"{what}: expected {expected}, got {found}")
            self.tell("FAILED", self.failures[-1])

    # Time --------------------------------------------------------------------------------

    def at(self, seconds: int, act: Callable[[], None]) -> None:
        """An appointment, in seconds from now."""
        self._appointments += 1
        heapq.heappush(self._agenda, (self.now + seconds, self._appointments, act))

    def run(self) -> None:
        """Go on until nobody has anything to do, or something is wrong."""
        for _ in range(_MOMENTS):
            moment = self._next()
            if moment is None or self.failures:
                return
            if moment > _LIMIT:
                break
            self.now = max(self.now, moment)
            self._act()
        self.check("the exchange comes to rest", expected=True, found=False)

    def _next(self) -> int | None:
        moments = [self._agenda[0][0] if self._agenda else None, self.link.next()]
        moments += [node.endpoint.next_deadline for node in self.nodes.values()]
        return min((moment for moment in moments if moment is not None), default=None)

    def _act(self) -> None:
        while self._agenda and self._agenda[0][0] <= self.now:
            heapq.heappop(self._agenda)[2]()
        for datagram in self.link.arrivals(self.now):
            self.deliver(datagram.to, datagram.data)
        for node in self.nodes.values():
            deadline = node.endpoint.next_deadline
            if deadline is not None and deadline <= self.now:
                self.take(node, node.endpoint.poll(self.now))
        self._tell_state()

    # Bytes -------------------------------------------------------------------------------

    def deliver(self, to: str, data: bytes) -> Refused | None:
        """Give bytes to an endpoint; says why they were refused, if they were."""
        node = self.nodes[to]
        step = node.endpoint.receive(data, self.now)
        if step.refusal is not None:
            self.tell(to, f"refuses {self._content(data)}: {step.refusal.code.value}")
        self.take(node, step)
        return step.refusal

    def take(self, node: Node, step: Step, *, confirm: bool = True) -> None:
        """What a step brings: events are written down and confirmed, bytes go to the line."""
        if step.sends:
            position = node.endpoint.health(self.now).position
            self.check(f"{node.code}: anchored when bytes leave", position, node.anchored())
        self._moved = self._moved or bool(step.events)
        for event in step.events:
            self._note(event)
            self.tell(node.code, f"{describe(event)}{self._about(event)}")
            self.on_event(node, event)
        for send in step.sends:
            self._send(node.code, send)
        if step.events and confirm:
            node.endpoint.confirm(step.events[-1].position)

    def reopen(self, node: Node) -> None:
        """Close a node and open it again: it goes on where its journal ends, in the same epoch."""
        epoch = node.endpoint.health(self.now).epoch
        node.reopen(self.now)
        health = node.endpoint.health(self.now)
        again = node.endpoint.events()
        self.tell(
            node.code,
            f"closed and opened again; exchanges open: {health.open_exchanges}, "
            f"waiting for the system: {health.unsealed}, events presented again: {len(again)}",
        )
        self.check(f"{node.code}: presented again are marked", [True] * len(again), [e.again for e in again])
        self.check(f"{node.code}: epoch after the restart", epoch, health.epoch)

    def _send(self, sender: str, send: Send) -> None:
        fate = self.link.offer(sender, send.to, send.data, self.now)
        self._contents.setdefault(send.data, "sync")  # the one thing that no journal keeps
        if not self.quiet:
            mark = "" if fate is Fate.CARRIED else f", {fate.value}"
            number = len(self.link.record)
            self.tell("line", f"#{number} {sender} > {send.to}: {self._content(send.data)}{mark}")

    def _note(self, event: Event) -> None:
        if event.code is EventCode.MANDATE:
            self._mandates[event.subject] = f"mandate of {event.party}"
        if event.data:
            row = registry.kind_row(event.kind)
            what = f"{row.label}{self._about(event)}" if row else self._mandates[event.subject]
            self._contents[event.data] = what

    def _about(self, event: Event) -> str:
        name = self.notices.get(event.subject) or self._mandates.get(event.subject)
        return f" ({name})" if name and event.code is not EventCode.MANDATE else ""

    def _content(self, data: bytes) -> str:
        return f"{self._contents.get(data, 'what it is given')}, {len(data)} bytes"

    def _tell_state(self) -> None:
        if not self._moved:
            return
        self._moved = False
        state = "  |  ".join(
            f"{name}: {', '.join(f'{code} {node.state_of(notice)}' for code, node in self.nodes.items())}"
            for notice, name in self.notices.items()
        )
        if state != self._state:
            self._state = state
            self.tell("state", state)
