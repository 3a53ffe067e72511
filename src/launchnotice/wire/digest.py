"""SHA-256, the one hash of LNP/1. `hashlib` loads an OpenSSL of its own, so it is imported on use."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from hashlib import _Hash


def sha256(data: bytes) -> bytes:
    """The SHA-256 of these bytes: 32 bytes."""
    return _hashed()(data).digest()


@cache
def _hashed() -> Callable[[bytes], _Hash]:
    from hashlib import sha256

    return sha256
