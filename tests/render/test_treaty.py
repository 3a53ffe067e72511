"""Agreements and the differences of channels, as people read them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchnotice import Agreement, Channel, Descriptor, load_agreement, parse_agreement
from launchnotice.pact.agreementfile import agreements
from launchnotice.registry import Evidence, Owed
from launchnotice.render import treaty
from launchnotice.render.fields import WIDTH, kind_name
from tests.render.test_text import compare
from tests.support import descriptor, make_centre

EVERY_AGREEMENT = pytest.mark.parametrize("name", agreements())
US, RU, IN = make_centre("US"), make_centre("RU"), make_centre("IN")

INVENTED = """\
id = "invented"
title = "An agreement that nobody has seen"
status = "invented for a test"
sources = ["this test"]
illustrative = true
parties = ["RU", "US"]

[period]
since = 2020-02-29
until = 2030-02-28
article = "Article 9"
evidence = "provisional"

[[notes]]
topic = "confidentiality"
text = "Notices are confidential."
article = "Article 7"
evidence = "verified"

[[rules]]
check = "lead time"
kind = "launch notification"
article = "Article 2"
evidence = "verified"
subject = "window"
limit = "at least 3 calendar days"
anchor = "issued"

[[rules]]
check = "limit"
kind = "launch notification"
article = "Article 2"
evidence = "verified"
subject = "window"
limit = "exactly 5 calendar days"
provisional = ["whose calendar"]
"""


def invented(**change: str) -> Agreement:
    text = INVENTED
    for old, new in change.items():
        text = text.replace({"days": "3 calendar days", "article": "Article 7"}.get(old, old), new)
    return parse_agreement(text)


def channel(agreement: Agreement, **more: Any) -> Channel:
    return Channel(descriptor([US, RU], agreement=agreement, **more))


# Agreements ------------------------------------------------------------------------------


def test_an_agreement_is_read_out_with_articles_and_what_is_provisional() -> None:
    compare("agreement.txt", treaty.agreement(invented()))


@EVERY_AGREEMENT
def test_every_rule_is_said_with_its_article(name: str) -> None:
    agreement = load_agreement(name)
    shown = treaty.agreement(agreement)
    said = " ".join(shown.split())
    for rule in agreement.rules:
        assert " ".join(rule.words().split()) in said
    for text in (agreement.title, agreement.status, *agreement.sources, *(n.text for n in agreement.notes)):
        assert " ".join(text.split()) in said
    assert max(map(len, shown.splitlines())) <= WIDTH


@EVERY_AGREEMENT
def test_what_is_provisional_is_said_to_be(name: str) -> None:
    agreement = load_agreement(name)
    found = treaty.provisional(agreement)
    unread = [rule for rule in agreement.rules if rule.known is Evidence.PROVISIONAL]
    notes = [note for note in agreement.notes if note.evidence is Evidence.PROVISIONAL]
    period = agreement.period is not None and agreement.period.evidence is Evidence.PROVISIONAL
    assert len(found) == len(unread) + len(notes) + period
    for rule in unread:
        whole = ["the rule as a whole"] if rule.evidence is Evidence.PROVISIONAL else []
        assert (
            f"{kind_name(rule.kind)}: {rule.words()}. Not read: {', '.join([*whole, *rule.provisional])}"
            in found
        )
    assert treaty.counts(agreement) == (len(agreement.rules) - len(unread), len(unread))
    _, _, section = treaty.agreement(agreement).partition("\nPROVISIONAL: ")
    assert found or section.splitlines()[1] == "  nothing"


def test_nobodys_text_says_so_first() -> None:
    for text in (treaty.agreement(invented()), treaty.overview([invented()])):
        assert "NOBODY'S TEXT" in text.splitlines()[1]
    assert "NOBODY'S TEXT" not in treaty.agreement(load_agreement("us-ussr-1988"))


# Channels --------------------------------------------------------------------------------


def test_three_calendar_days_are_not_72_hours() -> None:
    hours = invented(days="72 hours", article="Article VII")
    compare("difference.txt", treaty.difference(channel(invented()), channel(hours, receipt_within=60)))


def test_one_channel_is_the_same() -> None:
    one, other = channel(invented()), channel(invented())
    assert treaty.differences(one, other) == []
    assert "THE SAME" in treaty.difference(one, other)


def change_of(record: Any, **values: Any) -> Any:
    fields = {row.name: getattr(record, row.name) for row in record.FIELDS}
    return type(record)(**{**fields, **values})


BASE = descriptor([US, RU], agreement=invented())
OTHER_PARTY = change_of(BASE.parties[0], owes=Owed.RECEIPT)
RULES = BASE.agreement.rules
CHANGES: dict[str, tuple[Descriptor, set[tuple[str, str]]]] = {
    "name": (change_of(BASE, name="other"), {("channel", "name")}),
    "exercise": (change_of(BASE, exercise=True), {("channel", "exercise")}),
    "predecessor": (change_of(BASE, predecessor=bytes(32)), {("channel", "predecessor")}),
    "officers": (change_of(BASE, officers=1), {("channel", "officers")}),
    "what a party owes": (
        change_of(BASE, parties=(OTHER_PARTY, BASE.parties[1])),
        {(f"party {OTHER_PARTY.code}", "owes")},
    ),
    "a further party": (
        change_of(BASE, parties=(IN.party(), *BASE.parties)),
        {("party IN", "itself")},
    ),
    "other keys": (
        change_of(BASE, parties=(make_centre("RU", salt="x").party(), BASE.parties[1])),
        {("party RU", "authority")},
    ),
    "title": (
        change_of(BASE, agreement=change_of(BASE.agreement, title="Another")),
        {("agreement", "title")},
    ),
    "one rule less": (
        change_of(BASE, agreement=change_of(BASE.agreement, rules=RULES[:1])),
        {("agreement", "limit of launch notification, window")},
    ),
    "order": (
        change_of(BASE, agreement=change_of(BASE.agreement, rules=RULES[::-1])),
        {("agreement", "order of its rules and notes")},
    ),
    "a note": (change_of(BASE, agreement=change_of(BASE.agreement, notes=())), {("agreement", "note")}),
    "evidence of a constant": (
        change_of(
            BASE, agreement=change_of(BASE.agreement, rules=(RULES[0], change_of(RULES[1], provisional=())))
        ),
        {("agreement", "limit of launch notification, window")},
    ),
}


@pytest.mark.parametrize(("other", "expected"), CHANGES.values(), ids=CHANGES)
def test_one_change_is_one_difference(other: Descriptor, expected: set[tuple[str, str]]) -> None:
    one, two = Channel(BASE), Channel(other)
    found = treaty.differences(one, two)
    assert {(row.where, row.what) for row in found} == expected
    assert [(row.other, row.one) for row in found] == [
        (row.one, row.other) for row in treaty.differences(two, one)
    ]
    assert all(row.one != row.other for row in found)
    shown = treaty.difference(one, two)
    assert f"DIFFERENT in {len(found)}" in shown
    assert all(row.what in shown for row in found)


@given(st.sampled_from([*CHANGES]), st.sampled_from([*CHANGES]))
@settings(max_examples=40, database=None, derandomize=True)
def test_channels_differ_exactly_if_their_ids_do(one: str, other: str) -> None:
    sides = [Channel(CHANGES[name][0]) for name in (one, other)]
    assert bool(treaty.differences(*sides)) == (sides[0].id != sides[1].id)


def test_what_somebody_wrote_cannot_pass_for_ours() -> None:
    hostile = change_of(BASE.agreement, id="\\x1b[2J", title="a \\ b")
    shown = treaty.agreement(hostile) + treaty.difference(channel(hostile), channel(invented()))
    assert re.fullmatch(r"[\n -~×…]*", shown)
    assert "a \\\\ b" in shown
