"""Mandates: the complete list of one party's keys in a channel, signed by its authority alone.

- Version 1 is verified by the keys that it lists, whose thumbprints are the descriptor's.
- Version n is verified by the authority of version n-1, and by its own if that changes.
- A key is enrolled once, when its mandate is accepted; it occurs in one identity only.

Not here: what a mandate does to streams (`core`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Self

from launchnotice.errors import Refused
from launchnotice.pact.channel import Channel, Party
from launchnotice.registry import ContentType, MandateReason, Refusal, Role
from launchnotice.wire import cbor, cose
from launchnotice.wire.bounds import MAX_IDENTITIES, MAX_LABEL, MAX_MANDATE
from launchnotice.wire.codecs import Array, Enumeration, Instant, Text, wrong_type
from launchnotice.wire.cose import Signatory
from launchnotice.wire.keys import CoseKey, PublicKey
from launchnotice.wire.message import Enrolled, Keyring, Signer, check_signatures, identify
from launchnotice.wire.record import Nested, Record, field
from launchnotice.wire.streams import DIGEST, PARTY, SEQUENCE, Epoch, Position

MAX_LIFETIME: Final = 396 * 86_400
"""A mandate runs 13 months at most, so that a yearly ceremony has a month to spare."""


class Identity(Record):
    """One key holder: a label that names no person, a role, one key for each algorithm of the suite."""

    label: str = field(1, Text(MAX_LABEL), "label without a person's name")
    role: Role = field(2, Enumeration(Role), "authority, officer or system")
    keys: tuple[PublicKey, ...] = field(3, Array(CoseKey(), 1, 4), "its keys, in the suite's order")


class Standing(Record):
    """The last notice of an earlier epoch that stands."""

    epoch: Epoch = field(1, Nested(Epoch), "which epoch")
    last: Position = field(2, Nested(Position), "its last notice that stands")


DISOWNING: Final = frozenset({MandateReason.COMPROMISE, MandateReason.FORK})
"""Reasons after which what lies outside of what stands is disowned."""
ENDING: Final = DISOWNING | {MandateReason.LOSS}
"""Reasons of mandates that take effect on acceptance and say what stands."""


class MandatePayload(Record):
    """What the authority of a party signs."""

    channel: bytes = field(1, DIGEST, "channel id")
    party: str = field(2, PARTY, "whose keys these are")
    issued: int = field(4, Instant(), "when it was drafted")
    manifest: tuple[Signatory, ...] = field(6, cose.Manifest(), "who signs")
    version: int = field(20, SEQUENCE, "from 1, without holes")
    prev: bytes | None = field(21, DIGEST, "id of the mandate before it; absent in version 1", default=None)
    expires: int = field(22, Instant(), "last second of its validity")
    reason: MandateReason = field(23, Enumeration(MandateReason), "why it was issued")
    identities: tuple[Identity, ...] = field(
        24, Array(Nested(Identity), 2, MAX_IDENTITIES), "all key holders"
    )
    stands: tuple[Standing, ...] = field(
        25, Array(Nested(Standing), 1, 64), "what of earlier epochs stands", default=()
    )
    confirmed: tuple[Epoch, ...] = field(26, Array(Nested(Epoch), 1, 64), "epochs confirmed", default=())
    emergencies: tuple[bytes, ...] = field(
        27, Array(DIGEST, 1, 64), "emergency notices that stand after a compromise", default=()
    )

    def validate(self) -> None:
        """Version 1 and no other begins a chain; a mandate expires, at most 13 months later."""
        first = self.version == 1
        if first != (self.prev is None) or first != (self.reason is MandateReason.INITIAL):
            raise Refused(Refusal.INCONSISTENT, "version 1 alone is initial and has no predecessor")
        if not self.issued < self.expires <= self.issued + MAX_LIFETIME:
            raise Refused(Refusal.OUT_OF_RANGE, "a mandate expires within 13 months of its issue")
        if self.stands and self.reason not in ENDING:
            raise Refused(Refusal.INCONSISTENT, "such a mandate leaves all notices standing")
        if self.emergencies and self.reason is not MandateReason.COMPROMISE:
            raise Refused(Refusal.INCONSISTENT, "such a mandate leaves all emergency notices standing")
        if list(self.emergencies) != sorted(set(self.emergencies)):
            raise Refused(Refusal.UNSORTED, "emergency notices ascend, each once")
        epochs = [(one.epoch.number, one.epoch.random) for one in self.stands]
        if len(set(epochs)) < len(epochs):
            raise Refused(Refusal.DUPLICATE_ENTRY, "stands: an epoch occurs once")


class Mandate:
    """A verified mandate.

    Attributes:
        id: message id, 32 bytes. `digest`: envelope digest, 32 bytes. `data`: the exact bytes.
        payload: what the authority signed. `keyring`: its keys by kid.
    """

    __slots__ = ("data", "id", "keyring", "payload")

    def __init__(self, data: bytes, mandate_id: bytes, payload: MandatePayload, keyring: Keyring) -> None:
        self.data, self.id, self.payload, self.keyring = data, mandate_id, payload, keyring

    @property
    def digest(self) -> bytes:
        """SHA-256 of all bytes of the envelope."""
        return cose.envelope_digest(self.data)

    def system(self) -> Identity | None:
        """The system's identity; the first, if several nodes have keys of their own."""
        systems = [identity for identity in self.payload.identities if identity.role is Role.SYSTEM]
        return systems[0] if systems else None

    def __repr__(self) -> str:
        return f"<Mandate {self.payload.party} version {self.payload.version}>"


