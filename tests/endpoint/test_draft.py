"""Desks: drafts travel as bytes, are reviewed before they are signed, and are submitted once or are stale."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from launchnotice import Draft, Endpoint, Refused, Review, Stale, UsageError
from launchnotice.registry import (
    Category,
    EventCode,
    FindingCode,
    Kind,
    Need,
    Place,
    Refusal,
    RejectionCode,
    Suite,
    Usage,
)
from launchnotice.wire import cbor, cose
from launchnotice.wire.bounds import DRAFT_LIFETIME, MAX_SIGNERS
from launchnotice.wire.keys import PublicKey, SigningKey
from launchnotice.wire.record import Record
from launchnotice.wire.signals import Acknowledgement, Receipt, Rejection, Sync
from tests.support import NOW, launch, make_centre, make_mandate, sign, state
from tests.support.dump import snapshot, state_of
from tests.support.forge import Forger
from tests.support.stores import mandate_of
from tests.support.template import Template, template

OFFICERS = ("officer-1", "officer-2")


@pytest.fixture
def us(made: Template) -> Endpoint:
    return made.open("US")


def usage(code: Usage, endpoint: Endpoint, body: Record, officers: tuple[str, ...] = OFFICERS) -> None:
    """Drafting that raises that code and changes nothing."""
    before = snapshot(endpoint)
    with pytest.raises(UsageError) as raised:
        endpoint.draft(body, NOW, officers)
    assert raised.value.code is code
    assert snapshot(endpoint) == before


def reviewed(made: Template, endpoint: Endpoint, draft: Draft) -> Review:
    """What a desk sees: it has the draft's bytes, the channel and the mandate, no endpoint."""
    return Draft.load(draft.data).review(made.channel, mandate_of(endpoint))


# From desk to desk -------------------------------------------------------------------------


@pytest.mark.parametrize("suite", list(Suite))
@pytest.mark.parametrize("order", list(itertools.permutations(OFFICERS)))
def test_a_draft_travels_as_bytes_and_gathers_signatures_in_any_order(
    suite: Suite, order: tuple[str, ...]
) -> None:
    made = template(suite=suite)
    us, keys = made.open("US"), made.centres["US"].keys
    draft = us.draft(launch(), NOW, OFFICERS)
    first = draft.id
    for signed, officer in enumerate(order):
        review = reviewed(made, us, draft)
        assert sorted(review.signed) == sorted(order[:signed])
        assert sorted(review.missing()) == sorted(order[signed:])
        assert review.body == launch()
        draft = review.sign(keys[officer])
        assert draft.id == first
    assert reviewed(made, us, draft).missing() == []
    step = us.submit(draft, NOW)
    assert [event.code for event in step.events if event.kind == Kind.LAUNCH] == [
        EventCode.RESERVED,
        EventCode.SEALED,
    ]
    assert cose.parse(step.sends[-1].data, 1 << 17).message_id == first


def test_an_officer_who_signs_twice_changes_nothing(made: Template, us: Endpoint) -> None:
    keys = made.centres["US"].keys
    draft = us.draft(launch(), NOW, OFFICERS)
    once = reviewed(made, us, draft).sign(keys["officer-1"])
    twice = reviewed(made, us, once).sign(keys["officer-1"])
    assert twice.data == once.data
    assert reviewed(made, us, twice).missing() == ["officer-2"]


