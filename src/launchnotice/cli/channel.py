"""`launchnotice channel`: the descriptor that both sides must have byte for byte."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from launchnotice import (
    SPEC_VERSION,
    Channel,
    Descriptor,
    Party,
    UsageError,
)
from launchnotice.cli import common
from launchnotice.core.succession import check_successor
from launchnotice.registry import SUITE_ALGORITHMS, Owed, Role, Suite, Usage, label
from launchnotice.render import text, treaty
from launchnotice.render.fields import groups, quote

_OWED = {label(owed): owed for owed in Owed}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    actions = parser.add_subparsers(metavar="action", required=True)
    make = actions.add_parser("make", help="make a channel descriptor")
    make.set_defaults(action=_make)
    _add_options(make, suite="hybrid", officers=2, receipt=900, acknowledge=7_200)
    make.add_argument("--exercise", action="store_true", help="exercise traffic, never real")
    make.add_argument("--predecessor", metavar="CHANNEL", help="descriptor of the channel that it succeeds")
    succeed = actions.add_parser(
        "succeed", help="make the descriptor of a channel that goes on where another one stops"
    )
    succeed.set_defaults(action=_succeed)
    succeed.add_argument("predecessor", help="descriptor of the channel that it succeeds")
    _add_options(succeed)
    show = actions.add_parser("show", help="show a descriptor")
    show.set_defaults(action=_show)
    show.add_argument("file", help="channel descriptor")
    show.add_argument("--json", action="store_true", help="for programs")
    diff = actions.add_parser("diff", help="say where two descriptors differ, as each says it")
    diff.set_defaults(action=_diff)
    diff.epilog = "Exit status: 0 the same channel; 1 another one; 2 bad input."
    diff.add_argument("one", metavar="A", help="channel descriptor")
    diff.add_argument("other", metavar="B", help="the other one")
    diff.add_argument("--json", action="store_true", help="for programs")
    fingerprint = actions.add_parser("fingerprint", help="the channel id, to be read out and compared")
    fingerprint.set_defaults(action=_fingerprint)
    fingerprint.add_argument("file", help="channel descriptor")


def _add_options(
    parser: argparse.ArgumentParser,
    *,
    suite: str | None = None,
    officers: int | None = None,
    receipt: int | None = None,
    acknowledge: int | None = None,
) -> None:
    """What a descriptor says; without defaults, what its predecessor says."""
    fresh = suite is not None
    else_ = "(default %(default)s)" if fresh else "(default: the predecessor's)"
    parser.add_argument("--name", required=fresh, help="what people call the channel")
    parser.add_argument(
        "--agreement",
        required=fresh,
        help="name of an agreement that ships with the library, or a .toml file",
    )
    parser.add_argument("--suite", choices=common.SUITES, default=suite, help=f"signature suite {else_}")
    parser.add_argument(
        "--party",
        action="append",
        required=True,
        metavar="CODE:THRESHOLD:FILE,FILE",
        help="a party, how many of its authority sign a mandate, and their public identity files",
    )
    parser.add_argument(
        "--owes",
        action="append",
        default=[],
        metavar="CODE:WHAT",
        help=f"what a party owes for a notice: {', '.join(_OWED)} "
        + (f"(default {label(Owed.ACKNOWLEDGEMENT)})" if fresh else else_),
    )
    parser.add_argument(
        "--officers", type=int, default=officers, help=f"officers who sign an announcement {else_}"
    )
    parser.add_argument(
        "--receipt-within",
        type=int,
        default=receipt,
        metavar="SECONDS",
        help=f"receipt is due within {else_}",
    )
    parser.add_argument(
        "--acknowledge-within",
        type=int,
        default=acknowledge,
        metavar="SECONDS",
        help=f"acknowledgement is due within {else_}",
    )
    for step, what in (
        ("reply", "reply to a query is"),
        ("report", "launch report, after the last window, is"),
    ):
        none = "(default: as the agreement says)" if fresh else else_
        parser.add_argument(f"--{step}-within", type=int, metavar="SECONDS", help=f"{what} due within {none}")
    parser.add_argument("--out", required=True, metavar="FILE", help="descriptor to write")
    parser.add_argument("--force", action="store_true", help="replace a file that exists")


def run(args: argparse.Namespace) -> int:
    """Make or show a channel."""
    status: int = args.action(args)
    return status


def _make(args: argparse.Namespace) -> int:
    common.check_free([args.out], force=args.force)
    suite = common.SUITES[args.suite]
    before = common.load_channel(args.predecessor) if args.predecessor else None
    channel = Channel(
        Descriptor(
            protocol=SPEC_VERSION,
            name=args.name,
            suite=suite,
            exercise=args.exercise,
            agreement=common.load_agreement(args.agreement),
            parties=_parties(args, suite, {}, exercise=args.exercise),
            officers=args.officers,
            receipt_within=args.receipt_within,
            acknowledge_within=args.acknowledge_within,
            reply_within=args.reply_within,
            report_within=args.report_within,
            predecessor=before.id if before else None,
        )
    )
    if before is not None:
        _check_successor(channel, before)
    return _write(channel, args)


def _succeed(args: argparse.Namespace) -> int:
    """The rules of the predecessor, but for what is said anew; the keys are new in any case."""
    common.check_free([args.out], force=args.force)
    before = common.load_channel(args.predecessor)
    old = before.descriptor
    suite = common.SUITES[args.suite] if args.suite else old.suite
    kept = {row.name: getattr(old, row.name) for row in Descriptor.FIELDS}
    said = (
        "name",
        "officers",
        "receipt_within",
        "acknowledge_within",
        "reply_within",
        "report_within",
    )
    anew = {name: getattr(args, name) for name in said if getattr(args, name) is not None}
    if args.agreement:
        anew["agreement"] = common.load_agreement(args.agreement)
    anew["parties"] = _parties(
        args, suite, {party.code: party.owes for party in old.parties}, exercise=old.exercise
    )
    channel = Channel(Descriptor(**{**kept, **anew, "suite": suite, "predecessor": before.id}))
    _check_successor(channel, before)
    _write(channel, args)
    print("Then each party says in the old channel that it is continued in that id, and goes on listening.")
    return 0


def _check_successor(channel: Channel, before: Channel) -> None:
    try:
        check_successor(channel, before)
    except UsageError as error:
        option = "--exercise" if error.code is Usage.EXERCISE else "--party"
        raise common.Trouble(f"{option}: {error.detail}") from None


def _parties(
    args: argparse.Namespace, suite: Suite, before: dict[str, Owed], *, exercise: bool
) -> tuple[Party, ...]:
    owes = dict(_owes(args.owes))
    parties = [_party(word, suite, {**before, **owes}, exercise=exercise) for word in args.party]
    unknown = owes.keys() - {party.code for party in parties}
    if unknown:
        raise common.Trouble(f"--owes {min(unknown)}: no --party has that code")
    return tuple(sorted(parties, key=lambda party: party.code))


def _write(channel: Channel, args: argparse.Namespace) -> int:
    common.write(args.out, channel.data, force=args.force)
    print(f"channel {quote(channel.descriptor.name)}: wrote {quote(args.out)}")
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


def _diff(args: argparse.Namespace) -> int:
    one, other = common.load_channel(args.one), common.load_channel(args.other)
    found = treaty.differences(one, other)
    if args.json:
        rows = [row._asdict() for row in found]
        print(common.to_json({"one": one.id.hex(), "other": other.id.hex(), "differences": rows}), end="")
    else:
        print(treaty.difference(one, other), end="")
    return 1 if found else 0


def _fingerprint(args: argparse.Namespace) -> int:
    print(groups(common.load_channel(args.file).id))
    return 0


def _party(word: str, suite: Suite, owes: dict[str, Owed], *, exercise: bool) -> Party:
    code, _, rest = word.partition(":")
    threshold, _, files = rest.partition(":")
    if not (code and files and threshold.isdecimal() and len(threshold) <= _DIGITS):
        raise common.Trouble(f"--party {word}: expected CODE:THRESHOLD:FILE,FILE")
    kids = [kid for path in files.split(",") for kid in _thumbprints(path, suite, exercise=exercise)]
    return Party(
        code=code,
        threshold=int(threshold),
        authority=tuple(sorted(kids)),
        owes=owes.get(code, Owed.ACKNOWLEDGEMENT),
    )


_DIGITS = 4  # of a threshold; more would only make a number that no descriptor takes


def _thumbprints(path: str, suite: Suite, *, exercise: bool) -> list[bytes]:
    identity = common.load_identity(path, exercise=exercise)
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
