"""Forms to be filled in: every field of a kind with its meaning, how it is written, and who asks for it.

- What must be given, and what the agreement asks for, stands there to be filled in; everything else
  is a comment, with an example, and is said by taking its ``#`` away.
- A blank is ``"<fill in: EXAMPLE>"``. With each replaced by its example, a template composes.

    print(template(load_agreement("us-ussr-1988"), Kind.LAUNCH))
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from launchnotice.compose.examples import Example, Place
from launchnotice.compose.reading import FORM, fields, meaning, unit_of
from launchnotice.compose.values import BLANK, written
from launchnotice.compose.writing import AGREEMENT, KIND, table, toml
from launchnotice.errors import UsageError
from launchnotice.pact.agreement import Agreement
from launchnotice.pact.fields import LAUNCH
from launchnotice.registry import KINDS, AreaForm, Check, Kind, Policy, Usage, label
from launchnotice.render.treaty import NOBODYS, said
from launchnotice.wire.codecs import Array, Codec
from launchnotice.wire.geo import AREAS, Area, Points
from launchnotice.wire.message import BODIES, KIND_OF
from launchnotice.wire.quantities import Quantity
from launchnotice.wire.record import Field, Nested, Record

_WIDTH: Final = 100


class About(NamedTuple):
    """The notice that a new one is about: its message id, 32 bytes, and its body."""

    id: bytes
    body: Record


def template(agreement: Agreement, kind: Kind, about: About | None = None) -> str:
    """A form for a kind under an agreement, as TOML.

    Args:
        agreement: whose rules are shown. `kind`: of the notice that is to be written.
        about: the notice that it amends, ends, answers or is otherwise about: ids of notices are filled
            in, and a notification that is replaced is there in full, to be changed.

    Raises:
        UsageError: `bad-value`: the machine states that kind, and no officer writes it.
    """
    row = KINDS[kind]
    if row.policy is Policy.MACHINE:
        raise UsageError(Usage.BAD_VALUE, f"{row.label}: stated by the machine, written by nobody")
    record, example = BODIES[kind], Example(agreement, kind)
    speaking = any(rule.kind == kind for rule in agreement.rules)
    silence = [] if speaking else [f"No rule of {agreement.id} speaks of this kind."]
    illustration = [f"{NOBODYS}."] if agreement.illustrative else []
    lines = [
        *_prose(f"{row.label[0].upper()}{row.label[1:]} under {agreement.id}: {agreement.title}.", "", ""),
        *(line for text in (*illustration, *silence, *_HOW) for line in _prose(text, "", "")),
        "",
        f"{KIND} = {toml(row.label)}",
        f"{AGREEMENT} = {toml(agreement.id)}",
        *_section(record, _Form(example.form, _known(record, about)), example, agreement),
    ]
    if _has_areas(record):
        lines += ["", *_prose("Areas: a table with one of these forms.", "", ""), *_areas()]
    return "\n".join(lines) + "\n"


_HOW: Final = (
    f'Replace each "{BLANK}…>"; numbers, true and false stand without quotation marks. What is a '
    "comment here is optional: take its # away, or take the line away.",
    "Times are UTC and end with Z. Coordinates have their letters: 48-30-52N, 48°30'52\"N or 48.51444N.",
    "launchnotice compose FILE says what is wrong, and what a recipient will find.",
)


class _Form(NamedTuple):
    """Values of a table: examples of what must be said, and what is said already."""

    examples: Mapping[str, Any]
    known: Mapping[str, Any]

    def below(self, name: str) -> _Form:
        """The same of a table within; of one that is known nothing else must be said."""
        if name in self.known:
            return _Form({}, self.known[name])
        return _Form(self.examples[name], {})


def _section(record: type[Record], form: _Form, example: Example, agreement: Agreement) -> Iterator[str]:
    """The fields of a body; a body within it comes last, with a header of its own."""
    bodies = []
    for row in fields(record):
        if isinstance(row.codec, Nested) and row.codec.record in BODIES.values():
            bodies.append((row, row.codec.record))
            continue
        yield from ("", *_about(record, row, example, agreement), _line(record, row, form, example))
    for row, within in bodies:
        yield from ("", *_about(record, row, example, agreement), f"[{row.name}]")
        yield from _section(within, form.below(row.name), example, agreement)


def _line(record: type[Record], row: Field, form: _Form, example: Example) -> str:
    """A field as it stands in the form."""
    if row.name in form.known:
        return f"{row.name} = {toml(form.known[row.name])}"
    if row.name in form.examples:
        return f"{row.name} = {toml(_open(form.examples[row.name]))}"
    return f"#{row.name} = {toml(_open(example.value(record, row, Place(KIND_OF[record]))))}"


def _known(record: type[Record], about: About | None) -> dict[str, Any]:
    """What a notice about another says already: which it is, and what it said."""
    if about is None:
        return {}
    known: dict[str, Any] = {}
    for row in record.FIELDS:
        said = getattr(about.body, row.name, None)
        if row.name == LAUNCH:
            known[row.name] = (said if isinstance(said, bytes) else about.id).hex()
        elif row.required and row.doc.startswith(_ID):
            known[row.name] = about.id.hex()
        elif _holds(row, about.body):
            known[row.name] = table(about.body)
        elif isinstance(said, Record) and _holds(row, said):
            known[row.name] = table(said)
    return known


def _holds(row: Field, body: Record) -> bool:
    """Whether a field holds a body, and one of that class."""
    return isinstance(row.codec, Nested) and row.codec.record is type(body) and type(body) in KIND_OF


_ID: Final = "message id of"  # what the declarations say of each id of a notice


def _about(record: type[Record], row: Field, example: Example, agreement: Agreement) -> Iterator[str]:
    """What a field means, how it is written, who asks for it."""
    yield from _field(record, row, "")
    if row.required:
        yield from _prose("REQUIRED: no notice of this kind is without it", "  ")
    for rule in example.rules(Place(KIND_OF[record], (row.name,))):
        yield from _prose(f"{_SAYS.get(rule.check, '')}{agreement.id}: {said(rule)}", "  ")


_SAYS: Final = {Check.REQUIRED: "REQUIRED by ", Check.FORBIDDEN: "FORBIDDEN by "}


def _field(record: type[Record], row: Field, indent: str, more: str = "") -> Iterator[str]:
    """The meaning of a field and how it is written; below that, the parts of a table."""
    codec: Codec = row.codec
    each = ""
    if isinstance(codec, Array):
        each, codec = f"a list, in brackets, of {codec.low} to {codec.high}, each ", codec.item
    said = "; ".join(filter(None, [meaning(row), each + _how(record, codec)]))
    yield from _prose(f"{row.name}{more}: {said}", indent)
    if isinstance(codec, Nested) and codec.record not in BODIES.values():
        for one in fields(codec.record):
            yield from _field(codec.record, one, f"{indent}  ", "" if one.required else " (optional)")


def _how(record: type[Record], codec: Codec) -> str:
    """How a value is written."""
    match codec:
        case Nested() if codec.record in BODIES.values():
            return "a whole one, as follows"
        case Nested():
            return "a table, in braces"
        case Area():
            return "an area; its forms stand at the end"
        case Points():
            return f"a list, in brackets, of {codec.low} points or more"
        case Quantity() if unit_of(record):
            return 'a number with its unit, km or nmi: "12 nmi"'
    return written(codec).what


def _areas() -> Iterator[str]:
    for form, record in AREAS.items():
        yield from _prose(f"{FORM} = {toml(label(AreaForm(form)))}", "  ", "")
        for row in fields(record):
            yield from _field(record, row, "    ", "" if row.required else " (optional)")


def _prose(text: str, indent: str, more: str = "  ") -> Iterator[str]:
    """Comment lines."""
    start = f"# {indent}"
    return iter(textwrap.wrap(text, _WIDTH, initial_indent=start, subsequent_indent=start + more))


def _open(value: Any) -> Any:
    """A value with blanks for its leaves; the form of an area stands as it is."""
    match value:
        case Mapping():
            return {name: one if name == FORM else _open(one) for name, one in value.items()}
        case list():
            return [_open(one) for one in value]
        case bool():
            return f"{BLANK}{str(value).lower()}>"
    return f"{BLANK}{value}>"


def _has_areas(record: type[Record]) -> bool:
    for row in record.FIELDS:
        codec: Any = getattr(row.codec, "item", row.codec)
        if isinstance(codec, Area) or (isinstance(codec, Nested) and _has_areas(codec.record)):
            return True
    return False
