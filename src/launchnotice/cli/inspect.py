"""`launchnotice inspect`: what is in these bytes, and who signed them."""

from __future__ import annotations

import argparse
import base64
import re
from collections.abc import Callable
from typing import Final

from launchnotice import Refused
from launchnotice.cli import common
from launchnotice.render.diagnostic import diagnose
from launchnotice.render.inspect import MAX_OBJECT, Inspection

_HEX: Final = re.compile(rb"[0-9A-Fa-f\s]+")
_BASE64: Final = re.compile(rb"[0-9A-Za-z+/_-]+={0,2}")
_MAX_INPUT: Final = 3 * MAX_OBJECT  # two digits a byte, and line ends


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = (
        "Exit status: 0 shown; 1 shown, but a peer would refuse it; 2 no object of LNP/1. "
        "Nothing is verified without --channel, no message without its sender's mandates."
    )
    parser.add_argument("file", nargs="?", default="-", help="file, or - for standard input")
    parser.add_argument("--channel", metavar="FILE", help="channel descriptor, to verify it in")
    parser.add_argument(
        "--mandate",
        action="append",
        default=[],
        metavar="FILE",
        help="a mandate of the channel, once for each, from version 1 on",
    )
    parser.add_argument(
        "--format", choices=("auto", *_DECODE), default="auto", help="how the bytes are written"
    )
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_true", help="for programs; encode gives the bytes back")
    shown.add_argument(
        "--diagnostic", action="store_true", help="as CBOR diagnostic notation with the names of fields"
    )


def run(args: argparse.Namespace) -> int:
    """Take an object apart."""
    common.someone_writes(args.file, "the object")
    channel, mandates = common.context(args.channel, args.mandate, "--mandate")
    data = _decode(args.file, common.read(args.file, _MAX_INPUT), args.format)
    found = common.take_apart(args.file, data, channel, mandates)
    if args.diagnostic:
        return _diagnose(args.file, data, found)
    return common.show(found, as_json=args.json)


def _diagnose(path: str, data: bytes, found: Inspection) -> int:
    """Print the notation, and before it as comments what was verified."""
    try:
        notation = diagnose(data)
    except Refused:
        raise common.Trouble(f"{path}: no CBOR; only --json and plain text show it") from None
    for line in found.verdict.lines():
        print("/ " + line.replace("/", "\\x2f") + " /")
    print(notation)
    return common.status(found)


def _decode(path: str, data: bytes, form: str) -> bytes:
    """The object's bytes; no object is itself text in hexadecimal or base64."""
    if form == "auto":
        return _guess(data)
    try:
        return _DECODE[form](data)
    except ValueError:
        raise common.Trouble(f"{path}: not {form}") from None


def _guess(data: bytes) -> bytes:
    form = "hex" if _HEX.fullmatch(data) else "base64" if _BASE64.fullmatch(_dense(data)) else "binary"
    try:
        return _DECODE[form](data)
    except ValueError:
        return data  # what it is no object of will be said


def _dense(data: bytes) -> bytes:
    return b"".join(data.split())


def _base64(data: bytes) -> bytes:
    return base64.b64decode(_dense(data).translate(bytes.maketrans(b"-_", b"+/")), validate=True)


def _hex(data: bytes) -> bytes:
    return bytes.fromhex(_dense(data).decode("ascii"))


_DECODE: Final[dict[str, Callable[[bytes], bytes]]] = {"binary": bytes, "hex": _hex, "base64": _base64}
