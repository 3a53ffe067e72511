"""Every kind between two endpoints, from draft to acknowledgement, and who must sign it (section 4.5)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import cbor2
import pytest

from launchnotice import Draft, Endpoint, Event, UsageError
from launchnotice.core.tables import Debt, Delivery
from launchnotice.registry import (
    KINDS,
    CancellationReason,
    DisseminatedTo,
    EventCode,
    IncidentObject,
    Kind,
    LaunchOutcome,
    Need,
    Place,
    QueryTopic,
    Regime,
    RejectionCode,
    ReplyStatus,
    RetractionReason,
    StatementTopic,
    Suite,
)
from launchnotice.views import ExchangeView
from launchnotice.wire.geo import Point
from launchnotice.wire.message import KIND_OF, parse
from launchnotice.wire.notices import (
    AnnualDeclaration,
    Cancellation,
    CommunicationsCheck,
    ContinuedIn,
    Incident,
    LaunchReport,
    Query,
    RegimeStatus,
    Reply,
    Retraction,
    Statement,
    WindowExtension,
)
from launchnotice.wire.record import Record
from launchnotice.wire.signals import Acknowledgement, Dissemination, Receipt, Rejection, Sync
from tests.spec.requirements.build import OFFICERS, World, parts, world
from tests.spec.requirements.test_references import WINDOW, activity, amended
from tests.spec.requirements.told import Told, codes, heard, kind_name
from tests.spec.story import amended as full_notification
from tests.support import NOW, launch, open_endpoint, settle, state
from tests.support.dump import snapshot

MACHINE = {Kind.RECEIPT, Kind.SYNC}
SIGNED = [kind for kind in Kind if kind not in MACHINE]
SIGNALS = [kind for kind in SIGNED if kind > Kind.RECEIPT]
NOTICES = [kind for kind in SIGNED if kind < Kind.RECEIPT]

# Who must sign, as section 4.5 says; not drawn from the code's registry.
DESK = {Kind.QUERY, Kind.REPLY, Kind.COMMUNICATIONS_CHECK, *SIGNALS}
ONE_OFFICER = {*DESK, Kind.INCIDENT}
TWO_OFFICERS = [kind for kind in SIGNED if kind not in ONE_OFFICER]


ON_TIME = (NOW // 86_400 + 3) * 86_400


def body_of(kind: Kind, ids: dict[str, bytes]) -> Record:
    """A body of that kind about a launch of the speaker, a launch of the peer and a query of the peer."""
    own, peer = ids["launch"], ids["peer's launch"]
    made: dict[Kind, Record] = {
        Kind.LAUNCH: full_notification(),
        Kind.AMENDMENT: amended(own, own),
        Kind.WINDOW_EXTENSION: WindowExtension(launch=own, replaces=own, window=WINDOW),
        Kind.CANCELLATION: Cancellation(launch=own, reason=CancellationReason.SAFETY),
        Kind.LAUNCH_REPORT: LaunchReport(launch=own, outcome=LaunchOutcome.LAUNCHED, launched_at=ON_TIME),
        Kind.QUERY: Query(topic=QueryTopic.DISCREPANCY, asked="RU", subject=peer, fields=(4,)),
        Kind.REPLY: Reply(query=ids["peer's query"], status=ReplyStatus.SEE_NOTICES, notices=(own,)),
        Kind.ANNUAL_DECLARATION: AnnualDeclaration(year=2026, observers=False),
        Kind.ACTIVITY: activity(None),
        Kind.REGIME_STATUS: RegimeStatus(status=Regime.SUSPENDED, effective=NOW, kinds=(1, 2)),
        Kind.COMMUNICATIONS_CHECK: CommunicationsCheck(path="telex"),
        Kind.STATEMENT: statement(own),
        Kind.CONTINUED_IN: ContinuedIn(channel=bytes(32)),
        Kind.INCIDENT: Incident(
            time=NOW,
            place=Point(latitude=1, longitude=2),
            object=IncidentObject.SOUNDING_ROCKET,
            contact="duty officer",
        ),
        Kind.RETRACTION: Retraction(subject=own, reason=RetractionReason.OTHER),
        Kind.ACKNOWLEDGEMENT: Acknowledgement(subject=peer, remark="read"),
        Kind.DISSEMINATION: Dissemination(subject=peer, to=DisseminatedTo.EARLY_WARNING, at=NOW),
        Kind.REJECTION: Rejection(subject=peer, code=RejectionCode.OTHER),
    }
    return made[kind]


def statement(subject: bytes) -> Statement:
    return Statement(topic=StatementTopic.OTHER, subject=subject, text="good will")


class Sides(NamedTuple):
    """Two endpoints that know each other's launch, and a query of RU; ids by name."""

    w: World
    us: Endpoint
    ru: Endpoint
    ids: dict[str, bytes]

    def say(self, speaker: str, body: Record, officers: Sequence[str], now: int) -> bytes:
        """One side says something, which arrives with all that it draws; its id."""
        endpoint, centre = (self.us, self.w.us) if speaker == "US" else (self.ru, self.w.ru)
        sends = state(endpoint, centre, body, now, officers).sends
        said = next(send.data for send in sends if kind_of(send.data) == KIND_OF[type(body)])
        settle([self.us, self.ru], now, sends)
        return parse(said).id


