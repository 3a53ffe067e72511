"""`launchnotice template`: a form for a kind of notice under an agreement, to be filled in."""

from __future__ import annotations

import argparse

from launchnotice import Draft, Refused
from launchnotice.cli import common
from launchnotice.compose import COMPOSED
from launchnotice.compose.template import About, template
from launchnotice.registry import Kind
from launchnotice.render.fields import quote, words
from launchnotice.wire import cose
from launchnotice.wire.bounds import MAX_MESSAGE
from launchnotice.wire.message import parse_contents


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = f"Kinds: {', '.join(_WORDS)}. launchnotice agreements lists the agreements."
    parser.add_argument("agreement", help="an agreement that ships with the library, or a .toml file")
    parser.add_argument("kind", type=_kind, help="kind of notice, by name: launch-notification")
    parser.add_argument(
        "--about",
        metavar="FILE",
        help="the notice, message or draft, that it amends, ends or answers: its id and, of an amendment, "
        "what it said are filled in",
    )
    parser.add_argument("--out", metavar="FILE", help="file to write; else standard output")
    parser.add_argument("--force", action="store_true", help="replace a file that exists")


def run(args: argparse.Namespace) -> int:
    """Print a form."""
    if args.out is not None:
        common.check_free([args.out], force=args.force)
    about = _about(args.about) if args.about else None
    form = template(common.load_agreement(args.agreement), args.kind, about)
    if args.out is None:
        print(form, end="")
        return 0
    common.write(args.out, form.encode(), force=args.force)
    print(f"wrote {quote(args.out)}; when it is filled in: launchnotice compose {quote(args.out)}")
    return 0


_WORDS = [name.replace(" ", "-") for name in COMPOSED]


def _kind(word: str) -> Kind:
    kind = COMPOSED.get(words(word).casefold())
    if kind is None:
        raise argparse.ArgumentTypeError(f"{word!r}: expected one of {', '.join(_WORDS)}")
    return kind


def _about(path: str) -> About:
    """The notice of a file. Nothing of it is verified: whoever signs reads the new notice in full."""
    data = common.read(path)
    try:
        message, payload = _taken_apart(data)
        body = parse_contents(payload).readable()
    except Refused as error:
        raise common.Trouble(f"{path}: no message or draft: {error}") from None
    if body is None or body.unknown_fields():
        raise common.Trouble(f"{path}: not all of it can be read here")
    return About(message, body)


def _taken_apart(data: bytes) -> tuple[bytes, bytes]:
    """The message id and the payload of a message or draft; raises `Refused`."""
    if data[:2] == cose.TAG:
        envelope = cose.parse(data, MAX_MESSAGE)
        return envelope.message_id, envelope.payload
    draft = Draft.load(data)
    return draft.id, draft.payload
