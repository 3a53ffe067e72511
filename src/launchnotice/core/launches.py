"""Launches: drawn from the notices of a thread, whatever the order in which they came (spec section 7.4)."""

from __future__ import annotations

from typing import Final, TypeAlias

from launchnotice.core.entries import Accepted, EpochKey, Inherited, Reserved, Returned, thread_key
from launchnotice.core.exchange import Exchange
from launchnotice.core.references import thread as thread_of
from launchnotice.core.state import State
from launchnotice.core.tables import LAUNCH
from launchnotice.pact.agreement import Agreement
from launchnotice.pact.findings import Finding
from launchnotice.pact.judge import with_window
from launchnotice.registry import FindingCode, Kind, LaunchPhase, Place
from launchnotice.registry.namedtuples import NamedTuple
from launchnotice.wire.launch import Amendment, LaunchNotification, Window, WindowExtension
from launchnotice.wire.message import recall

NOTICES: Final = (Accepted, Reserved, Returned, Inherited)
"""Entries under whose id a notice is filed."""
VERSIONS: Final = (Kind.AMENDMENT, Kind.WINDOW_EXTENSION)
"""Kinds that make another version of a launch."""


_Span: TypeAlias = tuple[int, int]
"""Seconds ``[start, end)``."""


class Launch(NamedTuple):
    """How a launch stands.

    Attributes:
        phase: how it stands. `version`: 1, and one more with each amendment and window extension.
        newest: id of the notice that made that version.
        notification: what holds; `extended`: the window that holds instead of the notification's, if any.
        notices: ids of the notices that count, the notification first, in the order of the stream.
    """

    phase: LaunchPhase
    version: int
    newest: bytes
    notification: LaunchNotification
    extended: Window | None
    notices: tuple[bytes, ...]


def launch(state: State, exchange: Exchange, before: tuple[EpochKey, int] | None = None) -> Launch | None:
    """The launch that a notice begins; None if it is no launch notification that can be read.

    Args:
        state: what is known. `exchange`: the notice.
        before: epoch and sequence number; what stands there or later is left out.
    """
    body = recall(exchange.data).body if exchange.data and exchange.kind == Kind.LAUNCH else None
    if not isinstance(body, LaunchNotification):
        return None
    found = Launch(LaunchPhase.ANNOUNCED, 1, exchange.id, body, None, (exchange.id,))
    for one in _counted(state, exchange):
        if before is not None and one.seq and not one.inherited and (one.epoch, one.seq) >= before:
            continue
        if _retracted(state, one):
            # Nothing of it holds, but its number was spoken of, and is not given again.
            found = found._replace(version=found.version + (one.kind in VERSIONS))
            continue
        phase = LAUNCH.get((found.phase, Kind(one.kind)), found.phase)
        found = found._replace(phase=phase, notices=(*found.notices, one.id))
        said = recall(one.data).body
        if isinstance(said, Amendment):
            found = found._replace(notification=said.notification, extended=None)
        elif isinstance(said, WindowExtension):
            found = found._replace(extended=said.window)
        else:
            continue
        found = found._replace(version=found.version + 1, newest=one.id)
    return found


def held(found: Launch) -> LaunchNotification:
    """What holds of a launch, with the window of an extension in its place."""
    return found.notification if found.extended is None else with_window(found.notification, found.extended)


def spans(state: State, found: Launch) -> tuple[_Span, ...]:
    """When a launch may take place: the span that holds and the backups after it; empty if not known."""
    return spans_of(state.channel.descriptor.agreement, held(found))


def spans_of(agreement: Agreement, held: LaunchNotification) -> tuple[_Span, ...]:
    """The same of what holds of a launch; its agreement gives a named date its span."""
    span = agreement.validity(Kind.LAUNCH, held)
    backups = ((window.start, window.end) for window in held.backup_windows)
    return (span, *backups) if span else ()


def is_over(state: State, exchange: Exchange, now: int) -> bool:
    """Whether a notice announces a launch that was ended, or has lapsed in silence."""
    if exchange.kind not in (Kind.LAUNCH, *VERSIONS) or not exchange.data:
        return False
    root = state.exchange(launch_of(exchange))
    found = launch(state, root) if root is not None else None
    if found is None:
        return False
    known = spans(state, found)
    return found.phase is not LaunchPhase.ANNOUNCED or (bool(known) and now >= known[-1][1])


def launch_of(exchange: Exchange) -> bytes:
    """The id of the launch notification that a notice announces or is about."""
    return thread_of(exchange.kind, recall(exchange.data).body) or exchange.id


def thread(state: State, subject: Exchange) -> list[Exchange]:
    """What the sender of a notice said of it later and counts: in stream order, emergencies last."""
    return [one for one in _counted(state, subject) if not _retracted(state, one)]


def followers(state: State, subject: Exchange) -> list[Exchange]:
    """All notices that belong to the thread of a notice, whoever sent them and whether they count."""
    kept = state.find(thread_key(subject.id))
    named = dict.fromkeys(k.entry.id for k in kept if isinstance(k.entry, NOTICES))
    found = [one for one in map(state.exchange, named) if one is not None and one.data]
    return sorted(found, key=_order)


def _retracted(state: State, one: Exchange) -> bool:
    return one.kind != Kind.RETRACTION and any(x.kind == Kind.RETRACTION for x in _counted(state, one))


def _order(one: Exchange) -> tuple[bool, int, EpochKey, int, bytes]:
    return one.seq == 0, -one.inherited, one.epoch, one.seq, one.id


def stands(state: State, one: Exchange) -> bool:
    """Whether a notice can be read, counts and is not retracted, unless it is a retraction."""
    return bool(one.data) and one.readable and _counts(state, one) and not _retracted(state, one)


def _counted(state: State, subject: Exchange) -> list[Exchange]:
    """The notices of the same sender that belong to a notice's thread and count, retracted or not."""
    found = followers(state, subject)
    return [one for one in found if one.readable and one.sender == subject.sender and _counts(state, one)]


def is_disputed(state: State, one: Exchange) -> bool:
    """Whether two stories were told at or before a notice's position, or of its sender's keys."""
    # What was inherited stands as it stood there; its sender need not be a party here.
    stream = None if one.inherited else state.streams[one.sender].get(one.epoch)
    disputed = stream is not None and stream.disputed is not None and one.seq >= stream.disputed
    return disputed or bool(state.rivals.get(one.sender))


def _counts(state: State, one: Exchange) -> bool:
    """Not what is disputed on either branch or disowned, nor under a mandate replaced too long ago."""
    if one.outside is FindingCode.DISOWNED or is_disputed(state, one):
        return False
    codes = {Finding.load(raw).name for raw in one.findings}
    superseded = one.seq and FindingCode.SUPERSEDED_MANDATE in codes
    return not superseded and one.place is not Place.DISPUTED and FindingCode.WITHOUT_EFFECT not in codes
