"""A snapshot and the entries after it give the state that all entries give."""

from __future__ import annotations

import pytest

from launchnotice import Corrupt, Endpoint
from launchnotice.core import snapshot
from launchnotice.engine import ledger
from launchnotice.journal.anchor import MemoryAnchor
from launchnotice.journal.memory import MemoryJournal
from launchnotice.wire.signals import Acknowledgement
from tests.support import NOW, Centre, launch, make_centre, make_channel, make_mandate, open_endpoint
from tests.support import settle as settle_all
from tests.support import state as submit


def busy(journal: MemoryJournal, anchor: MemoryAnchor) -> tuple[Endpoint, Centre]:
    """A receiver with settled, open and held notices."""
    us, ru = make_centre("US"), make_centre("RU")
    channel = make_channel([us, ru])
    mandates = [make_mandate(channel, us), make_mandate(channel, ru)]
    sender = open_endpoint(channel, us, mandates=mandates)
    receiver = open_endpoint(channel, ru, journal, anchor, mandates=mandates)
    settle_all([sender, receiver], NOW)
    for n in range(6):
        step = submit(sender, us, launch(remark=f"number {n}"), NOW + n, ("officer-1", "officer-2"))
        if n != 3:  # a gap, so that the last two are held
            receiver.receive(step.sends[0].data, NOW + n)
    receiver.poll(NOW + 10)
    notice = receiver.pending("RU")[0]
    submit(receiver, ru, Acknowledgement(subject=notice), NOW + 11)
    return receiver, ru


def reopened(endpoint: Endpoint, centre: Centre, journal: MemoryJournal, anchor: MemoryAnchor) -> Endpoint:
    return open_endpoint(endpoint.channel, centre, journal, anchor)


def test_a_snapshot_restores_the_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "SNAPSHOT_EVERY", 8)
    journal, anchor = MemoryJournal(), MemoryAnchor()
    endpoint, centre = busy(journal, anchor)
    assert journal.load_snapshot() is not None
    whole = snapshot.dump(endpoint._state)
    assert snapshot.dump(reopened(endpoint, centre, journal, anchor)._state) == whole
    journal._snapshot = None
    assert snapshot.dump(reopened(endpoint, centre, journal, anchor)._state) == whole


def test_a_damaged_snapshot_does_not_stop_an_opening() -> None:
    """The journal is whole, and an officer waits."""
    journal, anchor = MemoryJournal(), MemoryAnchor()
    endpoint, centre = busy(journal, anchor)
    whole = snapshot.dump(endpoint._state)
    with pytest.raises(Corrupt, match="snapshot"):
        snapshot.load(endpoint.channel, "RU", endpoint._ledger.find, whole[:-1])
    journal.save_snapshot(endpoint._state.position, whole[:-1])
    assert snapshot.dump(reopened(endpoint, centre, journal, anchor)._state) == whole


def test_a_snapshot_of_another_history_is_not_believed() -> None:
    journal, anchor = MemoryJournal(), MemoryAnchor()
    endpoint, centre = busy(journal, anchor)
    whole = snapshot.dump(endpoint._state)
    other = endpoint._state
    digest, other.digest = other.digest, bytes(32)
    journal.save_snapshot(other.position, snapshot.dump(other))
    other.digest = digest
    assert snapshot.dump(reopened(endpoint, centre, journal, anchor)._state) == whole
