"""`launchnotice watch`: what needs an officer, by when and why, drawn from a journal."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from launchnotice import Channel, Endpoint
from launchnotice.cli import common
from launchnotice.render import text
from launchnotice.render.fields import instant, quote
from launchnotice.render.meanings import NEEDS
from launchnotice.views import Attention
from launchnotice.wire import times

EVERY: Final = 10
_CLEAR: Final = "\x1b[H\x1b[2J"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = (
        "The journal is read and never written; watch it beside the node that runs on it. "
        "With --json each look is one line. Exit status: 0 nothing is overdue; 1 (with --once) something is; "
        "2 the journal or descriptor cannot be read."
    )
    parser.add_argument("--channel", required=True, metavar="FILE", help="channel descriptor")
    parser.add_argument("--party", required=True, metavar="CODE", help="whose side it is")
    parser.add_argument("--journal", required=True, metavar="FILE", help="SQLite journal of that side")
    parser.add_argument("--anchor", metavar="FILE", help="its anchor, if it is at hand")
    parser.add_argument(
        "--every",
        type=int,
        default=EVERY,
        metavar="SECONDS",
        help="look again so often (default %(default)s)",
    )
    parser.add_argument("--once", action="store_true", help="look once and end")
    parser.add_argument("--json", action="store_true", help="for programs")


def run(args: argparse.Namespace) -> int:
    """Show what needs an officer, again and again."""
    channel = common.load_channel(args.channel)
    if args.every < 1:
        raise common.Trouble("--every: expected at least one second")
    while True:
        now = int(time.time())
        needs = _needs(args, channel, now)
        page = _json(channel, args.party, needs, now) if args.json else _page(channel, args.party, needs, now)
        if args.once:
            print(page, end="")
            return int(any(need.by is not None and need.by < now for need in needs))
        screen = "" if args.json or not sys.stdout.isatty() else _CLEAR
        print(f"{screen}{page}", end="", flush=True)
        time.sleep(args.every)


def _needs(args: argparse.Namespace, channel: Channel, now: int) -> list[Attention]:
    """What needs an officer now, by a fresh look into the journal."""
    from launchnotice.journal.anchor import FileAnchor
    from launchnotice.journal.sqlite import SqliteJournal

    for option, path in (("--journal", args.journal), ("--anchor", args.anchor)):
        if path is not None and not Path(path).is_file():
            raise common.Trouble(f"{option} {path}: no such file")
    anchor = None if args.anchor is None else FileAnchor(args.anchor)
    with SqliteJournal(args.journal) as journal:
        if not journal.read(0, 1):
            raise common.Trouble(f"--journal {args.journal}: nothing is written in it yet")
        return Endpoint.open(channel, args.party, journal, now, anchor=anchor).attention(now)


def _page(channel: Channel, party: str, needs: Sequence[Attention], now: int) -> str:
    banner = [text.BANNER, ""] if channel.descriptor.exercise else []
    head = f"{quote(party)} on {quote(channel.descriptor.name)}, {instant(now)}"
    return "\n".join([*banner, head, "", text.attention(needs, now).rstrip("\n"), *reversed(banner)]) + "\n"


def _json(channel: Channel, party: str, needs: Sequence[Attention], now: int) -> str:
    shown = {
        "channel": channel.id.hex(),
        "exercise": channel.descriptor.exercise,
        "party": party,
        "now": times.format_instant(now),
        "needs": [
            {
                "need": need.need.value,
                "why": NEEDS[need.need],
                "party": need.party,
                "subject": need.subject.hex(),
                "by": None if need.by is None else times.format_instant(need.by),
            }
            for need in needs
        ],
    }
    return json.dumps(shown, ensure_ascii=False) + "\n"
