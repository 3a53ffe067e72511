"""Junk from strangers: whoever has no key, and what he or she has overheard."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from launchnotice.registry import ContentType, Kind
from launchnotice.wire import cbor, cose
from launchnotice.wire.bounds import MAX_MANDATE, MAX_MESSAGE
from launchnotice.wire.signals import Sync
from tests.campaigns.figures import Figure, at_most
from tests.campaigns.flood.meter import Subject
from tests.support import NOW, make_centre, make_channel, make_mandate
from tests.support.dump import snapshot
from tests.support.forge import Forger, chain, exercise_header
from tests.support.template import Template, mandate_id

REFUSAL: Final = 25
"""Milliseconds for one refusal on a busy machine, memory traced. Idle and untraced the worst takes 3."""
ANSWERS: Final = 4
"""Bytes sent to a member for a byte of its own that a stranger repeats: four signals about one notice."""


def junk(given: Subject, made: Template, count: int, seed: int) -> list[Figure]:
    """Each kind of junk: all is refused, nothing is journalled, kept or sent."""
    draw = random.Random(seed)
    heard = [one.data for one in chain(given.us, 20)]
    given.give(heard)
    given.rest(7_200)
    # What is imported and compiled on first use is no growth.
    for make in _KINDS.values():
        given.give(make(given.us, made, heard, draw, count))
    given.rest(7_200)
    figures: list[Figure] = []
    for name, make in _KINDS.items():
        before, state, received = given.sizes(), snapshot(given.endpoint), given.received
        del given.times[:]
        given.refused = 0
        given.give(make(given.us, made, heard, draw, count))
        changed = snapshot(given.endpoint) != state
        now, got = given.sizes(), len(given.times)
        replayed = name.startswith("replayed")
        figures += [
            at_most(f"junk.{name}.ms_per_input", given.milliseconds(), REFUSAL),
            at_most(f"junk.{name}.slowest_ms", max(given.times) * 1_000, 20 * REFUSAL),
            at_most(f"junk.{name}.state_changed", changed, 0),
            at_most(f"junk.{name}.journal_entries", now.entries - before.entries, 0),
            at_most(f"junk.{name}.taken", 0 if replayed else got - given.refused, 0),
            at_most(
                f"junk.{name}.sent_bytes_per_byte",
                (now.sent - before.sent) / (given.received - received),
                ANSWERS if replayed else 0.1,
            ),
            at_most(f"junk.{name}.state_bytes", now.state - before.state, 65_536),
        ]
    return figures


Make = Callable[[Forger, Template, Sequence[bytes], random.Random, int], Iterator[bytes]]


def _random(
    _: Forger, __: Template, ___: Sequence[bytes], draw: random.Random, count: int
) -> Iterator[bytes]:
    for _number in range(count):
        yield draw.randbytes(draw.choice((0, 1, 32, 900, 8_000, MAX_MESSAGE)))


def _truncated(
    _: Forger, __: Template, heard: Sequence[bytes], draw: random.Random, count: int
) -> Iterator[bytes]:
    for _number in range(count):
        data = draw.choice(heard)
        yield data[: draw.randrange(len(data))]


def _flipped(
    _: Forger, __: Template, heard: Sequence[bytes], draw: random.Random, count: int
) -> Iterator[bytes]:
    for _number in range(count):
        data = bytearray(draw.choice(heard))
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        yield bytes(data)


def _nested(
    _: Forger, __: Template, ___: Sequence[bytes], draw: random.Random, count: int
) -> Iterator[bytes]:
    """Arrays in arrays, maps in maps, tags on tags, each as large as a mandate may be."""
    for _number in range(count):
        yield draw.choice((b"\x81", b"\xa1\x00", b"\xd8\x62", b"\x9f", b"\x82\x00")) * (MAX_MANDATE // 2)


def _items(
    us: Forger, __: Template, ___: Sequence[bytes], draw: random.Random, count: int
) -> Iterator[bytes]:
    """An envelope whose payload is nothing but small items."""
    for _number in range(count):
        size = MAX_MESSAGE - 1_000
        payload = b"\x99" + size.to_bytes(2, "big") + draw.choice((b"\x00", b"\x80", b"\xa0", b"\x60")) * size
        yield b"\xd8\x62\x84" + _string(us.header) + b"\xa0" + _string(payload) + b"\x80"


def _huge(
    _: Forger, __: Template, heard: Sequence[bytes], draw: random.Random, count: int
) -> Iterator[bytes]:
    for _number in range(min(count, 50)):
        yield draw.choice(heard) + bytes(draw.choice((MAX_MANDATE, 4 * 2**20)))


def _replayed(
    _: Forger, __: Template, heard: Sequence[bytes], draw: random.Random, count: int
) -> Iterator[bytes]:
    for _number in range(count):
        yield draw.choice(heard)


def _replayed_syncs(
    us: Forger, _: Template, __: Sequence[bytes], ___: random.Random, count: int
) -> Iterator[bytes]:
    body = Sync(heads=(), mandates=())
    made = us.signal(Kind.SYNC, body, "RU").data
    yield from [made] * count


def _mandates_replayed(
    _: Forger, made: Template, __: Sequence[bytes], draw: random.Random, count: int
) -> Iterator[bytes]:
    for _number in range(count):
        yield made.mandates[draw.choice(("US", "RU"))]


def _other_channel(
    us: Forger, made: Template, __: Sequence[bytes], ___: random.Random, count: int
) -> Iterator[bytes]:
    channel = make_channel(list(made.centres.values()), name="another")
    mandate = make_mandate(channel, us.centre)
    other = Forger(channel, us.centre, mandate_id(mandate))
    for number in range(count):
        yield mandate if number % 10 == 0 else other.notice(number + 1).data


def _exercise(
    us: Forger, _: Template, __: Sequence[bytes], ___: random.Random, count: int
) -> Iterator[bytes]:
    raw = us.notice(50).raw
    for number in range(count):
        yield us.signed({**raw, 9: number + 50}, header=exercise_header()).data


def _stranger(us: Forger, made: Template, salt: str) -> Forger:
    """Signs as the US with keys of his or her own, under the mandate of the US."""
    return Forger(made.channel, make_centre("US", salt=salt), us.mandate)


def _foreign_keys(
    us: Forger, made: Template, __: Sequence[bytes], ___: random.Random, count: int
) -> Iterator[bytes]:
    other = _stranger(us, made, "stranger")
    for number in range(count):
        yield other.notice(number + 50, bytes(32)).data


def _bad_signatures(
    us: Forger, _: Template, __: Sequence[bytes], draw: random.Random, count: int
) -> Iterator[bytes]:
    """Everything is right but the last signature: all are computed."""
    for number in range(count):
        data = bytearray(us.notice(number + 50, bytes(32)).data)
        data[-1 - draw.randrange(32)] ^= 1
        yield bytes(data)


def _unknown_mandates(
    us: Forger, _: Template, __: Sequence[bytes], draw: random.Random, count: int
) -> Iterator[bytes]:
    for number in range(count):
        yield us.notice(number + 50, bytes(32), k3=draw.randbytes(32)).data


def _mandates(us: Forger, made: Template, version: int, draw: random.Random, count: int) -> Iterator[bytes]:
    """Mandates of the US of that version, each different, with the right keys named and signed by others."""
    other = _stranger(us, made, "stranger")
    raw = _payload_of(made.mandates["US"])
    header = cose.BODY_HEADERS[ContentType.MANDATE]
    for number in range(count):
        more = {
            20: version,
            21: us.mandate if version == 2 else draw.randbytes(32),
            23: 2,
            4: NOW - number - 1,
        }
        changed = {key: {**raw, **more}[key] for key in sorted({**raw, **more})}
        labels = ("authority-1", "authority-2")
        signed = other.signed({**changed, 6: other.manifest(labels)}, labels, header)
        yield signed.data


def _foreign_mandates(
    us: Forger, made: Template, __: Sequence[bytes], draw: random.Random, count: int
) -> Iterator[bytes]:
    return _mandates(us, made, 2, draw, count)


def _mandates_with_a_gap(
    us: Forger, made: Template, __: Sequence[bytes], draw: random.Random, count: int
) -> Iterator[bytes]:
    return _mandates(us, made, 9, draw, count)


def _payload_of(mandate: bytes) -> dict[int, Any]:
    found: Any = cbor.decode(cose.parse(mandate, MAX_MANDATE).payload, MAX_MANDATE)
    return dict(found)


def _string(data: bytes) -> bytes:
    return b"\x5a" + len(data).to_bytes(4, "big") + data if len(data) > 0xFFFF else _short(data)


def _short(data: bytes) -> bytes:
    if len(data) > 0xFF:
        return b"\x59" + len(data).to_bytes(2, "big") + data
    return (b"\x58" + bytes([len(data)]) if len(data) > 23 else bytes([0x40 + len(data)])) + data


_KINDS: Final[dict[str, Make]] = {
    "random": _random,
    "truncated": _truncated,
    "flipped": _flipped,
    "nested": _nested,
    "small-items": _items,
    "huge": _huge,
    "replayed": _replayed,
    "replayed-mandates": _mandates_replayed,
    "replayed-syncs": _replayed_syncs,
    "other-channel": _other_channel,
    "exercise": _exercise,
    "foreign-keys": _foreign_keys,
    "bad-signatures": _bad_signatures,
    "unknown-mandates": _unknown_mandates,
    "foreign-mandates": _foreign_mandates,
    "mandates-with-a-gap": _mandates_with_a_gap,
}
