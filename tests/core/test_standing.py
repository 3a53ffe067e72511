"""A mandate and the notices of the epoch that it ends: in whatever order they arrive, they end the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchnotice import Endpoint
from launchnotice.core import launches
from launchnotice.core import snapshot as snapshots
from launchnotice.core.stream import Stream
from launchnotice.pact.mandate import UnverifiedMandate
from launchnotice.registry import ContentType, EventCode, FindingCode, MandateReason, Place
from launchnotice.wire import cose
from launchnotice.wire.bounds import MAX_MANDATE, MAX_SYNC_ITEMS
from launchnotice.wire.message import recall
from launchnotice.wire.signals import Sync
from tests.attacks.hands import Renewed, stands_at
from tests.attacks.hands import first as first_of
from tests.support import NOW, launch, make_mandate
from tests.support.dump import canonical, refolded, state_of
from tests.support.forge import EPOCH, Forged, Forger, chain
from tests.support.template import Template, template

LENGTH = 4
REASONS = (MandateReason.COMPROMISE, MandateReason.FORK)


class Story(NamedTuple):
    """What officers said, and what a thief said in the same epoch."""

    honest: list[Forged]
    stolen: list[Forged]
    made: Template

    def mandate(self, reason: MandateReason, last: int) -> Renewed:
        """The mandate that says up to which notice of the officers everything stands."""
        return Renewed(self.made, reason, [self.honest[last - 1]])


@pytest.fixture(scope="module")
def made() -> Template:
    return template()


@pytest.fixture(scope="module")
def story(made: Template) -> Story:
    """Four honest notices; a thief's branch from each of their positions and one beyond."""
    forger = made.forger("US")
    honest = chain(forger, LENGTH)
    stolen = [one for start in range(1, LENGTH + 2) for one in branch(forger, honest, start, 2)]
    return Story(honest, stolen, made)


def branch(forger: Forger, honest: Sequence[Forged], start: int, length: int) -> list[Forged]:
    found: list[Forged] = []
    prev = honest[start - 2].id if start > 1 else forger.genesis()
    for seq in range(start, start + length):
        found.append(forger.notice(seq, prev, body=launch(launch_count=100 * start + seq)))
        prev = found[-1].id
    return found


def stream_of(endpoint: Endpoint) -> Stream:
    return state_of(endpoint).stream("US", EPOCH)


def counts(endpoint: Endpoint, notices: Iterable[Forged]) -> set[bytes]:
    """The ids of notices that count for their launch."""
    state = state_of(endpoint)
    known = [state.exchange(one.id) for one in notices]
    return {one.id for one in known if one is not None and launches.stands(state, one)}


def disowned(endpoint: Endpoint, notices: Iterable[Forged]) -> set[bytes]:
    views = [endpoint.exchange(one.id) for one in notices]
    return {view.id for view in views if FindingCode.DISOWNED in {f.code for f in view.findings}}


def told(endpoint: Endpoint) -> list[bytes]:
    """What officers were told is disowned, with its showing or by an event later."""
    return [
        event.subject
        for event in endpoint.events(0)
        if event.code is EventCode.DISOWNED
        or (event.code is EventCode.NOTICE and FindingCode.DISOWNED in {f.code for f in event.findings})
    ]


def hear(endpoint: Endpoint, datas: Iterable[bytes]) -> None:
    for data in datas:
        assert endpoint.receive(data, NOW).refusal is None


