"""One signal is lost on the way: whatever it is and whenever it was made, it arrives in the end (P4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchnotice import Endpoint, Send
from launchnotice.core.entries import Listed
from launchnotice.engine.sync import Syncs
from launchnotice.registry import DisseminatedTo, Kind, Need, Owed, RejectionCode
from launchnotice.wire.bounds import MAX_SYNC_ITEMS, RETRY_FIRST, SYNC_FIRST
from launchnotice.wire.message import parse, recall
from launchnotice.wire.notices import Cancellation
from launchnotice.wire.record import Record
from launchnotice.wire.signals import Acknowledgement, Dissemination, Rejection, Sync
from tests.spec.requirements.test_kinds import NOTICES, Sides, body_of, kind_of, kinds, least, sides
from tests.support import NOW, launch, make_centre, state
from tests.support.centres import Centre
from tests.support.dump import canonical, refolded, state_of
from tests.support.template import Template, template

ANSWERS = (Kind.ACKNOWLEDGEMENT, Kind.DISSEMINATION, Kind.REJECTION)
SIGNALS = (Kind.RECEIPT, *ANSWERS)
DAY = 86_400


def said(kind: Kind, subject: bytes) -> Record:
    """A statement of RU's officers about a notice."""
    return {
        Kind.ACKNOWLEDGEMENT: Acknowledgement(subject=subject),
        Kind.DISSEMINATION: Dissemination(subject=subject, to=DisseminatedTo.EARLY_WARNING),
        Kind.REJECTION: Rejection(subject=subject, code=RejectionCode.OTHER),
    }[kind]


class Link:
    """Carries everything between two endpoints at once, but for one message.

    Attributes:
        lose: kind of the signal of which one copy is lost. `after`: how many copies arrive before that.
        sent: kinds of all that was carried or lost, oldest first.
    """

    def __init__(self, ends: Sequence[Endpoint], lose: int = -1, after: int = 0) -> None:
        self.ends = {end.party: end for end in ends}
        self.lose, self.after, self.sent = lose, after, [0]

    def carry(self, now: int, sends: Sequence[Send] = ()) -> None:
        """Deliver, and poll, until nothing more is said at that time."""
        waiting = list(sends)
        for _ in range(60):
            waiting += [send for end in self.ends.values() for send in end.poll(now).sends]
            if not waiting:
                return
            delivered, waiting = waiting, []
            for send in delivered:
                if not self._lost(kind_of(send.data)) and send.to in self.ends:
                    waiting += self.ends[send.to].receive(send.data, now).sends
        raise AssertionError("the endpoints do not come to rest")

    def rest(self, now: int) -> int:
        """Poll when something is due until nothing is; the time at which that is so."""
        for _ in range(200):
            due = [end.next_deadline for end in self.ends.values()]
            if due == [None] * len(due):
                return now
            now = max(now, min(at for at in due if at is not None))
            self.carry(now)
        raise AssertionError("something is due for ever")

    def _lost(self, kind: int) -> bool:
        self.sent.append(kind)
        if kind == self.lose:
            self.after -= 1
        return kind == self.lose and self.after == -1


def agree(us: Endpoint, ru: Endpoint, notice: bytes) -> set[int]:
    """Both sides hold the same signals about a notice of US; their kinds."""
    heard = {signal.id: signal.kind for signal in us.exchange(notice).signals}
    told = {signal.id: signal.kind for signal in ru.exchange(notice).signals}
    assert heard == told
    for end in (us, ru):
        assert (
            notice not in state_of(end).exchanges or us.exchange(notice).deliveries["RU"].name == "REJECTED"
        )
        assert canonical(refolded(end)) == canonical(state_of(end))
    return set(heard.values())


# Every kind of notice, every kind of signal ----------------------------------------------------


@pytest.fixture(scope="module")
def made() -> Template:
    return template()


