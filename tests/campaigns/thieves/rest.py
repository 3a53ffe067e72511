"""The authority answers, everything arrives, officers read what waits: then the thief has gained nothing."""

from __future__ import annotations

from launchnotice.errors import UsageError
from launchnotice.registry import EventCode, FindingCode, Kind, LaunchPhase
from tests.campaigns.failures import Violation
from tests.campaigns.thieves.world import VICTIM, World
from tests.support.dump import state_of
from tests.support.recovery import Side

ROUNDS = 1_500
CALM = 24


def end(world: World) -> None:
    """Let the authority answer and the network heal, and check what must hold."""
    heal(world)
    check(world)


def heal(world: World) -> None:
    """Bring the world to rest."""
    if world.stolen and not world.rooted() and not world.answered:
        world.do_expel()
    quiet, length = 0, 0
    for side in world.sides.values():
        world.take(side, side.endpoint.poll(world.now))
    for _ in range(ROUNDS):
        world.do_deliver_all()
        for side in world.sides.values():
            _attend(world, side)
        if world.wire:
            continue
        grown = sum(side.endpoint.health(world.now).position for side in world.sides.values())
        quiet, length = quiet + 1 if grown == length else 0, grown
        due = [
            (at, code)
            for code, side in world.sides.items()
            if (at := side.endpoint.next_deadline) is not None
        ]
        if quiet > CALM or not due:
            return
        at, code = min(due)
        world.now = max(world.now, at)
        world.take(world.sides[code], world.sides[code].endpoint.poll(world.now))
    raise Violation("no-rest", f"journals still grow after {ROUNDS} rounds")


def _attend(world: World, side: Side) -> None:
    """Officers acknowledge what waits, but for what they are told is disowned or disputed."""
    for notice in side.endpoint.pending(side.code):
        view = side.endpoint.exchange(notice)
        if view.kind and notice in world.honest:
            world.acknowledge(side, notice)


def check(world: World) -> None:
    """What must hold at rest."""
    for side in world.sides.values():
        _check_mandates(world, side)
        if world.rooted():
            _check_root(world, side)
            continue
        if any(stream.disputed is not None for stream in state_of(side.endpoint).streams[VICTIM].values()):
            raise Violation("disputed-still", f"{side.code} has an epoch of the victim as disputed")
        _check_forged(world, side)
        _check_launches(world, side)
        _check_heads(world, side)
    _check_settled(world)


def _check_mandates(world: World, side: Side) -> None:
    held = state_of(side.endpoint).mandates[VICTIM]
    known = {one.id for one in held} | set(state_of(side.endpoint).rivals[VICTIM])
    if len(world.chain) > 1 and world.sides[VICTIM].endpoint.mandate().id not in known:  # type: ignore[union-attr]  # it has one
        raise Violation("mandate-lost", f"{side.code} lacks the newest mandate of the victim")


def _check_root(world: World, side: Side) -> None:
    """Two lists that any member has are known to all, and nothing of that party counts."""
    everywhere = [one for one in world.sides.values() if state_of(one.endpoint).rivals[VICTIM]]
    if everywhere and side not in everywhere:
        raise Violation(
            "root-unseen", f"{side.code} does not know of the two lists that {everywhere[0].code} has"
        )
    if not everywhere:
        return
    for notice, said in world.honest.items():
        if said.kind == Kind.LAUNCH and said.code == VICTIM and _knows(side, notice):
            view = side.endpoint.launch(notice, world.now)
            if view.phase is not LaunchPhase.ANNOUNCED:
                raise Violation("forged-counts", f"{side.code} lets something of the two count")


def _check_forged(world: World, side: Side) -> None:
    """What the thief said is marked, wherever it arrived, and never hidden."""
    # What officers said as well, to the byte of its payload, has the id that the thief's has.
    for notice in world.forged - world.honest.keys():
        if not _knows(side, notice):
            continue
        view = side.endpoint.exchange(notice)
        marks = {finding.code for finding in view.findings}
        if not marks & {FindingCode.DISOWNED, FindingCode.WITHOUT_EFFECT}:
            raise Violation(
                "forged-stands", f"{side.code} shows kind {view.kind} of the thief without a mark"
            )
        told = {
            event.subject for event in side.events if event.code in (EventCode.DISOWNED, EventCode.NOTICE)
        }
        if side.code != VICTIM and notice not in told:
            raise Violation("forged-hidden", f"{side.code} was not told of kind {view.kind} of the thief")


def _check_launches(world: World, side: Side) -> None:
    """Every launch stands as its honest officers left it."""
    for notice, said in world.honest.items():
        if said.kind != Kind.LAUNCH:
            continue
        if not _knows(side, notice):
            raise Violation("honest-lost", f"{side.code} lacks a launch of {said.code}")
        ended = any(one.launch == notice and one.kind == Kind.CANCELLATION for one in world.honest.values())
        phase = side.endpoint.launch(notice, world.now).phase
        if phase is not (LaunchPhase.CANCELLED if ended else LaunchPhase.ANNOUNCED):
            raise Violation(
                "launch-differs", f"{side.code} has a launch of {said.code} as {phase.value}, {ended=}"
            )


def _check_heads(world: World, side: Side) -> None:
    """The chain of honest notices joins at every member."""
    state = state_of(side.endpoint)
    for notice, said in world.honest.items():
        if not said.seq:
            continue
        stream = state.stream(said.code, said.epoch)
        if stream.seq < said.seq or side.endpoint.exchange(notice).place.name != "ACCEPTED":
            raise Violation("gap-left", f"{side.code} has {said.code} up to {stream.seq}, not {said.seq}")


def _check_settled(world: World) -> None:
    """Every honest notice is acknowledged by every member, under keys that are its own."""
    for notice, said in world.honest.items():
        side = world.sides[said.code]
        for code, reached in side.endpoint.exchange(notice).deliveries.items():
            if world.rooted() and VICTIM in (code, said.code):
                continue
            if reached.name != "ACKNOWLEDGED":
                detail = f"kind {said.kind} of {said.code} is {reached.name} at {code}"
                raise Violation("not-settled", detail)


def _knows(side: Side, notice: bytes) -> bool:
    try:
        return bool(side.endpoint.exchange(notice).data)
    except UsageError:
        return False
