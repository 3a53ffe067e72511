"""Messages: unverified bytes become an `Unverified`, a keyring makes a `Message` of it.

- An `Unverified` shows what is needed to find the keys, and no payload.
- Verification returns a `Message` or raises; there is no boolean to forget.
- The order of checks is the spec's (section 4.6); the first failure is the code.

Not here: which mandate, policy or stream position counts (`pact`, `core`).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from launchnotice.errors import Refused
from launchnotice.registry import (
    EpochReason,
    Kind,
    KindClass,
    KindRow,
    Refusal,
    Role,
    kind_row,
)
from launchnotice.registry.namedtuples import NamedTuple
from launchnotice.wire import cbor, cose, layout, notices, signals
from launchnotice.wire.bounds import MAX_MESSAGE, MAX_PARTIES, MAX_SIGNERS
from launchnotice.wire.codecs import Array, Bool, Enumeration, Instant, Int, wrong_type
from launchnotice.wire.cose import Signatory
from launchnotice.wire.keys import PublicKey
from launchnotice.wire.record import Nested, Record, field
from launchnotice.wire.streams import DIGEST, PARTY, SEQUENCE, Epoch, Head, Position

BODIES: Final[dict[int, type[Record]]] = {**notices.BODIES, **signals.BODIES}
KIND_OF: Final[dict[type[Record], Kind]] = {record: Kind(kind) for kind, record in BODIES.items()}


class _Body:
    """The body as the type of a field: a map, read by the record of its kind."""

    cddl = "{ * int => any }"
    raw_type = dict

    def load(self, raw: Any) -> dict[int, Any]:
        if type(raw) is not dict:
            raise wrong_type("map", raw)
        return raw

    check = load

    def dump(self, value: dict[int, Any]) -> dict[int, Any]:
        return value

    to_json = dump
    from_json = load


class Payload(Record):
    """What every message says before its class adds to it (spec section 5.1)."""

    channel: bytes = field(1, DIGEST, "channel id: SHA-256 of the descriptor")
    sender: str = field(2, PARTY, "code of the sending party")
    mandate: bytes = field(3, DIGEST, "id of the mandate under which it is signed")
    issued: int = field(4, Instant(), "when it was drafted, by the sender's clock")
    kind: int = field(5, Int(1, 95), "kind of the message")
    manifest: tuple[Signatory, ...] = field(6, cose.Manifest(), "who signs")
    body: dict[int, Any] = field(7, _Body(), "what it says")
    epoch: Epoch = field(8, Nested(Epoch), "the sender's epoch")


class Opening(Record):
    """Why an epoch was opened, and the last own head then known."""

    reason: EpochReason = field(1, Enumeration(EpochReason), "why")
    epoch: Epoch | None = field(2, Nested(Epoch), "the last own epoch then known", default=None)
    head: Position | None = field(3, Nested(Position), "the last own head then known", default=None)


class ChainedPayload(Payload):
    """A notice in its sender's stream."""

    seq: int = field(9, SEQUENCE, "sequence number in the epoch, from 1, without holes")
    prev: bytes = field(10, DIGEST, "id of the sender's previous notice in the epoch, or its genesis")
    heads: tuple[Head, ...] = field(
        11, Array(Nested(Head), 1, MAX_PARTIES), "heads of other streams that moved", default=()
    )
    opening: Opening | None = field(12, Nested(Opening), "with seq 1: why the epoch was opened", default=None)
    may_repeat: bool = field(15, Bool(), "its sender cannot tell whether it said so before", default=False)

    def validate(self) -> None:
        """The first notice of an epoch, and no other, says why it was opened."""
        if (self.seq == 1) != (self.opening is not None):
            raise Refused(Refusal.INCONSISTENT, "opening goes with seq 1")


class EmergencyPayload(Payload):
    """A notice outside the chain."""

    head: Position = field(13, Nested(Position), "the sender's own head: evidence of order only")


