"""What people read, as plain text in English: reviews, exchanges, events, channels.

- An exercise says so in the first line and in the last, in capitals.
- Findings are facts with their article; a constant that was not read in the text is said to
  be *provisional*.
- A message id is shown in groups, and before it a check code of five groups: two people who
  hold the same notice read the same code.
- Everything is safe for a terminal; see `render.fields`.

Not here: bytes that nobody has verified, which are `render.inspect`'s.

    print(text.review(draft.review(channel, mandate), channel))
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from launchnotice.core.events import Event
from launchnotice.core.references import thread
from launchnotice.draft import Draft, Review
from launchnotice.pact.channel import Channel
from launchnotice.pact.fields import spoken
from launchnotice.pact.findings import Finding
from launchnotice.pact.mandate import MandatePayload
from launchnotice.registry import Evidence, LaunchPhase, Role, label
from launchnotice.render.effect import changes, effect
from launchnotice.render.fields import (
    COLUMN,
    Node,
    Style,
    check_code,
    duration,
    escape,
    groups,
    instant,
    kind_name,
    layout,
    quote,
    words,
)
from launchnotice.render.meanings import EVENTS, FINDINGS, NEEDS, ROUTINE
from launchnotice.render.records import tree, unread
from launchnotice.views import Attention, ExchangeView, Health, LaunchView, SignalView
from launchnotice.wire.message import BODIES, Payload, recall

BANNER = "*** EXERCISE *** EXERCISE *** EXERCISE *** NOT REAL *** EXERCISE *** EXERCISE"
"""First and last line of everything that belongs to an exercise channel."""
ILLUSTRATIVE = "ILLUSTRATIVE: nobody has agreed on this text"
"""Said wherever an agreement is named that is nobody's."""


def review(review: Review, channel: Channel) -> str:
    """What an officer reads before signing.

    Args:
        review: the draft, checked. `channel`: the channel for which it was checked.
    """
    payload = review.payload
    heading = [
        Node("from", quote(payload.sender)),
        Node("to", quote(to) if (to := getattr(payload, "to", None)) else "all other parties"),
        _channel(channel),
        _agreement(channel),
        Node("issued", instant(payload.issued)),
        Node("place", _place(payload)),
        Node("mandate", f"version {review.mandate.payload.version}"),
    ]
    return _page(
        f"FOR SIGNATURE: {review.row.label}",
        [
            _section("", layout([*heading, *_identity(review.draft.id)])),
            _section("WHAT IT SAYS", layout(tree(review.body, Style.SPOKEN))),
            _findings(review.findings) + _reservation(review, channel),
            _section("SIGNATURES", layout(_signers(review))),
        ],
        exercise=channel.descriptor.exercise,
    )


def ceremony(
    payload: MandatePayload, draft: Draft, channel: Channel, previous: MandatePayload | None = None
) -> str:
    """What an authority reads before it signs a mandate.

    Args:
        payload: what `ceremony.review_mandate` gives. `draft`: the draft. `channel`: the channel.
        previous: what the mandate before it says, to show what changes.
    """
    labels = {key.kid: one.label for one in payload.identities for key in one.keys}
    signed: dict[str, set[bool]] = {}
    for line in payload.manifest:
        name = labels.get(line.kid, f"an earlier key {line.kid.hex()[:16]}")
        signed.setdefault(name, set()).add(line.kid in draft.signatures)
    signatures = [
        Node(
            escape(name),
            "authority, has not signed" if False in found else "authority, has signed (not verified yet)",
        )
        for name, found in signed.items()
    ]
    skip = ("manifest", "identities", "channel")
    return _page(
        f"FOR SIGNATURE: mandate of {quote(payload.party)}",
        [
            _section("", layout([_channel(channel), *_identity(draft.id)])),
            _section("WHAT IT SAYS", layout(tree(payload, Style.SPOKEN, skip))),
            _section("WHAT IT DOES", layout(effect(payload))),
            _section("WHAT CHANGES", layout(changes(previous, payload))) if previous else [],
            _section(f"KEYS ({len(payload.identities)} identities)", layout(_identities(payload))),
            _section("SIGNATURES", layout(signatures)),
        ],
        exercise=channel.descriptor.exercise,
    )


def exchange(view: ExchangeView, channel: Channel) -> str:
    """A notice with its signals, findings and deliveries."""
    place = label(view.place) + (", DISPUTED" if view.disputed else "")
    heading = [
        Node("place", f"{_position(view.epoch[0], view.seq)}, {place}"),
        Node("issued", instant(view.issued)),
        Node("known since", instant(view.time)),
        *([] if view.data else [Node("waits for", "the system's signature")]),
        *([_codes("followed by", view.followers)] if view.followers else []),
    ]
    deliveries = [Node(escape(party), label(state)) for party, state in view.deliveries.items()]
    return _page(
        f"{kind_name(view.kind)} from {quote(view.sender)}",
        [
            _section("", layout([*heading, *_identity(view.id)])),
            _section("WHAT IT SAYS", _body(view)),
            # Of an own notice the endpoint keeps none: they were in its review.
            _findings(view.findings) if view.findings or not deliveries else [],
            _section("DELIVERIES", layout(deliveries)) if deliveries else [],
            _section("SIGNALS", _signals(view.signals)) if view.signals else [],
            _section("CONTRADICTING SIGNALS, KEPT AS EVIDENCE", _signals(view.evidence))
            if view.evidence
            else [],
        ],
        exercise=channel.descriptor.exercise,
    )


