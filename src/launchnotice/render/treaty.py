"""Agreements for people: what they say rule by rule, how well that is known, and where two channels differ.

- Rules are said in a treaty's words with their article; what was not read in the text is gathered
  in a section of its own, which says so plainly.
- A difference is shown as both sides say it: ``at least three calendar days (Art. 2)`` is not
  ``at least 72 hours (Art. 2)``.

    print(difference(ours, theirs))
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Any, Final, NamedTuple

from launchnotice.pact.agreement import Agreement, Period, Rule
from launchnotice.pact.channel import Channel, Party
from launchnotice.registry import Evidence, label
from launchnotice.render.fields import (
    Node,
    Style,
    check_code,
    escape,
    groups,
    kind_name,
    layout,
    quote,
    words,
)
from launchnotice.render.records import tree
from launchnotice.wire import times
from launchnotice.wire.record import Record

NOBODYS: Final = "NOBODY'S TEXT: an illustration; no state has agreed to it"


# One agreement, and all ---------------------------------------------------------------------


def overview(agreements: Iterable[Agreement]) -> str:
    """Agreements, one below the other: parties, status, how many of their rules were read in the text."""
    return "\n".join("\n".join([one.id, *layout(_heading(one))]) + "\n" for one in agreements)


def agreement(agreement: Agreement) -> str:
    """An agreement in full: its rules by kind of notice, what else it says, what was not read in its text."""
    kinds = dict.fromkeys(rule.kind for rule in agreement.rules)
    lines = [
        f"AGREEMENT {quote(agreement.id)}",
        *layout([*_heading(agreement), Node("digest", groups(agreement.digest))]),
    ]
    for kind in sorted(kinds):
        lines += ["", kind_name(kind).upper()]
        lines += layout(_numbered(rule.words() for rule in agreement.rules if rule.kind == kind))
    if agreement.notes:
        lines += ["", "WHAT ELSE IT SAYS"]
        lines += layout(
            [Node(label(note.topic), f"{escape(note.text)} ({_source(note)})") for note in agreement.notes]
        )
    lines += ["", "PROVISIONAL: NOT READ IN THE TEXT, OR NOT SAID BY IT"]
    lines += layout(_numbered(provisional(agreement))) or ["  nothing"]
    lines += ["", "WHAT WAS READ", *layout(_numbered(agreement.sources))]
    return "\n".join(lines) + "\n"


def provisional(agreement: Agreement) -> list[str]:
    """What of an agreement was not read in its text: rules, constants of rules, period, notes."""
    found = []
    for rule in agreement.rules:
        if rule.known is Evidence.PROVISIONAL:
            whole = ["the rule as a whole"] if rule.evidence is Evidence.PROVISIONAL else []
            unread = ", ".join([*whole, *rule.provisional])
            found.append(f"{kind_name(rule.kind)}: {rule.words()}. Not read: {unread}")
    if agreement.period and agreement.period.evidence is Evidence.PROVISIONAL:
        found.append(f"when it is in force: {_period(agreement.period)}")
    found += [note.text for note in agreement.notes if note.evidence is Evidence.PROVISIONAL]
    return found


def counts(agreement: Agreement) -> tuple[int, int]:
    """How many of its rules are verified, and how many provisional."""
    verified = sum(rule.known is Evidence.VERIFIED for rule in agreement.rules)
    return verified, len(agreement.rules) - verified


def _heading(agreement: Agreement) -> list[Node]:
    verified, rest = counts(agreement)
    return [
        *([Node("NOTE", NOBODYS)] if agreement.illustrative else []),
        Node("title", escape(agreement.title)),
        Node("status", escape(agreement.status)),
        Node("parties", ", ".join(map(escape, agreement.parties)) or "open to all"),
        *([Node("in force", _period(agreement.period))] if agreement.period else []),
        Node("rules", f"{len(agreement.rules)}: {verified} verified, {rest} PROVISIONAL"),
    ]


def _period(period: Period) -> str:
    since = f"from {times.format_date(period.since)}" if period.since is not None else ""
    until = f"to {times.format_date(period.until)}" if period.until is not None else ""
    return f"{' '.join(filter(None, (since, until)))} ({_source(period)})"


def _source(one: Any) -> str:
    article = escape(one.article).replace("Article ", "Art. ")
    return f"{article}, provisional" if one.evidence is Evidence.PROVISIONAL else article


def _numbered(texts: Iterable[str]) -> list[Node]:
    return [Node(f"{number}.", escape(one)) for number, one in enumerate(texts, 1)]


# Two channels -------------------------------------------------------------------------------


class Difference(NamedTuple):
    """One thing in which two channels differ; None: one of them does not have it.

    Attributes:
        where: the part of the descriptor: ``channel``, ``party RU``, ``agreement``. `what`: of that part.
        one: as the first says it. `other`: as the second does.
    """

    where: str
    what: str
    one: str | None
    other: str | None


def differences(one: Channel, other: Channel) -> list[Difference]:
    """Everything in which two channels differ; none if and only if their ids are equal."""
    a, b = one.descriptor, other.descriptor
    found = [*_compared("channel", a, b, ("agreement", "parties"))]
    parties = [{party.code: party for party in side.parties} for side in (a, b)]
    for code in sorted(parties[0].keys() | parties[1].keys()):
        sides = [side.get(code) for side in parties]
        if None in sides:
            here = [None if side is None else "a party" for side in sides]
            found.append(Difference(f"party {code}", "itself", *here))
        else:
            found += _compared(f"party {code}", *_both(sides))
    found += _compared("agreement", a.agreement, b.agreement, ("rules", "notes"))
    found += _listed("agreement", "note", *([_note(n) for n in side.agreement.notes] for side in (a, b)))
    found += _rules(a.agreement.rules, b.agreement.rules)
    return found or [*_order(a.agreement, b.agreement)]


def difference(one: Channel, other: Channel) -> str:
    """Where two channels differ, as both sides say it."""
    found = differences(one, other)
    sides = [Node(name, _side(channel)) for name, channel in (("A", one), ("B", other))]
    lines = ["CHANNELS COMPARED", *layout(sides)]
    if not found:
        return "\n".join([*lines, "", "THE SAME: one channel, byte for byte"]) + "\n"
    lines += ["", f"DIFFERENT in {len(found)}: messages of one are refused in the other"]
    for where in dict.fromkeys(row.where for row in found):
        lines += ["", where.upper()]
        for row in found:
            if row.where == where:
                both = [Node(name, text or "-") for name, text in (("A", row.one), ("B", row.other))]
                lines += layout([Node(row.what, "", tuple(both))])
    return "\n".join(lines) + "\n"


def _side(channel: Channel) -> str:
    return f"{quote(channel.descriptor.name)}\nits id begins {check_code(channel.id)}"


def _both(sides: Sequence[Party | None]) -> tuple[Party, Party]:
    first, second = sides
    assert first and second  # safe: asked before
    return first, second


def _compared(where: str, one: Record, other: Record, skip: Sequence[str] = ()) -> Iterator[Difference]:
    """The fields of two records of one class that are not shown alike."""
    for row in one.FIELDS:
        values = [getattr(side, row.name) for side in (one, other)]
        if row.name not in skip and values[0] != values[1]:
            shown = [_shown(side, row.name) for side in (one, other)]
            yield Difference(where, words(row.name), *shown)


def _shown(record: Record, name: str) -> str | None:
    """One field as text."""
    skip = [row.name for row in record.FIELDS if row.name != name]
    nodes = [node for node in tree(record, Style.SPOKEN, skip) if node.label != "not given"]
    lines = [
        line.strip() for node in nodes for line in ([node.value] if node.value else []) + layout(node.below)
    ]
    return "\n".join(lines) or None


def _listed(where: str, what: str, one: Sequence[str], other: Sequence[str]) -> Iterator[Difference]:
    """What stands in one list and not in the other."""
    yield from (Difference(where, what, text, None) for text in one if text not in other)
    yield from (Difference(where, what, None, text) for text in other if text not in one)


def _note(note: Any) -> str:
    return f"{label(note.topic)}: {escape(note.text)} ({_source(note)})"


def _rules(one: Sequence[Rule], other: Sequence[Rule]) -> Iterator[Difference]:
    """Rules of one that the other does not have, beside what that says of the same."""
    left, right = [rule for rule in one if rule not in other], [rule for rule in other if rule not in one]
    for alike in (_matter, _topic):
        for rule in [*left]:
            match = next((found for found in right if alike(found) == alike(rule)), None)
            if match is not None:
                left.remove(rule)
                right.remove(match)
                yield Difference("agreement", _named(rule), said(rule), said(match))
    yield from (Difference("agreement", _named(rule), said(rule), None) for rule in left)
    yield from (Difference("agreement", _named(rule), None, said(rule)) for rule in right)


def _order(one: Agreement, other: Agreement) -> Iterator[Difference]:
    """Where agreements that say the same begin to say it in another order."""
    sides = [[*map(said, side.rules), *map(_note, side.notes)] for side in (one, other)]
    for first, second in zip_longest(*sides):
        if first != second:
            yield Difference("agreement", "order of its rules and notes", first, second)
            return


def _matter(rule: Rule) -> tuple[Any, ...]:
    """What two rules have in common that say one thing differently."""
    return (*_topic(rule), rule.when, rule.parties, rule.roles, rule.years)


def _topic(rule: Rule) -> tuple[Any, ...]:
    return rule.kind, rule.check, rule.subject


def _named(rule: Rule) -> str:
    return f"{label(rule.check)} of {kind_name(rule.kind)}, {escape(words(rule.subject))}"


def said(rule: Rule) -> str:
    """A rule in words, with its constants that were not read in the text."""
    constants = f"; provisional: {', '.join(map(escape, rule.provisional))}" if rule.provisional else ""
    return escape(rule.words()) + constants
