"""Whole streams: any order, repetition and fork, against a small model of the design's table."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchnotice import Endpoint, Step
from launchnotice.core.stream import Stream
from launchnotice.registry import EventCode, FindingCode, Place, Refusal
from tests.support import NOW, launch
from tests.support.dump import canonical, refolded, snapshot, state_of
from tests.support.forge import EPOCH, Forged, Forger, chain
from tests.support.template import Template, template

LENGTH = 8


class Model:
    """The table of the design, section 6, for one epoch; it knows ids and numbers alone."""

    def __init__(self, genesis: bytes) -> None:
        self.chain = [genesis]
        self.held: dict[int, tuple[bytes, bytes]] = {}
        self.disputed: int | None = None
        self.places: dict[bytes, Place] = {}

    def take(self, seq: int, prev: bytes, notice: bytes) -> str:
        """What becomes of a notice: a place, ``repeated`` or ``refused``."""
        if notice in self.places:
            return "repeated"
        place = self._place(seq, prev, notice)
        if place is None:
            return "refused"
        self.places[notice] = place
        self._drain()
        return place.name.lower()

    def _place(self, seq: int, prev: bytes, notice: bytes) -> Place | None:
        expect = len(self.chain)
        if self.disputed is not None and seq >= self.disputed:
            return Place.DISPUTED
        if seq < expect or (seq > expect and seq in self.held):
            return self._fork(seq)
        if seq > expect:
            self.held[seq] = (notice, prev)
            return Place.HELD
        if prev == self.chain[-1]:
            self.chain.append(notice)
            return Place.ACCEPTED
        return self._fork(seq - 1) if seq > 1 else None

    def _fork(self, seq: int) -> Place:
        self.disputed = seq if self.disputed is None else min(seq, self.disputed)
        return Place.DISPUTED

    def _drain(self) -> None:
        while (seq := len(self.chain)) in self.held and (self.disputed is None or seq < self.disputed):
            notice, prev = self.held[seq]
            if prev != self.chain[-1]:
                self._fork(seq - 1)
                return
            del self.held[seq]
            self.chain.append(notice)
            self.places[notice] = Place.ACCEPTED


@pytest.fixture(scope="module")
def made() -> Template:
    return template()


@pytest.fixture(scope="module")
def pool(made: Template) -> list[Forged]:
    """A chain of eight, branches from several of its positions, and notices that fit nowhere."""
    forger = made.forger("US")
    main = chain(forger, LENGTH)
    found = [*main]
    for start in (1, 2, 5, 8):
        found += _branch(forger, main, start)
    found.append(forger.notice(1, b"\x01" * 32))
    found.append(forger.notice(3, b"\x02" * 32))
    found.append(forger.notice(7, b"\x03" * 32))
    return found


def _branch(forger: Forger, main: Sequence[Forged], start: int) -> list[Forged]:
    """Another history from that position on."""
    found: list[Forged] = []
    prev = main[start - 2].id if start > 1 else forger.genesis()
    for seq in range(start, min(start + 3, LENGTH + 1)):
        found.append(forger.notice(seq, prev, k4=NOW + start))
        prev = found[-1].id
    return found


def _outcome(step: Step, endpoint: Endpoint, notice: Forged) -> str:
    if step.refusal is not None:
        assert step.refusal.code is Refusal.BAD_EPOCH_PREV
        assert step.events == ()
        return "refused"
    if not step.events:
        return "repeated"
    shown = [event for event in step.events if event.code is EventCode.NOTICE]
    assert [event.subject for event in shown] == [notice.id]
    codes = {finding.code for finding in shown[0].findings}
    if FindingCode.DISPUTED in codes:
        assert FindingCode.CHAIN_GAP not in codes
        return "disputed"
    return "held" if FindingCode.CHAIN_GAP in codes else "accepted"


def _stream(endpoint: Endpoint) -> Stream:
    return state_of(endpoint).stream("US", EPOCH)


@pytest.mark.requirement("R-STREAM-3")
@settings(max_examples=150, deadline=None)
@given(st.data())
def test_streams_do_what_the_model_does(made: Template, pool: list[Forged], data: st.DataObject) -> None:
    order = data.draw(st.lists(st.integers(0, len(pool) - 1), max_size=40))
    endpoint, model = made.open("RU"), Model(made.forger("US").genesis())
    for index in order:
        notice = pool[index]
        expected = model.take(notice.raw[9], notice.raw[10], notice.id)
        before = snapshot(endpoint)
        step = endpoint.receive(notice.data, NOW)
        assert _outcome(step, endpoint, notice) == expected
        if expected in {"refused", "repeated"}:
            assert snapshot(endpoint) == before
        stream = _stream(endpoint)
        assert (stream.seq, stream.head) == (len(model.chain) - 1, model.chain[-1])
        assert {seq: tuple(held)[:2] for seq, held in stream.held.items()} == model.held
        assert stream.disputed == model.disputed
        assert endpoint.health(NOW).disputed == (["US"] if model.disputed is not None else [])
    for notice_id, place in model.places.items():
        assert endpoint.exchange(notice_id).place is place
    assert canonical(refolded(endpoint)) == canonical(state_of(endpoint))


@pytest.mark.requirement("R-STREAM-5")
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_order_of_a_chain_ends_the_same(made: Template, pool: list[Forged], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(LENGTH)))
    endpoint = made.open("RU")
    for index in [*order, *order]:
        assert endpoint.receive(pool[index].data, NOW).refusal is None
    stream = _stream(endpoint)
    assert (stream.seq, stream.head) == (LENGTH, pool[LENGTH - 1].id)
    assert (stream.held, stream.disputed, stream.gap()) == ({}, None, None)
    assert all(endpoint.exchange(pool[index].id).place is Place.ACCEPTED for index in order)


@pytest.mark.requirement("R-FORK-1")
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_order_of_two_histories_disputes_the_same_position(
    made: Template, pool: list[Forged], data: st.DataObject
) -> None:
    """Whichever branch comes first: what lies below the fork is in order, the rest is disputed."""
    both = pool[: LENGTH + 3] if data.draw(st.booleans()) else pool[:LENGTH] + pool[LENGTH + 3 : LENGTH + 6]
    split = both[-3].raw[9]
    endpoint = made.open("RU")
    for index in data.draw(st.permutations(range(len(both)))):
        step = endpoint.receive(both[index].data, NOW)
        assert step.refusal is None
        assert both[index].id in {event.subject for event in step.events}
    stream = _stream(endpoint)
    assert stream.disputed == split
    assert stream.seq >= split - 1
    for notice in both:
        view = endpoint.exchange(notice.id)
        assert view.disputed == (notice.raw[9] >= split)
        assert view.disputed or view.place is Place.ACCEPTED


@pytest.mark.requirement("R-STREAM-5")
def test_what_is_held_beyond_a_fork_does_not_join_the_chain(made: Template, pool: list[Forged]) -> None:
    """A fork found above a gap: closing the gap later must not carry the chain through the fork."""
    endpoint = made.open("RU")
    branch = _branch(made.forger("US"), pool, 5)
    for notice in (pool[0], pool[4], branch[0]):
        endpoint.receive(notice.data, NOW)
    assert _stream(endpoint).disputed == 5
    assert endpoint.health(NOW).gaps == ["US"]
    for notice in (pool[2], pool[3], pool[1]):
        endpoint.receive(notice.data, NOW)
    assert _stream(endpoint).seq == 4
    assert endpoint.health(NOW).gaps == []
    assert endpoint.exchange(pool[4].id).disputed


@pytest.mark.requirement("R-STREAM-5")
def test_where_two_stories_were_told_a_third_one_does_not_join(made: Template, pool: list[Forged]) -> None:
    """Also one that fits: its sender may have told as many as it likes."""
    endpoint, forger = made.open("RU"), made.forger("US")
    told = [forger.notice(3, pool[1].id, body=launch(launch_count=count)) for count in (10, 11, 12)]
    for notice in (*told[:2], *pool[:2]):
        endpoint.receive(notice.data, NOW)
    assert (_stream(endpoint).seq, _stream(endpoint).disputed) == (2, 3)
    step = endpoint.receive(told[2].data, NOW)
    assert _outcome(step, endpoint, told[2]) == "disputed"
    assert [event.code for event in step.events] == [EventCode.NOTICE]
    assert _stream(endpoint).seq == 2


@pytest.mark.requirement("R-EPOCH-4")
def test_epochs_are_streams_of_their_own(made: Template) -> None:
    """The same number under other random bytes is another epoch; none forks another."""
    endpoint, forger = made.open("RU"), made.forger("US")
    epochs = [(1, b"a" * 16), (1, b"b" * 16), (2, b"a" * 16)]
    made_by_epoch = {epoch: chain(forger, 3, epoch=epoch) for epoch in epochs}
    for seq in (2, 0, 1):
        for epoch in epochs:
            step = endpoint.receive(made_by_epoch[epoch][seq].data, NOW)
            assert step.refusal is None
            codes = {finding.code for event in step.events for finding in event.findings}
            assert (FindingCode.UNCONFIRMED_EPOCH in codes) == (epoch != epochs[0])
    for epoch in epochs:
        stream = state_of(endpoint).streams["US"][epoch]
        assert (stream.seq, stream.head) == (3, made_by_epoch[epoch][2].id)
    assert endpoint.health(NOW).disputed == []


def test_a_notice_of_another_epoch_does_not_follow(made: Template, pool: list[Forged]) -> None:
    endpoint, forger = made.open("RU"), made.forger("US")
    endpoint.receive(pool[0].data, NOW)
    step = endpoint.receive(forger.notice(1, pool[0].id, epoch=(2, b"a" * 16)).data, NOW)
    assert step.refusal is not None
    assert step.refusal.code is Refusal.BAD_EPOCH_PREV
