"""Records as lines of plain English text: labels from field names, values as people write them.

- Nothing here knows a kind: a new body, area or field is shown without a change.
- What somebody else wrote is safe for a terminal: whatever is not printable is escaped, free
  text is quoted, and it is wrapped within its column, so that no line of it can pass for ours.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from typing import Any, Final, NamedTuple

from launchnotice.pact.agreement import Rule
from launchnotice.registry import AreaForm, kind_row, label
from launchnotice.wire import cbor, times
from launchnotice.wire.bounds import MAX_MESSAGE
from launchnotice.wire.codecs import Array, Bool, Bytes, Codec, Date, Enumeration, Instant, Int, Text
from launchnotice.wire.coordinates import Axis, format_dms, format_length
from launchnotice.wire.cose import Manifest
from launchnotice.wire.geo import Area, Circle, Points
from launchnotice.wire.keys import CoseKey
from launchnotice.wire.message import BODIES
from launchnotice.wire.record import Nested, Record

WIDTH: Final = 80
"""Columns of a line; the usual terminal."""
COLUMN: Final = 24
"""Where values begin."""
CHECK_DIGITS: Final = 20
"""Hexadecimal digits of a check code: 80 bits, to tell notices apart by voice."""
MAX_SHOWN: Final = 2_000
"""Characters shown of one value of unknown meaning; more would push the rest out of sight."""


class Style(Enum):
    """For whom records are shown.

    - SPOKEN: officers; digests in groups for the telephone, and what is absent is said to be.
    - RAW: engineers; field keys, plain hexadecimal, only what stands on the wire.
    """

    SPOKEN = 1
    RAW = 2


class Node(NamedTuple):
    """A label with a value, or with more nodes below it; ``\\n`` in a value begins a new line."""

    label: str
    value: str
    below: tuple[Node, ...] = ()


# Records -------------------------------------------------------------------------------


def tree(record: Record, style: Style, skip: Sequence[str] = ()) -> list[Node]:
    """A node for each field of a record, except those to skip."""
    raw = style is Style.RAW
    nodes = []
    for row in record.FIELDS:
        value = getattr(record, row.name)
        name = f"{row.key:>2} {words(row.name)}" if raw else words(row.name)
        absent = value in (None, ())
        if row.name in skip or (raw and absent):
            continue
        node = Node(name, "not given") if absent else _field(record, row.name, row.codec, value, style)
        if raw and not row.required and value == row.default:
            node = node._replace(value=f"{node.value} (default)")
        nodes.append(node._replace(label=name))
    nodes += [Node(f"unknown field {key}", diagnostic(data)) for key, data in record.extra.items()]
    return nodes


def layout(nodes: Iterable[Node], indent: int = 2) -> list[str]:
    """Nodes as lines, values in one column."""
    lines = []
    for node in nodes:
        lines += _lines(" " * indent + node.label, node.value)
        lines += layout(node.below, indent + 2)
    return lines


def words(name: str) -> str:
    """A field's name or a code as words: ``impact_areas`` is *impact areas*."""
    return name.replace("_", " ").replace("-", " ")


def rule_line(rule: Rule) -> str:
    """A rule of an agreement in one line, with its article and what is known of it."""
    subject = f"{kind_name(rule.kind)}, {escape(words(rule.subject))}"
    terms = [f"{label(rule.check)} of {subject}" + (f": {_RULE['values'](rule)}" if rule.values else "")]
    if rule.amount is not None and rule.unit is not None:
        terms.append(f"{rule.amount} {label(rule.unit)}")
    if rule.anchor is not None:
        terms.append(f"counted from {label(rule.anchor)}")
    if rule.when:
        terms.append(f"if {_RULE['when'](rule)}")
    terms.append(f"{quote(rule.article)}, {label(rule.evidence)}")
    if rule.provisional:
        terms.append(f"provisional: {', '.join(map(escape, rule.provisional))}")
    return "; ".join(terms)


# Values --------------------------------------------------------------------------------


def instant(seconds: int) -> str:
    """``2027-01-15 08:00:00 UTC``."""
    return times.format_instant(seconds).replace("T", " ").replace("Z", " UTC")


def duration(seconds: int) -> str:
    """``2 h``, ``1 h 30 min``, ``45 s``; exact."""
    parts = []
    for size, unit in _UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts) or "0 s"


