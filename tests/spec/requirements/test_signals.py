"""Signals, syncs and emergency notices (spec sections 5.2 and 5.21 to 5.25)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import cbor2
import pytest

from launchnotice import Endpoint, Send, Step, UsageError
from launchnotice.core.decide import MAX_EVIDENCE
from launchnotice.core.tables import Delivery
from launchnotice.registry import ContentType, EventCode, FindingCode, Kind, Need, Place, RejectionCode
from launchnotice.wire import bounds, cose
from launchnotice.wire.message import parse
from launchnotice.wire.signals import Acknowledgement, Receipt, Rejection, Sync
from launchnotice.wire.streams import Range
from tests.spec.requirements.build import OFFICERS, World, world
from tests.support import NOW, launch, open_endpoint, state
from tests.support.dump import snapshot
from tests.support.forge import EPOCH, chain

OTHER_EPOCH = (2, bytes(16))


def said(sends: Iterable[Send], kind: Kind) -> list[tuple[str, dict[int, Any]]]:
    """Addressee and body of each message of a kind."""
    found = []
    for send in sends:
        envelope = cose.parse(send.data, len(send.data))
        if envelope.content_type is not ContentType.MANDATE:
            raw = cbor2.loads(envelope.payload)
            if raw[5] == kind:
                found.append((send.to, raw[7]))
    return found


class Sent(NamedTuple):
    """RU's own notice, about which US says something."""

    w: World
    notice: bytes
    data: bytes

    def says(self, kind: Kind, body: Any, now: int = NOW + 5, **more: Any) -> Step:
        return self.w.receive(self.w.forger.signal(kind, body, "RU", **more).data, now)

    def receipt(self, **changes: Any) -> Receipt:
        values: dict[str, Any] = {
            "subject": self.notice,
            "envelope": cose.envelope_digest(self.data),
            "received": NOW + 1,
            "place": Place.ACCEPTED,
            "readable": True,
        }
        return Receipt(**{**values, **changes})

    @property
    def delivery(self) -> Delivery:
        return self.w.receiver.exchange(self.notice).deliveries["US"]


def sent() -> Sent:
    w = world()
    sends = state(w.receiver, w.ru, launch(), NOW, OFFICERS).sends
    data = next(s.data for s in sends if cose.parse(s.data, len(s.data)).content_type is ContentType.MESSAGE)
    return Sent(w, parse(data).id, data)


def held(w: World) -> bytes:
    """The id of a notice of US that RU holds."""
    made = w.forger.notice()
    assert w.receive(made.data).refusal is None
    return made.id


# Rules of all signals ------------------------------------------------------------------


@pytest.mark.requirement("R-SIG-2")
@pytest.mark.parametrize("body", [Acknowledgement, Rejection])
def test_second_signal_of_a_kind_is_not_stated(body: type[Acknowledgement | Rejection]) -> None:
    w = world()
    more: dict[str, Any] = {"code": RejectionCode.OTHER} if body is Rejection else {}
    one = body(subject=held(w), **more)
    assert state(w.receiver, w.ru, one, NOW + 2).sends
    before = snapshot(w.receiver)
    with pytest.raises(UsageError, match="already-stated"):
        state(w.receiver, w.ru, one, NOW + 3, ("officer-2",))
    assert snapshot(w.receiver) == before


@pytest.mark.requirement("R-SIG-3")
@pytest.mark.parametrize(
    ("epoch", "code"), [(EPOCH, FindingCode.STATED_TWICE), (OTHER_EPOCH, FindingCode.STATED_AGAIN)]
)
def test_different_second_signal_is_evidence(epoch: tuple[int, bytes], code: FindingCode) -> None:
    s = sent()
    first = s.says(Kind.ACKNOWLEDGEMENT, {1: s.notice}).events[0]
    second = s.says(Kind.ACKNOWLEDGEMENT, {1: s.notice, 2: "again"}, epoch=epoch).events[0]
    assert [finding.code for finding in first.findings] == []
    assert [finding.code for finding in second.findings] == [code]
    view = s.w.receiver.exchange(s.notice)
    assert [len(view.signals), len(view.evidence)] == [1, 1]


