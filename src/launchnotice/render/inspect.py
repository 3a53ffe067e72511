"""Any object of LNP/1 taken apart field by field, verified or not.

- `inspect` takes a message, a mandate, a channel descriptor, a draft of either, or the JSON
  of an identity, and raises `Refused` for everything else.
- The first lines say what was verified and by whom, or that nothing was.
- With the channel (and the mandates) an object goes through the same checks as at a peer; what
  a peer would refuse is shown all the same, with the code.

    print(inspect(data).text())
    print(inspect(data, channel, [us_mandate, ru_mandate]).text())
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any, Final, NamedTuple

from launchnotice.draft import Draft
from launchnotice.errors import Refused
from launchnotice.pact.channel import Channel
from launchnotice.pact.findings import shape_findings
from launchnotice.pact.judge import Heard
from launchnotice.pact.mandate import Identity, Mandate, MandatePayload, UnverifiedMandate, load_payload
from launchnotice.registry import ContentType, KindRow, Refusal, label
from launchnotice.render import jsonform, text, verdict
from launchnotice.render.effect import effect
from launchnotice.render.fields import (
    Node,
    Style,
    check_code,
    escape,
    groups,
    layout,
    quote,
)
from launchnotice.render.records import tree, unread
from launchnotice.wire import cbor, cose
from launchnotice.wire.bounds import MAX_DESCRIPTOR, MAX_MANDATE
from launchnotice.wire.codecs import Bool
from launchnotice.wire.cose import Signatory
from launchnotice.wire.message import BODIES, Payload, parse, parse_payload
from launchnotice.wire.record import Record

MAX_OBJECT: Final = MAX_DESCRIPTOR
"""Bytes of the largest object; nothing longer needs to be read."""


class Inspection(NamedTuple):
    """An object taken apart.

    Attributes:
        what: "message", "mandate", "draft", "mandate draft", "channel descriptor" or "identity".
        title: what it is and from whom it claims to be.
        id: message, mandate or channel id; None if it has none.
        verdict: what was verified. `sections`: titles and fields. `content`: the same for JSON.
        exercise: whether it says that it is exercise traffic.
    """

    what: str
    title: str
    id: bytes | None
    verdict: verdict.Verdict
    sections: list[tuple[str, list[Node]]]
    content: dict[str, Any]
    exercise: bool = False

    def text(self) -> str:
        """Everything, as plain text."""
        lines = [*self.verdict.lines(), "", self.title]
        for title, nodes in self.sections:
            lines += ["", title] if title else []
            lines += layout(nodes)
        if self.exercise:
            lines = [text.BANNER, *lines, "", text.BANNER]
        return "\n".join(lines) + "\n"

    def to_json(self) -> dict[str, Any]:
        """Everything, by field names, for `json.dumps`."""
        refusal = self.verdict.refusal
        return {
            "object": self.what,
            "verified": self.verdict.verified,
            "refusal": refusal.code.value if refusal else None,
            "id": self.id.hex() if self.id else None,
            "exercise": self.exercise,
            **self.content,
        }

    def __repr__(self) -> str:
        return f"<Inspection of {self.what}>"


def inspect(data: bytes, channel: Channel | None = None, mandates: Sequence[bytes] = ()) -> Inspection:
    """Take an object apart.

    Args:
        data: its bytes. `channel`: the channel to verify it in, if it is at hand.
        mandates: the mandates of the channel, of any parties, in any order.

    Raises:
        Refused: it is no object of LNP/1; or one of the mandates is refused.
    """
    held = verdict.hold(channel, mandates) if channel else {}
    if data[:2] == cose.TAG:
        envelope = cose.parse(data, MAX_MANDATE)
        if envelope.content_type is ContentType.MANDATE:
            return _mandate(data, envelope, channel, held)
        return _message(data, envelope, channel, held)
    if data.lstrip()[:1] == b"{":
        return _identity(data)
    raw = cbor.decode(data, MAX_DESCRIPTOR)
    match raw:
        case {1: str()}:
            return _descriptor(data, channel)
        case {1: int(), 2: bytes(), 3: bytes()}:
            return _draft(data, channel, held)
    raise Refused(Refusal.NOT_COSE_SIGN, "no message, mandate, channel descriptor or draft")


def parse_identity(data: bytes) -> tuple[Identity, bool]:
    """The identity of a public identity file: JSON with label, role and keys, each enrolled.

    Returns:
        The identity, and whether its keys are for exercises.

    Raises:
        Refused: it is no such file, or one of its keys is weak.
    """
    raw = jsonform.parse(data)
    exercise = False
    if isinstance(raw, dict) and "exercise" in raw:
        exercise = Bool().load(raw.pop("exercise"))
    identity = Identity.from_json(raw)
    for key in identity.keys:
        key.enrol()
    return identity, exercise


# Objects -------------------------------------------------------------------------------

_NO_CHANNEL: Final = "no signature was checked, for want of the channel"


def _message(
    data: bytes, envelope: cose.Envelope, channel: Channel | None, held: dict[bytes, Mandate]
) -> Inspection:
    unverified = parse(data, envelope)
    payload, row = parse_payload(envelope.payload)
    result = verdict.unchecked(_NO_CHANNEL)
    if channel is not None:
        result = verdict.checked(lambda: verdict.verify_message(unverified, channel, held))
    body, sections = _payload(payload, row)
    names = _names(held.get(payload.mandate))
    return Inspection(
        "message",
        f"{row.label} from {quote(payload.sender)}",
        unverified.id,
        result,
        [
            ("", _envelope(envelope, data)),
            *sections,
            *_judged(channel, payload, body if result.verified else None),
            _signatures(payload.manifest, names),
        ],
        _digested(data),
        exercise=envelope.content_type is ContentType.EXERCISE,
    )


def _mandate(
    data: bytes, envelope: cose.Envelope, channel: Channel | None, held: dict[bytes, Mandate]
) -> Inspection:
    unverified = UnverifiedMandate.parse(data, envelope)
    payload = load_payload(envelope.payload)
    result = verdict.unchecked(_NO_CHANNEL)
    if channel is not None:
        result = verdict.checked(lambda: verdict.verify_mandate(unverified, channel, held))
    return Inspection(
        "mandate",
        f"mandate of {quote(payload.party)}, version {payload.version}",
        unverified.id,
        result,
        [
            ("", _envelope(envelope, data)),
            ("PAYLOAD", tree(payload, Style.RAW, ("manifest",))),
            ("WHAT IT DOES", effect(payload)),
            _signatures(payload.manifest, _listed(payload)),
        ],
        _digested(data),
        exercise=_exercise(payload, channel),
    )


def _descriptor(data: bytes, channel: Channel | None) -> Inspection:
    found = Channel.load(data)
    detail = "a descriptor carries no signature; compare its id with the other parties by voice"
    if channel is not None and channel.id != found.id:
        detail = "it is not the descriptor of the channel that you gave"
    return Inspection(
        "channel descriptor",
        f"channel {quote(found.descriptor.name)}",
        found.id,
        verdict.unchecked(detail),
        [
            ("", [Node("channel id", f"{found.id.hex()}\n{groups(found.id)}")]),
            ("DESCRIPTOR", tree(found.descriptor, Style.RAW)),
        ],
        jsonform.to_json(data),
        exercise=found.descriptor.exercise,
    )


def _identity(data: bytes) -> Inspection:
    identity, exercise = parse_identity(data)
    return Inspection(
        "identity",
        f"identity {quote(identity.label)}, {label(identity.role)}",
        None,
        verdict.unchecked("an identity carries no signature"),
        [("IDENTITY", tree(identity, Style.RAW))],
        {"identity": identity.to_json(), "thumbprints": [key.kid.hex() for key in identity.keys]},
        exercise=exercise,
    )


def _draft(data: bytes, channel: Channel | None, held: dict[bytes, Mandate]) -> Inspection:
    draft = Draft.load(data)
    if draft.header == cose.BODY_HEADERS[ContentType.MANDATE]:
        return _mandate_draft(draft, channel, held)
    payload, row = parse_payload(draft.payload)
    result = verdict.unchecked(_NO_CHANNEL)
    if channel is not None:
        result = verdict.checked(lambda: verdict.review_draft(draft, payload, channel, held))
    body, sections = _payload(payload, row)
    names = _names(held.get(payload.mandate))
    return Inspection(
        "draft",
        f"DRAFT, no message yet: {row.label} from {quote(payload.sender)}",
        draft.id,
        result,
        [
            ("", _ids(draft.id)),
            *sections,
            *_judged(channel, payload, body if result.verified else None),
            _signatures(payload.manifest, names, draft.signatures),
        ],
        _with_signed(draft),
        exercise=draft.header == cose.BODY_HEADERS[ContentType.EXERCISE],
    )


def _mandate_draft(draft: Draft, channel: Channel | None, held: dict[bytes, Mandate]) -> Inspection:
    payload = load_payload(draft.payload)
    result = verdict.unchecked(_NO_CHANNEL)
    if channel is not None:
        result = verdict.checked(lambda: verdict.verify_mandate_draft(draft, channel, held))
    return Inspection(
        "mandate draft",
        f"DRAFT, no mandate yet: mandate of {quote(payload.party)}, version {payload.version}",
        draft.id,
        result,
        [
            ("", _ids(draft.id)),
            ("PAYLOAD", tree(payload, Style.RAW, ("manifest",))),
            ("WHAT IT DOES", effect(payload)),
            _signatures(payload.manifest, _listed(payload), draft.signatures),
        ],
        _with_signed(draft),
        exercise=_exercise(payload, channel),
    )


# Parts ---------------------------------------------------------------------------------


def _payload(payload: Payload, row: KindRow) -> tuple[Record | None, list[tuple[str, list[Node]]]]:
    """The body's record, and the sections of payload and body."""
    record = BODIES.get(payload.kind)
    body: Record | None = None
    fault = "the kind is unknown to this version"
    if record is not None:
        try:
            body = record.load(payload.body)
        except Refused as error:
            fault = escape(str(error))
    if body is not None:
        nodes = tree(body, Style.RAW)
    else:
        nodes = [Node("UNINTELLIGIBLE", fault), *unread(record, payload.body, Style.RAW)]
    sections = [("PAYLOAD", tree(payload, Style.RAW, ("body", "manifest"))), ("BODY", nodes)]
    return body, sections


