"""Hold drafts to the rules: what officers may have drafted, and what may be reserved.

- The machine states receipts and syncs itself; no draft of one is made or taken.
- A draft is reserved only where the next message stands, and only as `compose` would make it
  but for its time, its signers, its body and the heads that it tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from launchnotice.core.entries import Accepted, EpochKey, Reserved, Sealed, position_key
from launchnotice.core.exchange import MANDATE_KIND
from launchnotice.core.launches import launch
from launchnotice.core.references import reference_findings, thread
from launchnotice.core.state import State
from launchnotice.core.steps import STEPPING, allowed, phase_of
from launchnotice.core.tables import STEPS
from launchnotice.draft import Draft, Review, Stale, compose, place, told
from launchnotice.errors import Refused, UsageError
from launchnotice.pact.mandate import Identity, Mandate
from launchnotice.registry import KINDS, ContentType, Kind, KindClass, Policy, Refusal, Role, Usage, label
from launchnotice.wire import cose
from launchnotice.wire.bounds import CLOCK_BRACKET, DRAFT_LIFETIME, MAX_SIGNERS
from launchnotice.wire.geo import author_check
from launchnotice.wire.launch import Amendment, WindowExtension
from launchnotice.wire.message import KIND_OF, ChainedPayload, Payload
from launchnotice.wire.notices import ContinuedIn
from launchnotice.wire.record import Record
from launchnotice.wire.signals import Acknowledgement
from launchnotice.wire.streams import Epoch, Head, Position, genesis


def check_body(body: Record) -> Kind:
    """The kind of a body that officers sign; raises `UsageError` (`bad-value`)."""
    kind = KIND_OF.get(type(body))
    if kind is None or KINDS[kind].policy is Policy.MACHINE:
        raise UsageError(Usage.BAD_VALUE, "expected the body of a message that officers sign")
    try:
        author_check(body)
    except Refused as error:
        raise UsageError(Usage.BAD_VALUE, error.detail) from None
    return kind


def check_officers(state: State, kind: Kind, mandate: Mandate, signers: Sequence[str]) -> None:
    """Enough officers, all of them in the mandate; raises `UsageError`."""
    if len(set(signers)) >= MAX_SIGNERS:
        raise UsageError(Usage.WRONG_SIGNERS, f"at most {MAX_SIGNERS - 1} officers and the system")
    try:
        state.channel.accept_officers(KINDS[kind], len(set(signers)))
    except Refused as error:
        raise UsageError(Usage.WRONG_SIGNERS, error.detail) from None
    officers = {one.label for one in mandate.payload.identities if one.role is Role.OFFICER}
    for name in signers:
        if name not in officers:
            raise UsageError(Usage.UNKNOWN_SIGNER, f"the mandate lists no officer {name!r}")


def addressee(state: State, body: Record, *, restored: bool) -> str:
    """The party to which a body goes: empty for a notice, the subject's sender for a statement.

    Raises:
        UsageError: `unknown-subject`, `already-stated`, `not-intelligible`.
    """
    if KINDS[KIND_OF[type(body)]].kind_class is not KindClass.SIGNAL:
        return ""
    exchange = state.exchange(body.subject)  # type: ignore[attr-defined]  # what officers state has one
    if exchange is None or exchange.own or not exchange.data or exchange.kind == MANDATE_KIND:
        raise UsageError(Usage.UNKNOWN_SUBJECT, "no notice of a peer with that id")
    if exchange.inherited:
        raise UsageError(Usage.UNKNOWN_SUBJECT, "a notice of the predecessor channel: it is answered there")
    stated = exchange.stated.get(KIND_OF[type(body)].value)
    if stated is not None and (stated.data or not restored):
        raise UsageError(Usage.ALREADY_STATED, "one statement of a kind for each party")
    if isinstance(body, Acknowledgement) and not exchange.readable:
        raise UsageError(Usage.NOT_INTELLIGIBLE, "what nobody can read is rejected, not acknowledged")
    return exchange.sender


def check_references(state: State, body: Record) -> None:
    """The notices that a body names are known and of the right party; raises `UsageError`.

    An emergency waits for nothing, not even for the notices that a restore lost.
    """
    if KINDS[KIND_OF[type(body)]].kind_class is KindClass.EMERGENCY:
        return
    for finding in reference_findings(KIND_OF[type(body)], body, state.own, state.exchange):
        detail = f"{finding.subject}: expected {finding.expected}, found {finding.found}"
        raise UsageError(Usage.UNKNOWN_SUBJECT, detail)
    kind, phase = KIND_OF[type(body)], phase_of(state, KIND_OF[type(body)], body)
    if phase is not None and kind in STEPPING and kind not in STEPS[phase]:
        detail = f"{label(kind)}: it is {phase.value}, which allows {allowed(phase)}"
        raise UsageError(Usage.OUT_OF_PHASE, detail)
    if isinstance(body, Amendment | WindowExtension):
        exchange = state.exchange(body.launch)
        found = launch(state, exchange) if exchange else None
        if found is not None and found.newest != body.replaces:
            raise UsageError(Usage.BAD_VALUE, "replaces: expected the newest version")
    if isinstance(body, ContinuedIn) and body.channel == state.channel.id:
        raise UsageError(Usage.BAD_VALUE, "channel: expected another one")


def check_exercise(state: State, draft: Draft) -> None:
    """A draft of an exercise is never submitted to a real channel, nor the reverse (P8)."""
    others = {ContentType.MESSAGE, ContentType.EXERCISE} - {state.channel.content_type}
    if draft.header in {cose.BODY_HEADERS[other] for other in others}:
        what = "a real one" if state.channel.descriptor.exercise else "an exercise"
        raise UsageError(
            Usage.EXERCISE, f"the draft is of {what}, unlike the channel: exercise is never real"
        )


def review(state: State, draft: Draft, newest: Mandate) -> Review:
    """The review under the own mandate that the draft names, which need not be the newest.

    Raises:
        Refused: what `Draft.review` raises.
        UsageError: `not-signed`; `bad-value` if it is the machine's to state, or signed by the system.
    """
    found = _review(state, draft, newest, None)
    check_body(found.body)
    if found.missing():
        raise UsageError(Usage.NOT_SIGNED, f"by {', '.join(found.missing())}")
    officers = [signer.identity for signer in found.signers if signer.role is Role.OFFICER]
    if not set(found.signed) <= set(officers):
        raise UsageError(Usage.WRONG_SIGNERS, "the system signs last, after the reservation")
    return found


def read(state: State, draft: Draft, newest: Mandate) -> Review:
    """The review of a draft by all that the journal holds, under the own mandate that it names."""
    return _review(state, draft, newest, state)


def submitted(state: State, draft: bytes, *, restored: bool) -> bool:
    """Whether a draft is sealed, or reserved where it can be: not before a restore."""
    if draft in state.unsealed and not restored:
        return True
    held = state.exchanges.get(draft)
    if held is not None and held.data and not held.returned:
        return True  # a notice that is open; what is settled, and signals, are looked up
    return any(isinstance(kept.entry, Sealed) for kept in state.find(draft))


def reserve(state: State, found: Review, now: int, system: Identity, *, restored: bool) -> Reserved:
    """The reservation of a reviewed draft.

    Raises:
        Stale: it does not stand where the next message stands, is older than an hour or from the future.
        UsageError: what `addressee` raises.
    """
    payload, body = found.payload, found.body
    to = addressee(state, body, restored=restored)
    check_references(state, body)
    why = _moved(state, payload, now, to)
    if why:
        officers = [signer.identity for signer in found.signers if signer.role is Role.OFFICER]
        raise Stale(why, compose(state, body, now, officers, system, to))
    heads = payload.heads if isinstance(payload, ChainedPayload) else ()
    return Reserved(
        id=found.draft.id,
        kind=payload.kind,
        number=payload.epoch.number,
        random=payload.epoch.random,
        seq=getattr(payload, "seq", 0),
        subject=getattr(body, "subject", b"") if to else b"",
        thread=b"" if to else thread(payload.kind, body),
        to=to,
        told=[[head.party, *told(head)] for head in heads],
        draft=found.draft.data,
    )


def _review(state: State, draft: Draft, newest: Mandate, known: State | None) -> Review:
    for mandate in reversed(state.mandates[state.own]):
        try:
            return Review(draft, state.channel, mandate, state=known)
        except Refused as refusal:
            if refusal.code is not Refusal.UNKNOWN_MANDATE:
                raise
    return Review(draft, state.channel, newest, state=known)


def _moved(state: State, payload: Payload, now: int, to: str) -> str:
    """Why a payload no longer stands where the next message stands; empty if it does."""
    mandate, epoch = state.mandate(state.own), (payload.epoch.number, payload.epoch.random)
    # Other streams' heads never make a draft stale.
    expected: dict[str, Any] = place(state, epoch, KINDS[Kind(payload.kind)].kind_class, to)
    reasons = {
        "more than an hour old": now - payload.issued > DRAFT_LIFETIME,
        "issued in the future": payload.issued > now + CLOCK_BRACKET,
        "the own mandate moved": mandate is None or payload.mandate != mandate.id,
        "the own epoch moved": epoch != state.epoch,
        "the own head moved": any(getattr(payload, name) != value for name, value in expected.items()),
        "it tells heads that were never known": not _known_heads(state, getattr(payload, "heads", ())),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _known_heads(state: State, heads: Sequence[Head]) -> bool:
    """Whether each head is one that was known, of one other stream after the other (R-PAY-7)."""
    parties = [head.party for head in heads]
    if parties != sorted(set(parties) - {state.own}):
        return False
    return all(_was_known(state, head) for head in heads)


def _was_known(state: State, head: Head) -> bool:
    epoch = (head.epoch.number, head.epoch.random)
    stream = state.streams.get(head.party, {}).get(epoch)
    if stream is None or head.contiguous.seq > stream.seq:
        return False
    tops = [head.contiguous, *([head.highest] if head.highest else [])]
    return all(_stands(state, head.party, epoch, top) for top in tops)


def _stands(state: State, party: str, epoch: EpochKey, position: Position) -> bool:
    if position.seq == 0:
        return position.id == genesis(state.channel.id, party, Epoch(number=epoch[0], random=epoch[1]))
    kept = state.find(position_key(party, epoch, position.seq))
    return any(isinstance(k.entry, Accepted) and k.entry.id == position.id for k in kept)
