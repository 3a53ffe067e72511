"""What a thief's hands reach, and how the honest authority answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from launchnotice import Mandate
from launchnotice.core.entries import EpochKey
from launchnotice.pact.mandate import Standing, UnverifiedMandate
from launchnotice.registry import ContentType, MandateReason
from launchnotice.wire import cbor, cose
from launchnotice.wire.bounds import MAX_MANDATE
from launchnotice.wire.cose import Signatory
from launchnotice.wire.streams import Epoch, Position
from tests.support import NOW, Centre, make_centre, make_mandate
from tests.support.forge import EPOCH, Forged, Forger
from tests.support.recovery import Side
from tests.support.template import Template, mandate_id

DAY = 86_400


class Renewed:
    """A party whose officers and system have new keys, with the mandate that says so.

    Attributes:
        data: the mandate's bytes, version 2. `forger`: whoever has the new keys.
    """

    def __init__(
        self,
        made: Template,
        reason: MandateReason,
        stands: Sequence[Forged] = (),
        *,
        epoch: EpochKey = EPOCH,
        code: str = "US",
        standing: Sequence[Standing] = (),
        **more: Any,
    ) -> None:
        fresh = make_centre(code, salt="renewed").keys
        keys = {label: made.centres[code].keys[label] if "auth" in label else fresh[label] for label in fresh}
        self.made, self.code, self.centre = made, code, Centre(code, keys)
        said = [stands_at(one, epoch) for one in stands]
        values: dict[str, Any] = {"reason": reason, "stands": [*said, *standing], "issued": NOW, **more}
        self.data = make_mandate(made.channel, self.centre, first(made, code), **values)
        self.forger = Forger(made.channel, self.centre, mandate_id(self.data))

    def take_over(self, side: Side) -> None:
        """The side goes on with the new keys."""
        side.made = side.made._replace(centres={**side.made.centres, self.code: self.centre})
        side.endpoint = side._open(NOW)


def stands_at(notice: Forged, epoch: EpochKey = EPOCH) -> Standing:
    """A notice as the last of its epoch that stands."""
    last = Position(seq=notice.raw[9], id=notice.id)
    return Standing(epoch=Epoch(number=epoch[0], random=epoch[1]), last=last)


def first(made: Template, code: str) -> Mandate:
    """A party's first mandate, verified."""
    return UnverifiedMandate.parse(made.mandates[code]).verify(made.channel, None)


def signed_by(centre: Centre, data: bytes, labels: Sequence[str], **changes: Any) -> bytes:
    """A mandate signed anew by these identities; `changes` are raw fields by ``k<key>``, None for none."""
    envelope = cose.parse(data, MAX_MANDATE)
    raw: Any = cbor.decode(envelope.payload, MAX_MANDATE)
    keys = sorted((key for label in labels for key in centre.keys[label]), key=lambda key: key.key.kid)
    lines = [Signatory(key.key.alg, key.key.kid) for key in keys]
    changed = {**raw, 6: [[line.alg.value, line.kid] for line in lines]}
    changed |= {int(name.removeprefix("k")): value for name, value in changes.items()}
    payload = cbor.encode({key: changed[key] for key in sorted(changed) if changed[key] is not None})
    header = cose.BODY_HEADERS[ContentType.MANDATE]
    signatures = [
        (line, key.sign(cose.to_be_signed(header, line, payload)))
        for line, key in zip(lines, keys, strict=True)
    ]
    return cose.assemble(header, payload, signatures)
