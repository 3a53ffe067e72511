"""Evidence that a third party checks with the channel descriptor and the specification alone.

- `pack_fork(endpoint.forks()[0])` gives the bytes of a file: the proof that a party told two stories.
- `verify_fork(channel, data)` raises `Refused`, or says who said what twice.
"""

from __future__ import annotations

from collections.abc import Sequence

from launchnotice.errors import Refused
from launchnotice.pact.channel import Channel
from launchnotice.pact.mandate import Mandate, UnverifiedMandate
from launchnotice.registry import ContentType, KindClass, Refusal
from launchnotice.registry.namedtuples import NamedTuple
from launchnotice.wire import cbor, cose
from launchnotice.wire.bounds import MAX_MANDATE, MAX_MESSAGE, MAX_PROOF
from launchnotice.wire.codecs import Array, Bytes
from launchnotice.wire.message import ChainedPayload, Message, parse
from launchnotice.wire.record import Record, field


class ForkProof(Record):
    """Two notices of one sender that imply different ids for one position, with its mandates.

    Or two mandates of one version, with the chain up to it.
    """

    mandates: tuple[bytes, ...] = field(
        1, Array(Bytes(1, MAX_MANDATE), 1, 64), "the sender's mandates, from version 1 on"
    )
    first: bytes = field(2, Bytes(1, MAX_MANDATE), "one notice or mandate")
    second: bytes = field(3, Bytes(1, MAX_MANDATE), "the other one")


class Fork(NamedTuple):
    """What a proof shows.

    Attributes:
        party: who forked. `epoch`: number and 16 random bytes; (0, b"") of two mandates.
        seq: the position; of two mandates their version.
        one, other: the ids, 32 bytes each, that the two imply for it.
        first, second: the notices or mandates, verified.
    """

    party: str
    epoch: tuple[int, bytes]
    seq: int
    one: bytes
    other: bytes
    first: Message | Mandate
    second: Message | Mandate


def pack_fork(envelopes: Sequence[bytes]) -> bytes:
    """The bytes of a proof, as they stand in a file, from what `Endpoint.forks` gives."""
    *mandates, first, second = envelopes
    return cbor.encode(ForkProof(mandates=tuple(mandates), first=first, second=second).dump())


def verify_fork(channel: Channel, data: bytes) -> Fork:
    """Check a proof with nothing but the descriptor.

    Raises:
        Refused: what a mandate or a message is refused for; `inconsistent` if the two notices do
            not contradict each other.
    """
    proof = ForkProof.load(cbor.decode(data, MAX_PROOF))
    mandates: dict[bytes, Mandate] = {}
    mandate: Mandate | None = None
    for one in proof.mandates:
        mandate = UnverifiedMandate.parse(one).verify(channel, mandate)
        mandates[mandate.id] = mandate
    if cose.parse(proof.first, MAX_MANDATE).content_type is ContentType.MANDATE:
        return _verify_root(channel, [*mandates.values()], proof)
    first, second = (_verify(channel, mandates, notice) for notice in (proof.first, proof.second))
    a, b = first.payload, second.payload
    assert isinstance(a, ChainedPayload)  # safe: `_verify` takes no other
    assert isinstance(b, ChainedPayload)  # safe: `_verify` takes no other
    if (a.sender, a.epoch) != (b.sender, b.epoch):
        raise Refused(Refusal.INCONSISTENT, "notices of one epoch of one party")
    implied = {a.seq: first.id, a.seq - 1: a.prev}
    for seq, notice in ((b.seq, second.id), (b.seq - 1, b.prev)):
        if implied.get(seq, notice) != notice:
            epoch = (a.epoch.number, a.epoch.random)
            return Fork(a.sender, epoch, seq, implied[seq], notice, first, second)
    raise Refused(Refusal.INCONSISTENT, "the notices do not contradict each other")


def _verify_root(channel: Channel, chain: list[Mandate], proof: ForkProof) -> Fork:
    """Two mandates of one version, each of which follows the chain."""
    found = []
    for data in (proof.first, proof.second):
        one = UnverifiedMandate.parse(data)
        if not 0 < one.version <= len(chain):
            raise Refused(Refusal.MANDATE_GAP, "a version that the proof's chain does not reach")
        found.append(one.verify(channel, chain[one.version - 2] if one.version > 1 else None))
    first, second = found
    version = first.payload.version
    if first.id == second.id or (first.payload.party, version) != (
        second.payload.party,
        second.payload.version,
    ):
        raise Refused(Refusal.INCONSISTENT, "two mandates of one version of one party")
    return Fork(first.payload.party, (0, b""), version, first.id, second.id, first, second)


def _verify(channel: Channel, mandates: dict[bytes, Mandate], data: bytes) -> Message:
    envelope = cose.parse(data, MAX_MESSAGE)
    if envelope.content_type is not channel.content_type:
        raise Refused(Refusal.WRONG_CONTENT_TYPE, f"expected {channel.content_type.value}")
    unverified = parse(data, envelope, channel.id)
    if unverified.channel != channel.id:
        raise Refused(Refusal.WRONG_CHANNEL, "another channel's message")
    mandate = mandates.get(unverified.mandate)
    if mandate is None or mandate.payload.party != unverified.sender:
        raise Refused(Refusal.UNKNOWN_MANDATE, "signed under a mandate that the proof does not have")
    if unverified.row.kind_class is not KindClass.CHAINED:
        raise Refused(Refusal.UNKNOWN_KIND, "expected a chained notice")
    return unverified.verify(mandate.keyring, channel.accept, len(channel.algorithms))
