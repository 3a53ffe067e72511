"""`launchnotice agreement`: what an agreement says, rule by rule, and what of that is provisional."""

from __future__ import annotations

import argparse

from launchnotice.cli import common
from launchnotice.cli.agreements import summary
from launchnotice.registry import label
from launchnotice.render import treaty
from launchnotice.render.fields import kind_name


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    actions = parser.add_subparsers(metavar="action", required=True)
    show = actions.add_parser("show", help="print its rules with article and evidence")
    show.add_argument("name", help="an agreement that ships with the library, or a .toml file")
    show.add_argument("--json", action="store_true", help="for programs")


def run(args: argparse.Namespace) -> int:
    """Show an agreement."""
    agreement = common.load_agreement(args.name)
    if not args.json:
        print(treaty.agreement(agreement), end="")
        return 0
    rules = [
        {
            "kind": kind_name(rule.kind),
            "check": label(rule.check),
            "words": rule.words(),
            "article": rule.article,
            "evidence": label(rule.known),
            "provisional": list(rule.provisional),
        }
        for rule in agreement.rules
    ]
    notes = [note.to_json() for note in agreement.notes]
    sources, provisional = list(agreement.sources), treaty.provisional(agreement)
    shown = {"rules": rules, "notes": notes, "not_read": provisional, "sources": sources}
    print(common.to_json({**summary(agreement), **shown}), end="")
    return 0