def _digested(data: bytes) -> dict[str, Any]:
    return {"digest": cose.envelope_digest(data).hex(), **jsonform.to_json(data)}


def _with_signed(draft: Draft) -> dict[str, Any]:
    return {"signed": sorted(kid.hex() for kid in draft.signatures), **jsonform.to_json(draft.data)}


def _exercise(payload: MandatePayload, channel: Channel | None) -> bool:
    """A mandate does not say that it is exercise traffic; its channel does."""
    return channel is not None and channel.descriptor.exercise and payload.channel == channel.id


def _envelope(envelope: cose.Envelope, data: bytes) -> list[Node]:
    return [
        *_ids(envelope.message_id),
        Node("envelope digest", cose.envelope_digest(data).hex()),
        Node("content type", envelope.content_type.value),
        Node("size", f"{len(data):,} bytes"),
    ]


def _ids(message_id: bytes) -> list[Node]:
    return [Node("check code", check_code(message_id)), Node("message id", message_id.hex())]


def _names(mandate: Mandate | None) -> dict[bytes, str]:
    return _listed(mandate.payload) if mandate else {}


def _listed(payload: MandatePayload) -> dict[bytes, str]:
    return {key.kid: f"{one.label} ({label(one.role)})" for one in payload.identities for key in one.keys}


def _signatures(
    manifest: Sequence[Signatory], names: dict[bytes, str], there: Container[bytes] | None = None
) -> tuple[str, list[Node]]:
    """A line for each of the manifest; `there` are the kids whose signatures a draft has so far."""
    nodes = []
    for line in manifest:
        state = [escape(names.get(line.kid, "not known whose"))]
        if there is not None and line.kid not in there:
            state.append("not there yet")
        nodes.append(Node(label(line.alg), f"{', '.join(state)}\n{line.kid.hex()}"))
    return f"SIGNATURES ({len(nodes)})", nodes


def _judged(channel: Channel | None, payload: Payload, body: Record | None) -> list[tuple[str, list[Node]]]:
    if channel is None or body is None:
        return []
    findings = [
        *channel.judge(payload.kind, body, Heard(payload.sender, payload.issued, payload.issued)),
        *shape_findings(body),
    ]
    nodes = [Node(f"{number}.", text.finding(one)) for number, one in enumerate(findings, 1)]
    return [("FINDINGS, HAD IT ARRIVED WHEN IT WAS ISSUED", nodes or [Node("none", "")])]
