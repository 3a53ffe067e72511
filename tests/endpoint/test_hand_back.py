"""After a restore: the challenge, own history handed back, marks, claims, total loss (spec section 6.4)."""

from __future__ import annotations

import pytest

from launchnotice import UsageError
from launchnotice.core import snapshot
from launchnotice.core.state import State
from launchnotice.core.tables import Delivery
from launchnotice.journal.memory import MemoryJournal
from launchnotice.pact.mandate import Standing
from launchnotice.registry import (
    EventCode,
    FindingCode,
    IncidentObject,
    Kind,
    MandateReason,
    Need,
    Place,
    Refusal,
    RejectionCode,
    Usage,
)
from launchnotice.wire.bounds import CHALLENGE_AGAIN, MAX_SYNC_ITEMS
from launchnotice.wire.geo import Point
from launchnotice.wire.message import parse, recall
from launchnotice.wire.notices import Incident
from launchnotice.wire.record import Record
from launchnotice.wire.signals import Acknowledgement, Receipt, Rejection
from launchnotice.wire.streams import Epoch, Position
from tests.attacks.hands import Renewed
from tests.support import NOW, launch, make_mandate
from tests.support.dump import state_of
from tests.support.recovery import Side, Talk, names
from tests.support.template import Template, template


def incident_of(number: int) -> Incident:
    contact = f"desk {number}"
    return Incident(
        time=NOW, place=Point(latitude=0, longitude=0), object=IncidentObject.OTHER, contact=contact
    )


INCIDENT = incident_of(0)


@pytest.fixture
def talk(made: Template) -> Talk:
    sides = {code: Side(made, code) for code in ("US", "RU")}
    found = Talk(sides)
    found.settle(NOW, 60)
    return found


def lived_on(talk: Talk, count: int) -> tuple[MemoryJournal, list[bytes], int]:
    """A backup after the first notice, and the ids of those that were said after it."""
    us = talk.sides["US"]
    talk.carry(us.say(launch(), NOW + 100)[1], NOW + 100)
    now = talk.settle(NOW + 100, 60)
    backup, said = us.backup(), []
    for number in range(count):
        notice, sends = us.say(launch(launch_count=2 + number), now)
        talk.carry(sends, now)
        said.append(notice)
    return backup, said, talk.settle(now, 60)


def folds_alike(side: Side) -> None:
    """A snapshot and a fresh fold of the journal give the state that is in memory."""
    state = state_of(side.endpoint)
    loaded = snapshot.load(state.channel, state.own, state.find, snapshot.dump(state))
    assert snapshot.dump(loaded) == snapshot.dump(state)
    fresh = State(state.channel, state.own, state.find)
    for kept in side.endpoint._ledger.read(0):
        fresh.apply(kept)
    assert snapshot.dump(fresh) == snapshot.dump(state)


# Own history -----------------------------------------------------------------------------


@pytest.mark.requirement("R-RESTORE-7")
@pytest.mark.requirement("R-RESTORE-8")
@pytest.mark.requirement("R-SYNC-9")
def test_what_a_backup_lost_is_asked_for_and_handed_back(talk: Talk) -> None:
    backup, said, now = lived_on(talk, 3)
    us, ru = talk.sides["US"], talk.sides["RU"]
    us.restore(backup, now)
    assert us.endpoint.health(now).restored
    now = talk.settle(now)
    assert [event.subject for event in us.told(EventCode.RETURNED)] == said
    assert [event.party for event in us.told(EventCode.SYNCED)] == ["RU"]
    for notice in said:
        assert us.endpoint.exchange(notice).data == ru.endpoint.exchange(notice).data
        assert us.endpoint.exchange(notice).deliveries == {"RU": Delivery.RECEIVED}
    folds_alike(us)
    folds_alike(ru)


