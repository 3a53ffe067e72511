"""Drafts: what officers sign at their desks, before the system signs last.

- A draft is bytes; it travels to other desks. It is no message and cannot pass as one.
- An officer reviews before signing: `Draft.review` checks the draft against descriptor and
  mandate and gives a `Review`, which shows what it says and alone can sign.
- A draft reserves nothing; `Endpoint.submit` does, and says `Stale` if things moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from launchnotice.core.entries import EpochKey
from launchnotice.core.remarks import own_findings
from launchnotice.core.state import State
from launchnotice.core.steps import plain_findings
from launchnotice.core.stream import Stream
from launchnotice.errors import Refused, UsageError
from launchnotice.pact.channel import Channel
from launchnotice.pact.findings import Finding, protocol_finding, shape_findings
from launchnotice.pact.judge import Heard
from launchnotice.pact.mandate import Identity, Mandate
from launchnotice.registry import (
    KINDS,
    EpochReason,
    FindingCode,
    KindClass,
    Policy,
    Refusal,
    Role,
    Usage,
)
from launchnotice.wire import cbor, cose
from launchnotice.wire.bounds import MAX_DRAFT, MAX_MESSAGE, MAX_TOLD
from launchnotice.wire.codecs import Array, Bytes, Int
from launchnotice.wire.cose import Signatory
from launchnotice.wire.keys import Signer
from launchnotice.wire.launch import LaunchNotification
from launchnotice.wire.message import (
    KIND_OF,
    PAYLOADS,
    Contents,
    Opening,
    Payload,
    identify,
    parse_contents,
    parse_payload,
)
from launchnotice.wire.record import Nested, Record, field
from launchnotice.wire.streams import DIGEST, Epoch, Head, Position

_ONE_OFFICER = 2  # signers, the system among them


class DraftSignature(Record):
    """One signature gathered so far."""

    kid: bytes = field(1, DIGEST, "thumbprint of the key")
    signature: bytes = field(2, Bytes(1, 8_192), "its signature")


class DraftRecord(Record):
    """A draft as it travels between desks."""

    version: int = field(1, Int(1, 1), "version of this format")
    header: bytes = field(2, Bytes(1, 64), "the body's protected header")
    payload: bytes = field(3, Bytes(1, MAX_DRAFT), "what is signed")
    signatures: tuple[DraftSignature, ...] = field(
        4, Array(Nested(DraftSignature), 0, cose.MAX_SIGNATURES), "gathered so far, by kid"
    )

    def validate(self) -> None:
        """The header is one of LNP/1's; signatures ascend by kid."""
        if self.header not in cose.BODY_HEADERS.values():
            raise Refused(Refusal.BAD_HEADER, "body header: expected exactly {16: typ}")
        kids = [one.kid for one in self.signatures]
        if kids != sorted(set(kids)):
            raise Refused(Refusal.UNSORTED, "signatures ascend by kid without repetition")


