"""Lines of plain English text: labels, values as people write them, and nothing that can pass for ours.

- What somebody else wrote is safe for a terminal: whatever is not printable is escaped, free
  text is quoted, and it is wrapped within its column, so that no line of it can pass for ours.

Not here: which value of a record is shown how (`render.records`).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from enum import Enum
from typing import Final, NamedTuple

from launchnotice.registry import kind_row
from launchnotice.render.diagnostic import line
from launchnotice.wire import cbor, times
from launchnotice.wire.bounds import MAX_MESSAGE

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
    text = line(cbor.decode(data, MAX_MESSAGE))
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