class UnverifiedMandate:
    """What a mandate's bytes claim: enough to find its predecessor, and no more."""

    __slots__ = ("_envelope", "_payload", "channel", "data", "id", "party", "prev", "version")

    def __init__(self, data: bytes, envelope: cose.Envelope, payload: MandatePayload) -> None:
        self.data, self._envelope, self._payload = data, envelope, payload
        self.id = envelope.message_id
        self.channel, self.party = payload.channel, payload.party
        self.version, self.prev = payload.version, payload.prev

    @classmethod
    def parse(cls, data: bytes, envelope: cose.Envelope | None = None) -> Self:
        """Read a mandate without trusting it; raises `Refused`.

        Args:
            data: the received bytes.
            envelope: its parts, if the caller has taken it apart already.
        """
        envelope = envelope or cose.parse(data, MAX_MANDATE)
        if envelope.content_type is not ContentType.MANDATE:
            raise Refused(Refusal.WRONG_CONTENT_TYPE, f"expected {ContentType.MANDATE.value}")
        payload = load_payload(envelope.payload)
        cose.match_manifest(envelope, payload.manifest)
        return cls(data, envelope, payload)

    def verify(self, channel: Channel, previous: Mandate | None) -> Mandate:
        """Check the chain, the authority's signatures and every key.

        Args:
            channel: the channel, for the party's authority and the suite.
            previous: the mandate before it; None for version 1.

        Raises:
            Refused: `wrong-channel`, `unknown-party`, `bad-mandate-chain`, `unsatisfiable`,
                `key-reused`, `unknown-signer`, `wrong-role`, `threshold`, `bad-signature`, `weak-key`.
        """
        keyring = check_payload(self._payload, channel, previous)
        known = previous.keyring if previous else {}
        check_signatures(self._envelope, self._payload.manifest, {**known, **keyring})
        for kid, enrolled in keyring.items():
            if kid not in known:
                enrolled.key.enrol()
        return Mandate(self.data, self.id, self._payload, keyring)

    def recall(self, channel: Channel) -> Mandate:
        """The mandate without any check, for bytes that were verified before they were journalled."""
        return Mandate(self.data, self.id, self._payload, _keyring(self._payload, channel))


def check_payload(payload: MandatePayload, channel: Channel, previous: Mandate | None) -> Keyring:
    """What a mandate is held to before its signatures; gives its keys by kid.

    Raises:
        Refused: what `UnverifiedMandate.verify` raises, but `bad-signature` and `weak-key`.
    """
    if payload.channel != channel.id:
        raise Refused(Refusal.WRONG_CHANNEL, "another channel's mandate")
    party = channel.parties.get(payload.party)
    if party is None:
        raise Refused(Refusal.UNKNOWN_PARTY, "not a party of the channel")
    _check_chain(payload, previous)
    keyring = _keyring(payload, channel)
    known = previous.keyring if previous else {}
    _check_signers(payload.manifest, {**known, **keyring})
    for authority in _authorities(payload, keyring, party, previous):
        _check_threshold(payload.manifest, authority, party.threshold, len(channel.algorithms))
    return keyring


