"""Parties, a thief who has keys of one of them, mandates on their way, and a network with a relay in it.

An event is a list of a name and numbers, so that a schedule can be stored; a number picks from what there is.
The model is two sets: ids of what honest officers signed, and of what the thief signed.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final, NamedTuple

from launchnotice import Mandate, Send, UsageError
from launchnotice.ceremony import verify_mandates
from launchnotice.core.entries import EpochKey
from launchnotice.pact.mandate import Standing
from launchnotice.registry import EventCode, IncidentObject, Kind, MandateReason, Place
from launchnotice.wire import cose
from launchnotice.wire.geo import Point
from launchnotice.wire.message import recall
from launchnotice.wire.notices import Cancellation, Incident
from launchnotice.wire.record import Record
from launchnotice.wire.signals import Acknowledgement, Receipt
from launchnotice.wire.streams import Epoch, Position
from tests.campaigns.failures import Violation
from tests.campaigns.schedules import World as Base
from tests.support import NOW, Centre, launch, make_centre, make_mandate, sign
from tests.support.dump import state_of
from tests.support.forge import Forger
from tests.support.recovery import OFFICERS, Side
from tests.support.template import Template, mandate_id, template

CODES: Final = ("P0", "P1", "P2", "P3", "P4")
VICTIM: Final = "P0"
HANDS: Final = ("officers", "system", "both", "authority")
"""What a thief can have; *authority* is as many authority keys as the threshold, and makes other keys."""
SIGNERS: Final = {"officers": OFFICERS, "system": ("system",), "both": (*OFFICERS, "system")}


@cache
def founded(parties: int) -> Template:
    """A channel of so many parties."""
    return template(*CODES[:parties])


class Said(NamedTuple):
    """A notice of honest officers: whose, its kind, its place, and the launch that it cancels."""

    code: str
    kind: int
    epoch: EpochKey
    seq: int
    launch: bytes


class World(Base[Send]):
    """Everybody, and the events by name.

    Attributes:
        honest, forged: what was signed, by id.
        stolen: what the thief has. `thief`: its hands; it knows the keys of the time of the theft.
        chain: the victim's own mandates. `answered`: whether a compromise was declared since the theft.
    """

    def __init__(self, parties: int) -> None:
        super().__init__()
        self.made = founded(parties)
        self.sides = {code: Side(self.made, code) for code in self.made.centres}
        self.seen: dict[str, set[bytes]] = {code: set() for code in self.sides}
        self.honest: dict[bytes, Said] = {}
        self.forged: set[bytes] = set()
        self.now, self.made_keys = NOW, 0
        self.stolen, self.answered = "", False
        self.thief: Forger | None = None
        self.chain = [self.made.mandates[VICTIM]]
        self.rivals: list[bytes] = []
        self.victim: Centre = self.made.centres[VICTIM]

    # What parties do ---------------------------------------------------------------------

    def do_say(self, party: int, number: int) -> None:
        """Officers announce a launch, cancel their last one, or tell an incident."""
        side = self.side(party)
        own = [
            one for one, said in self.honest.items() if said.code == side.code and said.kind == Kind.LAUNCH
        ]
        body: Record = launch(launch_count=1 + number % 900)
        if number % 4 == 1 and own:
            body = Cancellation(launch=own[-1])
        elif number % 4 == 2:
            body = Incident(
                time=self.now,
                place=Point(latitude=0, longitude=0),
                object=IncidentObject.OTHER,
                contact=f"desk {number}",
            )
        notice = self.submit(side, body, OFFICERS)
        if notice:
            payload = recall(side.endpoint.exchange(notice).data).payload
            epoch = (payload.epoch.number, payload.epoch.random)
            self.honest[notice] = Said(
                side.code,
                payload.kind,
                epoch,
                getattr(payload, "seq", 0),
                getattr(body, "launch", b"") or b"",
            )
            self.counts["notices"] += 1

    def do_acknowledge(self, party: int, pick: int) -> None:
        """An officer reads a notice that waits, and says so."""
        side = self.side(party)
        waiting = [n for n in side.endpoint.pending(side.code) if side.endpoint.exchange(n).kind]
        if waiting:
            self.acknowledge(side, waiting[pick % len(waiting)])

    def do_poll(self, party: int, wait: int) -> None:
        """Time passes, and a party polls."""
        self.now += wait
        side = self.side(party)
        self.take(side, side.endpoint.poll(self.now))

    def do_restart(self, party: int) -> None:
        """A process dies between two calls."""
        self.counts["restarts"] += 1
        side = self.side(party)
        side.restart(self.now)

    def do_rotate(self) -> None:
        """The victim's yearly ceremony, whether it knows of the theft or not."""
        if not self.rooted():
            self.counts["rotations"] += 1
            self.appoint(MandateReason.ROUTINE)

    def do_expel(self) -> None:
        """The victim's authority declares a compromise, and says what stands: what its officers signed."""
        if self.stolen in ("", "authority") or self.rooted():
            return
        self.counts["compromises"] += 1
        self.answered = True
        incidents = [one for one, said in self.honest.items() if said.code == VICTIM and not said.seq]
        self.appoint(MandateReason.COMPROMISE, stands=self.standing(), emergencies=incidents)

    # What the network does ----------------------------------------------------------------

    def do_replay(self, pick: int, to: int) -> None:
        """Anything that ever was arrives again, at anybody's."""
        if self.ever:
            self.counts["replays"] += 1
            self.arrive(Send(self.side(to).code, self.ever[pick % len(self.ever)].data))

    def do_relay(self, pick: int, by: int) -> None:
        """A party on the way takes what is meant for another, and passes on the exact bytes."""
        if self.wire:
            self.counts["relayed"] += 1
            packet = self.wire.pop(pick % len(self.wire))
            self.arrive(Send(self.side(by).code, packet.data))
            self.arrive(packet)

    # What the thief does ------------------------------------------------------------------

    def do_steal(self, pick: int) -> None:
        """Keys of the victim are stolen, as they are now."""
        if self.stolen:
            return
        self.counts["thefts"] += 1
        self.stolen = HANDS[pick % len(HANDS)]
        self.thief = Forger(self.made.channel, self.victim, mandate_id(self.chain[-1]))
        if self.stolen == "authority":
            keys = {**make_centre(VICTIM, salt="thief").keys}
            keys |= {label: key for label, key in self.victim.keys.items() if "authority" in label}
            data = self.mandate(Centre(VICTIM, keys), self.chain, MandateReason.ROUTINE)
            self.rivals.append(data)
            self.thief = Forger(self.made.channel, Centre(VICTIM, keys), mandate_id(data))

    def do_forge(self, pick: int, to: int) -> None:
        """The thief signs something with what it has, and sends it to one member, who may be the victim."""
        if self.thief is None:
            return
        self.counts["forged"] += 1
        target = self.side(to)
        if self.rivals and pick % 3 == 0:
            self.arrive(Send(target.code, self.rivals[0]))
            return
        data = self._forge(self.thief, pick, target)
        if data:
            self.arrive(Send(target.code, data))

    def _forge(self, thief: Forger, pick: int, target: Side) -> bytes:
        signers = SIGNERS.get(self.stolen, SIGNERS["both"])
        if pick % 5 == 4:
            return self._forge_signal(thief, target, pick)
        stream = state_of(target.endpoint).latest(VICTIM)
        epoch: EpochKey = stream.epoch if stream and pick % 7 else (1 + pick % 3, b"thief".ljust(16))
        seq, head = (
            (stream.seq, stream.head) if stream and epoch == stream.epoch else (0, thief.genesis(epoch))
        )
        body: Record = launch(launch_count=1 + pick % 900)
        own = [one for one, said in self.honest.items() if said.code == VICTIM and said.kind == Kind.LAUNCH]
        if pick % 2 and own:
            body = Cancellation(launch=own[pick % len(own)])
        kind = Kind.CANCELLATION if isinstance(body, Cancellation) else Kind.LAUNCH
        if pick % 11 == 5:
            made = thief.emergency(
                pick, k8={1: epoch[0], 2: epoch[1]}, k13={1: seq, 2: head}, k6=thief.manifest(signers)
            )
            made = thief.signed(made.raw, signers)
        else:
            made = thief.notice(seq + 1, head, epoch=epoch, body=body, k5=kind, signers=signers)
        self.forged.add(made.id)
        return made.data

    def _forge_signal(self, thief: Forger, target: Side, pick: int) -> bytes:
        """A receipt or an acknowledgement of a notice of the target, in the victim's name."""
        own = [one for one, said in self.honest.items() if said.code == target.code]
        if not own or target.code == VICTIM:
            return b""
        subject = own[pick % len(own)]
        data = target.endpoint.exchange(subject).data
        receipt = Receipt(
            subject=subject,
            envelope=cose.envelope_digest(data),
            received=self.now,
            place=Place.ACCEPTED,
            readable=True,
        )
        kind, body = (
            (Kind.RECEIPT, receipt) if pick % 2 else (Kind.ACKNOWLEDGEMENT, Acknowledgement(subject=subject))
        )
        made = thief.signal(kind, body, target.code)
        wanted = {"officers": ("officer-1",), "system": ("system",)}.get(self.stolen)
        if wanted:
            made = thief.signed({**made.raw, 6: thief.manifest(wanted)}, wanted)
        self.forged.add(made.id)
        return made.data

    # Helpers ------------------------------------------------------------------------------

    def side(self, number: int) -> Side:
        """A party by number."""
        return self.sides[CODES[number % len(self.sides)]]

    def rooted(self) -> bool:
        """Whether the victim's authority is the thief's as well: nothing that it says can help."""
        return self.stolen == "authority"

    def arrive(self, packet: Send) -> None:
        """Bytes arrive; what nobody but strangers signed leaves no trace."""
        self.ever.append(packet)
        side = self.sides[packet.to]
        step = side.endpoint.receive(packet.data, self.now)
        self.take(side, step)

    def submit(self, side: Side, body: Record, officers: tuple[str, ...]) -> bytes:
        """The id of what the party's officers say; empty if it cannot be said now."""
        centre = self.victim if side.code == VICTIM else self.made.centres[side.code]
        try:
            draft = sign(side.endpoint, centre, body, self.now, officers)
            self.take(side, side.endpoint.submit(draft, self.now))
        except UsageError:
            return b""
        return draft.id

    def acknowledge(self, side: Side, notice: bytes) -> None:
        """An officer says that he has read a notice."""
        if self.submit(side, Acknowledgement(subject=notice), ("officer-1",)):
            self.counts["acknowledged"] += 1

    def take(self, side: Side, step: Any) -> None:
        """Carry what is sent, and judge what is shown."""
        self.wire += step.sends
        self.ever += step.sends
        for event in step.events:
            side.events.append(event)
            if event.code is EventCode.NOTICE:
                self._check_shown(side, event.subject)

    def _check_shown(self, side: Side, notice: bytes) -> None:
        if notice in self.seen[side.code]:
            raise Violation("shown-twice", f"{side.code} shows a notice as new again")
        self.seen[side.code].add(notice)
        able = self.stolen in ("both", "authority") and notice in self.forged
        if notice not in self.honest and not able and not self._being_said(side, notice):
            raise Violation(
                "unauthorised", f"{side.code} shows what no quorum of a party signed ({self.stolen})"
            )

    def _being_said(self, side: Side, notice: bytes) -> bool:
        """A notice that arrives in the call that submits it is in no set yet; nobody shows his own."""
        return side.endpoint.exchange(notice).sender == side.code

    def mandate(self, centre: Centre, chain: list[bytes], reason: MandateReason, **more: Any) -> bytes:
        """The next mandate of a chain of the victim."""
        previous: Mandate = verify_mandates(self.made.channel, chain)
        return make_mandate(self.made.channel, centre, previous, reason=reason, issued=self.now, **more)

    def appoint(self, reason: MandateReason, **more: Any) -> None:
        """The victim's authority gives officers and machine new keys, and its endpoint the list."""
        self.made_keys += 1
        fresh = make_centre(VICTIM, salt=f"keys {self.made_keys}").keys
        keys = {label: self.victim.keys[label] if "authority" in label else fresh[label] for label in fresh}
        side = self.sides[VICTIM]
        epoch = side.endpoint.health(self.now).epoch
        confirmed = [epoch] if epoch[0] and reason is MandateReason.ROUTINE else []
        self.victim = Centre(VICTIM, keys)
        self.chain.append(self.mandate(self.victim, self.chain, reason, confirmed=confirmed, **more))
        side.made = self.made._replace(centres={**self.made.centres, VICTIM: self.victim})
        side.restart(self.now)  # with the new machine's key
        self.arrive(Send(VICTIM, self.chain[-1]))

    def standing(self) -> list[Standing]:
        """Of each epoch of the victim, the last of the notices that its officers signed in a row."""
        found: dict[EpochKey, dict[int, bytes]] = {}
        for notice, said in self.honest.items():
            if said.code == VICTIM and said.seq:
                found.setdefault(said.epoch, {})[said.seq] = notice
        ends = []
        for epoch, places in found.items():
            last = next(seq for seq in range(1, len(places) + 2) if seq not in places) - 1
            if last:
                record = Epoch(number=epoch[0], random=epoch[1])
                ends.append(Standing(epoch=record, last=Position(seq=last, id=places[last])))
        return ends