@pytest.mark.requirement("R-SIG-3")
def test_evidence_is_bounded() -> None:
    s = sent()
    for number in range(MAX_EVIDENCE + 5):
        assert s.says(Kind.ACKNOWLEDGEMENT, {1: s.notice, 2: str(number)}).refusal is None
    assert len(s.w.receiver.exchange(s.notice).evidence) == MAX_EVIDENCE


@pytest.mark.requirement("R-SIG-4")
def test_replayed_signal_changes_nothing() -> None:
    s = sent()
    signals = [(Kind.RECEIPT, s.receipt()), (Kind.ACKNOWLEDGEMENT, {1: s.notice})]
    for kind, body in signals:
        assert s.says(kind, body).events
    before = snapshot(s.w.receiver)
    for kind, body in [*signals, *signals[::-1]]:
        assert s.says(kind, body, NOW + 50) == Step(None, (), ())
    assert snapshot(s.w.receiver) == before


@pytest.mark.requirement("R-SIG-5")
def test_no_signal_is_answered() -> None:
    s = sent()
    s.w.receiver.poll(NOW + 1)
    for kind, body in [(Kind.RECEIPT, s.receipt()), (Kind.ACKNOWLEDGEMENT, {1: s.notice})]:
        assert s.says(kind, body).sends == ()
    sends = s.w.receiver.poll(NOW + 6).sends
    assert not any(said(sends, kind) for kind in Kind if kind is not Kind.LAUNCH)


# Receipt -------------------------------------------------------------------------------


@pytest.mark.requirement("R-RCPT-1")
def test_each_notice_and_peer_mandate_is_receipted_once() -> None:
    w = world()
    subject = held(w)
    receipts = said(w.receiver.poll(NOW + 2).sends, Kind.RECEIPT)
    assert sorted(body[1] for _, body in receipts) == sorted([subject, w.forger.mandate])
    assert {to for to, _ in receipts} == {"US"}
    assert said(w.receiver.poll(NOW + 3).sends, Kind.RECEIPT) == []


@pytest.mark.requirement("R-RCPT-1")
@pytest.mark.requirement("R-RCPT-2")
def test_receipt_says_the_place_of_the_first_arrival() -> None:
    w = world()
    one, two = chain(w.forger, 2)
    w.receive(two.data)
    (_, body), *_ = [row for row in said(w.receiver.poll(NOW + 2).sends, Kind.RECEIPT) if row[1][1] == two.id]
    assert body[4] == Place.HELD
    w.receive(one.data)
    later = said(w.receiver.poll(NOW + 3).sends, Kind.RECEIPT)
    assert [(body[1], body[4]) for _, body in later] == [(one.id, Place.ACCEPTED)]


@pytest.mark.requirement("R-RCPT-3")
def test_known_notice_draws_every_signal_again() -> None:
    w = world()
    made = w.forger.notice()
    w.receive(made.data)
    first = [send for send in w.receiver.poll(NOW + 2).sends if said([send], Kind.RECEIPT)]
    receipt = next(send.data for send in first if said([send], Kind.RECEIPT)[0][1][1] == made.id)
    acknowledgement = state(w.receiver, w.ru, Acknowledgement(subject=made.id), NOW + 3).sends[-1].data
    before = snapshot(w.receiver)
    step = w.receive(made.data, NOW + 4)
    assert [send.data for send in step.sends] == [receipt, acknowledgement]
    assert step.events == ()
    assert snapshot(w.receiver) == before


@pytest.mark.requirement("R-RCPT-3")
def test_known_mandate_draws_its_receipt_again() -> None:
    w = world()
    w.receiver.poll(NOW + 2)
    assert [to for to, _ in said(w.receive(w.mandates["US"]).sends, Kind.RECEIPT)] == ["US"]
    assert w.receive(w.mandates["RU"]).sends == ()