def groups(digest: bytes) -> str:
    """Hexadecimal digits in groups of four, eight groups a line: to be read over a telephone."""
    found = _grouped(digest.hex())
    return "\n".join(" ".join(found[start : start + 8]) for start in range(0, len(found), 8))


def check_code(digest: bytes) -> str:
    """The first five groups of an id: enough to tell notices apart, not to replace the id."""
    return " ".join(_grouped(digest.hex()[:CHECK_DIGITS]))


def kind_name(kind: int) -> str:
    """The registry's label of a kind; 0 is a mandate, which has no kind on the wire."""
    row = kind_row(kind)
    if row is None:
        return f"kind {kind}" if kind else "mandate"
    return row.label


def escape(text: str) -> str:
    """Text with everything that is not printable, and the backslash, escaped."""
    return "".join(map(_escaped, text))


def quote(text: str) -> str:
    """Text that somebody wrote: bare if it is one plain word, else escaped and in quotation marks."""
    return text if _WORD.fullmatch(text) else '"' + escape(text).replace('"', '\\"') + '"'


def hexadecimal(data: bytes) -> str:
    """Bytes in hexadecimal; of long ones the beginning, their number and SHA-256."""
    if len(data) <= _FEW:
        return data.hex() or "(no bytes)"
    digest = hashlib.sha256(data).hexdigest()
    return f"{data[:16].hex()}… ({len(data):,} bytes, SHA-256\n{digest})"


