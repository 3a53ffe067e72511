"""Agreements as data: what a treaty or code says of notices.

- An agreement is written as a TOML file (`pact.agreementfile`) and carried whole by the channel
  descriptor, so that both sides run the same constants or have different channels.
- Each rule cites its article; a constant that was not read in the text is *provisional*, and
  everything shown under it says so.
- `Rule.words` and `Limit.words` say it in the words of a treaty: ``at least three calendar days``.

Not here: judging a notice (`pact.judge`), and any agreement's name or number.
"""

from __future__ import annotations

from typing import Any, Final

from launchnotice.errors import Refused
from launchnotice.pact import fields, timing
from launchnotice.pact.compare import among, named, within
from launchnotice.registry import (
    KINDS,
    Anchor,
    AreaForm,
    AreaRole,
    Bound,
    Category,
    Check,
    Evidence,
    Refusal,
    Topic,
    Unit,
    kind_row,
    label,
)
from launchnotice.wire import cbor, times
from launchnotice.wire.bounds import MAX_LABEL, MAX_PARTIES, MAX_REMARK
from launchnotice.wire.codecs import Array, Bool, Codec, Date, Enumeration, Int, Text
from launchnotice.wire.digest import sha256
from launchnotice.wire.launch import LaunchNotification
from launchnotice.wire.message import BODIES
from launchnotice.wire.record import Nested, Record, field
from launchnotice.wire.streams import PARTY

