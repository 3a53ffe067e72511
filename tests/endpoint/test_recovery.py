"""What an endpoint does when its store fails half-way, is rolled back, or comes from a backup.

Every site here has one signer for all its lives; it fails the test if it ever signs two ids at one position.
"""

from __future__ import annotations

import pytest

from launchnotice import Endpoint, JournalError, Send, Stale
from launchnotice.core import entries
from launchnotice.core.entries import EpochKey, EpochOpened, Reserved, Sealed
from launchnotice.journal.anchor import MemoryAnchor
from launchnotice.registry import EventCode, Kind, Need, RejectionCode
from launchnotice.testing.journal import Fault
from launchnotice.wire.bounds import RETRY_RECEIVED
from launchnotice.wire.message import ChainedPayload, parse_payload, recall
from launchnotice.wire.signals import Acknowledgement, Rejection, Sync
from launchnotice.wire.streams import Epoch, Head, Position
from tests.support import NOW, launch, sign, state
from tests.support.dump import canonical, refolded, state_of
from tests.support.faults import NEVER, Site
from tests.support.forge import EPOCH, chain
from tests.support.template import Template

OFFICERS = ("officer-1", "officer-2")


def announce(site: Site, endpoint: Endpoint, number: int, now: int = NOW) -> ChainedPayload:
    """The payload of a launch that was announced, whatever became of its bytes."""
    draft = sign(endpoint, site.made.centres[site.code], launch(launch_count=number), now, OFFICERS)
    endpoint.submit(draft, now)
    payload = parse_payload(draft.payload)[0]
    assert isinstance(payload, ChainedPayload)
    return payload


def number_of(endpoint: Endpoint) -> int:
    """The number of its own epoch."""
    epoch = state_of(endpoint).epoch
    assert epoch is not None
    return epoch[0]


def until_it_succeeds(endpoint: Endpoint, now: int) -> tuple[list[EventCode], list[Send]]:
    """Poll again after each failure, as a host does."""
    for _ in range(10):
        assert endpoint.next_deadline is not None
        assert endpoint.next_deadline <= now
        try:
            step = endpoint.poll(now)
        except JournalError:
            continue
        return [event.code for event in step.events], list(step.sends)
    raise AssertionError("the endpoint does not recover")


# A fold that fails -----------------------------------------------------------------------------


@pytest.mark.requirement("R-RESTORE-1")
@pytest.mark.parametrize("fault", list(Fault))
@pytest.mark.parametrize("good_reads", range(4))
def test_a_fold_that_failed_half_way_is_made_anew_and_looks_at_the_anchor(
    made: Template, fault: Fault, good_reads: int
) -> None:
    """An append of unknown outcome, a fail-over to a replica that lost notice 2, and a read that fails.

    Whatever was half folded then must not be signed upon: notice 2 is with the peers.
    """
    site = Site(made, "US")
    us = site.open()
    announce(site, us, 1)
    us.poll(NOW)
    length = site.length()
    assert announce(site, us, 2).seq == 2
    site.journal.plan = [fault]
    with pytest.raises(JournalError):
        us.receive(made.forger("RU").notice().data, NOW + 1)
    site.roll_back(length)
    site.journal.good_reads = good_reads
    until_it_succeeds(us, NOW + 1)
    assert number_of(us) == 2
    later = announce(site, us, 3, NOW + 2)
    assert (later.epoch.number, later.seq) == (2, 1)
    assert canonical(refolded(us)) == canonical(state_of(us))


@pytest.mark.parametrize("good_reads", range(4))
def test_a_fold_that_failed_half_way_forgets_nothing(made: Template, good_reads: int) -> None:
    """The store is whole; a host that sleeps until the next deadline must not sleep for ever."""
    site = Site(made, "US")
    us = site.open()
    first = announce(site, us, 1)
    us.poll(NOW)
    notice = made.forger("RU").notice()
    site.journal.plan = [Fault.AFTER]
    with pytest.raises(JournalError):
        us.receive(notice.data, NOW + 1)
    site.journal.good_reads = good_reads
    codes, _ = until_it_succeeds(us, NOW + 1)
    assert EventCode.NOTICE in codes
    assert number_of(us) == 1
    assert len(us.pending("RU")) == 2  # the notice and the mandate
    assert announce(site, us, 2, NOW + 2).epoch == first.epoch
    assert canonical(refolded(us)) == canonical(state_of(us))


