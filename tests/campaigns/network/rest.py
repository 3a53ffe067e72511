"""The network heals: everything arrives, all poll when they are due, officers answer. Then all agree."""

from __future__ import annotations

from launchnotice.core.tables import DELIVERY, Delivery
from launchnotice.errors import UsageError
from launchnotice.registry import Kind, Need
from launchnotice.views import Attention
from tests.campaigns.failures import Violation
from tests.campaigns.network import bodies
from tests.campaigns.network.calls import has_shown
from tests.campaigns.network.model import (
    ACKNOWLEDGEMENT,
    LAST_CHAINED,
    RECEIPT,
    REJECTION,
    Epoch,
    Seen,
    read,
)
from tests.campaigns.network.node import Node
from tests.campaigns.network.site import Site
from tests.campaigns.network.world import World
from tests.support.dump import state_of

ROUNDS = 1_500
CALM = 12
QUIET = 60
FAR = 40 * 86_400
SOON = 60


def end(world: World) -> None:
    """Let the network heal, and check what must hold in the end."""
    heal(world)
    check(world)


def heal(world: World) -> None:
    """Bring the world to rest; raises `Violation` if it does not come to rest."""
    world.groups = {}
    nodes = [node for site in world.sites.values() for node in site.nodes]
    for node in nodes:
        node.fuse.left, node.skew = None, 0
    end, quiet, length = world.now + FAR, 0, 0
    confirmed = False
    for node in _running(world):
        world.poll(node)
    for _ in range(ROUNDS):
        while world.wire:
            packet = world.wire.pop(0)
            world.receive(packet.to, packet.data)
        for site in world.sites.values():
            _attend(world, site)
        if world.wire:
            continue
        due = [(at, node) for node, at in _due(world).items() if at <= end]
        if not due:
            return
        grown = sum(site.length for site in world.sites.values())
        quiet, length = quiet + 1 if grown == length else 0, grown
        share = len(_running(world)) / len(world.sites)
        if quiet > CALM * share and not confirmed:
            confirmed = True
            _confirm_epochs(world)
            continue
        if quiet > QUIET * share and (world.model.forked or _lost_for_all(world)):
            return  # what nobody has is asked for once an hour, for ever
        at, node = min(due, key=lambda one: one[0])
        world.now = max(world.now, at)
        world.poll(node)
    raise Violation("no-rest", f"still due after {ROUNDS} rounds: {list(_due(world).values())}")


def _running(world: World) -> list[Node]:
    """The nodes that are alive; those that died stay dead, and the others finish what they began."""
    return [node for site in world.sites.values() for node in site.running]


def _confirm_epochs(world: World) -> None:
    """Nothing comes any more: the authorities end what restores began, and nobody is challenged again."""
    for site in world.sites.values():
        state = state_of(site.endpoint)
        if state.restored_at and state.epoch not in state.confirmed_epochs(site.code):
            world.renew(site.front)


def _lost_for_all(world: World) -> bool:
    """Whether a notice that members were told of, or before one that they have, is with nobody.

    A restore lost it, or it was reserved and never signed; they ask for it in vain.
    """
    held = {one for site in world.sites.values() for one in site.holds}
    held |= {one.id for one in _notices(world) if _holds(world.sites[one.sender], one.id)}
    places = {(one.sender, one.epoch, one.seq) for one in _notices(world) if one.id in held and one.seq}
    told = {(one.sender, one.epoch, one.seq) for one in _notices(world) if one.seq}
    told |= {(sender, epoch, seq - 1) for sender, epoch, seq in places if seq > 1}
    return not told <= places


def _notices(world: World) -> list[Seen]:
    """All notices that were ever released."""
    messages = (read(data) for data in world.model.ever)
    return [message for message in messages if message.is_notice]


def _due(world: World) -> dict[Node, int]:
    """When each node polls: when it is due, and soon if another one has written since."""
    found = {node: node.endpoint.next_deadline for node in _running(world)}
    soon = {node: world.now + SOON for node in found if node.behind}
    return {node: at for node, at in found.items() if at is not None} | soon


def _attend(world: World, site: Site) -> None:
    """Officers do what attention asks of them."""
    node = site.front
    if site.attended == site.length or node.behind:
        return
    for need in node.endpoint.attention(world.now):
        _answer(world, node, need)
    site.attended = site.length


def _answer(world: World, node: Node, need: Attention) -> None:
    what = {Need.ACKNOWLEDGE: "acknowledge", Need.UNINTELLIGIBLE: "reject"}.get(need.need)
    if what:
        if not world.submit(node, bodies.state(what, need.subject)):
            raise Violation("not-settled", f"{node.site.code} cannot {what}: {dict(world.counts)}")
        world.counts[bodies.STATEMENTS[what]] += 1
    if need.need is Need.TRUST:
        node.endpoint.trust(need.subject)


def check(world: World) -> None:
    """What must hold at rest."""
    for site in world.sites.values():
        _check_quiet(world, site)
        for peer in world.sites.values():
            if peer is not site:
                _check_heads(world, site, peer)
                _check_deliveries(world, site, peer)
        _check_returned(world, site)
        _check_nodes(world, site)
    _check_forks(world)


