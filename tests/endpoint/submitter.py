"""A node of its own process: announces, receives and polls on a journal that another node shares.

Arguments: journal, number of notices, first launch count. Prints the id of each notice that it submitted.
"""

from __future__ import annotations

import sys

from launchnotice import Endpoint, Stale
from launchnotice.journal.anchor import MemoryAnchor
from launchnotice.journal.sqlite import SqliteJournal
from launchnotice.registry import EventCode
from tests.support import NOW, launch, sign
from tests.support.forge import chain
from tests.support.template import Template, template

OFFICERS = ("officer-1", "officer-2")


def opened(made: Template, journal: SqliteJournal) -> Endpoint:
    endpoint = Endpoint.open(
        made.channel, "US", journal, NOW, anchor=MemoryAnchor(), system=made.centres["US"].keys["system"]
    )
    endpoint._ledger.restored = False  # a second node, whose anchor would be a copy of the first's
    return endpoint


def main(path: str, count: int, first: int) -> None:
    made = template()
    incoming = chain(made.forger("RU"), count)
    with SqliteJournal(path, busy_timeout=60) as journal:
        endpoint = opened(made, journal)
        for number in range(count):
            draft = sign(endpoint, made.centres["US"], launch(launch_count=first + number), NOW, OFFICERS)
            while True:
                try:
                    step = endpoint.submit(draft, NOW)
                    break
                except Stale:
                    draft = sign(
                        endpoint, made.centres["US"], launch(launch_count=first + number), NOW, OFFICERS
                    )
            assert not [event for event in step.events if event.code is EventCode.FORK]
            assert endpoint.receive(incoming[number].data, NOW).refusal is None
            endpoint.poll(NOW)
            sys.stdout.write(draft.id.hex() + "\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
