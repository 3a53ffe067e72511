"""What a journal says, read by a process that knows nothing else.

``python -m launchnotice.cli.demo.readback DESCRIPTOR PARTY JOURNAL ANCHOR`` prints the facts as JSON.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from launchnotice import Channel, Endpoint, Event, LaunchnoticeError, UsageError, registry
from launchnotice.journal.anchor import FileAnchor
from launchnotice.journal.sqlite import SqliteJournal
from launchnotice.registry import EventCode, Kind, KindClass

_STEPS: Final = {
    Kind.RECEIPT: "received",
    Kind.ACKNOWLEDGEMENT: "acknowledged",
    Kind.REJECTION: "rejected",
}


def facts(endpoint: Endpoint, now: int) -> dict[str, Any]:
    """The facts that two sides of an exchange can compare, as JSON values."""
    events = endpoint.events(0)
    health = endpoint.health(now)
    return {
        "channel": endpoint.channel.id.hex(),
        "party": endpoint.party,
        "restored": health.restored,
        "epoch": health.epoch[0],
        "mandates": health.mandates,
        "nothing owed": not any(endpoint.pending(code) for code in endpoint.channel.parties),
        "notices": {notice.hex(): _notice(endpoint, notice) for notice in _notices(events)},
        "envelopes": {_name(event): _digest(event.data) for event in events if event.data},
    }


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Where the facts of two sides contradict each other; nothing if they agree."""
    found = [f"{side['party']}: something is still owed" for side in (one, other) if not side["nothing owed"]]
    found += [f"{side['party']}: the journal was restored" for side in (one, other) if side["restored"]]
    found += [
        f"{part} differ"
        for part in ("channel", "mandates", "notices")
        if one[part] != other[part] or not one[part]
    ]
    here, there = one["envelopes"], other["envelopes"]
    found += [
        f"envelope {name} differs" for name in sorted(here.keys() & there.keys()) if here[name] != there[name]
    ]
    found += [f"envelope {name} is on one side only" for name in sorted(here.keys() ^ there.keys())]
    return found


def main(arguments: Iterable[str]) -> int:
    """Print the facts of one journal; 1 and a line on the error stream if it cannot be read."""
    descriptor, party, path, anchor = arguments
    try:
        channel = Channel.load(Path(descriptor).read_bytes())
        with SqliteJournal(path) as journal:
            endpoint = Endpoint.open(channel, party, journal, 0, anchor=FileAnchor(anchor))
            print(json.dumps(facts(endpoint, 0), indent=1))
    except (LaunchnoticeError, OSError) as error:
        print(f"readback: {error}", file=sys.stderr)
        return 1
    return 0


def _notices(events: Iterable[Event]) -> list[bytes]:
    """Ids of all notices, one's own and peers', in journal order."""
    codes = (EventCode.NOTICE, EventCode.RESERVED)
    notices = [event.subject for event in events if event.code in codes and not _is_signal(event.kind)]
    return list(dict.fromkeys(notices))


def _notice(endpoint: Endpoint, notice: bytes) -> dict[str, Any]:
    """What both sides must say of a notice in the same words."""
    try:
        view = endpoint.exchange(notice)
    except UsageError:
        return {"sender": "unknown"}
    deliveries = {party: registry.label(state) for party, state in view.deliveries.items()}
    if not deliveries:
        stated = [_STEPS[Kind(s.kind)] for s in view.signals if s.party == endpoint.party]
        deliveries = {endpoint.party: max(stated, key=list(_STEPS.values()).index, default="pending")}
    return {
        "sender": view.sender,
        "kind": view.kind,
        "seq": view.seq,
        "place": registry.label(view.place),
        "disputed": view.disputed,
        "deliveries": deliveries,
        "envelope": _digest(view.data),
    }


def _is_signal(kind: int) -> bool:
    row = registry.kind_row(kind)
    return row is not None and row.kind_class is KindClass.SIGNAL


def _name(event: Event) -> str:
    """What an envelope is, in words that both sides use: whose, its kind, and about what."""
    return f"{event.party} {event.kind} {event.subject.hex()}"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