NAME: Final = Text(MAX_LABEL)
OFFSET: Final = Int(-720, 840)
"""Minutes east of UTC, from the west of the date line to the east of it."""
_VALUES: Final = Array(Int(0, 255), 1, 32)
_PARTIES: Final = Array(PARTY, 1, MAX_PARTIES)
_NUMBERS: Final = (
    *("zero", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)


class Limit(Record):
    """A number that something is held to: ``at least 3 calendar days``."""

    bound: Bound = field(1, Enumeration(Bound), "how it limits")
    amount: int = field(2, Int(0, 100_000), "the number")
    unit: Unit | None = field(3, Enumeration(Unit), "its unit; absent: it counts things", default=None)

    def words(self) -> str:
        """``at least three calendar days``: numbers up to twelve as words, as treaties have them."""
        if (self.bound, self.amount) == (Bound.ABOVE, 0):
            return "any time" if self.unit else "any"
        amount = _NUMBERS[self.amount] if self.amount < len(_NUMBERS) else f"{self.amount:,}"
        unit = f" {label(self.unit)}" if self.unit else ""
        return f"{label(self.bound)} {amount}{unit.removesuffix('s') if self.amount == 1 else unit}"


class Condition(Record):
    """The rule applies only if the field has one of these values, or keeps this limit."""

    subject: str = field(1, NAME, "name of the body's field, or a path to it")
    values: tuple[int, ...] = field(2, _VALUES, "numbers of the registry", default=())
    limit: Limit | None = field(3, Nested(Limit), "what its number keeps", default=None)

    def validate(self) -> None:
        """Values or a limit."""
        if bool(self.values) == (self.limit is not None):
            raise Refused(Refusal.INCONSISTENT, "exactly one of values and limit")
        _check_distinct(self.values)

    def holds(self, body: Record, launch: LaunchNotification | None) -> bool:
        """Whether a body says so; what is not said does not hold."""
        for value in fields.values_of(body, fields.path_of(self.subject), launch):
            if self.limit is None:
                if among(value, self.values):
                    return True
            elif within(value, self.limit.bound, self.limit.amount, self.limit.unit, 0):
                return True
        return False


class Rule(Record):
    """One rule of an agreement."""

    check: Check = field(1, Enumeration(Check), "what it says")
    kind: int = field(2, Int(1, 95), "kind of message that it speaks of")
    article: str = field(3, NAME, "article that says so")
    evidence: Evidence = field(4, Enumeration(Evidence), "how well it is known")
    subject: str = field(5, NAME, "name of the body's field, or a path to it")
    when: tuple[Condition, ...] = field(6, Array(Nested(Condition), 1, 8), "all must hold", default=())
    values: tuple[int, ...] = field(7, _VALUES, "numbers of the registry", default=())
    limit: Limit | None = field(8, Nested(Limit), "what the field is held to", default=None)
    anchor: Anchor | None = field(9, Enumeration(Anchor), "from when a time counts", default=None)
    offset: int = field(10, OFFSET, "minutes east of UTC of its calendar days", default=0)
    provisional: tuple[str, ...] = field(
        11, Array(NAME, 1, 8), "which of its constants were not read in the text", default=()
    )
    alternatives: tuple[str, ...] = field(
        12, Array(NAME, 1, 8), "further fields, of which one is enough", default=()
    )
    parties: tuple[str, ...] = field(13, _PARTIES, "whose notices; absent: everybody's", default=())
    roles: tuple[AreaRole, ...] = field(
        14, Array(Enumeration(AreaRole), 1, 8), "roles of the areas; absent: all", default=()
    )
    years: tuple[int, ...] = field(
        15, Array(Int(1, 1_000), 2, 2), "first and last year of the agreement; absent: all", default=()
    )

    def validate(self) -> None:
        """A rule has what its check needs, and looks at fields that it can compare (R-AGR-1, 4 to 7, 10)."""
        missing = [name for name in _NEEDS[self.check] if not getattr(self, name)]
        if missing:
            raise Refused(Refusal.INCONSISTENT, f"a {label(self.check)} rule needs {' and '.join(missing)}")
        self._check_use()
        for listed in (self.values, self.alternatives, self.parties, self.roles):
            _check_distinct(listed)
        if self.years and self.years[0] > self.years[1]:
            raise Refused(Refusal.INCONSISTENT, "years: the last before the first")
        if self.kind in BODIES:
            for subject in (self.subject, *self.alternatives):
                self._check_subject(subject)
            for one in self.when:
                _check_comparable(self.kind, one.subject, one.values, one.limit)

    def words(self) -> str:
        """The rule in words, with its article: ``notice at least three calendar days before (Art. 2)``."""
        said = _SAID[self.check].format(
            subject=" or ".join(fields.spoken(name) for name in (self.subject, *self.alternatives)),
            kind=_kind(self.kind),
            terms=self._terms(),
            values=" or ".join(self.labels()),
        )
        terms = [
            said.rstrip(", "),
            f"counted from {_ANCHORS[self.anchor]}" if self.anchor else "",
            f"in UTC{format_offset(self.offset)}" if self.offset else "",
            f"of areas for {' or '.join(map(label, self.roles))}" if self.roles else "",
            *(f"if {self.condition_words(one)}" for one in self.when),
            f"by {' and '.join(self.parties)}" if self.parties else "",
            f"in years {self.years[0]} to {self.years[1]}" if self.years else "",
        ]
        return f"{', '.join(filter(None, terms))} ({self.source()})"

    def _terms(self) -> str:
        if self.limit is not None:
            return self.limit.words()
        joint = " and " if self.check is Check.REQUIRED else " or "
        return joint.join(self.labels()) or ("" if self.check is Check.OWED else "given")

    def source(self) -> str:
        """Its article, and whether that is provisional: ``Art. 2``, ``Art. II, provisional``."""
        article = self.article.replace("Article ", "Art. ")
        return f"{article}, provisional" if self.known is Evidence.PROVISIONAL else article

    def labels(self) -> list[str]:
        """The names of its values."""
        names = _names(self.kind, self.subject)
        if self.check is Check.WITHHOLDING:
            names = {member.value: label(member) for member in Category}
        return [names.get(value, str(value)) for value in self.values]

    @property
    def known(self) -> Evidence:
        """The evidence of the rule with all its constants."""
        return Evidence.PROVISIONAL if self.provisional else self.evidence

    def applies(self, body: Record, sender: str | None, launch: LaunchNotification | None = None) -> bool:
        """Whether it speaks of a notice of its kind.

        Args:
            body: the notice's. `sender`: code of its sender; None: whoever it is.
            launch: the launch notification that it is about, as it held before.
        """
        if self.parties and sender is not None and sender not in self.parties:
            return False
        return all(one.holds(body, launch) for one in self.when)

    def _check_use(self) -> None:
        """What a check does not look at decides nothing, and whoever wrote it would think that it does."""
        given = {name for name in _USES if getattr(self, name)}
        idle = sorted(name for name in given if self.check not in _USES[name])
        if idle:
            raise Refused(
                Refusal.INCONSISTENT, f"a {label(self.check)} rule has no use for {' and '.join(idle)}"
            )
        if self.check is Check.OWED and (self.limit is None) != (self.anchor is None):
            raise Refused(Refusal.INCONSISTENT, "a time for a step has a limit and an anchor")
        if self.check is Check.LEAD_TIME and self.anchor not in (Anchor.ISSUED, Anchor.RECEIVED):
            raise Refused(Refusal.INCONSISTENT, "anchor: a lead time counts from issued or received")

    def _check_subject(self, subject: str) -> None:
        codec = fields.codec_of(self.kind, subject)
        if codec is None:
            raise Refused(Refusal.INCONSISTENT, f"{_kind(self.kind)} has no field of the name of the subject")
        if self.roles and not fields.is_zone(codec):
            raise Refused(Refusal.INCONSISTENT, f"{subject}: its areas have no roles")
        if self.check is Check.WITHHOLDING:
            _check_values(subject, self.values, {member.value for member in Category})
        elif self.check is Check.VALIDITY and not fields.is_date(codec):
            raise Refused(Refusal.INCONSISTENT, f"{subject}: not a date")
        elif self.check is Check.AREA_FORM and not fields.has_areas(codec):
            raise Refused(Refusal.INCONSISTENT, f"{subject}: not an area")
        elif self.check in _COMPARING or (self.check is Check.REQUIRED and self.values):
            limit = None if self.check in _BY_VALUES else self.limit
            _check_comparable(self.kind, subject, self.values, limit)
        if self.limit is not None:
            self._check_limit(self.limit)

    def _check_limit(self, limit: Limit) -> None:
        bounds = _BOUNDS.get(self.check)
        if bounds is not None and limit.bound not in bounds:
            expected = " or ".join(map(label, bounds))
            raise Refused(Refusal.INCONSISTENT, f"limit: a {label(self.check)} is {expected}")
        timed = self.check in _TIMED
        if timed and limit.unit not in timing.SECONDS:
            raise Refused(Refusal.INCONSISTENT, "limit: expected minutes, hours or calendar days")
        if self.check is Check.WITHHOLDING and limit.unit is not None:
            raise Refused(Refusal.INCONSISTENT, "limit: launches have no unit")

    def condition_words(self, one: Condition) -> str:
        """A condition of the rule in words: ``basing is submarine``."""
        names = _names(self.kind, one.subject)
        values = " or ".join(names.get(value, str(value)) for value in one.values)
        return f"{fields.spoken(one.subject)} is {one.limit.words() if one.limit else values}"


class Period(Record):
    """When an agreement is in force, by the calendar of UTC."""

    since: int | None = field(1, Date(), "its first day", default=None)
    until: int | None = field(2, Date(), "its last day", default=None)
    article: str = field(3, NAME, "article that says so")
    evidence: Evidence = field(4, Enumeration(Evidence), "how well it is known")

    def validate(self) -> None:
        """A day is given, and the last is not before the first."""
        if self.since is None and self.until is None:
            raise Refused(Refusal.INCONSISTENT, "expected since or until")
        if self.since is not None and self.until is not None and self.until < self.since:
            raise Refused(Refusal.INCONSISTENT, "until before since")


class Note(Record):
    """What an agreement says besides its rules, or what its reader must know of it."""

    topic: Topic = field(1, Enumeration(Topic), "what it is about")
    text: str = field(2, Text(MAX_REMARK), "in a sentence, of this file's author")
    article: str = field(3, NAME, "article that says so")
    evidence: Evidence = field(4, Enumeration(Evidence), "how well it is known")


class Agreement(Record):
    """What a treaty or code says of notices."""

    id: str = field(1, NAME, "short name, also the name of its file")
    title: str = field(2, Text(MAX_REMARK), "full title")
    status: str = field(3, Text(MAX_REMARK), "in force since when, between whom")
    sources: tuple[str, ...] = field(4, Array(Text(MAX_REMARK), 1, 32), "what was read")
    rules: tuple[Rule, ...] = field(5, Array(Nested(Rule), 0, 128), "its rules")
    illustrative: bool = field(6, Bool(), "whether it is nobody's text", default=False)
    parties: tuple[str, ...] = field(7, _PARTIES, "codes of its parties; absent: open", default=())
    period: Period | None = field(8, Nested(Period), "when it is in force", default=None)
    notes: tuple[Note, ...] = field(9, Array(Nested(Note), 1, 32), "what else it says", default=())

    def validate(self) -> None:
        """Each party once; rules name no other; years of an agreement count from its first day."""
        _check_distinct(self.parties)
        named_by_rules = {party for rule in self.rules for party in rule.parties}
        if self.parties and not named_by_rules.issubset(self.parties):
            raise Refused(Refusal.INCONSISTENT, "rules: a party that the agreement does not have")
        if any(rule.years for rule in self.rules) and (self.period is None or self.period.since is None):
            raise Refused(Refusal.INCONSISTENT, "rules: years count from the first day, which is not given")

    @property
    def digest(self) -> bytes:
        """SHA-256 of its deterministic encoding, 32 bytes: two that differ in one constant differ in it."""
        return sha256(cbor.encode(self.dump()))

    def validity(self, kind: int, body: Record) -> tuple[int, int] | None:
        """The span ``[start, end)`` in seconds in which the announced launch may take place.

        None if the notice names no time, or the agreement gives a named date no validity.
        """
        span = getattr(body, "window", None)
        if span is not None:
            return span.start, span.end
        for rule in self.rules:
            if rule.check is Check.VALIDITY and rule.kind == kind and rule.limit and rule.limit.unit:
                day = getattr(body, rule.subject, None)
                if type(day) is int and rule.applies(body, None):
                    begin = timing.first_second(day, rule.offset)
                    end = begin + rule.limit.amount * timing.SECONDS[rule.limit.unit]
                    return max(begin, 0), min(end, times.MAX_INSTANT)
        return None

    def owed(self, kind: int, body: Record | None = None, sender: str | None = None) -> Rule | None:
        """The first rule that says whether a step of that kind is owed; None if none says.

        `Rule.check` is `Check.OWED` or `Check.NOT_OWED`; its `limit`, if any, is the time for it.

        Args:
            kind: the step's. `body`: the notice for which it is owed; None: no rule with conditions.
            sender: code of whoever owes it; None: whoever it is.
        """
        for rule in self.rules:
            speaks = rule.kind == kind and rule.check in (Check.OWED, Check.NOT_OWED)
            if speaks and (rule.applies(body, sender) if body is not None else not rule.when):
                return rule
        return None


def due(rule: Rule, start: int) -> int | None:
    """The last second in which a step that a rule asks for is in time; None if it sets no time.

    Args:
        rule: one of `Agreement.owed`. `start`: the time that its anchor names, in seconds.
    """
    if rule.limit is None or rule.limit.unit is None:
        return None
    return timing.last_after(start, rule.limit.amount, rule.limit.unit, rule.offset)


def format_offset(minutes: int) -> str:
    """``+05:30``."""
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"


# What rules need ---------------------------------------------------------------------------

_BEFORE: Final = (Bound.AT_LEAST, Bound.ABOVE, Bound.AT_MOST, Bound.BELOW)
_BOUNDS: Final[dict[Check, tuple[Bound, ...]]] = {
    Check.LEAD_TIME: _BEFORE,
    Check.VALIDITY: (Bound.EXACTLY,),
    Check.OWED: (Bound.AT_MOST,),
    Check.WITHHOLDING: (Bound.AT_MOST,),
}
_NEEDS: Final[dict[Check, tuple[str, ...]]] = {
    Check.SCOPE: (),
    Check.REQUIRED: (),
    Check.FORBIDDEN: (),
    Check.AREA_FORM: ("values",),
    Check.LEAD_TIME: ("limit", "anchor"),
    Check.VALIDITY: ("limit",),
    Check.ALLOWED: ("values",),
    Check.LIMIT: ("limit",),
    Check.OWED: (),
    Check.NOT_OWED: (),
    Check.WITHHOLDING: ("values", "limit"),
}
_BY_VALUES: Final = frozenset({Check.REQUIRED, Check.AREA_FORM, Check.ALLOWED})
_USES: Final[dict[str, frozenset[Check]]] = {
    "values": frozenset({Check.SCOPE, Check.REQUIRED, Check.AREA_FORM, Check.ALLOWED, Check.WITHHOLDING}),
    "limit": frozenset({Check.SCOPE, Check.LIMIT, *_BOUNDS}),
    "anchor": frozenset({Check.LEAD_TIME, Check.OWED}),
    "offset": frozenset({Check.SCOPE, Check.LIMIT, Check.LEAD_TIME, Check.VALIDITY, Check.OWED}),
    "alternatives": frozenset(Check) - {Check.VALIDITY, Check.OWED, Check.NOT_OWED, Check.WITHHOLDING},
}
_COMPARING: Final = frozenset({Check.SCOPE, Check.AREA_FORM, Check.ALLOWED, Check.LIMIT})
_TIMED: Final = frozenset({Check.LEAD_TIME, Check.VALIDITY, Check.OWED})

# How they are said -------------------------------------------------------------------------

_SAID: Final[dict[Check, str]] = {
    Check.SCOPE: "covers {subject}: {terms}",
    Check.REQUIRED: "{subject}: {terms}",
    Check.FORBIDDEN: "{subject}: not given",
    Check.AREA_FORM: "{subject} as {terms}",
    Check.LEAD_TIME: "notice {terms} before",
    Check.VALIDITY: "valid for {terms} from the {subject}",
    Check.ALLOWED: "{subject}: {terms}",
    Check.LIMIT: "{subject}: {terms}",
    Check.OWED: "{kind} owed, {terms}",
    Check.NOT_OWED: "no {kind} owed",
    Check.WITHHOLDING: "of {values}, withheld in a year: {terms}",
}
_ANCHORS: Final = {
    Anchor.ISSUED: "issue",
    Anchor.RECEIVED: "receipt",
    Anchor.LAUNCH: "the launch",
    Anchor.END: "the end of its time",
}


def _kind(kind: int) -> str:
    row = KINDS.get(kind) or kind_row(kind)
    return row.label if row else str(kind)


def _names(kind: int, subject: str) -> dict[int, str]:
    """Names of the values of a field, by their numbers."""
    codec = fields.codec_of(kind, subject)
    enum = fields.enum_of(codec) or (None if isinstance(codec, Bool) else AreaForm)
    return {member.value: named(member) for member in enum} if enum else {0: "no", 1: "yes"}


def _check_distinct(values: tuple[Any, ...]) -> None:
    if len(set(values)) < len(values):
        raise Refused(Refusal.DUPLICATE_ENTRY, "a value occurs once")


def _check_values(subject: str, values: tuple[int, ...], known: set[int]) -> None:
    if not known.issuperset(values):
        raise Refused(Refusal.UNKNOWN_VALUE, f"{subject}: has no such value")


def _check_comparable(kind: int, subject: str, values: tuple[int, ...], limit: Limit | None) -> None:
    """A field that a rule or condition looks at is there, and of a type that can be compared so."""
    codec: Codec | None = fields.codec_of(kind, subject)
    known, units = fields.choices(codec), fields.units(codec)
    if codec is None or (values and not known) or (limit is not None and limit.unit not in units):
        raise Refused(Refusal.INCONSISTENT, f"{subject}: not a field that can be compared so")
    if bool(values) == (limit is not None):
        raise Refused(Refusal.INCONSISTENT, f"{subject}: exactly one of values and limit")
    _check_values(subject, values, set(known.values()))
