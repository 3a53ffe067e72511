"""Objects of LNP/1 as JSON and back, without loss: ``from_json(to_json(data)) == data``.

- An object is ``{"object": "message", "content_type": …, "payload": {…}, "signatures": […]}``; a
  mandate likewise. A draft's signatures are ``{"kid": …, "signature": …}``. A channel descriptor
  is ``{"object": "channel descriptor", "descriptor": {…}}``.
- A record has its fields by name: times are RFC 3339, dates ISO 8601, coordinates
  degrees-minutes-seconds, byte strings lower-case hexadecimal, enumerations their labels, areas
  ``{"form": "circle", …}``.
- A field that this version does not know or cannot read is ``"#<key>"`` with its CBOR in
  hexadecimal. A field stands there exactly if it stands on the wire.
- ``id`` and ``digest``, if they are there, must be those of the bytes. What a reader said of them
  (`REPORTED`) is left aside.
- Neither direction verifies a signature.

    data == from_json(parse(json.dumps(to_json(data)).encode()))
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final, NoReturn, TypeVar

from launchnotice.draft import Draft, DraftSignature
from launchnotice.errors import Refused
from launchnotice.pact.channel import Descriptor
from launchnotice.pact.mandate import MandatePayload
from launchnotice.registry import ContentType, Refusal, kind_row, label
from launchnotice.render.parts import DESCRIPTOR, DRAFT, MANDATE, MANDATE_DRAFT, MESSAGE, dissect
from launchnotice.wire import cbor, cose
from launchnotice.wire.bounds import ITEM_SIZE, MAX_DESCRIPTOR, MAX_MANDATE
from launchnotice.wire.codecs import Array, Bytes, wrong_type
from launchnotice.wire.cose import Manifest
from launchnotice.wire.geo import AREAS, MAX_POINTS, Area, Points
from launchnotice.wire.message import BODIES, PAYLOADS
from launchnotice.wire.record import Field, Nested, Record

_T = TypeVar("_T")
_C = TypeVar("_C", list[Any], dict[str, Any])

MAX_JSON: Final = 4 * MAX_DESCRIPTOR
"""Bytes of the largest JSON: hexadecimal has two digits a byte, and names come before it."""
MAX_MEMBERS: Final = MAX_MANDATE // ITEM_SIZE
"""Members of one record: no object has more items."""
REPORTED: Final = frozenset({"verified", "refusal", "exercise", "signed"})
"""Members that say what a reader found; nothing in the bytes depends on them."""


def to_json(data: bytes) -> dict[str, Any]:
    """An object as JSON, for `json.dumps`; raises `Refused` if it is no object of LNP/1."""
    parts = dissect(data)
    if parts.content_type is None:
        return {"object": parts.what, "descriptor": _shown(parts.record, parts.payload)}
    signed = [signature.hex() for _, signature in parts.signatures]
    drafted = [{"kid": kid.hex(), "signature": signature.hex()} for kid, signature in parts.signatures]
    return {
        "object": parts.what,
        "content_type": parts.content_type.value,
        "payload": _shown(parts.record, parts.payload, parts.body),
        "signatures": drafted if parts.what in (DRAFT, MANDATE_DRAFT) else signed,
    }


def from_json(form: Any) -> bytes:
    """The bytes of an object's JSON.

    Args:
        form: what `to_json` gives, or `launchnotice inspect --json` prints.

    Raises:
        Refused: it is no such JSON, or the object that it describes would be refused.
    """
    members = _members(form, ("object",), None)
    what = members["object"]
    make = _MAKE.get(what) if type(what) is str else None
    if make is None:
        raise Refused(Refusal.UNKNOWN_VALUE, f"object: expected one of {', '.join(_MAKE)}")
    data = make(members)
    if dissect(data).what != what:
        raise Refused(Refusal.INCONSISTENT, "object: the content type is another's")
    for name, digest in (("id", _object_id), ("digest", cose.envelope_digest)):
        if members.get(name) is not None and members[name] != digest(data).hex():
            raise Refused(Refusal.INCONSISTENT, f"{name}: not that of these bytes; leave it out")
    return data


def parse(text: bytes) -> Any:
    """JSON as strictly as objects are read.

    Raises:
        Refused: `too-large`; `bad-text`: no JSON in UTF-8, a name twice in one object, a number
            that is no integer within 64 bits, nested too deep.
    """
    if len(text) > MAX_JSON:
        raise Refused(Refusal.TOO_LARGE, f"at most {MAX_JSON} bytes, got {len(text)}")
    try:
        return json.loads(
            text.decode(),
            object_pairs_hook=_once,
            parse_int=_integer,
            parse_float=_no_number,
            parse_constant=_no_number,
        )
    except RecursionError:
        raise Refused(Refusal.BAD_TEXT, "nested too deep") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise Refused(Refusal.BAD_TEXT, f"expected JSON: {error.msg}: {place}") from None
    except ValueError:
        raise Refused(Refusal.BAD_TEXT, "expected JSON in UTF-8") from None


# Bytes to JSON ---------------------------------------------------------------------------


def _shown(
    record: type[Record] | None, raw: dict[int, Any], body: type[Record] | None = None
) -> dict[str, Any]:
    """A map by the names of a record's fields; by keys what the record does not know or cannot read."""
    rows = {row.key: row for row in record.FIELDS} if record else {}
    shown: dict[str, Any] = {}
    for key, item in raw.items():
        row = rows.get(key)
        try:
            if row is not None and _is_body(record, row):
                shown[row.name] = _shown(body, item)
                continue
            if row is not None:
                shown[row.name] = _value(row.codec, item)
                continue
        except Refused:
            pass  # in a body that nobody can read
        shown[f"#{key}"] = cbor.encode(item).hex()
    return shown


