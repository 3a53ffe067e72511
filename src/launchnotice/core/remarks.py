"""What there is to say of an authentic message: its findings. They decide nothing.

- Of a notice: what its content, its agreement, its references, its mandate and its epoch show.
- Of a signal: whether it was stated before, and whether its times and bytes are those of the notice.
"""

from __future__ import annotations

from launchnotice.core.entries import EpochKey
from launchnotice.core.exchange import Exchange, Stated
from launchnotice.core.hearing import heard
from launchnotice.core.references import reference_findings
from launchnotice.core.said import Said
from launchnotice.core.state import State
from launchnotice.core.steps import step_findings
from launchnotice.core.stream import Stream
from launchnotice.core.superseding import mandate_findings
from launchnotice.core.tables import STREAM, Case, StreamRow
from launchnotice.pact.findings import Finding, content_findings, protocol_finding
from launchnotice.pact.mandate import Mandate
from launchnotice.registry import FindingCode, KindClass, Policy, Role
from launchnotice.wire import cose, times
from launchnotice.wire.bounds import CLOCK_BRACKET
from launchnotice.wire.message import Message
from launchnotice.wire.signals import Receipt


def notice_findings(
    state: State, message: Said, mandate: Mandate, stream: Stream, row: StreamRow, now: int
) -> list[Finding]:
    """The findings on a notice that takes its place as a row of the table of streams says."""
    payload, body = message.payload, message.body
    findings = [protocol_finding(row.finding)] if row.finding else []
    if body is None:
        findings.append(protocol_finding(FindingCode.UNINTELLIGIBLE))
    else:
        findings += content_findings(body)
        findings += state.channel.judge(payload.kind, body, heard(state, payload, body, now))
        findings += reference_findings(payload.kind, body, payload.sender, state.exchange)
        findings += step_findings(state, payload, body)
    findings += mandate_findings(state, message, mandate, now)
    findings += _epoch_findings(state, message, stream)
    if message.row.policy is Policy.EMERGENCY and _officers(message) == 1:
        findings.append(protocol_finding(FindingCode.SINGLE_SIGNATURE))
    if payload.issued > now + CLOCK_BRACKET:
        findings.append(_bracket("issued", f"at most {times.format_instant(now)}", payload.issued))
    return findings


def own_findings(state: State, said: Said, mandate: Mandate) -> list[Finding]:
    """What a recipient will find in an own message that arrives as soon as it is issued.

    It is judged as a peer's is, by all that was said before it and this journal holds.
    """
    payload, body = said.payload, said.body
    if said.row.kind_class is not KindClass.SIGNAL:
        stream = state.stream(state.own, (payload.epoch.number, payload.epoch.random))
        return notice_findings(state, said, mandate, stream, STREAM[Case.NEXT], payload.issued)
    findings = mandate_findings(state, said, mandate, payload.issued)
    if body is not None:
        findings += state.channel.judge(payload.kind, body, heard(state, payload, body, payload.issued))
    return findings


def _epoch_findings(state: State, message: Said, stream: Stream) -> list[Finding]:
    """What there is to say of the epoch in which a notice stands, and of what its sender knows of itself."""
    payload, sender = message.payload, message.payload.sender
    codes = []
    if not _confirmed(state, message, stream):
        codes.append(FindingCode.UNCONFIRMED_EPOCH)
        if state.unconfirmed(sender, stream.epoch) > state.channel.descriptor.unconfirmed_epochs:
            codes.append(FindingCode.TOO_MANY_EPOCHS)
    if stream.abandoned is not None and getattr(payload, "seq", 0) > stream.abandoned:
        codes.append(FindingCode.ABANDONED)
    if getattr(payload, "may_repeat", False):
        codes.append(FindingCode.MAY_REPEAT)
    if sender in state.untrusted:
        codes.append(FindingCode.MANDATE_UNCONFIRMED)
    return [protocol_finding(code) for code in codes]


def _officers(message: Said) -> int:
    return sum(1 for signer in message.signers if signer.role is Role.OFFICER)


def _confirmed(state: State, message: Said, stream: Stream) -> bool:
    """Whether an epoch is the first one numbered 1 that is known, or confirmed by the newest mandate."""
    if stream.epoch[0] == 1 and _first(state, message.payload.sender) in {None, stream.epoch}:
        return True
    mandate = state.mandate(message.payload.sender)
    return mandate is not None and message.payload.epoch in mandate.payload.confirmed


def _first(state: State, party: str) -> EpochKey | None:
    """The first epoch numbered 1 of a party that is known."""
    for key in state.streams[party]:
        if key[0] == 1:
            return key
    return None


def signal_findings(message: Message, exchange: Exchange, earlier: list[Stated], now: int) -> list[Finding]:
    epoch = message.payload.epoch
    findings = []
    if earlier:
        same = any((fact.number, fact.random) == (epoch.number, epoch.random) for fact in earlier)
        findings.append(protocol_finding(FindingCode.STATED_TWICE if same else FindingCode.STATED_AGAIN))
    if message.payload.issued > now + CLOCK_BRACKET:
        findings.append(_bracket("issued", f"at most {times.format_instant(now)}", message.payload.issued))
    if isinstance(message.body, Receipt):
        findings += _receipt_findings(message.body, exchange, now)
    return findings


def _receipt_findings(receipt: Receipt, exchange: Exchange, now: int) -> list[Finding]:
    """The receipt says what arrived, and when: between our sending and its return."""
    findings = []
    if not exchange.time - CLOCK_BRACKET <= receipt.received <= now + CLOCK_BRACKET:
        span = f"{times.format_instant(exchange.time)} to {times.format_instant(now)}"
        findings.append(_bracket("received", span, receipt.received))
    if receipt.envelope != cose.envelope_digest(exchange.data):
        findings.append(protocol_finding(FindingCode.OTHER_BYTES))
    return findings


def _bracket(subject: str, expected: str, found: int) -> Finding:
    return protocol_finding(
        FindingCode.CLOCK_BRACKET, subject=subject, expected=expected, found=times.format_instant(found)
    )