@pytest.mark.requirement("R-RESTORE-2")
@pytest.mark.requirement("R-EPOCH-5")
def test_a_notice_before_any_peer_speaks_forks_nothing_and_an_old_one_in_flight_joins(talk: Talk) -> None:
    backup, said, now = lived_on(talk, 2)
    us, ru = talk.sides["US"], talk.sides["RU"]
    old, in_flight = us.say(launch(launch_count=99), now)
    us.restore(backup, now)
    notice, sends = us.say(launch(launch_count=50), now)
    talk.carry(sends, now)
    talk.carry(in_flight, now + 1)
    now = talk.settle(now + 1)
    assert not ru.told(EventCode.FORK)
    assert not us.told(EventCode.FORK)
    assert {event.subject for event in ru.told(EventCode.ABANDONED)} == set(said)
    late = next(event for event in ru.told(EventCode.NOTICE) if event.subject == old)
    assert FindingCode.ABANDONED in names(late)
    for one in (*said, old):
        assert FindingCode.ABANDONED in {f.code for f in ru.endpoint.exchange(one).findings}
        assert us.endpoint.exchange(one).data
    assert us.endpoint.exchange(notice).deliveries == {"RU": Delivery.RECEIVED}
    folds_alike(us)
    folds_alike(ru)


@pytest.mark.requirement("R-RESTORE-4")
def test_a_notice_of_before_the_restore_is_repeated_once_a_member_shows_that_it_has_it(talk: Talk) -> None:
    us, ru = talk.sides["US"], talk.sides["RU"]
    notice, sends = us.say(launch(), NOW + 100)
    us.restore(us.backup(), NOW + 200, anchor=False)
    us.anchor.store(99, bytes(32))
    us.restart(NOW + 200)
    quiet = [send for at in range(NOW + 200, NOW + 900, 30) for send in us.endpoint.poll(at).sends]
    assert {parse(send.data).kind for send in quiet} == {Kind.SYNC}
    talk.carry(sends, NOW + 900)
    now = talk.settle(NOW + 900, 60)
    assert us.endpoint.exchange(notice).deliveries == {"RU": Delivery.RECEIVED}
    offered = [send for at in range(now, now + 900, 30) for send in us.endpoint.poll(at).sends]
    assert ru.endpoint.exchange(notice).data in [send.data for send in offered]


@pytest.mark.requirement("R-RESTORE-4")
def test_what_the_authority_names_after_a_restore_is_repeated_and_nothing_else(made: Template) -> None:
    """Said before the restore and received by nobody: the mandate names a launch and one of two incidents."""
    us = Side(made, "US")
    us.endpoint.poll(NOW)
    standing, _ = us.say(launch(), NOW + 10)
    beyond, _ = us.say(launch(launch_count=2), NOW + 10)
    named, _ = us.say(incident_of(1), NOW + 10)
    unnamed, _ = us.say(incident_of(2), NOW + 10)
    us.restore(us.backup(), NOW + 20, anchor=False)
    us.anchor.store(99, bytes(32))
    us.restart(NOW + 20)
    data = {one: us.endpoint.exchange(one).data for one in (standing, beyond, named, unnamed)}
    assert not _repeated(us, data, NOW + 20)
    view = us.endpoint.exchange(standing)
    stands = Standing(
        epoch=Epoch(number=view.epoch[0], random=view.epoch[1]), last=Position(seq=1, id=standing)
    )
    renewed = Renewed(
        made, MandateReason.COMPROMISE, standing=[stands], emergencies=[named], issued=NOW + 1_000
    )
    us.hear(renewed.data, NOW + 1_000)
    renewed.take_over(us)
    assert _repeated(us, data, NOW + 1_000) == {standing, named}
    ru = Side(made, "RU")
    ru.hear(renewed.data, NOW + 2_000)
    for one in (standing, named):
        ru.hear(data[one], NOW + 2_000)
        (event,) = [event for event in ru.told(EventCode.NOTICE) if event.subject == one]
        assert FindingCode.DISOWNED not in names(event)
        assert FindingCode.WITHOUT_EFFECT not in names(event)
    assert us.endpoint.exchange(unnamed).id in {
        need.subject for need in us.endpoint.attention(NOW + 40 * 86_400) if need.need is Need.OVERDUE
    }


