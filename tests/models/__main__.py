"""Check the models of the protocol in ``spec/models`` with TLC: ``python -m tests.models``.

A line for each figure: `NAME value goal PASS|FAIL`, as JSON with `--json`. The value is the number
of distinct states where a model must hold, else the property that was refuted. `--quick` leaves
the large configurations out; `--show NAME` prints all that TLC says of one, a trace included.
The exit status is 1 if any figure misses its goal, and 2 if Java or the checker is missing.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from tests.models.checker import HOLDS, Tools, Unavailable, Verdict, check, find_tools
from tests.models.runs import RUNS, Run

CORES = 2


class Result(NamedTuple):
    """One figure."""

    run: Run
    verdict: Verdict

    @property
    def passed(self) -> bool:
        return self.verdict.outcome == self.run.expected and self.verdict.states >= self.run.states

    @property
    def value(self) -> str:
        held = self.verdict.outcome == self.run.expected == HOLDS
        return str(self.verdict.states) if held else self.verdict.outcome

    @property
    def goal(self) -> str:
        return f">={self.run.states}" if self.run.expected == HOLDS else self.run.expected

    def line(self) -> str:
        return f"{self.run.kind}/{self.run.name} {self.value} {self.goal} {'PASS' if self.passed else 'FAIL'}"

    def record(self) -> dict[str, object]:
        return {
            "kind": self.run.kind,
            "name": self.run.name,
            "module": self.run.module,
            "value": self.value,
            "goal": self.goal,
            "states": self.verdict.states,
            "seconds": round(self.verdict.seconds, 1),
            "passed": self.passed,
        }


def results(tools: Tools, runs: Sequence[Run]) -> Iterator[Result]:
    """Small ones side by side, one worker each; then the large ones, with all cores."""
    small = [run for run in runs if run.quick]
    with ThreadPoolExecutor(CORES) as pool:
        found = pool.map(lambda run: check(tools, run.module, run.config, 1), small)
        for run, verdict in zip(small, found, strict=True):
            yield Result(run, verdict)
    for run in runs:
        if not run.quick:
            yield Result(run, check(tools, run.module, run.config, CORES))


def main(arguments: Sequence[str] | None = None) -> int:
    """Check what was asked for; 0 if every figure meets its goal."""
    parser = argparse.ArgumentParser(prog="python -m tests.models", description=__doc__)
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--quick", action="store_true", help="without the large configurations")
    parser.add_argument("--show", metavar="NAME", help="one configuration, with all that TLC says")
    args = parser.parse_args(arguments)
    try:
        tools = find_tools()
    except Unavailable as reason:
        print(f"the models were NOT checked: {reason}", file=sys.stderr)
        return 2
    runs = [run for run in RUNS if args.show in {None, run.name} and (run.quick or not args.quick)]
    if not runs:
        parser.error(f"there is no configuration {args.show}")
    done: list[Result] = []
    for result in results(tools, runs):
        done.append(result)
        if not args.json:
            print(result.line(), flush=True)
        if args.show or result.verdict.outcome == "error":
            print(result.verdict.output, file=sys.stderr)
    if args.json:
        print(json.dumps([result.record() for result in done], indent=1))
    return 0 if all(result.passed for result in done) else 1


if __name__ == "__main__":
    raise SystemExit(main())