@pytest.mark.requirement("R-RETRY-1")
@pytest.mark.requirement("R-OFFER-1")
@pytest.mark.requirement("R-OFFER-2")
@pytest.mark.requirement("R-OFFER-3")
@kinds(NOTICES)
@pytest.mark.parametrize("lose", SIGNALS, ids=lambda kind: kind.name.lower())
def test_one_lost_signal_arrives_in_the_end(kind: Kind, lose: Kind) -> None:
    s: Sides = sides()
    link = Link([s.us, s.ru], lose)
    sends = state(s.us, s.w.us, body_of(kind, s.ids), NOW + 10, least(kind)).sends
    notice = next(parse(send.data).id for send in sends if kind_of(send.data) == kind)
    link.carry(NOW + 10, sends)
    for at, answer in enumerate(ANSWERS):
        link.carry(NOW + 20 + at, state(s.ru, s.w.ru, said(answer, notice), NOW + 20 + at).sends)
    assert lose in link.sent
    acknowledge_all(link, {"US": s.w.us, "RU": s.w.ru}, NOW + 30)
    link.rest(NOW + 30)
    assert agree(s.us, s.ru, notice) == set(SIGNALS)


# Every time, in every order, by whatever is owed ---------------------------------------------

_TIMES = st.sampled_from([0, 1, RETRY_FIRST, 900, 7_200, 30_000, 4 * DAY, 30 * DAY])


@pytest.mark.requirement("R-RETRY-1")
@pytest.mark.requirement("R-RETRY-4")
@pytest.mark.requirement("R-OFFER-1")
@pytest.mark.requirement("R-OFFER-2")
@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(list(Owed)),
    st.lists(st.tuples(st.sampled_from(ANSWERS), _TIMES), max_size=3, unique_by=lambda said: said[0]),
    st.sampled_from(SIGNALS),
    st.integers(0, 3),
    st.one_of(st.none(), st.integers(0, 3)),
    st.sampled_from([0, 1, 2]),
)
def test_one_lost_signal_arrives_at_any_time(
    owing: dict[Owed, Template],
    owes: Owed,
    answers: list[tuple[Kind, int]],
    lose: Kind,
    after: int,
    over: int | None,
    restarts: int,
) -> None:
    """Officers answer at any time, also after the launch is cancelled or has lapsed; nodes restart."""
    found = owing[owes]
    us, ru, now = found.open("US"), found.open("RU"), NOW
    link = Link([us, ru], lose, after)
    officers = ("officer-1", "officer-2")
    sends = state(us, found.centres["US"], launch(), now, officers).sends
    notice = next(parse(send.data).id for send in sends if kind_of(send.data) == Kind.LAUNCH)
    link.carry(now, sends)
    for number, (answer, wait) in enumerate(answers):
        for at in _due(link, now, now + wait):
            link.carry(at)
        now += wait
        if over == number:
            cancelled = state(us, found.centres["US"], Cancellation(launch=notice), now, officers)
            link.carry(now, cancelled.sends)
        link.carry(now, state(ru, found.centres["RU"], said(answer, notice), now).sends)
        if restarts > number:
            us, ru = (_again(found, end, now) for end in (us, ru))
            link.ends = {"US": us, "RU": ru}
    acknowledge_all(link, found.centres, now)
    link.rest(now)
    assert agree(us, ru, notice) >= {Kind.RECEIPT, *(answer for answer, _ in answers)}


@pytest.fixture(scope="module")
def owing() -> dict[Owed, Template]:
    """A template for each thing that RU may owe."""
    us, ru = make_centre("US"), make_centre("RU")
    return {owed: template(parties=(ru.party(owes=owed), us.party())) for owed in Owed}


def _due(link: Link, now: int, until: int) -> list[int]:
    """Some of the times at which somebody has something to do before a time."""
    found = []
    for _ in range(60):
        due = [at for at in (end.next_deadline for end in link.ends.values()) if at is not None]
        if not due or min(due) >= until:
            break
        now = max(now, min(due))
        link.carry(now)
        found.append(now)
    return found


def _again(found: Template, end: Endpoint, now: int) -> Endpoint:
    """The same party after a restart."""
    ledger, keys = end._ledger, found.centres[end.party].keys["system"]
    return Endpoint.open(found.channel, end.party, ledger._journal, now, anchor=ledger._anchor, system=keys)


def acknowledge_all(link: Link, centres: Mapping[str, Centre], now: int) -> None:
    """The officers of both sides do what attention asks of them."""
    for code, end in link.ends.items():
        for need in end.attention(now):
            if need.need is Need.ACKNOWLEDGE:
                body = Acknowledgement(subject=need.subject)
                link.carry(now, state(end, centres[code], body, now).sends)


# What is listed, and for whom ------------------------------------------------------------------