def diagnostic(data: bytes) -> str:
    """Deterministic CBOR in diagnostic notation (RFC 8949 section 8), cut if it is long."""
    text = _notation(cbor.decode(data, MAX_MESSAGE))
    if len(text) <= MAX_SHOWN:
        return text
    return f"{text[:MAX_SHOWN]}… ({len(data):,} bytes, SHA-256\n{hashlib.sha256(data).hexdigest()})"


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most that many columns, broken after spaces where there are any; nothing is lost."""
    lines = []
    while (cut := _fitting(text, width)) < len(text):
        cut = text.rfind(" ", 1, cut) + 1 or cut
        lines.append(text[:cut])
        text = text[cut:]
    return [*lines, text]


# Helpers -------------------------------------------------------------------------------

_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DIGEST: Final = re.compile(r"[0-9a-f]{1,64}\)?")
_FEW: Final = 64  # bytes shown in full


def _lines(start: str, value: str) -> list[str]:
    if not value:
        return [start]
    at = max(COLUMN, len(start) + 2)
    parts = [part for line in value.split("\n") for part in _broken(line, max(WIDTH - at, _LEAST))]
    first, *rest = (part.rstrip(" ") for part in parts)
    return [start.ljust(at) + first, *(" " * at + part for part in rest)]


_LEAST: Final = 20  # columns of a value, however long its label is


def _broken(line: str, width: int) -> list[str]:
    # An id stays in one piece, so that it can be copied; no id can pass for something else.
    return [line] if _DIGEST.fullmatch(line) else wrap(line, width)


def _fitting(text: str, width: int) -> int:
    """How many characters fit."""
    for at, char in enumerate(text):
        width -= _columns(char)
        if width < 0:
            return max(at, 1)
    return len(text)


def _columns(char: str) -> int:
    if unicodedata.east_asian_width(char) in "WF":
        return 2
    return 0 if unicodedata.category(char) in ("Mn", "Me") else 1


def _escaped(char: str) -> str:
    if char == "\\":
        return "\\\\"
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{{{code:x}}}"  # noqa: PLR2004 - two digits


def _grouped(digits: str) -> list[str]:
    return [digits[start : start + 4] for start in range(0, len(digits), 4)]


def _field(record: Record, name: str, codec: Codec, value: Any, style: Style) -> Node:
    """Values that one field alone does not explain come first."""
    if isinstance(record, Circle) and name == "radius":
        return Node(name, format_length(record.radius, record.unit))
    if isinstance(record, Rule) and name in _RULE:
        return Node(name, _RULE[name](record))
    if isinstance(codec, Int) and name == "kind":
        return Node(name, f"{value} ({kind_name(value)})" if style is Style.RAW else kind_name(value))
    if name.endswith("_within"):
        return Node(name, duration(value))
    return _value(name, codec, value, style)


def _value(name: str, codec: Codec, value: Any, style: Style) -> Node:
    for base in type(codec).__mro__:
        if base in _SIMPLE:
            return Node(name, _SIMPLE[base](codec, value))
        if base in _COMPOUND:
            return _COMPOUND[base](name, codec, value, style)
    if isinstance(codec, Bytes):
        spoken = style is Style.SPOKEN and len(value) == _DIGEST_SIZE
        return Node(name, groups(value) if spoken else hexadecimal(value))
    # A field type of a later version still has its JSON.
    return Node(name, _notation(codec.to_json(value)))


_DIGEST_SIZE: Final = 32


def _array(name: str, codec: Any, value: Sequence[Any], style: Style) -> Node:
    return _numbered(name, [_value("", codec.item, item, style) for item in value])


def _numbered(name: str, nodes: Sequence[Node]) -> Node:
    below = tuple(node._replace(label=str(number)) for number, node in enumerate(nodes, 1))
    return Node(name, str(len(nodes)), below)


def _nested(name: str, _: Any, value: Record, style: Style) -> Node:
    if isinstance(value, Rule) and style is Style.SPOKEN:
        return Node(name, rule_line(value))
    return Node(name, "", tuple(tree(value, style)))


def _area(name: str, _: Any, value: Any, style: Style) -> Node:
    problems = [Node("PROBLEM", str(problem)) for problem in value.problems()]
    return Node(name, label(value.FORM), (*tree(value, style), *problems))


def _points(name: str, codec: Any, value: Any, _style: Style) -> Node:
    return _numbered(name, [Node("", text) for text in codec.to_json(value)])


def _manifest(name: str, _: Any, value: Any, style: Style) -> Node:
    shown = hexadecimal if style is Style.RAW else groups
    return _numbered(name, [Node("", f"{label(line.alg)}\n{shown(line.kid)}") for line in value])


def _key(name: str, _: Any, key: Any, style: Style) -> Node:
    print_ = hexadecimal(key.kid) if style is Style.RAW else groups(key.kid)
    return Node(name, f"{label(key.alg)}, {len(key.raw):,} bytes, thumbprint\n{print_}")


_SIMPLE: Final[dict[type, Callable[[Any, Any], str]]] = {
    Axis: lambda axis, value: format_dms(value, axis),
    Instant: lambda _, value: instant(value),
    Date: lambda _, value: times.format_date(value),
    Int: lambda _, value: str(value),
    Bool: lambda _, value: "yes" if value else "no",
    Text: lambda _, value: quote(value),
    Enumeration: lambda _, value: label(value),
}
_COMPOUND: Final[dict[type, Callable[[str, Any, Any, Style], Node]]] = {
    Array: _array,
    Nested: _nested,
    Area: _area,
    Points: _points,
    Manifest: _manifest,
    CoseKey: _key,
}


def _named(kind: int, subject: str, values: Iterable[int]) -> str:
    """Numbers of a rule by the labels of the field that they are compared with."""
    codecs = [row.codec for row in getattr(BODIES.get(kind), "FIELDS", ()) if row.name == subject]
    enum = getattr(codecs[0], "enum", AreaForm) if codecs else AreaForm
    known = {member.value: label(member) for member in enum}
    return ", ".join(known.get(value, str(value)) for value in values)


def _conditions(rule: Rule) -> str:
    found = (f"{escape(words(c.subject))}: {_named(rule.kind, c.subject, c.values)}" for c in rule.when)
    return "; ".join(found)


_RULE: Final[dict[str, Callable[[Rule], str]]] = {
    "values": lambda rule: _named(rule.kind, rule.subject, rule.values),
    "when": _conditions,
}


def _notation(value: Any) -> str:
    match value:
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
        case bytes():
            return f"h'{value.hex()}'"
        case str():
            return '"' + escape(value).replace('"', '\\"') + '"'
        case list():
            return "[" + ", ".join(map(_notation, value)) + "]"
        case dict():
            return "{" + ", ".join(_pairs(value)) + "}"
        case _:
            return str(value)


def _pairs(value: dict[Any, Any]) -> Iterator[str]:
    for key, item in value.items():
        yield f"{_notation(key)}: {_notation(item)}"
