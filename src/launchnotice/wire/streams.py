"""What a message says about streams: epochs, positions, heads, ranges (spec section 6)."""

from __future__ import annotations

from typing import Final

from launchnotice.wire.bounds import MAX_CODE
from launchnotice.wire.cbor import encode
from launchnotice.wire.codecs import Bytes, Int, Text
from launchnotice.wire.digest import sha256
from launchnotice.wire.record import Nested, Record, field

DIGEST: Final = Bytes(32)
PARTY: Final = Text(MAX_CODE)
SEQUENCE: Final = Int(1, 2**53 - 1)
RANDOM: Final = Bytes(16)


class Epoch(Record):
    """One unbroken run of a party's stream; two are the same only if number and random are equal."""

    number: int = field(1, SEQUENCE, "highest known number plus one")
    random: bytes = field(2, RANDOM, "16 random bytes, drawn when the epoch is opened")


class Position(Record):
    """A place in a chain and the notice that stands there; sequence number 0 is the epoch's genesis."""

    seq: int = field(1, Int(0, 2**53 - 1), "sequence number")
    id: bytes = field(2, DIGEST, "message id, or the genesis of the epoch")


class Head(Record):
    """How far a party's stream is known: the last contiguous and the highest notice seen."""

    party: str = field(1, PARTY, "whose stream")
    epoch: Epoch = field(2, Nested(Epoch), "which epoch of it")
    contiguous: Position = field(3, Nested(Position), "last notice without a gap before it")
    highest: Position | None = field(
        4, Nested(Position), "highest notice seen, held ones included; absent if equal", default=None
    )


class Range(Record):
    """Notices of one epoch that are wanted again, both ends included."""

    party: str = field(1, PARTY, "whose stream")
    epoch: Epoch = field(2, Nested(Epoch), "which epoch of it")
    first: int = field(3, SEQUENCE, "first sequence number")
    last: int = field(4, SEQUENCE, "last sequence number")


class MandateVersion(Record):
    """The newest mandate of a party that the sender holds."""

    party: str = field(1, PARTY, "whose mandate")
    version: int = field(2, SEQUENCE, "its version")
    id: bytes = field(3, DIGEST, "its mandate id")


def genesis(channel: bytes, party: str, epoch: Epoch) -> bytes:
    """What seq 1 of an epoch names as its predecessor: 32 bytes (R-STREAM-2)."""
    return sha256(encode(["LNP/1 epoch", channel, party, epoch.number, epoch.random]))
