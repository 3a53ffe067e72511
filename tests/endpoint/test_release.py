"""What an endpoint has taken in hand goes out in the end, whatever fails between commit and release."""

from __future__ import annotations

import pytest

from launchnotice import Draft, Endpoint, Identity, JournalError, Send, Signer, Step
from launchnotice.core.entries import EpochOpened, Fired, Reserved, Sealed
from launchnotice.registry import EventCode, Kind, Need, Owed, Role
from launchnotice.wire import cose
from launchnotice.wire.bounds import SIGN_RETRY
from launchnotice.wire.keys import PublicKey, SigningKey
from launchnotice.wire.message import parse
from launchnotice.wire.signals import Acknowledgement
from tests.support import NOW, launch, make_centre, make_mandate, sign, state
from tests.support.dump import canonical, refolded, state_of
from tests.support.faults import NEVER, Site
from tests.support.stores import mandate_of
from tests.support.template import Template, template

OFFICERS = ("officer-1", "officer-2")


@pytest.fixture(scope="module")
def owing_nothing() -> Template:
    """A channel on which RU owes nothing: a notice is offered to it once."""
    ru = make_centre("RU").party(owes=Owed.NOTHING)
    return template(parties=(ru, make_centre("US").party()))


def to_ru(sends: tuple[Send, ...] | list[Send], notice: bytes) -> int:
    """How often a notice is among what goes to RU."""
    return sum(send.to == "RU" and cose.parse(send.data, 1 << 20).message_id == notice for send in sends)


def sealed_unknowingly(made: Template) -> tuple[Site, Endpoint, Draft]:
    """US's journal stores the seal of a notice and fails, so that its endpoint does not know."""
    site = Site(made, "US")
    us = site.open()
    us.poll(NOW)
    draft = sign(us, made.centres["US"], launch(), NOW, OFFICERS)
    site.journal.doomed, site.journal.stored = Sealed, True
    with pytest.raises(JournalError):
        us.submit(draft, NOW)
    return site, us, draft


def from_now_on(endpoint: Endpoint, now: int, seconds: int = 100_000) -> list[Send]:
    """What a host sends that polls at each deadline."""
    sends = list(endpoint.poll(now).sends)
    while endpoint.next_deadline is not None and endpoint.next_deadline < now + seconds:
        at = endpoint.next_deadline
        sends += endpoint.poll(at).sends
        assert endpoint.next_deadline is None or endpoint.next_deadline > at  # it does not spin
    return sends


# Who owes nothing is offered once, and once it must be ---------------------------------------------


@pytest.mark.requirement("R-RETRY-1")
@pytest.mark.parametrize("failures", [1, 2])
def test_a_party_that_owes_nothing_is_told_although_the_anchor_failed_at_the_one_release(
    owing_nothing: Template, failures: int
) -> None:
    """Before or after the anchor was stored: the seal is committed, the bytes were never handed over."""
    site = Site(owing_nothing, "US")
    us = site.open()
    draft = sign(us, owing_nothing.centres["US"], launch(), NOW, OFFICERS)
    site.anchor.failures = failures
    with pytest.raises(JournalError):
        us.submit(draft, NOW)
    site.anchor.failures = 0
    assert us.next_deadline == NOW
    assert to_ru(from_now_on(us, NOW), draft.id) == 1


@pytest.mark.requirement("R-RETRY-1")
def test_a_party_that_owes_nothing_is_told_although_the_process_died_before_the_release(
    owing_nothing: Template,
) -> None:
    site, _, draft = sealed_unknowingly(owing_nothing)
    again = site.open(now=NOW + 60)
    assert not again.health(NOW + 60).restored
    assert again.next_deadline == NOW + 60
    assert to_ru(from_now_on(again, NOW + 60), draft.id) == 1
    last = site.open(now=NOW + 120)
    assert to_ru(from_now_on(last, NOW + 120), draft.id) == 0


# What poll has in hand ------------------------------------------------------------------------------


def listener(made: Template) -> tuple[Site, Endpoint, bytes]:
    """RU with a notice that has no receipt yet; its mandate has been offered."""
    site = Site(made, "RU")
    ru, notice = site.open(), made.forger("US").notice()
    ru.poll(NOW - 1)
    ru.receive(notice.data, NOW)
    return site, ru, notice.id


def receipts(endpoint: Endpoint, step: Step, notice: bytes) -> int:
    """How often the receipt of a notice is among what is sent."""
    found = endpoint.exchange(notice).signals
    ids = [signal.id for signal in found if signal.kind == Kind.RECEIPT]
    return sum(cose.parse(send.data, 1 << 20).message_id in ids for send in step.sends)


def next_call(made: Template, call: str, endpoint: Endpoint, now: int) -> Step:
    if call == "poll":
        return endpoint.poll(now)
    if call == "receive":
        return endpoint.receive(made.forger("US").emergency(1).data, now)
    return state(endpoint, made.centres["RU"], launch(), now, OFFICERS)


