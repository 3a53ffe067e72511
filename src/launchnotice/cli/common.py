"""What the commands share: files that are read within bounds and never overwritten unasked,
passphrases, the clock.
"""

from __future__ import annotations

import argparse
import getpass
import json
import os
import re
import secrets
import sys
import time
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import launchnotice
from launchnotice import (
    Agreement,
    Channel,
    Draft,
    Identity,
    LaunchnoticeError,
    Refused,
    UsageError,
    parse_agreement,
    times,
)
from launchnotice.pact.mandate import UnverifiedMandate
from launchnotice.registry import Suite, Usage, label
from launchnotice.render.inspect import MAX_OBJECT, Inspection, inspect, parse_identity
from launchnotice.render.verdict import hold
from launchnotice.wire import cose
from launchnotice.wire.bounds import MAX_MESSAGE
from launchnotice.wire.message import parse_contents
from launchnotice.wire.record import Record

PASSPHRASE_VARIABLE: Final = "LAUNCHNOTICE_PASSPHRASE"
MAX_SMALL_FILE: Final = 65_536
"""Bytes of a passphrase, identity or agreement file."""

SUITES: Final = {label(suite).replace(" ", "-"): suite for suite in Suite}
"""Suites as they are named on the command line: by the registry's label, as one word."""

