"""Child process of the SQLite tests; it is killed, or races with others. It prints "ready" first.

appender.py batches FILE NAME          appends batches until killed; prints "name size" once durable
appender.py singles FILE NAME COUNT    waits for a line, appends COUNT entries, going on after each
                                       conflict, and prints the number of conflicts
appender.py openings FILE NAME         for each line opens FILE-line, appends an entry, closes it and
                                       prints "done"
"""

from __future__ import annotations

import random
import sys

from launchnotice.errors import Conflict
from launchnotice.journal import Entry
from launchnotice.journal.sqlite import SqliteJournal


def batches(journal: SqliteJournal, name: str) -> None:
    """Entry data is ``batch:index:size:`` and filler; the batch is the only key."""
    sizes = random.Random(name)
    position = last_position(journal)
    number = 0
    while True:
        number += 1
        batch, size = f"{name}.{number}", sizes.randint(1, 8)
        filler = bytes(sizes.randrange(6_000))
        entries = [Entry(f"{batch}:{i}:{size}:".encode() + filler, (batch.encode(),)) for i in range(size)]
        journal.append(position, entries)
        position += size
        print(batch, size, flush=True)


def singles(journal: SqliteJournal, name: str, count: int) -> int:
    """Entry data is ``name:number``; returns the number of conflicts."""
    position = conflicts = 0
    for number in range(count):
        while True:
            try:
                journal.append(position, [Entry(f"{name}:{number}".encode(), (name.encode(),))])
                break
            except Conflict:
                conflicts += 1
                position = last_position(journal, position)
        position += 1
    return conflicts


def openings(path: str, name: str) -> None:
    for line in sys.stdin:
        with SqliteJournal(f"{path}-{line.strip()}") as journal:
            singles(journal, name, 1)
        print("done", flush=True)


def last_position(journal: SqliteJournal, after: int = 0) -> int:
    while found := journal.read(after, 100):
        after = found[-1].position
    return after


if __name__ == "__main__":
    mode, path, name = sys.argv[1:4]
    print("ready", flush=True)
    if mode == "openings":
        openings(path, name)
    elif mode == "singles":
        sys.stdin.readline()
        with SqliteJournal(path) as journal:
            print(singles(journal, name, int(sys.argv[4])))
    else:
        with SqliteJournal(path) as journal:
            batches(journal, name)
