"""Journal entries: what an endpoint decided, in the form in which it is kept.

- An entry's bytes are the SHA-256 of the entry before it (32 zero bytes for the first),
  then the deterministic encoding of ``[type, time, *fields]``.
- `keys` says under what an entry is looked up again.
- Entries carry findings and times as they were decided: a later version folds an old
  journal to what was decided then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from launchnotice.errors import Corrupt, Refused
from launchnotice.registry import Kind
from launchnotice.registry.namedtuples import NamedTuple
from launchnotice.wire import cbor
from launchnotice.wire.digest import sha256

FORMAT: Final = 2
"""Format of the journal's entries; another one is refused when a journal is opened."""
GENESIS: Final = bytes(32)
MAX_ENTRY: Final = 1_048_576
"""A mandate or a message with its findings; nothing that is journalled comes near it."""

EpochKey: TypeAlias = tuple[int, bytes]
"""An epoch as a key: number and 16 random bytes. Tuples order as epochs do."""


class Opened(NamedTuple):
    """The journal belongs to this party's side of this channel."""

    format: int
    channel: bytes
    party: str


class Mandated(NamedTuple):
    """A verified mandate, one's own or a peer's."""

    id: bytes
    party: str
    version: int
    data: bytes


class EpochOpened(NamedTuple):
    """One's own new epoch, and the one before it."""

    number: int
    random: bytes
    reason: int


class Reserved(NamedTuple):
    """A payload that may be signed by the system: the position or write-once key is taken."""

    id: bytes
    kind: int
    number: int
    random: bytes
    seq: int  # 0 for a signal
    subject: bytes  # empty for a notice
    thread: bytes  # the notice to whose thread a notice belongs; empty if it begins its own
    to: str  # empty for a notice
    told: list[Any]  # heads of other streams that it tells, as [party, number, random, contiguous, highest]
    draft: bytes


class Sealed(NamedTuple):
    """The final bytes of what was reserved."""

    id: bytes
    kind: int
    subject: bytes
    to: str
    data: bytes


class Accepted(NamedTuple):
    """A peer's notice took its place (`registry.Place`)."""

    id: bytes
    sender: str
    number: int
    random: bytes
    seq: int
    prev: bytes
    kind: int
    thread: bytes  # as in `Reserved`
    place: int
    readable: bool
    version: int  # of the mandate
    findings: list[Any]
    shown: bool  # False if its id was noted before, and it was shown then
    data: bytes


class Drained(NamedTuple):
    """A held notice joined the chain when the gap before it closed."""

    id: bytes
    sender: str
    number: int
    random: bytes
    seq: int
    findings: list[Any]  # what its place shows that its arrival did not


class Noted(NamedTuple):
    """Only the id of a notice beyond the bounds of holding; `last` if no further one is noted."""

    id: bytes
    sender: str
    number: int
    random: bytes
    seq: int
    last: bool


class Fact(NamedTuple):
    """A peer's signal about a notice or mandate of ours."""

    id: bytes
    sender: str
    number: int
    random: bytes
    kind: int
    subject: bytes
    findings: list[Any]
    data: bytes


class Forked(NamedTuple):
    """Two notices of one sender imply different ids for one position: from it, the epoch is disputed."""

    sender: str
    number: int
    random: bytes
    seq: int
    one: bytes
    other: bytes
    proof: list[bytes]  # ids of the two notices


class Ended(NamedTuple):
    """A mandate ends an epoch at the last notice that stands; our part of that branch goes to `seq`."""

    sender: str
    number: int
    random: bytes
    last: int
    seq: int
    head: bytes
    disputed: bool = False  # whether a dispute goes on, at a position of which is not known what stands there


class Stands(NamedTuple):
    """A disputed notice that a mandate says stands: it waits for the gap before it to close."""

    id: bytes
    sender: str
    number: int
    random: bytes
    seq: int
    prev: bytes
    version: int


class Outside(NamedTuple):
    """A notice that lies outside what stands: disowned by a mandate, or abandoned by its sender."""

    id: bytes
    sender: str
    disowned: bool


class Abandoned(NamedTuple):
    """A later epoch names a notice before this position as the last one of this epoch."""

    sender: str
    number: int
    random: bytes
    seq: int


class Returned(NamedTuple):
    """An own message that this journal does not hold came back: what a restore had lost."""

    id: bytes
    kind: int
    number: int
    random: bytes
    seq: int
    prev: bytes
    thread: bytes
    place: int
    subject: bytes  # of a signal
    to: str
    data: bytes


class Claimed(NamedTuple):
    """A peer names a notice of our current epoch that we do not hold."""

    party: str
    number: int
    random: bytes
    seq: int


class Synced(NamedTuple):
    """A member answered the challenge after a restore, with the head of its own stream.

    Without `answer` it went on in a new epoch since.
    """

    party: str
    number: int
    random: bytes
    seq: int
    answer: bool


class Trusted(NamedTuple):
    """The host compared a peer's newest mandate out of band."""

    id: bytes
    party: str


class Rival(NamedTuple):
    """A verified mandate beside the chain of its party, which has another one of that version."""

    id: bytes
    party: str
    version: int
    data: bytes


