"""`launchnotice demo`: a whole exchange of two centres, and the proof that both tell the same.

The facts of both journals are read back by fresh processes and compared; the command succeeds
only if they agree.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from launchnotice import Channel, LaunchnoticeError, times
from launchnotice.cli.common import SUITES, Trouble
from launchnotice.cli.demo.play import perform
from launchnotice.cli.demo.setting import (
    CENTRES,
    PASSPHRASE,
    START,
    FileStore,
    carry_keys,
    make_keys,
    make_setting,
)
from launchnotice.registry import Suite, label

_READBACK_TIMEOUT: Final = 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("--dir", type=Path, help="empty folder to keep everything in (default: a fresh one)")
    parser.add_argument("--suite", choices=SUITES, default="hybrid", help="signature suite")
    parser.add_argument("--seed", type=int, default=1988, help="of the line and the keys (default: 1988)")


def run(args: argparse.Namespace) -> int:
    """Play the exchange and compare the journals; 0 only if they agree and every check held, else 1."""
    if args.dir is None:
        with tempfile.TemporaryDirectory(prefix="launchnotice-demo-") as folder:
            return _run(Path(folder), SUITES[args.suite], args.seed)
    args.dir.mkdir(parents=True, exist_ok=True)
    if any(args.dir.iterdir()):
        raise Trouble(f"{args.dir}: not empty")
    return _run(args.dir, SUITES[args.suite], args.seed)


def _run(folder: Path, suite: Suite, seed: int) -> int:
    try:
        failures = exchange(folder, suite, seed) or compare(folder)
    except LaunchnoticeError as error:
        failures = [str(error)]
    for failure in failures:
        print(f"FAILED: {failure}")
    return 1 if failures else 0


def exchange(folder: Path, suite: Suite, seed: int) -> list[str]:
    """Set up both centres in the folder and let them play; gives the checks that failed."""
    print(f"suite {label(suite)}, seed {seed}; keys and line follow from the seed, so it can be repeated")
    made = make_keys(suite, seed)
    keys = carry_keys(folder / "keys", made)
    count = sum(len(holders) for holders in keys.values())
    print(f"{count} key files, encrypted under {PASSPHRASE.decode()!r}")
    setting = make_setting(keys, suite, seed, folder)
    channel = Channel.load(setting.descriptor)
    print(f"channel {channel.id.hex()}")
    print(f"agreement: {channel.descriptor.agreement.title}")
    print(f"clock: simulated, from {times.format_instant(START)}")
    stores = {code: FileStore(folder, code) for code in CENTRES}
    outcome = perform(setting, dict(stores), seed, print)
    print(f"\nthe line lost {outcome.lost}, repeated {outcome.repeated} and reordered {outcome.reordered}")
    return outcome.failures


def compare(folder: Path) -> list[str]:
    """Read both journals in fresh processes and compare what they say; gives the differences."""
    sides = [_read(folder, code) for code in CENTRES]
    failures = [side for side in sides if isinstance(side, str)]
    if failures:
        return failures
    from launchnotice.cli.demo import readback  # also run as a program of its own

    one, other = (side for side in sides if isinstance(side, dict))
    found = readback.differences(one, other)
    if not found:
        shared = len(one["envelopes"].keys() & other["envelopes"].keys())
        print(
            f"both journals agree: {len(one['notices'])} notices, {shared} identical envelopes on both sides"
        )
    return found


def _read(folder: Path, code: str) -> dict[str, Any] | str:
    """The facts of one journal, or why it could not be read."""
    store = FileStore(folder, code)
    arguments = [folder / "channel.lnp", code, store.journal, store.anchor]
    command = [sys.executable, "-m", "launchnotice.cli.demo.readback", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_READBACK_TIMEOUT, check=False)  # noqa: S603 - our own module
    if done.returncode:
        return f"{code}: {done.stderr.strip().splitlines()[-1:]}"
    facts: dict[str, Any] = json.loads(done.stdout)
    return facts
