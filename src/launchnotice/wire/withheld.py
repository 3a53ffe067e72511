"""Fields that a notification withholds, with a commitment that can be opened later (spec section 5.5).

A commitment is the SHA-256 of the field's key, a salt and the field's encoding: it says
nothing before it is opened, and can be opened to one value alone.

    body, secrets = withhold(body, {"impact_areas": os.urandom(32)})
    draft = endpoint.draft(body, now, officers)
    kept = [secret.disclose(draft.id) for secret in secrets]   # goes into a report, months later
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any, Final, TypeVar

from launchnotice.errors import Refused, UsageError
from launchnotice.registry import Refusal, Usage
from launchnotice.registry.namedtuples import NamedTuple
from launchnotice.wire import cbor
from launchnotice.wire.codecs import Bytes, Int
from launchnotice.wire.digest import sha256
from launchnotice.wire.record import Record, field
from launchnotice.wire.streams import DIGEST


class FieldKey(Int):
    """Key of a field of a launch notification."""


MAX_WITHHELD: Final = 8_192
"""Bytes of the encoding of a field that is withheld."""
_KEY: Final = FieldKey(1, 255)
_SALT: Final = Bytes(32)
_VALUE: Final = Bytes(1, MAX_WITHHELD)
_R = TypeVar("_R", bound=Record)


class Withheld(Record):
    """A field that is not given, and the commitment to its value."""

    key: int = field(1, _KEY, "key of the field in the notification")
    commitment: bytes = field(2, DIGEST, "commitment to its value")


class Disclosure(Record):
    """The value of a field that a notice withheld."""

    notice: bytes = field(1, DIGEST, "message id of the notice that withheld it")
    key: int = field(2, _KEY, "key of the field in the notification")
    salt: bytes = field(3, _SALT, "salt of the commitment")
    value: bytes = field(4, _VALUE, "the value, deterministic CBOR")

    def validate(self) -> None:
        """The value is CBOR as everywhere else, so that it can be shown."""
        cbor.decode(self.value, MAX_WITHHELD)


class Secret(NamedTuple):
    """What opens one commitment; its author keeps it."""

    key: int
    salt: bytes
    value: bytes

    def disclose(self, notice: bytes) -> Disclosure:
        """The disclosure of a field that the notice of that id, 32 bytes, withheld."""
        return Disclosure(notice=notice, key=self.key, salt=self.salt, value=self.value)

    def __repr__(self) -> str:
        return f"<Secret of field {self.key}>"


def commitment(key: int, salt: bytes, value: bytes) -> bytes:
    """The commitment to the encoded value of the field with that key: 32 bytes."""
    return sha256(cbor.encode(["LNP/1 withheld", key, salt, value]))


def withhold(body: _R, salts: Mapping[str, bytes]) -> tuple[_R, tuple[Secret, ...]]:
    """The body with fields replaced by commitments, and what opens them.

    Args:
        body: a launch notification.
        salts: 32 fresh random bytes by the name of each optional field to withhold.

    Raises:
        UsageError: `bad-value`: a field that is absent, required or unknown, or whose value is larger
            than a disclosure takes; one that is never withheld (date, window, count, remark); a salt of
            another length.
    """
    rows = {row.name: row for row in body.FIELDS if not row.required and row.name != "withheld"}
    values = {row.name: getattr(body, row.name) for row in body.FIELDS}
    secrets = []
    for name, salt in salts.items():
        row = rows.get(name)
        if row is None or values[name] == row.default or type(salt) is not bytes or len(salt) != _SALT.low:
            raise UsageError(
                Usage.BAD_VALUE, f"{name}: expected an optional field with a value, and 32 bytes"
            )
        secret = Secret(row.key, salt, cbor.encode(row.codec.dump(values[name])))
        secret.disclose(bytes(DIGEST.low))  # what cannot be disclosed is not withheld
        secrets.append(secret)
        values[name] = row.default
    secrets.sort()
    rest = [Withheld(key=one.key, commitment=commitment(*one)) for one in secrets]
    values["withheld"] = sorted([*values["withheld"], *rest], key=lambda one: one.key)
    return type(body)(**values), tuple(secrets)


def disclosed(body: Record, disclosure: Disclosure) -> Any:
    """The value that a disclosure gives to a field that the body withheld.

    Raises:
        Refused: `inconsistent`: the body made no such commitment; or the code of the value's fault.
    """
    key, opened = disclosure.key, commitment(disclosure.key, disclosure.salt, disclosure.value)
    if not any((one.key, one.commitment) == (key, opened) for one in getattr(body, "withheld", ())):
        raise Refused(Refusal.INCONSISTENT, "the notice made no such commitment")
    raw = cbor.decode(disclosure.value, MAX_WITHHELD)
    codecs = [row.codec for row in body.FIELDS if row.key == key]
    return codecs[0].load(raw) if codecs else raw


def check_withheld(rows: Sequence[Withheld], body: Record, needed: Container[int]) -> None:
    """Each field is withheld once, and neither given nor needed; raises `Refused`."""
    keys = [one.key for one in rows]
    if sorted(keys) != keys:
        raise Refused(Refusal.UNSORTED, "withheld: ascends by key")
    if len(set(keys)) != len(keys):
        raise Refused(Refusal.DUPLICATE_ENTRY, "withheld: a field occurs once")
    given = {row.key for row in body.FIELDS if row.required or getattr(body, row.name) != row.default}
    if not given.union(body.extra).isdisjoint(keys):
        raise Refused(Refusal.INCONSISTENT, "withheld: expected a field that is not given")
    if any(key in needed for key in keys):
        raise Refused(Refusal.INCONSISTENT, "withheld: expected none that is never withheld")
