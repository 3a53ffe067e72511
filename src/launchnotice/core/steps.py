"""Steps that do not fit the launch or query that they are about: findings of a peer's, refused of one's own.

A launch is taken as it stood before the step in its sender's stream, whatever came first.
"""

from __future__ import annotations

from typing import Final

from launchnotice.core import launches, queries
from launchnotice.core.exchange import Exchange
from launchnotice.core.launches import Launch
from launchnotice.core.references import thread
from launchnotice.core.state import State
from launchnotice.core.tables import STEPS
from launchnotice.pact.agreement import Agreement, Rule
from launchnotice.pact.channel import Channel
from launchnotice.pact.findings import Finding, protocol_finding
from launchnotice.registry import Check, FindingCode, Kind, LaunchPhase, QueryPhase, label
from launchnotice.wire import times
from launchnotice.wire.bounds import MAX_REMARK
from launchnotice.wire.launch import Amendment, LaunchNotification, LaunchReport, WindowExtension
from launchnotice.wire.message import Payload
from launchnotice.wire.record import Record

STEPPING: Final = frozenset(kind for kinds in STEPS.values() for kind in kinds)
"""Kinds of which a phase says whether it allows them."""
_ROOTS: Final = frozenset({Kind.LAUNCH, Kind.QUERY})


def phase_of(state: State, kind: int, body: Record) -> LaunchPhase | QueryPhase | None:
    """How the launch or query that a body is about stands; None if it is about none that is known."""
    root = _root(state, kind, body)
    if root is None:
        return None
    found = launches.launch(state, root)
    return found.phase if found is not None else queries.query(state, root)


def allowed(phase: LaunchPhase | QueryPhase) -> str:
    """The steps that a phase allows, in words; a retraction is an emergency and always allowed."""
    return " or ".join(label(kind) for kind in sorted(STEPS[phase])) or "nothing more"


def step_findings(state: State, payload: Payload, body: Record) -> list[Finding]:
    """What does not fit in a notice about a launch of its sender, or in an answer to a query."""
    channel = state.channel
    if isinstance(body, LaunchReport) and body.launch is None:
        return plain_findings(channel, payload, body, None)
    root = _root(state, payload.kind, body)
    if root is None or payload.kind not in STEPPING:
        return []
    if root.kind == Kind.QUERY:
        return _answer(state, payload, root) if root.sender != payload.sender else []
    epoch = (payload.epoch.number, payload.epoch.random)
    found = launches.launch(state, root, before=(epoch, getattr(payload, "seq", 0)))
    if found is None or root.sender != payload.sender:
        return []
    findings = [*_out_of_phase(payload.kind, found.phase), *_version(body, found)]
    held = launches.held(found)
    ended = found.phase is not LaunchPhase.ANNOUNCED and not isinstance(body, LaunchReport)
    return findings if ended else findings + plain_findings(channel, payload, body, held)


def plain_findings(
    channel: Channel, payload: Payload, body: Record, held: LaunchNotification | None
) -> list[Finding]:
    """What does not fit in a step of a launch that is announced: all that a desk without a journal can tell.

    Args:
        channel: the channel. `payload`, `body`: the notice.
        held: what holds of the launch that it is about; None: not known.
    """
    if isinstance(body, LaunchReport) and body.launch is None:
        if channel.judge.counts_withheld:
            return []  # an agreement that lets launches be withheld, and counts them: silence is lawful
        return [protocol_finding(FindingCode.NOT_NOTIFIED, "launch", "a notification", "none")]
    if held is None or payload.kind not in STEPS[LaunchPhase.ANNOUNCED]:
        return []
    return _times(channel.descriptor.agreement, payload, body, held)


def _root(state: State, kind: int, body: Record) -> Exchange | None:
    notice = thread(kind, body)
    found = state.exchange(notice) if notice else None
    # What names the other of the two is a finding of its references.
    wanted = {Kind.QUERY} if kind == Kind.REPLY else {Kind.LAUNCH} if kind in STEPPING else _ROOTS
    return found if found is not None and found.kind in wanted and found.data else None


def _answer(state: State, payload: Payload, root: Exchange) -> list[Finding]:
    asked, phase = queries.question(root), queries.query(state, root)
    found = [] if phase is None else _out_of_phase(payload.kind, phase)
    if asked is not None and asked.asked != payload.sender:
        found.append(protocol_finding(FindingCode.NOT_ASKED, "query", asked.asked, payload.sender))
    return found


def _out_of_phase(kind: int, phase: LaunchPhase | QueryPhase) -> list[Finding]:
    if kind in STEPS[phase]:
        return []
    return [protocol_finding(FindingCode.OUT_OF_PHASE, label(Kind(kind)), allowed(phase), phase.value)]


def _version(body: Record, found: Launch) -> list[Finding]:
    """Two amendments of one version: the later one counts (R-PHASE-3)."""
    if not isinstance(body, Amendment | WindowExtension) or body.replaces == found.newest:
        return []
    return [protocol_finding(FindingCode.NOT_NEWEST, "replaces", "the newest version", "another one")]


def _times(agreement: Agreement, payload: Payload, body: Record, held: LaunchNotification) -> list[Finding]:
    """A step after the launch has lapsed, and a launch outside of the spans that were announced."""
    spans = launches.spans_of(agreement, held)
    if not spans:
        return []
    rule = _validity(agreement, held)
    if isinstance(body, LaunchReport):
        at = body.launched_at
        if at is None or any(start <= at < end for start, end in spans):
            return []
        said = ", ".join(" to ".join(map(times.format_instant, span)) for span in spans)
        return [_timed(FindingCode.OUTSIDE_WINDOW, "launched_at", said[:MAX_REMARK], at, rule)]
    end = spans[-1][1]
    if payload.issued < end:
        return []
    return [
        _timed(FindingCode.AFTER_LAPSE, "issued", f"before {times.format_instant(end)}", payload.issued, rule)
    ]


def _validity(agreement: Agreement, held: LaunchNotification) -> Rule | None:
    """The rule that gives a named date its span; a window is its sender's own word."""
    if held.window is not None:
        return None
    return next((rule for rule in agreement.rules if _gives(rule, held)), None)


def _gives(rule: Rule, notification: LaunchNotification) -> bool:
    return rule.check is Check.VALIDITY and rule.kind == Kind.LAUNCH and rule.applies(notification, None)


def _timed(code: FindingCode, subject: str, expected: str, found: int, rule: Rule | None) -> Finding:
    article, evidence = (rule.article, rule.known) if rule is not None else (None, None)
    return Finding(
        name=code.value,
        subject=subject,
        expected=expected,
        found=times.format_instant(found),
        article=article,
        evidence=evidence,
    )