@pytest.mark.requirement("R-MAND-24")
@settings(max_examples=50, deadline=None)
@given(st.data())
def test_in_any_order_what_stands_counts_and_nothing_else(story: Story, data: st.DataObject) -> None:
    last, reason = data.draw(st.integers(1, LENGTH)), data.draw(st.sampled_from(REASONS))
    stolen = data.draw(st.lists(st.sampled_from(story.stolen), unique_by=lambda one: one.id, max_size=6))
    notices = [*story.honest, *stolen]
    order = data.draw(st.permutations([*(one.data for one in notices), story.mandate(reason, last).data]))
    endpoint = story.made.open("RU")
    hear(endpoint, order)
    stream, standing = stream_of(endpoint), story.honest[:last]
    outside = {one.id for one in notices} - {one.id for one in standing}
    assert (stream.seq, stream.head, stream.disputed) == (last, standing[-1].id, None)
    assert (stream.held, stream.gap(), endpoint.forks()) == ({}, None, [])
    assert counts(endpoint, notices) == {one.id for one in standing}
    assert disowned(endpoint, notices) == outside
    assert sorted(told(endpoint)) == sorted(outside)  # each once
    assert all(endpoint.exchange(one.id).place is Place.ACCEPTED for one in standing)
    assert canonical(refolded(endpoint)) == canonical(state_of(endpoint))


@pytest.mark.requirement("R-MAND-24")
@settings(max_examples=50, deadline=None)
@given(st.data())
def test_while_something_is_missing_nothing_known_to_be_outside_counts(
    story: Story, data: st.DataObject
) -> None:
    """What is missing of what stands comes later: until then, what is decided is decided in any order."""
    last, reason = data.draw(st.integers(1, LENGTH)), data.draw(st.sampled_from(REASONS))
    stolen = data.draw(st.lists(st.sampled_from(story.stolen), unique_by=lambda one: one.id, max_size=5))
    known = data.draw(st.lists(st.sampled_from(story.honest), unique_by=lambda one: one.id, max_size=LENGTH))
    mandate = story.mandate(reason, last).data
    endpoint = story.made.open("RU")
    hear(endpoint, data.draw(st.permutations([*(one.data for one in (*known, *stolen)), mandate])))
    lowest = last
    while lowest and story.honest[lowest - 1] in known:
        lowest -= 1
    standing = {one.id for one in story.honest[:last]}
    outside = {one.id for one in (*known, *stolen) if one.raw[9] >= max(lowest, 1) and one.id not in standing}
    assert disowned(endpoint, (*known, *stolen)) == outside
    assert not counts(endpoint, stolen) & outside
    disputed = stream_of(endpoint).disputed
    assert disputed is None or disputed < lowest
    live = state_of(endpoint)
    loaded = snapshots.load(live.channel, live.own, live.find, snapshots.dump(live))
    assert canonical(refolded(endpoint)) == canonical(loaded) == canonical(live)
    hear(endpoint, [one.data for one in story.honest])
    assert counts(endpoint, (*story.honest, *stolen)) == standing
    assert stream_of(endpoint).disputed is None


@pytest.mark.requirement("R-FORK-6")
def test_what_stands_ends_the_dispute_that_came_before_it(story: Story) -> None:
    """The thief's third notice joined; the mandate names the fourth; the third and the fourth come later."""
    endpoint, thiefs = story.made.open("RU"), branch(story.made.forger("US"), story.honest, 3, 1)[0]
    hear(endpoint, [*(one.data for one in story.honest[:2]), thiefs.data])
    hear(endpoint, [story.mandate(MandateReason.COMPROMISE, 4).data])
    assert counts(endpoint, [thiefs]) == {thiefs.id}  # nobody can tell yet
    assert endpoint.health(NOW).gaps == ["US"]
    hear(endpoint, [story.honest[2].data])
    assert (stream_of(endpoint).disputed, counts(endpoint, [thiefs])) == (3, set())
    assert stream_of(endpoint).gap() == (4, 4)
    hear(endpoint, [story.honest[3].data])
    assert (stream_of(endpoint).disputed, disowned(endpoint, [thiefs])) == (None, {thiefs.id})
    assert stream_of(endpoint).head == story.honest[3].id
    assert endpoint.health(NOW).gaps == []


