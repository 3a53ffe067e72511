"""`launchnotice sign`: an officer's desk, where a draft is read, confirmed and signed."""

from __future__ import annotations

import argparse
from typing import Final

from launchnotice import Channel, Draft, Mandate, Refused, SigningKey, UsageError
from launchnotice.cli import common
from launchnotice.keyfile import MAX_KEY_FILE, load_keys
from launchnotice.registry import ContentType
from launchnotice.render import text
from launchnotice.render.fields import check_code, quote
from launchnotice.render.verdict import hold
from launchnotice.wire import cose
from launchnotice.wire.launch import LaunchNotification
from launchnotice.wire.message import parse_contents, parse_payload

NOT_SIGNED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = (
        "Shows what the recipient will see, findings included, and signs only if the first group of the "
        "check code is then typed. Exit status: 0 signed; 1 not confirmed, nothing written; 2 bad input."
    )
    parser.add_argument("file", help="draft of a notice")
    parser.add_argument("--channel", required=True, metavar="FILE", help="channel descriptor")
    parser.add_argument(
        "--mandate",
        required=True,
        action="append",
        metavar="FILE",
        help="a mandate of one's own party, once for each, from version 1 on",
    )
    parser.add_argument(
        "--about",
        metavar="FILE",
        help="the version that it amends or extends, message or draft, "
        "to find of a changed time what its recipient will find",
    )
    parser.add_argument("--key", required=True, metavar="FILE", help="encrypted key file of an officer")
    common.add_passphrase(parser)
    parser.add_argument(
        "--out", metavar="FILE", help="signed draft to write; else the draft gets the signature"
    )
    parser.add_argument("--force", action="store_true", help="replace a file that exists")


def run(args: argparse.Namespace) -> int:
    """Show a draft and sign it."""
    if args.out is not None:
        common.check_free([args.out], force=args.force)
    if args.file == "-":
        raise common.Trouble("the draft is a file: what is typed confirms it")
    channel, mandate, draft = _desk(args)
    review = draft.review(channel, mandate, _held(args, draft))
    key_file = common.read(args.key, MAX_KEY_FILE)
    # Nobody signs what he or she has not seen.
    print(text.review(review, channel), flush=True)
    if args.about is None and getattr(review.body, "replaces", None) and getattr(review.body, "launch", None):
        print(_UNTOLD)
    if not _confirmed(draft):
        print("not signed")
        return NOT_SIGNED
    signed = review.sign(_keys(args, key_file))
    # A draft that is replaced loses nothing: it gains signatures.
    common.write(args.out or args.file, signed.data, force=args.force or args.out is None)
    print(f"signed; wrote {quote(args.out or args.file)}, check code {check_code(signed.id)}")
    missing = signed.review(channel, mandate).missing()
    if missing:
        print(f"signatures are missing, of {', '.join(map(quote, missing))}")
    else:
        print("all officers have signed; next: the endpoint's submit")
    return 0


def _desk(args: argparse.Namespace) -> tuple[Channel, Mandate, Draft]:
    """The draft, and the channel and mandate under which it is to be read."""
    channel = common.load_channel(args.channel)
    _, mandates = common.context(args.channel, args.mandate, "--mandate")
    try:
        draft = Draft.load(common.read(args.file))
        if draft.header == cose.BODY_HEADERS[ContentType.MANDATE]:
            raise common.Trouble(f"{args.file}: a mandate's draft; launchnotice mandate sign signs it")
        payload, _ = parse_payload(draft.payload)
    except Refused as error:
        raise common.Trouble(f"{args.file}: no draft of a notice: {error}") from None
    mandate = hold(channel, mandates).get(payload.mandate)
    if mandate is None:
        raise common.Trouble(f"{args.file}: drafted under a mandate that was not given with --mandate")
    return channel, mandate, draft


_UNTOLD: Final = (
    "--about FILE, the version that it replaces, shows what its recipient finds of a changed time.\n"
)


def _held(args: argparse.Namespace, draft: Draft) -> LaunchNotification | None:
    """What was announced before, of the very notice that the draft names."""
    if args.about is None:
        return None
    message, before = common.read_notice(args.about)
    held = getattr(before, "notification", before)
    if not isinstance(held, LaunchNotification):
        raise common.Trouble(f"{args.about}: expected a launch notification or an amendment of one")
    body = parse_contents(draft.payload).readable()
    # The id is that of all it says: what the draft names is what is read here.
    if message not in (getattr(body, "launch", None), getattr(body, "replaces", None)):
        raise common.Trouble(f"{args.about}: not the notice that the draft names")
    return held


def _confirmed(draft: Draft) -> bool:
    """Whether the officer types what only somebody who looked can type."""
    first = check_code(draft.id).partition(" ")[0]
    print("To sign, type the first group of the check code: ", end="", flush=True)
    try:
        typed = input()
    except EOFError:
        print()
        raise common.Trouble("nobody there to confirm it: type the first group of the check code") from None
    return typed.strip().lower() == first


def _keys(args: argparse.Namespace, data: bytes) -> tuple[SigningKey, ...]:
    try:
        return load_keys(data, common.passphrase(args))
    except UsageError as error:
        raise common.wrong_passphrase(args.key, error) from None
