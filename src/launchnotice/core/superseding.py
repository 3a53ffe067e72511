"""What becomes of messages when their mandate is replaced, or their party has two (spec section 9.3).

- Routine: a signal or emergency notice under an earlier mandate counts for `SUPERSEDED_FOR` more seconds.
- Compromise: one that was not known before has no effect. Whoever stated it says it again under the new
  mandate, when the notice is repeated: that shows that its sender still waits.
- Two mandates of one version: nothing more of that party has an effect, and all is shown as disputed.
"""

from __future__ import annotations

from launchnotice.core.exchange import Exchange
from launchnotice.core.said import Said
from launchnotice.core.state import State
from launchnotice.pact.findings import Finding, protocol_finding
from launchnotice.pact.mandate import Mandate
from launchnotice.registry import FindingCode, KindClass, MandateReason
from launchnotice.wire.bounds import SUPERSEDED_FOR
from launchnotice.wire.message import recall


def mandate_findings(state: State, message: Said, mandate: Mandate, now: int) -> list[Finding]:
    """What there is to say of the mandate under which a message is signed; `now` in seconds."""
    party, version = mandate.payload.party, mandate.payload.version
    unchained = message.row.kind_class is not KindClass.CHAINED
    stolen = unchained and is_void(state, party, version, message.id)
    codes = []
    # No notice names a later mandate than the newest that is held.
    newest = mandate is state.mandate(party)
    if stolen or (not newest and version < _named(state, message)):
        codes.append(FindingCode.SUPERSEDED_MANDATE)
        if stolen or (unchained and now > superseded_at(state, party, version) + SUPERSEDED_FOR):
            codes.append(FindingCode.WITHOUT_EFFECT)
    if state.rivals[party]:
        codes.append(FindingCode.ROOT_FORK)
        if message.row.kind_class is KindClass.SIGNAL:
            codes.append(FindingCode.WITHOUT_EFFECT)
    if message.payload.issued > mandate.payload.expires:
        codes.append(FindingCode.EXPIRED_MANDATE)
    return [protocol_finding(code) for code in dict.fromkeys(codes)]


def compromised(state: State, party: str) -> int:
    """The newest version of a party's mandates with the reason compromise; 0 if there is none."""
    for mandate in reversed(state.mandates[party]):
        if mandate.payload.reason is MandateReason.COMPROMISE:
            return mandate.payload.version
    return 0


def is_void(state: State, party: str, version: int, message: bytes) -> bool:
    """Whether a compromise after that version makes a message without a place in the chain a thief's.

    A mandate names the emergency notices that stand all the same, and no signals.
    """
    later = [mandate.payload for mandate in state.mandates[party][version:]]
    return any(one.reason is MandateReason.COMPROMISE and message not in one.emergencies for one in later)


def superseded_at(state: State, party: str, version: int) -> int:
    """When a notice first named a later mandate of a party, in seconds by our clock."""
    return min(time for named, time in state.superseded[party] if named > version)


def voided(state: State, exchange: Exchange) -> list[int]:
    """Kinds of our signals about a notice that its sender may have to take for a thief's."""
    newest = compromised(state, state.own)
    if not newest:
        return []
    return [kind for kind, one in exchange.stated.items() if one.data and _version(state, one.data) < newest]


def _named(state: State, message: Said) -> int:
    """The highest version that a notice of its sender names; of a notice, before its position."""
    payload = message.payload
    epoch, seq = (payload.epoch.number, payload.epoch.random), getattr(payload, "seq", 0)
    signal = message.row.kind_class is KindClass.SIGNAL
    streams = state.streams[payload.sender].items()
    named = [
        s.version_before(seq if key == epoch else 0) for key, s in streams if signal or key[0] <= epoch[0]
    ]
    return max(named, default=0)


def _version(state: State, data: bytes) -> int:
    return state.by_id[recall(data).payload.mandate].payload.version
