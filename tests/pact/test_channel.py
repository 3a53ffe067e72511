"""Channels: the id, what a descriptor must be able to satisfy, and the policy."""

from __future__ import annotations

import hashlib
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchnotice import Channel, Party, Refused, UsageError
from launchnotice.registry import (
    KINDS,
    ContentType,
    Kind,
    KindClass,
    KindRow,
    Policy,
    Refusal,
    Role,
    Suite,
    Usage,
    kind_row,
)
from launchnotice.wire import cbor
from launchnotice.wire.bounds import MAX_IDENTITIES
from launchnotice.wire.message import Signer
from tests.support import descriptor, make_centre, make_channel


def _prints(count: int, start: int = 0) -> tuple[bytes, ...]:
    return tuple(sorted(hashlib.sha256(b"%d" % n).digest() for n in range(start, start + count)))


def _descriptor(**more: Any) -> dict[int, Any]:
    return descriptor([make_centre("US"), make_centre("RU")], **more).dump()


def test_the_id_is_the_digest_of_the_bytes_and_survives_them() -> None:
    channel = make_channel([make_centre("US"), make_centre("RU")])
    assert channel.id == hashlib.sha256(channel.data).digest()
    again = Channel.load(channel.data)
    assert (again.id, again.descriptor) == (channel.id, channel.descriptor)


CONSTANTS: list[dict[str, Any]] = [
    {},
    {"name": "another"},
    {"exercise": True},
    {"officers": 3},
    {"receipt_within": 901},
    {"acknowledge_within": 7_201},
    {"unconfirmed_epochs": 5},
    {"predecessor": bytes(32)},
]


def test_two_descriptors_that_differ_in_one_constant_have_two_ids() -> None:
    centres = [make_centre("US"), make_centre("RU")]
    channels = [make_channel(centres, **change) for change in CONSTANTS]
    channels.append(make_channel([make_centre("US", salt="x"), make_centre("RU")]))
    channels.append(
        make_channel([make_centre("US", Suite.HYBRID), make_centre("RU", Suite.HYBRID)], Suite.HYBRID)
    )
    assert len({channel.id for channel in channels}) == len(channels)


def test_exercise_traffic_has_its_own_content_type() -> None:
    centres = [make_centre("US"), make_centre("RU")]
    assert make_channel(centres).content_type is ContentType.MESSAGE
    assert make_channel(centres, exercise=True).content_type is ContentType.EXERCISE


@pytest.mark.requirement("R-CHAN-1")
@pytest.mark.parametrize("suite", list(Suite))
@pytest.mark.parametrize(
    ("identities", "officers"), [(16, 15), (16, 16), (17, 15), (28, 3), (29, 2), (32, 1)]
)
def test_a_descriptor_whose_mandates_cannot_exist_is_refused_made_and_read(
    suite: Suite, identities: int, officers: int
) -> None:
    """A mandate lists every authority identity, the officers and a system, 32 in all."""
    keys = 1 if suite is Suite.CLASSIC else 2
    if identities * keys > 32 or officers > 15:
        with pytest.raises(UsageError):
            _party_with(identities * keys, officers, suite)
        return
    fits = identities + officers + 1 <= MAX_IDENTITIES
    if fits:
        channel = Channel(_party_with(identities * keys, officers, suite))
        assert Channel.load(channel.data).id == channel.id
        return
    with pytest.raises(UsageError) as made:
        _party_with(identities * keys, officers, suite)
    assert made.value.code is Usage.BAD_VALUE
    raw = _descriptor(officers=officers)
    raw[3], raw[6][0][3] = suite.value, list(_prints(identities * keys))
    raw[6][1][3] = list(_prints(2 * keys, 500))
    with pytest.raises(Refused) as read:
        Channel.load(cbor.encode(raw))
    assert read.value.code is Refusal.UNSATISFIABLE


def _party_with(prints: int, officers: int, suite: Suite) -> Any:
    keys = 1 if suite is Suite.CLASSIC else 2
    parties = (
        Party(code="RU", threshold=1, authority=_prints(prints)),
        Party(code="US", threshold=1, authority=_prints(2 * keys, 500)),
    )
    return descriptor([make_centre("US"), make_centre("RU")], suite, parties=parties, officers=officers)


@pytest.mark.requirement("R-CHAN-1")
@pytest.mark.parametrize("threshold", range(1, 5))
def test_a_threshold_above_the_identities_is_refused(threshold: int) -> None:
    """Two thumbprints are two classic identities, and one hybrid."""
    for suite, identities in ((Suite.CLASSIC, 2), (Suite.HYBRID, 1)):
        raw = _descriptor()
        raw[3] = suite.value
        for party in raw[6]:
            party[2] = threshold
        if threshold <= identities:
            assert Channel.load(cbor.encode(raw)).descriptor.suite is suite
        else:
            with pytest.raises(Refused) as refused:
                Channel.load(cbor.encode(raw))
            assert refused.value.code is Refusal.UNSATISFIABLE


# Policy --------------------------------------------------------------------------------------

LEAST = {Policy.ANNOUNCE: 2, Policy.EMERGENCY: 1, Policy.DESK: 1, Policy.MACHINE: 0}


@pytest.mark.parametrize("policy", list(Policy))
@pytest.mark.parametrize("wanted", [1, 2, 5])
def test_the_policy_counts_officers_and_exactly_one_system(policy: Policy, wanted: int) -> None:
    channel = make_channel([make_centre("US"), make_centre("RU")], officers=wanted)
    least = wanted if policy is Policy.ANNOUNCE else LEAST[policy]
    for officers, systems, authorities in itertools.product(range(7), range(3), range(2)):
        signers = [Signer(f"o{n}", Role.OFFICER) for n in range(officers)]
        signers += [Signer(f"s{n}", Role.SYSTEM) for n in range(systems)]
        signers += [Signer("a", Role.AUTHORITY)] * authorities
        good = officers >= least and systems == 1 and not authorities
        good = good and not (policy is Policy.MACHINE and officers)
        row = KindRow(KindClass.CHAINED, policy, "")
        assert _accepts(channel, row, tuple(signers)) == good


@given(st.permutations([Signer("o1", Role.OFFICER), Signer("o2", Role.OFFICER), Signer("s", Role.SYSTEM)]))
def test_the_policy_does_not_look_at_the_order(signers: list[Signer]) -> None:
    channel = make_channel([make_centre("US"), make_centre("RU")])
    assert _accepts(channel, KINDS[Kind.LAUNCH], tuple(signers))


@pytest.mark.parametrize("kind", [14, 63, 66, 79])
def test_an_unknown_kind_needs_what_announces(kind: int) -> None:
    row = kind_row(kind)
    assert row is not None
    assert row.policy is Policy.ANNOUNCE
    assert row.kind_class is (KindClass.CHAINED if kind < 64 else KindClass.EMERGENCY)


@pytest.mark.parametrize("kind", [-1, 0, 96, 1_000])
def test_a_number_outside_every_range_is_no_kind(kind: int) -> None:
    assert kind_row(kind) is None


def _accepts(channel: Channel, row: KindRow, signers: tuple[Signer, ...]) -> bool:
    try:
        channel.accept(row, signers)
    except Refused as error:
        assert error.code in {Refusal.THRESHOLD, Refusal.WRONG_ROLE}
        return False
    return True