class SignalPayload(Payload):
    """A statement to one party."""

    head: Position = field(13, Nested(Position), "the sender's own head: evidence of order only")
    to: str = field(14, PARTY, "code of the addressee")


_KIND: Final = 5  # the key of a payload's kind, which is read before its class is known
_CHANNEL: Final = b"\x01\x58\x20"  # what stands before the channel id


# Compiled on use: that takes a millisecond.
@functools.cache
def _head() -> re.Pattern[bytes]:
    """A payload up to its body, as LNP/1 writes it; what it may be besides is left to `wire.cbor`."""
    return re.compile(
        rb"[\xa8-\xb7]"
        rb"\x01\x58\x20(.{32})"  # channel
        rb"\x02([\x61-\x70])([ -~]+)"  # sender, and before it its length
        rb"\x03\x58\x20(.{32})"  # mandate
        rb"\x04"
        + layout.NUMBER  # issued
        + rb"\x05([\x01-\x17]|\x18[\x18-\x5f])"  # kind
        rb"\x06([\x81-\x97])"
        + cose.LINES  # manifest, and before it its length
        + rb"\x07",
        re.DOTALL,
    )


@functools.cache
def _tail(*, chained: bool) -> re.Pattern[bytes]:
    """What follows the body: the epoch, and of a chained notice seq and prev."""
    epoch = rb"\x08\xa2\x01" + layout.POSITIVE + rb"\x02\x50(.{16})"
    position = rb"\x09" + layout.POSITIVE + rb"\x0a\x58\x20(.{32})"
    return re.compile(epoch + position if chained else epoch, re.DOTALL)


PAYLOADS: Final[dict[KindClass, type[Payload]]] = {
    KindClass.CHAINED: ChainedPayload,
    KindClass.EMERGENCY: EmergencyPayload,
    KindClass.SIGNAL: SignalPayload,
}


class Signer(NamedTuple):
    """One identity that signed, or can sign."""

    identity: str
    role: Role


class Enrolled(NamedTuple):
    """A key of a mandate: whose it is, and in what role."""

    key: PublicKey
    signer: Signer

    @property
    def identity(self) -> str:
        """The label of the identity whose key it is."""
        return self.signer.identity

    @property
    def role(self) -> Role:
        """The role of that identity."""
        return self.signer.role


Keyring = Mapping[bytes, Enrolled]


class Message:
    """A verified message.

    Attributes:
        id: message id, 32 bytes. `digest`: envelope digest, 32 bytes. `data`: the exact bytes.
        payload: what was signed; `row`: the registry's row of its kind.
        body: the record of its kind, or None if the kind is unknown or the body unreadable.
        signers: the identities that signed.
    """

    __slots__ = ("body", "data", "id", "payload", "row", "signers")

    def __init__(self, unverified: Unverified, signers: tuple[Signer, ...]) -> None:
        self.id = unverified.id
        self.data = unverified.data
        self.payload = unverified._payload
        self.row = unverified.row
        self.body = unverified._contents.readable()
        self.signers = signers

    @property
    def digest(self) -> bytes:
        """SHA-256 of all bytes of the envelope."""
        return cose.envelope_digest(self.data)

    def __repr__(self) -> str:
        return f"<Message {self.row.label} {self.id.hex()[:16]}>"


