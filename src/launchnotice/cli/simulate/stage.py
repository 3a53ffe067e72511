"""Where a story plays: real endpoints with real keys, lines that carry bytes, and one clock.

Time moves to whatever is next: an arrival, or a deadline that an endpoint names. Nothing but bytes
goes between nodes. Everything follows from the story's name, so each run is the same.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterator
from typing import Final, NamedTuple

from launchnotice import (
    SPEC_VERSION,
    Channel,
    Descriptor,
    Endpoint,
    Event,
    Send,
    Step,
    parse_agreement,
)
from launchnotice.cli.common import Trouble
from launchnotice.cli.demo.node import Node
from launchnotice.cli.demo.setting import (
    MemoryStore,
    Setting,
    make_keys,
    make_mandate,
    make_party,
)
from launchnotice.cli.simulate.story import Rules, Story
from launchnotice.pact.agreement import Agreement
from launchnotice.pact.agreementfile import agreement_text
from launchnotice.registry import Owed, Suite, label

LABELS: Final = ("authority-1", "officer-1", "officer-2", "officer-3", "system")
SETUP: Final = 7_200
"""Seconds before a story, in which the centres exchange their mandates."""
_DELAY: Final = 2
_MOMENTS: Final = 20_000
"""Bound of a run: what has not come to rest by then never will."""


class Heard(NamedTuple):
    """An event of a node, as it was handed out."""

    at: int
    channel: str
    node: str
    event: Event


class Mail(NamedTuple):
    """Bytes on their way, or in a box of files."""

    at: int
    number: int
    to: str
    data: bytes


class Line:
    """The ways between the parties of a channel: each carries, loses, or collects files to be carried."""

    def __init__(self) -> None:
        self.states: dict[tuple[str, str], str] = {}
        self.boxes: dict[tuple[str, str], list[bytes]] = {}
        self._travelling: list[Mail] = []
        self._number = 0

    def offer(self, sender: str, to: str, data: bytes, now: int) -> None:
        """Give the line bytes to carry."""
        match self.states.get((sender, to), "up"):
            case "up":
                self.bring(to, data, now + _DELAY)
            case "files":
                box = self.boxes.setdefault((sender, to), [])
                box += [data] if data not in box else []
            case _:
                pass  # lost: what is owed is offered again

    def bring(self, to: str, data: bytes, at: int) -> None:
        """Let bytes arrive at that time."""
        self._number += 1
        heapq.heappush(self._travelling, Mail(at, self._number, to, data))

    def next(self) -> int | None:
        """When something arrives next."""
        return self._travelling[0].at if self._travelling else None

    def arrivals(self, now: int) -> Iterator[Mail]:
        """What has arrived, in order."""
        while self._travelling and self._travelling[0].at <= now:
            yield heapq.heappop(self._travelling)


class Place:
    """One channel of the story: its nodes by name, and the line between them."""

    def __init__(self, story: str, rules: Rules, suite: Suite, start: int) -> None:
        self.name, self.line = rules.name, Line()
        seed = int.from_bytes(hashlib.sha256(f"{story}/{rules.called}".encode()).digest()[:4])
        exercise = bool(rules.options.get("exercise"))
        keys = make_keys(suite, seed, dict.fromkeys(rules.parties, LABELS), exercise=exercise)
        owed = {label(one): one for one in Owed}
        if unknown := sorted({*rules.owes.values()} - owed.keys()):
            raise Trouble(f"channel {rules.name}: nobody owes {', '.join(unknown)}")
        owes = {code: owed[rules.owes.get(code, "acknowledgement")] for code in rules.parties}
        descriptor = Descriptor(
            protocol=SPEC_VERSION,
            name=rules.called,
            suite=suite,
            agreement=_agreement(rules),
            parties=tuple(make_party(code, keys[code], owes[code]) for code in sorted(rules.parties)),
            **{"exercise": False, **rules.options},
        )
        self.channel = Channel(descriptor)
        mandates = {code: make_mandate(self.channel, code, keys[code], start) for code in rules.parties}
        self.setting = Setting(self.channel.data, mandates, keys, seed)
        stores = {code: MemoryStore() for code in rules.parties}
        self.stores = dict(stores)
        self.nodes = {code: Node(self.setting, code, store, start) for code, store in stores.items()}
        for code, node in self.nodes.items():
            # The own mandate first, then the peers': they came by hand, as the descriptor did.
            for data in (mandates[code], *mandates.values()):
                node.endpoint.receive(data, start)
        if unknown := sorted({*rules.second_nodes.values(), *rules.owes} - {*rules.parties}):
            raise Trouble(f"channel {rules.name}: no party {', '.join(unknown)}")
        for name, code in rules.second_nodes.items():
            self.stores[name] = MemoryStore(beside=stores[code])
            self.nodes[name] = Node(self.setting, code, self.stores[name], start)


class Stage:
    """The places of a story, its clock, and what was heard.

    Attributes:
        now: the simulated time. `places`: by channel name. `heard`: every event handed out.
        ahead: seconds by which a node's own clock is wrong, by channel and name.
        refusals: what a line brought and a node refused: channel, node, code.
    """

    def __init__(self, story: Story, suite: Suite) -> None:
        self.now = story.steps[0].at - SETUP
        self.places = {
            name: Place(story.name, rules, suite, self.now) for name, rules in story.channels.items()
        }
        self.ahead: dict[tuple[str, str], int] = {}
        self.heard: list[Heard] = []
        self.refusals: list[tuple[str, str, str]] = []
        self.run(story.steps[0].at)

    def node(self, channel: str, name: str) -> Node:
        """A node by its name in a channel; raises `Trouble`."""
        nodes = self.places[channel].nodes if channel in self.places else {}
        if name not in nodes:
            raise Trouble(f"channel {channel} has no node {name!r}")
        return nodes[name]

    def clock(self, channel: str, name: str) -> int:
        """The time by a node's own clock, which may be wrong."""
        return self.now + self.ahead.get((channel, name), 0)

    def run(self, until: int) -> None:
        """Go on until that time."""
        for _ in range(_MOMENTS):
            moment = self._next()
            if moment is None or moment > until:
                self.now = until
                return
            self.now = max(self.now, moment)
            self._act()
        raise Trouble("the story does not come to rest")

    def deliver(self, channel: str, name: str, data: bytes) -> str:
        """Give bytes to a node; the code of the refusal, empty if there is none."""
        step = self.node(channel, name).endpoint.receive(data, self.clock(channel, name))
        self.take(channel, name, step)
        return step.refusal.code.value if step.refusal else ""

    def take(self, channel: str, name: str, step: Step) -> None:
        """What a step brings: events are written down and confirmed, bytes go to the line."""
        node, place = self.node(channel, name), self.places[channel]
        self.heard += [Heard(self.now, channel, name, event) for event in step.events]
        for send in step.sends:
            self._send(place, node.code, send)
        if step.events:
            node.endpoint.confirm(step.events[-1].position)

    def reopened(self, channel: str, name: str) -> Endpoint:
        """Another endpoint on the same journal: what it says was read back from the journal alone."""
        place, node = self.places[channel], self.node(channel, name)
        journal, anchor = place.stores[name].open()
        return Endpoint.open(place.channel, node.code, journal, self.clock(channel, name), anchor=anchor)

    def _send(self, place: Place, sender: str, send: Send) -> None:
        place.line.offer(sender, send.to, send.data, self.now)

    def poll(self, channel: str, name: str) -> None:
        """Let a node do what is due."""
        self.take(channel, name, self.node(channel, name).endpoint.poll(self.clock(channel, name)))

    def _due(self, place: Place, name: str) -> int | None:
        """When a node has something to do, by the clock of the stage."""
        due = place.nodes[name].endpoint.next_deadline
        return None if due is None else due - self.ahead.get((place.name, name), 0)

    def _next(self) -> int | None:
        moments = [place.line.next() for place in self.places.values()]
        moments += [self._due(place, name) for place in self._all() for name in place.nodes]
        return min((moment for moment in moments if moment is not None), default=None)

    def _act(self) -> None:
        for place in self._all():
            for mail in place.line.arrivals(self.now):
                refused = self.deliver(place.name, mail.to, mail.data)
                if refused:
                    self.refusals.append((place.name, mail.to, refused))
            for name in place.nodes:
                due = self._due(place, name)
                if due is not None and due <= self.now:
                    self.poll(place.name, name)

    def _all(self) -> list[Place]:
        return list(self.places.values())


def _agreement(rules: Rules) -> Agreement:
    """An agreement that ships, perhaps with a word altered, or the text that the story itself gives."""
    text = rules.agreement if "\n" in rules.agreement else agreement_text(rules.agreement)
    old, new = rules.altered
    if old not in text:
        raise Trouble(f"channel {rules.name}: nothing to alter")
    return parse_agreement(text.replace(old, new) if old else text)
