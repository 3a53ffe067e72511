"""Two nodes of one centre on one journal: what one does between two steps of the other."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

import pytest

from launchnotice import Endpoint, JournalError, Stale, UsageError
from launchnotice.core import entries
from launchnotice.core.entries import Reserved, Sealed
from launchnotice.journal import Entry
from launchnotice.journal.anchor import MemoryAnchor
from launchnotice.journal.memory import MemoryJournal
from launchnotice.registry import EventCode
from launchnotice.testing.journal import Fault, FlakyJournal
from launchnotice.wire.signals import Acknowledgement
from tests.support import NOW, launch, make_mandate, sign
from tests.support.dump import canonical, refolded, state_of
from tests.support.forge import Forger
from tests.support.stores import mandate_of, opened
from tests.support.template import Template, mandate_id, template

OFFICERS = ("officer-1", "officer-2")


@pytest.fixture(scope="module")
def made() -> Template:
    return template()


@pytest.fixture
def journal(made: Template) -> MemoryJournal:
    return copy.deepcopy(made.journals["US"])


class Interrupted(FlakyJournal):
    """A journal after whose next append of a reservation something else happens once."""

    between: Callable[[], object] | None = None

    def append(self, after: int, rows: Sequence[Entry]) -> None:
        super().append(after, rows)
        reserved = any(isinstance(entries.decode(0, row.data).entry, Reserved) for row in rows)
        if reserved and self.between is not None:
            between, self.between = self.between, None
            between()


class FlakyAnchor:
    """An anchor that can be written only so often; None: for ever."""

    def __init__(self, inner: MemoryAnchor) -> None:
        self.inner = inner
        self.left: int | None = None

    def load(self) -> tuple[int, bytes] | None:
        return self.inner.load()

    def store(self, position: int, digest: bytes) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.left = None
                raise JournalError("planned fault")
        self.inner.store(position, digest)


def anchor_of(journal: MemoryJournal) -> MemoryAnchor:
    """An anchor that names the last entry."""
    last = journal.read(0, 1_000)[-1]
    anchor = MemoryAnchor()
    anchor.store(last.position, entries.digest(last.data))
    return anchor


def copy_of(anchor: MemoryAnchor) -> MemoryAnchor:
    """What a new node gets of a running one."""
    return copy.deepcopy(anchor)


def nodes(made: Template, journal: MemoryJournal) -> tuple[Endpoint, Endpoint]:
    """Two nodes, each with an anchor of its own."""
    return opened(made, "US", journal, anchor_of(journal)), opened(made, "US", journal, anchor_of(journal))


def cut(journal: MemoryJournal, position: int) -> None:
    """A fail-over to a replica that lacks what comes after that position."""
    del journal._data[position:]
    journal._unfile(position)


def say(made: Template, endpoint: Endpoint, **more: object) -> bytes:
    """Announce a launch; gives its id."""
    draft = sign(endpoint, made.centres["US"], launch(**more), NOW, OFFICERS)
    endpoint.submit(draft, NOW)
    return draft.id


@pytest.mark.requirement("R-DUR-5")
def test_a_new_node_goes_on_with_a_copy_of_a_running_nodes_anchor(
    made: Template, journal: MemoryJournal
) -> None:
    anchor = anchor_of(journal)
    one = opened(made, "US", journal, anchor)
    say(made, one)
    two = opened(made, "US", journal, copy_of(anchor))
    assert not two.health(NOW).restored
    say(made, two, launch_count=2)
    say(made, one, launch_count=3)
    two.poll(NOW)
    assert canonical(state_of(two)) == canonical(refolded(two))
    reserved = [kept.entry for kept in one._ledger.read(0) if isinstance(kept.entry, Reserved)]
    assert [entry.seq for entry in reserved if entry.seq] == [1, 2, 3]
    assert opened(made, "US", journal, None).health(NOW).restored


@pytest.mark.requirement("R-DUR-3")
def test_of_two_nodes_that_decide_on_one_state_the_second_decides_again(
    made: Template, journal: MemoryJournal
) -> None:
    one, two = nodes(made, journal)
    notice = made.forger("RU").notice()
    drafts = [
        sign(node, made.centres["US"], launch(launch_count=count), NOW, OFFICERS)
        for count, node in enumerate((one, two), 1)
    ]
    one.submit(drafts[0], NOW)
    with pytest.raises(Stale):
        two.submit(drafts[1], NOW)
    one.receive(notice.data, NOW)
    assert two.receive(notice.data, NOW).refusal is None
    kinds = [type(kept.entry).__name__ for kept in two._ledger.read(0)]
    assert kinds.count("Accepted") == kinds.count("Reserved") == 1


@pytest.mark.requirement("R-DUR-3")
@pytest.mark.requirement("R-RCPT-3")
@pytest.mark.parametrize("emergency", [False, True])
def test_a_node_that_gets_what_another_one_has_shows_it_and_answers_as_that_one_would(
    made: Template, journal: MemoryJournal, *, emergency: bool
) -> None:
    one, two = nodes(made, journal)
    forger = made.forger("RU")
    notice = forger.emergency(1) if emergency else forger.notice()
    one.receive(notice.data, NOW)
    receipts = [send for send in one.poll(NOW).sends if send.to == "RU"]
    first = two.receive(notice.data, NOW)
    assert [event.subject for event in first.events if event.code is EventCode.NOTICE] == [notice.id]
    assert set(first.sends) & set(receipts) == set(one.receive(notice.data, NOW).sends) != set()
    assert two.receive(notice.data, NOW).events == ()


@pytest.mark.requirement("R-RCPT-3")
def test_a_node_that_knows_a_notice_answers_with_what_another_one_has_stated_since(
    made: Template, journal: MemoryJournal
) -> None:
    """That nothing is to be recorded of a repetition does not say that nothing was."""
    one, two = nodes(made, journal)
    notice = made.forger("RU").notice()
    two.receive(notice.data, NOW)
    two.poll(NOW)
    draft = sign(one, made.centres["US"], Acknowledgement(subject=notice.id), NOW, OFFICERS[:1])
    one.submit(draft, NOW)
    assert len(set(two.receive(notice.data, NOW).sends)) == len(("receipt", "acknowledgement"))


@pytest.mark.requirement("R-DUR-3")
def test_a_mandate_that_another_node_has_learnt_counts_at_once(
    made: Template, journal: MemoryJournal
) -> None:
    """A notice under it is new to the one that is behind, and no reason to ask its sender."""
    one, two = nodes(made, journal)
    second = make_mandate(made.channel, made.centres["RU"], state_of(one).mandate("RU"))
    assert one.receive(second, NOW).refusal is None
    notice = Forger(made.channel, made.centres["RU"], mandate_id(second)).notice()
    assert two.receive(notice.data, NOW).refusal is None


@pytest.mark.requirement("R-DUR-3")
def test_what_waits_for_the_system_is_not_stated_again(made: Template, journal: MemoryJournal) -> None:
    us = Endpoint.open(made.channel, "US", journal, NOW, anchor=anchor_of(journal))
    notice = made.forger("RU").notice()
    us.receive(notice.data, NOW)
    body = Acknowledgement(subject=notice.id)
    us.submit(sign(us, made.centres["US"], body, NOW, OFFICERS[:1]), NOW)
    assert us.health(NOW).unsealed == 1
    with pytest.raises(UsageError, match="already-stated"):
        us.draft(body, NOW, OFFICERS[1:])


@pytest.mark.requirement("R-DUR-4")
@pytest.mark.parametrize("fault", Fault)
def test_after_an_unknown_outcome_a_node_reads_what_the_other_one_wrote(
    made: Template, journal: MemoryJournal, fault: Fault
) -> None:
    flaky = FlakyJournal(journal)
    anchor = anchor_of(journal)
    one, two = opened(made, "US", flaky, anchor), opened(made, "US", journal, copy_of(anchor))
    draft = sign(one, made.centres["US"], launch(), NOW, OFFICERS)
    flaky.plan = [fault]
    with pytest.raises(JournalError):
        one.submit(draft, NOW)
    two.poll(NOW)  # seals what was stored, if it was
    one.submit(draft, NOW)
    found = [kept.entry for kept in one._ledger.read(0) if getattr(kept.entry, "id", b"") == draft.id]
    assert [type(entry) for entry in found] == [Reserved, Sealed]


@pytest.mark.requirement("R-RESTORE-14")
def test_a_submission_that_anothers_new_epoch_overtook_is_stale(
    made: Template, journal: MemoryJournal
) -> None:
    """The reservation is never signed: the officers must hear of it, not believe that it was sent."""
    slow = Interrupted(journal)
    one = opened(made, "US", slow, anchor_of(journal))
    draft = sign(one, made.centres["US"], launch(), NOW, OFFICERS)
    slow.between = lambda: opened(made, "US", journal, None, epoch=b"r" * 16).draft(launch(), NOW, OFFICERS)
    with pytest.raises(Stale) as caught:
        one.submit(draft, NOW)
    fresh = caught.value.draft
    for label in OFFICERS:
        fresh = fresh.review(made.channel, mandate_of(one)).sign(made.centres["US"].keys[label])
    assert {send.to for send in one.submit(fresh, NOW).sends} == {"RU"}
    assert state_of(one).exchanges[fresh.id].epoch == (2, b"r" * 16)
    assert not one.health(NOW).unsealed


@pytest.mark.requirement("R-RESTORE-13")
@pytest.mark.parametrize("other_opens", [False, True])
def test_a_node_whose_anchor_is_older_than_a_lost_commit_never_signs_in_that_epoch_again(
    made: Template, journal: MemoryJournal, *, other_opens: bool
) -> None:
    """The other node released notice 2 and died; this one had read it, and had not moved its anchor yet."""
    anchor = anchor_of(journal)
    one = opened(made, "US", journal, anchor, epoch=b"n" * 16)
    say(made, one)
    position, last = len(journal.read(0, 1_000)), state_of(one).epoch
    two = opened(made, "US", journal, copy_of(anchor))
    say(made, two, launch_count=2)
    one.receive(made.forger("RU").notice().data, NOW)
    cut(journal, position)
    if other_opens:
        opened(made, "US", journal, None, epoch=b"t" * 16).draft(launch(), NOW, OFFICERS)
    say(made, one, launch_count=3)
    entry = next(kept.entry for kept in reversed(one._ledger.read(0)) if isinstance(kept.entry, Reserved))
    assert last is not None
    assert (entry.number, entry.random) != last
    assert entry.random == (b"t" if other_opens else b"n") * 16
    assert anchor.load() == (state_of(one).position, state_of(one).digest)


@pytest.mark.requirement("R-RESTORE-13")
def test_a_node_whose_append_the_fail_over_interrupted_notices_what_was_lost(
    made: Template, journal: MemoryJournal
) -> None:
    """Its anchor is older; what it had read of the other node's is all that shows the loss."""
    flaky = FlakyJournal(journal)
    anchor = anchor_of(journal)
    one = opened(made, "US", flaky, anchor, epoch=b"n" * 16)
    say(made, one)
    position, known = len(journal.read(0, 1_000)), {*state_of(one).streams["US"]}
    say(made, opened(made, "US", journal, copy_of(anchor)), launch_count=2)
    one.receive(made.forger("RU").notice().data, NOW)
    flaky.plan = [Fault.BEFORE]
    with pytest.raises(JournalError):
        one.poll(NOW)
    cut(journal, position)
    say(made, one, launch_count=3)
    entry = next(kept.entry for kept in reversed(one._ledger.read(0)) if isinstance(kept.entry, Reserved))
    assert (entry.number, entry.random) not in known


