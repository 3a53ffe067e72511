"""What is said, whether its signatures are there already or not."""

from __future__ import annotations

from typing import Protocol

from launchnotice.registry import KindRow
from launchnotice.wire.message import Payload, Signer
from launchnotice.wire.record import Record


class Said(Protocol):
    """What findings look at: a `Message`, or the `Review` of a draft that is not signed in full."""

    @property
    def id(self) -> bytes:
        """Message id, 32 bytes."""

    @property
    def payload(self) -> Payload:
        """What is signed."""

    @property
    def row(self) -> KindRow:
        """The registry's row of its kind."""

    @property
    def body(self) -> Record | None:
        """The record of its kind, or None if it cannot be read."""

    @property
    def signers(self) -> tuple[Signer, ...]:
        """The identities that sign."""