def _check_quiet(world: World, site: Site) -> None:
    state = state_of(site.endpoint)
    if state.unsealed:
        raise Violation("no-rest", f"{site.code} leaves {len(state.unsealed)} unsealed")
    for party, streams in state.streams.items():
        for stream in streams.values():
            if stream.disputed is not None and party not in world.model.forked:
                raise Violation("disputed", f"{site.code} disputes {party}, which did not fork")


def _check_nodes(world: World, site: Site) -> None:
    """Dead nodes start; then each has shown what any was given, and none has anything to add."""
    length = site.length
    for node in site.nodes:
        if not node.running:
            if not site.has(node.anchor.mark):
                continue  # it died after a restore and before it wrote its anchor: one more epoch
            world.open(node)
        world.poll(node)
        missed = [notice for notice in site.holds if not has_shown(node, notice)]
        if missed:
            raise Violation("swallowed", f"a node of {site.code} shows nothing of {len(missed)} notices")
    if site.length != length:
        raise Violation("no-rest", f"a node of {site.code} adds {site.length - length} entries")


def _check_heads(world: World, site: Site, peer: Site) -> None:
    """A member knows the current epoch of a party as the party itself does."""
    own, heard = state_of(site.endpoint), state_of(peer.endpoint)
    if own.epoch is None or {site.code, peer.code} & world.model.forked:
        return
    ours, theirs = own.streams[site.code][own.epoch], heard.stream(site.code, own.epoch)
    if (ours.seq, ours.head) != (theirs.seq, theirs.head) or theirs.held:
        detail = f"{peer.code} has {theirs.seq}+{len(theirs.held)} of {site.code}, which has {ours.seq}"
        raise Violation("gap-left" if theirs.held else "heads-differ", detail)


def _check_deliveries(world: World, site: Site, peer: Site) -> None:
    """What a party believes of a member is what that member said, and all that is live is settled."""
    state = state_of(site.endpoint)
    for message in _notices(world):
        if message.sender != site.code:
            continue
        try:
            reached = site.endpoint.exchange(message.id).deliveries[peer.code]
        except UsageError:
            continue  # lost by a restore; `_check_returned` asks whether anybody has it
        told = _reached(world, peer, message.id)
        if reached > told:
            raise Violation("false-delivery", f"{site.code} believes {reached.name} of {peer.code}")
        live = message.epoch == state.epoch and site.code not in world.model.forked
        if live and reached < Delivery.ACKNOWLEDGED:
            raise Violation(
                "not-settled", f"{site.code}: kind {message.kind} is {reached.name} at {peer.code}"
            )
        if live and not peer.lost and peer.code not in world.model.forked and reached is not told:
            world.fault("deliveries-differ", f"{site.code} believes {reached.name}, not {told.name}")


def _reached(world: World, peer: Site, notice: bytes) -> Delivery:
    reached = Delivery.PENDING
    for kind in (RECEIPT, ACKNOWLEDGEMENT, Kind.DISSEMINATION, REJECTION):
        if world.model.has_stated(peer.code, kind, notice):
            reached = DELIVERY[reached, Kind(kind)]
    return reached


def _check_returned(world: World, site: Site) -> None:
    """An own notice that any member holds was handed back; a gap is one that nobody can close."""
    if site.code in world.model.forked:
        return
    for message in _notices(world):
        if message.sender != site.code:
            continue
        holders = [one.code for one in world.sites.values() if message.id in one.holds]
        if holders and not _holds(site, message.id):
            kind = f"kind {message.kind}, {message.epoch[0]}/{message.seq}"
            check = "not-returned" if message.seq else "emergency-not-returned"
            world.fault(check, f"{site.code} lacks its own {kind}, which {holders} hold")
            continue
        knowing = {site.code, *holders, *world.model.forked}
        lacking = [code for code in world.sites if code not in knowing]
        if holders and lacking and message.kind <= LAST_CHAINED:
            kind = f"kind {message.kind}, {message.epoch[0]}/{message.seq}"
            raise Violation("gap-left", f"{lacking} lack {kind} of {site.code}, which {holders} hold")


def _holds(site: Site, notice: bytes) -> bool:
    try:
        return bool(site.endpoint.exchange(notice).data)
    except UsageError:
        return False


def _check_forks(world: World) -> None:
    """P5: when members hold two notices for one position, all know it."""
    held = {one for site in world.sites.values() for one in site.holds}
    for code in world.model.forked:
        at: dict[tuple[Epoch, int], set[bytes]] = {}
        for message in _notices(world):
            if message.sender == code and message.kind <= LAST_CHAINED and message.id in held:
                at.setdefault((message.epoch, message.seq), set()).add(message.id)
        for (epoch, seq), ids in at.items():
            if len(ids) > 1:
                _check_fork_known(world, code, epoch, seq)


def _check_fork_known(world: World, code: str, epoch: Epoch, seq: int) -> None:
    for site in world.sites.values():
        disputed = state_of(site.endpoint).stream(code, epoch).disputed
        if disputed is None or disputed > seq:
            raise Violation("fork-unseen", f"{site.code} does not know that {code} forked at {seq}")