class Draft:
    """A payload with the signatures gathered so far.

    Attributes:
        data: its exact bytes, to carry to the next desk. `id`: the message id that it will have.
        payload: the bytes that are signed. `header`: the body's protected header.
        signatures: by kid.
    """

    __slots__ = ("_manifest", "data", "header", "id", "payload", "signatures")

    def __init__(self, header: bytes, payload: bytes, signatures: dict[bytes, bytes]) -> None:
        self.header, self.payload, self.signatures = header, payload, signatures
        rows = [{1: kid, 2: signatures[kid]} for kid in sorted(signatures)]
        self.data = cbor.encode({1: 1, 2: header, 3: payload, 4: rows})
        self.id = cose.message_id(header, payload)
        self._manifest: tuple[Signatory, ...] | None = None

    @classmethod
    def load(cls, data: bytes) -> Self:
        """The draft of received bytes; raises `Refused`."""
        record = DraftRecord.load(cbor.decode(data, MAX_DRAFT))
        return cls(record.header, record.payload, {one.kid: one.signature for one in record.signatures})

    def review(self, channel: Channel, mandate: Mandate, launch: LaunchNotification | None = None) -> Review:
        """Check the draft and show what it says, at a desk without a journal (else `Endpoint.review`).

        Args:
            channel: the channel, from its descriptor.
            mandate: the drafting party's own newest mandate, verified.
            launch: what holds of the launch that it is about (`LaunchView.held`), so that its times are
                held to that; None: not known.

        Raises:
            Refused: the draft is no message of this channel under this mandate, names signers
                that the policy does not accept, or holds a signature that does not verify.
        """
        return Review(self, channel, mandate, launch)

    @property
    def manifest(self) -> tuple[Signatory, ...]:
        """Who signs, as a message's payload says; raises `Refused`."""
        if self._manifest is None:
            self._manifest = parse_payload(self.payload)[0].manifest
        return self._manifest

    def signed(self, keys: Sequence[Signer], manifest: Sequence[Signatory]) -> Draft:
        """The draft with signatures by these keys added; for reviews and ceremonies."""
        lines = {line.kid: line for line in manifest}
        added = {}
        for key in keys:
            line = lines.get(key.key.kid)
            if line is None:
                raise UsageError(Usage.WRONG_KEY, "the draft's manifest does not list this key")
            signature = key.sign(cose.to_be_signed(self.header, line, self.payload))
            if signature is None:
                raise UsageError(Usage.NOT_SIGNED, "the signer has not signed yet")
            added[line.kid] = signature
        return Draft(self.header, self.payload, {**self.signatures, **added})

    def assemble(self, manifest: Sequence[Signatory], more: dict[bytes, bytes] | None = None) -> bytes:
        """The envelope of a draft whose manifest is signed in full.

        Raises:
            UsageError: `not-signed`. `Refused`: `manifest-mismatch`.
        """
        signatures = {**self.signatures, **(more or {})}
        kids = [line.kid for line in manifest]
        if not signatures.keys() <= set(kids):
            raise Refused(Refusal.MANIFEST_MISMATCH, "a signature that the manifest does not list")
        if len(signatures) != len(kids):
            raise UsageError(Usage.NOT_SIGNED, "signatures of the manifest are missing")
        return cose.assemble(self.header, self.payload, [(line, signatures[line.kid]) for line in manifest])

    def __repr__(self) -> str:
        return f"<Draft {self.id.hex()[:16]}>"


class Stale(UsageError):
    """A draft no longer fits: the own head, epoch or mandate moved, or an hour passed.

    Attributes:
        draft: the same body, drafted afresh and unsigned.
    """

    def __init__(self, detail: str, draft: Draft) -> None:
        super().__init__(Usage.STALE, detail)
        self.draft = draft


