"""`launchnotice mandate`: the key ceremony of one party, from draft to mandate."""

from __future__ import annotations

import argparse
from typing import Final

from launchnotice import Channel, Draft, Mandate, Refused, SigningKey, UsageError
from launchnotice.ceremony import (
    check_mandate,
    draft_mandate,
    review_mandate,
    seal_mandate,
    sign_mandate,
    verify_mandates,
)
from launchnotice.cli import common
from launchnotice.keyfile import MAX_KEY_FILE, load_keys
from launchnotice.pact.mandate import MandatePayload, Standing, load_payload
from launchnotice.registry import MandateReason, label
from launchnotice.render import text
from launchnotice.render.effect import changes, effect
from launchnotice.render.fields import Node, check_code, escape, groups, layout, quote
from launchnotice.wire import cose
from launchnotice.wire.bounds import MAX_MANDATE
from launchnotice.wire.streams import DIGEST, Epoch, Position

REASONS: Final = {
    "routine": MandateReason.ROUTINE,
    "compromise": MandateReason.COMPROMISE,
    "fork": MandateReason.FORK,
    "loss": MandateReason.LOSS,
}
"""Reasons of a mandate that follows another, as they are named on the command line."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    actions = parser.add_subparsers(metavar="action", required=True)
    _add_make(actions.add_parser("draft", aliases=["make"], help="draft a party's next mandate"))
    _add_review(actions.add_parser("review", help="check a draft, and show what it does and changes"))
    _add_sign(actions.add_parser("sign", help="show a mandate's draft and sign it as its authority"))
    _add_seal(actions.add_parser("seal", help="make the mandate of a draft that all have signed"))
    show = actions.add_parser("show", help="show a mandate or its draft")
    show.set_defaults(action=_show)
    show.add_argument("file", help="mandate or draft")
    show.add_argument("--channel", metavar="FILE", help="channel descriptor, to verify it in")
    _add_previous(show)
    show.add_argument("--json", action="store_true", help="for programs")
    diff = actions.add_parser("diff", help="show what changes from one mandate or draft to another")
    diff.set_defaults(action=_diff)
    diff.add_argument("old", help="mandate or draft")
    diff.add_argument("new", help="another one of the same party")
    prints = actions.add_parser("fingerprint", help="what people compare by voice, in groups")
    prints.set_defaults(action=_fingerprint)
    prints.add_argument("file", nargs="+", help="public identity file, mandate or draft")


def run(args: argparse.Namespace) -> int:
    """Draft, review, sign, seal, show or compare mandates."""
    status: int = args.action(args)
    return status


def _add_make(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(action=_make)
    parser.add_argument("--channel", required=True, metavar="FILE", help="channel descriptor")
    parser.add_argument("--party", required=True, metavar="CODE", help="whose mandate")
    parser.add_argument(
        "--identity",
        required=True,
        nargs="+",
        action="extend",
        metavar="FILE",
        help="public identity files of all key holders",
    )
    parser.add_argument(
        "--signer",
        required=True,
        nargs="+",
        action="extend",
        metavar="LABEL",
        help="authority identities who will sign",
    )
    parser.add_argument(
        "--issued", type=common.moment, default="now", metavar="TIME", help="RFC 3339 in UTC, or now"
    )
    parser.add_argument(
        "--expires", type=common.moment, required=True, metavar="TIME", help="within 13 months of its issue"
    )
    parser.add_argument(
        "--confirm",
        type=_epoch,
        action="append",
        default=[],
        metavar="NUMBER:HEX",
        help="confirm an epoch of the party: its number and its 16 random bytes; once for each",
    )
    parser.add_argument(
        "--reason",
        choices=list(REASONS),
        help="why it is issued; else initial for the first one, then routine",
    )
    parser.add_argument(
        "--stands",
        type=_standing,
        action="append",
        default=[],
        metavar="NUMBER:HEX:SEQ:ID",
        help="the last notice of an epoch that stands: the epoch's number and 16 random bytes, the "
        "notice's number and id; once for each epoch. After compromise or fork all else is disowned",
    )
    parser.add_argument(
        "--emergency",
        type=_id,
        action="append",
        default=[],
        metavar="ID",
        help="after compromise, an emergency notice that stands, by its id; once for each",
    )
    _add_previous(parser)
    parser.add_argument("--out", required=True, metavar="FILE", help="draft to write")
    parser.add_argument("--force", action="store_true", help="replace a file that exists")


def _add_review(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "Exit status: 0 it may be signed; 1 a peer would refuse it; 2 a file cannot be read."
    parser.set_defaults(action=_review)
    parser.add_argument("file", help="draft")
    parser.add_argument("--channel", required=True, metavar="FILE", help="channel descriptor")
    _add_previous(parser)


def _add_sign(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(action=_sign)
    parser.add_argument("file", help="draft")
    parser.add_argument("--channel", required=True, metavar="FILE", help="channel descriptor")
    parser.add_argument("--key", required=True, metavar="FILE", help="encrypted key file of an authority")
    common.add_passphrase(parser)
    _add_previous(parser)
    parser.add_argument(
        "--out", metavar="FILE", help="signed draft to write; else the draft gets the signature"
    )
    parser.add_argument("--force", action="store_true", help="replace a file that exists")


def _add_seal(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(action=_seal)
    parser.add_argument("file", help="draft that all have signed")
    parser.add_argument("--channel", required=True, metavar="FILE", help="channel descriptor")
    _add_previous(parser)
    parser.add_argument("--out", required=True, metavar="FILE", help="mandate to write")
    parser.add_argument("--force", action="store_true", help="replace a file that exists")


def _add_previous(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--previous",
        action="append",
        default=[],
        metavar="FILE",
        help="a mandate of the party before it, once for each, from version 1 on",
    )


def _make(args: argparse.Namespace) -> int:
    common.check_free([args.out], force=args.force)
    channel = common.load_channel(args.channel)
    if args.party not in channel.parties:
        raise common.Trouble(f"--party {args.party}: not a party of the channel")
    previous = _previous(args.previous, channel)
    if previous is not None and previous.payload.party != args.party:
        raise common.Trouble(f"--previous: a mandate of {previous.payload.party}, expected {args.party}")
    _check_ending(args, previous)
    draft = draft_mandate(
        channel,
        args.party,
        [common.load_identity(path, exercise=channel.descriptor.exercise) for path in args.identity],
        issued=args.issued,
        expires=args.expires,
        signers=args.signer,
        previous=previous,
        confirmed=args.confirm,
        reason=REASONS[args.reason] if args.reason else None,
        stands=args.stands,
        emergencies=args.emergency,
    )
    common.write(args.out, draft.data, force=args.force)
    payload = review_mandate(draft, channel)
    print(text.ceremony(payload, draft, channel, previous.payload if previous else None))
    if previous is None:
        print(f"This is the first mandate of {quote(args.party)}; one that follows another needs --previous.")
    print(f"wrote {quote(args.out)}, check code {check_code(draft.id)}")
    return 0


def _review(args: argparse.Namespace) -> int:
    channel = common.load_channel(args.channel)
    draft = _draft(args.file)
    payload, previous = review_mandate(draft, channel), _previous(args.previous, channel)
    print(text.ceremony(payload, draft, channel, previous.payload if previous else None))
    try:
        check_mandate(draft, channel, previous)
    except Refused as refusal:
        if previous is None and payload.version > 1:
            raise common.Trouble(_give_previous(args.file, payload)) from None
        print(f"DO NOT SIGN: {escape(str(refusal))}")
        return 1
    print(_missing(draft, payload) or "all have signed; next: launchnotice mandate seal")
    return 0


def _sign(args: argparse.Namespace) -> int:
    if args.out is not None:
        common.check_free([args.out], force=args.force)
    channel = common.load_channel(args.channel)
    draft = _draft(args.file)
    payload = review_mandate(draft, channel)
    previous = _previous(args.previous, channel)
    if previous is not None:
        check_mandate(draft, channel, previous)
    key_file = common.read(args.key, MAX_KEY_FILE)
    # Nobody signs what he or she has not seen.
    print(text.ceremony(payload, draft, channel, previous.payload if previous else None), flush=True)
    if previous is None and payload.version > 1:
        print("NOT COMPARED with the mandate before it: --previous shows what changes", flush=True)
    signed = sign_mandate(draft, channel, _keys(args, key_file))
    # A draft that is replaced loses nothing: it gains signatures.
    common.write(args.out or args.file, signed.data, force=args.force or args.out is None)
    print(f"signed; wrote {quote(args.out or args.file)}, check code {check_code(draft.id)}")
    print(_missing(signed, payload) or "all have signed; next: launchnotice mandate seal")
    return 0


def _seal(args: argparse.Namespace) -> int:
    common.check_free([args.out], force=args.force)
    channel = common.load_channel(args.channel)
    draft = _draft(args.file)
    payload = review_mandate(draft, channel)
    missing = _missing(draft, payload)
    if missing:
        raise common.Trouble(f"{args.file}: {missing}")
    previous = _previous(args.previous, channel)
    if previous is None and payload.version > 1:
        raise common.Trouble(_give_previous(args.file, payload))
    data = seal_mandate(draft, channel, previous)
    common.write(args.out, data, force=args.force)
    print(f"mandate: verified, wrote {quote(args.out)}; its id:\n{groups(draft.id)}")
    return 0


def _show(args: argparse.Namespace) -> int:
    channel, previous = common.context(args.channel, args.previous, "--previous")
    found = common.take_apart(args.file, common.read(args.file), channel, previous)
    if found.what not in ("mandate", "mandate draft"):
        raise common.Trouble(f"{args.file}: expected a mandate or its draft, got {_article(found.what)}")
    return common.show(found, as_json=args.json)


def _diff(args: argparse.Namespace) -> int:
    old, new = _payload(args.old), _payload(args.new)
    if old.party != new.party or old.channel != new.channel:
        raise common.Trouble(f"{args.new}: expected a mandate of {quote(old.party)} in the same channel")
    print("NOT VERIFIED: what two files say; launchnotice mandate show verifies each\n")
    print("\n".join([f"WHAT CHANGES for {quote(new.party)}", *layout(changes(old, new))]))
    print("\n".join(["", "WHAT IT DOES", *layout(effect(new))]))
    return 0


def _fingerprint(args: argparse.Namespace) -> int:
    nodes = [Node(quote(path), "", tuple(_prints(path))) for path in args.file]
    print("\n".join(layout(nodes, 0)))
    return 0


def _prints(path: str) -> list[Node]:
    """What is compared of a file: an id, or the thumbprint of each key."""
    found = common.take_apart(path, common.read(path), None, [])
    if found.what in ("mandate", "mandate draft"):
        payload = _payload(path)
        what = f"{found.what} of {quote(payload.party)}, version {payload.version}"
        return [Node(what, groups(found.id or b""))]
    if found.what != "identity":
        raise common.Trouble(f"{path}: expected an identity or a mandate, got {_article(found.what)}")
    identity = common.load_identity(path)
    keys = tuple(Node(label(key.alg), groups(key.kid)) for key in identity.keys)
    return [Node(quote(identity.label), label(identity.role), keys)]


def _payload(path: str) -> MandatePayload:
    """What a mandate or its draft says, unverified."""
    data = common.read(path)
    try:
        return load_payload(Draft.load(data).payload)
    except Refused:
        pass  # then it is a mandate
    try:
        return load_payload(cose.parse(data, MAX_MANDATE).payload)
    except Refused:
        raise common.Trouble(f"{path}: expected a mandate or its draft") from None


def _give_previous(path: str, payload: MandatePayload) -> str:
    last = payload.version - 1
    return (
        f"{path}: version {payload.version}; give --previous for each mandate before it, versions 1 to {last}"
    )


def _article(what: str) -> str:
    return f"{'an' if what[0] in 'aeiou' else 'a'} {what}"


def _epoch(word: str) -> tuple[int, bytes]:
    number, _, random = word.partition(":")
    try:
        Epoch(number=int(number), random=bytes.fromhex(random))
    except (ValueError, UsageError):
        raise argparse.ArgumentTypeError(
            f"{word!r}: expected NUMBER:HEX with 32 hexadecimal digits"
        ) from None
    return int(number), bytes.fromhex(random)


def _standing(word: str) -> Standing:
    try:
        number, random, seq, notice = word.split(":")
        return Standing(
            epoch=Epoch(number=int(number), random=bytes.fromhex(random)),
            last=Position(seq=int(seq), id=bytes.fromhex(notice)),
        )
    except (ValueError, UsageError):
        raise argparse.ArgumentTypeError(
            f"{word!r}: expected NUMBER:HEX:SEQ:ID with 32 and 64 hexadecimal digits"
        ) from None


def _id(word: str) -> bytes:
    try:
        DIGEST.check(found := bytes.fromhex(word))
    except (ValueError, Refused):
        raise argparse.ArgumentTypeError(f"{word!r}: expected 64 hexadecimal digits") from None
    return found


def _check_ending(args: argparse.Namespace, previous: Mandate | None) -> None:
    """What contradicts itself is said before anybody signs it, and by the names of the options."""
    if args.reason and previous is None:
        raise common.Trouble(f"--reason {args.reason}: the first mandate is initial; give --previous")
    if args.stands and args.reason in {None, "routine"}:
        raise common.Trouble("--stands: give --reason compromise, fork or loss; else all notices stand")
    if args.emergency and args.reason != "compromise":
        raise common.Trouble("--emergency: give --reason compromise; else all emergency notices stand")
    if args.reason == "loss" and not args.stands:
        raise common.Trouble("--reason loss: give --stands for each epoch whose end was lost")
    for option, epochs in (
        ("--stands", [(one.epoch.number, one.epoch.random) for one in args.stands]),
        ("--confirm", args.confirm),
    ):
        twice = [epoch for epoch in epochs if epochs.count(epoch) > 1]
        if twice:
            raise common.Trouble(f"{option} {twice[0][0]}:{twice[0][1].hex()}: given twice")


def _previous(paths: list[str], channel: Channel) -> Mandate | None:
    if not paths:
        return None
    chain: list[bytes] = []
    for path in paths:
        chain.append(common.read_mandate(path, "--previous"))
        try:
            mandate = verify_mandates(channel, chain)
        except Refused as error:
            raise common.Trouble(f"--previous {path}: {error}") from None
    return mandate


def _missing(draft: Draft, payload: MandatePayload) -> str:
    """Who has not signed, by label; nothing if all have."""
    labels = {key.kid: one.label for one in payload.identities for key in one.keys}
    left = [line.kid for line in payload.manifest if line.kid not in draft.signatures]
    names = dict.fromkeys(labels.get(kid, f"an earlier key {kid.hex()[:16]}") for kid in left)
    return f"signatures are missing, of {', '.join(map(quote, names))}" if names else ""


def _draft(path: str) -> Draft:
    data = common.read(path)
    try:
        return Draft.load(data)
    except Refused as error:
        raise common.Trouble(f"{path}: no draft: {error}") from None


def _keys(args: argparse.Namespace, data: bytes) -> tuple[SigningKey, ...]:
    try:
        return load_keys(data, common.passphrase(args))
    except UsageError as error:
        raise common.wrong_passphrase(args.key, error) from None
