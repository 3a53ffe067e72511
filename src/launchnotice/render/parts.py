"""What an object of LNP/1 is, and its parts as decoded CBOR: the common ground of JSON and notation.

Nothing here is verified. What is refused here is no object of LNP/1.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from launchnotice.draft import Draft
from launchnotice.errors import Refused
from launchnotice.pact.channel import Channel, Descriptor
from launchnotice.pact.mandate import MandatePayload, UnverifiedMandate, load_payload
from launchnotice.registry import ContentType, Refusal
from launchnotice.wire import cbor, cose
from launchnotice.wire.bounds import MAX_DESCRIPTOR, MAX_MANDATE
from launchnotice.wire.message import BODIES, PAYLOADS, parse, parse_payload
from launchnotice.wire.record import Record

MESSAGE: Final = "message"
MANDATE: Final = "mandate"
DESCRIPTOR: Final = "channel descriptor"
DRAFT: Final = "draft"
MANDATE_DRAFT: Final = "mandate draft"
"""What an object is called."""


class Parts(NamedTuple):
    """An object taken apart.

    Attributes:
        what: what it is called. `content_type`: its COSE `typ`; None of a descriptor, which has none.
        payload: the map of its payload, or the descriptor's; `record`: the record that reads it.
        body: the record that reads the payload's body; None if there is none or nothing can.
        signatures: those of an envelope in its order, those of a draft by kid, each after its kid.
    """

    what: str
    content_type: ContentType | None
    payload: dict[int, Any]
    record: type[Record]
    body: type[Record] | None = None
    signatures: tuple[tuple[bytes, bytes], ...] = ()


def dissect(data: bytes) -> Parts:
    """The parts of an object; raises `Refused` if it is none of LNP/1."""
    if data[:2] == cose.TAG:
        return _envelope(data)
    raw: Any = cbor.decode(data, MAX_DESCRIPTOR)
    match raw:
        case {1: str()}:
            Channel.load(data)
            return Parts(DESCRIPTOR, None, raw, Descriptor)
        case {1: int(), 2: bytes(), 3: bytes()}:
            return _draft(Draft.load(data))
    raise Refused(Refusal.NOT_COSE_SIGN, "no message, mandate, channel descriptor or draft")


def _envelope(data: bytes) -> Parts:
    envelope = cose.parse(data, MAX_MANDATE)
    if envelope.content_type is ContentType.MANDATE:
        UnverifiedMandate.parse(data, envelope)
        return _parts(MANDATE, envelope.content_type, envelope.payload, _rows(envelope))
    parse(data, envelope)
    return _parts(MESSAGE, envelope.content_type, envelope.payload, _rows(envelope))


def _rows(envelope: cose.Envelope) -> tuple[tuple[bytes, bytes], ...]:
    """The kid and the signature of each line; a header's last 32 bytes are the kid."""
    return tuple(zip((header[-32:] for header in envelope.headers), envelope.signatures, strict=True))


def _draft(draft: Draft) -> Parts:
    content_type = next(kind for kind, header in cose.BODY_HEADERS.items() if header == draft.header)
    what = MANDATE_DRAFT if content_type is ContentType.MANDATE else DRAFT
    return _parts(what, content_type, draft.payload, tuple(sorted(draft.signatures.items())))


def _parts(
    what: str, content_type: ContentType, payload: bytes, signatures: tuple[tuple[bytes, bytes], ...]
) -> Parts:
    raw: Any = cbor.decode(payload, MAX_MANDATE)
    if content_type is ContentType.MANDATE:
        load_payload(payload)
        return Parts(what, content_type, raw, MandatePayload, None, signatures)
    head, row = parse_payload(payload)
    return Parts(what, content_type, raw, PAYLOADS[row.kind_class], BODIES.get(head.kind), signatures)
