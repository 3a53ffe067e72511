"""Two processes, one SQLite journal, both with the system's key: nothing is said twice, nothing lost."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from launchnotice.core import entries
from launchnotice.core.entries import Accepted, Reserved, Sealed
from launchnotice.journal import Entry as Row
from launchnotice.journal.sqlite import SqliteJournal
from launchnotice.registry import Kind
from tests.endpoint.submitter import opened
from tests.support import NOW
from tests.support.dump import canonical, refolded, state_of
from tests.support.forge import EPOCH
from tests.support.template import template

COUNT = 25
ROOT = Path(__file__).parents[2]


@pytest.mark.requirement("R-SIGN-10")
def test_two_nodes_take_no_position_twice_and_lose_nothing(tmp_path: Path) -> None:
    made, path = template(), tmp_path / "journal"
    with SqliteJournal(path) as journal:
        for stored in made.journals["US"].read(0, 100):
            row = Row(stored.data, entries.keys(entries.decode(stored.position, stored.data).entry))
            journal.append(stored.position - 1, [row])
    arguments = [sys.executable, "-m", "tests.endpoint.submitter", str(path), str(COUNT)]
    nodes = [
        subprocess.Popen([*arguments, str(first)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for first in (1, 501)
    ]
    said = [line for node in nodes for line in node.communicate(timeout=100)[0].split()]
    assert [node.returncode for node in nodes] == [0, 0]
    assert len(set(said)) == len(said) == 2 * COUNT

    with SqliteJournal(path) as journal:
        endpoint = opened(made, journal)
        endpoint.poll(NOW)
        kept = [one.entry for one in endpoint._ledger.read(0)]
        reserved = [one for one in kept if isinstance(one, Reserved)]
        sealed = [one for one in kept if isinstance(one, Sealed)]
        positions = [(one.number, one.random, one.seq) for one in reserved if one.seq]
        assert sorted(seq for *_, seq in positions) == list(range(1, 2 * COUNT + 1))
        assert {epoch[:2] for epoch in positions} == {state_of(endpoint).epoch}
        assert {one.id.hex() for one in reserved if one.seq} == set(said)
        assert Counter(one.id for one in sealed) == Counter(one.id for one in reserved)
        assert max(Counter((one.kind, one.subject) for one in reserved if one.subject).values()) == 1

        heard = [one for one in kept if isinstance(one, Accepted)]
        receipted = {one.subject for one in reserved if one.kind == Kind.RECEIPT}
        assert [one.seq for one in heard] == list(range(1, COUNT + 1))
        assert {one.id for one in heard} <= receipted
        stream = state_of(endpoint).streams["RU"][EPOCH]
        assert (stream.seq, stream.held, stream.disputed) == (COUNT, {}, None)
        assert canonical(refolded(endpoint)) == canonical(state_of(endpoint))


@pytest.mark.requirement("R-SIGN-11")
def test_what_another_node_sealed_first_is_what_counts(tmp_path: Path) -> None:
    """Both nodes sign one reservation; only the bytes that the journal took are released."""
    made, path = template(), tmp_path / "journal"
    with SqliteJournal(path) as one, SqliteJournal(path) as two:
        for stored in made.journals["US"].read(0, 100):
            row = Row(stored.data, entries.keys(entries.decode(stored.position, stored.data).entry))
            one.append(stored.position - 1, [row])
        first, second = opened(made, one), opened(made, two)
        first.receive(made.forger("RU").notice().data, NOW)
        first._duties._state_receipts(NOW)
        second.poll(NOW)  # seals what the first has reserved
        assert state_of(first).unsealed
        first._duties.seal(NOW)
        assert [send for send in first._duties._outgoing if send.data not in made.mandates.values()] == []
        assert not state_of(first).unsealed


def test_two_nodes_that_begin_a_journal_at_once_agree(tmp_path: Path) -> None:
    """Both find it empty; one writes its first entry, the other reads it."""
    made, path = template(), tmp_path / "journal"
    with SqliteJournal(path) as one, SqliteJournal(path) as two:
        read = two.read

        def late(after: int, limit: int) -> object:
            two.read = read  # type: ignore[method-assign]  # the first look comes too early
            found = read(after, limit)
            opened(made, one)
            return found

        two.read = late  # type: ignore[method-assign, assignment]  # see above
        second = opened(made, two)
        assert second.health(NOW).position == 1
        assert canonical(refolded(second)) == canonical(state_of(second))
