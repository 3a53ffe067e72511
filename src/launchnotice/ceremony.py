"""Key ceremonies: a mandate is drafted, reviewed and signed by the authority at its desks.

The draft is a `Draft` like any other, so it travels the same way; the authority signs it
without the system, and `seal_mandate` makes the envelope that a host gives to `receive`.
"""

from __future__ import annotations

from collections.abc import Sequence

from launchnotice.draft import Draft
from launchnotice.errors import Refused, UsageError
from launchnotice.pact.channel import Channel
from launchnotice.pact.mandate import (
    Identity,
    Mandate,
    MandatePayload,
    Standing,
    UnverifiedMandate,
    check_payload,
    load_payload,
)
from launchnotice.registry import ContentType, MandateReason, Refusal, Role, Usage
from launchnotice.registry.namedtuples import NamedTuple
from launchnotice.wire import cbor, cose
from launchnotice.wire.cose import Signatory
from launchnotice.wire.keys import Signer
from launchnotice.wire.message import Keyring
from launchnotice.wire.streams import Epoch


def draft_mandate(
    channel: Channel,
    party: str,
    identities: Sequence[Identity],
    *,
    issued: int,
    expires: int,
    signers: Sequence[str],
    previous: Mandate | None = None,
    confirmed: Sequence[Epoch | tuple[int, bytes]] = (),
    reason: MandateReason | None = None,
    stands: Sequence[Standing] = (),
    emergencies: Sequence[bytes] = (),
) -> Draft:
    """A draft of a party's next mandate: the complete list of its keys.

    Args:
        channel: the channel. `party`: whose keys. `identities`: all of them, with roles.
        issued, expires: seconds; at most 13 months apart.
        signers: labels of the authority identities who will sign.
        previous: the mandate before it; None for version 1.
        confirmed: own epochs that the authority confirms, as records or as (number, random).
        reason: why; by default initial for version 1 and routine for any other.
        stands: after compromise, fork or loss, the last notice that stands of each earlier epoch.
        emergencies: after a compromise, the ids of the emergency notices that stand.

    Raises:
        UsageError: a rule of mandates is broken, such as a threshold that the signers do not
            reach, or a signer is no authority of the list.
    """
    payload = MandatePayload(
        channel=channel.id,
        party=party,
        issued=issued,
        manifest=_manifest([*identities, *(previous.payload.identities if previous else ())], signers),
        version=previous.payload.version + 1 if previous else 1,
        prev=previous.id if previous else None,
        expires=expires,
        reason=reason or (MandateReason.ROUTINE if previous else MandateReason.INITIAL),
        identities=tuple(identities),
        stands=tuple(stands),
        confirmed=tuple(map(_epoch, confirmed)),
        emergencies=tuple(sorted(emergencies)),
    )
    try:
        _enrol(check_payload(payload, channel, previous), previous)
    except Refused as error:
        # Said before anybody signs, not when the last signature is there.
        raise UsageError(Usage.BAD_VALUE, f"mandate: {error}") from None
    return Draft(cose.BODY_HEADERS[ContentType.MANDATE], cbor.encode(payload.dump()), {})


def review_mandate(draft: Draft, channel: Channel) -> MandatePayload:
    """What a mandate's draft says, for an authority to read before signing.

    Raises:
        Refused: it is no mandate's draft, or another channel's.
    """
    if draft.header != cose.BODY_HEADERS[ContentType.MANDATE]:
        raise Refused(Refusal.WRONG_CONTENT_TYPE, f"expected {ContentType.MANDATE.value}")
    payload = load_payload(draft.payload)
    if payload.channel != channel.id:
        raise Refused(Refusal.WRONG_CHANNEL, "another channel's mandate")
    return payload


