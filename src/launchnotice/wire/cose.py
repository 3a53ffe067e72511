"""COSE_Sign (RFC 9052 section 4.1) as LNP/1 uses it: one shape and nothing optional.

- Tag 98 also with one signer; COSE_Sign1 is refused.
- Body protected header exactly ``{16: typ}``, each signature's exactly ``{1: alg, 4: kid}``,
  unprotected headers empty, external_aad ``"LNP/1"``.
- Signatures cover the received byte strings; nothing is encoded again in order to verify.
- The payload's manifest lists who signs; the signatures are exactly those, in its order.

Not here: which keys count (`pact`), the keys themselves (`wire.keys`).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import Any, Final

from launchnotice.errors import Refused
from launchnotice.registry import SPEC_VERSION, Algorithm, ContentType, Refusal
from launchnotice.registry.namedtuples import NamedTuple
from launchnotice.wire import cbor, layout
from launchnotice.wire.bounds import ITEM_SIZE, MAX_MESSAGE, MAX_SIGNERS
from launchnotice.wire.codecs import wrong_type
from launchnotice.wire.digest import sha256

TAG: Final = b"\xd8\x62"
EXTERNAL_AAD: Final = SPEC_VERSION.encode()
MAX_SIGNATURES: Final = MAX_SIGNERS * 2
_KID_SIZE: Final = 32
_MANIFESTS: Final = 64
"""Manifests remembered: the same few identities sign most messages of a party."""
SIGNATURE_SIZES: Final = {
    Algorithm.ED25519: 64,
    Algorithm.ML_DSA_65: 3_309,
    Algorithm.ML_DSA_87: 4_627,
    Algorithm.ESP384: 96,
}

BODY_HEADERS: Final = {kind: cbor.encode({16: kind.value}) for kind in ContentType}
_CONTENT_TYPES: Final = {header: kind for kind, header in BODY_HEADERS.items()}
_HEADER_STARTS: Final = {alg: b"\xa2\x01" + cbor.encode(alg.value) + b"\x04\x58\x20" for alg in Algorithm}
# The constant parts of arrays of three and five items: encoding them afresh costs more than hashing does.
_ID_STARTS: Final = {h: b"\x83" + cbor.encode(SPEC_VERSION) + cbor.encode(h) for h in _CONTENT_TYPES}
_SIGNED_STARTS: Final = {h: b"\x85" + cbor.encode("Signature") + cbor.encode(h) for h in _CONTENT_TYPES}
_AAD: Final = cbor.encode(EXTERNAL_AAD)
_SHAPE: Final[list[type]] = [bytes, dict, bytes, list]
_SIGNATURE_SHAPE: Final[list[type]] = [bytes, dict, bytes]
_LINE_SHAPE: Final[list[type]] = [int, bytes]
_ALGORITHMS: Final[dict[object, Algorithm]] = {alg.value: alg for alg in Algorithm}
_ENCODED: Final = {cbor.encode(alg.value): alg for alg in Algorithm}
_ANY_ALGORITHM: Final = b"|".join(map(re.escape, _ENCODED))
_LINE: Final = rb"\x82(" + _ANY_ALGORITHM + rb")\x58\x20(.{32})"
"""A pattern of the algorithm and kid of a line of a manifest."""
LINES: Final = rb"((?:\x82(?:" + _ANY_ALGORITHM + rb")\x58\x20.{32})+)"
"""A pattern of the lines of a whole manifest."""


class Signatory(NamedTuple):
    """One line of a manifest."""

    alg: Algorithm
    kid: bytes


class Envelope(NamedTuple):
    """The parts of a COSE_Sign as received; nothing in it is verified."""

    content_type: ContentType
    body_header: bytes
    payload: bytes
    encoded: bytes  # the payload as it stands in the envelope: a byte string with its head
    headers: list[bytes]  # the protected header of each signature
    signatures: list[bytes]

    @property
    def message_id(self) -> bytes:
        """SHA-256 of ``["LNP/1", body-protected, payload]``: 32 bytes, independent of signatures."""
        return sha256(_ID_STARTS[self.body_header] + self.encoded)

    @property
    def signed_parts(self) -> tuple[bytes, bytes]:
        """What stands before and after a signature's header in every Sig_structure of the envelope."""
        return _SIGNED_STARTS[self.body_header], _AAD + self.encoded


def parse(data: bytes, limit: int) -> Envelope:
    """Take a COSE_Sign apart.

    Raises:
        Refused: `too-large`, `not-cose-sign`, `bad-header`, or a code of `cbor.decode`.
    """
    if len(data) > limit:
        raise Refused(Refusal.TOO_LARGE, f"at most {limit} bytes, got {len(data)}")
    if data[:2] != TAG:
        raise Refused(Refusal.NOT_COSE_SIGN, "expected tag 98")
    try:
        return _cut(data)
    except IndexError:  # all heads were right as far as there are bytes
        raise Refused(Refusal.NOT_CBOR, "truncated") from None
    except (ValueError, KeyError):
        return _decode(data, limit)