class Review:
    """A draft that was checked: what it says, what the recipient will find, who has signed.

    Attributes:
        draft: the draft. `id`, `payload`, `row`, `body`: what it says.
        findings: what a recipient finds who receives it as soon as it is issued; see `complete`.
        complete: whether they are drawn from a journal (`Endpoint.review`). At a desk without one, what
            depends on notices said before is not known, but for the times of a launch that is handed in.
        signers: the identities that its manifest names. `signed`: labels of those that have signed.
    """

    __slots__ = (
        "_channel", "_found", "_launch", "body", "draft", "mandate", "payload", "row", "signed", "signers",
    )  # fmt: skip

    def __init__(
        self,
        draft: Draft,
        channel: Channel,
        mandate: Mandate,
        launch: LaunchNotification | None = None,
        state: State | None = None,
    ) -> None:
        self.draft, self.mandate, self._launch = draft, mandate, launch
        contents = parse_contents(draft.payload)
        self.payload, self.row = contents.payload, contents.row
        draft._manifest = self.payload.manifest
        _check_context(draft, self.payload, channel, mandate)
        self.body = _own_body(contents)
        self.signers = identify(self.payload.manifest, mandate.keyring, len(channel.algorithms))
        channel.accept(self.row, self.signers)
        _check_size(draft, self.payload.manifest)
        self.signed = self._check_signatures()
        self._channel = channel
        # Drawn at once: the state moves on.
        self._found = own_findings(state, self, mandate) if state is not None else None

    def sign(self, keys: Sequence[Signer]) -> Draft:
        """The draft with an officer's signatures added.

        Args:
            keys: the officer's keys, one for each algorithm of the suite.

        Raises:
            UsageError: `wrong-key` if a key is not an officer's of the manifest, or they are not all
                keys of one officer; `not-signed` if a signer has no signature yet; `exercise` if a key
                is for exercises and the channel is not, or the reverse.
        """
        self._channel.check_keys(keys)
        officers = set()
        for key in keys:
            enrolled = self.mandate.keyring.get(key.key.kid)
            if enrolled is None or enrolled.role is not Role.OFFICER:
                raise UsageError(Usage.WRONG_KEY, "expected a key of an officer; the system signs last")
            officers.add(enrolled.identity)
        if len(officers) != 1 or {key.key.alg for key in keys} != set(self._channel.algorithms):
            raise UsageError(Usage.WRONG_KEY, "expected one key for each algorithm of the suite")
        return self.draft.signed(keys, self.payload.manifest)

    def missing(self) -> list[str]:
        """Labels of officers who have not signed yet."""
        return [s.identity for s in self.signers if s.role is Role.OFFICER and s.identity not in self.signed]

    def _check_signatures(self) -> list[str]:
        counts: dict[str, int] = {}
        lines = {line.kid: line for line in self.payload.manifest}
        for kid, signature in self.draft.signatures.items():
            line = lines.get(kid)
            if line is None:
                raise Refused(Refusal.MANIFEST_MISMATCH, "a signature that the manifest does not list")
            signed = cose.to_be_signed(self.draft.header, line, self.draft.payload)
            enrolled = self.mandate.keyring[kid]
            enrolled.key.verify(signature, signed)
            counts[enrolled.identity] = counts.get(enrolled.identity, 0) + 1
        per_identity = len(self.payload.manifest) // len(self.signers)
        return [identity for identity, count in counts.items() if count == per_identity]

    @property
    def id(self) -> bytes:
        """The message id that it will have, 32 bytes."""
        return self.draft.id

    @property
    def complete(self) -> bool:
        """Whether the findings are drawn from a journal."""
        return self._found is not None

    @property
    def findings(self) -> list[Finding]:
        """What a recipient will find, if the notice arrives as soon as it is issued."""
        payload, body = self.payload, self.body
        if self._found is not None:
            return [*self._found]
        known = Heard(payload.sender, payload.issued, payload.issued, self._launch)
        findings = shape_findings(body) + self._channel.judge(payload.kind, body, known)
        findings += plain_findings(self._channel, payload, body, self._launch)
        if self.row.policy is Policy.EMERGENCY and len(self.signers) == _ONE_OFFICER:
            findings.append(protocol_finding(FindingCode.SINGLE_SIGNATURE))
        if payload.issued > self.mandate.payload.expires:
            findings.append(protocol_finding(FindingCode.EXPIRED_MANDATE))
        return findings


def compose(
    state: State, body: Record, now: int, officers: Sequence[str], system: Identity, to: str
) -> Draft:
    """A draft of the endpoint's next message with that body; the epoch is open (`Endpoint.draft`).

    Args:
        state: the endpoint's state. `body`: what is said; its type says the kind.
        now: seconds. `officers`: labels of the officers who will sign. `system`: who signs last.
        to: addressee of a signal; empty for a notice.
    """
    kind = KIND_OF[type(body)]
    mandate, epoch = state.mandate(state.own), state.epoch
    if mandate is None or epoch is None:
        raise UsageError(Usage.NO_MANDATE, "give the own mandate to receive first")
    common: dict[str, Any] = {
        "channel": state.channel.id,
        "sender": state.own,
        "mandate": mandate.id,
        "issued": now,
        "kind": kind.value,
        "manifest": _manifest(mandate, officers, system),
        "body": body.dump(),
        "epoch": _epoch(epoch),
    }
    where = place(state, epoch, KINDS[kind].kind_class, to)
    if KINDS[kind].kind_class is KindClass.CHAINED:
        where["heads"] = heads_to_tell(state)
        # Until every member has said what it holds, nobody knows what was said before a restore.
        where["may_repeat"] = None in state.synced.values()
    payload = PAYLOADS[KINDS[kind].kind_class](**common, **where)
    draft = Draft(cose.BODY_HEADERS[state.channel.content_type], cbor.encode(payload.dump()), {})
    try:
        _check_size(draft, payload.manifest)
    except Refused as error:
        raise UsageError(Usage.BAD_VALUE, error.detail) from None
    return draft


def heads_to_tell(state: State) -> tuple[Head, ...]:
    """Heads of other streams that moved since a notice told them: those not told for longest, by party."""
    moved = [
        head
        for head in heads(state)
        if head.party != state.own and state.heads_told.get(head.party) != told(head)
    ]
    last = {party: number for number, party in enumerate(state.heads_told)}
    moved.sort(key=lambda head: last.get(head.party, -1))
    return tuple(sorted(moved[:MAX_TOLD], key=lambda head: head.party))