def check_mandate(draft: Draft, channel: Channel, previous: Mandate | None = None) -> MandatePayload:
    """What a mandate's draft says, held to everything that a peer holds the mandate to.

    The signatures that are missing are not missed; those that are there are verified.

    Args:
        draft: the draft. `channel`: the channel. `previous`: the mandate before it; None for version 1.

    Raises:
        Refused: what `review_mandate` raises, and what a peer would refuse.
    """
    payload = review_mandate(draft, channel)
    own = check_payload(payload, channel, previous)
    keyring = {**(previous.keyring if previous else {}), **own}
    lines = {line.kid: line for line in payload.manifest}
    for kid, signature in draft.signatures.items():
        if kid not in lines:
            raise Refused(Refusal.MANIFEST_MISMATCH, "a signature of somebody who is not to sign")
        keyring[kid].key.verify(signature, cose.to_be_signed(draft.header, lines[kid], draft.payload))
    _enrol(own, previous)
    return payload


class Changes(NamedTuple):
    """How one mandate of a party differs from another in its identities, by label.

    Attributes:
        added, removed: those that only one of them has.
        renewed: those with other keys. `moved`: those with another role.
        authority: whether the authority's keys change; then the old and the new one sign.
    """

    added: tuple[Identity, ...]
    removed: tuple[Identity, ...]
    renewed: tuple[Identity, ...]
    moved: tuple[Identity, ...]
    authority: bool


def compare_mandates(old: MandatePayload, new: MandatePayload) -> Changes:
    """What changes from one mandate to another."""
    before, after = ({one.label: one for one in payload.identities} for payload in (old, new))
    both = [(before[name], after[name]) for name in sorted(before.keys() & after.keys())]
    return Changes(
        added=tuple(after[name] for name in sorted(after.keys() - before.keys())),
        removed=tuple(before[name] for name in sorted(before.keys() - after.keys())),
        renewed=tuple(now for then, now in both if then.keys != now.keys),
        moved=tuple(now for then, now in both if then.role is not now.role),
        authority=_authority(old) != _authority(new),
    )


def sign_mandate(draft: Draft, channel: Channel, keys: Sequence[Signer]) -> Draft:
    """The draft with an authority's signatures added.

    Raises:
        Refused: what `review_mandate` raises.
        UsageError: `exercise` if a key is for exercises and the channel is not, or the reverse.
    """
    channel.check_keys(keys)
    return draft.signed(keys, review_mandate(draft, channel).manifest)


def seal_mandate(draft: Draft, channel: Channel, previous: Mandate | None = None) -> bytes:
    """The mandate's bytes, verified as a peer will verify them.

    Raises:
        UsageError: `not-signed`. `Refused`: what a peer would refuse.
    """
    data = draft.assemble(review_mandate(draft, channel).manifest)
    UnverifiedMandate.parse(data).verify(channel, previous)
    return data


def verify_mandates(channel: Channel, chain: Sequence[bytes]) -> Mandate:
    """The newest mandate of a party's chain, given from version 1 on; raises `Refused`."""
    mandate: Mandate | None = None
    for data in chain:
        mandate = UnverifiedMandate.parse(data).verify(channel, mandate)
    if mandate is None:
        raise UsageError(Usage.NO_MANDATE, "a chain begins with version 1")
    return mandate


def _enrol(keyring: Keyring, previous: Mandate | None) -> None:
    for kid in keyring.keys() - (previous.keyring if previous else {}).keys():
        keyring[kid].key.enrol()


def _authority(payload: MandatePayload) -> set[bytes]:
    return {key.kid for one in payload.identities if one.role is Role.AUTHORITY for key in one.keys}


def _epoch(epoch: Epoch | tuple[int, bytes]) -> Epoch:
    return epoch if isinstance(epoch, Epoch) else Epoch(number=epoch[0], random=epoch[1])


def _manifest(identities: Sequence[Identity], signers: Sequence[str]) -> tuple[Signatory, ...]:
    lines = {
        key.kid: Signatory(key.alg, key.kid)
        for identity in identities
        for key in identity.keys
        if identity.label in signers and identity.role is Role.AUTHORITY
    }
    found = {identity.label for identity in identities if identity.role is Role.AUTHORITY}
    for name in signers:
        if name not in found:
            raise UsageError(Usage.UNKNOWN_SIGNER, f"the mandate lists no authority {name!r}")
    return tuple(lines[kid] for kid in sorted(lines))
