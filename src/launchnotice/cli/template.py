"""`launchnotice template`: a form for a kind of notice under an agreement, to be filled in."""

from __future__ import annotations

import argparse

from launchnotice.cli import common
from launchnotice.compose import COMPOSED
from launchnotice.compose.template import About, template
from launchnotice.registry import Kind
from launchnotice.render.fields import quote, words


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
    about = About(*common.read_notice(args.about)) if args.about else None
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
