"""What a party says one after the other, forged: any body of any kind, signed by whomever."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from launchnotice import Event
from launchnotice.core.entries import EpochKey
from launchnotice.registry import EventCode, FindingCode, Kind, KindClass, kind_row
from launchnotice.wire.message import KIND_OF
from launchnotice.wire.record import Record
from tests.spec.requirements.build import OFFICERS, World
from tests.support import NOW
from tests.support.forge import EPOCH, Forged, Forger

DAY = 86_400


class Told:
    """A party's forged stream; `say` adds the next notice, emergencies stand beside it."""

    def __init__(self, forger: Forger, epoch: EpochKey = EPOCH) -> None:
        self.forger, self.epoch = forger, epoch
        self.seq, self.head = 0, forger.genesis(epoch)

    def say(
        self,
        body: Record | Mapping[int, Any],
        kind: int | None = None,
        *,
        officers: Sequence[str] = OFFICERS,
        forger: Forger | None = None,
        **changes: Any,
    ) -> Forged:
        """The next notice, with that body; `forger` signs under another mandate.

        A raw body needs its `kind`; `changes` are raw fields by ``k<key>``.
        """
        kind = KIND_OF[type(body)] if isinstance(body, Record) else kind
        assert kind is not None
        hand, signers = forger or self.forger, (*officers, "system")
        raw = body.dump() if isinstance(body, Record) else dict(body)
        row = kind_row(kind)
        assert row is not None
        if row.kind_class is KindClass.EMERGENCY:
            return self._beside(hand, {5: int(kind), 7: raw}, signers, changes)
        # The kind of an empty body stands in the changes, since the forger takes none for a launch.
        fields: dict[str, Any] = {"k5": int(kind), "k7": raw, **changes}
        made = hand.notice(self.seq + 1, self.head, epoch=self.epoch, signers=signers, **fields)
        self.seq, self.head = self.seq + 1, made.id
        return made

    def _beside(
        self, hand: Forger, fields: dict[int, Any], signers: Sequence[str], changes: dict[str, Any]
    ) -> Forged:
        """An emergency notice: outside the stream."""
        raw = hand.emergency(1).raw | fields
        raw |= {6: hand.manifest(signers), 8: {1: self.epoch[0], 2: self.epoch[1]}}
        raw[13] = {1: self.seq, 2: self.head}
        raw |= {int(name.removeprefix("k")): value for name, value in changes.items()}
        return hand.signed({key: raw[key] for key in sorted(raw)}, signers)


def heard(w: World, made: Forged, now: int = NOW + 1) -> Event:
    """The event of a notice that is not refused."""
    step = w.receive(made.data, now)
    assert step.refusal is None, step.refusal
    (event,) = [one for one in step.events if one.code is EventCode.NOTICE]
    return event


STEPS_FOUND = {
    FindingCode.OUT_OF_PHASE,
    FindingCode.NOT_NEWEST,
    FindingCode.AFTER_LAPSE,
    FindingCode.OUTSIDE_WINDOW,
    FindingCode.NOT_NOTIFIED,
    FindingCode.NOT_ASKED,
}


def codes(event: Event) -> list[FindingCode]:
    """Codes of an event's findings, but for steps that do not fit (`tests/core/test_steps.py`)."""
    return [finding.code for finding in event.findings if finding.code not in STEPS_FOUND]


def kind_name(kind: Kind) -> str:
    """The id of a test about a kind."""
    return kind.name.lower().replace("_", " ")
