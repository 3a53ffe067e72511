"""Agreements as data: what a treaty or code says, and what a notice looks like under it.

- An agreement is a TOML file, read into an `Agreement` that the channel descriptor carries
  whole, so that both sides run the same constants or have different channels.
- Each rule cites its article; a constant that was not read in the text is *provisional*.
- A `Judge` gives findings. It never refuses: a notice that breaks a rule is shown with that.

Not here: any agreement's name or number. They stand in `data/agreements/*.toml`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from launchnotice.errors import Refused, UsageError
from launchnotice.pact.findings import Finding
from launchnotice.registry import (
    Anchor,
    AreaForm,
    Check,
    Evidence,
    FindingCode,
    Kind,
    Refusal,
    TimeUnit,
    Usage,
    label,
)
from launchnotice.wire import times
from launchnotice.wire.bounds import MAX_LABEL, MAX_REMARK
from launchnotice.wire.codecs import Array, Date, Enumeration, Int, Text
from launchnotice.wire.geo import Area
from launchnotice.wire.launch import Amendment
from launchnotice.wire.message import BODIES
from launchnotice.wire.record import Nested, Record, field

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_NAME: Final = Text(MAX_LABEL)
_SECONDS: Final = {TimeUnit.HOURS: 3_600, TimeUnit.DAYS: times.DAY}


class Condition(Record):
    """The rule applies only if the field has one of these values."""

    subject: str = field(1, _NAME, "name of the body's field")
    values: tuple[int, ...] = field(2, Array(Int(0, 255), 1, 32), "numbers of the registry")


class Rule(Record):
    """One rule of an agreement."""

    check: Check = field(1, Enumeration(Check), "what is compared")
    kind: int = field(2, Int(1, 79), "kind of notice that it applies to")
    article: str = field(3, _NAME, "article that says so")
    evidence: Evidence = field(4, Enumeration(Evidence), "how well it is known")
    subject: str = field(5, _NAME, "name of the body's field")
    when: tuple[Condition, ...] = field(6, Array(Nested(Condition), 1, 8), "all must hold", default=())
    values: tuple[int, ...] = field(7, Array(Int(0, 255), 1, 32), "values allowed", default=())
    amount: int | None = field(8, Int(0, 10_000), "the number of a time rule", default=None)
    unit: TimeUnit | None = field(9, Enumeration(TimeUnit), "its unit", default=None)
    anchor: Anchor | None = field(10, Enumeration(Anchor), "from when a lead time counts", default=None)
    provisional: tuple[str, ...] = field(
        11, Array(_NAME, 1, 8), "which of its constants were not read in the text", default=()
    )

    def validate(self) -> None:
        """A rule has what its check needs."""
        missing = [name for name in _NEEDS[self.check] if _absent(getattr(self, name))]
        if missing:
            raise Refused(Refusal.INCONSISTENT, f"a {label(self.check)} rule needs {', '.join(missing)}")
        if any(len(set(values)) < len(values) for values in (self.values, *(c.values for c in self.when))):
            raise Refused(Refusal.DUPLICATE_ENTRY, "a value occurs once")
        body = BODIES.get(self.kind)
        if body is not None:
            _check_subject(body, self.subject, _SUBJECTS[self.check], self.values)
            for condition in self.when:
                _check_subject(body, condition.subject, Enumeration, condition.values)

    @property
    def known(self) -> Evidence:
        """The evidence of the rule with all its constants."""
        return Evidence.PROVISIONAL if self.provisional else self.evidence


class Agreement(Record):
    """What a treaty or code says of notices."""

    id: str = field(1, _NAME, "short name, also the name of its file")
    title: str = field(2, Text(MAX_REMARK), "full title")
    status: str = field(3, Text(MAX_REMARK), "in force since when, between whom")
    sources: tuple[str, ...] = field(4, Array(Text(MAX_REMARK), 1, 32), "what was read")
    rules: tuple[Rule, ...] = field(5, Array(Nested(Rule), 0, 128), "its rules")

    def validity(self, kind: int, body: Record) -> tuple[int, int] | None:
        """The span ``[start, end)`` in seconds in which the announced launch may take place.

        None if the notice names no time, or the agreement gives a named date no validity.
        """
        span = getattr(body, "window", None)
        if span is not None:
            return span.start, span.end
        for rule in self.rules:
            start = getattr(body, rule.subject, None)
            if rule.check is Check.VALIDITY and rule.kind == kind and type(start) is int:
                begin = times.day_start(start)
                return begin, min(begin + _seconds(rule), times.MAX_INSTANT)
        return None


def load_agreement(name: str) -> Agreement:
    """The agreement file of that name that ships with the library; raises `UsageError`."""
    if name not in agreements():
        raise UsageError(Usage.BAD_VALUE, f"no agreement named {name!r}; shipped: {', '.join(agreements())}")
    return parse_agreement((_folder() / f"{name}.toml").read_text(encoding="utf-8"))


def agreements() -> list[str]:
    """Names of the agreement files that ship with the library."""
    return sorted(
        path.name.removesuffix(".toml") for path in _folder().iterdir() if path.name.endswith(".toml")
    )


def parse_agreement(text: str) -> Agreement:
    """The agreement of a TOML text: fields and values by their names.

    Raises:
        UsageError: the text is no TOML, or breaks a rule of the format.
    """
    import tomllib

    try:
        data = tomllib.loads(text)
        return Agreement.from_json({**data, "rules": [_rule(raw) for raw in data.get("rules", ())]})
    except (Refused, ValueError, AttributeError, TypeError, RecursionError) as error:
        raise UsageError(Usage.BAD_VALUE, f"agreement: {str(error)[:200]}") from None


def _folder() -> Traversable:
    from importlib import resources

    return resources.files("launchnotice") / "data" / "agreements"


def _rule(raw: dict[str, Any]) -> dict[str, Any]:
    """Names of registry values, as a person writes them in TOML, become their numbers."""
    body = BODIES[raw["kind"]] if raw.get("kind") in BODIES else Record
    when = [
        {"subject": subject, "values": _numbers(body, subject, values)}
        for subject, values in raw.get("when", {}).items()
    ]
    named = {**raw, "when": when} if when else raw
    if "values" not in raw:
        return named
    return {**named, "values": _numbers(body, raw.get("subject", ""), raw["values"])}


def _check_subject(body: type[Record], subject: str, kind: type | None, values: tuple[int, ...]) -> None:
    """A rule looks at a field that the kind has, of the type that its check compares."""
    codecs = [row.codec for row in body.FIELDS if row.name == subject]
    if not codecs:
        raise Refused(Refusal.INCONSISTENT, f"{body.__name__} has no field for a rule to look at")
    codec = codecs[0].item if isinstance(codecs[0], Array) else codecs[0]
    if kind is not None and not isinstance(codec, kind):
        raise Refused(Refusal.INCONSISTENT, f"{subject}: not a field that this rule can compare")
    enum = codec.enum if isinstance(codec, Enumeration) else AreaForm
    if not {member.value for member in enum}.issuperset(values):
        raise Refused(Refusal.UNKNOWN_VALUE, f"{subject}: no such {enum.__name__}")


def _numbers(body: type[Record], subject: str, values: list[str]) -> list[int]:
    """The numbers of labels: of the field's own enumeration, or of area forms."""
    codecs = [row.codec for row in body.FIELDS if row.name == subject]
    enum = getattr(codecs[0], "enum", AreaForm) if codecs else AreaForm
    numbers = {label(member): member.value for member in enum}
    return [numbers[value] if value in numbers else _no_value(subject, value) for value in values]


