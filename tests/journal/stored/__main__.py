"""Store a journal as this version leaves it: ``python -m tests.journal.stored``.

It writes `format-N.sqlite`, a journal of the US, and `format-N.json`: the channel's descriptor, the
same entries as they stand, what the anchor holds, and facts that the endpoint told before it closed.
N is the format of the entries. Files of an earlier N are made by that version and stay as they are.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from launchnotice.core import entries
from launchnotice.journal.anchor import FileAnchor
from launchnotice.journal.sqlite import SqliteJournal
from launchnotice.wire.signals import Acknowledgement
from tests.support import NOW, launch, make_centre, make_channel, make_mandate, open_endpoint, settle, state

FOLDER = Path(__file__).parent
OFFICERS = ("officer-1", "officer-2")


def main() -> None:
    """A launch that is acknowledged, and a notice of the peer that waits behind a gap."""
    us, ru = make_centre("US"), make_centre("RU")
    channel = make_channel([us, ru])
    mandates = [make_mandate(channel, us), make_mandate(channel, ru)]
    stored = FOLDER / f"format-{entries.FORMAT}.sqlite"
    stored.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as folder, SqliteJournal(stored) as journal:
        anchor = FileAnchor(Path(folder) / "anchor")
        ours = open_endpoint(channel, us, journal, anchor, mandates)
        theirs = open_endpoint(channel, ru, mandates=mandates)
        settle([ours, theirs], NOW)
        sent = state(ours, us, launch(), NOW, OFFICERS)
        subject = next(event.subject for event in sent.events)
        settle([ours, theirs], NOW, sent.sends)
        read = state(theirs, ru, Acknowledgement(subject=subject), NOW)
        settle([ours, theirs], NOW, read.sends)
        state(theirs, ru, launch(launch_count=2), NOW, OFFICERS)
        late = state(theirs, ru, launch(launch_count=3), NOW, OFFICERS)
        for send in late.sends:
            ours.receive(send.data, NOW)
        ours.poll(NOW)
        rows = journal.read(0, 1_000)
        health, mark = ours.health(NOW), anchor.load()
        assert mark is not None
        told = {
            "format": entries.FORMAT,
            "descriptor": channel.data.hex(),
            "entries": [row.data.hex() for row in rows],
            "anchor": [mark[0], mark[1].hex()],
            "launch": subject.hex(),
            "delivered": ours.exchange(subject).deliveries["RU"].name,
            "health": {
                "position": health.position,
                "epoch": [health.epoch[0], health.epoch[1].hex()],
                "mandates": health.mandates,
                "gaps": health.gaps,
                "open_exchanges": health.open_exchanges,
            },
            "events": [[event.position, event.code.value] for event in ours.events(0)],
        }
    stored.with_suffix(".json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
