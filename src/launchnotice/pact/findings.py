"""Findings: something true and noteworthy about an accepted notice. Facts, not verdicts."""

from __future__ import annotations

from launchnotice.registry import Evidence, FindingCode
from launchnotice.wire.bounds import MAX_LABEL, MAX_REMARK
from launchnotice.wire.codecs import Enumeration, Text
from launchnotice.wire.geo import shape_problems
from launchnotice.wire.record import Record, field


class Finding(Record):
    """One finding: its code, the rule that it comes from and the values compared.

    `article` and `evidence` are absent when the rule is the protocol's own and not an agreement's.
    """

    name: str = field(1, Text(MAX_LABEL), "code of the registry")
    subject: str | None = field(2, Text(MAX_LABEL), "the field or fact that was looked at", default=None)
    expected: str | None = field(3, Text(MAX_REMARK), "what the rule asks for", default=None)
    found: str | None = field(4, Text(MAX_REMARK), "what the notice says", default=None)
    article: str | None = field(5, Text(MAX_LABEL), "article of the agreement", default=None)
    evidence: Evidence | None = field(
        6, Enumeration(Evidence), "how well the rule's constants are known", default=None
    )

    @property
    def code(self) -> FindingCode:
        """The finding's code."""
        return FindingCode(self.name)


def protocol_finding(
    code: FindingCode, subject: str | None = None, expected: str | None = None, found: str | None = None
) -> Finding:
    """A finding under a rule of LNP/1 itself."""
    return Finding(name=code.value, subject=subject, expected=expected, found=found)


def content_findings(body: Record) -> list[Finding]:
    """What a reader cannot interpret in a body, or what is wrong with its shapes: shown, never refused."""
    unknown = ", ".join(body.unknown_fields())[:MAX_LABEL]
    fields = [protocol_finding(FindingCode.UNKNOWN_FIELDS, found=unknown)] if unknown else []
    return fields + shape_findings(body)


def shape_findings(body: Record) -> list[Finding]:
    """What is wrong with the shapes of a body's areas (R-AREA-4)."""
    return [protocol_finding(FindingCode.AREA_SHAPE, found=problem) for problem in shape_problems(body)]
