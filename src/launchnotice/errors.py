"""Every exception that leaves the library.

- `UsageError`: the local caller asked for something that the rules do not allow. (`Stale`,
  which carries a fresh draft, stands beside `Draft`.)
- `Refused`: bytes were not accepted; everything below the endpoint raises it and
  `Endpoint.receive` alone turns exactly that into `Step.refusal`.
- `JournalError`: the store failed, or holds something that it should not.

Anything else that escapes is a defect of the library. No message carries the content
of a notice: only field names, types and limits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from launchnotice.registry.namedtuples import NamedTuple

if TYPE_CHECKING:
    from launchnotice.registry import Refusal, Usage


class LaunchnoticeError(Exception):
    """Root of all errors of this library."""


class Problem(NamedTuple):
    """One thing wrong with a file that a person wrote: where, what stands there, what belongs there."""

    key: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.key}: found {self.found}, expected {self.expected}"


class UsageError(LaunchnoticeError):
    """The local caller broke a rule of the API or of the protocol.

    Attributes:
        code: stable code from the registry (`spec/registry.json`, "usage").
        problems: of a file that a person wrote, everything that is wrong with it.
    """

    def __init__(self, code: Usage, detail: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(f"{code.value}: {detail}")
        self.code = code
        self.detail = detail
        self.problems = problems


class Refused(LaunchnoticeError):
    """Bytes were not accepted.

    Attributes:
        code: stable code from the registry (`spec/registry.json`, "refusals").
        detail: where and why, without content: ``"window.start: expected integer, got text"``.
        party: with `unknown-mandate` and `mandate-gap`, the party that the bytes claim to be
            from and that is asked for what is missing; None with every other code.
    """

    def __init__(self, code: Refusal, detail: str, party: str | None = None) -> None:
        super().__init__(f"{code.value}: {detail}")
        self.code = code
        self.detail = detail
        self.party = party

    def within(self, place: str) -> Refused:
        """The same refusal, its detail prefixed with the place where it happened."""
        joint = "." if ": " in self.detail else ": "
        return Refused(self.code, f"{place}{joint}{self.detail}")


class JournalError(LaunchnoticeError):
    """The store failed; whether an append took effect is then unknown until the next fold."""


class Conflict(JournalError):
    """Another writer appended first; nothing of this append was stored."""


class Corrupt(JournalError):
    """A journal or anchor is damaged, foreign, truncated or of an unknown format."""