def message_id(body_header: bytes, payload: bytes) -> bytes:
    """SHA-256 of the deterministic encoding of ``["LNP/1", body-protected, payload]`` (R-ID-1)."""
    return sha256(_ID_STARTS[body_header] + cbor.encode(payload))


def envelope_digest(data: bytes) -> bytes:
    """SHA-256 of all bytes of an envelope, signatures included: 32 bytes."""
    return sha256(data)


def to_be_signed(body_header: bytes, signer: Signatory, payload: bytes) -> bytes:
    """The Sig_structure that one key signs (RFC 9052 section 4.4)."""
    header = cbor.encode(signature_header(signer))
    return b"".join((_SIGNED_STARTS[body_header], header, _AAD, cbor.encode(payload)))


def signature_header(signer: Signatory) -> bytes:
    """The protected header ``{1: alg, 4: kid}`` of one signature."""
    return _HEADER_STARTS[signer.alg] + signer.kid


def match_manifest(envelope: Envelope, manifest: Sequence[Signatory]) -> None:
    """The signatures are exactly those of the manifest, in its order (R-SIGN-4).

    Raises:
        Refused: `bad-header` or `manifest-mismatch`.
    """
    if envelope.headers == signature_headers(tuple(manifest)):
        return
    for header in envelope.headers:
        _check_header(header)
    raise Refused(Refusal.MANIFEST_MISMATCH, "signatures differ from the manifest")


@functools.lru_cache(maxsize=_MANIFESTS)
def signature_headers(manifest: tuple[Signatory, ...]) -> list[bytes]:
    """The protected headers of a manifest's signatures."""
    return [signature_header(line) for line in manifest]


@functools.lru_cache(maxsize=_MANIFESTS)
def encoded_headers(manifest: tuple[Signatory, ...]) -> list[bytes]:
    """The same as they stand in the Sig_structures: byte strings with their heads."""
    return [cbor.encode(header) for header in signature_headers(manifest)]


@functools.lru_cache(maxsize=_MANIFESTS)
def read_manifest(lines: bytes, count: int) -> tuple[Signatory, ...]:
    """The manifest of that many `LINES`, in place (`wire.layout`)."""
    found = []
    last = b""
    for alg, kid in re.findall(_LINE, lines, re.DOTALL):
        if kid <= last:
            raise ValueError
        found.append(Signatory(_ENCODED[alg], kid))
        last = kid
    if len(found) != count:
        raise ValueError
    return tuple(found)


def assemble(body_header: bytes, payload: bytes, signed: Sequence[tuple[Signatory, bytes]]) -> bytes:
    """The envelope's bytes, its signatures given in manifest order."""
    parts = [TAG, b"\x84", cbor.encode(body_header), b"\xa0", cbor.encode(payload)]
    count = len(signed)
    parts.append(
        bytes([layout.ARRAY + count] if count < layout.LONG else [layout.ARRAY + layout.LONG, count])
    )
    for signer, signature in signed:
        parts += (b"\x83", cbor.encode(signature_header(signer)), b"\xa0", cbor.encode(signature))
    return b"".join(parts)


def sealed_size(body_header: bytes, payload: bytes, manifest: Sequence[Signatory]) -> int:
    """Bytes of the envelope once everyone has signed."""
    return len(
        assemble(body_header, payload, [(line, bytes(SIGNATURE_SIZES[line.alg])) for line in manifest])
    )


class Manifest:
    """The manifest as the type of a field: ``[[alg, kid], …]`` in ascending order of kid."""

    cddl = "manifest"
    raw_type = list

    def check(self, value: Any) -> tuple[Signatory, ...]:
        """The lines as a tuple, if they are sorted."""
        return self.load(self.dump(value))

    def load(self, raw: Any) -> tuple[Signatory, ...]:
        """The lines of a decoded manifest."""
        if type(raw) is not list:
            raise wrong_type("array", raw)
        if not 1 <= len(raw) <= MAX_SIGNATURES:
            raise Refused(Refusal.BAD_LENGTH, f"expected 1 to {MAX_SIGNATURES} lines, got {len(raw)}")
        lines = []
        last = b""
        for row in raw:
            line = _signatory(row)
            if line.kid <= last:
                same = line.kid == last
                raise Refused(Refusal.DUPLICATE_ENTRY if same else Refusal.UNSORTED, "kids ascend")
            last = line.kid
            lines.append(line)
        return tuple(lines)

    def dump(self, value: Sequence[Signatory]) -> list[list[object]]:
        """The CBOR array."""
        return [[line.alg.value, line.kid] for line in value]

    def to_json(self, value: Sequence[Signatory]) -> list[list[object]]:
        """Algorithm number and hexadecimal kid of each line."""
        return [[line.alg.value, line.kid.hex()] for line in value]

    def from_json(self, data: Any) -> tuple[Signatory, ...]:
        """The lines of a JSON array."""
        try:
            return self.load([[alg, bytes.fromhex(kid)] for alg, kid in data])
        except (TypeError, ValueError):
            raise Refused(Refusal.WRONG_TYPE, "expected [[algorithm, kid in hexadecimal], …]") from None