def launch(view: LaunchView) -> str:
    """A launch: its phase, the span in which it may take place, its notices, and what holds now."""
    nodes = [
        Node("phase", f"{words(view.phase.value).upper()}, version {view.version}"),
        _span(view),
        *_identity(view.id),
        _codes("its notices", view.notices),
    ]
    if _extended(view):
        nodes.append(Node("NOTE", "the window was extended: the time above holds, not the one below"))
    lines = [
        "LAUNCH",
        *layout(nodes),
        *_section("WHAT WAS LAST SAID OF IT", layout(tree(view.notification, Style.SPOKEN))),
    ]
    return "\n".join(lines) + "\n"


def event(event: Event) -> str:
    """One event: a line, and below it what there is to say."""
    parts = [f"{event.position:>6}  {instant(event.time)}  {words(event.code.value):<9} {quote(event.party)}"]
    if event.kind:
        parts.append(kind_name(event.kind))
    if event.subject:
        parts.append(f"[{check_code(event.subject)}]")
    if event.owed is not None:
        parts.append(f"{label(event.owed)}, {event.multiple}×")
    if event.opens is not None:
        parts.append(f"opens {instant(event.opens)}")
    if event.again:
        parts.append("PERHAPS SEEN BEFORE")
    meaning = [] if event.code in ROUTINE else [f"        {EVENTS[event.code]}"]
    return "\n".join(["  ".join(parts), *meaning, *layout(_numbered(event.findings), 8)])


def timeline(events: Iterable[Event]) -> str:
    """Events, one below the other."""
    return "".join(event(one) + "\n" for one in events)


def finding(finding: Finding) -> str:
    """One finding in one line: what was compared, under which article, how well that is known.

    Where nothing was compared, the line says what the finding means.
    """
    parts = [words(escape(finding.name)).upper()]
    if (finding.subject, finding.expected, finding.found) == (None, None, None):
        meaning = _MEANING.get(finding.name)
        parts += [f": {meaning}"] if meaning else []
    if finding.subject is not None:
        parts.append(f": {escape(spoken(finding.subject))}")
    if finding.expected is not None:
        parts.append(f"; expected: {escape(finding.expected)}")
    if finding.found is not None:
        parts.append(f"; found: {escape(finding.found)}")
    if finding.article is not None:
        known = _PROVISIONAL if finding.evidence is Evidence.PROVISIONAL else ""
        parts.append(f" ({escape(finding.article)}{known})")
    return "".join(parts)


def attention(needs: Sequence[Attention], now: int) -> str:
    """What needs an officer, the most urgent first.

    Args:
        needs: what `Endpoint.attention` gives. `now`: seconds.
    """
    if not needs:
        return "Nothing needs an officer.\n"
    return "".join(_need(need, now) + "\n" for need in needs)


def health(health: Health) -> str:
    """How an endpoint stands."""
    nodes = [Node(words(name), _health(value)) for name, value in health._asdict().items()]
    return "\n".join(layout(nodes)) + "\n"


def channel(channel: Channel) -> str:
    """A channel: its id in groups, to be compared by voice, and everything that was agreed."""
    return _page(
        f"CHANNEL {quote(channel.descriptor.name)}",
        [
            _section("", layout([Node("channel id", groups(channel.id)), _agreement(channel)])),
            _section("WHAT WAS AGREED", layout(tree(channel.descriptor, Style.SPOKEN))),
        ],
        exercise=channel.descriptor.exercise,
    )


# Helpers -------------------------------------------------------------------------------

_MEANING = {code.value: meaning for code, meaning in FINDINGS.items()}
_PROVISIONAL = "; PROVISIONAL: not all of the rule was read in the text of the agreement"


def _page(title: str, sections: Iterable[list[str]], *, exercise: bool) -> str:
    lines = [BANNER, ""] if exercise else []
    lines.append(title)
    for section in sections:
        lines += section
    lines += ["", BANNER] if exercise else []
    return "\n".join(lines) + "\n"


def _section(title: str, lines: list[str]) -> list[str]:
    return ["", title, *lines] if title else lines


def _channel(channel: Channel) -> Node:
    # Two channels can have one name; their ids differ.
    return Node("channel", f"{quote(channel.descriptor.name)}\nits id begins {check_code(channel.id)}")


