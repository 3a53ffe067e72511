"""`wire.cose.parse` cuts what LNP/1 writes and decodes the rest: both say the same of any bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from launchnotice.errors import Refused
from launchnotice.registry import Algorithm, ContentType
from launchnotice.wire import cose
from launchnotice.wire.bounds import MAX_MANDATE
from launchnotice.wire.cose import Envelope, Signatory
from tests.oracle import cbor as oracle

ED25519, ML_DSA_65 = Algorithm.ED25519, Algorithm.ML_DSA_65


def envelope(*algorithms: Algorithm, payload: int = 40, kind: ContentType = ContentType.MESSAGE) -> bytes:
    signed = [
        (Signatory(alg, bytes([n]) * 32), bytes([n]) * cose.SIGNATURE_SIZES[alg])
        for n, alg in enumerate(algorithms)
    ]
    return cose.assemble(cose.BODY_HEADERS[kind], bytes(payload), signed)


def verdict(parse: Callable[[bytes, int], Envelope], data: bytes) -> Envelope | str:
    try:
        return parse(data, MAX_MANDATE)
    except Refused as refused:
        return str(refused)


def agree(data: bytes) -> Envelope | str:
    found = verdict(cose.parse, data)
    if data[:2] == cose.TAG:
        assert found == verdict(cose._decode, data), data[:80].hex()
    return found


@pytest.mark.parametrize("kind", ContentType)
@pytest.mark.parametrize("size", [0, 1, 23, 24, 255, 256, 65_535, 65_536])
def test_payloads_of_every_length_of_head(size: int, kind: ContentType) -> None:
    found = agree(envelope(ED25519, ML_DSA_65, payload=size, kind=kind))
    assert isinstance(found, Envelope)
    assert (found.content_type, found.body_header) == (kind, cose.BODY_HEADERS[kind])
    assert found.payload == bytes(size)
    assert found.signatures == [bytes(64), b"\x01" * 3_309]


@pytest.mark.parametrize("count", [0, 1, 2, 23, 24, 32, 33])
def test_every_number_of_signatures(count: int) -> None:
    data = envelope(*[ED25519] * count)
    assert oracle.encode(oracle.decode(data[2:], MAX_MANDATE)) == data[2:]
    assert isinstance(agree(data), Envelope) == (1 <= count <= 32)


def changed(data: bytes) -> Iterator[bytes]:
    for at in range(len(data)):
        for bit in range(8):
            yield data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]
        for other in (0x00, 0x18, 0x58, 0x59, 0x5A, 0x5F, 0x80, 0x81, 0x98, 0xA0, 0xFF):
            yield data[:at] + bytes([other]) + data[at + 1 :]
            yield data[:at] + bytes([other]) + data[at:]
        yield data[:at] + data[at + 1 :]
        yield data[:at]
    yield data + b"\x00"


@pytest.mark.parametrize("payload", [24, 256])
def test_every_deviation_of_a_byte(payload: int) -> None:
    data = envelope(ED25519, ED25519, payload=payload)
    verdicts = {found if isinstance(found, str) else "accepted" for found in map(agree, changed(data))}
    assert len(verdicts) > 5


@pytest.mark.parametrize("alg", Algorithm)
def test_deviations_around_a_signature(alg: Algorithm) -> None:
    data = envelope(alg)
    for other in changed(data[:120]):
        agree(other + data[120:])


def test_envelope_and_manifest_of_every_algorithm_are_read_in_place() -> None:
    """Their numbers share a first byte, and their headers a length."""
    data = envelope(*Algorithm)
    assert cose._cut(data) == cose._decode(data, MAX_MANDATE)
    lines = tuple(Signatory(alg, bytes([n]) * 32) for n, alg in enumerate(Algorithm, 1))
    encoded = oracle.encode(cose.Manifest().dump(lines))
    assert cose.read_manifest(encoded[1:], len(lines)) == lines


@pytest.mark.parametrize("signature", [0, 23, 63, 65, 95, 96, 97, 3_308, 3_309, 3_310, 4_626, 4_627, 4_628])
@pytest.mark.parametrize("alg", Algorithm)
def test_signatures_of_other_sizes(alg: Algorithm, signature: int) -> None:
    header = oracle.encode({1: alg.value, 4: bytes(32)})
    rows = [[header, {}, bytes(signature)]]
    body = oracle.encode([cose.BODY_HEADERS[ContentType.MESSAGE], {}, bytes(40), rows])
    assert isinstance(agree(cose.TAG + body), Envelope)
