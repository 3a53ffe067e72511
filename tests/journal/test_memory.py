"""The journal in memory, and the journal that fails on demand."""

from __future__ import annotations

from typing import Any

import pytest

from launchnotice.errors import Conflict, JournalError
from launchnotice.journal import Entry, Journal
from launchnotice.journal.memory import MemoryJournal
from launchnotice.testing.journal import Fault, FlakyJournal, JournalContract


class TestMemoryJournal(JournalContract):
    def make(self) -> Journal:
        return MemoryJournal()

    def reopen(self, journal: Journal) -> Journal:
        return journal


class TestFlakyJournalWithoutFaults(JournalContract):
    def make(self) -> Journal:
        return FlakyJournal(MemoryJournal())

    def reopen(self, journal: Journal) -> Journal:
        assert isinstance(journal, FlakyJournal)
        return FlakyJournal(journal.inner)


def test_contract_names_its_hooks() -> None:
    with pytest.raises(NotImplementedError):
        JournalContract().make()
    with pytest.raises(NotImplementedError):
        JournalContract().reopen(MemoryJournal())


def test_failed_append_takes_back_keys_that_were_filed_before() -> None:
    journal = MemoryJournal()
    journal.append(0, [Entry(b"a", (b"k",)), Entry(b"b", (b"k", b"other"))])
    no_key: Any = []
    with pytest.raises(TypeError):
        journal.append(2, [Entry(b"c", (b"k", b"new")), Entry(b"d", (no_key,))])
    journal.append(2, [Entry(b"e", (b"other",))])
    assert journal.find(b"k") == [(1, b"a"), (2, b"b")]
    assert journal.find(b"other") == [(2, b"b"), (3, b"e")]
    assert journal.find(b"new") == []


def test_planned_fault_before_stores_nothing() -> None:
    flaky = FlakyJournal(MemoryJournal(), [None, Fault.BEFORE])
    flaky.append(0, [Entry(b"a", ())])
    with pytest.raises(JournalError, match="before") as caught:
        flaky.append(1, [Entry(b"b", ())])
    assert type(caught.value) is JournalError
    assert flaky.read(0, 9) == [(1, b"a")]
    flaky.append(1, [Entry(b"b", ())])
    assert flaky.read(0, 9) == [(1, b"a"), (2, b"b")]


def test_planned_fault_after_has_stored() -> None:
    flaky = FlakyJournal(MemoryJournal())
    flaky.plan = [Fault.AFTER]
    with pytest.raises(JournalError, match="after"):
        flaky.append(0, [Entry(b"a", ())])
    assert flaky.read(0, 9) == [(1, b"a")]
    assert flaky.plan == []


def test_conflict_comes_before_a_planned_fault_after() -> None:
    flaky = FlakyJournal(MemoryJournal(), [Fault.AFTER])
    with pytest.raises(Conflict):
        flaky.append(7, [Entry(b"a", ())])
    assert flaky.read(0, 9) == []
