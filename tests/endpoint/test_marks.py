"""What an opening after a restore says of what it shows, and of the epoch that it opens."""

from __future__ import annotations

import copy

import pytest

from launchnotice import Endpoint
from launchnotice.journal.memory import MemoryJournal
from launchnotice.registry import ContentType, EventCode, Place
from launchnotice.wire import cose
from launchnotice.wire.message import ChainedPayload, parse, recall
from launchnotice.wire.signals import Receipt
from tests.support import NOW, launch, state
from tests.support.forge import chain
from tests.support.template import template

OFFICERS = ("officer-1", "officer-2")


def mandate(data: bytes) -> bool:
    return cose.parse(data, 1 << 18).content_type is ContentType.MANDATE


@pytest.mark.requirement("R-RESTORE-5")
@pytest.mark.parametrize("restored", [True, False])
def test_notices_of_an_opening_after_a_restore_are_marked(restored: bool) -> None:  # noqa: FBT001 - a case
    """Between the backup and now the notice may have been on the officer's screen."""
    made = template()
    ru = made.open("RU")
    ru._ledger.settle_anchor()
    backup = copy.deepcopy(ru._ledger._journal)
    first = made.forger("US").notice()
    assert [event.again for event in ru.receive(first.data, NOW).events] == [False]
    ru.poll(NOW)  # releases the receipt, so the anchor names what the backup lacks
    journal = backup if restored else ru._ledger._journal
    reopened = Endpoint.open(made.channel, "RU", journal, NOW, anchor=ru._ledger._anchor)
    notice = first if restored else made.forger("US").notice(2, first.id)
    shown = [event for event in reopened.receive(notice.data, NOW).events if event.code is EventCode.NOTICE]
    assert [event.again for event in shown] == [restored]


@pytest.mark.requirement("R-RESTORE-6")
def test_an_opening_names_the_newest_epoch_that_has_notices() -> None:
    """An epoch that was opened and never used would hide where the one before it was cut."""
    made = template()
    us = made.open("US")
    numbers = iter(range(2, 9))
    us._duties._epoch_id = lambda: bytes([next(numbers)]) * 16
    sent = state(us, made.centres["US"], launch(), NOW, OFFICERS).sends[-1].data
    for _ in range(2):
        us._ledger.restored = True
        us._duties.open_epoch(NOW)
    payload = parse(state(us, made.centres["US"], launch(), NOW, OFFICERS).sends[-1].data)._payload
    assert isinstance(payload, ChainedPayload)
    assert payload.epoch.number == 3
    assert payload.opening is not None
    assert payload.opening.epoch is not None
    assert payload.opening.epoch.number == 1
    assert payload.opening.head is not None
    assert payload.opening.head.id == parse(sent).id


def test_a_journal_without_an_anchor_counts_as_restored_at_every_opening() -> None:
    made = template()
    journal = MemoryJournal()
    for _ in range(2):
        endpoint = Endpoint.open(made.channel, "RU", journal, NOW)
        assert not endpoint.health(NOW).restored  # whose it is, and nothing more
    endpoint.receive(made.mandates["RU"], NOW)
    for _ in range(2):
        assert Endpoint.open(made.channel, "RU", journal, NOW).health(NOW).restored


@pytest.mark.requirement("R-RCPT-2")
def test_a_receipt_gives_the_place_on_arrival_whenever_it_is_made() -> None:
    """The gap closed before the machine came to state the receipt; the notice was held all the same."""
    made = template()
    ru, forger = made.open("RU"), made.forger("US")
    first, second = chain(forger, 2)
    ru.receive(second.data, NOW)
    ru.receive(first.data, NOW)
    sent = [send.data for send in ru.poll(NOW).sends if not mandate(send.data)]
    bodies = [recall(data).body for data in sent]
    places = {body.subject: body.place for body in bodies if isinstance(body, Receipt)}
    assert (places[second.id], places[first.id]) == (Place.HELD, Place.ACCEPTED)