def _repeated(side: Side, data: dict[bytes, bytes], start: int) -> set[bytes]:
    """Which of these notices a side sends of itself in a quarter of an hour."""
    sends = [send.data for at in range(start, start + 900, 30) for send in side.endpoint.poll(at).sends]
    return {one for one, known in data.items() if known in sends}


@pytest.mark.requirement("R-RESTORE-8")
def test_own_statements_that_were_lost_come_back_and_are_not_made_twice(talk: Talk) -> None:
    ru = talk.sides["RU"]
    backup = ru.backup()
    notice, sends = talk.sides["US"].say(launch(), NOW + 100)
    talk.carry(sends, NOW + 100)
    now = talk.settle(NOW + 100, 60)
    talk.carry(ru.say(Acknowledgement(subject=notice), now)[1], now)
    now = talk.settle(now, 60)
    ru.restore(backup, now)
    now = talk.settle(now)
    view = talk.sides["US"].endpoint.exchange(notice)
    assert view.deliveries == {"RU": Delivery.ACKNOWLEDGED}
    stated = {signal.kind: signal.id for signal in ru.endpoint.exchange(notice).signals}
    assert stated[Kind.ACKNOWLEDGEMENT] in {signal.id for signal in view.signals}
    with pytest.raises(UsageError) as caught:
        ru.endpoint.draft(Acknowledgement(subject=notice), now, ["officer-1"])
    assert caught.value.code is Usage.ALREADY_STATED


@pytest.mark.requirement("R-RESTORE-8")
def test_an_emergency_that_was_lost_comes_back(talk: Talk) -> None:
    us, ru = talk.sides["US"], talk.sides["RU"]
    backup = us.backup()
    incident, sends = us.say(INCIDENT, NOW + 100)
    talk.carry(sends, NOW + 100)
    now = talk.settle(NOW + 100, 60)
    us.restore(backup, now)
    now = talk.settle(now)
    assert us.endpoint.exchange(incident).data == ru.endpoint.exchange(incident).data
    assert us.endpoint.exchange(incident).deliveries == {"RU": Delivery.RECEIVED}


@pytest.mark.requirement("R-SYNC-4")
@pytest.mark.parametrize("answer", [Kind.ACKNOWLEDGEMENT, Kind.REJECTION])
def test_an_emergency_of_a_peer_that_was_lost_is_shown_again(talk: Talk, answer: Kind) -> None:
    """It is settled for its sender, who does not repeat it, and no head tells of it."""
    us, ru = talk.sides["US"], talk.sides["RU"]
    backup = us.backup()
    incident, sends = ru.say(INCIDENT, NOW + 100)
    talk.carry(sends, NOW + 100)
    now = talk.settle(NOW + 100, 60)
    body: Record = Acknowledgement(subject=incident)
    if answer is Kind.REJECTION:
        body = Rejection(subject=incident, code=RejectionCode.IMPLAUSIBLE)
    talk.carry(us.say(body, now)[1], now)
    now = talk.settle(now, 60)
    us.restore(backup, now)
    now = talk.settle(now)
    assert [(event.subject, event.again) for event in us.told(EventCode.NOTICE)] == [(incident, True)]
    assert answer in {signal.kind for signal in us.endpoint.exchange(incident).signals}
    folds_alike(us)


