"""Exercise traffic is never real (P8): another channel, other keys, another media type, another face."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from launchnotice import Draft, Endpoint, Refused, SigningKey, UsageError, generate_keys
from launchnotice.ceremony import draft_mandate, sign_mandate
from launchnotice.journal.memory import MemoryJournal
from launchnotice.pact.mandate import UnverifiedMandate
from launchnotice.registry import Kind, Refusal, Suite, Usage
from launchnotice.render import text
from launchnotice.render.inspect import inspect
from launchnotice.wire.signals import Acknowledgement
from tests.spec.requirements.test_kinds import kind_of
from tests.support import NOW, launch, make_centre, make_channel, open_endpoint, sign, state
from tests.support.dump import snapshot
from tests.support.template import Template, template

PAIR = ("officer-1", "officer-2")


@cache
def real() -> Template:
    return template()


@cache
def drill() -> Template:
    """The same parties, and by grave mistake the same keys, on the exercise channel."""
    return template(exercise=True)


def said(of: Template) -> list[bytes]:
    """Everything that two endpoints of a channel say: mandates, a notice, its receipt and acknowledgement."""
    us, ru = of.open("US"), of.open("RU")
    found = [*of.mandates.values()]
    for send in state(us, of.centres["US"], launch(), NOW, PAIR).sends:
        found.append(send.data)
        ru.receive(send.data, NOW)
    found += [send.data for send in ru.poll(NOW).sends]
    (notice,) = [one for one in ru.pending("RU") if ru.exchange(one).kind == Kind.LAUNCH]
    found += [send.data for send in state(ru, of.centres["RU"], Acknowledgement(subject=notice), NOW).sends]
    assert {kind_of(data) for data in found} >= {0, Kind.LAUNCH, Kind.RECEIPT, Kind.ACKNOWLEDGEMENT}
    return found


@pytest.mark.parametrize(
    ("here", "there"), [(real, drill), (drill, real)], ids=["drill to real", "real to drill"]
)
def test_no_byte_string_of_one_counts_in_the_other(here: object, there: object) -> None:
    """Not even with the same keys: both the channel and the media type are under the signature."""
    assert callable(here)
    assert callable(there)
    ends: list[Endpoint] = [here().open(code) for code in ("US", "RU")]
    for data in said(there()):
        for end in ends:
            before = snapshot(end)
            refusal = end.receive(data, NOW).refusal
            assert refusal is not None
            assert refusal.code in {Refusal.WRONG_CHANNEL, Refusal.WRONG_CONTENT_TYPE}
            assert snapshot(end) == before


@pytest.mark.parametrize(
    ("here", "there"), [(real, drill), (drill, real)], ids=["drill to real", "real to drill"]
)
def test_a_draft_of_one_is_the_caller_s_mistake_in_the_other(here: object, there: object) -> None:
    assert callable(here)
    assert callable(there)
    draft = sign(there().open("US"), there().centres["US"], launch(), NOW, PAIR)
    us = here().open("US")
    before = snapshot(us)
    with pytest.raises(UsageError, match="exercise") as caught:
        us.submit(draft, NOW)
    assert caught.value.code is Usage.EXERCISE
    assert snapshot(us) == before
    with pytest.raises(Refused):
        Draft.load(draft.data).review(us.channel, us.mandate())


def test_keys_are_generated_for_one_channel_alone() -> None:
    """Nothing makes the keys of a drill from those of the real channel."""
    made = [generate_keys(Suite.CLASSIC, exercise=bool(number % 2)) for number in range(4)]
    assert [key.exercise for keys in made for key in keys] == [False, True, False, True]
    prints = [key.key.kid for keys in made for key in keys]
    assert len(set(prints)) == len(prints)


@pytest.mark.requirement("R-EXER-1")
@pytest.mark.parametrize("exercise", [False, True], ids=["real", "drill"])
def test_a_key_of_the_other_side_signs_nothing(*, exercise: bool) -> None:
    """Neither the system, nor an officer, nor the authority; nor does an endpoint open with it."""
    of, other = (drill(), real()) if exercise else (real(), drill())
    us, mandate = of.open("US"), of.open("US").mandate()
    assert mandate is not None
    review = us.draft(launch(), NOW, PAIR).review(of.channel, mandate)
    wrong, right = other.centres["US"].keys, of.centres["US"].keys
    drafted = draft_mandate(
        of.channel,
        "US",
        of.centres["US"].identities(),
        issued=NOW,
        expires=NOW + 9,
        signers=["authority-1", "authority-2"],
    )
    calls: list[Callable[[dict[str, tuple[SigningKey, ...]]], object]] = [
        lambda keys: review.sign(keys["officer-1"]),
        lambda keys: sign_mandate(drafted, of.channel, keys["authority-1"]),
        lambda keys: Endpoint.open(of.channel, "US", MemoryJournal(), NOW, system=keys["system"]),
    ]
    for call in calls:
        assert call(right)
        with pytest.raises(UsageError, match="exercise") as caught:
            call(wrong)
        assert caught.value.code is Usage.EXERCISE


@pytest.mark.requirement("R-EXER-2")
@pytest.mark.parametrize("exercise", [False, True])
def test_an_exercise_succeeds_no_real_channel_nor_the_reverse(*, exercise: bool) -> None:
    before = real() if exercise else drill()
    centres = [make_centre(code, salt="new", exercise=exercise) for code in ("RU", "US")]
    after = make_channel(centres, exercise=exercise, predecessor=before.channel.id)
    end = open_endpoint(after, centres[1])
    snap = snapshot(end)
    with pytest.raises(UsageError) as caught:
        end.inherit(before.open("US"), NOW)
    assert caught.value.code is Usage.EXERCISE
    assert snapshot(end) == snap


def test_an_exercise_shows_in_everything_that_an_officer_sees() -> None:
    of = drill()
    us = of.open("US")
    mandate = us.mandate()
    assert mandate is not None
    draft = us.draft(launch(), NOW, PAIR)
    review = draft.review(of.channel, mandate)
    data = next(x for x in said(of) if kind_of(x) == Kind.LAUNCH)
    pages = [
        text.review(review, of.channel),
        text.channel(of.channel),
        inspect(data, of.channel, [*of.mandates.values()]).text(),
        inspect(draft.data, None, []).text(),
    ]
    for page in pages:
        lines = page.splitlines()
        assert (lines[0], lines[-1]) == (text.BANNER, text.BANNER)
    for page in (text.channel(real().channel), inspect(said(real())[2], None, []).text()):
        assert "EXERCISE" not in page
    assert UnverifiedMandate.parse(of.mandates["US"]).channel != real().channel.id