def test_a_submit_right_after_a_failed_fold_signs_nothing_on_a_half_folded_state(made: Template) -> None:
    """No poll in between: the draft was made before the store failed."""
    site = Site(made, "US")
    us = site.open()
    announce(site, us, 1)
    length = site.length()
    announce(site, us, 2)
    draft = sign(us, made.centres["US"], launch(launch_count=3), NOW, OFFICERS)
    site.journal.plan = [Fault.BEFORE]
    with pytest.raises(JournalError):
        us.submit(draft, NOW)
    site.roll_back(length)
    for good_reads in range(3):
        site.journal.good_reads = good_reads
        with pytest.raises(JournalError):
            us.submit(draft, NOW)
    assert us.next_deadline == NOW
    later = announce(site, us, 4, NOW + 1)
    assert (later.epoch.number, later.seq) == (2, 1)
    assert not any(isinstance(kept.entry, Sealed) for kept in us._ledger.find(draft.id))


# A journal rolled back under a running endpoint --------------------------------------------------


def heard(made: Template, site: Site) -> tuple[Endpoint, list[bytes], int]:
    """RU has heard three notices and receipted them; the first is confirmed.

    Also gives the journal's length before the third.
    """
    ru, us = site.open(), made.forger("US")
    notices = [us.notice()]
    notices += [us.notice(2, notices[0].id)]
    notices += [us.notice(3, notices[1].id)]
    [shown] = ru.receive(notices[0].data, NOW).events
    ru.confirm(shown.position)
    ru.poll(NOW)
    ru.receive(notices[1].data, NOW)
    ru.poll(NOW)
    length = site.length()
    step = ru.receive(notices[2].data, NOW)
    assert [event.again for event in step.events] == [False]
    ru.poll(NOW)
    return ru, [notice.id for notice in notices], length


def check_rolled_back(site: Site, ru: Endpoint, notices: list[bytes], now: int) -> None:
    """The next call sees it, opens an epoch before it signs, and presents again what is not confirmed."""
    third = site.made.forger("US").notice(3, notices[1])
    step = ru.poll(now)
    shown = {event.subject: event.again for event in step.events if event.code is EventCode.NOTICE}
    assert shown[notices[1]] is True
    assert notices[0] not in shown
    assert not ru.health(now).restored
    assert number_of(ru) >= 2
    new = [kept.entry for kept in ru._ledger.read(0)]
    opened = max(at for at, entry in enumerate(new) if isinstance(entry, EpochOpened))
    assert all(
        (entry.number, entry.random) == state_of(ru).epoch
        for entry in new[opened:]
        if isinstance(entry, Reserved)
    )
    again = ru.receive(third.data, now)
    assert [(event.subject, event.again) for event in again.events] == [(notices[2], True)]
    assert announce(site, ru, 1, now).epoch.number == number_of(ru)
    assert canonical(refolded(ru)) == canonical(state_of(ru))


@pytest.mark.requirement("R-RESTORE-1")
def test_a_rollback_under_a_running_endpoint_is_noticed_by_the_next_call(made: Template) -> None:
    site = Site(made, "RU")
    ru, notices, length = heard(made, site)
    site.roll_back(length)
    check_rolled_back(site, ru, notices, NOW + 1)


@pytest.mark.requirement("R-RESTORE-1")
@pytest.mark.parametrize("call", ["receive", "confirm", "draft", "submit"])
def test_a_rollback_is_noticed_by_whichever_call_comes_next(made: Template, call: str) -> None:
    site = Site(made, "RU")
    ru, _, length = heard(made, site)
    before = sign(ru, made.centres["RU"], launch(), NOW, OFFICERS)
    announced = announce(site, ru, 2)
    assert announced.seq == 1
    site.roll_back(length)
    if call == "receive":
        ru.receive(made.forger("US").emergency(1).data, NOW)
    elif call == "confirm":
        ru.confirm(site.length())
    elif call == "draft":
        assert ru.draft(launch(), NOW, OFFICERS).id != before.id
    else:
        with pytest.raises(Stale):
            ru.submit(before, NOW)
    assert ru.health(NOW).restored or number_of(ru) == 2
    later = announce(site, ru, 3, NOW + 1)
    assert (later.epoch.number, later.seq) == (2, 1)


