"""Notices as officers write them: TOML or JSON in human units, checked in full, and back.

- `compose` gives the body, or *everything* that is wrong, each with key, expected, found and line;
  and what the agreement has to say of it, also of what could be read of a form with mistakes.
- `write` is its inverse. `template` prints a form to be filled in for any kind under any agreement.
- All of it follows from the declarations of records and the rules of the agreement: no kind and no
  agreement has code of its own.

    composed = compose(text, now, channel.descriptor.agreement)
    if composed.body is not None:
        draft = endpoint.draft(composed.body, now, officers)

Not here: files and journals (`launchnotice compose`), signatures (`Review`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from launchnotice.compose.form import MAX_FORM, Form, Unreadable, parse_form
from launchnotice.compose.reading import Mistake, Reader, shown
from launchnotice.compose.writing import AGREEMENT, KIND, write
from launchnotice.pact.agreement import Agreement
from launchnotice.pact.findings import Finding
from launchnotice.pact.judge import Heard, Judge
from launchnotice.registry import KINDS, Kind, Policy
from launchnotice.render.fields import words
from launchnotice.wire.geo import shape_problems
from launchnotice.wire.message import BODIES
from launchnotice.wire.record import Nested, Record

__all__ = ["Composed", "Form", "Mistake", "Unreadable", "compose", "parse_form", "write"]


class Composed(NamedTuple):
    """What became of a form.

    Attributes:
        kind: its kind; None if it names none. `body`: the body; None if there is a mistake.
        mistakes: everything that is wrong with it.
        findings: what the agreement has to say of it, if it is issued and arrives now.
    """

    kind: Kind | None
    body: Record | None
    mistakes: tuple[Mistake, ...]
    findings: tuple[Finding, ...]

    def __repr__(self) -> str:
        return f"<Composed with {len(self.mistakes)} mistakes>"


def compose(
    form: Form | str | Mapping[str, Any], now: int, agreement: Agreement | None = None, sender: str = ""
) -> Composed:
    """The body of a form, and everything that is to be said of it.

    Args:
        form: TOML or JSON, or the table that it holds: ``kind``, the kind's name, and the fields of its
            body by name; ``agreement``, if it is there, must be the id of the agreement.
        now: seconds, for what depends on when the notice is issued.
        agreement: the channel's; without one no rule of any is looked at.
        sender: code of the party whose notice it is; without it no rule for certain parties is looked at.
    """
    if isinstance(form, str):
        try:
            form = parse_form(form)
        except Unreadable as error:
            expected = error.detail.removeprefix("expected ")
            return Composed(None, None, (Mistake("", expected, "something else", error.line),), ())
    elif not isinstance(form, Form):
        form = Form(form)
    reader = Reader(form)
    kind = _kind(form, reader)
    _check_agreement(form, reader, agreement)
    if kind is None:
        return Composed(None, None, tuple(reader.mistakes), ())
    rest = {name: value for name, value in form.values.items() if name not in (KIND, AGREEMENT)}
    body = reader.record(BODIES[kind], rest)
    assert body is not None  # safe: None of what is no table alone
    if not reader.mistakes:
        for problem in shape_problems(body):
            reader.wrong((), "areas that can be drawn", problem)
    findings: tuple[Finding, ...] = ()
    if agreement and _judged(body):
        findings = _readable(Judge(agreement)(kind, body, Heard(sender, now, now)), reader)
    # By line, what has none last: a rule across fields of the whole, that there are too many.
    mistakes = tuple(sorted(reader.mistakes, key=lambda one: one.line or MAX_FORM))
    return Composed(kind, None if mistakes else body, mistakes, findings)


def _kind(form: Form, reader: Reader) -> Kind | None:
    name = form.values.get(KIND)
    kind = COMPOSED.get(words(name).casefold()) if isinstance(name, str) else None
    if kind is None:
        found = shown(name) if KIND in form.values else "nothing"
        reader.wrong((KIND,), f"one of {', '.join(COMPOSED)}", found)
    return kind


def _check_agreement(form: Form, reader: Reader, agreement: Agreement | None) -> None:
    name = form.values.get(AGREEMENT)
    if AGREEMENT in form.values and (not isinstance(name, str) or (agreement and name != agreement.id)):
        expected = (
            f'"{agreement.id}", under which it is looked at' if agreement else "the name of an agreement"
        )
        reader.wrong((AGREEMENT,), expected, shown(name))


def _readable(findings: Sequence[Finding], reader: Reader) -> tuple[Finding, ...]:
    """Findings but of fields that were given and could not be read."""
    broken = {str(part) for path in reader.broken for part in path}
    return tuple([one for one in findings if broken.isdisjoint((one.subject or "").split("."))])


def _judged(body: Record) -> bool:
    """Whether it has every table that its kind is never without; a body within may lack what it likes."""
    tables = [
        getattr(body, row.name) for row in body.FIELDS if row.required and isinstance(row.codec, Nested)
    ]
    return None not in tables


COMPOSED: Final = {row.label: Kind(kind) for kind, row in KINDS.items() if row.policy is not Policy.MACHINE}
"""Kinds that officers write, by name."""