@pytest.mark.requirement("R-RCPT-1")
@pytest.mark.parametrize("call", ["poll", "receive", "submit"])
@pytest.mark.parametrize("failures", [1, 2])
def test_what_poll_took_in_hand_goes_with_the_next_call_when_the_anchor_failed(
    made: Template, call: str, failures: int
) -> None:
    site, ru, notice = listener(made)
    site.anchor.failures = failures
    with pytest.raises(JournalError):
        ru.poll(NOW)
    site.anchor.failures = 0
    assert ru.next_deadline == NOW
    # The anchor is written before the system signs and again before the release.
    at_once = receipts(ru, next_call(made, call, ru, NOW), notice)
    assert at_once + receipts(ru, ru.poll(NOW), notice) == 1
    assert receipts(ru, ru.poll(NOW + 1), notice) == 0


@pytest.mark.requirement("R-RCPT-1")
@pytest.mark.parametrize("call", ["poll", "receive", "submit"])
@pytest.mark.parametrize("stored", [True, False])
def test_what_poll_took_in_hand_goes_with_the_next_call_when_what_is_overdue_could_not_be_written(
    made: Template, call: str, *, stored: bool
) -> None:
    site, ru, notice = listener(made)
    late = NOW + made.channel.descriptor.acknowledge_within + 1
    site.journal.doomed, site.journal.stored = Fired, stored
    with pytest.raises(JournalError):
        ru.poll(late)
    assert ru.next_deadline is not None
    assert ru.next_deadline <= late
    assert receipts(ru, next_call(made, call, ru, late), notice) == 1
    told = [kept.entry for kept in ru._ledger.read(0) if isinstance(kept.entry, Fired)]
    assert len(told) == len({(one.id, one.party, one.owed, one.multiple) for one in told})


@pytest.mark.parametrize(
    ("doomed", "stored"),
    [(EpochOpened, True), (EpochOpened, False), (Reserved, True), (Reserved, False), (Sealed, False)],
)
def test_a_receipt_goes_out_whichever_append_before_it_failed(
    made: Template, doomed: type, *, stored: bool
) -> None:
    site, notice = Site(made, "RU"), made.forger("US").notice()
    ru = site.open()
    ru.receive(notice.data, NOW)
    site.journal.doomed, site.journal.stored = doomed, stored
    with pytest.raises(JournalError):
        ru.poll(NOW)
    found = [receipts(ru, ru.poll(now), notice.id) for now in range(NOW, NOW + 20)]
    assert sum(found) == 1
    assert canonical(refolded(ru)) == canonical(state_of(ru))


def test_a_duplicates_answer_goes_with_the_next_call_when_the_anchor_failed(made: Template) -> None:
    site, ru, notice = listener(made)
    ru.poll(NOW)
    data = ru.exchange(notice).data
    state(ru, made.centres["RU"], launch(), NOW, OFFICERS)
    ru.receive(made.forger("US").emergency(1).data, NOW)  # so that the anchor is behind
    site.anchor.failures = 1
    with pytest.raises(JournalError):
        ru.receive(data, NOW)
    assert receipts(ru, ru.poll(NOW), notice) == 1


# Snapshots ------------------------------------------------------------------------------------------


