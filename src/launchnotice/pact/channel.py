"""Channels: the descriptor that never changes, its id, and the policy that it sets.

- The channel id is the SHA-256 of the descriptor's bytes; every message carries it, so two
  parties that differ in one constant find out at once.
- The descriptor comes out of band; people compare its id.
- A descriptor that cannot be satisfied is refused when made and when read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Self

from launchnotice.errors import Refused, UsageError
from launchnotice.pact.agreement import Agreement
from launchnotice.pact.judge import Judge
from launchnotice.registry import (
    SPEC_VERSION,
    SUITE_ALGORITHMS,
    Algorithm,
    ContentType,
    KindRow,
    Owed,
    Policy,
    Refusal,
    Role,
    Suite,
    Usage,
)
from launchnotice.wire import cbor
from launchnotice.wire.bounds import MAX_DESCRIPTOR, MAX_IDENTITIES, MAX_LABEL, MAX_PARTIES, MAX_SIGNERS
from launchnotice.wire.codecs import Array, Bool, Bytes, Enumeration, Int, Text, wrong_type
from launchnotice.wire.digest import sha256
from launchnotice.wire.keys import Signer as KeySigner
from launchnotice.wire.message import Signer
from launchnotice.wire.record import Nested, Record, field
from launchnotice.wire.streams import DIGEST, PARTY

_YEAR: Final = 31_622_400


class Party(Record):
    """A party of a channel: all its keys but the authority's thumbprints come in its mandates."""

    code: str = field(1, PARTY, "its code, such as an ISO 3166 code")
    threshold: int = field(2, Int(1, MAX_SIGNERS), "authority identities that must sign its mandates")
    authority: tuple[bytes, ...] = field(
        3, Array(Bytes(32), 1, 2 * MAX_SIGNERS), "thumbprints of its authority keys, ascending"
    )
    owes: Owed = field(4, Enumeration(Owed), "what it owes for a notice", default=Owed.ACKNOWLEDGEMENT)

    def validate(self) -> None:
        """Thumbprints ascend, so that a set of keys has one spelling."""
        if list(self.authority) != sorted(self.authority):
            raise Refused(Refusal.UNSORTED, "authority thumbprints ascend")


class Descriptor(Record):
    """What the parties of a channel agreed on."""

    protocol: str = field(1, Text(16), "protocol version, LNP/1")
    name: str = field(2, Text(MAX_LABEL), "what people call the channel")
    suite: Suite = field(3, Enumeration(Suite), "signature suite")
    exercise: bool = field(4, Bool(), "whether its traffic is exercise traffic")
    agreement: Agreement = field(5, Nested(Agreement), "the agreement it serves, whole")
    parties: tuple[Party, ...] = field(6, Array(Nested(Party), 2, MAX_PARTIES), "its parties, by code")
    officers: int = field(7, Int(1, MAX_SIGNERS - 1), "officers who sign what announces or undoes", default=2)
    receipt_within: int = field(8, Int(1, _YEAR), "seconds until a receipt is overdue", default=900)
    acknowledge_within: int = field(
        9, Int(1, _YEAR), "seconds until an acknowledgement is overdue", default=7_200
    )
    unconfirmed_epochs: int = field(10, Int(1, 64), "unconfirmed epochs before an alarm", default=4)
    predecessor: bytes | None = field(11, DIGEST, "channel id that this one succeeds", default=None)
    reply_within: int | None = field(
        12, Int(1, _YEAR), "seconds until a reply is overdue, if the agreement sets no time", default=None
    )
    report_within: int | None = field(
        13, Int(1, _YEAR), "the same of a launch report, after the last window", default=None
    )

    def validate(self) -> None:
        """Parties are distinct and sorted, no thumbprint occurs twice, thresholds and rules can be met."""
        if self.protocol != SPEC_VERSION:
            raise Refused(Refusal.UNKNOWN_VALUE, f"protocol: expected {SPEC_VERSION}")
        codes = [party.code for party in self.parties]
        if codes != sorted(set(codes)):
            raise Refused(Refusal.UNSORTED, "party codes ascend without repetition")
        prints = [kid for party in self.parties for kid in party.authority]
        if len(set(prints)) != len(prints):
            raise Refused(Refusal.DUPLICATE_ENTRY, "a thumbprint occurs once")
        self._check_thresholds()
        bound = {party for rule in self.agreement.rules for party in rule.parties}
        if not bound.issubset(codes):
            raise Refused(
                Refusal.UNSATISFIABLE, f"agreement: a rule for a party other than {', '.join(codes)}"
            )

    def _check_thresholds(self) -> None:
        keys = len(SUITE_ALGORITHMS[self.suite])
        for party in self.parties:
            identities, rest = divmod(len(party.authority), keys)
            if rest or party.threshold > identities:
                raise Refused(
                    Refusal.UNSATISFIABLE, f"{identities} authority identities, threshold {party.threshold}"
                )
            if identities + self.officers + 1 > MAX_IDENTITIES:
                raise Refused(Refusal.UNSATISFIABLE, f"no mandate holds {identities} authority identities")


