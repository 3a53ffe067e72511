"""What every journal must keep, as a test class, and a journal that fails on demand.

A store's own suite subclasses the contract; pytest collects the subclass, not the contract:

    pytest.register_assert_rewrite("launchnotice.testing.journal")  # before the import, for clear reports

    class TestMyJournal(JournalContract):
        def make(self): ...
        def reopen(self, journal): ...

One test needs `hypothesis`, which is imported only there.
"""

from __future__ import annotations

from contextlib import suppress
from enum import Enum
from typing import TYPE_CHECKING, Final

from launchnotice.errors import Conflict, JournalError
from launchnotice.journal import Entry, Stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from launchnotice.journal import Journal

__all__ = ["Fault", "FlakyJournal", "JournalContract"]

_LARGE: Final = bytes(range(256)) * 1200  # 300 KiB
_ALL: Final = 10_000


class JournalContract:
    """The behaviour that `launchnotice.journal.Journal` promises; override the hooks."""

    def make(self) -> Journal:
        """A new, empty journal."""
        raise NotImplementedError  # safe: a hook, which the store's author overrides

    def reopen(self, journal: Journal) -> Journal:
        """A second handle on what `journal` stores, while `journal` stays usable."""
        raise NotImplementedError  # safe: a hook, which the store's author overrides

    def discard(self, journal: Journal) -> None:
        """Release a handle. Called in the one test that makes many; does nothing unless overridden."""

    def test_new_journal_is_empty(self) -> None:
        journal = self.make()
        assert list(journal.read(0, 10)) == []
        assert list(journal.find(b"key")) == []
        assert journal.load_snapshot() is None

    def test_positions_start_at_one_and_have_no_holes(self) -> None:
        journal = self.make()
        journal.append(0, [Entry(b"a", ())])
        journal.append(1, (Entry(b"b", ()), Entry(b"c", ())))
        journal.append(3, [Entry(b"d", ())])
        assert _read(journal) == [(1, b"a"), (2, b"b"), (3, b"c"), (4, b"d")]

    def test_entries_come_back_as_stored(self) -> None:
        journal = self.make()
        journal.append(0, [Entry(b"a", (b"k",))])
        for stored in (journal.read(0, 1)[0], journal.find(b"k")[0]):
            assert type(stored) is Stored
            assert type(stored.position) is int
            assert type(stored.data) is bytes

    def test_conflict_stores_nothing(self) -> None:
        journal = self.make()
        journal.append(0, [Entry(b"a", (b"k",)), Entry(b"b", ())])
        for after in (-1, 0, 1, 3, 2**64):
            assert _conflicts(journal, after, Entry(b"x", (b"k", b"x")), Entry(b"y", ()))
        assert _read(journal) == [(1, b"a"), (2, b"b")]
        assert list(journal.find(b"k")) == [(1, b"a")]
        assert list(journal.find(b"x")) == []
        journal.append(2, [Entry(b"c", (b"x",))])
        assert list(journal.find(b"x")) == [(3, b"c")]

    def test_empty_append_only_checks_the_position(self) -> None:
        journal = self.make()
        journal.append(0, [])
        assert _conflicts(journal, 1)
        journal.append(0, [Entry(b"a", ())])
        journal.append(1, ())
        assert _conflicts(journal, 0)
        assert _read(journal) == [(1, b"a")]

    def test_failed_append_stores_nothing(self) -> None:
        """The last entry cannot be stored, whatever the store: its keys are no tuple of bytes."""
        journal = self.make()
        journal.append(0, [Entry(b"a", (b"k",))])
        bad = Entry(b"c", ([],))  # type: ignore[arg-type]  # that is the point
        with suppress(Exception):  # how it fails is the store's own business
            journal.append(1, [Entry(b"b", (b"k", b"new")), bad])
        again = self.reopen(journal)
        assert _read(again) == [(1, b"a")]
        assert list(again.find(b"k")) == [(1, b"a")]
        assert list(again.find(b"new")) == []
        again.append(1, [Entry(b"b", (b"k", b"new"))])
        assert list(again.find(b"k")) == [(1, b"a"), (2, b"b")]
        assert list(again.find(b"new")) == [(2, b"b")]

    def test_read_keeps_limit_and_order(self) -> None:
        journal = self.make()
        journal.append(0, [Entry(b"%d" % number, ()) for number in range(1, 21)])
        everything = [(number, b"%d" % number) for number in range(1, 21)]
        assert _read(journal) == everything
        for after in (0, 1, 7, 19):
            for limit in (1, 2, 13, 20):
                assert list(journal.read(after, limit)) == everything[after : after + limit]
        assert list(journal.read(5, 0)) == []
        assert list(journal.read(20, 5)) == []
        assert list(journal.read(99, 5)) == []

    def test_find_by_each_of_several_keys(self) -> None:
        journal = self.make()
        journal.append(0, [Entry(b"a", (b"one", b"two", b"three"))])
        for key in (b"one", b"two", b"three"):
            assert list(journal.find(key)) == [(1, b"a")]

    def test_find_keys_shared_by_entries_in_order(self) -> None:
        journal = self.make()
        journal.append(0, [Entry(b"a", (b"x", b"y")), Entry(b"b", (b"y",)), Entry(b"c", (b"y", b"x"))])
        journal.append(3, [Entry(b"d", ()), Entry(b"e", (b"x",))])
        assert list(journal.find(b"x")) == [(1, b"a"), (3, b"c"), (5, b"e")]
        assert list(journal.find(b"y")) == [(1, b"a"), (2, b"b"), (3, b"c")]

    def test_find_an_entry_once_if_it_names_a_key_twice(self) -> None:
        journal = self.make()
        journal.append(0, [Entry(b"a", (b"k", b"k")), Entry(b"b", (b"k", b"l", b"k"))])
        assert list(journal.find(b"k")) == [(1, b"a"), (2, b"b")]

    def test_find_compares_whole_keys(self) -> None:
        journal = self.make()
        keys = [b"", b"\0", b"\0\0", b"k", b"K", b"k\0", b"kk", b"\xff" * 64, "\u00e9".encode()]
        journal.append(0, [Entry(key, (key,)) for key in keys])
        for position, key in enumerate(keys, 1):
            assert list(journal.find(key)) == [(position, key)]
        for key in (b"\xff", b"k ", b"1"):
            assert list(journal.find(key)) == []

    def test_bytes_come_back_unchanged(self) -> None:
        journal = self.make()
        samples = [b"", b"\0", bytes(range(256)), b"\xff\xfe", b"text", b"", b"\r\n'\"%s?"]
        journal.append(0, [Entry(sample, ()) for sample in samples])
        assert [stored.data for stored in self.reopen(journal).read(0, 10)] == samples

    def test_large_entries_and_snapshots(self) -> None:
        journal = self.make()
        journal.append(0, [Entry(_LARGE, (b"k",)), Entry(b"", ()), Entry(_LARGE[::-1], (b"k",))])
        journal.save_snapshot(3, _LARGE)
        again = self.reopen(journal)
        assert list(again.find(b"k")) == [(1, _LARGE), (3, _LARGE[::-1])]
        assert again.load_snapshot() == (3, _LARGE)

    def test_snapshot_replaces_the_previous_one(self) -> None:
        journal = self.make()
        journal.append(0, [Entry(b"a", ()), Entry(b"b", ())])
        for position, state in ((1, b"first"), (2, b""), (1, b"earlier")):
            journal.save_snapshot(position, state)
            assert journal.load_snapshot() == (position, state)
            assert self.reopen(journal).load_snapshot() == (position, state)
        assert _read(journal) == [(1, b"a"), (2, b"b")]

    def test_reopened_journal_has_everything(self) -> None:
        journal = self.make()
        journal.append(0, [Entry(b"a", (b"k",)), Entry(b"b", (b"k", b"l"))])
        journal.save_snapshot(1, b"state")
        again = self.reopen(journal)
        assert _read(again) == [(1, b"a"), (2, b"b")]
        assert list(again.find(b"k")) == [(1, b"a"), (2, b"b")]
        assert again.load_snapshot() == (1, b"state")
        again.append(2, [Entry(b"c", ())])
        assert _read(self.reopen(again)) == [(1, b"a"), (2, b"b"), (3, b"c")]

    def test_of_two_writers_one_wins_and_the_other_goes_on_after_reading(self) -> None:
        one = self.make()
        two = self.reopen(one)
        one.append(0, [Entry(b"one", (b"k",))])
        assert _conflicts(two, 0, Entry(b"two", (b"k",)))
        assert _read(two) == [(1, b"one")]
        two.append(1, [Entry(b"two", (b"k",))])
        assert _conflicts(one, 1, Entry(b"late", ()))
        one.append(2, [Entry(b"three", ())])
        for journal in (one, two):
            assert _read(journal) == [(1, b"one"), (2, b"two"), (3, b"three")]
            assert list(journal.find(b"k")) == [(1, b"one"), (2, b"two")]

    def test_any_history_reads_like_a_list(self) -> None:
        from hypothesis import given, settings
        from hypothesis import strategies as st

        keys = st.lists(st.sampled_from(_KEYS), max_size=4).map(tuple)
        entry = st.builds(Entry, st.binary(max_size=40), keys)
        step = st.tuples(st.booleans(), st.sampled_from((0, 0, 0, -1, 1)), st.lists(entry, max_size=4))

        @settings(max_examples=30, deadline=None, database=None)
        @given(st.lists(step, max_size=10))
        def run(steps: list[tuple[bool, int, list[Entry]]]) -> None:
            first = self.make()
            second = self.reopen(first)
            try:
                _compare(first, second, steps)
            finally:
                self.discard(second)
                self.discard(first)

        run()


