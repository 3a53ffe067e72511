"""Every kind of message, measured: round trips, examples, CDDL and everything that must be refused.

``pytest -s tests/wire/test_kinds.py -k table`` prints the table of kinds.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import sys
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Any, NamedTuple

import cbor2
import pytest
from cddl_verifier import Validator  # type: ignore[import-untyped]
from hypothesis import given, settings

from launchnotice import Refused, UsageError
from launchnotice.registry import (
    KINDS,
    AreaRole,
    FindingCode,
    Kind,
    KindClass,
    Need,
    Refusal,
    RejectionCode,
    Usage,
)
from launchnotice.testing import strategies
from launchnotice.testing.mutations import Mutation, mutants
from launchnotice.testing.rules import RULES
from launchnotice.wire import cbor, geo, launch, notices, signals, withheld
from launchnotice.wire.bounds import MAX_MESSAGE
from launchnotice.wire.codecs import Array, Codec, Text, kebab
from launchnotice.wire.message import BODIES, parse
from launchnotice.wire.record import Nested, Record
from launchnotice.wire.signals import Acknowledgement, Receipt, Rejection
from launchnotice.wire.withheld import Disclosure, disclosed
from tests.spec.diagnostic import diagnostic
from tests.spec.generate import EXAMPLES
from tests.spec.texts import CDDL, TEXT
from tests.support import NOW, state
from tests.support.forge import Forged, Forger
from tests.support.template import Template, template

NOTICES = [kind for kind in Kind if KINDS[kind].kind_class is not KindClass.SIGNAL]
SIGNALS = [kind for kind in Kind if KINDS[kind].kind_class is KindClass.SIGNAL]
EVERY_KIND = pytest.mark.parametrize("kind", Kind, ids=lambda kind: KINDS[kind].label)
FIXED: dict[str, Any] = {"database": None, "derandomize": True}


@cache
def drawn(kind: Kind) -> list[Record]:
    """Many bodies of a kind, the same each time."""
    found: list[Record] = []

    @given(strategies.bodies(kind, flawed=True))
    @settings(max_examples=60, **FIXED)
    def draw(body: Record) -> None:
        found.append(body)

    draw()
    return found


# The table -----------------------------------------------------------------------------


class Row(NamedTuple):
    """What holds of a kind, by count."""

    round_trips: int
    examples: int
    cddl: int
    negatives: int
    codes: int
    across: int


@cache
def examples() -> dict[str, bytes]:
    """The messages of `spec/examples/classic.json` by name."""
    objects = json.loads(EXAMPLES.read_text(encoding="utf-8"))["objects"]
    return {one["name"]: bytes.fromhex(one["bytes"]) for one in objects}


@cache
def schema() -> Validator:
    return Validator(CDDL.read_text(encoding="utf-8"))


def example(kind: Kind) -> dict[int, Any]:
    """The body of a kind's example, which is a message of that kind."""
    message = parse(examples()[KINDS[kind].label])
    assert message.kind == kind
    body: dict[int, Any] = message._payload.body
    return body


@cache
def row(kind: Kind) -> Row:
    """A kind's line; each case that it counts is checked."""
    bodies = [BODIES[kind].load(example(kind)), *drawn(kind)]
    found = {mutation.name: mutation for body in bodies[:30] for mutation in mutants(body)}
    across = {_last(mutation) for mutation in found.values() if mutation.across}
    assert bool(across) == any(record in RULES for record in within(BODIES[kind]))
    return Row(
        round_trips=sum(map(_round_trip, bodies)),
        examples=_shown(kind),
        cddl=schema().validate(cbor2.dumps(example(kind)), root_type=kebab(BODIES[kind].__name__)).valid,
        negatives=sum(_is_refused(BODIES[kind], mutation) for mutation in found.values()),
        codes=len({mutation.code for mutation in found.values()}),
        across=len(across),
    )


def _round_trip(body: Record) -> bool:
    data = cbor.encode(body.dump())
    assert type(body).load(cbor.decode(data, MAX_MESSAGE)) == body
    assert cbor.encode(type(body).load(cbor.decode(data, MAX_MESSAGE)).dump()) == data
    assert type(body).from_json(json.loads(json.dumps(body.to_json()))) == body
    return True


