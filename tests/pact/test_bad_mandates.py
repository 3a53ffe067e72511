"""Mandates and descriptors that break a rule: each has its code, when made, at a desk and when read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import pytest

from launchnotice import Channel, Draft, Identity, Party, Refused, UsageError
from launchnotice.ceremony import check_mandate, draft_mandate, sign_mandate
from launchnotice.pact.channel import Descriptor
from launchnotice.pact.mandate import Mandate, UnverifiedMandate
from launchnotice.registry import Algorithm, ContentType, Refusal, Role, Usage
from launchnotice.wire import cbor, cose
from launchnotice.wire.bounds import MAX_MANDATE
from launchnotice.wire.keys import PublicKey
from tests.attacks.hands import first, signed_by
from tests.support import NOW, Centre, make_centre
from tests.support.centres import descriptor
from tests.support.template import template

AUTHORITY = ("authority-1", "authority-2")
MADE = template()
SMALL_ORDER = PublicKey(Algorithm.ED25519, b"\x01" + bytes(31))


class Case(NamedTuple):
    """A fault in the second mandate of US: its code, the identities listed, who signs, raw fields changed."""

    name: str
    code: Refusal
    identities: Callable[[list[Identity]], list[Identity]] = lambda known: known
    signers: tuple[str, ...] = AUTHORITY
    changes: dict[str, Any] = {}  # noqa: RUF012 - never written


Edit = Callable[[list[Identity]], list[Identity]]


def without(*labels: str) -> Edit:
    return lambda known: [one for one in known if one.label not in labels]


def given(
    label: str, *keys: PublicKey, role: Role = Role.OFFICER
) -> Callable[[list[Identity]], list[Identity]]:
    one = Identity(label=label, role=role, keys=keys)
    return lambda known: [*[other for other in known if other.label != label], one]


def key_of(code: str, label: str) -> PublicKey:
    return MADE.centres[code].keys[label][0].key


CASES = (
    Case("a gap in versions", Refusal.MANDATE_GAP, changes={"k20": 3}),
    Case("a wrong prev", Refusal.BAD_MANDATE_CHAIN, changes={"k21": bytes(32)}),
    Case("too few authority signatures", Refusal.THRESHOLD, signers=AUTHORITY[:1]),
    Case("the authority below its threshold", Refusal.UNSATISFIABLE, without("authority-2")),
    Case("the officers below theirs", Refusal.UNSATISFIABLE, without("officer-1", "officer-2")),
    Case("no system", Refusal.UNSATISFIABLE, without("system")),
    Case("a key of two identities", Refusal.KEY_REUSED, given("officer-9", key_of("US", "officer-1"))),
    Case("a key of another party", Refusal.KEY_REUSED, given("officer-9", key_of("RU", "authority-1"))),
    Case("a weak key", Refusal.WEAK_KEY, given("officer-9", SMALL_ORDER)),
    Case("a label twice", Refusal.DUPLICATE_ENTRY, lambda known: [*known, _renamed(known[2], "officer-2")]),
    Case(
        "a key for no algorithm of the suite",
        Refusal.INCOMPLETE_IDENTITY,
        given("officer-9", *[SMALL_ORDER] * 2),
    ),
)


def named(cases: Iterable[Case]) -> list[Any]:
    """Cases as parameters."""
    return [pytest.param(case, id=case.name) for case in cases]


def _renamed(identity: Identity, label: str) -> Identity:
    fresh = make_centre("X").keys["officer-1"][0].key
    return Identity(label=label, role=identity.role, keys=(fresh,))


@pytest.fixture(scope="module")
def previous() -> Mandate:
    return first(MADE, "US")


def raw(case: Case) -> bytes:
    """The faulty mandate, by a hand that the library does not guide."""
    centre: Centre = MADE.centres["US"]
    identities = [one.dump() for one in case.identities(centre.identities())]
    changes = {
        "k20": 2,
        "k21": first(MADE, "US").id,
        "k23": 2,
        "k4": NOW,
        "k22": NOW + 1000,
        "k24": identities,
    }
    return signed_by(centre, MADE.mandates["US"], case.signers, **{**changes, **case.changes})


@pytest.mark.requirement("R-MAND-4")
@pytest.mark.parametrize("case", named(CASES))
def test_is_refused_when_read(case: Case) -> None:
    ru = MADE.open("RU")
    position = ru.health(NOW).position
    step = ru.receive(raw(case), NOW)
    assert step.refusal is not None
    assert step.refusal.code is case.code
    assert ru.health(NOW).position == position


@pytest.mark.requirement("R-MAND-4")
@pytest.mark.parametrize("case", named(one for one in CASES if not one.changes))
def test_is_refused_when_made(case: Case, previous: Mandate) -> None:
    with pytest.raises(UsageError) as caught:
        draft_mandate(
            MADE.channel,
            "US",
            case.identities(MADE.centres["US"].identities()),
            issued=NOW,
            expires=NOW + 1000,
            signers=case.signers,
            previous=previous,
        )
    assert caught.value.code is Usage.BAD_VALUE
    assert case.code.value in caught.value.detail


@pytest.mark.requirement("R-MAND-4")
@pytest.mark.parametrize("case", named(one for one in CASES if one.code is not Refusal.MANDATE_GAP))
def test_is_refused_at_a_desk_before_anybody_signs(case: Case, previous: Mandate) -> None:
    """A draft that was not made with this library, or was changed on its way."""
    payload = cose.parse(raw(case), MAX_MANDATE).payload
    draft = Draft(cose.BODY_HEADERS[ContentType.MANDATE], payload, {})
    with pytest.raises(Refused) as caught:
        check_mandate(draft, MADE.channel, previous)
    assert caught.value.code is case.code


def good() -> Draft:
    centre = MADE.centres["US"]
    return draft_mandate(
        MADE.channel,
        "US",
        centre.identities(),
        issued=NOW,
        expires=NOW + 1000,
        signers=AUTHORITY,
        previous=first(MADE, "US"),
    )


def test_a_draft_in_good_order_passes_a_desk_with_any_signatures_missing(previous: Mandate) -> None:
    draft = good()
    for label in AUTHORITY:
        assert check_mandate(draft, MADE.channel, previous).version == 2
        draft = sign_mandate(draft, MADE.channel, MADE.centres["US"].keys[label])
    assert check_mandate(draft, MADE.channel, previous).version == 2


def test_a_draft_without_its_predecessor_does_not_pass_a_desk() -> None:
    with pytest.raises(Refused) as caught:
        check_mandate(good(), MADE.channel)
    assert caught.value.code is Refusal.BAD_MANDATE_CHAIN


@pytest.mark.parametrize("fault", ["changed", "a stranger's"])
def test_a_signature_that_is_none_does_not_pass_a_desk(fault: str, previous: Mandate) -> None:
    draft = sign_mandate(good(), MADE.channel, MADE.centres["US"].keys["authority-1"])
    ((kid, signature),) = draft.signatures.items()
    changed = signature[:-1] + bytes([signature[-1] ^ 1])
    signatures = {kid: changed} if fault == "changed" else {kid: signature, bytes(32): signature}
    with pytest.raises(Refused) as caught:
        check_mandate(Draft(draft.header, draft.payload, signatures), MADE.channel, previous)
    expected = Refusal.BAD_SIGNATURE if fault == "changed" else Refusal.MANIFEST_MISMATCH
    assert caught.value.code is expected


# Descriptors -----------------------------------------------------------------------------


def party(code: str, **changes: Any) -> Party:
    values = {"code": code, "threshold": 2, "authority": make_centre(code).party().authority, **changes}
    return Party(**values)


ONE = make_centre("RU").party().authority
DESCRIPTORS: dict[str, tuple[Refusal, dict[int, Any]]] = {
    "a threshold above the identities": (Refusal.UNSATISFIABLE, {6: [["RU", 3, ONE], ["US", 2, None]]}),
    "a key short of an identity": (Refusal.UNSATISFIABLE, {3: 2, 6: [["RU", 1, ONE[:1]], ["US", 1, None]]}),
    "an unknown suite": (Refusal.UNKNOWN_VALUE, {3: 9}),
    "one thumbprint twice in a party": (
        Refusal.DUPLICATE_ENTRY,
        {6: [["RU", 1, ONE[:1] * 2], ["US", 2, None]]},
    ),
    "one thumbprint in two parties": (Refusal.DUPLICATE_ENTRY, {6: [["RU", 2, ONE], ["US", 2, ONE]]}),
    "one party": (Refusal.BAD_LENGTH, {6: [["RU", 2, ONE]]}),
    "one party twice": (Refusal.UNSORTED, {6: [["US", 2, ONE], ["US", 2, None]]}),
    "more officers than a mandate holds": (Refusal.OUT_OF_RANGE, {7: 16}),
    "another protocol": (Refusal.UNKNOWN_VALUE, {1: "LNP/2"}),
}


def changed(changes: dict[int, Any]) -> dict[int, Any]:
    raw: Any = descriptor([make_centre("US"), make_centre("RU")]).dump()
    for key, value in changes.items():
        raw[key] = value if key != 6 else [_party(*one) for one in value]
    return {key: raw[key] for key in sorted(raw)}


def _party(code: str, threshold: int, kids: tuple[bytes, ...] | None) -> dict[int, Any]:
    return {1: code, 2: threshold, 3: list(kids or make_centre(code).party().authority)}


@pytest.mark.requirement("R-CHAN-1")
@pytest.mark.parametrize("name", DESCRIPTORS)
def test_a_descriptor_is_refused_when_read(name: str) -> None:
    code, changes = DESCRIPTORS[name]
    with pytest.raises(Refused) as caught:
        Channel.load(cbor.encode(changed(changes)))
    assert caught.value.code is code


@pytest.mark.requirement("R-CHAN-1")
@pytest.mark.parametrize("name", sorted(DESCRIPTORS.keys() - {"an unknown suite"}))
def test_a_descriptor_is_refused_when_made(name: str) -> None:
    code, changes = DESCRIPTORS[name]
    known = descriptor([make_centre("US"), make_centre("RU")])
    values: dict[str, Any] = {row.name: getattr(known, row.name) for row in Descriptor.FIELDS}
    names = {row.key: row.name for row in Descriptor.FIELDS}
    for key, value in changes.items():
        values[names[key]] = value
    if 3 in changes:
        values["suite"] = type(known.suite)(changes[3])
    if 6 in changes:
        values["parties"] = tuple(
            party(one[0], threshold=one[1], **({"authority": tuple(one[2])} if one[2] else {}))
            for one in changes[6]
        )
    with pytest.raises(UsageError) as caught:
        Descriptor(**values)
    assert caught.value.code is Usage.BAD_VALUE
    assert code.value in caught.value.detail


def test_every_fault_is_a_mandate_of_its_own_until_it_is_judged() -> None:
    """What is tested above is parsed: it is the rule that refuses it, and no slip of the test's own hand."""
    for case in CASES:
        assert UnverifiedMandate.parse(raw(case)).party == "US"
