"""What somebody on the line, or with stolen keys, may try; each attempt has its one answer.

The forgeries are made as an intruder makes them, byte by byte: the library writes none of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final, NamedTuple

from launchnotice import Channel, Draft, Review, SigningKey
from launchnotice.registry import Refusal

_ARRAY: Final = 0x80
_ALGORITHM: Final = {-19: b"\x32", -49: b"\x38\x30", -50: b"\x38\x31", -51: b"\x38\x32"}
_DIGEST: Final = b"\x58\x20"


class Attempt(NamedTuple):
    """Bytes, whom they are given to, and what must come of it."""

    name: str
    to: str
    data: bytes
    expected: Refusal | None


class Stolen(NamedTuple):
    """What an intruder inside holds: every key of a centre, and its drafts.

    Attributes:
        keys: by label. `first`: the draft of the first notice. `next`: one of the notice to come.
    """

    keys: dict[str, tuple[SigningKey, ...]]
    first: Review
    next: Review


def attempts(channel: Channel, notice: bytes, stolen: Stolen) -> list[Attempt]:
    """Everything that is tried on the receiver of an authentic notice, and on its sender."""
    elsewhere = hashlib.sha256(b"another channel").digest()
    first, following = stolen.first, stolen.next
    epoch = first.payload.epoch.random
    return [
        Attempt("noise", "RU", hashlib.sha256(notice).digest() * 9, Refusal.NOT_COSE_SIGN),
        Attempt("the notice, one word changed", "RU", reworded(notice), Refusal.BAD_SIGNATURE),
        Attempt("the notice, its last signature spoilt", "RU", _spoilt(notice), Refusal.BAD_SIGNATURE),
        Attempt("the notice, to its own sender", "US", notice, None),
        Attempt("a notice signed by one officer alone", "RU", _one_officer(stolen), Refusal.THRESHOLD),
        Attempt(
            "a fully signed notice of another channel",
            "RU",
            _signed(following, _swap(following, channel.id, elsewhere), stolen.keys),
            Refusal.WRONG_CHANNEL,
        ),
        Attempt(
            "the first notice in an epoch of its own",
            "RU",
            _signed(first, _swap(first, epoch, elsewhere[: len(epoch)]), stolen.keys),
            Refusal.BAD_EPOCH_PREV,
        ),
    ]


def reworded(data: bytes) -> bytes:
    """A draft or notice with one word changed; of the same length, so that the bytes stay well-formed."""
    return data.replace(b"unarmed", b"2 armed")


def _spoilt(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def _swap(review: Review, old: bytes, new: bytes) -> bytes:
    return review.draft.payload.replace(old, new)


def _one_officer(stolen: Stolen) -> bytes:
    """The second officer is struck from the manifest; the first one and the system do sign."""
    review = stolen.next
    struck = {key.key.kid for key in stolen.keys["officer-2"]}
    whole = review.payload.manifest
    kept = [line for line in whole if line.kid not in struck]
    payload = _swap(review, _lines(whole), _lines(kept))
    keys = {label: keys for label, keys in stolen.keys.items() if label != "officer-2"}
    return _signed(review, payload, keys)


def _signed(review: Review, payload: bytes, keys: dict[str, tuple[SigningKey, ...]]) -> bytes:
    """The payload with valid signatures of the officers and the system in `keys`."""
    held = [key for label, pair in keys.items() if not label.startswith("authority") for key in pair]
    kids = {key.key.kid for key in held}
    manifest = [line for line in review.payload.manifest if line.kid in kids]
    return Draft(review.draft.header, payload, {}).signed(held, manifest).assemble(manifest)


def _lines(manifest: Sequence[tuple[int, bytes]]) -> bytes:
    """The bytes of a manifest: an array of ``[alg, kid]``."""
    rows = [b"\x82" + _ALGORITHM[alg] + _DIGEST + kid for alg, kid in manifest]
    return bytes([_ARRAY + len(rows)]) + b"".join(rows)
