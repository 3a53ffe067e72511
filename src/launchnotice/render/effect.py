"""What a mandate does beyond listing keys, in words: whoever signs it must know what he or she ends."""

from __future__ import annotations

from launchnotice.pact.mandate import DISOWNING, ENDING, MandatePayload
from launchnotice.registry import label
from launchnotice.render.fields import Node, check_code
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
    elif payload.reason in ENDING:
        nodes.append(Node("disowned", "nothing: what is abandoned stays in force until it is withdrawn"))
    else:
        nodes.append(Node("disowned", "nothing: all notices stand"))
    nodes += [Node("confirms", _epoch(epoch)) for epoch in payload.confirmed]
    if not payload.confirmed:
        nodes.append(Node("confirms", "no epoch"))
    return nodes


def _epoch(epoch: Epoch) -> str:
    return f"epoch {epoch.number}, {epoch.random.hex()}"
