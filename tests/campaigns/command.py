"""What the commands of campaigns share: options, where failures are stored, and what a replay prints."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path


def options(name: str, doc: str | None, counted: str) -> argparse.Namespace:
    """The options of a campaign that stores its failures; `counted` is what a run's size is a number of."""
    parser = argparse.ArgumentParser(prog=f"python -m tests.campaigns.{name}", description=doc)
    parser.add_argument("--seed", type=int, default=1, help="of everything random")
    parser.add_argument(f"--{counted}", type=int, help="how many, at least")
    parser.add_argument("--quick", action="store_true", help="less of everything")
    parser.add_argument("--json", action="store_true", help="print one object")
    parser.add_argument("--out", type=Path, help="where failures are stored; else a temporary file")
    parser.add_argument("--first", action="store_true", help="stop at the first failure")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="run stored failures again")
    parser.add_argument("--planted", action="store_true", help="run with each planted fault")
    return parser.parse_args()


def temporary(name: str) -> Path:
    """A new file for a campaign's failures."""
    descriptor, path = tempfile.mkstemp(".json", f"launchnotice-{name}-")
    os.close(descriptor)
    return Path(path)


def show_replay(found: Iterable[tuple[str, tuple[str, str] | None]]) -> int:
    """Print which stored failures fail again, and how; 1 if any does."""
    failed = False
    for check, violation in found:
        print(f"{check}: {', '.join(violation) if violation else 'does not fail'}")
        failed = failed or violation is not None
    return 1 if failed else 0