@pytest.mark.requirement("R-RESTORE-8")
def test_a_lost_statement_that_was_made_anew_does_not_come_back(talk: Talk) -> None:
    us, ru = talk.sides["US"], talk.sides["RU"]
    backup = us.backup()
    _, sends = ru.say(INCIDENT, NOW + 100)
    us.hear(sends[0].data, NOW + 100)
    [receipt] = us.endpoint.poll(NOW + 100).sends
    us.restore(backup, NOW + 200)
    us.endpoint.poll(NOW + 200)
    us.hear(sends[0].data, NOW + 200)
    us.endpoint.poll(NOW + 200)
    before = snapshot.dump(state_of(us.endpoint))
    step = us.endpoint.receive(receipt.data, NOW + 200)
    assert step.refusal is not None
    assert step.refusal.code is Refusal.OWN_MESSAGE
    assert snapshot.dump(state_of(us.endpoint)) == before


@pytest.mark.requirement("R-SYNC-4")
def test_of_too_many_emergencies_the_newest_are_handed_back(talk: Talk) -> None:
    us, ru = talk.sides["US"], talk.sides["RU"]
    backup, said, now = us.backup(), [], NOW + 100
    for number in range(MAX_SYNC_ITEMS):
        side = (us, ru)[number % 2]
        incident, sends = side.say(incident_of(number), now)
        talk.carry(sends, now)
        said.append(incident)
    now = talk.settle(now, 60)
    us.restore(backup, now)
    challenge = [send for send in us.endpoint.poll(now).sends if recall(send.data).payload.kind == Kind.SYNC]
    answer = ru.hear(challenge[0].data, now)
    assert len(answer) == MAX_SYNC_ITEMS
    given = [message for message in (recall(send.data).id for send in answer) if message in said]
    assert given == said[-len(given) :][::-1]
    assert len(given) > MAX_SYNC_ITEMS // 3  # beside each at most its sender's and the other's receipt


@pytest.mark.requirement("R-RESTORE-12")
def test_a_receipt_for_what_is_not_known_starts_a_challenge(talk: Talk) -> None:
    """The old notice arrives only after the member has answered the challenge."""
    us, ru = talk.sides["US"], talk.sides["RU"]
    backup = us.backup()
    late, sends = us.say(launch(), NOW + 100)
    us.restore(backup, NOW + 200)
    now = talk.settle(NOW + 200)
    assert [event.party for event in us.told(EventCode.SYNCED)] == ["RU"]
    talk.carry(sends, now)
    now = talk.settle(now)
    assert ru.endpoint.exchange(late).data == us.endpoint.exchange(late).data


@pytest.mark.requirement("R-RESTORE-7")
@pytest.mark.parametrize("body", [launch(), INCIDENT])
def test_what_arrived_after_the_answer_is_asked_for_once_a_day(talk: Talk, body: Record) -> None:
    """The receipt that would have told of it was lost, and nobody repeats either."""
    us, ru = talk.sides["US"], talk.sides["RU"]
    backup = us.backup()
    late, sends = us.say(body, NOW + 100)
    us.restore(backup, NOW + 200)
    now = talk.settle(NOW + 200)
    for send in sends:
        ru.hear(send.data, now)
    ru.endpoint.poll(now)  # the receipt, which nobody carries
    now = talk.settle(now)
    with pytest.raises(UsageError):
        us.endpoint.exchange(late)
    due = us.endpoint.next_deadline
    assert due is not None
    assert now < due <= NOW + 300 + CHALLENGE_AGAIN
    talk.settle(due)
    assert us.endpoint.exchange(late).data == ru.endpoint.exchange(late).data


@pytest.mark.requirement("R-RESTORE-7")
def test_a_confirmed_epoch_ends_the_challenges(talk: Talk, made: Template) -> None:
    us = talk.sides["US"]
    us.restore(us.backup(), NOW + 100, anchor=False)
    us.endpoint._ledger.restored = True
    now = talk.settle(NOW + 100)
    assert us.endpoint.next_deadline is not None
    confirmed = [us.endpoint.health(now).epoch]
    data = make_mandate(made.channel, made.centres["US"], us.endpoint.mandate(), confirmed=confirmed)
    us.hear(data, now)
    talk.settle(now)
    assert us.endpoint.next_deadline is None


