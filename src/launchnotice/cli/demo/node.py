"""A centre of the demonstration: an endpoint on its journal, its desks, and how it is told.

- Drafts reach a desk, and leave it, as bytes; the desk has the channel and the mandate alone.
- The system's signer can be *away*: it then answers "not yet" once, as a hardware signer does
  whose operator has not come.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeAlias

from launchnotice import (
    Channel,
    Draft,
    Endpoint,
    Event,
    PublicKey,
    Review,
    SigningKey,
    Step,
    UsageError,
    notices,
    registry,
    signals,
)
from launchnotice.ceremony import verify_mandates
from launchnotice.cli.demo.setting import Setting, Store
from launchnotice.render import text

Body: TypeAlias = notices.LaunchNotification | signals.Acknowledgement | signals.Rejection


class AwaySigner:
    """A signer that answers "not yet" for as many calls as `away` says."""

    def __init__(self, key: SigningKey) -> None:
        self._key, self.away = key, 0

    @property
    def key(self) -> PublicKey:
        """The public key."""
        return self._key.key

    @property
    def exercise(self) -> bool:
        """Whether the key is for exercises."""
        return self._key.exercise

    def sign(self, tbs: bytes) -> bytes | None:
        """The signature, or None: not yet."""
        if self.away:
            self.away -= 1
            return None
        return self._key.sign(tbs)


class Desk:
    """One officer's desk, in another room: it knows the channel, the mandate and its own keys."""

    def __init__(self, setting: Setting, code: str, label: str) -> None:
        self.channel = Channel.load(setting.descriptor)
        self.mandate = verify_mandates(self.channel, [setting.mandates[code]])
        self.label, self._keys = label, setting.keys[code][label]

    def review(self, data: bytes) -> Review:
        """A draft, checked against descriptor and mandate; raises `Refused`."""
        return Draft.load(data).review(self.channel, self.mandate)

    def sign(self, data: bytes) -> tuple[bytes, str]:
        """Review a draft and sign it: the draft with the signatures, and the text that was read.

        Raises:
            Refused: it is not what this desk may sign, or was changed on its way.
        """
        review = self.review(data)
        return review.sign(self._keys).data, text.review(review, self.channel)


class Node:
    """One party's endpoint, which can be closed and opened again.

    Attributes:
        code: the party. `endpoint`: as it is open now. `openings`: how often it was opened.
    """

    def __init__(self, setting: Setting, code: str, store: Store, now: int) -> None:
        self.code = code
        self._setting, self._store, self._epochs = setting, store, 0
        self._system = [AwaySigner(key) for key in setting.keys[code]["system"]]
        self.openings = 0
        self.endpoint = self._open(now)

    def reopen(self, now: int) -> None:
        """Close everything and open it again, as after a power cut."""
        self._store.close()
        self.endpoint = self._open(now)

    def close(self) -> None:
        """Close the store."""
        self._store.close()

    def send_signer_away(self, calls: int = 1) -> None:
        """The system's signer answers "not yet" to so many calls; 0: it is back."""
        self._system[0].away = calls

    def anchored(self) -> int:
        """The journal position that the anchor names, 0 if none."""
        mark = self._anchor.load()
        return mark[0] if mark else 0

    def draft(self, body: Body, now: int, officers: Sequence[str]) -> bytes:
        """A draft for the officers' desks."""
        return self.endpoint.draft(body, now, officers).data

    def submit(self, data: bytes, now: int) -> Step:
        """Hand in what came back from the desks."""
        return self.endpoint.submit(Draft.load(data), now)

    def state_of(self, notice: bytes) -> str:
        """In a few words, where a notice stands here; `-` if it is not known."""
        try:
            view = self.endpoint.exchange(notice)
        except UsageError:
            return "-"
        if view.deliveries:
            return ", ".join(map(registry.label, view.deliveries.values())) if view.data else "reserved"
        stated = [registry.label(registry.Kind(s.kind)) for s in view.signals if s.party == self.code]
        return " + ".join([registry.label(view.place), *stated])

    def _open(self, now: int) -> Endpoint:
        journal, self._anchor = self._store.open()
        self.openings += 1
        return Endpoint.open(
            Channel.load(self._setting.descriptor),
            self.code,
            journal,
            now,
            anchor=self._anchor,
            system=self._system,
            epoch_id=self._epoch_id,
        )

    def _epoch_id(self) -> bytes:
        # From the seed, so that a run can be repeated; anybody else takes the library's default.
        self._epochs += 1
        name = f"demo/{self._setting.seed}/{self.code}/epoch/{self._epochs}"
        return hashlib.sha256(name.encode()).digest()[:16]


def describe(event: Event) -> str:
    """An event in a few words, without what it is about."""
    kind = registry.kind_row(event.kind)
    what = f"{kind.label} of {event.party}" if kind else f"of {event.party}"
    return f"{event.code.value}{':' if kind else ''} {what}"
