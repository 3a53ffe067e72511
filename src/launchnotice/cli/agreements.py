"""`launchnotice agreements`: the agreements that ship with the library, and how well each is known."""

from __future__ import annotations

import argparse
from typing import Any

from launchnotice import Agreement, load_agreement
from launchnotice.cli import common
from launchnotice.pact.agreementfile import agreements
from launchnotice.render import treaty


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = "launchnotice agreement show NAME prints the rules of one."
    parser.add_argument("--json", action="store_true", help="for programs")


def run(args: argparse.Namespace) -> int:
    """List the agreements."""
    found = [load_agreement(name) for name in agreements()]
    print(common.to_json([summary(one) for one in found]) if args.json else treaty.overview(found), end="")
    return 0


def summary(agreement: Agreement) -> dict[str, Any]:
    """What there is to say of an agreement without its rules."""
    verified, provisional = treaty.counts(agreement)
    said = {
        name: value
        for name, value in agreement.to_json().items()
        if name not in ("rules", "notes", "sources")
    }
    return {**said, "digest": agreement.digest.hex(), "verified": verified, "provisional": provisional}
