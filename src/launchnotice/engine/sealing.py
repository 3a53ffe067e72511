"""The system signs last: reservations of the machine's own statements, seals, syncs.

- A system key signs at most one id for each position or write-once key, and only what the
  journal holds as reserved. (A sync states nothing and is not reserved.)
- ML-DSA signing is randomised: what was sealed is never signed again.
"""

from __future__ import annotations

from collections.abc import Sequence

from launchnotice.core.entries import Reserved, Sealed
from launchnotice.core.exchange import MANDATE_KIND, Exchange
from launchnotice.core.returning import seen_before
from launchnotice.core.state import State
from launchnotice.draft import Draft, compose
from launchnotice.errors import Refused
from launchnotice.pact.mandate import Identity, Mandate
from launchnotice.registry import Kind, Place, Role
from launchnotice.registry.namedtuples import NamedTuple
from launchnotice.wire import cose
from launchnotice.wire.cose import Signatory
from launchnotice.wire.keys import Signer
from launchnotice.wire.signals import Receipt, Sync


class Send(NamedTuple):
    """Bytes to give to a member, by whatever carries them."""

    to: str
    data: bytes

    def __repr__(self) -> str:
        return f"<Send {len(self.data)} bytes to {self.to}>"


def find_system(mandate: Mandate | None, system: Sequence[Signer]) -> Identity | None:
    """The identity of these signers in a mandate, its first system without them; None if there is none."""
    kids = {signer.key.kid for signer in system}
    for identity in mandate.payload.identities if mandate else ():
        if identity.role is Role.SYSTEM and (not kids or kids.issuperset(key.kid for key in identity.keys)):
            return identity
    return None


def reserve_receipt(state: State, exchange: Exchange, now: int, system: Identity) -> Reserved:
    """The reservation of a receipt: what arrived, when, and the place that it took."""
    body = Receipt(
        subject=exchange.id,
        envelope=cose.envelope_digest(exchange.data),
        received=exchange.time,
        place=_place(state, exchange),
        readable=exchange.readable,
    )
    draft = compose(state, body, now, (), system, exchange.sender)
    number, random = state.epoch or (0, b"")
    return Reserved(
        id=draft.id,
        kind=Kind.RECEIPT.value,
        number=number,
        random=random,
        seq=0,
        subject=exchange.id,
        thread=b"",
        to=exchange.sender,
        told=[],
        draft=draft.data,
    )


def _place(state: State, exchange: Exchange) -> Place:
    """Where a notice stood on arrival; after a restore that need not have been the first (R-RCPT-6)."""
    if exchange.kind == MANDATE_KIND or exchange.arrived is Place.DISPUTED:
        return exchange.arrived
    again = seen_before(state, exchange.sender, exchange.epoch, exchange.seq, exchange.data)
    return Place.RECOVERED if again else exchange.arrived


def seal(reserved: Reserved, draft: Draft, system: Sequence[Signer]) -> Sealed | None:
    """Sign what is reserved; None if these signers are not its system or have no signature yet."""
    data = _complete(draft, system)
    if data is None:
        return None
    return Sealed(reserved.id, reserved.kind, reserved.subject, reserved.to, data)


def sign_sync(
    state: State, body: Sync, now: int, identity: Identity, system: Sequence[Signer], to: str
) -> bytes | None:
    """A signed sync; None if a signer has no signature yet."""
    return _complete(compose(state, body, now, (), identity, to), system)


def sealable(reserved: Reserved, system: Sequence[Signer]) -> bool:
    """Whether these signers are all that the reservation still waits for."""
    draft = Draft.load(reserved.draft)
    missing = {line.kid for line in draft.manifest} - draft.signatures.keys()
    return missing <= {signer.key.kid for signer in system}


def _complete(draft: Draft, system: Sequence[Signer]) -> bytes | None:
    missing = {line.kid: line for line in draft.manifest if line.kid not in draft.signatures}
    signatures: dict[bytes, bytes] = {}
    for signer in system:
        line = missing.get(signer.key.kid)
        signature = _sign(signer, draft, line) if line else None
        if signature is not None:
            signatures[signer.key.kid] = signature
    return draft.assemble(draft.manifest, signatures) if len(signatures) == len(missing) else None


def _sign(signer: Signer, draft: Draft, line: Signatory) -> bytes | None:
    """A signature that verifies; None if there is none yet, or a fault made it wrong.

    What is sealed is never signed again, so a bad signature would lose its position for good.
    """
    tbs = cose.to_be_signed(draft.header, line, draft.payload)
    signature = signer.sign(tbs)
    try:
        if signature is not None:
            signer.key.verify(signature, tbs)
    except Refused:
        return None
    return signature
