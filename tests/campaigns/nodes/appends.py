"""Two writers on one bare journal, in threads or in processes: every append counted."""

from __future__ import annotations

import multiprocessing
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from multiprocessing.connection import Connection
from typing import Final

from launchnotice.errors import Conflict, JournalError
from launchnotice.journal import Entry, Journal
from tests.campaigns.nodes.stores import Place

WRITERS: Final = (b"one", b"two")
THREADS: Final = "threads"
PROCESSES: Final = "processes"
FAILED: Final = -1
MODES: Final = (THREADS, PROCESSES)


# Forked from a process that has imported everything and has no threads: a start takes no second.
FORKING: Final = multiprocessing.get_context("forkserver")
FORKING.set_forkserver_preload(["tests.campaigns.nodes.node"])
Worker = threading.Thread | multiprocessing.context.ForkServerProcess


def start(mode: str, target: Callable[..., None], *arguments: object) -> Worker:
    """Run something beside us."""
    made: Worker = (
        threading.Thread(target=target, args=arguments, daemon=True)
        if mode == THREADS
        else FORKING.Process(target=target, args=arguments, daemon=True)
    )
    made.start()
    return made


def compete(place: Place, mode: str, count: int) -> Counter[str]:
    """Let two writers append `count` entries each, from the same instant on; what came of it."""
    pipes = [FORKING.Pipe() for _ in WRITERS]
    writers = [
        start(mode, write, place, name, count, theirs)
        for name, (_, theirs) in zip(WRITERS, pipes, strict=True)
    ]
    said = [_heard(ours) for ours, _ in pipes]
    for ours, _ in pipes:
        ours.send(None)
    said += [_heard(ours) for ours, _ in pipes]
    for writer in writers:
        writer.join()
    conflicts = sum(number for number in said if number > 0)
    return counted(place, count) + Counter(conflicts=conflicts, failed=said.count(FAILED))


def write(place: Place, name: bytes, count: int, pipe: Connection) -> None:
    """Append entries of that name; one that another writer's commit forestalls is tried again after it."""
    try:
        with closing(place.open()) as journal:
            pipe.send(0)
            pipe.recv()
            pipe.send(_write(journal, name, count))
    except JournalError:
        pipe.send(FAILED)
    finally:
        pipe.close()


def _write(journal: Journal, name: bytes, count: int) -> int:
    position = conflicts = 0
    for number in range(count):
        while True:
            try:
                journal.append(position, [Entry(b"%s:%d" % (name, number), (name, b"%d" % number))])
                break
            except Conflict:
                conflicts += 1
                position = last(journal, position)
        position += 1
    return conflicts


def _heard(pipe: Connection) -> int:
    try:
        return int(pipe.recv())
    except EOFError:
        return FAILED


def last(journal: Journal, after: int) -> int:
    """The last position, which is not before `after`."""
    while found := journal.read(after, 1_000):
        after = found[-1].position
    return after


def counted(place: Place, count: int) -> Counter[str]:
    """What is in the journal against what was to be."""
    expected = Counter(b"%s:%d" % (name, number) for name in WRITERS for number in range(count))
    with closing(place.open()) as journal:
        stored = journal.read(0, 3 * count * len(WRITERS))
        filed = Counter(entry.data for name in WRITERS for entry in journal.find(name))
    found = Counter(entry.data for entry in stored)
    positions = [entry.position for entry in stored]
    return Counter(
        appends=len(stored),
        lost=(expected - found).total() + (expected - filed).total(),
        positions_twice=len(positions) - len(set(positions)) + (found - expected).total(),
    )
