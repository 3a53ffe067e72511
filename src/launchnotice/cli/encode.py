"""`launchnotice encode`: the bytes of an object from the JSON that `inspect --json` prints."""

from __future__ import annotations

import argparse
import sys

from launchnotice import Refused
from launchnotice.cli import common
from launchnotice.render import jsonform


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = (
        "What inspect --json printed gives back the same bytes. Nothing is signed or verified here: "
        "after a change of the payload, signatures no longer hold, and id and digest are to be left out."
    )
    parser.add_argument("file", nargs="?", default="-", help="JSON of an object, or - for standard input")
    parser.add_argument("--out", default="-", metavar="FILE", help="file to write; else standard output")
    parser.add_argument("--force", action="store_true", help="replace a file that exists")


def run(args: argparse.Namespace) -> int:
    """Encode an object."""
    common.someone_writes(args.file, "the JSON")
    if args.out == "-":
        if sys.stdout.isatty():
            raise common.Trouble("an object is no text; give --out, or send it into a file or a pipe")
    else:
        common.check_free([args.out], force=args.force)
    data = _encode(args.file, common.read(args.file, jsonform.MAX_JSON))
    if args.out == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        common.write(args.out, data, force=args.force)
    return 0


def _encode(path: str, text: bytes) -> bytes:
    try:
        return jsonform.from_json(jsonform.parse(text))
    except Refused as error:
        raise common.Trouble(f"{path}: {error}") from None
