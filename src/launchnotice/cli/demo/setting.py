"""What two centres need before the first notice: keys, a descriptor, mandates, stores.

- Each key holder has an encrypted key file; public keys alone go to the ceremony.
- The descriptor travels as a file whose SHA-256 people compare.
- A mandate is drafted, carried to each authority's desk, signed there and sealed.

The keys follow from the seed, so that a run can be repeated. Nobody else may make keys so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple, Protocol, TypeAlias

from launchnotice import (
    SPEC_VERSION,
    Channel,
    Descriptor,
    Draft,
    Identity,
    Party,
    SigningKey,
    load_agreement,
    registry,
)
from launchnotice.ceremony import draft_mandate, seal_mandate, sign_mandate
from launchnotice.journal import Anchor, Journal
from launchnotice.journal.anchor import FileAnchor, MemoryAnchor
from launchnotice.journal.memory import MemoryJournal
from launchnotice.journal.sqlite import SqliteJournal
from launchnotice.keyfile import read_keys, write_keys
from launchnotice.registry import Owed, Role, Suite
from launchnotice.wire.keys import SEED_SIZES

START: Final = 1_800_000_000
"""2027-01-15T08:00:00Z: the same at each run, so that a seed always gives the same timeline."""
PASSPHRASE: Final = b"a passphrase that everybody knows"
"""Of the demo's key files; printed, since the keys protect nothing."""
CENTRES: Final = {
    "US": ("authority-1", "authority-2", "officer-1", "officer-2", "system"),
    "RU": ("authority-1", "officer-1", "officer-2", "system"),
}
"""The parties and their key holders, by labels that name no person."""

_HASHES: Final = {32: hashlib.sha256, 48: hashlib.sha384}  # by the size of a private key

Keys: TypeAlias = dict[str, dict[str, tuple[SigningKey, ...]]]
"""Keys by party and label."""


class Setting(NamedTuple):
    """What the exchange begins with: bytes of the descriptor and of each mandate, and the keys."""

    descriptor: bytes
    mandates: dict[str, bytes]
    keys: Keys
    seed: int


class Store(Protocol):
    """Where an endpoint keeps what it decided; closed and opened again as its node is."""

    def open(self) -> tuple[Journal, Anchor]:
        """The journal and the anchor as they were left."""
        ...

    def close(self) -> None:
        """Give both up."""
        ...


class FileStore:
    """A SQLite journal, and the anchor in a folder that no backup of the journal reaches."""

    def __init__(self, folder: Path, code: str) -> None:
        self.journal, self.anchor = folder / "journals" / f"{code}.sqlite", folder / "anchors" / code
        for path in (self.journal, self.anchor):
            path.parent.mkdir(exist_ok=True)
        self._open: SqliteJournal | None = None

    def open(self) -> tuple[Journal, Anchor]:
        """The journal and the anchor as they were left."""
        self._open = SqliteJournal(self.journal)
        return self._open, FileAnchor(self.anchor)

    def close(self) -> None:
        """Close the journal's file."""
        if self._open is not None:
            self._open.close()


class MemoryStore:
    """A journal and an anchor that outlive the closing of their node, and nothing else."""

    def __init__(self, beside: MemoryStore | None = None) -> None:
        """A new journal, or another node's on the journal of one that runs: with a copy of its anchor."""
        self.journal: MemoryJournal = beside.journal if beside else MemoryJournal()
        self.anchor = MemoryAnchor()
        mark = beside.anchor.load() if beside else None
        if mark is not None:
            self.anchor.store(*mark)

    def open(self) -> tuple[Journal, Anchor]:
        """The journal and the anchor as they were left."""
        return self.journal, self.anchor

    def close(self) -> None:
        """Nothing is to be given up."""


def make_keys(
    suite: Suite, seed: int, centres: Mapping[str, Sequence[str]] = CENTRES, *, exercise: bool = False
) -> Keys:
    """Keys for every label of the centres, from the seed."""
    return {
        code: {label: _keys(suite, f"demo/{seed}/{code}/{label}", exercise=exercise) for label in labels}
        for code, labels in centres.items()
    }


def carry_keys(folder: Path, keys: Keys) -> Keys:
    """Write each key holder's file and read it back, as its owner does at his or her desk."""
    folder.mkdir()
    carried: Keys = {}
    for code, holders in keys.items():
        carried[code] = {}
        for label, held in holders.items():
            path = folder / f"{code}-{label}.pem"
            write_keys(path, held, PASSPHRASE)
            carried[code][label] = read_keys(path, PASSPHRASE)
    return carried


def make_descriptor(keys: Keys, suite: Suite) -> bytes:
    """The bytes of the descriptor that both centres agree on."""
    channel = Channel(
        Descriptor(
            protocol=SPEC_VERSION,
            name="demonstration",
            suite=suite,
            exercise=False,
            agreement=load_agreement("us-ussr-1988"),
            parties=tuple(make_party(code, keys[code]) for code in sorted(keys)),
        )
    )
    return channel.data


def make_party(
    code: str, holders: dict[str, tuple[SigningKey, ...]], owes: Owed = Owed.ACKNOWLEDGEMENT
) -> Party:
    """A centre in the descriptor: every authority of it must sign its mandates."""
    authorities = _of_role(holders, Role.AUTHORITY)
    kids = [key.key.kid for label in authorities for key in holders[label]]
    return Party(code=code, threshold=len(authorities), authority=tuple(sorted(kids)), owes=owes)


def make_mandate(
    channel: Channel, code: str, holders: dict[str, tuple[SigningKey, ...]], start: int = START
) -> bytes:
    """A centre's first mandate: drafted the day before, signed at each authority's desk, sealed."""
    authorities = _of_role(holders, Role.AUTHORITY)
    identities = [
        Identity(label=label, role=_role(label), keys=tuple(key.key for key in keys))
        for label, keys in holders.items()
    ]
    day = 86_400
    data = draft_mandate(
        channel, code, identities, issued=start - day, expires=start + 365 * day, signers=authorities
    ).data
    for label in authorities:
        data = sign_mandate(Draft.load(data), channel, holders[label]).data
    return seal_mandate(Draft.load(data), channel)


def make_setting(keys: Keys, suite: Suite, seed: int, folder: Path | None = None) -> Setting:
    """Descriptor and mandates for these keys; they go through files, if a folder is given."""
    descriptor = _carry(make_descriptor(keys, suite), folder and folder / "channel.lnp")
    channel = Channel.load(descriptor)
    mandates = {
        code: _carry(make_mandate(channel, code, holders), folder and folder / "mandates" / f"{code}.lnp")
        for code, holders in keys.items()
    }
    return Setting(descriptor, mandates, keys, seed)


def _carry(data: bytes, file: Path | None) -> bytes:
    """Bytes as they come out of the file into which they were written."""
    if file is None:
        return data
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(data)
    return file.read_bytes()


def _keys(suite: Suite, name: str, *, exercise: bool) -> tuple[SigningKey, ...]:
    def seed(alg: registry.Algorithm) -> bytes:
        return _HASHES[SEED_SIZES[alg]](f"{name}/{alg.name}".encode()).digest()

    return tuple(
        SigningKey.from_seed(alg, seed(alg), exercise=exercise) for alg in registry.SUITE_ALGORITHMS[suite]
    )


def _of_role(labels: Sequence[str] | dict[str, tuple[SigningKey, ...]], role: Role) -> list[str]:
    return [label for label in labels if _role(label) is role]


def _role(label: str) -> Role:
    return Role[label.partition("-")[0].upper()]