def load_payload(data: bytes) -> MandatePayload:
    """The payload of a mandate's signed bytes; raises `Refused`."""
    raw = cbor.decode(data, MAX_MANDATE)
    if type(raw) is not dict:
        raise wrong_type("map", raw)
    return MandatePayload.load(raw)


def authority_of(keyring: Keyring) -> dict[bytes, Enrolled]:
    """The part of a keyring that belongs to the authority."""
    return {kid: enrolled for kid, enrolled in keyring.items() if enrolled.role is Role.AUTHORITY}


def _check_chain(payload: MandatePayload, previous: Mandate | None) -> None:
    if previous and previous.payload.party != payload.party:
        raise Refused(Refusal.BAD_MANDATE_CHAIN, "the mandate before it is another party's")
    expected = (previous.payload.version + 1, previous.id) if previous else (1, None)
    if (payload.version, payload.prev) != expected:
        raise Refused(Refusal.BAD_MANDATE_CHAIN, "does not follow the mandate before it")


def _authorities(
    payload: MandatePayload, keyring: Keyring, party: Party, previous: Mandate | None
) -> Sequence[Keyring]:
    """The authority keys that must reach the threshold, each on its own."""
    own = authority_of(keyring)
    if previous is None:
        if tuple(sorted(own)) != party.authority:
            raise Refused(Refusal.UNKNOWN_SIGNER, "authority keys differ from the descriptor's thumbprints")
        return [own]
    old = authority_of(previous.keyring)
    return [old] if own == old else [old, own]


def _check_signers(manifest: Sequence[Signatory], everyone: Keyring) -> None:
    for line in manifest:
        enrolled = everyone.get(line.kid)
        if enrolled is None:
            raise Refused(Refusal.UNKNOWN_SIGNER, "a kid that the mandate does not list")
        if enrolled.role is not Role.AUTHORITY:
            raise Refused(Refusal.WRONG_ROLE, "the authority alone signs a mandate")


def _check_threshold(manifest: Sequence[Signatory], authority: Keyring, threshold: int, keys: int) -> None:
    ours = tuple(line for line in manifest if line.kid in authority)
    if len(identify(ours, authority, keys)) < threshold:
        raise Refused(Refusal.THRESHOLD, f"expected {threshold} authority identities")


def _keyring(payload: MandatePayload, channel: Channel) -> dict[bytes, Enrolled]:
    """All keys of a mandate by kid; one key for each algorithm of the suite, no key or label twice."""
    keyring: dict[bytes, Enrolled] = {}
    labels = set()
    for identity in payload.identities:
        labels.add(identity.label)
        if tuple(key.alg for key in identity.keys) != channel.algorithms:
            raise Refused(Refusal.INCOMPLETE_IDENTITY, "expected one key for each algorithm of the suite")
        signer = Signer(identity.label, identity.role)
        for key in identity.keys:
            keyring[key.kid] = Enrolled(key, signer)
    if len(labels) != len(payload.identities):
        raise Refused(Refusal.DUPLICATE_ENTRY, "an identity's label occurs once")
    if len(keyring) != sum(len(identity.keys) for identity in payload.identities):
        raise Refused(Refusal.KEY_REUSED, "a thumbprint occurs once")
    foreign = {
        kid for party in channel.parties.values() if party.code != payload.party for kid in party.authority
    }
    if foreign & keyring.keys():
        raise Refused(Refusal.KEY_REUSED, "an authority key of another party")
    _check_roles(payload, channel)
    return keyring


def _check_roles(payload: MandatePayload, channel: Channel) -> None:
    roles = [identity.role for identity in payload.identities]
    wanted = {
        Role.AUTHORITY: channel.parties[payload.party].threshold,
        Role.OFFICER: channel.descriptor.officers,
        Role.SYSTEM: 1,
    }
    for role, least in wanted.items():
        if roles.count(role) < least:
            raise Refused(Refusal.UNSATISFIABLE, f"expected at least {least} of role {role.name.lower()}")
