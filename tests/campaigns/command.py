"""What the commands of campaigns share: options, where failures are stored, and what is printed."""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from tests.campaigns import planted
from tests.campaigns.failures import Failure
from tests.campaigns.figures import Figure, show

S_contra = TypeVar("S_contra", contravariant=True)
S = TypeVar("S")


class Totals(Protocol[S_contra]):
    """What a run saw."""

    failures: list[Failure]

    def figures(self, size: S_contra, /) -> list[Figure]:
        """The figures with their goals."""

    def tables(self) -> dict[str, Any]:
        """What the figures count, by name."""


class Campaign(Protocol[S]):
    """What stores its failures and runs them again: a campaign of schedules, or a module."""

    def size(self, least: int | None, /, *, quick: bool) -> S:
        """How much is tried."""

    def run(self, size: S, seed: int, /, *, stop_early: bool) -> Totals[S]:
        """Try as much on all processors; stop at a failure if told so."""

    def store(self, found: list[Failure], path: Path, /) -> None:
        """Write failures as JSON."""

    def replay(self, path: Path, /) -> list[tuple[str, tuple[str, str] | None]]:
        """Run stored failures again: the check that failed, and what fails now."""


def main(faults: planted.Faults, campaign: Campaign[S], doc: str | None, counted: str) -> int:
    """Run what the arguments say; `counted` is what a run's size is a number of."""
    args = options(faults.campaign, doc, counted)
    if args.replay:
        return show_replay(campaign.replay(args.replay))
    if args.planted:
        return planted.main(faults, as_json=args.json)
    begun = time.monotonic()
    size = campaign.size(getattr(args, counted), quick=args.quick)
    totals = campaign.run(size, args.seed, stop_early=args.first)
    figures, tables = timed(totals.figures(size), begun), totals.tables()
    if totals.failures:
        campaign.store(totals.failures, path := args.out or temporary(faults.campaign))
        tables["failures"] = [str(path)]
    return conclude(figures, tables, as_json=args.json)


def parser(name: str, doc: str | None) -> argparse.ArgumentParser:
    """The options of every campaign."""
    made = argparse.ArgumentParser(prog=f"python -m tests.campaigns.{name}", description=doc)
    made.add_argument("--seed", type=int, default=1, help="of everything that is drawn at random")
    made.add_argument("--quick", action="store_true", help="less of everything")
    made.add_argument("--json", action="store_true", help="print one object")
    return made


def options(name: str, doc: str | None, counted: str) -> argparse.Namespace:
    """The options of a campaign that stores its failures."""
    made = parser(name, doc)
    made.add_argument(f"--{counted}", type=int, help="how many, at least")
    made.add_argument("--out", type=Path, help="where failures are stored; else a temporary file")
    made.add_argument("--first", action="store_true", help="stop at the first failure")
    made.add_argument("--replay", type=Path, metavar="FILE", help="run stored failures again")
    made.add_argument("--planted", action="store_true", help="run with each planted fault")
    return made.parse_args()


def timed(figures: Sequence[Figure], begun: float) -> list[Figure]:
    """Figures, and the seconds since a run began."""
    return [*figures, Figure("seconds", round(time.monotonic() - begun))]


def conclude(figures: Sequence[Figure], tables: Mapping[str, Any], *, as_json: bool) -> int:
    """Print a run; 1 if a goal is missed."""
    return 0 if show(figures, tables, as_json=as_json) else 1


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
