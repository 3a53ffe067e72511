"""Bodies of signals: write-once statements about a notice, and `Sync`.

A receipt, an acknowledgement and a dissemination are three different facts; none of them
means agreement. No signal is ever acknowledged.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from launchnotice.errors import Refused
from launchnotice.registry import DisseminatedTo, Kind, Place, Refusal, RejectionCode
from launchnotice.wire.bounds import MAX_PARTIES, MAX_SYNC_ITEMS
from launchnotice.wire.codecs import Array, Bool, Bytes, Enumeration, Instant
from launchnotice.wire.launch import remark
from launchnotice.wire.record import Nested, Record, field
from launchnotice.wire.streams import DIGEST, PARTY, Head, MandateVersion, Range


class Receipt(Record, open=True):
    """The bytes arrived: made by the machine, once, at the first authentic arrival."""

    subject: bytes = field(1, DIGEST, "message id of the notice or mandate")
    envelope: bytes = field(2, DIGEST, "SHA-256 of all its bytes")
    received: int = field(3, Instant(), "time of arrival by the receiver's clock")
    place: Place = field(4, Enumeration(Place), "the place that it took")
    readable: bool = field(5, Bool(), "whether the receiver could read its body")


class Acknowledgement(Record, open=True):
    """A duty officer has read the notice. Not a consent."""

    subject: bytes = field(1, DIGEST, "message id of the notice")
    remark: str | None = remark()


class Dissemination(Record, open=True):
    """The notice was passed on: to the early-warning authority, or by a relay to members.

    Norway 1995: received, and never passed on to those who watched the radars.
    """

    subject: bytes = field(1, DIGEST, "message id of the notice")
    to: DisseminatedTo = field(2, Enumeration(DisseminatedTo), "to whom")
    at: int | None = field(3, Instant(), "when", default=None)
    parties: tuple[str, ...] = field(
        4, Array(PARTY, 1, MAX_PARTIES), "codes of the members that it was sent to, ascending", default=()
    )
    remark: str | None = remark()

    def validate(self) -> Iterator[Refused]:
        """Parties ascend without repetition."""
        if list(self.parties) != sorted(self.parties):
            yield Refused(Refusal.UNSORTED, "parties: ascend")
        if len(set(self.parties)) < len(self.parties):
            yield Refused(Refusal.DUPLICATE_ENTRY, "parties: each once")


class Rejection(Record, open=True):
    """A duty officer disputes the notice; may follow an acknowledgement."""

    subject: bytes = field(1, DIGEST, "message id of the notice")
    code: RejectionCode = field(2, Enumeration(RejectionCode), "why")
    remark: str | None = remark()


class Sync(Record, open=True):
    """What its sender knows, what it wants again, and a challenge or the echo of one."""

    heads: tuple[Head, ...] = field(1, Array(Nested(Head), 0, MAX_PARTIES), "one for each stream known")
    mandates: tuple[MandateVersion, ...] = field(
        2, Array(Nested(MandateVersion), 0, MAX_PARTIES), "newest mandate of each party"
    )
    wanted: tuple[Range, ...] = field(3, Array(Nested(Range), 1, 1), "notices wanted again", default=())
    nonce: bytes | None = field(4, Bytes(16), "challenge", default=None)
    echo: bytes | None = field(5, Bytes(16), "the nonce that this answers", default=None)
    signals: tuple[bytes, ...] = field(
        6, Array(DIGEST, 1, MAX_SYNC_ITEMS), "message ids of the addressee's signals that arrived", default=()
    )

    def validate(self) -> None:
        """A wanted range does not end before it begins."""
        if any(span.last < span.first for span in self.wanted):
            raise Refused(Refusal.INCONSISTENT, "range ends before it begins")


BODIES: Final[dict[int, type[Record]]] = {
    Kind.RECEIPT: Receipt,
    Kind.ACKNOWLEDGEMENT: Acknowledgement,
    Kind.DISSEMINATION: Dissemination,
    Kind.REJECTION: Rejection,
    Kind.SYNC: Sync,
}