@pytest.mark.requirement("R-RCPT-4")
@pytest.mark.parametrize(
    ("received", "found"),
    [
        (NOW - 120, []),
        (NOW - 121, [FindingCode.CLOCK_BRACKET]),
        (NOW + 125, []),
        (NOW + 126, [FindingCode.CLOCK_BRACKET]),
    ],
)
def test_receipt_from_outside_the_bracket_has_a_finding(received: int, found: list[FindingCode]) -> None:
    s = sent()
    event = s.says(Kind.RECEIPT, s.receipt(received=received)).events[0]
    assert [finding.code for finding in event.findings] == found
    assert s.delivery is Delivery.RECEIVED


@pytest.mark.requirement("R-RCPT-5")
def test_receipt_of_other_bytes_has_a_finding() -> None:
    s = sent()
    event = s.says(Kind.RECEIPT, s.receipt(envelope=bytes(32))).events[0]
    assert [finding.code for finding in event.findings] == [FindingCode.OTHER_BYTES]
    s = sent()
    assert s.says(Kind.RECEIPT, s.receipt()).events[0].findings == ()


# Acknowledgement and rejection ---------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "more"),
    [
        pytest.param(Acknowledgement, {}, marks=pytest.mark.requirement("R-ACK-1")),
        pytest.param(Rejection, {"code": RejectionCode.OTHER}, marks=pytest.mark.requirement("R-REJ-1")),
    ],
)
def test_officers_state_about_notices_of_others_alone(body: type[Any], more: dict[str, Any]) -> None:
    s = sent()
    for subject in (bytes(32), s.notice):
        with pytest.raises(UsageError, match="unknown-subject"):
            state(s.w.receiver, s.w.ru, body(subject=subject, **more), NOW)
    assert state(s.w.receiver, s.w.ru, body(subject=held(s.w), **more), NOW + 2).sends


@pytest.mark.requirement("R-ACK-2")
def test_acknowledgement_counts_as_a_receipt() -> None:
    s = sent()
    assert s.notice in s.w.receiver.pending("US")
    s.says(Kind.ACKNOWLEDGEMENT, {1: s.notice})
    assert s.delivery is Delivery.ACKNOWLEDGED
    assert s.notice not in s.w.receiver.pending("US")
    s.says(Kind.RECEIPT, s.receipt())
    assert s.delivery is Delivery.ACKNOWLEDGED


@pytest.mark.requirement("R-REJ-1")
@pytest.mark.requirement("R-REJ-2")
def test_rejection_may_follow_an_acknowledgement_and_is_shown() -> None:
    s = sent()
    s.says(Kind.ACKNOWLEDGEMENT, {1: s.notice})
    event = s.says(Kind.REJECTION, {1: s.notice, 2: RejectionCode.IMPLAUSIBLE.value}).events[0]
    assert (event.code, event.kind, event.subject) == (EventCode.SIGNAL, Kind.REJECTION, s.notice)
    assert s.delivery is Delivery.REJECTED


@pytest.mark.requirement("R-REJ-2")
def test_rejection_settles_what_is_owed() -> None:
    s = sent()
    s.says(Kind.REJECTION, {1: s.notice, 2: RejectionCode.IMPLAUSIBLE.value})
    assert s.notice not in s.w.receiver.pending("US")
    late = [need.subject for need in s.w.receiver.attention(NOW + 10**6) if need.need is Need.OVERDUE]
    assert s.notice not in late


# Sync ----------------------------------------------------------------------------------


def sync(w: World, now: int, **body: Any) -> Step:
    return w.receive(
        w.forger.signal(Kind.SYNC, Sync(**{"heads": (), "mandates": (), **body}), "RU").data, now
    )


@pytest.mark.requirement("R-SYNC-1")
@pytest.mark.requirement("R-SYNC-2")
def test_gap_is_asked_for_with_heads_and_mandates() -> None:
    w = world()
    made = chain(w.forger, 4)
    assert said(w.receiver.poll(NOW).sends, Kind.SYNC) == []
    w.receive(made[0].data)
    w.receive(made[3].data)
    ((to, raw),) = said(w.receiver.poll(NOW + 1).sends, Kind.SYNC)
    body = Sync.load(raw)
    assert to == "US"
    assert [(one.party, one.first, one.last) for one in body.wanted] == [("US", 2, 3)]
    (head,) = [one for one in body.heads if one.party == "US"]
    assert (head.contiguous.seq, head.highest and head.highest.seq) == (1, 4)
    ids = {"RU": w.mirror.mandate, "US": w.forger.mandate}
    assert [(one.party, one.version, one.id) for one in body.mandates] == [
        (p, 1, ids[p]) for p in ("RU", "US")
    ]