@pytest.mark.requirement("R-MAND-25")
def test_in_a_disputed_epoch_the_last_ones_that_are_missing_are_asked_for(story: Story) -> None:
    endpoint, forger = story.made.open("RU"), story.made.forger("US")
    honest, thiefs = chain(forger, 70), branch(forger, story.honest, 1, 1)
    renewed = Renewed(story.made, MandateReason.FORK, [honest[-1]])
    hear(endpoint, [honest[0].data, thiefs[0].data, renewed.data])
    assert stream_of(endpoint).disputed == 1
    sends = [send.data for send in endpoint.poll(NOW).sends]
    kinds = {one: cose.parse(one, MAX_MANDATE).content_type for one in sends}
    messages = [recall(one) for one in sends if kinds[one] is not ContentType.MANDATE]
    (span,) = [span for one in messages if isinstance(one.body, Sync) for span in one.body.wanted]
    assert (span.first, span.last) == (70 - MAX_SYNC_ITEMS + 1, 70)
    for one in reversed(honest[1:]):
        hear(endpoint, [one.data])
    assert (stream_of(endpoint).seq, stream_of(endpoint).disputed) == (70, None)


@pytest.mark.requirement("R-MAND-25")
def test_what_stands_is_asked_for_from_the_last_one_downwards(story: Story) -> None:
    endpoint, thiefs = story.made.open("RU"), branch(story.made.forger("US"), story.honest, 1, 2)
    hear(endpoint, [*(one.data for one in thiefs), story.mandate(MandateReason.FORK, 4).data])
    hear(endpoint, [story.honest[3].data])
    assert (stream_of(endpoint).gap(), stream_of(endpoint).disputed) == ((3, 3), None)
    hear(endpoint, [story.honest[2].data])
    # The third names the second, which is not the thief's.
    assert (stream_of(endpoint).gap(), stream_of(endpoint).seq) == ((2, 2), 1)
    assert disowned(endpoint, thiefs) == {thiefs[1].id}


@pytest.mark.requirement("R-MAND-24")
@pytest.mark.parametrize("first", ["mandate", "notice"])
def test_no_later_mandate_brings_back_what_one_disowned(story: Story, first: str) -> None:
    """The authority named the second notice; naming the third later does not undo what people were told."""
    made, endpoint = story.made, story.made.open("RU")
    renewed = story.mandate(MandateReason.COMPROMISE, 2)
    held = UnverifiedMandate.parse(renewed.data).verify(made.channel, first_of(made, "US"))
    stands = [stands_at(story.honest[2])]
    reason = MandateReason.COMPROMISE
    again = make_mandate(made.channel, renewed.centre, held, reason=reason, stands=stands)
    datas = [one.data for one in story.honest[:3]]
    mandates = [renewed.data, again]
    hear(endpoint, [*mandates, *datas] if first == "mandate" else [*datas, *mandates])
    assert counts(endpoint, story.honest[:3]) == {one.id for one in story.honest[:2]}
    assert stream_of(endpoint).gap() is None


@pytest.mark.requirement("R-MAND-15")
@pytest.mark.parametrize("seq", [1, 2, 3])
def test_nothing_is_said_under_new_keys_in_an_epoch_that_they_ended(story: Story, seq: int) -> None:
    endpoint, renewed = story.made.open("RU"), story.mandate(MandateReason.COMPROMISE, 2)
    late = branch(renewed.forger, story.honest, seq, 1)
    hear(endpoint, [renewed.data, late[0].data, *(one.data for one in story.honest[:2])])
    assert disowned(endpoint, late) == {late[0].id}
    assert (stream_of(endpoint).seq, stream_of(endpoint).disputed) == (2, None)


@pytest.mark.requirement("R-MAND-24")
def test_the_mandate_that_ended_an_epoch_speaks_in_a_new_one_and_no_more_in_the_old_one(story: Story) -> None:
    """What stands was named by its hash: none of it names the mandate that did, also below a gap."""
    renewed, endpoint = story.mandate(MandateReason.COMPROMISE, 3), story.made.open("RU")
    hear(endpoint, [story.honest[0].data, renewed.data])
    late = renewed.forger.notice(2, story.honest[0].id)
    new = renewed.forger.notice(epoch=(2, bytes(16)))
    hear(endpoint, [late.data, new.data])
    assert disowned(endpoint, [late, new]) == {late.id}
    assert counts(endpoint, [story.honest[0], late, new]) == {story.honest[0].id, new.id}
    assert stream_of(endpoint).seq == 1
