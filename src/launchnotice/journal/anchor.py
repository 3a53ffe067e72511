"""The anchor: which entry the journal ended with, kept where no backup of the journal reaches.

An endpoint commits to the journal, stores the anchor, and only then releases bytes. When it opens,
the journal must hold the anchored entry at the anchored position; else the journal was restored.

- Put the file on storage that is not part of the journal's backup or snapshot.
- Each node has its own anchor.
- A damaged anchor is refused, never repaired: remove it, and the journal counts as restored.

File: magic ``LNPANCH1`` (8 bytes), position (8 bytes, big-endian), digest (32 bytes), SHA-256 of
these 48 bytes (32 bytes).
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, Final

from launchnotice.errors import Corrupt, JournalError

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["FileAnchor", "MemoryAnchor"]

_MAGIC: Final = b"LNPANCH1"
_POSITION: Final = slice(8, 16)
_DIGEST: Final = slice(16, 48)
_DIGEST_LENGTH: Final = 32
_LENGTH: Final = 80
_MAX_POSITION: Final = 2**63 - 1  # what every store can hold


class FileAnchor:
    """An anchor in a file of 80 bytes, readable by its owner alone (0600).

    A new file is written beside it, synced and renamed over it, so a crash leaves the old anchor or
    the new one. A crash may also leave a file ``NAME.*.tmp``, which is never read and may be removed.

    Args:
        path: the file, which need not exist; its folder must. A symbolic link is followed.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        # Resolved, so that a rename replaces the file on its own volume and not the link to it.
        self._path = Path(os.path.realpath(path))

    def load(self) -> tuple[int, bytes] | None:
        """Position and digest (32 bytes) of the last journal entry; None if there is no file.

        Raises:
            Corrupt: it is damaged, unreadable, of an unknown format or not a file.
        """
        try:
            if not S_ISREG(self._path.stat().st_mode):
                raise Corrupt(f"anchor {self._path}: not a file")
            with self._path.open("rb") as file:
                return self._parse(file.read(_LENGTH + 1))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Corrupt(f"anchor {self._path}: unreadable: {error.strerror}") from error

    def store(self, position: int, digest: bytes) -> None:
        """Replace position and digest (32 bytes); durable on return.

        Raises:
            JournalError: it failed; the file holds the old anchor or the new one.
        """
        _check(position, digest)
        content = _MAGIC + position.to_bytes(8, "big") + digest
        try:
            self._replace(content + sha256(content).digest())
        except OSError as error:
            raise JournalError(f"anchor {self._path}: not written: {error.strerror}") from error

    def _parse(self, content: bytes) -> tuple[int, bytes]:
        if content[:8] != _MAGIC:
            raise Corrupt(f"anchor {self._path}: not an anchor, or of an unknown format")
        if len(content) != _LENGTH:
            raise Corrupt(f"anchor {self._path}: expected {_LENGTH} bytes, got {_count(content)}")
        if sha256(content[:48]).digest() != content[48:]:
            raise Corrupt(f"anchor {self._path}: checksum does not match")
        return int.from_bytes(content[_POSITION], "big"), content[_DIGEST]

    def _replace(self, content: bytes) -> None:
        # mkstemp creates with 0600 and under a name of its own, so two processes never share one.
        descriptor, temporary = tempfile.mkstemp(".tmp", f"{self._path.name}.", self._path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(self._path)
        except BaseException:
            with suppress(OSError):
                Path(temporary).unlink()
            raise
        _sync_folder(self._path.parent)


class MemoryAnchor:
    """An anchor in memory, for tests and for hosts without a disk."""

    def __init__(self) -> None:
        self._held: tuple[int, bytes] | None = None

    def load(self) -> tuple[int, bytes] | None:
        """Position and digest (32 bytes) of the last journal entry; None if none was stored."""
        return self._held

    def store(self, position: int, digest: bytes) -> None:
        """Replace position and digest (32 bytes)."""
        _check(position, digest)
        self._held = (position, digest)


def _check(position: int, digest: bytes) -> None:
    if not 0 <= position <= _MAX_POSITION:
        raise JournalError(f"anchor: expected a position from 0 to {_MAX_POSITION}, got {position}")
    if len(digest) != _DIGEST_LENGTH:
        raise JournalError(f"anchor: expected a digest of {_DIGEST_LENGTH} bytes, got {len(digest)}")


def _count(content: bytes) -> str:
    return str(len(content)) if len(content) < _LENGTH else "more"


def _sync_folder(folder: Path) -> None:
    """Make a rename durable; only POSIX can open a folder, and Windows needs no such call."""
    if os.name != "posix":  # pragma: no cover # safe: elsewhere there is nothing to do
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
