"""Withheld fields (spec section 5.5): commitments, disclosures, and what a receiver finds."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any, NamedTuple

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchnotice import UsageError
from launchnotice.errors import Refused
from launchnotice.registry import (
    AmendmentReason,
    Category,
    FindingCode,
    Kind,
    LaunchOutcome,
    QueryTopic,
    ReplyStatus,
    StatementTopic,
)
from launchnotice.wire.message import parse
from launchnotice.wire.notices import (
    Amendment,
    Cancellation,
    Disclosure,
    LaunchNotification,
    LaunchReport,
    Query,
    Reply,
    Secret,
    Statement,
    Withheld,
    disclosed,
    withhold,
)
from launchnotice.wire.record import Record
from launchnotice.wire.withheld import MAX_WITHHELD
from tests.spec.requirements.build import OFFICERS, World, world
from tests.spec.requirements.told import Told, codes, heard
from tests.spec.story import amended
from tests.support import NOW, launch, open_endpoint, state

SALT, ID = bytes(range(32)), bytes(32)
FULL = amended()
GIVEN = sorted(row.name for row in FULL.FIELDS if not row.required and getattr(FULL, row.name) != row.default)
MAY = [name for name in GIVEN if name not in {"window", "backup_windows", "launch_count", "group"}]
"""What can be withheld one by one: without its window the notification has no time."""


def formula(key: int, salt: bytes, value: bytes) -> bytes:
    """The commitment as the text computes it."""
    return hashlib.sha256(cbor2.dumps(["LNP/1 withheld", key, salt, value])).digest()


# Commitments -----------------------------------------------------------------------------


@pytest.mark.requirement("R-WITH-1")
@pytest.mark.requirement("R-WITH-2")
@given(names=st.sets(st.sampled_from(MAY), min_size=1, max_size=16), data=st.data())
def test_what_is_withheld_can_be_disclosed_and_nothing_else(names: set[str], data: st.DataObject) -> None:
    salts = {name: data.draw(st.binary(min_size=32, max_size=32)) for name in names}
    body, secrets = withhold(FULL, salts)
    assert [one.key for one in body.withheld] == sorted(one.key for one in secrets)
    changed = {row.name for row in FULL.FIELDS if getattr(body, row.name) != getattr(FULL, row.name)}
    assert changed == names | {"withheld"}
    fields = {row.key: row for row in FULL.FIELDS}
    for secret, row in zip(secrets, body.withheld, strict=True):
        field = fields[secret.key]
        value = cbor2.dumps(FULL.dump()[secret.key])
        assert (secret.salt, secret.value) == (salts[field.name], value)
        assert row == Withheld(key=secret.key, commitment=formula(*secret))
        assert disclosed(body, secret.disclose(ID)) == getattr(FULL, field.name)
    assert LaunchNotification.load(body.dump()) == body


@pytest.mark.requirement("R-WITH-1")
@given(flips=st.integers(1, 255), place=st.integers(0, 63), which=st.sampled_from(["key", "salt", "value"]))
def test_commitment_binds_key_salt_and_value(flips: int, place: int, which: str) -> None:
    body, (secret,) = withhold(FULL, {"direction": SALT})
    honest = secret.disclose(ID)
    changed: Any = {
        "key": lambda: secret._replace(key=secret.key ^ flips or 1),
        "salt": lambda: secret._replace(salt=flipped(SALT, place % 32, flips)),
        "value": lambda: secret._replace(value=cbor2.dumps({1: 6_750 ^ flips, 2: 500 + place})),
    }[which]()
    assert disclosed(body, honest) == FULL.direction
    with pytest.raises(Refused, match="inconsistent"):
        disclosed(body, changed.disclose(ID))


def flipped(data: bytes, place: int, flips: int) -> bytes:
    found = bytearray(data)
    found[place] ^= flips
    return bytes(found)


@pytest.mark.requirement("R-WITH-1")
def test_commitment_to_one_field_opens_no_other() -> None:
    """Both fields have the same value and salt; what tells them apart is the key."""
    far = FULL.apogee
    body, secrets = withhold(launch(range=far, apogee=far), {"range": SALT, "apogee": SALT})
    assert secrets[0].value == secrets[1].value
    assert body.withheld[0].commitment != body.withheld[1].commitment
    swapped = LaunchNotification(
        **{
            **fields_of(body),
            "withheld": (
                Withheld(key=17, commitment=body.withheld[1].commitment),
                Withheld(key=18, commitment=body.withheld[0].commitment),
            ),
        }
    )
    for secret in secrets:
        assert disclosed(body, secret.disclose(ID)) == far
        with pytest.raises(Refused, match="inconsistent"):
            disclosed(swapped, secret.disclose(ID))


def fields_of(body: Record) -> dict[str, Any]:
    return {row.name: getattr(body, row.name) for row in body.FIELDS}


@pytest.mark.requirement("R-WITH-1")
@pytest.mark.parametrize(
    ("name", "salt"),
    [
        ("direction", bytes(31)),
        ("direction", bytes(33)),
        ("direction", b""),
        ("category", SALT),
        ("telemetry", SALT),
        ("withheld", SALT),
        ("course", SALT),
        ("window", SALT),
    ],
    ids=["short salt", "long salt", "no salt", "required", "absent", "the list", "unknown", "the only time"],
)
def test_what_cannot_be_withheld_is_told_to_the_caller(name: str, salt: bytes) -> None:
    with pytest.raises(UsageError, match="bad-value"):
        withhold(FULL, {name: salt})


@pytest.mark.requirement("R-WITH-2")
def test_more_is_withheld_beside_what_is_withheld() -> None:
    once, _ = withhold(FULL, {"purpose": SALT})
    twice, secrets = withhold(once, {"direction": SALT})
    assert [one.key for one in twice.withheld] == [9, 15]
    assert disclosed(twice, secrets[0].disclose(ID)) == FULL.direction
    with pytest.raises(UsageError, match="bad-value"):
        withhold(once, {"purpose": SALT})


@pytest.mark.requirement("R-WITH-1")
def test_secret_is_in_no_text() -> None:
    _, (secret,) = withhold(FULL, {"direction": SALT})
    assert secret.salt.hex() not in repr(secret)
    assert repr(secret.value) not in repr(secret)


@pytest.mark.requirement("R-WITH-3")
def test_disclosed_value_is_bounded() -> None:
    Disclosure(notice=ID, key=200, salt=SALT, value=cbor2.dumps(bytes(MAX_WITHHELD - 3)))
    with pytest.raises(UsageError, match="bad-length"):
        Disclosure(notice=ID, key=200, salt=SALT, value=cbor2.dumps(bytes(MAX_WITHHELD - 2)))


# What a receiver finds -------------------------------------------------------------------


class Hidden(NamedTuple):
    """US told launches with fields withheld, and RU did; disclosures by name, right and wrong ones."""

    w: World
    told: Told
    shown: dict[str, Disclosure]

    def __repr__(self) -> str:
        return "<Hidden>"


@cache
def hidden() -> Hidden:
    w = world()
    told = Told(w.forger)

    def heard_id(*said: Any) -> bytes:
        made = told.say(*said)
        heard(w, made)
        return made.id

    body, (one,) = withhold(FULL, {"direction": SALT})
    anew, (two,) = withhold(FULL, {"direction": SALT[::-1]})
    first = heard_id(body)
    second = heard_id(
        Amendment(launch=first, replaces=first, reason=AmendmentReason.CLERICAL, notification=anew)
    )
    later = heard_id({**launch().dump(), 27: [{1: 200, 2: formula(200, SALT, b"\xf5")}]}, Kind.LAUNCH)
    wrong = heard_id({**launch().dump(), 27: [{1: 9, 2: formula(9, SALT, b"\x05")}]}, Kind.LAUNCH)
    sends = state(w.receiver, w.ru, body, NOW, OFFICERS).sends
    foreign = next(parse(send.data).id for send in sends if send.data not in w.mandates.values())
    return Hidden(
        w,
        told,
        {
            "right": one.disclose(first),
            "of an amendment": two.disclose(second),
            "of a later version": Secret(200, SALT, b"\xf5").disclose(later),
            "of a notice that nobody knows": one.disclose(ID),
            "of no notification": one.disclose(heard_id(Cancellation(launch=first))),
            "of an unreadable notification": one.disclose(heard_id({}, Kind.LAUNCH)),
            "of a mandate": one.disclose(w.forger.mandate),
            "of another party": one.disclose(foreign),
            "of another version": one.disclose(second),
            "of another field": one._replace(key=20).disclose(first),
            "with another salt": one._replace(salt=SALT[::-1]).disclose(first),
            "with another value": one._replace(value=b"\xa1\x03\x01").disclose(first),
            "of what no field is": Secret(9, SALT, b"\x05").disclose(wrong),
        },
    )


UNKNOWN, FOREIGN, MISMATCH = (
    FindingCode.UNKNOWN_REFERENCE,
    FindingCode.NOT_OWNER,
    FindingCode.DISCLOSURE_MISMATCH,
)
FOUND = {
    "right": None,
    "of an amendment": None,
    "of a later version": None,
    "of a notice that nobody knows": UNKNOWN,
    "of no notification": UNKNOWN,
    "of an unreadable notification": UNKNOWN,
    "of a mandate": UNKNOWN,
    "of another party": FOREIGN,
    "of another version": MISMATCH,
    "of another field": MISMATCH,
    "with another salt": MISMATCH,
    "with another value": MISMATCH,
    "of what no field is": MISMATCH,
}


@pytest.mark.requirement("R-WITH-4")
@pytest.mark.parametrize("name", FOUND)
def test_disclosure_has_its_finding_and_is_shown(name: str) -> None:
    w, told, shown = hidden()
    event = heard(w, told.say(report(shown[name])))
    found = FOUND[name]
    # The report names no notification, which is another finding.
    of_disclosures = [one for one in event.findings if one.code is not FindingCode.NOT_NOTIFIED]
    assert [(one.code, one.subject) for one in of_disclosures] == ([(found, "disclosures")] if found else [])
    assert w.receiver.exchange(event.subject).body == report(shown[name])


def report(*disclosures: Disclosure) -> LaunchReport:
    return LaunchReport(
        outcome=LaunchOutcome.NOT_LAUNCHED, category=Category.BALLISTIC_MISSILE, disclosures=disclosures
    )


@pytest.mark.requirement("R-WITH-4")
@pytest.mark.parametrize("kind", ["report", "reply", "statement"])
def test_each_disclosure_of_each_kind_is_looked_at(kind: str) -> None:
    w, told, shown = hidden()
    some = tuple(
        shown[name] for name in ("right", "of another party", "with another salt", "of no notification")
    )
    asked = Query(topic=QueryTopic.CLARIFICATION, asked="US", remark=kind)
    query = parse(next(send.data for send in state(w.receiver, w.ru, asked, NOW, OFFICERS).sends)).id
    body: dict[str, Record] = {
        "report": report(*some),
        "reply": Reply(query=query, status=ReplyStatus.ANSWERED, disclosures=some),
        "statement": Statement(topic=StatementTopic.DISCLOSURE, disclosures=some),
    }
    assert codes(heard(w, told.say(body[kind]))) == [FOREIGN, MISMATCH, UNKNOWN]


@pytest.mark.requirement("R-WITH-4")
def test_author_discloses_what_it_withheld() -> None:
    w = world()
    us = open_endpoint(w.channel, w.us, mandates=[*w.mandates.values()])
    body, (secret,) = withhold(FULL, {"direction": SALT})
    sends = state(us, w.us, body, NOW, OFFICERS).sends
    notice = next(parse(send.data).id for send in sends if send.data not in w.mandates.values())
    for wrong in (secret.disclose(ID), secret._replace(salt=ID).disclose(notice)):
        with pytest.raises(UsageError, match="unknown-subject"):
            us.draft(report(wrong), NOW + 1, OFFICERS)
    assert us.draft(report(secret.disclose(notice)), NOW + 1, OFFICERS)


@pytest.mark.requirement("R-WITH-5")
@pytest.mark.parametrize("amends", [False, True], ids=["notification", "amendment"])
def test_required_field_that_is_withheld_is_not_missing(*, amends: bool) -> None:
    """The agreement asks for a launch area; whether it is given, withheld or left out is told apart."""
    w = world()
    told = Told(w.forger)
    versions = [told.say(launch())]
    heard(w, versions[0])

    def found(body: LaunchNotification) -> list[tuple[FindingCode, str | None, str | None]]:
        first, newest = versions[0].id, versions[-1].id
        anew = Amendment(launch=first, replaces=newest, reason=AmendmentReason.PLAN, notification=body)
        versions.append(told.say(anew if amends else body))
        event = heard(w, versions[-1])
        return [(one.code, one.subject, one.article) for one in event.findings]

    hidden_area, _ = withhold(launch(), {"launch_area": SALT})
    assert found(launch()) == []
    assert found(hidden_area) == [(FindingCode.WITHHELD, "launch_area", "Article I")]
    assert found(launch(launch_area=None)) == [(FindingCode.MISSING, "launch_area", "Article I")]
    other, _ = withhold(launch(launch_area=None, designation="x"), {"designation": SALT})
    assert found(other) == [(FindingCode.MISSING, "launch_area", "Article I")]
