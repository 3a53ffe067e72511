"""Objects taken apart: nothing is called verified that a peer would refuse, and no bytes are a surprise."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchnotice import Draft, Refused, UsageError
from launchnotice.ceremony import draft_mandate, sign_mandate
from launchnotice.registry import Kind, Refusal, Usage
from launchnotice.render import text, verdict
from launchnotice.render.inspect import Inspection, inspect, parse_identity
from launchnotice.wire import cbor, geo
from launchnotice.wire.record import Record
from launchnotice.wire.signals import Acknowledgement
from tests.support import NOW, launch, make_centre, make_channel, make_mandate, open_endpoint
from tests.support.forge import Forger

US, RU = make_centre("US"), make_centre("RU")
CHANNEL = make_channel([US, RU])
DRILL = make_centre("US", exercise=True)
EXERCISE = make_channel([DRILL, RU], exercise=True)
FIRST = make_mandate(CHANNEL, US)
ENDPOINT = open_endpoint(CHANNEL, US, mandates=[FIRST])
MANDATE = ENDPOINT.mandate()
assert MANDATE is not None
SECOND = make_mandate(CHANNEL, US, MANDATE)
FORGER = Forger(CHANNEL, US, MANDATE.id)
NOTICE = FORGER.notice().data
DRAFT = ENDPOINT.draft(launch(planned_date=NOW // 86_400), NOW, ["officer-1", "officer-2"])
MISLABELLED = Forger(EXERCISE, US, MANDATE.id).notice(k1=CHANNEL.id).data
IDENTITY = json.dumps(US.identities()[0].to_json()).encode()


def mandate_draft(*signers: str) -> Draft:
    """A draft of version 1 that these authorities have signed."""
    names = ["authority-1", "authority-2"]
    draft = draft_mandate(CHANNEL, "US", US.identities(), issued=NOW, expires=NOW + 9, signers=names)
    for name in signers:
        draft = sign_mandate(draft, CHANNEL, US.keys[name])
    return draft


OBJECTS: dict[str, bytes] = {
    "message": NOTICE,
    "mandate": FIRST,
    "channel descriptor": CHANNEL.data,
    "draft": DRAFT.data,
    "mandate draft": mandate_draft().data,
    "identity": IDENTITY,
}


def refusal(found: Inspection) -> Refusal | None:
    assert not found.verdict.verified or found.verdict.refusal is None
    return found.verdict.refusal.code if found.verdict.refusal else None


@pytest.mark.parametrize("what", OBJECTS)
def test_without_a_channel_the_first_line_says_that_nothing_was_verified(what: str) -> None:
    found = inspect(OBJECTS[what])
    assert found.what == what
    assert not found.verdict.verified
    assert found.text().startswith("NOT VERIFIED: ")
    assert found.to_json()["verified"] is False
    assert json.loads(json.dumps(found.to_json()))["object"] == what
    assert repr(found) == f"<Inspection of {what}>"


def keys(record: type[Record]) -> list[str]:
    return [f"{row.key:>2} {row.name.replace('_', ' ')}" for row in record.FIELDS]


def test_message_is_shown_field_by_field_with_its_keys() -> None:
    found = inspect(NOTICE, CHANNEL, [FIRST])
    shown = found.text()
    assert shown.startswith("VERIFIED: signed by ")
    for label in ("officer-1 (officer)", "officer-2 (officer)", "system (system)"):
        assert label in shown.splitlines()[0]
    present = launch().to_json()
    for name, label in zip([row.name for row in type(launch()).FIELDS], keys(type(launch())), strict=True):
        assert (f"  {label} " in shown) == (name in present or name == "launch_count")
    assert found.id is not None
    assert found.id.hex() in shown
    assert found.to_json()["payload"]["body"] == present


def test_findings_are_those_that_its_arrival_at_once_would_give() -> None:
    shown = inspect(DRAFT.data, CHANNEL, [FIRST]).text()
    assert "FINDINGS, HAD IT ARRIVED WHEN IT WAS ISSUED" in shown
    assert "LATE: planned date" in shown
    assert "  none\n" in inspect(NOTICE, CHANNEL, [FIRST]).text()


def test_flawed_shape_of_a_peer_is_a_finding_too() -> None:
    crossed = geo.Polygon(points=((0, 0), (3_600_000, 3_600_000), (3_600_000, 0), (0, 3_600_000)))
    data = FORGER.notice(body=launch(impact_areas=(crossed,))).data
    assert "AREA SHAPE" in inspect(data, CHANNEL, [FIRST]).text()
    assert "PROBLEM" in inspect(data).text()


def test_draft_is_verified_by_its_review_and_says_who_has_signed() -> None:
    assert "signed by nobody yet" in inspect(DRAFT.data, CHANNEL, [FIRST]).text()
    assert MANDATE is not None
    signed = DRAFT.review(CHANNEL, MANDATE).sign(US.keys["officer-1"])
    found = inspect(signed.data, CHANNEL, [FIRST])
    assert found.text().startswith("VERIFIED: a draft that may be signed; signed by officer-1\n")
    assert found.text().count("not there yet") == 2
    assert found.to_json()["signed"] == [US.keys["officer-1"][0].key.kid.hex()]


def test_mandates_verify_after_their_predecessor_alone() -> None:
    assert inspect(FIRST, CHANNEL).verdict.verified
    assert inspect(SECOND, CHANNEL, [FIRST]).verdict.verified
    assert refusal(inspect(SECOND, CHANNEL)) is Refusal.MANDATE_GAP
    assert refusal(inspect(FIRST, EXERCISE)) is Refusal.WRONG_CHANNEL


def test_mandates_may_be_given_in_any_order_and_of_any_party() -> None:
    given_ = [SECOND, make_mandate(CHANNEL, RU), FIRST]
    assert inspect(NOTICE, CHANNEL, given_).verdict.verified


def test_mandates_that_are_refused_are_an_error_and_not_ignored() -> None:
    with pytest.raises(Refused, match="mandate of US, version 2: the mandate before it") as caught:
        inspect(NOTICE, CHANNEL, [SECOND])
    assert caught.value.code is Refusal.MANDATE_GAP


def test_mandates_draft_is_checked_when_all_have_signed() -> None:
    half = inspect(mandate_draft("authority-1").data, CHANNEL)
    assert half.text().startswith("NOT VERIFIED: signatures are missing")
    assert half.text().count("not there yet") == 1
    full = mandate_draft("authority-1", "authority-2")
    assert inspect(full.data, CHANNEL).verdict.verified
    kid = min(full.signatures)
    spoilt = Draft(full.header, full.payload, {**full.signatures, kid: bytes(64)})
    assert refusal(inspect(spoilt.data, CHANNEL)) is Refusal.BAD_SIGNATURE
    assert refusal(inspect(full.data, EXERCISE)) is Refusal.WRONG_CHANNEL


def test_fault_of_the_machine_is_not_taken_for_a_missing_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> bytes:
        raise UsageError(Usage.BAD_VALUE, "this build of cryptography lacks the algorithm")

    monkeypatch.setattr(verdict, "seal_mandate", broken)
    with pytest.raises(UsageError, match="lacks the algorithm"):
        inspect(mandate_draft().data, CHANNEL)


def spoilt_signature() -> bytes:
    return NOTICE[:-1] + bytes([NOTICE[-1] ^ 1])


@pytest.mark.parametrize("data", [NOTICE, DRAFT.data])
@pytest.mark.parametrize("mandates", [[], [make_mandate(CHANNEL, RU)]])
def test_without_the_senders_mandates_nothing_is_refused_and_nothing_verified(
    data: bytes, mandates: list[bytes]
) -> None:
    found = inspect(data, CHANNEL, mandates)
    assert (found.verdict.verified, refusal(found)) == (False, None)
    assert found.text().startswith("NOT VERIFIED: give the sender's mandates with --mandate\n")


@pytest.mark.parametrize(
    ("data", "channel", "mandates", "code"),
    [
        (NOTICE, EXERCISE, [], Refusal.WRONG_CHANNEL),
        (FORGER.notice(k3=bytes(32)).data, CHANNEL, [FIRST], Refusal.UNKNOWN_MANDATE),
        (spoilt_signature(), CHANNEL, [FIRST], Refusal.BAD_SIGNATURE),
        (FORGER.notice(k2="FR").data, CHANNEL, [FIRST], Refusal.UNKNOWN_PARTY),
        (FORGER.notice(k2="RU").data, CHANNEL, [FIRST], Refusal.UNKNOWN_MANDATE),
        (FORGER.notice(signers=("officer-1", "system")).data, CHANNEL, [FIRST], Refusal.THRESHOLD),
        (MISLABELLED, CHANNEL, [FIRST], Refusal.WRONG_CONTENT_TYPE),
    ],
)  # fmt: skip
def test_what_a_peer_would_refuse_is_shown_with_the_code(
    data: bytes, channel: Any, mandates: list[bytes], code: Refusal
) -> None:
    found = inspect(data, channel, mandates)
    assert refusal(found) is code
    assert found.text().startswith((f"REFUSED: {code.value}: ", f"{text.BANNER}\nREFUSED: {code.value}: "))
    assert found.to_json()["refusal"] == code.value
    assert "BODY\n" in found.text()
    assert "FINDINGS" not in found.text()


def test_exercise_says_so_on_every_object_that_knows_it() -> None:
    mandate = make_mandate(EXERCISE, DRILL)
    endpoint = open_endpoint(EXERCISE, DRILL, mandates=[mandate])
    draft = endpoint.draft(launch(), NOW, ["officer-1", "officer-2"])
    known = endpoint.mandate()
    assert known is not None
    message = Forger(EXERCISE, DRILL, known.id).notice().data
    for found in (
        inspect(message),
        inspect(draft.data),
        inspect(EXERCISE.data),
        inspect(mandate, EXERCISE),
        inspect(message, EXERCISE, [mandate]),
    ):
        assert found.exercise
        assert found.to_json()["exercise"] is True
        assert found.text().startswith(text.BANNER)
        assert found.text().endswith(f"{text.BANNER}\n")
    assert not inspect(NOTICE).exercise
    assert "EXERCISE" not in inspect(NOTICE, CHANNEL, [FIRST]).text()


def test_descriptor_of_another_channel_is_said_to_be_one() -> None:
    assert "compare its id" in inspect(CHANNEL.data, CHANNEL).verdict.detail
    assert "not the descriptor of the channel" in inspect(EXERCISE.data, CHANNEL).verdict.detail


def test_signal_is_taken_apart_like_a_notice() -> None:
    found = inspect(FORGER.signal(Kind.ACKNOWLEDGEMENT, Acknowledgement(subject=bytes(32)), "RU").data)
    assert found.title == "acknowledgement from US"
    assert found.to_json()["payload"]["to"] == "RU"
    unknown = FORGER.signal(Kind.REJECTION, {1: bytes(32)}, "RU", k5=95)
    with pytest.raises(Refused) as caught:
        inspect(unknown.data)
    assert caught.value.code is Refusal.UNKNOWN_KIND


def test_body_that_nobody_can_read_is_shown_raw_and_is_no_refusal() -> None:
    unknown = FORGER.emergency(5)
    shown = inspect(unknown.data, CHANNEL, [FIRST])
    assert shown.verdict.verified
    assert "UNINTELLIGIBLE        the kind is unknown to this version" in shown.text()
    assert "field 1               5" in shown.text()
    broken = inspect(FORGER.notice(body={1: 77, 2: "\x1b[2J"}).data, CHANNEL, [FIRST])
    assert broken.verdict.verified
    assert "UNINTELLIGIBLE        unknown-value: category" in broken.text()
    assert '"\\u001b[2J"' in broken.text()
    assert broken.to_json()["payload"]["body"] == {"#1": "184d", "#2": "641b5b324a"}


def test_hostile_text_in_an_unknown_field_never_reaches_the_terminal() -> None:
    raw = {**launch().dump(), 100: "\x1b]0;owned\x07\u202e\u2066\n\rVERIFIED: signed by all"}
    shown = inspect(FORGER.notice(body=raw).data).text()
    assert "unknown field 100" in shown
    for line in shown.splitlines():
        assert line.isprintable()
    assert not any(line.startswith("VERIFIED") for line in shown.splitlines())


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x01", Refusal.NOT_COSE_SIGN),
        (b"\xa0", Refusal.NOT_COSE_SIGN),
        (cbor.encode({1: None}), Refusal.NOT_COSE_SIGN),
        (cbor.encode({1: "LNP/1"}), Refusal.MISSING_FIELD),
        (cbor.encode({1: 1, 2: b"", 3: b""}), Refusal.BAD_LENGTH),
        (b"\xff", Refusal.NOT_CBOR),
        (b"", Refusal.NOT_CBOR),
        (b"\xd8\x62\x80", Refusal.NOT_COSE_SIGN),
        (b"{", Refusal.BAD_TEXT),
        (b"[" * 60_000, Refusal.NOT_CBOR),
        (b"{" + b'"a":[' * 50_000, Refusal.BAD_TEXT),
        (b'{"label": "a", "label": "b"}', Refusal.BAD_TEXT),
        (b'{"label": "a"}', Refusal.MISSING_FIELD),
        (b'{"x": ' + b"9" * 6_000 + b"}", Refusal.BAD_TEXT),
        (b'{"x": "\xff"}', Refusal.BAD_TEXT),
    ],
)
def test_what_is_no_object_is_refused_with_a_code(data: bytes, code: Refusal) -> None:
    with pytest.raises(Refused) as caught:
        inspect(data)
    assert caught.value.code is code


def test_weak_key_of_an_identity_is_found_before_a_ceremony() -> None:
    raw = json.loads(IDENTITY)
    raw["keys"][0]["key"] = "01" + "00" * 31
    with pytest.raises(Refused) as caught:
        parse_identity(json.dumps(raw).encode())
    assert caught.value.code is Refusal.WEAK_KEY


def looked_at(data: bytes) -> None:
    """Refused with a code, or shown in safe lines; never anything else."""
    try:
        found = inspect(data, CHANNEL, [FIRST])
    except Refused:
        return
    json.dumps(found.to_json())
    assert all(line.isprintable() for line in found.text().split("\n"))


@given(st.binary(max_size=300))
def test_any_bytes_are_shown_or_refused(data: bytes) -> None:
    looked_at(data)


@settings(deadline=None)
@given(st.sampled_from(sorted(OBJECTS)), st.data())
def test_any_object_with_changed_bytes_is_shown_or_refused(what: str, data: st.DataObject) -> None:
    changed = bytearray(OBJECTS[what])
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    looked_at(bytes(changed))


cbor_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.binary(max_size=80)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.integers(0, 99), inner, max_size=4),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.dictionaries(st.integers(0, 99), cbor_values, max_size=6), st.sampled_from([1, 50, 70]))
def test_any_signed_body_is_shown(body: dict[int, Any], kind: int) -> None:
    body = json_order(body)
    found = inspect(
        FORGER.notice(body=body, k5=kind).data if kind < 64 else FORGER.emergency(1, k7=body).data
    )
    assert all(line.isprintable() for line in found.text().split("\n"))
    json.dumps(found.to_json())


def json_order(value: Any) -> Any:
    """Maps in the order that deterministic CBOR asks for."""
    if isinstance(value, dict):
        return {key: json_order(value[key]) for key in sorted(value)}
    return [json_order(item) for item in value] if isinstance(value, list) else value
