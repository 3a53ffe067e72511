"""Drafts made by hand: `submit` reserves only what `draft` would have made, and journals nothing else.

An officer's desk can be fooled, or belong to the attacker; the endpoint's system key signs last
and must not put its name to a place, a time, an addressee or a statement that is not the endpoint's own.
"""

from __future__ import annotations

from typing import Any

import pytest

from launchnotice import Draft, Endpoint, Stale, UsageError
from launchnotice.registry import EpochReason, Kind, Place, Usage
from launchnotice.wire import cbor
from launchnotice.wire.record import Record
from launchnotice.wire.signals import Acknowledgement, Receipt
from tests.support import NOW, launch, sign
from tests.support.dump import snapshot, state_of
from tests.support.forge import Forger
from tests.support.stores import mandate_of
from tests.support.template import Template

OFFICERS = ("officer-1", "officer-2")


class Desk:
    """RU's endpoint with one notice of US, and a desk that drafts what it likes."""

    def __init__(self, made: Template) -> None:
        self.made, self.forger = made, made.forger("RU")
        self.endpoint = made.open("RU")
        self.notice = made.forger("US").notice()
        self.endpoint.receive(self.notice.data, NOW)
        self.endpoint.poll(NOW)
        epoch = state_of(self.endpoint).epoch
        assert epoch is not None
        self.epoch = epoch

    def notice_draft(self, **changes: Any) -> Draft:
        """A launch notification where the next one stands, but for the changes."""
        return self.signed(self.forger.notice(epoch=self.epoch, **changes).raw, OFFICERS)

    def signal_draft(self, kind: Kind, body: Record | dict[int, Any], to: str = "US") -> Draft:
        """A statement about the notice."""
        signal = self.forger.signal(kind, body, to, epoch=self.epoch)
        officers = [] if kind in {Kind.RECEIPT, Kind.SYNC} else ["officer-1"]
        return self.signed(signal.raw, officers)

    def signed(self, raw: dict[int, Any], officers: Any) -> Draft:
        """The draft of a payload, signed by these officers, as it comes from the last desk."""
        draft = Draft(self.forger.header, cbor.encode({key: raw[key] for key in sorted(raw)}), {})
        for label in officers:
            review = draft.review(self.made.channel, mandate_of(self.endpoint))
            draft = review.sign(self.made.centres["RU"].keys[label])
        return Draft.load(draft.data)


@pytest.fixture
def desk(made: Template) -> Desk:
    return Desk(made)


def refused(endpoint: Endpoint, draft: Draft, code: Usage) -> UsageError:
    """It is refused with that code, and neither journal nor state has moved."""
    before = snapshot(endpoint)
    with pytest.raises(UsageError) as raised:
        endpoint.submit(draft, NOW)
    assert raised.value.code is code
    assert snapshot(endpoint) == before
    assert endpoint.health(NOW).unsealed == 0
    return raised.value


def stale(desk: Desk, draft: Draft) -> Draft:
    """It is stale; what comes back, signed afresh, goes through."""
    error = refused(desk.endpoint, draft, Usage.STALE)
    assert isinstance(error, Stale)
    fresh, centre = error.draft, desk.made.centres["RU"]
    review = fresh.review(desk.made.channel, mandate_of(desk.endpoint))
    for label in review.missing():
        fresh = fresh.review(desk.made.channel, mandate_of(desk.endpoint)).sign(centre.keys[label])
    desk.endpoint.submit(fresh, NOW)
    assert desk.endpoint.health(NOW).unsealed == 0
    return fresh


def test_the_hand_made_draft_without_a_lie_goes_through(desk: Desk) -> None:
    """So the refusals below are for the lie and for nothing else."""
    assert desk.endpoint.submit(desk.notice_draft(), NOW).sends
    body = Acknowledgement(subject=desk.notice.id)
    head = state_of(desk.endpoint).stream("RU", desk.epoch)
    raw = desk.forger.signal(Kind.ACKNOWLEDGEMENT, body, "US", epoch=desk.epoch).raw
    raw[13] = {1: head.seq, 2: head.head}
    assert desk.endpoint.submit(desk.signed(raw, ["officer-1"]), NOW).sends


# The machine's own statements ----------------------------------------------------------------


@pytest.mark.requirement("R-RCPT-2")
def test_a_receipt_that_a_desk_invents_is_not_signed(made: Template) -> None:
    """It would say that other bytes arrived, at another time, and nobody could take it back."""
    desk = Desk(made)
    second = made.forger("US").notice(2, desk.notice.id)
    desk.endpoint.receive(second.data, NOW)  # its true receipt is still due
    lie = Receipt(subject=second.id, envelope=bytes(32), received=5, place=Place.DISPUTED, readable=False)
    refused(desk.endpoint, desk.signal_draft(Kind.RECEIPT, lie), Usage.BAD_VALUE)
    sends = desk.endpoint.poll(NOW + 1).sends
    stated = desk.endpoint.exchange(second.id).signals
    assert [signal.body.place for signal in stated if isinstance(signal.body, Receipt)] == [Place.ACCEPTED]
    assert len(sends) == 1