# Marks -----------------------------------------------------------------------------------


@pytest.mark.requirement("R-RESTORE-5")
def test_notices_are_marked_until_their_sender_has_answered_and_then_up_to_its_head(talk: Talk) -> None:
    ru, us = talk.sides["RU"], talk.sides["US"]
    backup = ru.backup()
    seen, sends = us.say(launch(), NOW + 100)
    talk.carry(sends, NOW + 100)
    now = talk.settle(NOW + 100, 60)
    ru.restore(backup, now)
    new, sends = us.say(launch(launch_count=2), now)
    talk.carry(sends, now)
    now = talk.settle(now)
    later, sends = us.say(launch(launch_count=3), now)
    talk.carry(sends, now)
    marks = {event.subject: event.again for event in ru.told(EventCode.NOTICE)}
    assert marks == {seen: True, new: True, later: False}


@pytest.mark.requirement("R-RESTORE-5")
def test_an_epoch_that_the_answer_does_not_lead_to_stays_marked(talk: Talk, made: Template) -> None:
    """Both sides lost what they had: the old notice comes again, whatever its epoch's random bytes."""
    _, _, now = lived_on(talk, 0)
    us, ru = talk.sides["US"], talk.sides["RU"]
    old, sends = us.say(launch(launch_count=9), now)
    talk.carry(sends, now)
    now = talk.settle(now, 60)
    for side in (us, ru):
        side.restore(MemoryJournal(), now)
        for data in made.mandates.values():
            side.hear(data, now)
    now = talk.settle(now)
    assert [event.party for event in ru.told(EventCode.SYNCED)] == ["US"]
    talk.carry(sends, now)
    new, sends = us.say(launch(launch_count=10), now)
    talk.carry(sends, now)
    marks = {event.subject: event.again for event in ru.told(EventCode.NOTICE)}
    assert (marks[old], marks[new]) == (True, False)
    us.restore(us.backup(), now, anchor=False)
    us.anchor.store(999, bytes(32))
    us.restart(now)
    now = talk.settle(now)
    later, sends = us.say(launch(launch_count=11), now)
    talk.carry(sends, now)
    marks = {event.subject: event.again for event in ru.told(EventCode.NOTICE)}
    assert marks[later] is False
    assert len(ru.told(EventCode.SYNCED)) == 1


@pytest.mark.requirement("R-RESTORE-5")
def test_what_the_host_confirmed_is_behind_the_anchor(talk: Talk) -> None:
    """A copy from before it shows as a restore, although nothing was released since."""
    us, ru = talk.sides["US"], talk.sides["RU"]
    backup = ru.backup()
    _, sends = us.say(launch(), NOW + 100)
    ru.hear(sends[0].data, NOW + 100)
    ru.endpoint.confirm(ru.events[-1].position)
    ru.restore(backup, NOW + 200)
    assert ru.endpoint.health(NOW + 200).restored


@pytest.mark.requirement("R-RCPT-6")
@pytest.mark.parametrize("body", [launch(), INCIDENT])
def test_the_receipt_of_what_may_have_come_before_says_recovered(talk: Talk, body: Record) -> None:
    """Its sender never got the first receipt, and must not take the time of the second for the arrival."""
    us, ru = talk.sides["US"], talk.sides["RU"]
    backup = ru.backup()
    first, sends = us.say(body, NOW + 100)
    for send in sends:
        ru.hear(send.data, NOW + 100)
    ru.endpoint.poll(NOW + 100)  # the receipt, which nobody carries
    ru.restore(backup, NOW + 200)
    now = talk.settle(NOW + 200)
    second, sends = us.say(launch(launch_count=2), now)
    talk.carry(sends, now)
    talk.settle(now)
    assert [_receipt(us, notice).place for notice in (first, second)] == [Place.RECOVERED, Place.ACCEPTED]