class Unverified:
    """What bytes claim before any signature was checked: enough to find the keys, and no more."""

    __slots__ = (
        "_contents",
        "_payload",
        "channel",
        "data",
        "envelope",
        "id",
        "kind",
        "mandate",
        "manifest",
        "row",
        "sender",
        "to",
    )

    def __init__(self, data: bytes, envelope: cose.Envelope, contents: Contents) -> None:
        self.data = data
        self.envelope = envelope
        self.id = envelope.message_id
        self.row = contents.row
        self._payload = payload = contents.payload
        self._contents = contents
        self.channel = payload.channel
        self.sender = payload.sender
        self.mandate = payload.mandate
        self.kind = payload.kind
        self.manifest = payload.manifest
        self.to: str | None = getattr(payload, "to", None)

    def verify(
        self, keyring: Keyring, accept: Callable[[KindRow, tuple[Signer, ...]], None], keys: int
    ) -> Message:
        """Check membership and policy, then every signature.

        Args:
            keyring: the keys of the mandate that the message names.
            accept: applies the channel's policy to the kind's row and the identities; raises `Refused`.
            keys: how many keys an identity of the channel's suite has.

        Raises:
            Refused: `unknown-signer`, `incomplete-identity`, `bad-signature`, what `accept`
                raises, or for a signal the code of its body's fault.
        """
        signers = identify(self.manifest, keyring, keys)
        accept(self.row, signers)
        check_signatures(self.envelope, self.manifest, keyring)
        return Message(self, signers)


def parse(data: bytes, envelope: cose.Envelope | None = None, channel: bytes | None = None) -> Unverified:
    """Read a message without trusting it; raises `Refused`.

    Args:
        data: the received bytes.
        envelope: its parts, if the caller has taken it apart already.
        channel: the receiver's channel id; another channel's message is refused before it is decoded.
    """
    if len(data) > MAX_MESSAGE:
        raise Refused(Refusal.TOO_LARGE, f"at most {MAX_MESSAGE} bytes, got {len(data)}")
    envelope = envelope or cose.parse(data, MAX_MESSAGE)
    if channel is not None and _names_another(envelope.payload, channel):
        raise Refused(Refusal.WRONG_CHANNEL, "another channel's message")
    contents = parse_contents(envelope.payload)
    cose.match_manifest(envelope, contents.payload.manifest)
    return Unverified(data, envelope, contents)


def recall(data: bytes) -> Message:
    """The message of bytes that were verified before they were journalled; it names no signers."""
    return Message(parse(data), ())


def _names_another(payload: bytes, channel: bytes) -> bool:
    """Whether a payload has another channel id where a message's stands: key 1 comes first."""
    return payload.startswith(_CHANNEL, 1) and not payload.startswith(channel, 1 + len(_CHANNEL))


class Contents(NamedTuple):
    """What signed bytes say.

    Attributes:
        payload: the record of its class. `row`: the registry's row of its kind.
        body: the record of its kind; what is at fault with it; or None if the kind is unknown.
    """

    payload: Payload
    row: KindRow
    body: Record | Refused | None

    def readable(self) -> Record | None:
        """The body's record; None for a notice that this version cannot read.

        Raises:
            Refused: the body of a signal is at fault. (A notice is shown all the same: safety of life.)
        """
        if not isinstance(self.body, Refused):
            return self.body
        if self.row.kind_class is KindClass.SIGNAL:
            raise self.body
        return None


def parse_contents(data: bytes) -> Contents:
    """What signed bytes say; raises `Refused`."""
    try:
        return _read(data)
    except (ValueError, LookupError, Refused):
        return _decode(data)


def parse_payload(data: bytes) -> tuple[Payload, KindRow]:
    """The payload record of signed bytes, by the class of its kind, and the kind's row; raises `Refused`."""
    contents = parse_contents(data)
    return contents.payload, contents.row


def _read(data: bytes) -> Contents:
    """The contents of a payload that is read in place (`wire.layout`)."""
    found = _head().match(data) if len(data) <= cbor.SMALL else None
    if found is None:
        raise ValueError
    channel, size, sender, mandate, issued, kind, count, lines = found.groups()
    number = layout.number(kind)
    row = kind_row(number)
    if row is None or (row.kind_class is KindClass.SIGNAL and number not in BODIES):
        raise ValueError
    if len(sender) != size[0] - layout.TEXT:
        raise ValueError
    raw, at = cbor.decode_body(data, found.end())
    body = _load_body(number, raw)
    if not isinstance(body, Record) and not (type(raw) is dict and cbor.is_plain(raw)):
        raise ValueError
    values = {
        "channel": channel,
        "sender": sender.decode("ascii"),
        "mandate": mandate,
        "issued": layout.number(issued),
        "kind": number,
        "manifest": cose.read_manifest(lines, count[0] - layout.ARRAY),
        "body": raw,
    }
    return Contents(_read_rest(data, at, PAYLOADS[row.kind_class], values), row, body)


