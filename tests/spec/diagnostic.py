"""CBOR diagnostic notation (RFC 8949 section 8) with the names of fields as comments."""

from __future__ import annotations

from typing import Any

from launchnotice.wire import geo
from launchnotice.wire.codecs import Array, Codec
from launchnotice.wire.record import Nested, Record


def diagnostic(raw: Any, record: type[Record] | None = None, indent: str = "") -> str:
    """A value, and the names of its fields if it is a record's map."""
    if isinstance(raw, dict):
        return _map(raw, record, indent)
    if isinstance(raw, list):
        return f"[{', '.join(diagnostic(item, record, indent) for item in raw)}]"
    if isinstance(raw, bytes):
        return f"h'{raw.hex()}'"
    if isinstance(raw, bool) or raw is None:
        return {True: "true", False: "false", None: "null"}[raw]
    return f'"{raw}"' if isinstance(raw, str) else str(raw)


def _map(raw: dict[int, Any], record: type[Record] | None, indent: str) -> str:
    rows = {row.key: row for row in record.FIELDS} if record else {}
    inner = f"{indent}  "
    lines = []
    for key, value in raw.items():
        row = rows.get(key)
        name = f"/ {row.name} / " if row else ""
        within = _record(row.codec, value) if row else None
        lines.append(f"{inner}{name}{key}: {diagnostic(value, within, inner)}")
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}" if lines else "{}"


def _record(codec: Codec, value: Any) -> type[Record] | None:
    if isinstance(codec, Array):
        return _record(codec.item, value[0])
    if isinstance(codec, Nested):
        return codec.record
    if isinstance(codec, geo.Area):
        return {form.value: area for form, area in geo.AREAS.items()}.get(value[0])
    return None
