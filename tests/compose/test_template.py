"""Templates: filled with their examples they compose, are signed and exchanged, under every agreement."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings

from launchnotice import Endpoint, UsageError, load_agreement
from launchnotice.compose import COMPOSED, Composed, compose
from launchnotice.compose.examples import START
from launchnotice.compose.template import About, template
from launchnotice.pact.agreementfile import agreements
from launchnotice.registry import KINDS, Check, FindingCode, Kind, Policy
from launchnotice.testing.strategies import bodies, digests
from launchnotice.wire.launch import Amendment, Cancellation
from launchnotice.wire.message import BODIES, KIND_OF
from launchnotice.wire.streams import DIGEST
from tests.support import NOW, Centre, make_centre, make_channel, make_mandate, open_endpoint, sign

EVERY_AGREEMENT = pytest.mark.parametrize("name", agreements())
EVERY_KIND = pytest.mark.parametrize("kind", COMPOSED.values(), ids=COMPOSED)


def filled(text: str) -> str:
    """A template with each blank replaced by its example."""
    plain = re.sub(r'"<fill in: (0|[1-9][0-9]{0,8}|true|false)>"', r"\1", text)
    return re.sub(r'"<fill in: (.*?)>"', r'"\1"', plain)


def made(name: str, kind: Kind) -> str:
    return template(load_agreement(name), kind)


def composed(text: str | dict[str, Any], name: str) -> Composed:
    found = compose(text, NOW, load_agreement(name))
    assert found.mistakes == ()
    return found


@EVERY_AGREEMENT
@EVERY_KIND
def test_a_template_composes_once_it_is_filled_in(name: str, kind: Kind) -> None:
    found = composed(filled(made(name, kind)), name)
    assert type(found.body) is BODIES[kind]
    # The example is all that the agreement asks for; of one that has ended, that is found.
    assert {one.code for one in found.findings} <= {FindingCode.NOT_IN_FORCE}


@EVERY_AGREEMENT
@EVERY_KIND
def test_a_template_that_is_not_filled_in_says_so_of_each_blank(name: str, kind: Kind) -> None:
    text = made(name, kind)
    left = [line for line in text.splitlines() if not line.startswith("#") and "<fill in: " in line]
    found = compose(text, NOW, load_agreement(name))
    assert (found.body is None) == bool(left)
    assert all(one.found.endswith("not filled in yet") for one in found.mistakes)
    lines = {text.splitlines()[(one.line or 0) - 1] for one in found.mistakes}
    assert lines == set(left)


@EVERY_KIND
def test_every_field_is_in_the_template_and_can_be_said(kind: Kind) -> None:
    """Taking one `#` away leaves a form that is read; what its field says of others may not fit them."""
    text = filled(made("us-ussr-1988", kind))
    optional = list(_optional(text))
    named = set(re.findall(r"^#?\[?([a-z_]+)\]?(?: =|$)", text, re.MULTILINE))
    assert named >= {row.name for row in BODIES[kind].FIELDS}
    for line in optional:
        found = compose(text.replace(f"\n#{line}\n", f"\n{line}\n", 1), NOW)
        field = line.partition(" ")[0]
        assert all(field in one.key or field in one.found for one in found.mistakes), line


def _optional(text: str) -> Iterator[str]:
    yield from re.findall(r"^#([a-z_]+ = .*)$", text, re.MULTILINE)


@EVERY_AGREEMENT
def test_what_an_agreement_requires_stands_there_to_be_filled_in(name: str) -> None:
    agreement = load_agreement(name)
    for rule in agreement.rules:
        if rule.check is Check.REQUIRED and not rule.when and "." not in rule.subject:
            text = made(name, Kind(rule.kind))
            assert re.search(rf"^{rule.subject} = ", text, re.MULTILINE)
            assert rule.source() in " ".join(text.replace("\n#", " ").split())


def test_what_the_machine_states_has_no_template() -> None:
    for kind, row in KINDS.items():
        if row.policy is Policy.MACHINE:
            with pytest.raises(UsageError, match="stated by the machine"):
                made("us-ussr-1988", Kind(kind))


@given(bodies(Kind.LAUNCH), digests(), bodies(Kind.AMENDMENT), digests())
@settings(max_examples=25, database=None, derandomize=True)
def test_an_amendment_has_what_it_replaces_in_full(
    body: Any, launch_id: bytes, amendment: Any, amendment_id: bytes
) -> None:
    agreement = load_agreement("us-ussr-1988")
    first = compose(filled(template(agreement, Kind.AMENDMENT, About(launch_id, body))), NOW).body
    assert isinstance(first, Amendment)
    assert (first.launch, first.replaces, first.notification) == (launch_id, launch_id, body)
    later = compose(filled(template(agreement, Kind.AMENDMENT, About(amendment_id, amendment))), NOW).body
    assert isinstance(later, Amendment)
    assert (later.launch, later.replaces) == (amendment.launch, amendment_id)
    assert later.notification == amendment.notification


@EVERY_KIND
def test_a_template_about_a_notice_names_it(kind: Kind) -> None:
    """By its id wherever the kind must name a notice; a launch by the notification that begins it."""
    about = About(b"\x01" * 32, Cancellation(launch=b"\x02" * 32))
    text = filled(template(load_agreement("us-ussr-1988"), kind, about))
    body = composed(text, "us-ussr-1988").body
    for row in BODIES[kind].FIELDS:
        if row.name == "launch":
            assert getattr(body, row.name) == about.body.launch  # type: ignore[attr-defined]  # a cancellation
        elif row.codec is DIGEST and row.required and kind is not Kind.CONTINUED_IN:
            assert getattr(body, row.name) == about.id


def test_what_is_declared_as_an_id_of_a_notice_says_so() -> None:
    """Templates go by it."""
    other = {
        row.doc
        for kind in COMPOSED.values()
        for row in BODIES[kind].FIELDS
        if row.codec is DIGEST and not row.doc.startswith("message id of")
    }
    assert other == {"channel id of the successor"}


# Exchange --------------------------------------------------------------------------------

BY_THE_OTHER = (Kind.REPLY, Kind.ACKNOWLEDGEMENT, Kind.DISSEMINATION, Kind.REJECTION)
# What ends a launch, or the channel, comes last.
LAST = (Kind.CANCELLATION, Kind.LAUNCH_REPORT, Kind.CONTINUED_IN)
"""Nothing but a report may follow a cancellation, and nothing at all the last."""
ORDER = [*sorted(set(COMPOSED.values()) - {*LAST}), *LAST]


@EVERY_AGREEMENT
def test_every_template_is_composed_signed_and_exchanged(name: str) -> None:
    agreement = load_agreement(name)
    codes = agreement.parties or ("RU", "US")
    centres = [make_centre(code) for code in codes]
    channel = make_channel(centres, agreement=agreement)
    mandates = [make_mandate(channel, centre) for centre in centres]
    ends = [open_endpoint(channel, centre, mandates=mandates) for centre in centres]
    known: dict[str, Any] = {"asked": codes[1], "channel": "11" * 32}
    for kind in ORDER:
        sender, other = (1, 0) if kind in BY_THE_OTHER else (0, 1)
        form = {**tomllib.loads(filled(made(name, kind)))}
        form |= {key: value for key, value in known.items() if key in form}
        body = composed(form, name).body
        assert body is not None
        notice = _exchange(ends[sender], centres[sender], ends[other], body)
        if kind in (Kind.LAUNCH, Kind.AMENDMENT, Kind.WINDOW_EXTENSION):
            known["replaces"] = known["subject"] = notice.hex()
        if kind is Kind.LAUNCH:
            known["launch"] = notice.hex()
        if kind is Kind.QUERY:
            known["query"] = notice.hex()


def _exchange(sender: Endpoint, centre: Centre, other: Endpoint, body: Any) -> bytes:
    """Sign a body and give it to the other side, which receives what the review said."""
    draft = sign(sender, centre, body, NOW, ("officer-1", "officer-2"))
    mandate = sender.mandate()
    assert mandate is not None
    expected = [one.name for one in draft.review(sender.channel, mandate).findings]
    step = sender.submit(draft, NOW)
    took = [other.receive(send.data, NOW) for send in step.sends]
    assert {one.refusal for one in took} == {None}
    found = [finding.name for one in took for event in one.events for finding in event.findings]
    assert set(expected) <= set(found)
    kind = KIND_OF[type(body)]
    assert kind in {event.kind for one in took for event in one.events}
    return draft.id


def test_examples_begin_when_the_tests_think() -> None:
    assert START == NOW + 5 * 86_400
