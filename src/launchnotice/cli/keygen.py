"""`launchnotice keygen`: a new identity."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from launchnotice import Identity, generate_keys
from launchnotice.cli import common
from launchnotice.keyfile import dump_keys
from launchnotice.registry import Role, label
from launchnotice.render.fields import Node, groups, layout, quote

_ROLES = {label(role): role for role in Role}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = (
        "Beside the key file, another holds what is public (label, role and keys): "
        "x.json beside x.pem, any other name with .json added. It is the one to hand on."
    )
    parser.add_argument("--label", required=True, help="label of the identity; never a person's name")
    parser.add_argument("--role", required=True, choices=_ROLES, help="what its keys sign")
    parser.add_argument(
        "--suite",
        choices=common.SUITES,
        default="hybrid",
        help="signature suite of the channel (default %(default)s)",
    )
    parser.add_argument(
        "--exercise", action="store_true", help="keys for an exercise channel; they serve no real one"
    )
    parser.add_argument(
        "--out",
        required=True,
        metavar="FILE.pem",
        help="encrypted key file to write; x.pem gives x.json as well",
    )
    parser.add_argument(
        "--force", action="store_true", help="replace a public file that exists; a key file never is"
    )
    common.add_passphrase(parser)


def run(args: argparse.Namespace) -> int:
    """Make the keys and write both files."""
    public = str(Path(args.out).with_suffix(".json")) if args.out.endswith(".pem") else f"{args.out}.json"
    if os.path.lexists(args.out):
        # With the last copy of a key everything goes that only it can sign.
        raise common.Trouble(f"{args.out}: exists; a key file is never replaced")
    common.check_free([public], force=args.force)
    keys = generate_keys(common.SUITES[args.suite], exercise=args.exercise)
    identity = Identity(label=args.label, role=_ROLES[args.role], keys=tuple(key.key for key in keys))
    secret = dump_keys(keys, common.passphrase(args, twice=True))
    common.write(public, common.dump_identity(identity, exercise=args.exercise), force=args.force)
    try:
        common.write(args.out, secret, private=True)
    except common.Trouble:
        common.remove(public)  # public keys without their private ones only mislead
        raise
    nodes = [Node(label(key.alg), groups(key.kid)) for key in identity.keys]
    what = f"EXERCISE {args.role}" if args.exercise else args.role
    print(f"{what} {quote(args.label)}: wrote {quote(args.out)} and {quote(public)}")
    print("\n".join(["Thumbprints:", *layout(nodes)]))
    return 0