def _signatory(row: Any) -> Signatory:
    if type(row) is not list or [type(part) for part in row] != _LINE_SHAPE:
        raise Refused(Refusal.WRONG_TYPE, "expected [alg, kid]")
    alg, kid = row
    algorithm = _ALGORITHMS.get(alg)
    if algorithm is None:
        raise Refused(Refusal.UNKNOWN_VALUE, "no such algorithm")
    if len(kid) != 32:  # noqa: PLR2004 - SHA-256
        raise Refused(Refusal.BAD_LENGTH, "kid: expected 32 bytes")
    return Signatory(algorithm, kid)


_ROW_HEAD: Final = 3  # bytes of an array's head and a string's before the header of a signature
_ALG: Final = slice(5, 7)  # of those bytes and the header after them: the algorithm, or it and the one after
# What LNP/1 writes before an envelope's payload, and around kid and signature, by the algorithm's bytes.
_STARTS: Final = tuple(
    (kind, header, TAG + b"\x84" + cbor.encode(header) + b"\xa0") for header, kind in _CONTENT_TYPES.items()
)
_ROWS: Final = {
    head[_ALG]: (
        head,
        b"\xa0" + cbor.encode(bytes(SIGNATURE_SIZES[alg]))[: -SIGNATURE_SIZES[alg]],
        SIGNATURE_SIZES[alg],
    )
    for alg, head in (
        (alg, b"\x83" + cbor.encode(start + bytes(_KID_SIZE))[:-_KID_SIZE])
        for alg, start in _HEADER_STARTS.items()
    )
}


def _cut(data: bytes) -> Envelope:
    """The parts of an envelope as LNP/1 writes it; `ValueError` or `KeyError` if a byte is otherwise.

    Every head is compared with the only deterministic one, which is as strict as decoding (`wire.layout`).
    """
    for content_type, body_header, start in _STARTS:
        if data.startswith(start):
            payload, at = layout.long_string(data, len(start))
            return Envelope(content_type, body_header, payload, data[len(start) : at], *_cut_rows(data, at))
    raise ValueError


def _cut_rows(data: bytes, at: int) -> tuple[list[bytes], list[bytes]]:
    """The signatures' headers, and the signatures."""
    headers, signatures = [], []
    count = data[at] - layout.ARRAY
    if not 1 <= count < layout.LONG:
        raise ValueError
    at += 1
    for _ in range(count):
        if at >= len(data):
            raise IndexError
        head, tail, size = _ROWS[data[at + 5 : at + 7]]
        header_end = at + len(head) + _KID_SIZE
        if not data.startswith(head, at):
            raise ValueError
        if not data.startswith(tail, header_end):
            if tail.startswith(data[header_end:]):
                raise IndexError
            raise ValueError
        headers.append(data[at + _ROW_HEAD : header_end])
        start = header_end + len(tail)
        at = start + size
        signatures.append(data[start:at])
    if at != len(data):
        raise Refused(Refusal.NOT_CBOR, "truncated" if at > len(data) else "bytes after the item")
    return headers, signatures


def _decode(data: bytes, limit: int) -> Envelope:
    """The parts of an envelope, or what is wrong with these bytes."""
    raw: Any = cbor.decode_suspect(data[2:], limit, MAX_MESSAGE // ITEM_SIZE)
    if type(raw) is not list or [type(part) for part in raw] != _SHAPE or not raw[3]:
        raise Refused(Refusal.NOT_COSE_SIGN, "expected [protected, {}, payload, [+ signature]]")
    body_header, unprotected, payload, rows = raw
    content_type = _CONTENT_TYPES.get(body_header)
    if content_type is None or unprotected:
        raise Refused(Refusal.BAD_HEADER, "body header: expected exactly {16: typ} and nothing unprotected")
    if len(rows) > MAX_SIGNATURES:
        raise Refused(Refusal.BAD_LENGTH, f"at most {MAX_SIGNATURES} signatures, got {len(rows)}")
    pairs = [_signature(row) for row in rows]
    headers, signatures = [header for header, _ in pairs], [signature for _, signature in pairs]
    return Envelope(content_type, body_header, payload, cbor.encode(payload), headers, signatures)


def _signature(row: Any) -> tuple[bytes, bytes]:
    if type(row) is not list or [type(part) for part in row] != _SIGNATURE_SHAPE:
        raise Refused(Refusal.NOT_COSE_SIGN, "expected [protected, {}, signature]")
    header, unprotected, signature = row
    if unprotected:
        raise Refused(Refusal.BAD_HEADER, "signature header: nothing unprotected")
    return header, signature


def _check_header(header: bytes) -> None:
    for start in _HEADER_STARTS.values():
        if header.startswith(start) and len(header) == len(start) + 32:
            return
    raise Refused(Refusal.BAD_HEADER, "signature header: expected exactly {1: alg, 4: kid}")