@pytest.mark.requirement("R-SYNC-2")
def test_sync_is_repeated_with_doubling_waits_until_nothing_is_missing() -> None:
    w = world()
    made = chain(w.forger, 3)
    w.receive(made[2].data)
    asked = [now for now in range(NOW, NOW + 200) if said(w.receiver.poll(now).sends, Kind.SYNC)]
    first = bounds.SYNC_FIRST
    assert asked == [NOW, NOW + first, NOW + 3 * first, NOW + 7 * first, NOW + 15 * first]
    for one in made[:2]:
        w.receive(one.data)
    assert not any(said(w.receiver.poll(now).sends, Kind.SYNC) for now in range(NOW + 200, NOW + 600, 10))


@pytest.mark.requirement("R-SYNC-12")
def test_no_more_is_asked_in_a_second_than_is_answered() -> None:
    """Ten epochs with a gap in each: ten questions, four of them in each second."""
    w = world()
    epochs = [(number, bytes([number]) * 16) for number in range(1, 11)]
    for epoch in epochs:
        w.receive(w.forger.notice(2, bytes(32), epoch=epoch).data)
    asked: dict[int, list[int]] = {}
    for _ in range(20):
        now = w.receiver.next_deadline
        assert now is not None
        if asked and now >= min(asked) + bounds.SYNC_FIRST:
            break
        for _, raw in said(w.receiver.poll(now).sends, Kind.SYNC):
            asked.setdefault(now, []).append(Sync.load(raw).wanted[0].epoch.number)
    assert [(second - min(asked), len(asked[second])) for second in sorted(asked)] == [(0, 4), (1, 4), (2, 2)]
    assert sorted(one for some in asked.values() for one in some) == [number for number, _ in epochs]


@pytest.mark.requirement("R-SYNC-8")
def test_unknown_mandate_is_asked_for() -> None:
    w = world()
    assert said(w.receiver.poll(NOW).sends, Kind.SYNC) == []
    assert w.receive(w.forger.notice(k3=bytes(32)).data).refusal is not None
    assert [to for to, _ in said(w.receiver.poll(NOW + 1).sends, Kind.SYNC)] == ["US"]


def sender_of(w: World, count: int) -> tuple[Endpoint, list[bytes]]:
    """RU with own notices."""
    sends: list[Send] = []
    for number in range(count):
        sends += state(w.receiver, w.ru, launch(launch_count=number + 1), NOW, OFFICERS).sends
    found = [send.data for send in sends if said([send], Kind.LAUNCH)]
    return w.receiver, found


def wanted(data: bytes, first: int, last: int, party: str = "RU") -> tuple[Any, ...]:
    return (Range(party=party, epoch=parse(data)._payload.epoch, first=first, last=last),)


@pytest.mark.requirement("R-SYNC-4")
def test_sync_draws_own_mandates_and_the_notices_wanted() -> None:
    w = world()
    _, made = sender_of(w, 4)
    step = sync(w, NOW + 1, wanted=wanted(made[0], 2, 3))
    assert [send.data for send in step.sends] == [w.mandates["RU"], *made[1:3]]
    known = {1: [], 2: [{1: "RU", 2: 1, 3: w.mirror.mandate}]}
    assert w.receive(w.forger.signal(Kind.SYNC, known, "RU").data, NOW + 9).sends == ()
    step = sync(w, NOW + 20, wanted=wanted(made[0], 1, 2, "US"))
    assert [send.data for send in step.sends] == [w.mandates["RU"], w.mandates["US"]]


@pytest.mark.requirement("R-SYNC-4")
def test_answer_to_a_sync_is_bounded() -> None:
    w = world()
    _, made = sender_of(w, bounds.MAX_SYNC_ITEMS + 6)
    step = sync(w, NOW + 1, wanted=wanted(made[0], 1, 2**53 - 1))
    assert len(step.sends) == bounds.MAX_SYNC_ITEMS