def _shown(kind: Kind) -> int:
    """The kind's examples: its bytes among the examples, its body in the text."""
    name, text = KINDS[kind].label, TEXT.read_text(encoding="utf-8")
    block = text.partition(f"<!-- generated: example {name} -->")[2].partition("<!-- end -->")[0]
    return (name in examples()) + (diagnostic(example(kind), BODIES[kind]) in block)


def _is_refused(record: type[Record], mutation: Mutation) -> bool:
    # As bytes too: a fault of a field is none of the encoding.
    raw: Any = cbor.decode(cbor.encode(mutation.raw), 1 << 20)
    with pytest.raises(Refused) as error:
        record.load(raw)
    assert error.value.code is mutation.code, (mutation.name, str(error.value))
    record.load(mutation.valid)
    return True


def _last(mutation: Mutation) -> str:
    return mutation.name.rpartition(": ")[2]


@EVERY_KIND
def test_kind_round_trips_has_examples_and_refuses_each_fault_with_its_code(kind: Kind) -> None:
    found = row(kind)
    assert all(found[:-1])
    assert found.examples == 2
    assert found.round_trips > 5
    assert {Refusal.WRONG_TYPE, Refusal.UNKNOWN_FIELD} <= {m.code for m in mutants(drawn(kind)[0])}


def test_table_of_kinds() -> None:
    print(f"\n{'kind':24}" + "".join(f"{name.replace('_', ' '):>13}" for name in Row._fields))
    for kind in Kind:
        cells = row(kind)
        print(f"{KINDS[kind].label:24}" + "".join(f"{int(cell):>13}" for cell in cells))
        assert all(cells[:-1]), "an empty cell; only rules across fields are none in some kinds"
    assert list(BODIES) == list(Kind)


# Rules across fields -------------------------------------------------------------------

MODULES: tuple[ModuleType, ...] = (geo, launch, notices, signals, withheld)


def within(record: type[Record]) -> set[type[Record]]:
    """A record and all records that can stand in it."""
    found = {record}
    for row in record.FIELDS:
        codec: Codec = row.codec.item if isinstance(row.codec, Array) else row.codec
        if isinstance(codec, Nested):
            found |= within(codec.record)
        elif isinstance(codec, geo.Area):
            found |= {one for area in geo.AREAS.values() for one in within(area)}
    return found


@cache
def every_record() -> tuple[type[Record], ...]:
    """Every body and every record within one."""
    return tuple(sorted({one for body in BODIES.values() for one in within(body)}, key=lambda r: r.__name__))


def refusals(module: ModuleType) -> Iterator[tuple[str, int]]:
    """Where a module refuses by a rule across fields: file and line of each such statement."""
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.FunctionDef) and node.name.lstrip("_").startswith(("validate", "check_")):
            lines = [inner.lineno for inner in ast.walk(node) if isinstance(inner, ast.Raise)]
            yield from ((str(module.__file__), line) for line in lines)


def where(error: BaseException) -> tuple[str, int]:
    """File and line of the statement that began a chain of exceptions."""
    while error.__context__ is not None:
        error = error.__context__
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    assert trace is not None
    return trace.tb_frame.f_code.co_filename, trace.tb_lineno


RECORDS = {record.__name__: record for record in RULES}


@cache
def broken(name: str) -> dict[str, set[tuple[str, int]]]:
    """The statements that refuse a record, by the rule that is broken."""
    record = RECORDS[name]
    found: dict[str, set[tuple[str, int]]] = {}

    @given(strategies.body_of(record, flawed=True))
    @settings(max_examples=15, **FIXED)
    def each(body: Record) -> None:
        assert record.load(body.dump()) == body
        for mutation in mutants(body):
            if mutation.across and mutation.name.startswith(": "):
                with pytest.raises(Refused) as error:
                    record.load(mutation.raw)
                assert error.value.code is mutation.code, mutation.name
                found.setdefault(_last(mutation), set()).add(where(error.value))

    each()
    return found


