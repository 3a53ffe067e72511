"""`launchnotice channel`: the descriptor that both sides must have byte for byte."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from launchnotice import (
    SPEC_VERSION,
    Agreement,
    Channel,
    Descriptor,
    Party,
    UsageError,
    load_agreement,
    parse_agreement,
)
from launchnotice.cli import common
from launchnotice.registry import SUITE_ALGORITHMS, Owed, Role, Suite, label
from launchnotice.render import text
from launchnotice.render.fields import groups, quote

_OWED = {label(owed): owed for owed in Owed}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    actions = parser.add_subparsers(metavar="action", required=True)
    make = actions.add_parser("make", help="make a channel descriptor")
    make.set_defaults(action=_make)
    make.add_argument("--name", required=True, help="what people call the channel")
    make.add_argument(
        "--agreement", required=True, help="name of an agreement that ships with the library, or a .toml file"
    )
    make.add_argument(
        "--suite", choices=common.SUITES, default="hybrid", help="signature suite (default %(default)s)"
    )
    make.add_argument(
        "--party",
        action="append",
        required=True,
        metavar="CODE:THRESHOLD:FILE,FILE",
        help="a party, how many of its authority sign a mandate, and their public identity files",
    )
    make.add_argument(
        "--owes",
        action="append",
        default=[],
        metavar="CODE:WHAT",
        help=f"what a party owes for a notice: {', '.join(_OWED)} (default {label(Owed.ACKNOWLEDGEMENT)})",
    )
    make.add_argument("--exercise", action="store_true", help="exercise traffic, never real")
    make.add_argument(
        "--officers", type=int, default=2, help="officers who sign an announcement (default %(default)s)"
    )
    make.add_argument(
        "--receipt-within",
        type=int,
        default=900,
        metavar="SECONDS",
        help="receipt is due within (default %(default)s)",
    )
    make.add_argument(
        "--acknowledge-within",
        type=int,
        default=7_200,
        metavar="SECONDS",
        help="acknowledgement is due within (default %(default)s)",
    )
    make.add_argument("--predecessor", metavar="CHANNEL", help="descriptor of the channel that it succeeds")
    make.add_argument("--out", required=True, metavar="FILE", help="descriptor to write")
    make.add_argument("--force", action="store_true", help="replace a file that exists")
    show = actions.add_parser("show", help="show a descriptor")
    show.set_defaults(action=_show)
    show.add_argument("file", help="channel descriptor")
    show.add_argument("--json", action="store_true", help="for programs")
    fingerprint = actions.add_parser("fingerprint", help="the channel id, to be read out and compared")
    fingerprint.set_defaults(action=_fingerprint)
    fingerprint.add_argument("file", help="channel descriptor")


def run(args: argparse.Namespace) -> int:
    """Make or show a channel."""
    status: int = args.action(args)
    return status


def _make(args: argparse.Namespace) -> int:
    common.check_free([args.out], force=args.force)
    suite = common.SUITES[args.suite]
    owes = dict(_owes(args.owes))
    parties = [_party(word, suite, owes) for word in args.party]
    unknown = owes.keys() - {party.code for party in parties}
    if unknown:
        raise common.Trouble(f"--owes {min(unknown)}: no --party has that code")
    channel = Channel(
        Descriptor(
            protocol=SPEC_VERSION,
            name=args.name,
            suite=suite,
            exercise=args.exercise,
            agreement=_agreement(args.agreement),
            parties=tuple(sorted(parties, key=lambda party: party.code)),
            officers=args.officers,
            receipt_within=args.receipt_within,
            acknowledge_within=args.acknowledge_within,
            predecessor=common.load_channel(args.predecessor).id if args.predecessor else None,
        )
    )
    common.write(args.out, channel.data, force=args.force)
    print(f"channel {quote(args.name)}: wrote {quote(args.out)}")
    print(f"Compare its id with the other parties, by voice:\n{groups(channel.id)}")
    return 0


def _show(args: argparse.Namespace) -> int:
    channel = common.load_channel(args.file)
    if args.json:
        shown = {"id": channel.id.hex(), "descriptor": channel.descriptor.to_json()}
        print(common.to_json(shown), end="")
    else:
        print(text.channel(channel), end="")
    return 0


def _fingerprint(args: argparse.Namespace) -> int:
    print(groups(common.load_channel(args.file).id))
    return 0


def _party(word: str, suite: Suite, owes: dict[str, Owed]) -> Party:
    code, _, rest = word.partition(":")
    threshold, _, files = rest.partition(":")
    if not (code and files and threshold.isdecimal() and len(threshold) <= _DIGITS):
        raise common.Trouble(f"--party {word}: expected CODE:THRESHOLD:FILE,FILE")
    kids = [kid for path in files.split(",") for kid in _thumbprints(path, suite)]
    return Party(
        code=code,
        threshold=int(threshold),
        authority=tuple(sorted(kids)),
        owes=owes.get(code, Owed.ACKNOWLEDGEMENT),
    )


_DIGITS = 4  # of a threshold; more would only make a number that no descriptor takes


def _thumbprints(path: str, suite: Suite) -> list[bytes]:
    identity = common.load_identity(path)
    if identity.role is not Role.AUTHORITY:
        raise common.Trouble(f"{path}: expected an authority, got role {label(identity.role)}")
    if tuple(key.alg for key in identity.keys) != SUITE_ALGORITHMS[suite]:
        raise common.Trouble(f"{path}: its keys are not those of the suite {label(suite)}")
    return [key.kid for key in identity.keys]


def _owes(words: list[str]) -> Iterator[tuple[str, Owed]]:
    for word in words:
        code, _, what = word.partition(":")
        if what not in _OWED:
            raise common.Trouble(f"--owes {word}: expected CODE:WHAT, WHAT one of {', '.join(_OWED)}")
        yield code, _OWED[what]


def _agreement(name: str) -> Agreement:
    if not name.endswith(".toml"):
        return load_agreement(name)
    data = common.read(name, common.MAX_SMALL_FILE)
    try:
        return parse_agreement(data.decode())
    except (UnicodeDecodeError, UsageError) as error:
        detail = error.detail if isinstance(error, UsageError) else "expected UTF-8"
        raise common.Trouble(f"{name}: {detail}") from None