@pytest.mark.requirement("R-SYNC-7")
def test_a_sync_that_a_desk_invents_is_not_journalled(desk: Desk) -> None:
    refused(desk.endpoint, desk.signal_draft(Kind.SYNC, {1: [], 2: []}), Usage.BAD_VALUE)


# Where and when ------------------------------------------------------------------------------


@pytest.mark.requirement("R-PAY-7")
@pytest.mark.parametrize(
    "heads",
    [
        [{1: "RU", 2: {1: 1, 2: bytes(16)}, 3: {1: 0, 2: bytes(32)}}],  # one's own
        [{1: "US", 2: {1: 1, 2: bytes(16)}, 3: {1: 5, 2: bytes(32)}}],  # never held
    ],
)
def test_a_draft_that_tells_heads_that_were_never_known_is_stale(
    desk: Desk, heads: list[dict[int, Any]]
) -> None:
    """What a party tells of others' streams is evidence against them."""
    stale(desk, desk.notice_draft(k11=heads))


@pytest.mark.requirement("R-DRAFT-4")
@pytest.mark.parametrize("to", ["ZZ", "RU"])
def test_an_acknowledgement_addressed_past_the_notices_sender_is_stale(desk: Desk, to: str) -> None:
    """It would settle the notice here, while its sender never hears of it."""
    draft = desk.signal_draft(Kind.ACKNOWLEDGEMENT, Acknowledgement(subject=desk.notice.id), to)
    fresh = stale(desk, draft)
    assert fresh.review(desk.made.channel, mandate_of(desk.endpoint)).payload.to == "US"  # type: ignore[attr-defined]
    assert desk.endpoint.exchange(desk.notice.id).signals[-1].kind == Kind.ACKNOWLEDGEMENT


@pytest.mark.requirement("R-PAY-5")
def test_a_draft_from_the_future_is_stale(desk: Desk) -> None:
    stale(desk, desk.notice_draft(k4=NOW + 121))


@pytest.mark.requirement("R-PAY-5")
def test_a_draft_of_a_desk_whose_clock_is_two_minutes_ahead_is_taken(desk: Desk) -> None:
    assert desk.endpoint.submit(desk.notice_draft(k4=NOW + 120), NOW).sends


@pytest.mark.requirement("R-PAY-7")
@pytest.mark.parametrize("party", ["A001", "FR"])
def test_a_draft_that_tells_heads_of_parties_nobody_knows_is_stale(desk: Desk, party: str) -> None:
    """What a notice told is remembered for each party: strangers would fill the memory for good."""
    epoch = {1: 1, 2: bytes(16)}
    stale(desk, desk.notice_draft(k11=[{1: party, 2: epoch, 3: {1: 5, 2: bytes(32)}}]))
    assert party not in state_of(desk.endpoint).heads_told


@pytest.mark.requirement("R-EPOCH-2")
@pytest.mark.parametrize(
    "opening",
    [
        {1: EpochReason.RESTORED.value},
        {1: EpochReason.FIRST.value, 2: {1: 1, 2: bytes(16)}, 3: {1: 7, 2: bytes(32)}},
        {1: EpochReason.RESTORED.value, 2: {1: 1, 2: bytes(16)}, 3: {1: 7, 2: bytes(32)}},
    ],
)
def test_a_draft_with_an_opening_that_is_not_the_epochs_is_stale(desk: Desk, opening: dict[int, Any]) -> None:
    """It would tell the peers of a restore, or of an earlier epoch, that never was."""
    stale(desk, desk.notice_draft(k12=opening))


@pytest.mark.requirement("R-DRAFT-4")
@pytest.mark.parametrize(
    "changes", [{"k9": 2, "k12": None}, {"k10": bytes(32)}, {"k8": {1: 9, 2: bytes(16)}}]
)
def test_a_draft_elsewhere_in_the_stream_is_stale(desk: Desk, changes: dict[str, Any]) -> None:
    stale(desk, desk.notice_draft(**changes))


# Signatures ----------------------------------------------------------------------------------


@pytest.mark.requirement("R-SIGN-9")
def test_a_draft_that_the_system_signed_before_its_reservation_is_refused(made: Template) -> None:
    """The system signs last: who has a whole message before it is journalled can fork the stream."""
    ru, centre = made.open("RU"), made.centres["RU"]
    draft = sign(ru, centre, launch(), NOW, OFFICERS)
    whole = draft.signed(centre.keys["system"], draft.manifest)
    refused(ru, Draft.load(whole.data), Usage.WRONG_SIGNERS)
    assert ru.submit(draft, NOW).sends


def test_the_forger_makes_what_the_endpoint_drafts(made: Template) -> None:
    """The tests above are worth as much as this: only officers' signatures and lies are added."""
    ru = made.open("RU")
    draft = ru.draft(launch(), NOW, OFFICERS)
    epoch = state_of(ru).epoch
    assert epoch is not None
    forger: Forger = made.forger("RU")
    assert Draft(forger.header, cbor.encode(forger.notice(epoch=epoch).raw), {}).id == draft.id