def heads(state: State) -> tuple[Head, ...]:
    """The head of each stream known, in its newest epoch."""
    found = []
    for party in sorted(state.streams):
        stream = state.latest(party)
        if stream is not None:
            found.append(head_of(party, stream))
    return tuple(found)


def head_of(party: str, stream: Stream) -> Head:
    """The head of an epoch of a party: the last contiguous notice, and the highest if there is a gap."""
    top = stream.highest()
    here = Position(seq=stream.seq, id=stream.head)
    highest = None if top[0] == stream.seq else Position(seq=top[0], id=top[1])
    return Head(party=party, epoch=_epoch(stream.epoch), contiguous=here, highest=highest)


def told(head: Head) -> tuple[int, bytes, int, int]:
    """What is remembered of a head that was told."""
    highest = head.highest or head.contiguous
    return head.epoch.number, head.epoch.random, head.contiguous.seq, highest.seq


def place(state: State, epoch: EpochKey, kind_class: KindClass, to: str) -> dict[str, Any]:
    """Where the next own message of a class stands: what its class adds to a payload, but for heads told."""
    stream = state.stream(state.own, epoch)
    if kind_class is not KindClass.CHAINED:
        head = Position(seq=stream.seq, id=stream.head)
        return {"head": head, "to": to} if kind_class is KindClass.SIGNAL else {"head": head}
    opening = _opening(state, epoch) if stream.seq == 0 else None
    return {"seq": stream.seq + 1, "prev": stream.head, "opening": opening}


def _opening(state: State, epoch: EpochKey) -> Opening:
    earlier = [stream for key, stream in state.streams[state.own].items() if key < epoch]
    if not earlier:
        return Opening(reason=EpochReason(state.reason))
    # An epoch without a notice hides where the one before it was cut.
    last = max(earlier, key=lambda stream: (stream.seq > 0, stream.epoch))
    head = Position(seq=last.seq, id=last.head)
    return Opening(reason=EpochReason(state.reason), epoch=_epoch(last.epoch), head=head)


def _manifest(mandate: Mandate, officers: Sequence[str], system: Identity) -> tuple[Signatory, ...]:
    by_label = {identity.label: identity for identity in mandate.payload.identities}
    chosen = [system]
    for name in dict.fromkeys(officers):
        identity = by_label.get(name)
        if identity is None or identity.role is not Role.OFFICER:
            raise UsageError(Usage.UNKNOWN_SIGNER, f"the mandate lists no officer {name!r}")
        chosen.append(identity)
    lines = [Signatory(key.alg, key.kid) for identity in chosen for key in identity.keys]
    return tuple(sorted(lines, key=lambda line: line.kid))


def _epoch(key: EpochKey) -> Epoch:
    return Epoch(number=key[0], random=key[1])


def _check_context(draft: Draft, payload: Payload, channel: Channel, mandate: Mandate) -> None:
    if payload.channel != channel.id or mandate.payload.channel != channel.id:
        raise Refused(Refusal.WRONG_CHANNEL, "another channel's draft")
    if draft.header != cose.BODY_HEADERS[channel.content_type]:
        raise Refused(Refusal.WRONG_CONTENT_TYPE, f"expected {channel.content_type.value}")
    if (payload.sender, payload.mandate) != (mandate.payload.party, mandate.id):
        raise Refused(Refusal.UNKNOWN_MANDATE, "drafted under another mandate")


def _check_size(draft: Draft, manifest: Sequence[Signatory]) -> None:
    """Nobody signs what every recipient would refuse: its position would be lost for good."""
    size = cose.sealed_size(draft.header, draft.payload, manifest)
    if size > MAX_MESSAGE:
        raise Refused(Refusal.TOO_LARGE, f"at most {MAX_MESSAGE} bytes once signed, got {size}")


def _own_body(contents: Contents) -> Record:
    """Nobody signs what he or she cannot read in full."""
    body = contents.readable()
    if body is None:
        raise Refused(Refusal.UNKNOWN_KIND, f"kind {contents.payload.kind}: its body cannot be read")
    unknown = body.unknown_fields()
    if unknown:
        raise Refused(Refusal.UNKNOWN_FIELD, f"key {unknown[0]}")
    return body