@pytest.mark.requirement("R-OFFER-2")
@pytest.mark.requirement("R-SYNC-11")
def test_a_signal_that_nobody_asks_for_is_listed_each_time_it_comes(
    made: Template,
) -> None:
    us, ru, notice = _settled(made)
    late = state(ru, made.centres["RU"], said(Kind.DISSEMINATION, notice), NOW + 9).sends
    assert us.receive(late[0].data, NOW + 9).sends == ()
    assert us.next_deadline == NOW + 9
    (sync,) = us.poll(NOW + 9).sends
    listed = recall(sync.data).body
    assert isinstance(listed, Sync)
    assert (sync.to, listed.signals) == ("RU", (parse(late[0].data).id,))
    # Whoever replays it draws one signature in SYNC_FIRST seconds.
    us.receive(late[0].data, NOW + 10)
    assert us.next_deadline == NOW + 9 + SYNC_FIRST
    assert us.poll(NOW + 10).sends == ()
    assert len(us.poll(NOW + 9 + SYNC_FIRST).sends) == 1
    assert us.next_deadline is None


@pytest.mark.requirement("R-OFFER-1")
def test_an_offer_goes_on_with_back_off_until_it_is_listed(made: Template) -> None:
    us, ru, notice = _settled(made)
    (late,) = state(ru, made.centres["RU"], said(Kind.REJECTION, notice), NOW + 9).sends
    times, now = [], NOW + 9
    for _ in range(9):
        assert ru.next_deadline is not None
        now = ru.next_deadline
        # An acknowledgement and a rejection: either ends the repetition, so both are offered.
        assert late in ru.poll(now).sends
        times.append(now)
    waits = [after - before for before, after in zip([NOW + 9, *times], times, strict=False)]
    assert waits == [min(RETRY_FIRST << n, 3_600) for n in range(9)]
    ru = _again(made, ru, now)
    assert late in ru.poll(now).sends
    for send in ru.poll(now).sends or [late]:
        us.receive(send.data, now)
    Link([us, ru]).rest(now)
    assert agree(us, ru, notice) == {Kind.RECEIPT, Kind.ACKNOWLEDGEMENT, Kind.REJECTION}


@pytest.mark.requirement("R-OFFER-3")
def test_a_listing_counts_for_ones_own_signals_to_its_sender_alone() -> None:
    made = template("CN", "RU", "US")
    us, ru, notice = _settled(made)
    (late,) = state(ru, made.centres["RU"], said(Kind.DISSEMINATION, notice), NOW + 9).sends
    for code, ids in [("CN", [parse(late.data).id]), ("US", [notice, bytes(32)])]:
        told = made.forger(code).signal(Kind.SYNC, Sync(heads=(), mandates=(), signals=tuple(ids)), "RU")
        before = ru.health(NOW).position
        assert ru.receive(told.data, NOW + 9).refusal is None
        assert ru.health(NOW).position == before
    us.receive(late.data, NOW + 9)
    ends = [us, ru, made.open("CN")]
    Link(ends).carry(NOW + SYNC_FIRST)
    listed = [kept.entry for kept in ru._ledger.read(0) if isinstance(kept.entry, Listed)]
    assert [(one.subject, one.party) for one in listed] == [(notice, "US")]


@pytest.mark.requirement("R-OFFER-2")
def test_many_signals_are_listed_a_bounded_number_at_a_time(made: Template) -> None:
    us, syncs = made.open("US"), Syncs()
    for number in range(MAX_SYNC_ITEMS + 5):
        syncs.arrived("RU", bytes([number]) * 32)
    ((to, body),) = syncs.due(state_of(us), NOW)
    assert (to, len(body.signals)) == ("RU", MAX_SYNC_ITEMS)
    assert syncs.next(state_of(us), NOW) is None


def _settled(made: Template) -> tuple[Endpoint, Endpoint, bytes]:
    """US and RU after a launch notification that RU has acknowledged."""
    us, ru = made.open("US"), made.open("RU")
    link = Link([us, ru])
    sends = state(us, made.centres["US"], launch(), NOW, ("officer-1", "officer-2")).sends
    notice = next(parse(send.data).id for send in sends if kind_of(send.data) == Kind.LAUNCH)
    link.carry(NOW, sends)
    link.carry(NOW + 5, state(ru, made.centres["RU"], said(Kind.ACKNOWLEDGEMENT, notice), NOW + 5).sends)
    return us, ru, notice