def _no_value(subject: str, value: object) -> int:
    raise UsageError(Usage.BAD_VALUE, f"agreement: {subject} has no value {value!r}")


class Judge:
    """What an agreement has to say of notices: its rules, sorted by the kind that they apply to."""

    __slots__ = ("_amended", "_rules")

    def __init__(self, agreement: Agreement) -> None:
        rules: dict[int, list[_Applied]] = {}
        for rule in agreement.rules:
            if rule.check in _CHECKS:
                when = [(one.subject, frozenset(one.values)) for one in rule.when]
                rules.setdefault(rule.kind, []).append(
                    (when, rule.subject, _CHECKS[rule.check], frozenset(rule.values), rule)
                )
        self._rules = rules
        # What is announced anew is announced; how early that must be is another question.
        self._amended = [row for row in rules.get(Kind.LAUNCH, []) if row[-1].check is not Check.LEAD_TIME]

    def __call__(self, kind: int, body: Record, issued: int, received: int) -> list[Finding]:
        """The findings on a notice.

        Args:
            kind: number of its kind.
            body: its body.
            issued: when it was drafted, in seconds, by the sender's clock.
            received: when it arrived, in seconds, by the receiver's clock.
        """
        findings: list[Finding] = []
        _apply(self._rules.get(kind, ()), vars(body), issued, received, findings)
        if type(body) is Amendment:
            _apply(self._amended, vars(body.notification), issued, received, findings)
        return findings


class _Notice(NamedTuple):
    fields: dict[str, Any]
    issued: int
    received: int