def _receipt(side: Side, notice: bytes) -> Receipt:
    """The receipt that the sender of a notice holds."""
    exchange = state_of(side.endpoint).exchange(notice)
    assert exchange is not None
    body = recall(exchange.facts["RU", Kind.RECEIPT].data).body
    assert isinstance(body, Receipt)
    return body


@pytest.mark.requirement("R-RESTORE-5")
def test_the_challenge_outlives_a_restart(talk: Talk) -> None:
    backup, _, now = lived_on(talk, 1)
    us = talk.sides["US"]
    us.restore(backup, now)
    us.endpoint.poll(now)
    us.restart(now + 1)
    assert not us.endpoint.health(now).restored
    talk.settle(now + 1)
    assert [event.party for event in us.told(EventCode.SYNCED)] == ["RU"]


def test_an_answer_to_another_challenge_ends_no_mark(talk: Talk, made: Template) -> None:
    backup, _, now = lived_on(talk, 1)
    us = talk.sides["US"]
    us.restore(backup, now)
    us.endpoint.poll(now)
    forged = made.forger("RU").signal(Kind.SYNC, {1: [], 2: [], 5: bytes(16)}, "US")
    assert us.endpoint.receive(forged.data, now).refusal is None
    assert state_of(us.endpoint).synced == {"RU": None}


@pytest.mark.requirement("R-PAY-10")
def test_what_is_said_before_the_members_answered_may_repeat(talk: Talk) -> None:
    backup, _, now = lived_on(talk, 1)
    us, ru = talk.sides["US"], talk.sides["RU"]
    us.restore(backup, now)
    first, sends = us.say(launch(launch_count=60), now)
    talk.carry(sends, now)
    now = talk.settle(now)
    second, sends = us.say(launch(launch_count=61), now)
    talk.carry(sends, now)
    found = {event.subject: names(event) for event in ru.told(EventCode.NOTICE)}
    assert FindingCode.MAY_REPEAT in found[first]
    assert FindingCode.MAY_REPEAT not in found[second]


# The second line -------------------------------------------------------------------------


@pytest.mark.requirement("R-RESTORE-8")
def test_an_own_notice_that_the_journal_lacks_ends_the_epoch(talk: Talk) -> None:
    """The anchor was restored with the journal, so nothing else shows it."""
    backup, said, now = lived_on(talk, 1)
    us, ru = talk.sides["US"], talk.sides["RU"]
    us.restore(backup, now, anchor=False)
    assert not us.endpoint.health(now).restored
    epoch = us.endpoint.health(now).epoch
    us.hear(ru.endpoint.exchange(said[0]).data, now)
    notice, _ = us.say(launch(launch_count=70), now)
    assert us.endpoint.exchange(notice).epoch > epoch
    assert state_of(us.endpoint).synced == {"RU": None}


@pytest.mark.requirement("R-RESTORE-9")
def test_a_members_word_costs_one_epoch_and_no_more(talk: Talk) -> None:
    backup, said, now = lived_on(talk, 1)
    us, ru = talk.sides["US"], talk.sides["RU"]
    us.restore(backup, now, anchor=False)
    number = us.endpoint.health(now).epoch[0]
    talk.carry(ru.say(launch(launch_count=80), now)[1], now)
    assert [event.party for event in us.told(EventCode.CLAIMED)] == ["RU"]
    now = talk.settle(now)
    assert us.endpoint.health(now).epoch[0] == number + 1
    assert us.endpoint.exchange(said[0]).data
    folds_alike(us)


@pytest.mark.requirement("R-RESTORE-9")
def test_a_member_that_lies_again_is_not_believed(made: Template) -> None:
    us = Side(made, "US")
    us.say(launch(), NOW)
    forger = made.forger("RU")
    for attempt in range(3):
        health = us.endpoint.health(NOW)
        number, random = health.epoch
        head = {1: "US", 2: {1: number, 2: random}, 3: {1: 99, 2: bytes(32)}}
        sync = forger.signal(Kind.SYNC, {1: [head], 2: [], 4: bytes([attempt]) * 16}, "US")
        us.hear(sync.data, NOW + attempt)
        us.endpoint.poll(NOW + attempt)
    assert us.endpoint.health(NOW).epoch[0] == 2
    assert len(us.told(EventCode.CLAIMED)) == 1


