"""Messages of one deviation each, for the tables of refusals."""

from __future__ import annotations

from typing import Any

import cbor2

from launchnotice.registry import Kind, Place
from launchnotice.wire import cose
from launchnotice.wire.signals import Receipt
from tests.spec.requirements.build import SIGNERS, World, by_keys, envelope, parts, reshaped, sign_bytes
from tests.support import NOW


def notice(w: World, **changes: Any) -> bytes:
    return w.forger.notice(**changes).data


def payload(w: World, data: bytes) -> bytes:
    """A signed payload of these bytes."""
    return sign_bytes(w.forger, data)


def raw(w: World) -> dict[int, Any]:
    return w.forger.notice().raw


def with_body(w: World, tail: bytes) -> bytes:
    """A signed payload whose field 7 is these bytes."""
    before = {key: value for key, value in raw(w).items() if key < 7}
    after = {key: value for key, value in raw(w).items() if key > 7}
    data = bytes([0xA0 + len(before) + len(after) + 1])
    data += cbor2.dumps(before)[1:] + b"\x07" + tail + cbor2.dumps(after)[1:]
    return payload(w, data)


def bad_signature(w: World) -> bytes:
    def flip(found: list[Any]) -> list[Any]:
        header, unprotected, signature = found[3][1]
        found[3][1] = [header, unprotected, signature[:-1] + bytes([signature[-1] ^ 1])]
        return found

    return reshaped(notice(w), flip)


def signed_otherwise(w: World, start: str, aad: bytes) -> bytes:
    found = parts(notice(w))
    for row, key in zip(found[3], w.forger.keys(SIGNERS), strict=True):
        row[2] = key.sign(cbor2.dumps([start, found[0], row[0], aad, found[2]]))
    return envelope(found)


def receipt(w: World, **changes: Any) -> bytes:
    body = {1: bytes(32), 2: bytes(32), 3: NOW, 4: 1, 5: True}
    return w.forger.signal(Kind.RECEIPT, body, "RU", **changes).data


def signature_header(w: World, header: bytes) -> bytes:
    return reshaped(notice(w), lambda f: [*f[:3], [[header, *f[3][0][1:]], *f[3][1:]]])


def manifest_of(w: World, change: Any) -> bytes:
    """A payload whose manifest is changed before it is signed, signatures in the old order."""
    return w.forger.signed({**raw(w), 6: change(raw(w)[6])}).data


def foreign_key(w: World) -> bytes:
    ours = w.forger.keys(["officer-1", "system"])
    return by_keys(w.forger, raw(w), [*ours, *w.ru.keys["officer-1"]])


def half_identity(w: World) -> bytes:
    keys = w.forger.keys(SIGNERS)
    return by_keys(w.forger, raw(w), [key for key in keys if key is not w.us.keys["officer-1"][-1]])


DEEP = b"\xa1\x18\x63" + b"\x81" * 15 + b"\x00"
"""A body whose innermost item stands in 17 arrays and maps, the payload's map included."""


def sign_header(w: World, header: dict[int, Any]) -> bytes:
    """A message that is signed under another body header."""
    encoded = cbor2.dumps(header)
    found = parts(notice(w))
    for row, key in zip(found[3], w.forger.keys(SIGNERS), strict=True):
        row[2] = key.sign(cbor2.dumps(["Signature", encoded, row[0], cose.EXTERNAL_AAD, found[2]]))
    return envelope([encoded, *found[1:]])


def spoilt(data: bytes) -> bytes:
    """An envelope whose signatures are all zeros."""
    return reshaped(data, lambda f: [*f[:3], [[row[0], {}, bytes(len(row[2]))] for row in f[3]]])


def receipt_of_mandate(w: World) -> bytes:
    digest = cose.envelope_digest(w.mandates["RU"])
    subject, place = w.mirror.mandate, Place.ACCEPTED
    body = Receipt(subject=subject, envelope=digest, received=NOW, place=place, readable=True)
    return w.forger.signal(Kind.RECEIPT, body, "RU").data
