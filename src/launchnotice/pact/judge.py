"""Judging notices by an agreement: its rules in, findings out. Facts, never a refusal.

- A `Judge` is made once for a channel; the rules alone decide, none has code of its own.
- It knows no clock and no journal: when a notice was issued and arrived, and what was known
  before it, is handed in as `Heard`.
- What is announced anew by an amendment or an extension is judged as a notification; its lead
  time again only if it starts earlier or its areas are others.

    Judge(agreement)(Kind.LAUNCH, body, Heard("US", issued, received))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, TypeAlias

from launchnotice.pact import fields, timing
from launchnotice.pact.agreement import Agreement, Limit, Period, Rule, due
from launchnotice.pact.compare import among, told, within
from launchnotice.pact.findings import Finding
from launchnotice.pact.kept import Test, plainly_kept
from launchnotice.registry import Anchor, Bound, Category, Check, FindingCode, Kind, Unit, label
from launchnotice.registry.namedtuples import NamedTuple
from launchnotice.wire import times
from launchnotice.wire.bounds import MAX_REMARK
from launchnotice.wire.launch import Amendment, LaunchNotification, LaunchReport, Window, WindowExtension
from launchnotice.wire.message import BODIES
from launchnotice.wire.record import Record


class Unannounced(NamedTuple):
    """A launch that was reported without having been notified: when, of what, how many."""

    launched_at: int
    category: Category
    launches: int


class Heard(NamedTuple):
    """The circumstances of a notice, as its judge knows them.

    Attributes:
        sender: code of its sender. `issued`: when it was drafted, in seconds, by the sender's clock.
        received: when it arrived, in seconds, by the receiver's clock.
        launch: the launch notification that it is about, as it held before; None if not known.
        answered: when the notice that it answers was issued and received, in seconds; None if not known.
        withheld: earlier launches that its sender reported without having notified them.
    """

    sender: str
    issued: int
    received: int
    launch: LaunchNotification | None = None
    answered: tuple[int, int] | None = None
    withheld: Sequence[Unannounced] = ()


class Judge:
    """What an agreement has to say of notices.

    Attributes:
        looks_back: kinds of messages for which it asks what was said before them.
        counts_withheld: whether it asks how many launches were not notified.
    """

    __slots__ = ("_agreement", "_anew", "_kinds", "_rules", "_window", "counts_withheld", "looks_back")

    def __init__(self, agreement: Agreement) -> None:
        self._agreement = agreement
        self.counts_withheld = any(rule.check is Check.WITHHOLDING for rule in agreement.rules)
        self._kinds = frozenset(rule.kind for rule in agreement.rules)
        self._rules: dict[int, list[_Applied]] = {}
        for rule in agreement.rules:
            if rule.check in _CHECKS:
                paths = tuple(fields.path_of(name) for name in (rule.subject, *rule.alternatives))
                applied = _Applied(rule, paths, _CHECKS[rule.check], plainly_kept(rule))
                self._rules.setdefault(rule.kind, []).append(applied)
        self.looks_back = frozenset(_looks_back(agreement))
        self._anew = self._rules.get(Kind.LAUNCH, [])
        # An extension says when, and nothing else anew.
        self._window = [
            row
            for row in self._anew
            if row.rule.check is Check.LEAD_TIME
            or (row.rule.check is Check.LIMIT and row.paths[0] == ("window",))
        ]

    def __call__(self, kind: int, body: Record, heard: Heard) -> list[Finding]:
        """The findings on a notice.

        Args:
            kind: number of its kind. `body`: its body. `heard`: its circumstances.
        """
        case = _Case(kind, body, heard, self._agreement)
        found = _in_force(self._agreement.period, heard) if kind in self._kinds else []
        _apply(self._rules.get(kind, ()), case, found)
        if isinstance(body, Amendment):
            _apply(self._anew, case._replace(kind=Kind.LAUNCH, body=body.notification, anew=True), found)
        elif isinstance(body, WindowExtension) and heard.launch is not None:
            extended = with_window(heard.launch, body.window)
            _apply(self._window, case._replace(kind=Kind.LAUNCH, body=extended, anew=True), found)
        return found


def _looks_back(agreement: Agreement) -> Iterator[int]:
    """The kinds whose rules need more than the message and its times."""
    for rule in agreement.rules:
        paths = (rule.subject, *rule.alternatives, *(one.subject for one in rule.when))
        within = any(name.startswith(f"{fields.LAUNCH}.") for name in paths)
        if within or rule.check is Check.WITHHOLDING or (rule.check is Check.OWED and rule.limit):
            yield rule.kind
        elif rule.kind == Kind.LAUNCH and rule.check in (Check.LEAD_TIME, Check.LIMIT):
            yield from (Kind.AMENDMENT, Kind.WINDOW_EXTENSION)


def with_window(notification: LaunchNotification, window: Window) -> LaunchNotification:
    """The notification with another window in place of its date or windows."""
    kept = {row.name: getattr(notification, row.name) for row in LaunchNotification.FIELDS}
    return LaunchNotification(**{**kept, "planned_date": None, "backup_windows": (), "window": window})


class _Case(NamedTuple):
    """A notice that is judged; `anew`: it announces anew what was announced before."""

    kind: int
    body: Record
    heard: Heard
    agreement: Agreement
    anew: bool = False

    @property
    def launch(self) -> LaunchNotification | None:
        return self.heard.launch


class _Applied(NamedTuple):
    """A rule, the paths of its subject and alternatives, and how it is checked.

    Most notices keep most rules, which `kept` tells from a body's fields without the whole check.
    """

    rule: Rule
    paths: tuple[fields.Path, ...]
    check: _Check
    kept: Test | None


_Check: TypeAlias = Callable[[_Applied, _Case], Iterable[Finding]]


def _apply(rules: Iterable[_Applied], case: _Case, found: list[Finding]) -> None:
    since = case.agreement.period.since if case.agreement.period else None
    values = vars(case.body)
    for row in rules:
        if row.kept is not None and row.kept(values):
            continue
        rule = row.rule
        if rule.years and not _in_years(rule, since, case.heard.issued):
            continue
        if rule.applies(case.body, case.heard.sender, case.launch):
            found += row.check(row, case)


def _in_force(period: Period | None, heard: Heard) -> list[Finding]:
    if period is None:
        return []
    day = heard.issued // times.DAY
    if (period.since or 0) <= day <= (times.MAX_DATE if period.until is None else period.until):
        return []
    since = f"from {times.format_date(period.since)}" if period.since is not None else ""
    until = f"until {times.format_date(period.until)}" if period.until is not None else ""
    return [
        Finding(
            name=FindingCode.NOT_IN_FORCE.value,
            subject="issued",
            expected=f"{since} {until}".strip(),
            found=times.format_date(day),
            article=period.article,
            evidence=period.evidence,
        )
    ]


# Checks ------------------------------------------------------------------------------------


def _compared(row: _Applied, case: _Case) -> Iterator[Finding]:
    """What a field says is among the values, or keeps the limit; of several fields one is enough."""
    rule, limit = row.rule, row.rule.limit
    each = [[(value, _fits(rule, value)) for value in _values(row, case, path)] for path in row.paths]
    failed = [value for one in each for value, fits in one if fits is False]
    if not failed or (
        len(each) > 1 and not all(one and all(fits is False for _, fits in one) for one in each)
    ):
        return
    expected = limit.words() if limit else " or ".join(rule.labels())
    unit = limit.unit if limit else None
    texts = [told(value, unit, rule.offset) for value in failed]
    for found in ["; ".join(texts)] if len(each) > 1 else texts:
        yield _finding(_FAILED[rule.check], rule, expected, found)


def _required(row: _Applied, case: _Case) -> Iterator[Finding]:
    rule = row.rule
    missing = _missing(row, case)
    if missing and _is_withheld(row, case):
        yield _finding(FindingCode.WITHHELD, rule, " and ".join(missing), "withheld, with a commitment")
        return
    for name in missing:
        yield _finding(FindingCode.MISSING, rule, name, "absent")


def _missing(row: _Applied, case: _Case) -> list[str]:
    """The values that nothing has, or a word for each record that lacks the field."""
    rule = row.rule
    given = [value for path in row.paths for value in _values(row, case, path)]
    if rule.values:
        wanted = zip(rule.values, rule.labels(), strict=True)
        return [name for value, name in wanted if not any(among(one, (value,)) for one in given)]
    if len(row.paths) > 1 or rule.roles:
        return [] if given else ["given"]
    (path,) = row.paths
    holders = fields.holders_of(case.body, path, case.launch)
    return ["given" for one in holders if not fields.values_of(one, path[-1:], None)]


def _forbidden(row: _Applied, case: _Case) -> Iterator[Finding]:
    if any(_values(row, case, path) for path in row.paths):
        yield _finding(FindingCode.NOT_ALLOWED, row.rule, "absent", "given")


def _lead_time(row: _Applied, case: _Case) -> Iterator[Finding]:
    rule, limit, start = row.rule, row.rule.limit, _start(case.body, row.rule.offset)
    if limit is None or limit.unit is None or start is None or (case.anew and not _sooner(case, rule.offset)):
        return
    counted = case.heard.received if rule.anchor is Anchor.RECEIVED else case.heard.issued
    lead, one = timing.elapsed(counted, start, limit.unit, rule.offset)
    if timing.keeps(limit.bound, lead, limit.amount * one):
        return
    early = limit.bound in (Bound.AT_MOST, Bound.BELOW)
    edge = min(_edge(limit, limit.unit, start, rule.offset), times.MAX_INSTANT)
    moment = label(rule.anchor or Anchor.ISSUED)
    expected = f"{moment} {'from' if early else 'by'} {times.format_instant(edge)} ({limit.words()} before)"
    code = FindingCode.EARLY if early else FindingCode.LATE
    yield _finding(code, rule, expected, times.format_instant(counted))


def _owed(row: _Applied, case: _Case) -> Iterator[Finding]:
    start = _base(row.rule, case)
    last = None if start is None else due(row.rule, start)
    if last is not None and row.rule.limit is not None and case.heard.received > last:
        anchor = f"{row.rule.limit.words()} after {times.format_instant(start or 0)}"
        expected = f"received by {times.format_instant(min(last, times.MAX_INSTANT))} ({anchor})"
        yield _finding(FindingCode.LATE, row.rule, expected, times.format_instant(case.heard.received))


def _withholding(row: _Applied, case: _Case) -> Iterator[Finding]:
    """A report of a launch that was not notified, with those before it in the same year."""
    rule, report = row.rule, case.body
    if not isinstance(report, LaunchReport) or report.launch is not None or report.launched_at is None:
        return
    if report.category is None or report.category.value not in rule.values or rule.limit is None:
        return
    since = case.agreement.period.since if case.agreement.period else None
    year = year_of(since, report.launched_at)
    same = [
        one.launches
        for one in case.heard.withheld
        if one.category.value in rule.values and year_of(since, one.launched_at) == year
    ]
    count = sum(same) + (report.launch_count or 1)
    if count > rule.limit.amount:
        found = f"{count} in year {year}" + ("" if since is None else " of the agreement")
        yield _finding(FindingCode.ALLOWANCE, rule, f"{rule.limit.words()} in a year", found)


_CHECKS: Final[dict[Check, _Check]] = {
    Check.SCOPE: _compared,
    Check.REQUIRED: _required,
    Check.FORBIDDEN: _forbidden,
    Check.AREA_FORM: _compared,
    Check.LEAD_TIME: _lead_time,
    Check.ALLOWED: _compared,
    Check.LIMIT: _compared,
    Check.OWED: _owed,
    Check.WITHHOLDING: _withholding,
    # A validity says when a notice lapses, which is a view; what is not owed gives no finding.
}
_FAILED: Final = {
    Check.SCOPE: FindingCode.OUT_OF_SCOPE,
    Check.AREA_FORM: FindingCode.AREA_FORM,
    Check.ALLOWED: FindingCode.NOT_ALLOWED,
    Check.LIMIT: FindingCode.OUTSIDE_LIMIT,
}


# What they look at ---------------------------------------------------------------------------


def _values(row: _Applied, case: _Case, path: fields.Path) -> list[Any]:
    found = fields.values_of(case.body, path, case.launch)
    return [one for one in found if one.role in row.rule.roles] if row.rule.roles else found


def _fits(rule: Rule, value: Any) -> bool | None:
    limit = rule.limit
    if limit is None:
        return among(value, rule.values)
    return within(value, limit.bound, limit.amount, limit.unit, rule.offset)


def _is_withheld(row: _Applied, case: _Case) -> bool:
    names = {path[0] for path in row.paths}
    keys = {line.key for line in BODIES[case.kind].FIELDS if line.name in names}
    return any(one.key in keys for one in getattr(case.body, "withheld", ()))


def _start(body: Record, offset: int) -> int | None:
    """When the launch may take place at the earliest."""
    window = getattr(body, "window", None)
    if window is not None:
        return int(window.start)
    planned = getattr(body, "planned_date", None)
    return None if planned is None else timing.first_second(planned, offset)


def _sooner(case: _Case, offset: int) -> bool:
    """Whether what is announced anew starts earlier than it did, or has other areas."""
    before, now = case.launch, case.body
    if before is None:
        return False
    was, now_is = _start(before, offset), _start(now, offset)
    if was is not None and now_is is not None and now_is < was:
        return True
    return any(getattr(before, name) != getattr(now, name) for name in _AREAS)


_AREAS: Final = ("launch_area", "further_launch_areas", "impact_areas", "hazard_areas")


def _edge(limit: Limit, unit: Unit, start: int, offset: int) -> int:
    """The last second that is early enough, or the first that is late enough."""
    exclusive = limit.bound in (Bound.ABOVE, Bound.BELOW)
    if limit.bound in (Bound.AT_LEAST, Bound.ABOVE):
        edge = timing.last_before(start, limit.amount, unit, offset)
        step = times.DAY if unit is Unit.CALENDAR_DAYS else 1
        return edge - step if exclusive else edge
    edge = timing.first_before(start, limit.amount, unit, offset)
    return edge + (times.DAY if unit is Unit.CALENDAR_DAYS else 1) if exclusive else edge


def _base(rule: Rule, case: _Case) -> int | None:
    """The time from which the time for a step counts; None if it is not known."""
    if rule.anchor in (Anchor.ISSUED, Anchor.RECEIVED):
        return None if case.heard.answered is None else case.heard.answered[rule.anchor is Anchor.RECEIVED]
    launched = getattr(case.body, "launched_at", None) if rule.anchor is Anchor.LAUNCH else None
    if launched is not None:
        return int(launched)
    span = case.agreement.validity(Kind.LAUNCH, case.launch) if case.launch is not None else None
    return None if span is None else span[1]


def year_of(since: int | None, instant: int) -> int:
    """The year of an instant: the calendar's or, with its first day, the agreement's, counted from 1."""
    from datetime import UTC, date, datetime, timedelta

    on = datetime.fromtimestamp(instant, UTC).date()
    if since is None:
        return on.year
    first = date(1970, 1, 1) + timedelta(days=since)
    return on.year - first.year + ((on.month, on.day) >= (first.month, first.day))


def _in_years(rule: Rule, since: int | None, issued: int) -> bool:
    return rule.years[0] <= year_of(since, issued) <= rule.years[1]


def _finding(code: FindingCode, rule: Rule, expected: str, found: str) -> Finding:
    return Finding(
        name=code.value,
        subject=rule.subject,
        expected=expected[:MAX_REMARK],
        found=found[:MAX_REMARK],
        article=rule.article,
        evidence=rule.known,
    )