class Fault(Enum):
    """How an append of `FlakyJournal` fails."""

    BEFORE = "before"
    """`JournalError`, nothing stored."""

    AFTER = "after"
    """Stored, then `JournalError`: what a lost reply to a commit looks like."""


class FlakyJournal:
    """A journal whose appends fail as planned; everything else goes to the one inside.

    Args:
        inner: where entries are stored.
        plan: what happens to the next appends, one item each; None and the end of the plan mean no fault.

    Attributes:
        plan: what is left of the plan; may be changed or replaced at any time.
    """

    def __init__(self, inner: Journal, plan: Iterable[Fault | None] = ()) -> None:
        self.inner = inner
        self.plan: list[Fault | None] = list(plan)

    def append(self, after: int, entries: Sequence[Entry]) -> None:
        """As the journal inside, unless the plan has a fault. Raises `JournalError` as planned."""
        fault = self.plan.pop(0) if self.plan else None
        if fault is Fault.BEFORE:
            raise JournalError("planned fault before storing")
        self.inner.append(after, entries)
        if fault is Fault.AFTER:
            raise JournalError("planned fault after storing")

    def read(self, after: int, limit: int) -> Sequence[Stored]:
        """As the journal inside."""
        return self.inner.read(after, limit)

    def find(self, key: bytes) -> Sequence[Stored]:
        """As the journal inside."""
        return self.inner.find(key)

    def load_snapshot(self) -> tuple[int, bytes] | None:
        """As the journal inside."""
        return self.inner.load_snapshot()

    def save_snapshot(self, position: int, state: bytes) -> None:
        """As the journal inside."""
        self.inner.save_snapshot(position, state)


_KEYS: Final = (b"", b"\0", b"key", b"other key")


def _read(journal: Journal) -> list[Stored]:
    return list(journal.read(0, _ALL))


def _conflicts(journal: Journal, after: int, *entries: Entry) -> bool:
    try:
        journal.append(after, entries)
    except Conflict:
        return True
    return False


def _compare(first: Journal, second: Journal, steps: list[tuple[bool, int, list[Entry]]]) -> None:
    """Append through either handle, at the right place or beside it, and compare with a list."""
    model: list[Entry] = []
    for use_second, offset, entries in steps:
        writer, reader = (second, first) if use_second else (first, second)
        assert _conflicts(writer, len(model) + offset, *entries) == (offset != 0)
        if offset == 0:
            model += entries
        expected = [(position, entry.data) for position, entry in enumerate(model, 1)]
        assert _read(reader) == expected
        assert list(reader.read(len(model) // 2, 3)) == expected[len(model) // 2 :][:3]
        for key in _KEYS:
            found = [pair for pair, entry in zip(expected, model, strict=True) if key in entry.keys]
            assert list(reader.find(key)) == found
