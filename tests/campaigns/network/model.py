"""What was authorised, signed, released and shown: a model that knows bytes and sets, and no table.

Messages are read here with a decoder of their own, so that the library cannot mislead its test.
Identifiers are those of the specification: SHA-256 of ``["LNP/1", header, payload]``.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

import cbor2

from tests.campaigns.failures import Violation

Epoch: TypeAlias = tuple[int, bytes]
RECEIPT, ACKNOWLEDGEMENT, REJECTION, SYNC = 80, 81, 83, 84
LAST_CHAINED, LAST_NOTICE = 63, 79
MANDATE = 0


class Seen(NamedTuple):
    """What bytes say: of a message, or of a mandate (kind 0)."""

    id: bytes
    sender: str
    kind: int
    mandate: bytes
    epoch: Epoch
    seq: int
    prev: bytes
    subject: bytes
    to: str
    wanted: tuple[tuple[str, Epoch], ...]
    challenge: bool

    @property
    def is_notice(self) -> bool:
        """Whether it is a notice, chained or not."""
        return 0 < self.kind <= LAST_NOTICE

    @property
    def place(self) -> object:
        """What its system key may sign once: a position, a write-once statement, or itself."""
        if self.kind <= LAST_CHAINED:
            return ("position", self.epoch, self.seq)
        if self.kind <= LAST_NOTICE:
            return ("emergency", self.id)
        return ("statement", self.epoch, self.kind, self.subject)


def read(data: bytes) -> Seen:
    """What an envelope says; raises whatever the decoder raises if it is none."""
    header, _, payload, _ = cbor2.loads(data).value
    return read_payload(header, payload)


@lru_cache(maxsize=65_536)
def read_payload(header: bytes, payload: bytes) -> Seen:
    """What is signed."""
    raw: Any = cbor2.loads(payload)
    name = hashlib.sha256(cbor2.dumps(["LNP/1", header, payload])).digest()
    if 5 not in raw:  # a mandate has no kind
        return Seen(name, raw[2], MANDATE, b"", (0, b""), 0, b"", b"", "", (), challenge=False)
    body = raw[7]
    epoch = (raw[8][1], raw[8][2])
    subject = body.get(1, b"") if LAST_NOTICE < raw[5] < SYNC else b""
    spans = body.get(3, ()) if raw[5] == SYNC else ()
    wanted = tuple((span[1], (span[2][1], span[2][2])) for span in spans)
    return Seen(
        name,
        raw[2],
        raw[5],
        raw[3],
        epoch,
        raw.get(9, 0),
        raw.get(10, b""),
        subject,
        raw.get(14, ""),
        wanted,
        challenge=raw[5] == SYNC and 4 in body,
    )


class Model:
    """What is known of all parties together.

    Attributes:
        meant: ids that the officers of a party signed, with that party. `stated`: (party, kind, subject).
        ever: all bytes that a party released, with that party. `bytes_of`: the bytes of each id.
        signed: what each system key signed at each place. `forked`: parties that said two things.
    """

    def __init__(self) -> None:
        self.meant: dict[bytes, str] = {}
        self.stated: set[tuple[str, int, bytes]] = set()
        self.ever: dict[bytes, str] = {}
        self.bytes_of: dict[bytes, bytes] = {}
        self.signed: dict[tuple[str, object], set[bytes]] = {}
        self.signed_ids: dict[bytes, Seen] = {}
        self.forked: set[str] = set()

    # What happens ------------------------------------------------------------------------

    def officers_signed(self, party: str, message: Seen) -> None:
        """A draft was signed by the officers that it needs."""
        self.meant[message.id] = party
        if message.subject:
            self.stated.add((party, message.kind, message.subject))

    def system_signs(self, party: str, message: Seen) -> None:
        """A system key is asked to sign; one place, one id, ever."""
        if message.kind == SYNC:
            return
        self.signed_ids[message.id] = message
        at = self.signed.setdefault((party, message.place), set())
        at.add(message.id)
        if len(at) > 1 and party not in self.forked:
            raise Violation("signed-twice", f"{party} signs {len(at)} ids at {message.place}")
        if message.kind != RECEIPT and self.meant.get(message.id) != party:
            raise Violation("unauthorised", f"{party} signs what no officer signed, kind {message.kind}")

    def released(self, party: str, data: bytes, message: Seen) -> None:
        """Bytes left an endpoint: its own, or another's that it hands on."""
        known = self.bytes_of.setdefault(message.id, data)
        if known != data:
            raise Violation("altered", f"{party} releases other bytes of kind {message.kind}")
        if message.sender == party:
            self.ever.setdefault(data, party)
        elif data not in self.ever:
            raise Violation("altered", f"{party} hands on what {message.sender} never released")

    # What is asked -----------------------------------------------------------------------

    def check_shown(self, party: str, sender: str, subject: bytes, data: bytes) -> None:
        """P1: a notice that is shown was authorised by its sender, and is what the sender released."""
        if self.meant.get(subject) != sender:
            raise Violation("unauthorised", f"{party} shows a notice that {sender} did not authorise")
        if data and self.ever.get(data) != sender:
            raise Violation("altered", f"{party} shows bytes that {sender} never released")
        if data and read(data).id != subject:
            raise Violation("altered", f"{party} shows bytes under another id")

    def check_fact(self, party: str, sender: str, kind: int, subject: bytes) -> None:
        """A signal that is shown was made by the party that it names, about that notice."""
        made = any(
            (one.sender, one.kind, one.subject) == (sender, kind, subject)
            for one in (self.signed_ids[i] for i in self._at(sender, kind, subject))
        )
        if not made:
            raise Violation("false-delivery", f"{party} counts kind {kind} that {sender} never made")

    def has_stated(self, party: str, kind: int, subject: bytes) -> bool:
        """Whether a party's system ever signed a statement of that kind about a notice."""
        return bool(self._at(party, kind, subject))

    def has_forked(self, party: str) -> bool:
        """Whether a party said two things at one place."""
        return any(len(ids) > 1 for (who, _), ids in self.signed.items() if who == party)

    def _at(self, party: str, kind: int, subject: bytes) -> set[bytes]:
        found: set[bytes] = set()
        for (who, place), ids in self.signed.items():
            statement = isinstance(place, tuple) and place[0] == "statement" and place[2:] == (kind, subject)
            if who == party and statement:
                found |= ids
        return found
