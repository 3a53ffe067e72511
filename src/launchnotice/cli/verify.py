"""`launchnotice verify`: what a file of evidence proves, with the channel descriptor alone."""

from __future__ import annotations

import argparse

from launchnotice import Refused, evidence
from launchnotice.cli import common
from launchnotice.render.fields import check_code, escape, groups
from launchnotice.wire.bounds import MAX_PROOF

REFUSED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = "Exit status: 0 it proves what is printed; 1 it proves nothing; 2 a file cannot be read."
    parser.add_argument("file", help="file of evidence: the proof of a fork")
    parser.add_argument("--channel", metavar="FILE", required=True, help="channel descriptor")


def run(args: argparse.Namespace) -> int:
    """Check a proof."""
    channel, _ = common.context(args.channel, [], "--channel")
    if channel is None:
        raise common.Trouble("give the channel descriptor")
    data = common.read(args.file, MAX_PROOF)
    try:
        found = evidence.verify_fork(channel, data)
    except Refused as refusal:
        print(f"PROVES NOTHING: {escape(str(refusal))}")
        return REFUSED
    number, random = found.epoch
    print(f"PROVED: {escape(found.party)} told two stories in one epoch.")
    print(f"  channel    {groups(channel.id).replace(chr(10), chr(10) + ' ' * 13)}")
    print(f"  epoch      {number}, {random.hex()}")
    print(f"  position   {found.seq}")
    for notice, implied in ((found.first, found.one), (found.second, found.other)):
        signers = ", ".join(escape(signer.identity) for signer in notice.signers)
        print(f"  {notice.row.label}, check code {check_code(notice.id)}, signed by {signers}")
        print(f"             says that {implied.hex()} stands there")
    return 0