# Total loss ------------------------------------------------------------------------------


@pytest.mark.requirement("R-RESTORE-11")
def test_after_total_loss_peers_are_unconfirmed_until_people_compared_their_mandates(talk: Talk) -> None:
    us, ru = talk.sides["US"], talk.sides["RU"]
    _, said, now = lived_on(talk, 1)
    us.restore(MemoryJournal(), now)
    assert us.endpoint.health(now).restored
    us.hear(us.made.mandates["US"], now)
    us.hear(us.made.mandates["RU"], now)
    now = talk.settle(now)
    assert [event.subject for event in us.told(EventCode.RETURNED)][-1:] == said
    notice, sends = ru.say(launch(launch_count=90), now)
    talk.carry(sends, now)
    (event,) = [event for event in us.told(EventCode.NOTICE) if event.subject == notice]
    assert FindingCode.MANDATE_UNCONFIRMED in names(event)
    assert Need.TRUST in {need.need for need in us.endpoint.attention(now)}
    mandate = us.endpoint.mandate("RU")
    assert mandate is not None
    us.endpoint.trust(mandate.id)
    notice, sends = ru.say(launch(launch_count=91), now)
    talk.carry(sends, now)
    (event,) = [event for event in us.told(EventCode.NOTICE) if event.subject == notice]
    assert FindingCode.MANDATE_UNCONFIRMED not in names(event)
    assert Need.TRUST not in {need.need for need in us.endpoint.attention(now)}
    folds_alike(us)


def test_trust_names_the_newest_mandate_of_a_peer(talk: Talk) -> None:
    us = talk.sides["US"]
    own = us.endpoint.mandate()
    assert own is not None
    for mandate in (bytes(32), own.id):
        with pytest.raises(UsageError) as caught:
            us.endpoint.trust(mandate)
        assert caught.value.code is Usage.UNKNOWN_SUBJECT


def test_both_sides_lost_still_tell_each_other_everything_new(talk: Talk) -> None:
    _, _, now = lived_on(talk, 2)
    for side in talk.sides.values():
        side.restore(MemoryJournal(), now)
        for data in side.made.mandates.values():
            side.hear(data, now)
    now = talk.settle(now)
    us, ru = talk.sides["US"], talk.sides["RU"]
    notice, sends = us.say(launch(launch_count=7), now)
    talk.carry(sends, now)
    talk.settle(now, 60)
    assert us.endpoint.exchange(notice).deliveries == {"RU": Delivery.RECEIVED}
    assert not ru.told(EventCode.FORK)


@pytest.mark.requirement("R-EPOCH-6")
def test_more_unconfirmed_epochs_than_the_descriptor_allows_are_an_alarm() -> None:
    made = template(unconfirmed_epochs=1)
    sides = {code: Side(made, code) for code in ("US", "RU")}
    talk = Talk(sides)
    now = talk.settle(NOW, 60)
    backup = sides["US"].backup()
    found = []
    for number in range(3):
        notice, sends = sides["US"].say(launch(launch_count=number + 1), now)
        talk.carry(sends, now)
        found.append(next(e for e in sides["RU"].told(EventCode.NOTICE) if e.subject == notice))
        sides["US"].restore(backup, now)
        now = talk.settle(now)
    alarmed = [FindingCode.TOO_MANY_EPOCHS in names(event) for event in found]
    assert alarmed == [False, False, True]
    assert Need.UNCONFIRMED_EPOCHS in {need.need for need in sides["RU"].endpoint.attention(now)}
