"""`launchnotice verify`: what a file of evidence proves, with the channel descriptor alone."""

from __future__ import annotations

import argparse

from launchnotice import Mandate, Refused, evidence
from launchnotice.cli import common
from launchnotice.registry import label
from launchnotice.render.fields import check_code, escape, groups
from launchnotice.wire.bounds import MAX_PROOF
from launchnotice.wire.message import Message

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
    (number, random), heading = found.epoch, groups(channel.id).replace("\n", "\n" + " " * 13)
    if isinstance(found.first, Mandate):
        print(f"PROVED: the authority of {escape(found.party)} signed two mandates of one version.")
        print(f"  channel    {heading}")
        print(f"  version    {found.seq}")
    else:
        print(f"PROVED: {escape(found.party)} told two stories in one epoch.")
        print(f"  channel    {heading}")
        print(f"  epoch      {number}, {random.hex()}")
        print(f"  position   {found.seq}")
    for said, implied in ((found.first, found.one), (found.second, found.other)):
        _print_one(said, implied)
    return 0


def _print_one(said: Message | Mandate, implied: bytes) -> None:
    if isinstance(said, Mandate):
        reason = label(said.payload.reason)
        print(f"  mandate, check code {check_code(said.id)}, reason {reason}, id {said.id.hex()}")
        return
    signers = ", ".join(escape(signer.identity) for signer in said.signers)
    print(f"  {said.row.label}, check code {check_code(said.id)}, signed by {signers}")
    print(f"             says that {implied.hex()} stands there")
