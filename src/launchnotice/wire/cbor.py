"""Deterministic CBOR (RFC 8949 section 4.2.1), the only module that imports `cbor2`.

Decoding takes the first four of the five steps of the spec (R-CBOR-1 to R-CBOR-6): size cap, strict
parse with every tag denied, a walk by exact type and key order, and a comparison with
the re-encoding. The fifth, the schema, is `wire.record`. `cbor2` alone accepts
non-shortest integers, unsorted maps and trailing bytes.

Not here: COSE's tag 98, which `wire.cose` takes off before it decodes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, TypeAlias

import cbor2

from launchnotice.errors import Refused
from launchnotice.registry import Refusal
from launchnotice.wire.bounds import MAX_DEPTH

Value: TypeAlias = "int | bytes | str | bool | list[Value] | dict[int, Value] | None"

INT_MAX = 2**64 - 1
INT_MIN = -(2**64)


def encode(value: object) -> bytes:
    """Deterministic bytes of a value whose maps are already in key order."""
    return cbor2.dumps(value)


def decode(data: bytes, limit: int) -> Value:
    """Decode one deterministic data item.

    Args:
        data: the received bytes.
        limit: size cap of the object's type, in bytes.

    Raises:
        Refused: `too-large`, `not-cbor`, `forbidden-type` or `not-deterministic`.
    """
    if len(data) > limit:
        raise Refused(Refusal.TOO_LARGE, f"at most {limit} bytes, got {len(data)}")
    try:
        value = cbor2.loads(
            data,
            tag_hook=_deny_tag,
            semantic_decoders=_NO_TAGS,
            max_depth=MAX_DEPTH,
            allow_indefinite=False,
            allow_duplicate_keys=False,
        )
    except cbor2.CBORError as error:
        raise _refusal(error) from None
    _walk(value)
    if cbor2.dumps(value) != data:
        raise Refused(Refusal.NOT_DETERMINISTIC, "bytes differ from the deterministic encoding")
    return value  # type: ignore[no-any-return]  # _walk has proved the type


class _TagError(cbor2.CBORDecodeError):
    pass


def _deny_tag(*_: object) -> NoReturn:
    raise _TagError("tag")


class _DenyTags(dict[int, Callable[..., NoReturn]]):
    """Looked up by cbor2 before its own table, so that none of its tag parsers ever runs."""

    def __missing__(self, tag: int) -> Callable[..., NoReturn]:
        return _deny_tag


_NO_TAGS = _DenyTags()


def _refusal(error: cbor2.CBORError) -> Refused:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, _TagError):
            return Refused(Refusal.FORBIDDEN_TYPE, "a tag")
        cause = cause.__cause__ or cause.__context__
    return Refused(Refusal.NOT_CBOR, "not one well-formed item of definite length without repeated keys")


def _walk(value: object) -> None:
    kind = type(value)
    if kind in _LEAVES:
        return
    if kind is int:
        if not INT_MIN <= value <= INT_MAX:  # type: ignore[operator]  # kind is int
            raise Refused(Refusal.FORBIDDEN_TYPE, "an integer beyond 64 bits")
    elif kind is list:
        for item in value:  # type: ignore[attr-defined]  # kind is list
            if type(item) not in _LEAVES:
                _walk(item)
    elif kind is dict:
        _walk_map(value)  # type: ignore[arg-type]  # kind is dict
    else:
        raise Refused(Refusal.FORBIDDEN_TYPE, f"a {kind.__name__}")


def _walk_map(value: dict[object, object]) -> None:
    last = -1
    for key, item in value.items():
        if type(key) is not int:
            raise Refused(Refusal.FORBIDDEN_TYPE, "a map key that is no integer")
        # RFC 8949 section 4.2.1: bytewise order puts 0, 1, 2, … before -1, -2, …
        rank = key if key >= 0 else INT_MAX - key
        if rank <= last:
            raise Refused(Refusal.NOT_DETERMINISTIC, "map keys out of order")
        last = rank
        if type(item) not in _LEAVES:
            _walk(item)


_LEAVES = frozenset({bytes, str, bool, type(None)})
