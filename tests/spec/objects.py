"""Real objects of every kind for the tests of the specification, made once a suite by two centres."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from launchnotice import Channel, Endpoint, Step
from launchnotice.ceremony import draft_mandate
from launchnotice.pact.mandate import UnverifiedMandate
from launchnotice.registry import KINDS, ContentType, Kind, RejectionCode, Suite
from launchnotice.wire import cose
from launchnotice.wire.codecs import kebab
from launchnotice.wire.message import BODIES, parse
from launchnotice.wire.signals import Acknowledgement, Rejection
from tests.spec.story import Desk, story
from tests.support import (
    NOW,
    Centre,
    launch,
    make_centre,
    make_channel,
    make_mandate,
    open_endpoint,
    sign,
    state,
)


class Sample(NamedTuple):
    """One object and what it is made of.

    Attributes:
        name: what it is. `rule`: the CDDL rule of the whole. `data`: its bytes.
        payload: its payload and the payload's rule. `body`: the rule of the payload's field 7.
    """

    name: str
    rule: str
    data: bytes
    payload: tuple[bytes, str] | None = None
    body: str | None = None


class Exchange(NamedTuple):
    """A short exchange: who took part and every object that it left behind."""

    channel: Channel
    centres: tuple[Centre, Centre]
    samples: tuple[Sample, ...]

    def sample(self, name: str) -> Sample:
        return next(sample for sample in self.samples if sample.name == name)


@cache
def exchange(suite: Suite) -> Exchange:
    """A message of every kind, mandates and drafts."""
    us, ru = make_centre("US", suite), make_centre("RU", suite)
    channel = make_channel([us, ru], suite)
    us_mandate, ru_mandate = make_mandate(channel, us), make_mandate(channel, ru)
    sender = open_endpoint(channel, us, mandates=[us_mandate, ru_mandate])
    receiver = open_endpoint(channel, ru, mandates=[ru_mandate, us_mandate])
    draft = sign(sender, us, launch(), NOW, ["officer-1", "officer-2"])
    notice = _of(sender.submit(draft, NOW), Kind.LAUNCH)
    receiver.receive(notice, NOW + 1)
    receipt = _of(receiver.poll(NOW + 2), Kind.RECEIPT, draft.id)
    acknowledgement = Acknowledgement(subject=draft.id)
    acknowledged = _of(state(receiver, ru, acknowledgement, NOW + 60), Kind.ACKNOWLEDGEMENT)
    rejection = Rejection(subject=draft.id, code=RejectionCode.IMPLAUSIBLE, remark="please confirm")
    rejected = _of(state(receiver, ru, rejection, NOW + 90), Kind.REJECTION)
    told = story(Desk(sender, us, receiver), Desk(receiver, ru, sender), draft.id)
    receiver.receive(_next_but_one(sender, us, NOW + 3_100), NOW + 3_101)
    sync = _of(receiver.poll(NOW + 3_101), Kind.SYNC)
    told |= {Kind.LAUNCH: notice, Kind.RECEIPT: receipt, Kind.ACKNOWLEDGEMENT: acknowledged}
    told |= {Kind.REJECTION: rejected, Kind.SYNC: sync}
    first = UnverifiedMandate.parse(us_mandate).verify(channel, None)
    second = make_mandate(channel, us, first)
    mandate_draft = draft_mandate(
        channel,
        "US",
        us.identities(),
        issued=NOW,
        expires=NOW + 86_400,
        signers=["authority-1", "authority-2"],
    )
    samples = (
        Sample("descriptor", "descriptor", channel.data),
        _mandate("mandate version 1", us_mandate),
        _mandate("mandate version 2", second),
        _mandate("mandate version 1 of the peer", ru_mandate),
        Sample("draft of a mandate", "draft-record", mandate_draft.data),
        Sample("draft of a notice", "draft-record", draft.data),
        *[_message(kind, told[kind]) for kind in Kind],
    )
    return Exchange(channel, (us, ru), samples)


def _next_but_one(sender: Endpoint, us: Centre, now: int) -> bytes:
    """A notice whose predecessor was lost on the way."""
    state(sender, us, launch(), now, ["officer-1", "officer-2"])
    return _of(state(sender, us, launch(), now, ["officer-1", "officer-2"]), Kind.LAUNCH)


def _of(step: Step, kind: Kind, subject: bytes | None = None) -> bytes:
    """The message of a kind, about a subject, that a step sends."""
    for send in step.sends:
        envelope = cose.parse(send.data, len(send.data))
        if envelope.content_type is ContentType.MANDATE:
            continue
        message = parse(send.data, envelope)
        if message.kind == kind and subject in (None, message._payload.body.get(1)):
            return send.data
    raise AssertionError(f"no {kind.name} was sent")


def _message(kind: Kind, data: bytes) -> Sample:
    payload = f"{KINDS[kind].kind_class}-payload"
    body = kebab(BODIES[kind].__name__)
    return Sample(KINDS[kind].label, "message", data, (cose.parse(data, len(data)).payload, payload), body)


def _mandate(name: str, data: bytes) -> Sample:
    return Sample(name, "mandate", data, (cose.parse(data, len(data)).payload, "mandate-payload"))