class Channel:
    """A descriptor with its id.

    Attributes:
        descriptor: what was agreed. `data`: its exact bytes. `id`: their SHA-256, 32 bytes.
        parties: the parties by code. `algorithms`: those of the suite, in order.
        content_type: the COSE `typ` of its messages. `judge`: what the agreement has to say of a notice.
    """

    __slots__ = ("algorithms", "content_type", "data", "descriptor", "id", "judge", "parties")

    def __init__(self, descriptor: Descriptor) -> None:
        self.descriptor = descriptor
        self.data = cbor.encode(descriptor.dump())
        if len(self.data) > MAX_DESCRIPTOR:
            raise UsageError(Usage.BAD_VALUE, f"descriptor: at most {MAX_DESCRIPTOR} bytes")
        self.id = sha256(self.data)
        self.parties = {party.code: party for party in descriptor.parties}
        self.algorithms: tuple[Algorithm, ...] = SUITE_ALGORITHMS[descriptor.suite]
        self.judge = Judge(descriptor.agreement)
        self.content_type = ContentType.EXERCISE if descriptor.exercise else ContentType.MESSAGE

    def check_keys(self, keys: Iterable[KeySigner]) -> None:
        """No key serves an exercise and what is real; raises `UsageError` (`exercise`)."""
        exercise = self.descriptor.exercise
        if any(key.exercise is not exercise for key in keys):
            sides = ("the key is for exercises", "the channel is real")
            if exercise:
                sides = ("the channel is an exercise", "the key is not made for one")
            raise UsageError(Usage.EXERCISE, ", ".join(sides))

    @classmethod
    def load(cls, data: bytes) -> Self:
        """The channel of a descriptor's bytes; raises `Refused`."""
        raw = cbor.decode(data, MAX_DESCRIPTOR)
        if type(raw) is not dict:
            raise wrong_type("map", raw)
        channel = cls(Descriptor.load(raw))
        if channel.data != data:
            # An optional field that spells out its default: one meaning must have one id.
            raise Refused(Refusal.NOT_DETERMINISTIC, "a field that has its default value is left out")
        return channel

    def others(self, code: str) -> list[str]:
        """Codes of all parties but that one."""
        return [party for party in self.parties if party != code]

    def accept(self, row: KindRow, signers: tuple[Signer, ...]) -> None:
        """Apply the policy row of a kind to the identities that sign (spec section 4.5).

        Raises:
            Refused: `wrong-role` or `threshold`.
        """
        officers, systems = 0, 0
        for signer in signers:
            if signer.role is Role.OFFICER:
                officers += 1
            elif signer.role is Role.SYSTEM:
                systems += 1
            else:
                raise Refused(Refusal.WRONG_ROLE, "an authority signs mandates alone")
        if systems != 1:
            raise Refused(Refusal.THRESHOLD, f"expected exactly one system, got {systems}")
        self.accept_officers(row, officers)

    def accept_officers(self, row: KindRow, officers: int) -> None:
        """The policy's part that a draft can be held to before the system has signed."""
        needed = self.descriptor.officers if row.policy is Policy.ANNOUNCE else _OFFICERS[row.policy]
        if officers < needed:
            raise Refused(Refusal.THRESHOLD, f"expected at least {needed} officers, got {officers}")
        if row.policy is Policy.MACHINE and officers:
            raise Refused(Refusal.WRONG_ROLE, "the system signs alone")

    def __repr__(self) -> str:
        return f"<Channel {self.id.hex()[:16]}>"


_OFFICERS: Final = {Policy.EMERGENCY: 1, Policy.DESK: 1, Policy.MACHINE: 0}