@pytest.mark.requirement("R-SYNC-5")
def test_party_is_answered_once_a_second() -> None:
    w = world()
    assert sync(w, NOW + 1).sends
    assert not sync(w, NOW + 1).sends
    assert sync(w, NOW + 1 + bounds.SYNC_PAUSE).sends


@pytest.mark.requirement("R-SYNC-6")
def test_nonce_comes_back_as_echo_once() -> None:
    w = world()
    sync(w, NOW + 1, nonce=bytes(range(16)))
    ((to, body),) = said(w.receiver.poll(NOW + 1).sends, Kind.SYNC)
    assert (to, body[5]) == ("US", bytes(range(16)))
    assert said(w.receiver.poll(NOW + 2).sends, Kind.SYNC) == []


@pytest.mark.requirement("R-SYNC-7")
def test_sync_is_neither_journalled_nor_receipted() -> None:
    w = world()
    w.receiver.poll(NOW)
    before = snapshot(w.receiver)
    assert sync(w, NOW + 1).events == ()
    assert snapshot(w.receiver) == before
    assert said(w.receiver.poll(NOW + 2).sends, Kind.RECEIPT) == []


# Emergency notices ---------------------------------------------------------------------


@pytest.mark.requirement("R-EMERG-1")
@pytest.mark.requirement("R-EMERG-2")
def test_emergency_notice_passes_a_disputed_stream() -> None:
    w = world()
    one, two = chain(w.forger, 1)[0], chain(w.forger, 1, salt=1)[0]
    w.receive(one.data)
    assert EventCode.FORK in [event.code for event in w.receive(two.data).events]
    made = w.forger.emergency(1)
    (event,) = w.receive(made.data).events
    assert [finding.code for finding in event.findings] == [FindingCode.UNINTELLIGIBLE]
    assert w.receiver.exchange(made.id).place is Place.ACCEPTED
    assert made.id in [body[1] for _, body in said(w.receiver.poll(NOW + 2).sends, Kind.RECEIPT)]


@pytest.mark.requirement("R-EMERG-2")
def test_emergency_notice_is_shown_once() -> None:
    w = world()
    made = w.forger.emergency(1)
    assert w.receive(made.data).events
    w.receiver.poll(NOW + 2)
    before = snapshot(w.receiver)
    step = w.receive(made.data, NOW + 3)
    assert step.events == ()
    assert len(said(step.sends, Kind.RECEIPT)) == 1
    assert snapshot(w.receiver) == before


@pytest.mark.requirement("R-EMERG-3")
def test_emergency_notices_are_kept_whole_up_to_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("launchnotice.core.decide.MAX_HELD", 3)
    w = world()
    made = [w.forger.emergency(number) for number in range(4)]
    events = [w.receive(one.data).events[0] for one in made]
    assert [event.data for event in events] == [one.data for one in made]
    assert [event.subject for event in events] == [one.id for one in made]
    receipted = [body[1] for _, body in said(w.receiver.poll(NOW + 2).sends, Kind.RECEIPT)]
    assert {one.id for one in made[:3]} <= set(receipted)
    assert made[3].id not in receipted


@pytest.mark.requirement("R-PAY-8")
def test_signal_names_the_own_epoch_and_head() -> None:
    w = world()
    sender = open_endpoint(w.channel, w.us, mandates=[*w.mandates.values()])
    sends = sender.poll(NOW).sends
    receipt = next(send.data for send in sends if said([send], Kind.RECEIPT))
    first = parse(receipt)._payload
    state(sender, w.us, launch(), NOW, OFFICERS)
    sender.receive(w.mirror.notice().data, NOW)
    later = next(send.data for send in sender.poll(NOW + 1).sends if said([send], Kind.RECEIPT))
    second = parse(later)._payload
    assert first.epoch == second.epoch
    assert [getattr(one, "head").seq for one in (first, second)] == [0, 1]  # noqa: B009 - signals alone have one
