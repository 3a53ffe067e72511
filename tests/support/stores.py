"""Endpoints on journals and anchors of one's choice: flaky ones, copies, backups."""

from __future__ import annotations

import copy

from launchnotice import Endpoint, Mandate
from launchnotice.core import entries
from launchnotice.journal import Anchor, Journal
from launchnotice.journal.anchor import MemoryAnchor
from launchnotice.testing.journal import FlakyJournal
from tests.support.centres import NOW
from tests.support.template import Template


def opened(
    made: Template, code: str, journal: Journal, anchor: Anchor | None, epoch: bytes = b"o" * 16
) -> Endpoint:
    """An endpoint with its system's key on that journal and anchor."""
    return Endpoint.open(
        made.channel,
        code,
        journal,
        NOW,
        anchor=anchor,
        system=made.centres[code].keys["system"],
        epoch_id=lambda: epoch,
    )


def flaky(made: Template, code: str) -> tuple[Endpoint, FlakyJournal, MemoryAnchor]:
    """An endpoint that holds every mandate, on a journal that fails as planned."""
    journal, anchor = FlakyJournal(copy.deepcopy(made.journals[code])), MemoryAnchor()
    last = journal.read(0, 100)[-1]
    anchor.store(last.position, entries.digest(last.data))
    return opened(made, code, journal, anchor), journal, anchor


def mandate_of(endpoint: Endpoint) -> Mandate:
    """The newest own mandate, which there is."""
    mandate = endpoint.mandate()
    assert mandate is not None
    return mandate