def test_a_review_shows_what_the_recipient_will_find(made: Template, us: Endpoint) -> None:
    body = launch(planned_date=NOW // 86_400, category=Category.SPACE_LAUNCH_VEHICLE)
    review = reviewed(made, us, us.draft(body, NOW, OFFICERS))
    assert [finding.code for finding in review.findings] == [FindingCode.OUT_OF_SCOPE, FindingCode.LATE]
    ru = made.open("RU")
    step = state(us, made.centres["US"], body, NOW, OFFICERS)
    shown = ru.receive(step.sends[-1].data, NOW).events[0].findings
    assert list(shown) == review.findings


WRONG = ["system", "authority-1", "officer-3"]


@pytest.mark.parametrize("label", WRONG)
def test_a_key_that_is_no_officers_of_the_manifest_cannot_sign(
    made: Template, us: Endpoint, label: str
) -> None:
    """The system signs last and never at a desk; a third officer was not named."""
    review = reviewed(made, us, us.draft(launch(), NOW, OFFICERS))
    for keys in (
        made.centres["US"].keys[label],
        made.centres["RU"].keys["officer-1"],
        make_centre("US", salt="x").keys[label],
    ):
        with pytest.raises(UsageError) as raised:
            review.sign(keys)
        assert raised.value.code is Usage.WRONG_KEY


class _Absent:
    """A hardware key whose card is not in its reader."""

    def __init__(self, inner: SigningKey) -> None:
        self.inner = inner

    @property
    def key(self) -> PublicKey:
        return self.inner.key

    @property
    def exercise(self) -> bool:
        return self.inner.exercise

    def sign(self, tbs: bytes) -> bytes | None:
        assert tbs
        return None


def test_a_key_that_has_no_signature_yet_leaves_the_draft_unsigned(made: Template, us: Endpoint) -> None:
    review = reviewed(made, us, us.draft(launch(), NOW, OFFICERS))
    with pytest.raises(UsageError) as raised:
        review.sign([_Absent(made.centres["US"].keys["officer-1"][0])])
    assert raised.value.code is Usage.NOT_SIGNED


def test_a_draft_under_another_mandate_or_channel_cannot_be_reviewed(made: Template, us: Endpoint) -> None:
    draft = us.draft(launch(), NOW, OFFICERS)
    other = template(name="another channel")
    with pytest.raises(Refused) as refused:
        draft.review(other.channel, mandate_of(other.open("US")))
    assert refused.value.code is Refusal.WRONG_CHANNEL
    with pytest.raises(Refused) as refused:
        draft.review(made.channel, mandate_of(made.open("RU")))
    assert refused.value.code is Refusal.UNKNOWN_MANDATE


@pytest.mark.requirement("R-DRAFT-1")
def test_a_foreign_signature_in_a_draft_is_found_at_the_next_desk(made: Template, us: Endpoint) -> None:
    keys = made.centres["US"].keys
    signed = reviewed(made, us, us.draft(launch(), NOW, OFFICERS)).sign(keys["officer-1"])
    (kid,) = signed.signatures
    for signatures in ({kid: bytes(64)}, {**signed.signatures, bytes(32): bytes(64)}):
        tampered = Draft(signed.header, signed.payload, signatures)
        with pytest.raises(Refused) as refused:
            reviewed(made, us, tampered)
        assert refused.value.code in {Refusal.BAD_SIGNATURE, Refusal.MANIFEST_MISMATCH}


# What cannot be drafted ----------------------------------------------------------------------


def test_what_the_machine_states_is_not_drafted(us: Endpoint) -> None:
    receipt = Receipt(
        subject=bytes(32), envelope=bytes(32), received=NOW, place=Place.ACCEPTED, readable=True
    )
    for body in (receipt, Sync(heads=(), mandates=()), launch().launch_area):
        assert body is not None
        usage(Usage.BAD_VALUE, us, body)


@pytest.mark.parametrize(
    ("officers", "code"),
    [
        (("officer-1",), Usage.WRONG_SIGNERS),
        ((), Usage.WRONG_SIGNERS),
        (("officer-1", "officer-1"), Usage.WRONG_SIGNERS),
        (("officer-1", "nobody"), Usage.UNKNOWN_SIGNER),
        (("officer-1", "system"), Usage.UNKNOWN_SIGNER),
        (("officer-1", "authority-1"), Usage.UNKNOWN_SIGNER),
        (tuple(f"officer-{n}" for n in range(1, MAX_SIGNERS)), Usage.UNKNOWN_SIGNER),  # as many as can sign
        (tuple(f"officer-{n}" for n in range(MAX_SIGNERS)), Usage.WRONG_SIGNERS),
    ],
)
def test_signers_must_be_enough_officers_of_the_mandate(
    us: Endpoint, officers: tuple[str, ...], code: Usage
) -> None:
    usage(code, us, launch(), officers)


def test_nothing_is_drafted_without_an_own_mandate(made: Template) -> None:
    usage(Usage.NO_MANDATE, made.open("US", mandated=False), launch())


def test_a_statement_is_about_a_peers_notice(made: Template, us: Endpoint) -> None:
    own = state(us, made.centres["US"], launch(), NOW, OFFICERS)
    notice = next(event.subject for event in own.events if event.kind == Kind.LAUNCH)
    for subject in (bytes(32), notice, mandate_of(us).id, mandate_of(made.open("RU")).id):
        usage(Usage.UNKNOWN_SUBJECT, us, Acknowledgement(subject=subject), ("officer-1",))


def test_a_party_states_a_thing_once_whichever_officer_does(made: Template) -> None:
    ru, notice = made.open("RU"), made.forger("US").notice()
    ru.receive(notice.data, NOW)
    other = sign(ru, made.centres["RU"], Acknowledgement(subject=notice.id), NOW, ["officer-2"])
    state(ru, made.centres["RU"], Acknowledgement(subject=notice.id), NOW)
    usage(Usage.ALREADY_STATED, ru, Acknowledgement(subject=notice.id, remark="again"), ("officer-3",))
    with pytest.raises(UsageError) as raised:  # two desks at once: the second is too late
        ru.submit(other, NOW)
    assert raised.value.code is Usage.ALREADY_STATED
    state(ru, made.centres["RU"], Rejection(subject=notice.id, code=RejectionCode.OTHER), NOW)


def test_what_nobody_can_read_is_rejected_and_not_acknowledged(made: Template) -> None:
    ru, notice = made.open("RU"), made.forger("US").notice(k5=33, k7={1: "later"})
    ru.receive(notice.data, NOW)
    usage(Usage.NOT_INTELLIGIBLE, ru, Acknowledgement(subject=notice.id), ("officer-1",))
    assert [need.need for need in ru.attention(NOW)] == [Need.UNINTELLIGIBLE]
    state(ru, made.centres["RU"], Rejection(subject=notice.id, code=RejectionCode.UNINTELLIGIBLE), NOW)
    assert ru.attention(NOW) == []


# Submission ----------------------------------------------------------------------------------


@pytest.mark.requirement("R-DRAFT-3")
def test_a_draft_that_is_not_signed_in_full_is_not_submitted(made: Template, us: Endpoint) -> None:
    draft = us.draft(launch(), NOW, OFFICERS)
    one = reviewed(made, us, draft).sign(made.centres["US"].keys["officer-2"])
    before = snapshot(us)
    for unsigned, missing in ((draft, "officer-1, officer-2"), (one, "officer-1")):
        with pytest.raises(UsageError, match=missing) as raised:
            us.submit(unsigned, NOW)
        assert raised.value.code is Usage.NOT_SIGNED
    assert snapshot(us) == before


def test_an_abandoned_draft_reserves_nothing(made: Template, us: Endpoint) -> None:
    sign(us, made.centres["US"], launch(), NOW, OFFICERS)
    step = state(us, made.centres["US"], launch(launch_count=2), NOW, OFFICERS)
    notice = next(event.subject for event in step.events if event.kind == Kind.LAUNCH)
    assert us.exchange(notice).seq == 1


@pytest.mark.requirement("R-DRAFT-4")
def test_a_draft_is_stale_when_the_own_head_moved(made: Template, us: Endpoint) -> None:
    """Two drafts for one position: the second to come is drafted afresh, signed and submitted."""
    centre = made.centres["US"]
    one = sign(us, centre, launch(), NOW, OFFICERS)
    two = sign(us, centre, launch(launch_count=2), NOW, OFFICERS)
    us.submit(one, NOW)
    before = snapshot(us)
    with pytest.raises(Stale) as stale:
        us.submit(two, NOW)
    assert snapshot(us) == before
    fresh = stale.value.draft
    assert reviewed(made, us, fresh).body == launch(launch_count=2)
    assert fresh.signatures == {}
    for officer in OFFICERS:
        fresh = reviewed(made, us, fresh).sign(centre.keys[officer])
    us.submit(fresh, NOW)
    assert us.exchange(fresh.id).seq == 2


def test_a_peers_notice_in_between_makes_no_draft_stale(made: Template, us: Endpoint) -> None:
    draft = sign(us, made.centres["US"], launch(), NOW, OFFICERS)
    us.receive(made.forger("RU").notice().data, NOW)
    assert us.submit(draft, NOW).sends != ()


@pytest.mark.requirement("R-DRAFT-4")
@pytest.mark.parametrize(("age", "stale"), [(DRAFT_LIFETIME, False), (DRAFT_LIFETIME + 1, True)])
def test_a_draft_is_stale_after_an_hour(made: Template, us: Endpoint, age: int, *, stale: bool) -> None:
    draft = sign(us, made.centres["US"], launch(), NOW, OFFICERS)
    if not stale:
        assert us.submit(draft, NOW + age).sends != ()
        return
    with pytest.raises(Stale) as raised:
        us.submit(draft, NOW + age)
    assert reviewed(made, us, raised.value.draft).payload.issued == NOW + age
    assert raised.value.code is Usage.STALE


def test_a_draft_under_an_older_mandate_whose_officer_has_left_names_the_officer(
    made: Template, us: Endpoint
) -> None:
    centre = made.centres["US"]
    draft = sign(us, centre, launch(), NOW, ["officer-1", "officer-3"])
    rest = [one for one in centre.identities() if one.label != "officer-3"]
    us.receive(make_mandate(made.channel, centre, mandate_of(us), identities=rest), NOW)
    with pytest.raises(UsageError) as raised:
        us.submit(draft, NOW)
    assert raised.value.code is Usage.UNKNOWN_SIGNER


@pytest.mark.requirement("R-DRAFT-2")
def test_a_draft_made_elsewhere_must_pass_the_same_review(made: Template, us: Endpoint) -> None:
    """Bytes that another program made, signed by the right officers, with what no desk could have shown."""
    forger = Forger(made.channel, made.centres["US"], mandate_of(us).id)
    good = us.draft(launch(), NOW, OFFICERS)
    own = state_of(us).epoch
    assert own is not None
    unshown: list[dict[str, Any]] = [{"k7": {1: 1, 99: 1}}, {"k7": {}}, {"k5": 33}]
    misplaced: list[dict[str, Any]] = [{"k2": "RU"}, {"k3": bytes(32)}, {"k10": b""}]
    for changes in (*unshown, *misplaced):
        raw = forger.notice(epoch=own, **changes).raw
        draft = Draft(good.header, cbor.encode(raw), {})
        before = snapshot(us)
        with pytest.raises((Refused, UsageError)):
            us.submit(draft, NOW)
        assert snapshot(us) == before


# Events --------------------------------------------------------------------------------------


def test_unconfirmed_events_are_presented_again_and_marked(made: Template) -> None:
    ru, us = made.open("RU"), made.forger("US")
    first = us.notice()
    ru.confirm(ru.health(NOW).position)
    shown = ru.receive(first.data, NOW).events
    assert [event.again for event in ru.events()] == [False]
    ru._ledger.settle_anchor()
    again = Endpoint.open(made.channel, "RU", ru._ledger._journal, NOW, anchor=ru._ledger._anchor)
    assert [(event.subject, event.again) for event in again.events()] == [(first.id, True)]
    second = us.notice(2, first.id)
    new = again.receive(second.data, NOW).events
    assert [(event.subject, event.again) for event in new] == [(second.id, False)]
    assert [event.again for event in again.events()] == [True, False]
    again.confirm(shown[-1].position)
    assert [event.subject for event in again.events()] == [second.id]
    again.confirm(10**9)
    assert again.events() == []
    again.confirm(1)  # nothing is unconfirmed by a smaller number
    assert again.events() == []
    third = Endpoint.open(made.channel, "RU", ru._ledger._journal, NOW)
    assert third.events() == []
    assert [event.subject for event in third.events(0) if event.kind == Kind.LAUNCH] == [first.id, second.id]
    assert EventCode.NOTICE not in {event.code for event in third.poll(NOW).events}