PRIVATE_KEY: Final = re.compile(rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----")


class Trouble(Exception):
    """Something outside the library went wrong; said in one line, exit status 2."""


# Files ---------------------------------------------------------------------------------


def read(path: str, limit: int = MAX_OBJECT) -> bytes:
    """A file's bytes, ``-`` for standard input; not empty and no more than the limit."""
    try:
        if path == "-":
            data = sys.stdin.buffer.read(limit + 1) if sys.stdin else b""
        else:
            with Path(path).open("rb") as file:
                data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        raise Trouble(f"{path}: {_reason(error)}") from None
    if not data:
        raise Trouble(f"{path}: empty")
    if len(data) > limit:
        raise Trouble(f"{path}: larger than {limit:,} bytes")
    return data


def someone_writes(path: str, what: str) -> None:
    """Leave nobody waiting at a terminal for what nobody knows is asked for."""
    if path == "-" and sys.stdin and sys.stdin.isatty():
        raise Trouble(f"give a file, or {what} on standard input")


def write(path: str, data: bytes, *, force: bool = False, private: bool = False) -> None:
    """Write a whole file or none; one that exists only by force.

    Args:
        path: where. `data`: what.
        force: replace a file that exists. `private`: only its owner may read it.
    """
    target = made = Path(path)
    try:
        if force:
            # What is replaced stays whole until the new file is.
            made = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        file = open(made, "xb", opener=_owner_only if private else None)  # noqa: SIM115 - closed below
    except FileExistsError:
        raise Trouble(f"{path}: exists; --force replaces it") from None
    except (OSError, ValueError) as error:
        raise Trouble(f"{path}: {_reason(error)}") from None
    try:
        with file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        made.replace(target)
    except OSError as error:
        made.unlink(missing_ok=True)
        raise Trouble(f"{path}: {_reason(error)}") from None


def check_free(paths: Iterable[str], *, force: bool) -> None:
    """Find out before the work is done that a file exists which nobody asked to replace."""
    for path in paths:
        if not force and os.path.lexists(path):
            raise Trouble(f"{path}: exists; --force replaces it")


def remove(path: str) -> None:
    """Take back a file that was just written."""
    Path(path).unlink(missing_ok=True)


def load_channel(path: str) -> Channel:
    """The channel of a descriptor file."""
    data = read(path)
    try:
        return Channel.load(data)
    except LaunchnoticeError as error:
        raise Trouble(f"{path}: no channel descriptor: {error}") from None


def load_agreement(name: str) -> Agreement:
    """An agreement that ships with the library, or that of a ``.toml`` file."""
    if not name.endswith(".toml"):
        return launchnotice.load_agreement(name)
    data = read(name, MAX_SMALL_FILE)
    try:
        return parse_agreement(data.decode())
    except (UnicodeDecodeError, UsageError) as error:
        detail = error.detail if isinstance(error, UsageError) else "expected UTF-8"
        raise Trouble(f"{name}: {detail}") from None


def context(channel: str | None, mandates: list[str], option: str) -> tuple[Channel | None, list[bytes]]:
    """The channel and the verified mandates in which an object is to be verified.

    Args:
        channel: the descriptor's file, if one is given. `mandates`: files, given by that `option`.
    """
    if channel is None:
        if mandates:
            raise Trouble(f"{option} needs --channel")
        return None, []
    known = load_channel(channel)
    found = [read_mandate(path, option) for path in mandates]
    try:
        hold(known, found)
    except Refused as error:
        raise Trouble(f"{option}: {error}") from None
    return known, found


def read_mandate(path: str, option: str) -> bytes:
    """The bytes of a file that claims to be a mandate, given by that `option`."""
    data = read(path)
    try:
        UnverifiedMandate.parse(data)
    except Refused as error:
        raise Trouble(f"{option} {path}: no mandate: {error}") from None
    return data


def read_notice(path: str) -> tuple[bytes, Record]:
    """The message id and the body of a message or draft; no signature of it is verified."""
    data = read(path)
    try:
        if data[:2] == cose.TAG:
            envelope = cose.parse(data, MAX_MESSAGE)
            message, payload = envelope.message_id, envelope.payload
        else:
            draft = Draft.load(data)
            message, payload = draft.id, draft.payload
        body = parse_contents(payload).readable()
    except Refused as error:
        raise Trouble(f"{path}: no message or draft: {error}") from None
    if body is None or body.unknown_fields():
        raise Trouble(f"{path}: not all of it can be read here")
    return message, body


def take_apart(path: str, data: bytes, channel: Channel | None, mandates: list[bytes]) -> Inspection:
    """An object of a file, verified if there is a channel."""
    try:
        return inspect(data, channel, mandates)
    except Refused as error:
        if PRIVATE_KEY.search(data):
            raise Trouble(f"{path}: a private key file; it is shown to nobody") from None
        raise Trouble(f"{path}: {error}") from None


def show(found: Inspection, *, as_json: bool) -> int:
    """Print an object; the exit status says whether a peer would refuse it."""
    print(to_json(found.to_json()) if as_json else found.text(), end="")
    return status(found)


def status(found: Inspection) -> int:
    """The exit status of what was shown."""
    return 1 if found.verdict.refusal else 0


def load_identity(path: str, *, exercise: bool | None = None) -> Identity:
    """The identity of a public identity file, its keys checked.

    Args:
        path: where. `exercise`: whether the channel that it is for is an exercise; None: for none.
    """
    data = read(path, MAX_SMALL_FILE)
    try:
        identity, drill = parse_identity(data)
    except LaunchnoticeError as error:
        raise Trouble(f"{path}: no public identity file: {error}") from None
    if exercise is not None and drill is not exercise:
        sides = (
            "keys for exercises, and the channel is real"
            if drill
            else "keys of no exercise, and the channel is one"
        )
        raise Trouble(f"{path}: {sides}")
    return identity


def dump_identity(identity: Identity, *, exercise: bool = False) -> bytes:
    """The bytes of a public identity file; one for exercises says so first."""
    mark = {"exercise": True} if exercise else {}
    return to_json({**mark, **identity.to_json()}).encode()


def to_json(value: Any) -> str:
    """JSON for people and programs, in ASCII."""
    return json.dumps(value, indent=2) + "\n"


# Passphrases and time ------------------------------------------------------------------


def add_passphrase(parser: argparse.ArgumentParser) -> None:
    """The options that `passphrase` reads."""
    parser.add_argument(
        "--passphrase-file",
        metavar="FILE",
        help=f"file with the passphrase; else ${PASSPHRASE_VARIABLE}, else it is asked for",
    )


def passphrase(args: argparse.Namespace, *, twice: bool = False) -> bytes:
    """The passphrase of a key file: from a file, the environment or whoever sits there.

    Args:
        args: parsed arguments. `twice`: ask again, to find a slip of the fingers.
    """
    if args.passphrase_file is not None:
        return _not_empty(_first_line(read(args.passphrase_file, MAX_SMALL_FILE)))
    given = os.environ.get(PASSPHRASE_VARIABLE)
    if given is not None:
        return _not_empty(os.fsencode(given))
    found = _not_empty(_ask("Passphrase: "))
    if twice and _ask("The same again: ") != found:
        raise Trouble("the two passphrases differ")
    return found


def now() -> int:
    """The time by this machine's clock, in seconds."""
    return int(time.time())


def moment(text: str) -> int:
    """An argument that is a time: ``now`` or RFC 3339 in UTC."""
    if text == "now":
        return now()
    try:
        return times.parse_instant(text)
    except Refused as error:
        raise argparse.ArgumentTypeError(error.detail) from None


def wrong_passphrase(path: str, error: UsageError) -> Trouble:
    """What to say of a key file that cannot be used."""
    if error.code is Usage.WRONG_PASSPHRASE:
        return Trouble(f"{path}: wrong passphrase, or the file is damaged")
    return Trouble(f"{path}: {error.detail}")


# Helpers -------------------------------------------------------------------------------


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or "not a usable path"


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _first_line(data: bytes) -> bytes:
    return data.splitlines()[0]


def _not_empty(data: bytes) -> bytes:
    if not data:
        raise Trouble("the passphrase is empty")
    return data


def _ask(prompt: str) -> bytes:
    try:
        with warnings.catch_warnings():
            # Without a terminal getpass would warn and echo; then there is nobody to ask.
            warnings.simplefilter("error", getpass.GetPassWarning)
            return getpass.getpass(prompt).encode("utf-8", "surrogateescape")
    except (getpass.GetPassWarning, EOFError):
        raise Trouble(
            f"no passphrase: give --passphrase-file or ${PASSPHRASE_VARIABLE}, or run it in a terminal"
        ) from None
