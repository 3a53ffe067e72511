"""What campaigns find: violations, the failures that are kept of them, and how these are stored."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

Failure: TypeAlias = dict[str, Any]
KEPT: Final = 50
"""Failures stored of one run; more of them say nothing new."""


class Violation(Exception):
    """A promise was broken: which check found it, and what it saw."""

    def __init__(self, check: str, detail: str) -> None:
        super().__init__(f"{check}: {detail}")
        self.check, self.detail = check, detail


class Failures:
    """The failures of a run: how many of each check, and the first ones."""

    def __init__(self) -> None:
        self.broken: Counter[str] = Counter()
        self.failures: list[Failure] = []

    def fail(self, where: Mapping[str, Any], violation: tuple[str, str]) -> None:
        """Count a failure; it is kept with what it takes to run it again."""
        check, detail = violation
        self.broken[check] += 1
        if len(self.failures) < KEPT:
            self.failures.append({"check": check, "detail": detail, **where})

    def tables(self) -> dict[str, Any]:
        """How many failed, by check."""
        return {"violations by check": dict(sorted(self.broken.items()))}


def store(failures: Iterable[Failure], path: Path, shorten: Callable[[Failure], Failure]) -> None:
    """Write failures as JSON, the first with events of each check made as short as it can be."""
    seen: set[str] = set()
    rows = []
    for failure in failures:
        first = "events" in failure and failure["check"] not in seen
        if first:
            seen.add(failure["check"])
        rows.append(shorten(failure) if first else failure)
    path.write_text(json.dumps(rows, indent=1) + "\n")
