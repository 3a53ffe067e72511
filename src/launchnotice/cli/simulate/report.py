"""What a story prints: the timeline, who knew what when, and the rule that saves it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from launchnotice import Event, times
from launchnotice.cli.simulate.play import Checked, Play
from launchnotice.cli.simulate.stage import Heard
from launchnotice.registry import EventCode, Kind, KindClass, kind_row, label
from launchnotice.render import sequence, text
from launchnotice.render.fields import instant, kind_name
from launchnotice.render.meanings import EVENTS, ROUTINE
from launchnotice.wire.message import recall

WIDTH: Final = 110
_BEGIN: Final = 21

_KNOWS: Final = {
    Kind.RECEIPT: "the machine of {party} has {what}",
    Kind.ACKNOWLEDGEMENT: "an officer of {party} has read {what}",
    Kind.DISSEMINATION: "{party} has passed {what} on: {to}",
    Kind.REJECTION: "{party} disputes {what}",
}


class Entry(NamedTuple):
    """A line of the timeline: when, who, what, and the check that it is, if any."""

    at: int
    who: str
    text: str
    check: Checked | None = None


def timeline(play: Play) -> list[Entry]:
    """What people did, what endpoints came to know, and what was checked, in the order of time."""
    several = len(play.stage.places) > 1
    found: list[Entry] = []
    heard = [one for one in play.stage.heard if one.at >= play.story.steps[0].at]
    checks = {(one.at, one.text): one for one in play.checks}
    for step in play.done:
        found += _until(play, heard, step.at, several=several)
        who = _who(step.who, step.channel, several=several)
        found.append(Entry(step.at, who, step.text, checks.pop((step.at, step.text), None)))
    found += _until(play, heard, play.stage.now, several=several, last=True)
    found += [Entry(one.at, "all", one.text, one) for one in checks.values()]
    return found


def knowledge(play: Play) -> dict[str, dict[str, str]]:
    """When each node came to know each named message and what was stated about it."""
    several = len(play.stage.places) > 1
    rows: dict[str, dict[str, str]] = {}
    for one in play.stage.heard:
        what = _subject(play, one)
        if what is not None:
            who = _who(one.node, one.channel, several=several)
            rows.setdefault(what, {}).setdefault(who, instant(one.at)[:19])
    return rows


def drawing(play: Play) -> str:
    """The messages that have to do with what the story named, as they ran, as SVG."""
    several = len(play.stage.places) > 1
    sent: dict[bytes, Heard] = {}
    arrived: dict[tuple[bytes, str], Heard] = {}
    for one in play.stage.heard:
        if one.event.code is EventCode.SEALED and _name(play, one.event.subject):
            sent.setdefault(one.event.data, one)
        elif one.event.data in sent:
            party = play.stage.node(one.channel, one.node).code
            arrived.setdefault((one.event.data, party), one)
    arrows = [
        sequence.Arrow(
            sent=begin.at,
            arrived=end.at if end else None,
            begin=_who(begin.node, begin.channel, several=several),
            end=_who(end.node if end else party, begin.channel, several=several),
            text=f"{kind_name(begin.event.kind)} {_name(play, begin.event.subject)}",
        )
        for data, begin in sent.items()
        for party in _addressees(play, begin)
        for end in [arrived.get((data, party))]
    ]
    nodes = dict.fromkeys(name for arrow in arrows for name in (arrow.begin, arrow.end))
    return sequence.draw(play.story.title, list(nodes), arrows)


def _addressees(play: Play, one: Heard) -> list[str]:
    to: str = getattr(recall(one.event.data).payload, "to", "")
    code = play.stage.node(one.channel, one.node).code
    return [to] if to else play.stage.places[one.channel].channel.others(code)


def to_json(play: Play) -> dict[str, Any]:
    """The whole run for programs."""
    story = play.story
    return {
        "name": story.name,
        "title": story.title,
        "happened": story.happened,
        "sources": list(story.sources),
        "lesson": story.lesson,
        "rule": story.rule,
        "requirements": list(story.requirements),
        "timeline": [
            {"at": times.format_instant(one.at), "who": one.who, "text": one.text}
            | ({"check": one.check.name, "passed": one.check.passed} if one.check else {})
            for one in timeline(play)
        ],
        "known": knowledge(play),
        "checks": [
            {**one._asdict(), "at": times.format_instant(one.at), "passed": one.passed} for one in play.checks
        ],
        "passed": play.passed,
    }


def to_text(play: Play) -> Iterator[str]:
    """The whole run for people, line by line."""
    story = play.story
    yield story.title.upper()
    yield ""
    yield from _paragraph("What happened", story.happened)
    yield from _paragraph("Sources", "; ".join(story.sources))
    yield from _paragraph("What it teaches", story.lesson)
    yield ""
    yield "TIMELINE under LNP/1, all times UTC (what no source gives is invented)"
    day = ""
    for entry in timeline(play):
        date, clock = instant(entry.at)[:10], instant(entry.at)[11:19]
        if date != day:
            day = date
            yield f"{day}"
        yield from _entry(clock, entry)
    yield ""
    yield from _table(play)
    yield from _end(play)


def _until(play: Play, heard: list[Heard], at: int, *, several: bool, last: bool = False) -> Iterator[Entry]:
    """What was heard before a step, taken from the list."""
    while heard and (heard[0].at < at or last):
        one = heard.pop(0)
        what = _knows(play, one.event)
        if what:
            yield Entry(one.at, _who(one.node, one.channel, several=several), what)


def _knows(play: Play, event: Event) -> str:
    what = _name(play, event.subject)
    if event.code is EventCode.NOTICE and event.kind:
        notes = "".join(f"\n! {text.finding(finding)}" for finding in event.findings)
        return f"is shown the {kind_name(event.kind)} {what} of {event.party}{notes}"
    if event.code is EventCode.SIGNAL and what and event.kind in _KNOWS:
        said = recall(event.data).body if event.data else None
        to = (
            label(said.to) if said is not None and hasattr(said, "to") else ""
        )  # a dissemination says to whom
        notes = "".join(f"\n! {text.finding(finding)}" for finding in event.findings)
        return f"knows: {_KNOWS[Kind(event.kind)].format(party=event.party, what=what, to=to)}{notes}"
    if event.code is EventCode.OVERDUE and what and event.owed is not None:
        return (
            f"is alarmed: the {label(event.owed)} of {event.party} for {what} is overdue ({event.multiple}×)"
        )
    if event.code in ROUTINE or not what:
        return ""
    return f"is told of {what}: {EVENTS[event.code]}"


def _subject(play: Play, one: Heard) -> str | None:
    """The row of the table of knowledge that an event belongs to."""
    event = one.event
    name = _name(play, event.subject)
    row = kind_row(event.kind)
    if event.code not in {EventCode.NOTICE, EventCode.SIGNAL, EventCode.SEALED} or not name or row is None:
        return None
    if row.kind_class is KindClass.SIGNAL:
        return f"{name}: {row.label} of {event.party}"
    return f"{name}: {row.label}"


def _name(play: Play, subject: bytes) -> str:
    """What the story calls a message; empty for a mandate."""
    found = [said.name for said in play.scene.said.values() if said.id == subject]
    return f"“{found[0]}”" if found else ""


def _who(node: str, channel: str, *, several: bool) -> str:
    return f"{node} ({channel})" if several else node


def _entry(clock: str, entry: Entry) -> Iterator[str]:
    first, *notes = entry.text.split("\n")
    mark = (
        "" if entry.check is None else "[holds] " if entry.check.passed else f"[FAILED {entry.check.name}] "
    )
    start = f"  {clock}  {entry.who:<8} "
    indent = " " * max(_BEGIN, len(start))
    yield from textwrap.wrap(mark + first, WIDTH, initial_indent=start, subsequent_indent=indent)
    for note in notes:
        yield from textwrap.wrap(note, WIDTH, initial_indent=indent, subsequent_indent=indent + "  ")


def _table(play: Play) -> Iterator[str]:
    rows = knowledge(play)
    columns = list(dict.fromkeys(who for row in rows.values() for who in row))
    if not rows:
        return
    width = max(len(name) for name in rows)
    yield "WHO KNEW WHAT, SINCE WHEN"
    yield "  " + " " * width + "".join(f"  {who:<19}" for who in columns).rstrip()
    for name, row in rows.items():
        yield f"  {name:<{width}}" + "".join(f"  {row.get(who, '-'):<19}" for who in columns).rstrip()
    yield ""


def _end(play: Play) -> Iterator[str]:
    failed = [check for check in play.checks if not check.passed]
    for check in failed:
        yield f"FAILED: {check.name}: expected {check.expected}, got {check.found}"
    if not failed:
        yield from _paragraph(
            "THE RULE THAT SAVES IT", f"{play.story.rule} ({', '.join(play.story.requirements)})"
        )


def _paragraph(title: str, body: str) -> Iterator[str]:
    start = f"{title}: "
    yield from textwrap.wrap(start + " ".join(body.split()), WIDTH, subsequent_indent="  ")