_Values: TypeAlias = frozenset[int]
_Check: TypeAlias = Callable[[Any, _Values, Rule, _Notice, list[Finding]], None]
# The fields on whose values a rule depends, the field that it looks at, how, the values allowed, and itself.
_Applied: TypeAlias = tuple[list[tuple[str, _Values]], str, _Check, _Values, Rule]


def _apply(
    rules: Sequence[_Applied], fields: dict[str, Any], issued: int, received: int, found: list[Finding]
) -> None:
    notice = _Notice(fields, issued, received)
    for when, subject, check, allowed, rule in rules:
        for name, values in when:
            if fields.get(name) not in values:
                break
        else:
            check(fields.get(subject), allowed, rule, notice, found)


def _scope(value: Any, allowed: _Values, rule: Rule, _: _Notice, found: list[Finding]) -> None:
    if value is not None and value not in allowed:
        found.append(_finding(FindingCode.OUT_OF_SCOPE, rule, _one_of(rule, type(value)), label(value)))


def _required(value: Any, _: _Values, rule: Rule, notice: _Notice, found: list[Finding]) -> None:
    if not _absent(value):
        return
    keys = [row.key for row in BODIES[rule.kind].FIELDS if row.name == rule.subject]
    if any(one.key in keys for one in notice.fields.get("withheld", ())):
        found.append(_finding(FindingCode.WITHHELD, rule, "given", "withheld, with a commitment"))
    else:
        found.append(_finding(FindingCode.MISSING, rule, "given", "absent"))


def _forbidden(value: Any, _: _Values, rule: Rule, __: _Notice, found: list[Finding]) -> None:
    if not _absent(value):
        found.append(_finding(FindingCode.NOT_ALLOWED, rule, "absent", "given"))


def _area_form(value: Any, allowed: _Values, rule: Rule, _: _Notice, found: list[Finding]) -> None:
    areas = value if type(value) is tuple else () if value is None else (value,)
    for area in areas:
        if area.FORM not in allowed:
            expected = _one_of(rule, AreaForm)
            found.append(_finding(FindingCode.AREA_FORM, rule, expected, label(area.FORM)))


def _lead_time(_: Any, __: _Values, rule: Rule, notice: _Notice, found: list[Finding]) -> None:
    start = _start(notice)
    if start is None:
        return
    counted = notice.received if rule.anchor is Anchor.RECEIVED else notice.issued
    latest = start - _seconds(rule)
    if counted > latest:
        moment, unit = label(rule.anchor or Anchor.ISSUED), label(rule.unit or TimeUnit.HOURS)
        expected = f"{moment} by {times.format_instant(latest)} ({rule.amount} {unit})"
        found.append(_finding(FindingCode.LATE, rule, expected, times.format_instant(counted)))


def _start(notice: _Notice) -> int | None:
    window = notice.fields.get("window")
    if window is not None:
        return int(window.start)
    planned = notice.fields.get("planned_date")
    return None if planned is None else times.day_start(planned)


def _seconds(rule: Rule) -> int:
    return (rule.amount or 0) * _SECONDS[rule.unit or TimeUnit.HOURS]


def _absent(value: Any) -> bool:
    return value is None or (type(value) is tuple and not value)


def _one_of(rule: Rule, enum: Any) -> str:
    return " or ".join(label(enum(value)) for value in rule.values)


def _finding(code: FindingCode, rule: Rule, expected: str, found: str) -> Finding:
    return Finding(
        name=code.value,
        subject=rule.subject,
        expected=expected,
        found=found,
        article=rule.article,
        evidence=rule.known,
    )


_CHECKS: Final[dict[Check, _Check]] = {
    Check.SCOPE: _scope,
    Check.REQUIRED: _required,
    Check.FORBIDDEN: _forbidden,
    Check.AREA_FORM: _area_form,
    Check.LEAD_TIME: _lead_time,
    # A validity says when a notice lapses, which is a view and no finding.
}

# The type of field that a check can compare; None: any.
_SUBJECTS: Final[dict[Check, type | None]] = {
    Check.SCOPE: Enumeration,
    Check.REQUIRED: None,
    Check.FORBIDDEN: None,
    Check.AREA_FORM: Area,
    Check.LEAD_TIME: None,
    Check.VALIDITY: Date,
}

_NEEDS: Final[dict[Check, tuple[str, ...]]] = {
    Check.SCOPE: ("values",),
    Check.REQUIRED: (),
    Check.FORBIDDEN: (),
    Check.AREA_FORM: ("values",),
    Check.LEAD_TIME: ("amount", "unit", "anchor"),
    Check.VALIDITY: ("amount", "unit"),
}