@pytest.mark.parametrize("name", RECORDS)
def test_each_rule_across_fields_is_broken_alone(name: str) -> None:
    """One statement refuses every body with that change, and without the change it loads."""
    found = broken(name)
    assert list(found) == [rule.name for rule in RULES[RECORDS[name]]]
    assert {name: len(places) for name, places in found.items()} == dict.fromkeys(found, 1)


def test_every_rule_across_fields_is_broken_by_some_mutation() -> None:
    reached = {place for name in RECORDS for places in broken(name).values() for place in places}
    assert {place for module in MODULES for place in refusals(module)} <= reached


def test_every_record_with_rules_of_its_own_has_mutations() -> None:
    own = {record for record in every_record() if record.validate is not Record.validate}
    assert own == set(RULES)


# What strategies reach -----------------------------------------------------------------


def parts(value: object) -> Iterator[Record]:
    """A record and all records in it."""
    if isinstance(value, Record):
        yield value
        for row in value.FIELDS:
            yield from parts(getattr(value, row.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from parts(item)


def test_strategies_reach_every_field_area_form_and_role() -> None:
    reached, roles = set(), set()
    for part in (part for kind in Kind for body in drawn(kind) for part in parts(body)):
        reached |= {(type(part), row.name) for row in part.FIELDS if getattr(part, row.name) != row.default}
        roles |= {part.role} if isinstance(part, geo.Zone) else set()
    # The fields of every area are among those of all records, and so is every form.
    assert reached == {(record, row.name) for record in every_record() for row in record.FIELDS}
    assert roles == set(AreaRole)


@given(strategies.areas())
@settings(max_examples=300)
def test_areas_have_no_problem_unless_asked_for(area: geo.AreaRecord) -> None:
    assert not area.problems()


@EVERY_KIND
def test_an_author_may_send_what_the_strategies_give(kind: Kind) -> None:
    @given(strategies.bodies(kind))
    @settings(max_examples=25)
    def check(body: Record) -> None:
        geo.author_check(body)

    check()


def test_flawed_bodies_have_problems_that_no_author_may_send() -> None:
    assert any(geo.shape_problems(body) for kind in (Kind.LAUNCH, Kind.LAUNCH_REPORT) for body in drawn(kind))


@EVERY_KIND
def test_mutations_have_the_code_of_their_refusal(kind: Kind) -> None:
    @given(strategies.mutations(kind))
    @settings(max_examples=25)
    def check(mutation: Mutation) -> None:
        _is_refused(BODIES[kind], mutation)

    check()


def another(salt: bytes) -> bytes:
    return bytes([salt[0] ^ 1, *salt[1:]])


@given(strategies.withholding())
def test_what_is_withheld_opens_to_one_value_alone(
    found: tuple[notices.LaunchNotification, tuple[notices.Secret, ...]],
) -> None:
    body, secrets = found
    assert [one.key for one in body.withheld] == [secret.key for secret in secrets]
    for secret in secrets:
        row = next(row for row in body.FIELDS if row.key == secret.key)
        value = disclosed(body, secret.disclose(bytes(32)))
        assert cbor.encode(row.codec.dump(value)) == secret.value
        with pytest.raises(Refused, match="no such commitment"):
            disclosed(body, secret._replace(salt=another(secret.salt)).disclose(bytes(32)))


def test_withholding_withholds() -> None:
    withheld_keys = {one.key for body in drawn(Kind.LAUNCH) for one in body.withheld}  # type: ignore[attr-defined]
    assert len(withheld_keys) > 10


@given(strategies.disclosures())
def test_disclosure_has_the_value_of_a_field(disclosure: Disclosure) -> None:
    row = next(row for row in notices.LaunchNotification.FIELDS if row.key == disclosure.key)
    row.codec.load(cbor.decode(disclosure.value, MAX_MESSAGE))


@pytest.mark.parametrize("limit", [1, 2, 3, 16, 64, 1_024])
def test_texts_are_allowed_and_some_are_not_ascii(limit: int) -> None:
    found: list[str] = []

    @given(strategies.texts(limit))
    @settings(max_examples=100, **FIXED)
    def check(text: str) -> None:
        assert Text(limit).load(text) == text
        found.append(text)

    check()
    assert max(len(text.encode()) for text in found) == limit
    assert limit == 1 or not all(text.isascii() for text in found)


@given(strategies.notices(), strategies.signals(), strategies.zones(), strategies.windows())
def test_other_strategies_give_what_they_say(
    notice: Record, signal: Record, zone: geo.Zone, window: notices.Window
) -> None:
    assert type(notice) in {BODIES[kind] for kind in NOTICES}
    assert type(signal) in {BODIES[kind] for kind in SIGNALS}
    assert (type(zone), type(window)) == (geo.Zone, notices.Window)


def test_without_hypothesis_the_import_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    monkeypatch.delitem(sys.modules, "launchnotice.testing.strategies")
    with pytest.raises(ImportError, match=r"pip install launchnotice\[testing\]"):
        importlib.import_module("launchnotice.testing.strategies")


# What errors say -----------------------------------------------------------------------

MARK, MARK_BYTES = "§zebra", b"\xc2\xa7zebra"
WRONG: list[Any] = [
    MARK,
    MARK * 2_000,
    f"{MARK}\x07",
    f"{MARK}e\u0301",
    MARK_BYTES,
    MARK_BYTES * 2_000,
    [MARK],
    [MARK_BYTES] * 300,
    [(MARK, MARK_BYTES)] * 3,
    {MARK: MARK_BYTES},
    {MARK},
    type(MARK, (), {})(),
]


def says_content(text: str) -> bool:
    return any(mark in text for mark in ("zebra", MARK_BYTES.hex(), MARK_BYTES.hex()[4:]))


def test_the_mark_is_found() -> None:
    assert all(map(says_content, (MARK, repr(MARK_BYTES), MARK_BYTES.hex())))


@pytest.mark.parametrize("record", every_record(), ids=lambda record: record.__name__)
def test_constructor_names_field_type_and_rule_and_never_the_content(record: type[Record]) -> None:
    @given(strategies.body_of(record))
    @settings(max_examples=3, **FIXED)
    def check(body: Record) -> None:
        values = {row.name: getattr(body, row.name) for row in body.FIELDS}
        for row in record.FIELDS:
            for wrong in WRONG:
                _misuse(record, values, row.name, wrong)

    check()


def _misuse(record: type[Record], values: dict[str, Any], name: str, wrong: Any) -> None:
    try:
        record(**{**values, name: wrong})
    except UsageError as error:
        text, code = str(error), error.code
    else:
        assert wrong in (MARK, [MARK]), "a text, or several"
        return
    assert code is Usage.BAD_VALUE
    assert not says_content(text), text
    # A rule across fields names the record and, where it is about one, the field.
    field = text.startswith(f"bad-value: {record.__name__}.{name}")
    assert field or text.startswith(f"bad-value: {record.__name__}: "), text
    assert any(f": {refusal}: " in text for refusal in Refusal), text
    if Refusal.WRONG_TYPE in text:
        assert ": expected " in text


def marked(raw: Any, count: Iterator[int]) -> Any:
    """The same CBOR with a mark in each text and byte string that has room, no two of them equal."""
    if isinstance(raw, dict):
        return {key: marked(value, count) for key, value in raw.items()}
    if isinstance(raw, list):
        return [marked(item, count) for item in raw]
    number = f"{next(count):06}" if isinstance(raw, str | bytes) else ""
    if isinstance(raw, str):
        return f"{MARK}{number}"
    if isinstance(raw, bytes):
        mark = MARK_BYTES + number.encode()
        if is_cbor(raw):
            # A digest that happens to be CBOR is left as it is.
            return raw if len(raw) in {16, 32} else cbor.encode(mark)
        return mark.ljust(len(raw), b"\0")
    return raw


def is_cbor(data: bytes) -> bool:
    """Whether bytes may be what a disclosure discloses."""
    try:
        cbor.decode(data, MAX_MESSAGE)
    except Refused:
        return False
    return True


@EVERY_KIND
def test_refusal_never_says_the_content(kind: Kind) -> None:
    record = BODIES[kind]

    @given(strategies.bodies(kind))
    @settings(max_examples=8)
    def check(body: Record) -> None:
        for mutation in mutants(record.load(marked(body.dump(), iter(range(10**6))))):
            with pytest.raises(Refused) as error:
                record.load(mutation.raw)
            assert not says_content(str(error.value)), mutation.name

    check()


@EVERY_KIND
def test_refusal_of_json_never_says_the_content(kind: Kind) -> None:
    record = BODIES[kind]

    @given(strategies.bodies(kind))
    @settings(max_examples=10)
    def check(body: Record) -> None:
        shown = record.load(marked(body.dump(), iter(range(10**6)))).to_json()
        for name in [*shown, MARK]:
            for wrong in (MARK, [MARK], {"form": MARK}, {MARK: MARK}, f"{MARK}\x07", MARK * 2_000, None):
                try:
                    record.from_json({**shown, name: wrong})
                except Refused as error:
                    assert not says_content(str(error)), name

    check()


# Unreadable bodies, signed rightly -------------------------------------------------------


@pytest.fixture(scope="module")
def made() -> Template:
    return template()


def one_of_each_code(kind: Kind) -> list[Mutation]:
    """Mutations of a kind's example, one for each code, and one of a rule across fields."""
    found: dict[object, Mutation] = {}
    for mutation in mutants(BODIES[kind].load(example(kind))):
        found.setdefault((mutation.code, mutation.across), mutation)
    return list(found.values())


def forge(us: Forger, kind: Kind, raw: dict[int, Any]) -> Forged:
    if KINDS[kind].kind_class is KindClass.EMERGENCY:
        return us.emergency(1, kind=kind, k7=raw)
    return us.notice(body=raw, k5=int(kind))


@pytest.mark.parametrize("kind", NOTICES, ids=lambda kind: KINDS[kind].label)
def test_notice_with_an_unreadable_body_takes_its_place_and_can_be_rejected_alone(
    kind: Kind, made: Template
) -> None:
    us = made.forger("US")
    for mutation in one_of_each_code(kind):
        endpoint, sent = made.open("RU"), forge(us, kind, mutation.raw)
        step = endpoint.receive(sent.data, NOW)
        assert step.refusal is None, mutation.name
        assert [finding.code for finding in step.events[0].findings] == [FindingCode.UNINTELLIGIBLE]
        assert endpoint.exchange(sent.id).body is None
        endpoint.poll(NOW + 1)
        receipt = endpoint.exchange(sent.id).signals[0].body
        assert isinstance(receipt, Receipt)
        assert not receipt.readable
        assert Need.UNINTELLIGIBLE in {one.need for one in endpoint.attention(NOW + 1)}
        with pytest.raises(UsageError) as error:
            state(endpoint, made.centres["RU"], Acknowledgement(subject=sent.id), NOW + 2)
        assert error.value.code is Usage.NOT_INTELLIGIBLE
        rejection = Rejection(subject=sent.id, code=RejectionCode.UNINTELLIGIBLE)
        assert state(endpoint, made.centres["RU"], rejection, NOW + 3).refusal is None
        assert rejection in [signal.body for signal in endpoint.exchange(sent.id).signals]


@pytest.mark.parametrize("kind", NOTICES, ids=lambda kind: KINDS[kind].label)
def test_the_same_notice_with_its_fault_repaired_is_read(kind: Kind, made: Template) -> None:
    endpoint, sent = made.open("RU"), forge(made.forger("US"), kind, example(kind))
    codes = [finding.code for finding in endpoint.receive(sent.data, NOW).events[0].findings]
    assert FindingCode.UNINTELLIGIBLE not in codes
    assert endpoint.exchange(sent.id).body == BODIES[kind].load(example(kind))


@pytest.mark.parametrize("kind", SIGNALS, ids=lambda kind: KINDS[kind].label)
def test_signal_with_an_unreadable_body_is_refused_with_the_code_of_its_fault(
    kind: Kind, made: Template
) -> None:
    us, endpoint = made.forger("US"), made.open("RU")
    for mutation in one_of_each_code(kind):
        step = endpoint.receive(us.signal(kind, mutation.raw, "RU").data, NOW)
        assert step.refusal is not None
        assert step.refusal.code is mutation.code, mutation.name
        assert (step.events, step.sends) == ((), ())
