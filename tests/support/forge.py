"""Messages of any shape, right or wrong, signed by the right keys or by others: the peer that misbehaves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from launchnotice import Channel
from launchnotice.core.entries import EpochKey
from launchnotice.registry import ContentType, Kind
from launchnotice.wire import cbor, cose
from launchnotice.wire.cose import Signatory
from launchnotice.wire.keys import SigningKey
from launchnotice.wire.record import Record
from launchnotice.wire.streams import Epoch, genesis
from tests.support.centres import NOW, Centre, launch

EPOCH: EpochKey = (1, bytes(range(16)))
"""The epoch of a forged stream, unless told otherwise."""


class Forged(NamedTuple):
    """A message with its id and the map that was signed."""

    id: bytes
    data: bytes
    raw: dict[int, Any]


class Forger:
    """Makes messages of a party without an endpoint."""

    def __init__(self, channel: Channel, centre: Centre, mandate: bytes) -> None:
        self.channel, self.centre, self.mandate = channel, centre, mandate
        self.header = cose.BODY_HEADERS[channel.content_type]

    def keys(self, labels: Sequence[str]) -> list[SigningKey]:
        """The keys of these identities in the order of a manifest."""
        return sorted((key for label in labels for key in self.centre.keys[label]), key=lambda k: k.key.kid)

    def manifest(self, labels: Sequence[str]) -> list[list[object]]:
        return [[key.key.alg.value, key.key.kid] for key in self.keys(labels)]

    def genesis(self, epoch: EpochKey = EPOCH) -> bytes:
        return genesis(self.channel.id, self.centre.code, Epoch(number=epoch[0], random=epoch[1]))

    def notice(
        self,
        seq: int = 1,
        prev: bytes | None = None,
        *,
        epoch: EpochKey = EPOCH,
        body: Record | dict[int, Any] | None = None,
        signers: Sequence[str] = ("officer-1", "officer-2", "system"),
        **changes: Any,
    ) -> Forged:
        """A chained notice; `changes` are raw fields by ``k<key>``, None to leave one out."""
        raw = self._common(body or launch(), epoch, signers, Kind.LAUNCH)
        raw |= {9: seq, 10: self.genesis(epoch) if prev is None else prev}
        if seq == 1:
            raw[12] = {1: 1}
        return self.signed(_changed(raw, changes), signers)

    def signal(
        self,
        kind: Kind,
        body: Record | dict[int, Any],
        to: str,
        *,
        epoch: EpochKey = EPOCH,
        signers: Sequence[str] | None = None,
        **changes: Any,
    ) -> Forged:
        """A signal to a party, with its head at the epoch's genesis."""
        if signers is None:
            signers = ["system"] if kind in {Kind.RECEIPT, Kind.SYNC} else ["officer-1", "system"]
        raw = self._common(body, epoch, signers, kind)
        raw |= {13: {1: 0, 2: self.genesis(epoch)}, 14: to}
        return self.signed(_changed(raw, changes), signers)

    def receipt(self, data: bytes, to: str, *, received: int = NOW) -> Forged:
        """The receipt for a notice's bytes."""
        envelope = cose.parse(data, len(data))
        body = {1: envelope.message_id, 2: cose.envelope_digest(data), 3: received, 4: 1, 5: True}
        return self.signal(Kind.RECEIPT, body, to)

    def emergency(self, number: int, *, kind: int = 70, **changes: Any) -> Forged:
        """An emergency notice of a kind that nobody knows yet, one for each number."""
        signers = ("officer-1", "officer-2", "system")
        raw = self._common({1: number}, EPOCH, signers, kind)
        raw[13] = {1: 0, 2: self.genesis()}
        return self.signed(_changed(raw, changes), signers)

    def signed(
        self,
        raw: dict[int, Any],
        labels: Sequence[str] = ("officer-1", "officer-2", "system"),
        header: bytes | None = None,
    ) -> Forged:
        """The envelope of a payload, signed by these identities."""
        header = self.header if header is None else header
        payload = cbor.encode(raw)
        signatures = []
        for key in self.keys(labels):
            line = Signatory(key.key.alg, key.key.kid)
            signatures.append((line, key.sign(cose.to_be_signed(header, line, payload))))
        return Forged(cose.message_id(header, payload), cose.assemble(header, payload, signatures), raw)

    def _common(
        self, body: Record | dict[int, Any], epoch: EpochKey, signers: Sequence[str], kind: int
    ) -> dict[int, Any]:
        return {
            1: self.channel.id,
            2: self.centre.code,
            3: self.mandate,
            4: NOW,
            5: int(kind),
            6: self.manifest(signers),
            7: body.dump() if isinstance(body, Record) else body,
            8: {1: epoch[0], 2: epoch[1]},
        }


def chain(
    forger: Forger, length: int, *, epoch: EpochKey = EPOCH, first: int = 1, salt: int = 0
) -> list[Forged]:
    """Notices 1 to `length` that follow each other; `salt` makes another history of the same numbers."""
    made: list[Forged] = []
    prev: bytes | None = None
    for seq in range(first, first + length):
        made.append(forger.notice(seq, prev, epoch=epoch, body=launch(launch_count=1 + salt)))
        prev = made[-1].id
    return made


def exercise_header() -> bytes:
    """The body header of exercise traffic."""
    return cose.BODY_HEADERS[ContentType.EXERCISE]


def _changed(raw: dict[int, Any], changes: dict[str, Any]) -> dict[int, Any]:
    for name, value in changes.items():
        raw[int(name.removeprefix("k"))] = value
    return {key: raw[key] for key in sorted(raw) if raw[key] is not None}
