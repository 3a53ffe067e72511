"""The SQLite journal in processes that are killed, and in processes that compete."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from launchnotice.journal.sqlite import SqliteJournal

APPENDER = str(Path(__file__).with_name("appender.py"))


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, APPENDER, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


@contextmanager
def ready(*commands: tuple[str, ...]) -> Iterator[list[subprocess.Popen[str]]]:
    """Children that wait for a line; none is left behind."""
    children = [start(*command) for command in commands]
    try:
        for child in children:
            assert printed(child) == "ready"
        yield children
    finally:
        for child in children:
            child.kill()
            child.communicate()


def tell(children: list[subprocess.Popen[str]], line: str) -> None:
    for child in children:
        assert child.stdin is not None
        child.stdin.write(f"{line}\n")
        child.stdin.flush()


def printed(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


def run_and_kill(path: Path, name: str, delay: float, *, acknowledged: bool) -> dict[str, int]:
    """Kill a child that appends batches, `delay` seconds after it is ready or its first acknowledgement."""
    with start("batches", str(path), name) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        lines = [child.stdout.readline()] if acknowledged else []
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(delay)
        child.send_signal(signal.SIGKILL)
        lines += child.stdout.readlines()
    assert child.returncode == -signal.SIGKILL
    # A line cut off by the kill is no acknowledgement.
    return {batch: int(size) for batch, size in (line.split() for line in lines if line.endswith("\n"))}


def check_batches(path: Path, acknowledged: dict[str, int]) -> int:
    """No holes, every batch whole and found by its key, every acknowledged one there; their number."""
    sizes: dict[str, int] = {}
    with SqliteJournal(path) as journal:
        stored = list(journal.read(0, 1_000_000))
        assert [entry.position for entry in stored] == list(range(1, len(stored) + 1))
        expected = iter(stored)
        for entry in expected:
            batch, index, size, _ = entry.data.split(b":", 3)
            assert index == b"0"
            whole = [entry, *(next(expected) for _ in range(int(size) - 1))]
            assert [item.data.split(b":", 3)[:2] for item in whole] == [
                [batch, b"%d" % number] for number in range(int(size))
            ]
            assert journal.find(batch) == whole
            sizes[batch.decode()] = int(size)
    assert acknowledged.items() <= sizes.items()
    return len(sizes)


def test_kill_at_any_time_loses_no_acknowledged_batch_and_splits_none(path: Path) -> None:
    """SIGKILL shows what a dying process leaves; what a power cut leaves is up to `synchronous=FULL`."""
    delays = random.Random()
    acknowledged: dict[str, int] = {}
    for number in range(20):
        acknowledged |= run_and_kill(path, f"child{number}", delays.uniform(0, 0.1), acknowledged=True)
        batches = check_batches(path, acknowledged)
    assert len(acknowledged) >= 20
    # At most the last batch of each child was stored without its acknowledgement being read.
    assert batches - len(acknowledged) <= 20


def test_kill_while_the_file_is_created_leaves_a_journal_or_nothing(tmp_path: Path) -> None:
    delays = random.Random()
    for number in range(8):
        path = tmp_path / f"journal{number}"
        check_batches(path, run_and_kill(path, "child", delays.uniform(0, 0.06), acknowledged=False))


def test_two_processes_append_and_none_is_lost_or_twice(path: Path) -> None:
    with ready(*(("singles", str(path), name, "200") for name in ("one", "two"))) as children:
        tell(children, "go")
        assert sum(int(printed(child)) for child in children) > 0, "they met no conflict"
    with SqliteJournal(path) as journal:
        stored = journal.read(0, 1_000)
        assert [entry.position for entry in stored] == list(range(1, 401))
        for name in (b"one", b"two"):
            own = [entry for entry in stored if entry.data.startswith(name)]
            assert [entry.data for entry in own] == [b"%s:%d" % (name, number) for number in range(200)]
            assert journal.find(name) == own


def test_processes_that_create_one_file_at_once_share_it(path: Path) -> None:
    """Switching to the write-ahead log fails at once, or waits for ever, when several try it together."""
    with ready(*(("openings", str(path), str(number)) for number in range(5))) as children:
        for number in range(16):
            file = path.with_name(f"journal-{number}")
            if number % 2:
                file.touch()
            tell(children, str(number))
            assert [printed(child) for child in children] == ["done"] * 5
            with SqliteJournal(file) as journal:
                assert sorted(entry.data for entry in journal.read(0, 100)) == [b"%d:0" % i for i in range(5)]