@pytest.mark.requirement("R-RESTORE-1")
def test_a_rollback_that_another_node_filled_to_the_same_length_is_noticed(made: Template) -> None:
    """As long as it was, and other entries in it: whoever looks at the length alone appends to a fork."""
    site = Site(made, "RU")
    ru, notices, length = heard(made, site)
    grown = site.length()
    site.roll_back(length)
    anchor = MemoryAnchor()
    anchor.store(length, entries.digest(site.journal.inner.read(length - 1, 1)[0].data))
    other = site.beside(anchor)
    us, lost = made.forger("US"), grown - length
    for number in range(lost):
        other.receive(us.emergency(number).data, NOW)
    assert site.length() == grown
    assert state_of(ru).position == grown
    check_rolled_back(site, ru, notices, NOW + 1)
    other.poll(NOW + 2)
    assert canonical(state_of(other)) == canonical(refolded(other))


@pytest.mark.requirement("R-RESTORE-1")
def test_a_snapshot_of_what_was_rolled_back_does_not_count(
    made: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store may lose its last entries and keep the snapshot that was made beyond them."""
    monkeypatch.setattr("launchnotice.engine.ledger.SNAPSHOT_EVERY", 1)
    site = Site(made, "RU")
    ru, notices, length = heard(made, site)
    saved = site.journal.load_snapshot()
    assert saved is not None
    assert saved[0] > length
    site.roll_back(length)
    site.journal.inner.save_snapshot(*saved)
    check_rolled_back(site, ru, notices, NOW + 1)
    assert canonical(state_of(site.open(now=NOW + 1))) == canonical(state_of(ru))


# Restores ----------------------------------------------------------------------------------------


@pytest.mark.requirement("R-SIG-2")
def test_a_rejection_that_a_restore_left_unsealed_can_be_stated_anew(made: Template) -> None:
    """In between the exchange was settled, so that it is read back from the journal, left-behind and all."""
    site = Site(made, "RU")
    ru, notice = site.open(), made.forger("US").notice()
    ru.receive(notice.data, NOW)
    ru.poll(NOW)
    body = Rejection(subject=notice.id, code=RejectionCode.IMPLAUSIBLE)
    site.signer.unwilling = NEVER
    assert state(ru, made.centres["RU"], body, NOW).sends == ()
    site.signer.unwilling = 0
    ru = site.restore()
    state(ru, made.centres["RU"], Acknowledgement(subject=notice.id), NOW + 1)
    assert ru.pending("RU") == []
    step = state(ru, made.centres["RU"], body, NOW + 2)
    assert [send.to for send in step.sends] == ["US"]
    kinds = sorted(signal.kind for signal in ru.exchange(notice.id).signals)
    assert kinds == [Kind.RECEIPT, Kind.ACKNOWLEDGEMENT, Kind.REJECTION]
    assert all(signal.body is not None for signal in ru.exchange(notice.id).signals)
    assert canonical(refolded(ru)) == canonical(state_of(ru))


def test_an_own_notice_that_a_restore_left_unsealed_needs_nobody(made: Template) -> None:
    """It will never be sealed, so no officer can do anything about it and no peer owes anything for it."""
    site = Site(made, "US")
    us = site.open()
    site.signer.unwilling = NEVER
    draft = sign(us, made.centres["US"], launch(), NOW, OFFICERS)
    us.submit(draft, NOW)
    assert [(need.need, need.subject) for need in us.attention(NOW)] == [(Need.SYSTEM_SIGNATURE, draft.id)]
    site.signer.unwilling = 0
    us = site.restore()
    for now in (NOW + 1, NOW + 2, NOW + 10):
        us.poll(now)
    for endpoint in (us, site.open(now=NOW + 20)):
        assert endpoint.health(NOW + 10).unsealed == 0
        assert draft.id not in [need.subject for need in endpoint.attention(NOW + 86_400)]
        assert draft.id not in endpoint.pending("RU")


@pytest.mark.requirement("R-RESTORE-6")
def test_an_epoch_without_notices_does_not_hide_where_the_one_before_was_cut(made: Template) -> None:
    """Two restores in a row: the second opening names the head of the first life, not an empty epoch."""
    site = Site(made, "US")
    us = site.open()
    for number in (1, 2, 3):
        last = announce(site, us, number)
    us = site.restore()
    us.draft(launch(), NOW, OFFICERS)  # opens epoch 2, and that is all
    us = site.restore()
    payload = announce(site, us, 4, NOW + 1)
    assert payload.epoch.number == 3
    assert payload.opening is not None
    assert payload.opening.epoch == last.epoch
    assert payload.opening.head is not None
    assert payload.opening.head.seq == 3


@pytest.mark.requirement("R-RESTORE-5")
@pytest.mark.parametrize("restored", [True, False])
def test_a_notice_heard_in_a_restored_opening_may_have_been_seen_before(
    made: Template, *, restored: bool
) -> None:
    """What the backup lost was shown to the host in the life before."""
    site = Site(made, "RU")
    ru = site.restore() if restored else site.open()
    notice = made.forger("US").notice()
    step = ru.receive(notice.data, NOW)
    assert [(event.code, event.again) for event in step.events] == [(EventCode.NOTICE, restored)]


@pytest.mark.requirement("R-SIGN-11")
def test_what_was_sealed_before_a_restore_is_not_signed_again(made: Template) -> None:
    """The seal is stored, its outcome is unknown, the process dies and has lost its anchor."""
    site = Site(made, "US")
    us = site.open()
    draft = sign(us, made.centres["US"], launch(), NOW, OFFICERS)
    site.journal.doomed, site.journal.stored = Sealed, True
    with pytest.raises(JournalError):
        us.submit(draft, NOW)
    us = site.restore()
    us.poll(NOW)
    kept = [one.entry for one in us._ledger.read(0)]
    assert [type(one) for one in kept if getattr(one, "id", b"") == draft.id] == [Reserved, Sealed]


@pytest.mark.requirement("R-RESTORE-1")
def test_a_duplicate_after_a_rollback_is_no_duplicate(made: Template) -> None:
    """Memory still knows the notice, the journal does not: what counts is the journal."""
    site = Site(made, "RU")
    ru, sent = site.open(), chain(made.forger("US"), 2)
    ru.receive(sent[0].data, NOW)
    ru.poll(NOW)
    length = site.length()
    ru.receive(sent[1].data, NOW)
    ru.poll(NOW)
    site.roll_back(length)
    events = ru.receive(sent[1].data, NOW).events
    assert [event.again for event in events if event.subject == sent[1].id] == [True]
    assert ru.exchange(sent[1].id).data == sent[1].data


# Marks after the challenge is answered -----------------------------------------------------------


def challenged(made: Template, answer: Head) -> Endpoint:
    """RU after a restore; US has answered its challenge with that head of its own stream."""
    ru = Site(made, "RU").restore()
    ru.poll(NOW)
    body = Sync(heads=(answer,), mandates=(), echo=state_of(ru).nonce("US"))
    assert ru.receive(made.forger("US").signal(Kind.SYNC, body, "RU").data, NOW).refusal is None
    assert None not in state_of(ru).synced.values()
    return ru


def marks(ru: Endpoint, data: bytes) -> list[bool]:
    return [event.again for event in ru.receive(data, NOW).events if event.code is EventCode.NOTICE]


@pytest.mark.requirement("R-RESTORE-5")
def test_an_emergency_from_before_the_answer_may_have_been_seen_before(made: Template) -> None:
    """It has no place of its own, so what counts is its sender's head when it was drafted."""
    us = made.forger("US")
    sent = chain(us, 2)
    epoch = Epoch(number=EPOCH[0], random=EPOCH[1])
    ru = challenged(made, Head(party="US", epoch=epoch, contiguous=Position(seq=1, id=sent[0].id)))
    assert marks(ru, us.emergency(1).data) == [True]
    assert marks(ru, us.emergency(2, k13={1: 1, 2: sent[0].id}).data) == [True]
    assert marks(ru, us.emergency(3, k13={1: 2, 2: sent[1].id}).data) == [False]
    assert marks(ru, sent[1].data) == [False]


@pytest.mark.requirement("R-RESTORE-5")
@pytest.mark.parametrize("random", [b"\x00" * 16, b"\xff" * 16])
def test_another_epoch_of_the_same_number_may_have_been_seen_before(made: Template, random: bytes) -> None:
    """US lost everything too and began anew at number 1; random ids do not tell which came first."""
    us = made.forger("US")
    genesis = Position(seq=0, id=us.genesis((1, random)))
    ru = challenged(made, Head(party="US", epoch=Epoch(number=1, random=random), contiguous=genesis))
    assert marks(ru, us.notice().data) == [True]
    assert marks(ru, us.notice(epoch=(1, random)).data) == [False]
    assert marks(ru, us.notice(epoch=(2, random)).data) == [True]  # its opening leads to no epoch
    leads = {1: 1, 2: {1: 1, 2: random}, 3: {1: 0, 2: us.genesis((1, random))}}
    assert marks(ru, us.notice(epoch=(3, random), k12=leads).data) == [False]


@pytest.mark.requirement("R-SYNC-6")
def test_an_answer_tells_every_epoch_of_its_addressee(made: Template) -> None:
    """US lost everything twice: RU holds notices of two epochs, and US can ask for neither unless told."""
    us, ru = made.forger("US"), made.open("RU")
    epochs: list[EpochKey] = [(1, bytes(16)), (1, b"\xff" * 16), (2, bytes(16))]
    for epoch in epochs:
        assert ru.receive(us.notice(epoch=epoch).data, NOW).refusal is None
    body = Sync(heads=(), mandates=(), nonce=bytes(16))
    ru.receive(us.signal(Kind.SYNC, body, "RU").data, NOW)
    sent = [send.data for send in ru.poll(NOW).sends if send.to == "US"]
    bodies = [recall(data).body for data in sent if b"application/lnp+cose" in data]
    told = {
        (head.epoch.number, head.epoch.random)
        for body in bodies
        if isinstance(body, Sync) and body.echo
        for head in body.heads
        if head.party == "US" and head.contiguous.seq == 1
    }
    assert told == set(epochs)


def test_an_own_epoch_that_comes_back_is_not_the_current_one(made: Template) -> None:
    """After a total loss both bear number 1; members are told of the head of the current one."""
    site = Site(made, "US")
    us = site.restore()
    us.poll(NOW)
    assert us.receive(made.forger("US").notice(epoch=(1, b"\xff" * 16)).data, NOW).refusal is None
    latest = state_of(us).latest("US")
    assert latest is not None
    assert latest.epoch == state_of(us).epoch != (1, b"\xff" * 16)


@pytest.mark.requirement("R-RESTORE-1")
def test_a_notice_that_comes_back_without_its_receipt_is_repeated_at_once(made: Template) -> None:
    """Its turn in memory is that of a receipted notice, and no fact says when it was receipted."""
    site, ru = Site(made, "US"), made.open("RU")
    us = site.open()
    length = site.length()
    draft = sign(us, made.centres["US"], launch(), NOW, OFFICERS)
    mandate, sent = us.submit(draft, NOW).sends
    ru.receive(mandate.data, NOW)
    answers = ru.receive(sent.data, NOW).sends + ru.poll(NOW).sends
    assert [us.receive(answer.data, NOW).refusal for answer in answers] == [None] * len(answers)
    us.poll(NOW + RETRY_RECEIVED)
    site.roll_back(length)
    us.receive(sent.data, NOW + RETRY_RECEIVED + 1)
    assert sent in us.poll(NOW + RETRY_RECEIVED + 1).sends


@pytest.mark.requirement("R-RESTORE-5")
@pytest.mark.parametrize("doomed", [Reserved, Sealed])
def test_what_is_to_be_marked_stays_marked_if_the_store_fails_after_the_new_epoch(
    made: Template, doomed: type
) -> None:
    """The epoch is open, and the host was not handed the notice that came before it."""
    site, notice = Site(made, "RU"), made.forger("US").notice()
    before = site.open()
    announce(site, before, 1)  # in an epoch that the backup has
    before.receive(notice.data, NOW)
    site.roll_back(site.length() - 1)
    ru = site.restore()
    site.journal.plan = [Fault.AFTER]
    with pytest.raises(JournalError):
        ru.receive(notice.data, NOW)
    site.journal.doomed = doomed
    with pytest.raises(JournalError):
        ru.poll(NOW)
    shown = [event for event in ru.poll(NOW).events if event.code is EventCode.NOTICE]
    assert [(event.subject, event.again) for event in shown] == [(notice.id, True)]
