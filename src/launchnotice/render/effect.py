"""What a mandate does beyond listing keys, in words: whoever signs it must know what he or she ends."""

from __future__ import annotations

from launchnotice.ceremony import compare_mandates
from launchnotice.pact.mandate import DISOWNING, ENDING, Identity, MandatePayload
from launchnotice.registry import MandateReason, label
from launchnotice.render.fields import Node, check_code, groups, instant, quote
from launchnotice.wire.streams import Epoch


def effect(payload: MandatePayload) -> list[Node]:
    """What of earlier notices stands and what does not, and which epochs are confirmed."""
    nodes = [Node("reason", label(payload.reason))]
    for one in payload.stands:
        last = f"up to number {one.last.seq}, [{check_code(one.last.id)}]" if one.last.seq else "nothing"
        beyond = "DISOWNED" if payload.reason in DISOWNING else "abandoned"
        nodes.append(Node("stands", f"{_epoch(one.epoch)}:\n{last}; what lies beyond is {beyond}"))
    if payload.reason in DISOWNING:
        every = "EVERY OTHER EPOCH" if payload.stands else "EVERY EPOCH"
        nodes.append(Node("DISOWNED", f"all notices of {every} under earlier mandates"))
        if payload.reason is MandateReason.COMPROMISE:
            standing = [f"[{check_code(one)}]" for one in payload.emergencies] or ["none"]
            nodes.append(Node("emergency notices", "these stand, no other: " + "\n".join(standing)))
    elif payload.reason in ENDING:
        nodes.append(Node("disowned", "nothing: what is abandoned stays in force until it is withdrawn"))
    else:
        nodes.append(Node("disowned", "nothing: all notices stand"))
    nodes += [Node("confirms", _epoch(epoch)) for epoch in payload.confirmed]
    if not payload.confirmed:
        nodes.append(Node("confirms", "no epoch"))
    return nodes


def changes(old: MandatePayload, new: MandatePayload) -> list[Node]:
    """What changes from one mandate of a party to another: whoever signs compares these, not two lists."""
    found = compare_mandates(old, new)
    nodes = [Node("from, to", f"version {old.version}, version {new.version}")]
    for name, identities in (("ADDED", found.added), ("REMOVED", found.removed), ("NEW KEYS", found.renewed)):
        nodes += [Node(name, f"{quote(one.label)}, {label(one.role)}", _keys(one)) for one in identities]
    nodes += [Node("NEW ROLE", f"{quote(one.label)}, now {label(one.role)}") for one in found.moved]
    if not any(found):
        nodes.append(Node("identities", "all as before"))
    if found.authority:
        nodes.append(Node("AUTHORITY", "changes: as many of the old one as of the new one sign"))
    nodes.append(Node("expires", f"{instant(old.expires)}, then {instant(new.expires)}"))
    return nodes


def _keys(identity: Identity) -> tuple[Node, ...]:
    return tuple(Node(label(key.alg), groups(key.kid)) for key in identity.keys)


def _epoch(epoch: Epoch) -> str:
    return f"epoch {epoch.number}, {epoch.random.hex()}"