def _value(codec: Any, raw: Any) -> Any:
    """A value as its codec shows it, a record within it by `_shown`: it may spell out a default."""
    match codec:
        case Nested():
            return _shown(codec.record, _typed(raw, dict))
        case Array():
            return [_value(codec.item, item) for item in _few(_typed(raw, list), codec.high)]
        case Area():
            area = codec.load(raw)
            return {"form": label(area.FORM), **_shown(type(area), raw[1])}
    return codec.to_json(codec.load(raw))


def _typed(raw: Any, kind: type) -> Any:
    if type(raw) is not kind:
        raise wrong_type(kind.__name__, raw)
    return raw


def _is_body(record: type[Record] | None, row: Field) -> bool:
    return row.name == "body" and record in PAYLOADS.values()


# JSON to bytes ---------------------------------------------------------------------------


def _read(record: type[Record] | None, form: Any, body: type[Record] | None = None) -> dict[int, Any]:
    """The map of what `_shown` gives."""
    rows = {row.name: row for row in record.FIELDS} if record else {}
    raw: dict[int, Any] = {}
    for name, item in _few(_object(form), MAX_MEMBERS).items():
        row = rows.get(name)
        try:
            if row is None:
                key, value = _unknown(name, item, rows)
            elif _is_body(record, row):
                key, value = row.key, _read(body, item)
            else:
                key, value = row.key, _raw(row.codec, item)
        except Refused as error:
            raise error.within(name if row else "a field by its key") from None
        if key in raw:
            raise Refused(Refusal.DUPLICATE_ENTRY, "a field by its name and by its key")
        raw[key] = value
    # RFC 8949 section 4.2.1: 0, 1, 2, … before -1, -2, …
    return {key: raw[key] for key in sorted(raw, key=lambda key: (key < 0, abs(key)))}


def _raw(codec: Any, form: Any) -> Any:
    match codec:
        case Nested():
            return _read(codec.record, form)
        case Array():
            items = _few(_list(form), codec.high)
            return [_placed(codec.item, item, place) for place, item in enumerate(items)]
        case Points():
            _few(_list(form), MAX_POINTS)
        case Area():
            return _area(_object(form))
    return codec.dump(codec.from_json(form))


def _placed(codec: Any, item: Any, place: int) -> Any:
    try:
        return _raw(codec, item)
    except Refused as error:
        raise error.within(str(place)) from None


def _area(form: dict[str, Any]) -> list[Any]:
    wanted = form.get("form")
    area = _FORMS.get(wanted) if type(wanted) is str else None
    if area is None:
        raise Refused(Refusal.UNKNOWN_VALUE, f"form: expected one of {', '.join(_FORMS)}")
    rest = {name: item for name, item in form.items() if name != "form"}
    return [area.FORM.value, _read(area, rest)]


def _unknown(name: Any, item: Any, rows: dict[str, Field]) -> tuple[int, Any]:
    match = re.fullmatch(_KEY, name) if type(name) is str else None
    key = int(match[1]) if match else 0
    if match is None or key not in range(-(2**64), 2**64):
        expected = ", ".join(rows) or "#<key>"
        raise Refused(Refusal.UNKNOWN_FIELD, f"expected one of {expected}")
    return key, cbor.decode(_ENCODED.from_json(item), MAX_DESCRIPTOR)


_KEY: Final = r"#(0|-?[1-9][0-9]{0,19})"
_ENCODED: Final = Bytes(1, MAX_DESCRIPTOR)
_SIGNATURE: Final = Bytes(0, MAX_MANDATE)
_FORMS: Final = {label(form): area for form, area in AREAS.items()}


# Objects ---------------------------------------------------------------------------------


