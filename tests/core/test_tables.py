"""The tables as total functions, and streams against an independent model."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchnotice.core import stream as stream_module
from launchnotice.core.entries import EpochKey
from launchnotice.core.exchange import Exchange, Stated
from launchnotice.core.stream import Crowd, Stream
from launchnotice.core.tables import DELIVERY, LAUNCH, OVERDUE_AT, STREAM, Case, Delivery, Outcome
from launchnotice.registry import FindingCode, Kind, LaunchPhase, Place

FACTS = (Kind.RECEIPT, Kind.ACKNOWLEDGEMENT, Kind.DISSEMINATION, Kind.REJECTION)
LEVEL = {Kind.RECEIPT: 1, Kind.ACKNOWLEDGEMENT: 2, Kind.DISSEMINATION: 1, Kind.REJECTION: 3}


# Launches ----------------------------------------------------------------------------------

STEPS = {
    Kind.AMENDMENT: 0,
    Kind.WINDOW_EXTENSION: 0,
    Kind.CANCELLATION: 1,
    Kind.LAUNCH_REPORT: 2,
    Kind.RETRACTION: 3,
}


@pytest.mark.requirement("R-PHASE-1")
def test_the_launch_table_is_a_chain() -> None:
    phases = list(LaunchPhase)
    assert set(LAUNCH) == set(itertools.product(phases, STEPS))
    for (phase, kind), after in LAUNCH.items():
        assert phases.index(after) == max(phases.index(phase), STEPS[kind])


# Delivery ----------------------------------------------------------------------------------


@pytest.mark.requirement("R-DELIV-1")
@pytest.mark.parametrize("state", list(Delivery))
@pytest.mark.parametrize("fact", FACTS)
def test_every_fact_in_every_state_moves_a_delivery_up_or_leaves_it(state: Delivery, fact: Kind) -> None:
    assert DELIVERY[state, fact] == max(state, LEVEL[fact])


def test_the_delivery_table_has_no_other_row() -> None:
    assert set(DELIVERY) == set(itertools.product(Delivery, FACTS))
    assert OVERDUE_AT == (1, 2, 4)


@pytest.mark.requirement("R-DELIV-1")
@given(st.lists(st.sampled_from(FACTS), max_size=8), st.randoms())
def test_any_order_and_repetition_of_facts_ends_the_same(facts: list[Kind], random: Random) -> None:
    shuffled = [*facts, *facts]
    random.shuffle(shuffled)
    assert _end(shuffled) == _end(facts) == max((_end([fact]) for fact in facts), default=Delivery.PENDING)


@given(st.permutations([("RU", Kind.RECEIPT), ("RU", Kind.REJECTION), ("CN", Kind.ACKNOWLEDGEMENT)]))
def test_a_delivery_hears_the_facts_of_its_own_party_alone(order: list[tuple[str, Kind]]) -> None:
    exchange = Exchange(b"n" * 32, "US", Kind.LAUNCH, (1, b"e" * 16), 1, own=True)
    for party, kind in order:
        exchange.facts[party, kind] = Stated(party, b"s" * 32, 0, kind, 1, b"e" * 16, [], b"data")
    assert exchange.delivery("RU") is Delivery.REJECTED
    assert exchange.delivery("CN") is Delivery.ACKNOWLEDGED
    assert exchange.delivery("FR") is Delivery.PENDING


def _end(facts: list[Kind]) -> Delivery:
    state = Delivery.PENDING
    for fact in facts:
        state = DELIVERY[state, fact]
    return state


# Cases of a stream -------------------------------------------------------------------------


def test_every_case_has_a_row_and_nothing_else_has() -> None:
    assert set(STREAM) == set(Case)


@pytest.mark.requirement("R-STREAM-4")
def test_only_known_flooded_and_a_first_misfit_are_not_shown() -> None:
    """Nothing authentic is swallowed (P7)."""
    hidden = {case for case, row in STREAM.items() if row.outcome not in _SHOWN}
    assert hidden == {Case.KNOWN, Case.AHEAD_FLOODED, Case.FIRST_MISFIT}


_SHOWN = {Outcome.KEEP, Outcome.NOTE, Outcome.FORK}

ROWS = {
    Case.NEXT: (Outcome.KEEP, Place.ACCEPTED, None),
    Case.FIRST_MISFIT: (Outcome.REFUSE, None, None),
    Case.MISFIT: (Outcome.FORK, Place.DISPUTED, FindingCode.DISPUTED),
    Case.AHEAD: (Outcome.KEEP, Place.HELD, FindingCode.CHAIN_GAP),
    Case.AHEAD_FULL: (Outcome.NOTE, None, None),
    Case.AHEAD_FLOODED: (Outcome.IGNORE, None, None),
    Case.CONTRADICTION: (Outcome.FORK, Place.DISPUTED, FindingCode.DISPUTED),
    Case.KNOWN: (Outcome.REPEAT, None, None),
    Case.DISPUTED: (Outcome.KEEP, Place.DISPUTED, FindingCode.DISPUTED),
    Case.ENDED: (Outcome.KEEP, Place.DISPUTED, FindingCode.DISOWNED),
    Case.KEPT_FULL: (Outcome.NOTE, None, None),
    Case.CROWDED: (Outcome.NOTE, None, None),
}


@pytest.mark.requirement("R-STREAM-3")
@pytest.mark.parametrize("case", list(Case))
def test_each_row_says_what_the_design_says(case: Case) -> None:
    assert tuple(STREAM[case]) == ROWS[case]


GENESIS, ONE, TWO, OTHER = b"g" * 32, b"1" * 32, b"2" * 32, b"x" * 32


def _fresh() -> Stream:
    return Stream((1, b"e" * 16), GENESIS)


def _after_one() -> Stream:
    stream = _fresh()
    stream.seq, stream.head = 1, ONE
    return stream


def _holding() -> Stream:
    stream = _after_one()
    stream.held[3] = stream_module.Held(b"3" * 32, TWO, 1)
    return stream


def _noting() -> Stream:
    return _holding()


def _disputed() -> Stream:
    stream = _after_one()
    stream.disputed = 1
    return stream


REACHED = [
    (Case.NEXT, _fresh, 1, GENESIS, ONE, False),
    (Case.FIRST_MISFIT, _fresh, 1, OTHER, ONE, False),
    (Case.NEXT, _after_one, 2, ONE, TWO, False),
    (Case.MISFIT, _after_one, 2, OTHER, TWO, False),
    (Case.AHEAD, _after_one, 3, TWO, b"3" * 32, False),
    (Case.AHEAD, _fresh, 2**53 - 1, TWO, OTHER, False),
    (Case.KNOWN, _after_one, 1, GENESIS, ONE, True),
    (Case.CONTRADICTION, _after_one, 1, GENESIS, OTHER, False),
    (Case.KNOWN, _holding, 3, TWO, b"3" * 32, True),
    (Case.CONTRADICTION, _holding, 3, TWO, OTHER, False),
    (Case.KNOWN, _noting, 9, TWO, b"9" * 32, True),
    (Case.DISPUTED, _disputed, 2, ONE, TWO, False),
    (Case.DISPUTED, _disputed, 1, GENESIS, OTHER, False),
    (Case.KNOWN, _disputed, 1, GENESIS, ONE, True),
]


@pytest.mark.requirement("R-STREAM-3")
@pytest.mark.parametrize(("case", "make", "seq", "prev", "notice", "known"), REACHED)
def test_each_case_is_found(
    case: Case, make: Callable[[], Stream], seq: int, prev: bytes, notice: bytes, known: object
) -> None:
    stream = make()
    noted = {b"9" * 32: stream.epoch} if make is _noting else {}
    assert stream.compare(seq, prev, notice, lambda: bool(known), Crowd([stream], noted)) is case


@pytest.mark.requirement("R-STREAM-6")
def test_the_bounds_of_what_is_held_noted_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "MAX_HELD", 1)
    monkeypatch.setattr(stream_module, "MAX_NOTED", 1)
    fresh, holding, disputed = _fresh(), _holding(), _disputed()
    noted: dict[bytes, EpochKey] = {}
    # The bounds are about all epochs of a party together.
    crowd = Crowd([fresh, holding, disputed], noted)

    def case(stream: Stream, seq: int, notice: bytes = OTHER) -> Case:
        return stream.compare(seq, ONE, notice, lambda: False, crowd)

    assert (case(holding, 4), case(fresh, 4)) == (Case.AHEAD_FULL, Case.AHEAD_FULL)
    assert case(disputed, 4) is Case.DISPUTED
    disputed.kept = {ONE: 4}
    assert case(disputed, 4) is Case.KEPT_FULL
    noted[TWO] = holding.epoch
    assert [case(one, 4) for one in (fresh, holding, disputed)] == [Case.AHEAD_FLOODED] * 3
    assert case(holding, 2, TWO) is Case.NEXT
    fresh.ended = 0
    assert case(fresh, 1) is Case.ENDED
    disputed.ended = 2
    assert case(fresh, 1) is Case.AHEAD_FLOODED
    disputed.kept.clear()
    assert case(disputed, 3) is Case.ENDED
    assert crowd.further(Case.CROWDED) is Case.AHEAD_FLOODED
    noted.clear()
    assert crowd.further(Case.CROWDED) is Case.CROWDED
    reached = {case for case, *_ in REACHED} | {
        Case.ENDED,
        Case.AHEAD_FULL,
        Case.AHEAD_FLOODED,
        Case.KEPT_FULL,
        Case.CROWDED,
    }
    assert reached == set(Case)


def test_comparing_changes_nothing() -> None:
    for make in (_fresh, _after_one, _holding, _noting, _disputed):
        stream = make()
        before = [(name, repr(getattr(stream, name))) for name in Stream.__slots__]
        for seq, prev in itertools.product(range(1, 5), (GENESIS, ONE, TWO)):
            stream.compare(seq, prev, OTHER, lambda: False, Crowd([stream], {}))
        assert before == [(name, repr(getattr(stream, name))) for name in Stream.__slots__]


@pytest.mark.parametrize(
    ("held", "disputed", "gap"),
    [
        ([], None, None),
        ([3], None, (2, 2)),
        ([9, 5], None, (2, 4)),
        ([5], 5, (2, 4)),
        ([], 4, (2, 3)),
        ([], 2, None),
        ([5], 1, None),
        ([3, 7], 6, (2, 2)),
    ],
)
def test_the_gap_is_what_is_missing_below_a_held_or_a_disputed_position(
    held: list[int], disputed: int | None, gap: tuple[int, int] | None
) -> None:
    """A dispute further up does not stop the repair of what is missing below it (P4)."""
    stream = _after_one()
    stream.held = {seq: stream_module.Held(bytes([seq]) * 32, ONE, 1) for seq in held}
    stream.disputed = disputed
    assert stream.gap() == gap