def _agreement(channel: Channel) -> Node:
    """Under which agreement; one that is nobody's text says so wherever it is named (R-AGR-9)."""
    agreement = channel.descriptor.agreement
    return Node("agreement", quote(agreement.id) + (f"\n{ILLUSTRATIVE}" if agreement.illustrative else ""))


def _identity(message_id: bytes) -> list[Node]:
    return [Node("check code", check_code(message_id)), Node("message id", groups(message_id))]


def _position(epoch: int, seq: int) -> str:
    return f"epoch {epoch}, number {seq}" if seq else f"epoch {epoch}, outside the stream"


def _place(payload: Payload) -> str:
    place = _position(payload.epoch.number, getattr(payload, "seq", 0))
    opening = getattr(payload, "opening", None)
    return f"{place}, opens the epoch: {label(opening.reason)}" if opening else place


def _signers(review: Review) -> list[Node]:
    nodes = []
    for signer in review.signers:
        if signer.role is Role.SYSTEM:
            state = "signs last"
        else:
            state = "has signed" if signer.identity in review.signed else "HAS NOT SIGNED"
        nodes.append(Node(escape(signer.identity), f"{label(signer.role)}, {state}"))
    return nodes


def _identities(payload: MandatePayload) -> list[Node]:
    return [
        Node(
            escape(one.label),
            label(one.role),
            tuple(Node(label(key.alg), groups(key.kid)) for key in one.keys),
        )
        for one in payload.identities
    ]


def _body(view: ExchangeView) -> list[str]:
    if view.body is not None:
        return layout(tree(view.body, Style.SPOKEN))
    if not view.kind:
        return ["  the complete list of its keys"]
    if not view.data:
        return ["  shown when the system has signed"]
    lines = ["  UNINTELLIGIBLE: not all of it can be read here; what can be read is shown by name"]
    return lines + layout(unread(BODIES.get(view.kind), recall(view.data).payload.body, Style.SPOKEN))


def _findings(findings: Sequence[Finding]) -> list[str]:
    if not findings:
        return _section("FINDINGS", ["  none"])
    return _section(f"FINDINGS ({len(findings)})", layout(_numbered(findings)))


def _reservation(review: Review, channel: Channel) -> list[str]:
    """A desk without a journal cannot know what earlier notices make of this one: that is said."""
    kind = review.payload.kind
    alone = not thread(kind, review.body) and kind not in channel.judge.looks_back
    return [] if review.complete or alone else [_ALONE]


_ALONE: Final = "  Found without a journal: what depends on earlier notices is known to the endpoint alone."


def _numbered(findings: Iterable[Finding]) -> list[Node]:
    return [Node(f"{number}.", finding(one)) for number, one in enumerate(findings, 1)]


def _signals(signals: Iterable[SignalView]) -> list[str]:
    lines = []
    for signal in signals:
        lines.append(f"  {instant(signal.time)}  {quote(signal.party)}  {kind_name(signal.kind)}")
        if signal.body is None:
            lines.append("    waits for the system's signature")
        else:
            lines += layout(tree(signal.body, Style.SPOKEN, ("subject",)), 4)
        lines += layout(_numbered(signal.findings), 4)
    return lines


def _span(view: LaunchView) -> Node:
    """When it may take place; of a launch that is over or called off, for when it was announced."""
    announced = view.phase is LaunchPhase.ANNOUNCED
    name = "may take place" if announced else "was announced for"
    if view.span is None:
        return Node(name, "no named time")
    state = "LAPSED, nothing was said since" if view.lapsed else "NOW" if view.open else "not yet"
    spans = [f"from {instant(start)}\nbefore {instant(end)}" for start, end in (view.span, *view.backups)]
    span = "\nor ".join(spans)
    return Node(name, f"{span}\n{state}" if announced else span)


def _extended(view: LaunchView) -> bool:
    return view.held != view.notification


def _codes(name: str, ids: Sequence[bytes]) -> Node:
    codes = [Node(str(number), f"[{check_code(one)}]") for number, one in enumerate(ids, 1)]
    return Node(name, str(len(codes)), tuple(codes))


def _need(need: Attention, now: int) -> str:
    parts = [_due(need.by, now).ljust(COLUMN * 2), f"{words(need.need.value):<16} {quote(need.party)}"]
    if need.subject:
        parts.append(f"[{check_code(need.subject)}]")
    return "  ".join(parts) + f"\n        {NEEDS[need.need]}"


def _due(by: int | None, now: int) -> str:
    if by is None:
        return "now"
    left = f"in {duration(by - now)}" if by >= now else f"{duration(now - by)} AGO"
    return f"by {instant(by)} ({left})"


def _health(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case dict():
            return ", ".join(f"{escape(str(key))}: {item}" for key, item in value.items()) or "none"
        case list():
            return ", ".join(map(escape, value)) or "none"
        case _:
            return str(value)
