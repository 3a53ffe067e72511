"""Centres with keys from fixed seeds, so that a failing test fails again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from launchnotice import (
    Channel,
    Descriptor,
    Draft,
    Endpoint,
    Identity,
    Mandate,
    Party,
    SigningKey,
    Step,
    load_agreement,
)
from launchnotice.ceremony import draft_mandate, seal_mandate, sign_mandate
from launchnotice.journal import Anchor, Journal
from launchnotice.journal.anchor import MemoryAnchor
from launchnotice.journal.memory import MemoryJournal
from launchnotice.registry import (
    SUITE_ALGORITHMS,
    Basing,
    Category,
    GenericClass,
    LengthUnit,
    Role,
    Suite,
)
from launchnotice.wire.geo import Circle, LandRegion
from launchnotice.wire.notices import LaunchNotification
from launchnotice.wire.record import Record
from tests.support.seeds import seed_of

NOW = 1_800_000_000
"""2027-01-15T08:00:00Z."""

LABELS = {
    "authority-1": Role.AUTHORITY,
    "authority-2": Role.AUTHORITY,
    "officer-1": Role.OFFICER,
    "officer-2": Role.OFFICER,
    "officer-3": Role.OFFICER,
    "system": Role.SYSTEM,
}


class Centre(NamedTuple):
    """A party's keys by label."""

    code: str
    keys: dict[str, tuple[SigningKey, ...]]

    def party(self, threshold: int = 2, **more: Any) -> Party:
        kids = [key.key.kid for label in ("authority-1", "authority-2") for key in self.keys[label]]
        return Party(code=self.code, threshold=threshold, authority=tuple(sorted(kids)), **more)

    def identities(self) -> list[Identity]:
        return [
            Identity(label=label, role=LABELS[label], keys=tuple(key.key for key in keys))
            for label, keys in self.keys.items()
        ]


def make_centre(code: str, suite: Suite = Suite.CLASSIC, salt: str = "", *, exercise: bool = False) -> Centre:
    """A centre whose keys follow from its code, the suite and a salt; those for exercises say so."""

    def key(label: str, alg: Any) -> SigningKey:
        seed = seed_of(alg, f"{code}/{label}/{alg.name}/{salt}")
        return SigningKey.from_seed(alg, seed, exercise=exercise)

    return Centre(
        code, {label: tuple(key(label, alg) for alg in SUITE_ALGORITHMS[suite]) for label in LABELS}
    )


def descriptor(centres: Sequence[Centre], suite: Suite = Suite.CLASSIC, **more: Any) -> Descriptor:
    values: dict[str, Any] = {
        "protocol": "LNP/1",
        "name": "test channel",
        "suite": suite,
        "exercise": False,
        "agreement": load_agreement("us-ussr-1988"),
        "parties": tuple(centre.party() for centre in sorted(centres)),
    }
    return Descriptor(**{**values, **more})


def make_channel(centres: Sequence[Centre], suite: Suite = Suite.CLASSIC, **more: Any) -> Channel:
    return Channel(descriptor(centres, suite, **more))


def make_mandate(channel: Channel, centre: Centre, previous: Mandate | None = None, **more: Any) -> bytes:
    """A mandate signed by both authorities."""
    values: dict[str, Any] = {
        "identities": centre.identities(),
        "issued": NOW - 86_400,
        "expires": NOW + 300 * 86_400,
        "signers": ["authority-1", "authority-2"],
        "previous": previous,
    }
    draft = draft_mandate(channel, centre.code, **{**values, **more})
    for label in ("authority-1", "authority-2"):
        draft = sign_mandate(Draft.load(draft.data), channel, centre.keys[label])
    return seal_mandate(draft, channel, previous)


def open_endpoint(
    channel: Channel,
    centre: Centre,
    journal: Journal | None = None,
    anchor: Anchor | None = None,
    mandates: Sequence[bytes] = (),
    now: int = NOW,
) -> Endpoint:
    """An endpoint with its system's keys that has taken these mandates."""
    seed = hashlib.sha256(f"{centre.code}/epoch".encode()).digest()[:16]
    endpoint = Endpoint.open(
        channel,
        centre.code,
        MemoryJournal() if journal is None else journal,
        now,
        anchor=MemoryAnchor() if anchor is None else anchor,
        system=centre.keys["system"],
        epoch_id=lambda: seed,
    )
    for data in mandates:
        step = endpoint.receive(data, now)
        assert step.refusal is None, step.refusal
    return endpoint


def pair(suite: Suite = Suite.CLASSIC, **more: Any) -> tuple[Endpoint, Endpoint, Centre, Centre]:
    """Two endpoints, US and RU, that hold each other's mandate."""
    drill = more.get("exercise", False)
    us, ru = make_centre("US", suite, exercise=drill), make_centre("RU", suite, exercise=drill)
    channel = make_channel([us, ru], suite, **more)
    mandates = [make_mandate(channel, us), make_mandate(channel, ru)]
    return (
        open_endpoint(channel, us, mandates=mandates),
        open_endpoint(channel, ru, mandates=mandates),
        us,
        ru,
    )


def launch(**more: Any) -> LaunchNotification:
    """A launch notification in good order under the 1988 agreement."""
    values: dict[str, Any] = {
        "category": Category.BALLISTIC_MISSILE,
        "generic_class": GenericClass.ICBM,
        "basing": Basing.LAND,
        "planned_date": NOW // 86_400 + 3,
        "launch_area": LandRegion(name="Vandenberg"),
        "impact_areas": (
            Circle(latitude=32_400_000, longitude=603_000_000, radius=18_520, unit=LengthUnit.NAUTICAL_MILE),
        ),
    }
    return LaunchNotification(**{**values, **more})


def sign(endpoint: Endpoint, centre: Centre, body: Record, now: int, officers: Sequence[str]) -> Draft:
    """A draft carried as bytes from desk to desk and signed at each."""
    draft = endpoint.draft(body, now, officers)
    mandate = endpoint.mandate()
    assert mandate is not None
    for label in officers:
        draft = Draft.load(draft.data).review(endpoint.channel, mandate).sign(centre.keys[label])
    return draft


def state(
    endpoint: Endpoint, centre: Centre, body: Record, now: int, officers: Sequence[str] = ("officer-1",)
) -> Step:
    """Draft, sign and submit at once."""
    return endpoint.submit(sign(endpoint, centre, body, now, officers), now)
