"""Verification as a peer does it, for objects that somebody holds in a hand.

- What was checked comes back as a `Verdict`, so that it can be shown with the object.
- A mandate counts only with its whole chain, from version 1 on.

Not here: streams, replay, deadlines; an endpoint alone can judge those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from launchnotice.ceremony import review_mandate, seal_mandate
from launchnotice.draft import Draft
from launchnotice.errors import Refused, UsageError
from launchnotice.pact.channel import Channel
from launchnotice.pact.mandate import Mandate, UnverifiedMandate
from launchnotice.registry import Refusal, Usage, label
from launchnotice.render.fields import escape, quote
from launchnotice.wire.message import Payload, Unverified


class Verdict(NamedTuple):
    """What was verified.

    Attributes:
        verified: whether every check of a peer passed.
        refusal: why a peer would refuse it; None if it was not checked, or verified.
        detail: by whom it is signed, or why nothing was checked.
    """

    verified: bool
    refusal: Refused | None
    detail: str

    def lines(self) -> list[str]:
        """The first lines of what is shown."""
        if self.refusal is not None:
            return [f"REFUSED: {escape(str(self.refusal))}", "Do not trust what follows."]
        if self.verified:
            return [f"VERIFIED: {self.detail}"]
        return [f"NOT VERIFIED: {self.detail}", "Anyone can have written what follows."]


def hold(channel: Channel, mandates: Iterable[bytes]) -> dict[bytes, Mandate]:
    """Mandates of any parties, in any order, verified from version 1 on; by mandate id.

    Raises:
        Refused: one of them is refused or lacks its predecessor.
    """
    found = [UnverifiedMandate.parse(data) for data in mandates]
    held: dict[bytes, Mandate] = {}
    for one in sorted(found, key=lambda one: one.version):
        try:
            held[one.id] = one.verify(channel, _before(one, held))
        except Refused as error:
            raise error.within(f"mandate of {one.party}, version {one.version}") from None
    return held


def unchecked(detail: str) -> Verdict:
    """Nothing was checked, and why."""
    return Verdict(verified=False, refusal=None, detail=detail)


def verified(detail: str) -> Verdict:
    """Every check passed, and who signed."""
    return Verdict(verified=True, refusal=None, detail=detail)


class _NotGiven(Exception):
    """A mandate that is needed was not given: nothing was found wrong, and nothing was checked."""


def checked(verify: Callable[[], Verdict]) -> Verdict:
    """What a check says, its refusal included."""
    try:
        return verify()
    except _NotGiven as error:
        return unchecked(str(error))
    except Refused as error:
        return Verdict(verified=False, refusal=error, detail="")


def verify_message(unverified: Unverified, channel: Channel, held: dict[bytes, Mandate]) -> Verdict:
    """A message, in the order of the spec's section 4.6; raises `Refused`."""
    if unverified.channel != channel.id:
        raise Refused(Refusal.WRONG_CHANNEL, "another channel's message")
    if unverified.envelope.content_type is not channel.content_type:
        raise Refused(Refusal.WRONG_CONTENT_TYPE, f"expected {channel.content_type.value}")
    if unverified.sender not in channel.parties:
        raise Refused(Refusal.UNKNOWN_PARTY, "not a party of the channel")
    mandate = _under(unverified.mandate, unverified.sender, held)
    message = unverified.verify(mandate.keyring, channel.accept, len(channel.algorithms))
    signers = ", ".join(f"{quote(one.identity)} ({label(one.role)})" for one in message.signers)
    detail = f"signed by {signers} of {quote(unverified.sender)}, mandate version {mandate.payload.version}"
    return verified(detail)


def verify_mandate(unverified: UnverifiedMandate, channel: Channel, held: dict[bytes, Mandate]) -> Verdict:
    """A mandate after its predecessor; raises `Refused`."""
    unverified.verify(channel, _before(unverified, held))
    return verified(f"signed by the authority of {quote(unverified.party)}")


def review_draft(draft: Draft, payload: Payload, channel: Channel, held: dict[bytes, Mandate]) -> Verdict:
    """A message's draft, as an officer's desk checks it; raises `Refused`."""
    review = draft.review(channel, _under(payload.mandate, payload.sender, held))
    signed = ", ".join(map(quote, review.signed)) or "nobody yet"
    return verified(f"a draft that may be signed; signed by {signed}")


def verify_mandate_draft(draft: Draft, channel: Channel, held: dict[bytes, Mandate]) -> Verdict:
    """A mandate's draft; it is checked in full when all have signed. Raises `Refused`."""
    payload = review_mandate(draft, channel)
    try:
        seal_mandate(draft, channel, held.get(payload.prev or b""))
    except UsageError as error:
        if error.code is not Usage.NOT_SIGNED:
            raise
        return unchecked("signatures are missing; they are checked when all are there")
    return verified(f"signed by the authority of {quote(payload.party)}")


def _under(mandate_id: bytes, sender: str, held: dict[bytes, Mandate]) -> Mandate:
    mandate = held.get(mandate_id)
    if mandate is None and not any(one.payload.party == sender for one in held.values()):
        raise _NotGiven("give the sender's mandates with --mandate")
    if mandate is None or mandate.payload.party != sender:
        raise Refused(Refusal.UNKNOWN_MANDATE, "signed under a mandate that was not given")
    return mandate


def _before(unverified: UnverifiedMandate, held: dict[bytes, Mandate]) -> Mandate | None:
    """The predecessor of a mandate; raises `Refused` if it has one that is not held."""
    if unverified.prev is None:
        return None
    previous = held.get(unverified.prev)
    if previous is None or previous.payload.party != unverified.party:
        raise Refused(Refusal.MANDATE_GAP, "the mandate before it was not given")
    return previous