class Inherited(NamedTuple):
    """A notice of the channel's predecessor, as it stood there: what later notices here may name."""

    id: bytes
    sender: str  # empty if it is ours
    kind: int
    number: int
    random: bytes
    seq: int
    thread: bytes  # as in `Reserved`
    place: int
    readable: bool
    outside: str  # a code of findings, if it does not stand; else empty
    findings: list[Any]
    generation: int  # 1 if it is of the predecessor, 2 of that one's predecessor
    since: int  # when it was journalled there
    data: bytes
    fired: Sequence[Any] = ()  # what was told there of what others owe for it
    reminded: Sequence[Any] = ()  # likewise, of its windows


class Voided(NamedTuple):
    """Our signals about a notice may count for nothing, and its sender waits: they are due anew."""

    id: bytes
    kinds: list[Any]  # of signals, as numbers


class Reminded(NamedTuple):
    """The host was reminded of a launch, so many seconds before a window of it opens."""

    id: bytes
    party: str
    start: int
    before: int


class Succeeded(NamedTuple):
    """The successor channel has taken over what was journalled up to a position, and what is owed for it."""

    channel: bytes
    position: int


class Fired(NamedTuple):
    """A deadline passed: `owed` (`registry.Debt`) by `party`, at this multiple of its time."""

    id: bytes
    party: str
    owed: int
    multiple: int


class Listed(NamedTuple):
    """The sender of a notice says that it holds our signal about it."""

    id: bytes
    subject: bytes
    party: str


class Confirmed(NamedTuple):
    """The host has events up to this position safe."""

    position: int


Entry: TypeAlias = (
    Opened
    | Mandated
    | EpochOpened
    | Reserved
    | Sealed
    | Accepted
    | Drained
    | Noted
    | Fact
    | Forked
    | Ended
    | Outside
    | Abandoned
    | Returned
    | Claimed
    | Synced
    | Trusted
    | Rival
    | Voided
    | Inherited
    | Fired
    | Listed
    | Reminded
    | Stands
    | Succeeded
    | Confirmed
)

_TYPES: Final[dict[int, Any]] = {
    1: Opened,
    2: Mandated,
    3: EpochOpened,
    4: Reserved,
    5: Sealed,
    6: Accepted,
    7: Drained,
    8: Noted,
    9: Fact,
    10: Forked,
    11: Fired,
    12: Confirmed,
    13: Ended,
    14: Outside,
    15: Abandoned,
    16: Returned,
    17: Claimed,
    18: Synced,
    19: Trusted,
    20: Rival,
    21: Voided,
    22: Listed,
    23: Inherited,
    24: Reminded,
    25: Stands,
    26: Succeeded,
}
_NUMBERS: Final = {record: number for number, record in _TYPES.items()}


class Kept(NamedTuple):
    """A decoded entry with its position, the time of its decision and the digest of its bytes."""

    position: int
    time: int
    digest: bytes
    entry: Entry


def encode(prev: bytes, time: int, entry: Entry) -> bytes:
    """The bytes of an entry that follows the entry with that digest."""
    return prev + cbor.encode([_NUMBERS[type(entry)], time, *entry])


def digest(data: bytes) -> bytes:
    """What the next entry and the anchor name this one by: 32 bytes."""
    return sha256(data)


def decode(position: int, data: bytes) -> Kept:
    """The entry of stored bytes; raises `Corrupt`."""
    try:
        raw = cbor.decode(data[len(GENESIS) :], MAX_ENTRY)
        match raw:
            case [int(number), int(time), *fields] if number in _TYPES:
                return Kept(position, time, digest(data), _TYPES[number](*fields))
    except (Refused, TypeError):
        pass
    raise Corrupt(f"journal entry {position}: not an entry of format {FORMAT}")


def keys(entry: Entry) -> tuple[bytes, ...]:
    """The look-up keys of an entry."""
    match entry:
        case Accepted() | Inherited():
            return _placed(entry, entry.sender) + _threaded(entry, entry.sender)
        case Noted():
            return _placed(entry, entry.sender)
        case Reserved(subject=b"") | Returned(subject=b""):
            return _placed(entry, "") + _threaded(entry, "")
        case Reserved() | Returned() | Sealed() | Fact() | Listed():
            return (entry.id, entry.subject) if entry.subject else (entry.id,)
        case Mandated() | Rival() | Voided() | Drained() | Fired() | Reminded() | Outside() | Stands():
            return (entry.id,)
        case _:
            return ()


def _placed(entry: Accepted | Noted | Reserved | Returned | Inherited, sender: str) -> tuple[bytes, ...]:
    if isinstance(entry, Inherited):
        return (entry.id,)  # it has no place in this channel's streams
    if not entry.seq:
        return entry.id, emergency_key(sender)
    return entry.id, position_key(sender, (entry.number, entry.random), entry.seq)


def _threaded(entry: Accepted | Reserved | Returned | Inherited, sender: str) -> tuple[bytes, ...]:
    if entry.thread:
        return (thread_key(entry.thread),)
    return (unannounced_key(sender),) if entry.kind == Kind.LAUNCH_REPORT else ()


def thread_key(notice: bytes) -> bytes:
    """The key of the notices that belong to the thread of a notice."""
    return b"thread/" + notice


def emergency_key(sender: str) -> bytes:
    """The key of a party's emergency notices, which have no position; one's own have an empty sender."""
    return b"emergency/" + sender.encode()


def unannounced_key(sender: str) -> bytes:
    """The key of a party's reports of launches that were not notified; one's own have an empty sender."""
    return b"unannounced/" + sender.encode()


def position_key(sender: str, epoch: EpochKey, seq: int) -> bytes:
    """The key of a stream position; one's own stream has an empty sender."""
    return f"{sender}/{epoch[0]}/{seq}/".encode() + epoch[1]