@pytest.mark.requirement("R-DUR-1")
@pytest.mark.requirement("R-RESTORE-4")
def test_what_a_fail_over_took_before_it_was_released_is_not_released_after_it(
    made: Template, journal: MemoryJournal
) -> None:
    """The anchor could not be written, so the bytes stayed in hand; the journal then lost them."""
    anchor = FlakyAnchor(anchor_of(journal))
    one = opened(made, "US", journal, anchor, epoch=b"n" * 16)
    say(made, one)
    position = len(journal.read(0, 1_000))
    draft = sign(one, made.centres["US"], launch(launch_count=2), NOW, OFFICERS)
    anchor.left = 1  # before the seal; not before the release
    with pytest.raises(JournalError):
        one.submit(draft, NOW)
    assert state_of(one).exchanges[draft.id].data
    lost = state_of(one).exchanges[draft.id].data
    cut(journal, position)
    assert lost not in {send.data for send in one.poll(NOW).sends}


@pytest.mark.requirement("R-RESTORE-13")
def test_a_node_that_loses_the_opening_of_an_epoch_does_not_go_back_to_the_one_before(
    made: Template, journal: MemoryJournal
) -> None:
    """Notice 2 was released in the epoch before, too: the fail-over lost it together with the opening."""
    anchor = anchor_of(journal)
    one = opened(made, "US", journal, anchor, epoch=b"n" * 16)
    say(made, one)
    position = len(journal.read(0, 1_000))
    say(made, opened(made, "US", journal, copy_of(anchor)), launch_count=2)
    opened(made, "US", journal, None, epoch=b"t" * 16).draft(launch(), NOW, OFFICERS)
    one.receive(made.forger("RU").notice().data, NOW)
    known = {*state_of(one).streams["US"]}
    cut(journal, position)
    say(made, one, launch_count=3)
    entry = next(kept.entry for kept in reversed(one._ledger.read(0)) if isinstance(kept.entry, Reserved))
    assert len(known) == 2
    assert (entry.number, entry.random) not in known


@pytest.mark.requirement("R-RESTORE-13")
def test_junk_hands_over_nothing_that_the_journal_may_have_lost(
    made: Template, journal: MemoryJournal
) -> None:
    """Its host would confirm a position that holds something else by now."""
    one, two = nodes(made, journal)
    position, notice = len(journal.read(0, 1_000)), made.forger("RU").notice()
    one.receive(notice.data, NOW)
    with pytest.raises(UsageError):
        two.draft(launch(), NOW, ("nobody", "officer-1"))  # it has read on, and tells nothing
    cut(journal, position)
    step = two.receive(b"junk", NOW)
    assert (step.events, step.sends, two.next_deadline) == ((), (), NOW)
    assert notice.id not in {event.subject for event in two.poll(NOW).events}