def _read_rest(data: bytes, at: int, record: type[Payload], values: dict[str, Any]) -> Payload:
    """What follows the body: the epoch, and what the class of a kind adds to the fields of every payload."""
    found = _tail(chained=record is ChainedPayload).match(data, at)
    if found is None:
        raise ValueError
    number, random, *position = found.groups()
    values["epoch"] = _epoch(number, random)
    last = 8
    if position:
        last = 10
        values["seq"], values["prev"] = layout.number(position[0]), position[1]
    left = data[0] - layout.MAP - last
    at = found.end()
    if not left and at == len(data):
        return record.complete(values, {})
    raw = cbor.decode(bytes([layout.MAP + left]) + data[at:], MAX_MESSAGE)
    if type(raw) is not dict or min(raw) <= last:
        raise ValueError
    return record.complete(values, raw)


@functools.lru_cache(maxsize=64)
def _epoch(number: bytes, random: bytes) -> Epoch:
    """The epoch, which is the same in most messages of a party."""
    return Epoch(number=layout.number(number), random=random)


def _decode(data: bytes) -> Contents:
    raw = cbor.decode(data, MAX_MESSAGE)
    if type(raw) is not dict:
        raise wrong_type("map", raw)
    kind = raw.get(_KIND)
    if type(kind) is not int:
        code = Refusal.WRONG_TYPE if _KIND in raw else Refusal.MISSING_FIELD
        raise Refused(code, "kind: expected integer")
    row = kind_row(kind)
    if row is None or (row.kind_class is KindClass.SIGNAL and kind not in BODIES):
        raise Refused(Refusal.UNKNOWN_KIND, f"kind {kind}")
    payload = PAYLOADS[row.kind_class].load(raw)
    return Contents(payload, row, _load_body(kind, payload.body))


def _load_body(kind: int, raw: object) -> Record | Refused | None:
    record = BODIES.get(kind)
    if record is None:
        return None
    try:
        return record.load(raw)
    except Refused as fault:
        return fault


def identify(manifest: tuple[Signatory, ...], keyring: Keyring, keys: int) -> tuple[Signer, ...]:
    """The identities of a manifest; each signs with every key that it has (R-SIGN-6)."""
    counts: dict[Signer, int] = {}
    for line in manifest:
        enrolled = keyring.get(line.kid)
        if enrolled is None or enrolled.key.alg is not line.alg:
            raise Refused(Refusal.UNKNOWN_SIGNER, "a kid that the mandate does not list")
        counts[enrolled.signer] = counts.get(enrolled.signer, 0) + 1
    if len(counts) > MAX_SIGNERS:
        raise Refused(Refusal.BAD_LENGTH, f"at most {MAX_SIGNERS} identities sign")
    if set(counts.values()) - {keys}:
        raise Refused(Refusal.INCOMPLETE_IDENTITY, "an identity signs with every algorithm of the suite")
    return tuple(counts)


def check_signatures(envelope: cose.Envelope, manifest: tuple[Signatory, ...], keyring: Keyring) -> None:
    """Every signature verifies; one bad one refuses the whole (R-SIGN-5)."""
    start, end = envelope.signed_parts
    # All is made ready first: each signature check leaves the processor's caches cold for what follows it.
    checks = [
        (keyring[line.kid].key, signature, start + header + end)
        for line, header, signature in zip(
            manifest, cose.encoded_headers(manifest), envelope.signatures, strict=True
        )
    ]
    for key, signature, signed in checks:
        key.verify(signature, signed)