def _descriptor(members: dict[str, Any]) -> bytes:
    _members(members, ("object", "descriptor"), _OPTIONAL)
    return cbor.encode(_within("descriptor", lambda: _read(Descriptor, members["descriptor"])))


def _signed(members: dict[str, Any]) -> bytes:
    header, payload = _header_and_payload(members)
    manifest = _within("payload.manifest", lambda: Manifest().from_json(members["payload"].get("manifest")))
    signatures = _within(
        "signatures", lambda: _raw(Array(_SIGNATURE, 0, cose.MAX_SIGNATURES), members["signatures"])
    )
    if len(signatures) != len(manifest):
        raise Refused(Refusal.MANIFEST_MISMATCH, "signatures: expected one for each line of the manifest")
    return cose.assemble(header, payload, list(zip(manifest, signatures, strict=True)))


def _draft(members: dict[str, Any]) -> bytes:
    header, payload = _header_and_payload(members)
    rows = _within(
        "signatures",
        lambda: _raw(Array(Nested(DraftSignature), 0, cose.MAX_SIGNATURES), members["signatures"]),
    )
    return cbor.encode({1: 1, 2: header, 3: payload, 4: rows})


def _header_and_payload(members: dict[str, Any]) -> tuple[bytes, bytes]:
    _members(members, ("object", "content_type", "payload", "signatures"), _OPTIONAL)
    content_type = members["content_type"]
    header = _HEADERS.get(content_type) if type(content_type) is str else None
    if header is None:
        raise Refused(Refusal.UNKNOWN_VALUE, f"content_type: expected one of {', '.join(_HEADERS)}")
    of_mandate = content_type == ContentType.MANDATE.value
    payload = _within("payload", lambda: (_read_mandate if of_mandate else _read_message)(members["payload"]))
    return header, cbor.encode(payload)


def _read_mandate(form: Any) -> dict[int, Any]:
    return _read(MandatePayload, form)


def _read_message(form: Any) -> dict[int, Any]:
    kind: Any = _object(form).get("kind")
    row = kind_row(kind) if type(kind) is int else None
    if row is None:
        raise Refused(Refusal.UNKNOWN_KIND, "kind: expected its number")
    return _read(PAYLOADS[row.kind_class], form, BODIES.get(kind))


_OPTIONAL: Final = frozenset({"id", "digest"}) | REPORTED
_HEADERS: Final = {kind.value: header for kind, header in cose.BODY_HEADERS.items()}
_MAKE: Final[dict[str, Callable[[dict[str, Any]], bytes]]] = {
    MESSAGE: _signed,
    MANDATE: _signed,
    DRAFT: _draft,
    MANDATE_DRAFT: _draft,
    DESCRIPTOR: _descriptor,
}


# Helpers ---------------------------------------------------------------------------------


def _members(form: Any, required: tuple[str, ...], optional: frozenset[str] | None) -> dict[str, Any]:
    """An object with these members, and without `optional` any others."""
    found = _object(form)
    for name in required:
        if name not in found:
            raise Refused(Refusal.MISSING_FIELD, f"{name}: required")
    if optional is not None and not found.keys() <= optional.union(required):
        expected = ", ".join(required)
        raise Refused(Refusal.UNKNOWN_FIELD, f"expected {expected}, and of others id and digest alone")
    return found


def _object(form: Any) -> dict[str, Any]:
    if not isinstance(form, dict):
        raise wrong_type("map", form)
    return form


def _list(form: Any) -> list[Any]:
    if not isinstance(form, list):
        raise wrong_type("array", form)
    return form


def _few(items: _C, most: int) -> _C:
    """As many as an object can have, before any of them is looked at."""
    if len(items) > most:
        raise Refused(Refusal.BAD_LENGTH, f"expected at most {most} items, got {len(items)}")
    return items


def _within(place: str, read: Callable[[], _T]) -> _T:
    try:
        return read()
    except Refused as error:
        raise error.within(place) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Refused(Refusal.BAD_TEXT, "a name occurs twice in one object")
    return found


def _integer(digits: str) -> int:
    if len(digits) > _DIGITS:
        raise Refused(Refusal.BAD_TEXT, "an integer beyond 64 bits")
    return int(digits)


def _no_number(_: str) -> NoReturn:
    raise Refused(Refusal.BAD_TEXT, "a number that is no integer")


def _object_id(data: bytes) -> bytes:
    """Message, mandate or channel id."""
    if data[:2] == cose.TAG:
        return cose.parse(data, MAX_MANDATE).message_id
    raw: Any = cbor.decode(data, MAX_DESCRIPTOR)
    return Draft.load(data).id if type(raw[1]) is int else cose.envelope_digest(data)


_DIGITS: Final = 20  # of 2**64, or a sign and 19 digits