def kind_of(data: bytes) -> int:
    """The kind of a message; 0 of a mandate."""
    kind: int = cbor2.loads(parts(data)[2]).get(5, 0)
    return kind


def sides(suite: Suite = Suite.CLASSIC) -> Sides:
    w = world(suite)
    us = open_endpoint(w.channel, w.us, mandates=[*w.mandates.values()])
    made = Sides(w, us, w.receiver, {})
    made.ids["launch"] = made.say("US", launch(), OFFICERS, NOW)
    made.ids["peer's launch"] = made.say("RU", launch(), OFFICERS, NOW)
    question = Query(topic=QueryTopic.CLARIFICATION, asked="US", subject=made.ids["launch"])
    made.ids["peer's query"] = made.say("RU", question, OFFICERS[:1], NOW)
    return made


def least(kind: Kind) -> tuple[str, ...]:
    """The officers that must sign a kind."""
    return OFFICERS[:1] if kind in ONE_OFFICER else OFFICERS


def kinds(found: Sequence[Kind]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("kind", found, ids=kind_name)


# From draft to acknowledgement -----------------------------------------------------------


def exchanged(s: Sides, kind: Kind, now: int = NOW + 10) -> None:
    """US says it, desk by desk; RU hears, receipts and acknowledges it."""
    body = body_of(kind, s.ids)
    draft = s.us.draft(body, now, least(kind))
    findings = []
    for label in least(kind):
        review = Draft.load(draft.data).review(s.w.channel, s.w.mandate())
        assert (review.body, review.row.label, review.payload.kind) == (body, KINDS[kind].label, kind)
        findings = [finding.code for finding in review.findings]
        draft = review.sign(s.w.us.keys[label])
    sends = s.us.submit(draft, now).sends
    (said,) = [send.data for send in sends if kind_of(send.data) == kind]
    assert parse(said).id == draft.id
    (event,) = s.ru.receive(said, now).events
    assert (event.kind, event.party, event.data) == (kind, "US", said)
    assert [finding.code for finding in event.findings] == findings
    if kind in SIGNALS:
        assert (event.code, event.subject) == (EventCode.SIGNAL, s.ids["peer's launch"])
        assert s.ru.exchange(event.subject).deliveries["US"] is STATED[kind]
        assert s.ru.poll(now).sends == ()
        return
    assert (event.code, event.subject) == (EventCode.NOTICE, draft.id)
    settle([s.us, s.ru], now)
    (receipt,) = [signal.body for signal in s.us.exchange(draft.id).signals]
    assert isinstance(receipt, Receipt)
    assert (receipt.place, receipt.readable, receipt.received) == (Place.ACCEPTED, True, now)
    assert s.us.exchange(draft.id).deliveries == {"RU": Delivery.RECEIVED}
    assert draft.id in s.us.pending("RU")
    s.say("RU", Acknowledgement(subject=draft.id), OFFICERS[:1], now + 1)
    assert s.us.exchange(draft.id).deliveries == {"RU": Delivery.ACKNOWLEDGED}
    assert draft.id not in s.us.pending("RU")
    assert s.ru.exchange(draft.id).body == body == s.us.exchange(draft.id).body
    assert s.ru.receive(said, now + 2).events == ()


STATED = {
    Kind.ACKNOWLEDGEMENT: Delivery.ACKNOWLEDGED,
    Kind.DISSEMINATION: Delivery.RECEIVED,
    Kind.REJECTION: Delivery.REJECTED,
}


@pytest.mark.requirement("R-DELIV-1")
@pytest.mark.requirement("R-RCPT-1")
@kinds(SIGNED)
def test_every_kind_goes_from_draft_to_acknowledgement(kind: Kind) -> None:
    exchanged(sides(), kind)


@pytest.mark.requirement("R-SIGN-6")
def test_every_kind_goes_from_draft_to_acknowledgement_with_two_algorithms() -> None:
    for kind in NOTICES:
        s = hybrid() if kind not in {Kind.AMENDMENT, Kind.WINDOW_EXTENSION} else sides(Suite.HYBRID)
        exchanged(s, kind, NOW + 10 + kind)
    exchanged(hybrid(), Kind.DISSEMINATION, NOW + 100)


@cache
def hybrid() -> Sides:
    return sides(Suite.HYBRID)


@pytest.mark.requirement("R-KIND-1")
@pytest.mark.parametrize(
    "body",
    [
        Sync(heads=(), mandates=()),
        Receipt(subject=bytes(32), envelope=bytes(32), received=NOW, place=Place.ACCEPTED, readable=True),
    ],
    ids=["sync", "receipt"],
)
def test_what_the_machine_states_is_not_drafted(body: Record) -> None:
    s = sides()
    with pytest.raises(UsageError, match="bad-value"):
        s.us.draft(body, NOW, OFFICERS)


# Who must sign ---------------------------------------------------------------------------


def wrong_signers(s: Sides, body: Record, officers: Sequence[str]) -> None:
    before = snapshot(s.us)
    with pytest.raises(UsageError, match="wrong-signers"):
        s.us.draft(body, NOW + 10, officers)
    assert snapshot(s.us) == before


def forged(s: Sides, kind: Kind, officers: Sequence[str]) -> bytes:
    """A message of US that stands where its next one stands, signed by these officers and the system."""
    body = body_of(kind, s.ids)
    if kind in SIGNALS:
        signers, epoch = (*officers, "system"), s.us.health(NOW).epoch
        return s.w.forger.signal(kind, body, "RU", epoch=epoch, signers=signers).data
    told = Told(s.w.forger, s.us.health(NOW).epoch)
    told.seq, told.head = s.us.exchange(s.ids["launch"]).seq, s.ids["launch"]
    return told.say(body, officers=officers).data


def below_threshold(s: Sides, data: bytes) -> None:
    before = snapshot(s.ru)
    step = s.ru.receive(data, NOW + 10)
    assert step.refusal is not None
    assert (step.refusal.code.value, step.events, step.sends) == ("threshold", (), ())
    assert snapshot(s.ru) == before


@cache
def still() -> Sides:
    """Sides for what changes nothing."""
    return sides()


@pytest.mark.requirement("R-POL-3")
@pytest.mark.requirement("R-RETR-1")
@kinds(TWO_OFFICERS)
def test_announcement_by_one_officer_is_neither_drafted_nor_accepted(kind: Kind) -> None:
    s = still()
    wrong_signers(s, body_of(kind, s.ids), OFFICERS[:1])
    wrong_signers(s, body_of(kind, s.ids), OFFICERS[:1] * 2)
    below_threshold(s, forged(s, kind, OFFICERS[:1]))
    below_threshold(s, forged(s, kind, ()))
    assert sides().ru.receive(forged(s, kind, OFFICERS), NOW + 10).refusal is None


@pytest.mark.requirement("R-POL-3")
@pytest.mark.requirement("R-CHECK-1")
@kinds(sorted(ONE_OFFICER))
def test_message_of_one_officer_needs_one(kind: Kind) -> None:
    s = still()
    wrong_signers(s, body_of(kind, s.ids), ())
    below_threshold(s, forged(s, kind, ()))
    assert s.us.draft(body_of(kind, s.ids), NOW + 10, OFFICERS[:1])
    assert sides().ru.receive(forged(s, kind, OFFICERS[:1]), NOW + 10).refusal is None


@pytest.mark.requirement("R-CHECK-1")
def test_communications_check_by_the_machine_alone_is_refused() -> None:
    s = still()
    body = body_of(Kind.COMMUNICATIONS_CHECK, s.ids)
    below_threshold(s, Told(s.w.forger).say(body, officers=()).data)
    wrong_signers(s, body, ())


@pytest.mark.requirement("R-RETR-1")
@pytest.mark.parametrize("officers", [1, 2, 3])
def test_retraction_has_as_many_officers_as_the_channel_asks_for_announcements(officers: int) -> None:
    names = ("officer-1", "officer-2", "officer-3")
    enough, too_few = names[:officers], names[: officers - 1]
    w = world(officers=officers)
    told = Told(w.forger)
    first = told.say(launch(), officers=enough)
    heard(w, first)
    body = Retraction(subject=first.id, reason=RetractionReason.SENT_IN_ERROR)
    step = w.receive(told.say(body, officers=too_few).data)
    assert step.refusal is not None
    assert step.refusal.code.value == "threshold"
    assert codes(heard(w, told.say(body, officers=enough))) == []
    us = open_endpoint(w.channel, w.us, mandates=[*w.mandates.values()])
    with pytest.raises(UsageError, match="wrong-signers"):
        us.draft(body, NOW, too_few)
    assert us.draft(body, NOW, enough)


@pytest.mark.requirement("R-POL-3")
@pytest.mark.parametrize("kind", [63, 79])
def test_unknown_kind_is_an_announcement(kind: int) -> None:
    s = still()
    below_threshold(s, Told(s.w.forger).say({1: 0}, kind, officers=OFFICERS[:1]).data)


# What officers and machines owe ----------------------------------------------------------


@pytest.mark.requirement("R-CHECK-2")
def test_communications_check_is_receipted_and_owed_as_any_notice() -> None:
    w = world()
    event = heard(w, Told(w.forger).say(CommunicationsCheck()))
    (need,) = w.receiver.attention(NOW + 1)
    assert (need.need, need.subject, need.party) == (Need.ACKNOWLEDGE, event.subject, "US")
    assert event.subject in w.receiver.pending("RU")
    w.receiver.poll(NOW + 2)
    assert [signal.kind for signal in w.receiver.exchange(event.subject).signals] == [Kind.RECEIPT]
    late = NOW + 2 + w.channel.descriptor.acknowledge_within
    fired = [one for one in w.receiver.poll(late).events if one.subject == event.subject]
    assert [(one.code, one.owed) for one in fired] == [(EventCode.OVERDUE, Debt.ACKNOWLEDGEMENT)]


@pytest.mark.requirement("R-DISS-2")
def test_dissemination_is_a_receipt_and_no_acknowledgement() -> None:
    w = world()
    sends = state(w.receiver, w.ru, launch(), NOW, OFFICERS).sends
    notice = next(parse(send.data).id for send in sends if kind_of(send.data) == Kind.LAUNCH)
    body = Dissemination(subject=notice, to=DisseminatedTo.EARLY_WARNING)
    assert w.receive(w.forger.signal(Kind.DISSEMINATION, body, "RU").data).events
    view = w.receiver.exchange(notice)
    assert view.deliveries == {"US": Delivery.RECEIVED}
    assert notice in w.receiver.pending("US")
    within = w.channel.descriptor
    fired = [one for at in (within.receipt_within, within.acknowledge_within) for one in overdue(w, at)]
    assert [one.owed for one in fired if one.subject == notice] == [Debt.ACKNOWLEDGEMENT]


def overdue(w: World, within: int) -> list[Event]:
    events = w.receiver.poll(NOW + within + 2).events
    return [event for event in events if event.code is EventCode.OVERDUE]


@pytest.mark.requirement("R-DISS-2")
def test_dissemination_by_us_pays_no_acknowledgement_that_we_owe() -> None:
    s = sides()
    subject = s.ids["peer's launch"]
    s.say("US", Dissemination(subject=subject, to=DisseminatedTo.MEMBERS, parties=("FR",)), OFFICERS[:1], NOW)
    assert subject in s.us.pending("US")
    s.say("US", Acknowledgement(subject=subject), OFFICERS[:1], NOW + 1)
    assert subject not in s.us.pending("US")


@pytest.mark.requirement("R-QUERY-3")
def test_query_leaves_the_delivery_of_its_subject_alone() -> None:
    s = sides()
    subject = s.ids["launch"]
    for wanted in (Delivery.RECEIVED, Delivery.ACKNOWLEDGED):
        before = _alone(s, subject)
        question = Query(topic=QueryTopic.DISCREPANCY, asked="US", subject=subject, remark=wanted.name)
        s.say("RU", question, OFFICERS[:1], NOW + 5 + wanted)
        assert _alone(s, subject) == before
        assert before[0].deliveries == {"RU": wanted}
        if wanted is Delivery.RECEIVED:
            s.say("RU", Acknowledgement(subject=subject), OFFICERS[:1], NOW + 8)


def _alone(s: Sides, subject: bytes) -> tuple[ExchangeView, ExchangeView]:
    """A notice as both sides see it, but for what belongs to its thread."""
    us, ru = s.us.exchange(subject), s.ru.exchange(subject)
    return us._replace(followers=()), ru._replace(followers=())


# What closes nothing ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        *(
            pytest.param(
                RegimeStatus(status=status, effective=0, kinds=kinds),
                id=status.name.lower(),
                marks=pytest.mark.requirement("R-REGIME-2"),
            )
            for status, kinds in [(Regime.SUSPENDED, ()), (Regime.TERMINATED, ()), (Regime.SUSPENDED, (1, 2))]
        ),
        pytest.param(
            ContinuedIn(channel=bytes(32), effective=0),
            id="continued",
            marks=pytest.mark.requirement("R-CONT-2"),
        ),
    ],
)
def test_nothing_closes_the_channel(body: Record) -> None:
    """Of the sender who said it, and of the receiver who heard it, each kind still passes."""
    s = sides()
    s.say("US", body, OFFICERS, NOW)
    for kind in (Kind.LAUNCH, Kind.AMENDMENT, Kind.INCIDENT, Kind.COMMUNICATIONS_CHECK):
        exchanged(s, kind, NOW + 10 + kind)
    later = s.say("RU", launch(), OFFICERS, NOW + 200)
    assert s.us.exchange(later).findings == ()
    assert s.ru.exchange(later).deliveries == {"US": Delivery.RECEIVED}


@pytest.mark.requirement("R-CONT-1")
def test_channel_is_not_continued_in_itself() -> None:
    s = still()
    before = snapshot(s.us)
    with pytest.raises(UsageError, match="bad-value"):
        s.us.draft(ContinuedIn(channel=s.w.channel.id), NOW + 10, OFFICERS)
    assert snapshot(s.us) == before
    assert s.us.draft(ContinuedIn(channel=bytes(32)), NOW + 10, OFFICERS)