def test_a_snapshot_that_cannot_be_saved_keeps_nothing_back(
    made: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a cache: without one, opening takes longer."""
    monkeypatch.setattr("launchnotice.engine.ledger.SNAPSHOT_EVERY", 1)
    site, ru, notice = listener(made)
    site.journal.no_snapshots = True
    step = ru.poll(NOW)
    assert receipts(ru, step, notice) == 1
    assert EventCode.SEALED in [event.code for event in step.events]
    site.journal.no_snapshots = False
    step = state(ru, made.centres["RU"], Acknowledgement(subject=notice), NOW)
    ru.poll(NOW)
    saved = site.journal.load_snapshot()
    assert saved is not None
    assert saved[0] == site.length()
    assert canonical(state_of(site.open())) == canonical(state_of(ru))


# Keys that change, keys that fail ---------------------------------------------------------------------


def rotated(made: Template, site: Site) -> tuple[Draft, tuple[SigningKey, ...]]:
    """US has a notice reserved and unsealed when a mandate names another system; also its new keys."""
    us, centre = site.open(), made.centres["US"]
    us.poll(NOW)
    site.signer.unwilling = NEVER
    draft = sign(us, centre, launch(), NOW, OFFICERS)
    us.submit(draft, NOW)
    site.signer.unwilling = 0
    keys = make_centre("US", salt="new").keys["system"]
    identities = [one for one in centre.identities() if one.role is not Role.SYSTEM]
    identities.append(Identity(label="system-2", role=Role.SYSTEM, keys=tuple(key.key for key in keys)))
    us.receive(make_mandate(made.channel, centre, mandate_of(us), identities=identities), NOW)
    assert us.health(NOW).mandates["US"] == 2
    return draft, keys


@pytest.mark.requirement("R-SIGN-9")
@pytest.mark.parametrize("order", [1, -1])
def test_a_reservation_from_before_a_rotation_is_sealed_by_whoever_has_the_old_key_too(
    made: Template, order: int
) -> None:
    """A position is never given up: without this the stream would stand still for ever."""
    site = Site(made, "US")
    draft, keys = rotated(made, site)
    both: list[Signer] = [*keys, site.signer]
    us = site.open(now=NOW + 1, system=both[::order])
    sends = from_now_on(us, NOW + 1, 10)
    assert us.health(NOW + 1).unsealed == 0
    ru = made.open("RU")
    for send in sends:
        if send.to == "RU":
            assert ru.receive(send.data, NOW + 1).refusal is None
    assert ru.exchange(draft.id).seq == 1
    step = state(us, made.centres["US"], launch(launch_count=2), NOW + 2, OFFICERS)
    assert ru.receive(step.sends[-1].data, NOW + 2).refusal is None
    lines = [line.kid for line in parse(step.sends[-1].data)._payload.manifest]
    assert keys[0].key.kid in lines
    assert site.signer.key.kid not in lines


def test_a_reservation_that_only_the_old_key_can_seal_does_not_make_the_host_spin(made: Template) -> None:
    site = Site(made, "US")
    draft, keys = rotated(made, site)
    us = site.open(now=NOW + 1, system=keys)
    polls, now = 0, NOW + 1
    while us.next_deadline is not None and (now := max(now, us.next_deadline)) < NOW + 3_600:
        us.poll(now)
        polls += 1
    assert polls < 20  # mandates are repeated, and that is all
    assert us.health(NOW + 1).unsealed == 1
    needs = [(need.need, need.subject) for need in us.attention(NOW + 1)]
    assert (Need.SYSTEM_SIGNATURE, draft.id) in needs
    assert (EventCode.SEALED, draft.id) not in [(event.code, event.subject) for event in us.events(0)]


class BrokenSigner:
    """A hardware module that answers each question with a wrong signature until it is mended."""

    def __init__(self, inner: SigningKey, instead: SigningKey | None) -> None:
        self.inner, self.instead, self.asked, self.mended = inner, instead, 0, False

    @property
    def key(self) -> PublicKey:
        return self.inner.key

    @property
    def exercise(self) -> bool:
        return self.inner.exercise

    def sign(self, tbs: bytes) -> bytes | None:
        self.asked += 1
        if self.mended:
            return self.inner.sign(tbs)
        return bytes(64) if self.instead is None else self.instead.sign(tbs)


@pytest.mark.requirement("R-SIGN-11")
@pytest.mark.parametrize("instead", ["zeros", "another key"])
def test_a_wrong_signature_seals_nothing_and_the_signer_is_asked_again_later(
    made: Template, instead: str
) -> None:
    """What is sealed is never signed again: sealed with a wrong signature, its position would be lost."""
    site, keys = Site(made, "US"), made.centres["US"].keys
    signer = BrokenSigner(keys["system"][0], keys["officer-3"][0] if instead == "another key" else None)
    us = site.open(system=[signer])
    us.poll(NOW)
    draft = sign(us, made.centres["US"], launch(), NOW, OFFICERS)
    assert to_ru(us.submit(draft, NOW).sends, draft.id) == 0
    us.receive(made.forger("RU").notice().data, NOW)
    us.poll(NOW)
    assert us.next_deadline == NOW + SIGN_RETRY
    asked = signer.asked
    assert us.poll(NOW + SIGN_RETRY - 1).sends == ()
    assert signer.asked == asked
    assert us.poll(NOW + SIGN_RETRY).sends == ()
    assert signer.asked == asked + 3  # the notice, and receipts for RU's mandate and notice
    assert not any(isinstance(kept.entry, Sealed) for kept in us._ledger.read(0))
    signer.mended = True
    sends = us.poll(NOW + 2 * SIGN_RETRY).sends
    assert to_ru(sends, draft.id) == 1
    ru = made.open("RU")
    assert [ru.receive(send.data, NOW).refusal for send in sends if to_ru((send,), draft.id)] == [None]
    assert us.health(NOW).unsealed == 0


def test_a_party_that_owes_nothing_is_told_although_the_seals_outcome_was_unknown(
    owing_nothing: Template,
) -> None:
    """The process lives on: it learns from the journal that the notice is sealed."""
    _, us, draft = sealed_unknowingly(owing_nothing)
    assert us.next_deadline == NOW
    assert to_ru(from_now_on(us, NOW), draft.id) == 1
