"""What an officer reads before signing: all that the recipient will find, where the journal is at hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchnotice import Agreement, Endpoint, UsageError
from launchnotice.pact.agreement import Rule
from launchnotice.registry import (
    Anchor,
    Bound,
    Check,
    FindingCode,
    Kind,
    LaunchOutcome,
    RetractionReason,
    Unit,
    Usage,
)
from launchnotice.render import text
from launchnotice.wire.notices import Cancellation, LaunchReport, Retraction, WindowExtension
from launchnotice.wire.record import Record
from launchnotice.wire.signals import Acknowledgement
from tests.spec.requirements.test_agreement_rules import amended, announced, limit, owed, report, rule, window
from tests.spec.requirements.test_emergencies import incident
from tests.support import NOW, sign
from tests.support.template import Template, template

DAY = 86_400
PAIR = ("officer-1", "officer-2")
LEAD = rule(
    Check.LEAD_TIME,
    Kind.LAUNCH,
    "window",
    limit=limit(Bound.AT_LEAST, 24, Unit.HOURS),
    anchor=Anchor.RECEIVED,
)
WITHHOLDING = rule(Check.WITHHOLDING, Kind.LAUNCH_REPORT, "launch", values=[1], limit=limit(Bound.AT_MOST, 1))
ACKNOWLEDGED = owed(Kind.ACKNOWLEDGEMENT, "subject", limit(Bound.AT_MOST, 2, Unit.HOURS), Anchor.RECEIVED)


@cache
def made(*rules: Rule) -> Template:
    """Centres under an agreement with these rules; the lead time alone, unless told otherwise."""
    return template(
        agreement=Agreement(id="x", title="X", status="x", sources=("x",), rules=rules or (LEAD,))
    )


class Desk:
    """US says, RU hears; what the review said is compared with what the recipient found."""

    def __init__(self, of: Template) -> None:
        self.of, self.us, self.ru = of, of.open("US"), of.open("RU")
        self.first = self.newest = bytes(32)

    def say(self, body: Record, now: int) -> list[FindingCode]:
        """What was found of it, on both sides alike."""
        kind = Kind.INCIDENT if type(body).__name__ == "Incident" else None
        officers = PAIR[:1] if kind else PAIR
        draft = sign(self.us, self.of.centres["US"], body, now, officers)
        review = self.us.review(draft)
        assert review.complete
        said = review.findings
        self.us.submit(draft, now)
        own = self.us.exchange(draft.id)
        assert self.ru.receive(own.data, now).refusal is None
        assert said == review.findings == [*self.ru.exchange(draft.id).findings] == [*own.findings]
        self.newest = draft.id
        return [finding.code for finding in review.findings]


def body_of(desk: Desk, what: str, start: int) -> Record:
    """A step about the first launch."""
    first, newest = desk.first, desk.newest
    bodies: dict[str, Callable[[], Record]] = {
        "amend": lambda: amended(first, announced(window=window(start)), newest),
        "extend": lambda: WindowExtension(launch=first, replaces=newest, window=window(start)),
        "cancel": lambda: Cancellation(launch=first),
        "report": lambda: report(first, start),
        "correct": lambda: LaunchReport(launch=first, outcome=LaunchOutcome.NOT_LAUNCHED),
        "unannounced": lambda: report(None, start),
        "incident": lambda: incident(launch=bytes(32)),
        "retract": lambda: Retraction(subject=newest, reason=RetractionReason.OTHER),
    }
    return bodies[what]()


STEP = st.tuples(
    st.sampled_from(["amend", "extend", "cancel", "report", "correct", "unannounced", "incident", "retract"]),
    st.integers(0, 2 * DAY),
    st.integers(-2 * DAY, 6 * DAY),
)


@pytest.mark.requirement("R-DRAFT-5")
@settings(max_examples=40, deadline=None)
@given(steps=st.lists(STEP, min_size=1, max_size=6), counts=st.booleans())
def test_a_review_finds_what_the_recipient_finds(steps: list[tuple[str, int, int]], *, counts: bool) -> None:
    desk, now = Desk(made(LEAD, WITHHOLDING) if counts else made()), NOW
    desk.say(announced(window=window(NOW + 4 * DAY)), now)
    desk.first = version = desk.newest
    for what, later, start in steps:
        now += later
        desk.newest = version
        try:
            desk.say(body_of(desk, what, now + start), now)
        except UsageError as error:
            assert error.code in {Usage.OUT_OF_PHASE, Usage.BAD_VALUE}
        else:
            version = desk.newest if what in {"amend", "extend"} else version


Told = Sequence[tuple[str, int, int]]


@pytest.mark.requirement("R-DRAFT-5")
@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([("amend", 0, DAY // 2)], FindingCode.LATE),
        ([("extend", 0, 3_600)], FindingCode.LATE),
        ([("cancel", 5 * DAY, 0)], FindingCode.AFTER_LAPSE),
        ([("report", 4 * DAY, -1)], FindingCode.OUTSIDE_WINDOW),
        ([("extend", 0, 9 * DAY), ("report", 4 * DAY, 0)], FindingCode.OUTSIDE_WINDOW),
        ([("unannounced", 0, -1)], FindingCode.NOT_NOTIFIED),
        ([("incident", 0, 0)], FindingCode.UNKNOWN_REFERENCE),
    ],
)
def test_steps_that_do_not_fit_are_found_before_anybody_signs(steps: Told, expected: FindingCode) -> None:
    desk, now, codes = Desk(made()), NOW, []
    desk.say(announced(window=window(NOW + 4 * DAY)), now)
    desk.first = desk.newest
    for what, later, start in steps:
        now += later
        codes = desk.say(body_of(desk, what, now + start), now)
    assert expected in codes


@pytest.mark.requirement("R-DRAFT-5")
def test_a_second_launch_that_was_not_notified_is_over_the_allowance() -> None:
    desk = Desk(made(LEAD, WITHHOLDING))
    assert desk.say(report(None, NOW - 9), NOW) == []
    assert desk.say(report(None, NOW - 8), NOW) == [FindingCode.ALLOWANCE]


@pytest.mark.requirement("R-DRAFT-5")
def test_a_late_acknowledgement_is_found_before_it_is_signed() -> None:
    """How long ago the notice was received, its recipient's journal alone knows."""
    desk = Desk(made(ACKNOWLEDGED))
    desk.say(announced(window=window(NOW + 4 * DAY)), NOW)
    last = NOW + 2 * 3_600  # of `ACKNOWLEDGED`
    for now, late in ((last, False), (last + 1, True)):
        draft = desk.ru.draft(Acknowledgement(subject=desk.newest), now, PAIR[:1])
        assert [one.code for one in desk.ru.review(draft).findings] == [FindingCode.LATE] * late


def test_after_a_restore_the_officer_learns_that_the_epoch_is_not_confirmed() -> None:
    of = made()
    us = Endpoint.open(
        of.channel, "US", of.open("US")._ledger._journal, NOW, system=of.centres["US"].keys["system"]
    )
    us.poll(NOW)
    review = us.review(us.draft(announced(window=window(NOW + 4 * DAY)), NOW, PAIR))
    assert FindingCode.MAY_REPEAT in [one.code for one in review.findings]


# Without a journal -------------------------------------------------------------------------------

ALONE = "Found without a journal"


@pytest.mark.requirement("R-DRAFT-6")
def test_a_desk_without_a_journal_says_what_it_cannot_know() -> None:
    desk = Desk(made())
    desk.say(announced(window=window(NOW + 4 * DAY)), NOW)
    desk.first = desk.newest
    mandate = desk.us.mandate()
    assert mandate is not None
    held = desk.us.launch(desk.first, NOW).held
    draft = desk.us.draft(report(desk.first, NOW + 3 * DAY), NOW + 4 * DAY, PAIR)
    plain, told = draft.review(desk.of.channel, mandate), draft.review(desk.of.channel, mandate, held)
    assert not plain.complete
    assert not told.complete
    assert [one.code for one in plain.findings] == []
    assert told.findings == desk.us.review(draft).findings
    assert [one.code for one in told.findings] == [FindingCode.OUTSIDE_WINDOW]
    assert ALONE in text.review(plain, desk.of.channel)
    assert ALONE not in text.review(desk.us.review(draft), desk.of.channel)
    # A notice that is about no other needs no journal to be judged.
    first = desk.us.draft(announced(window=window(NOW + 9 * DAY)), NOW, PAIR)
    assert ALONE not in text.review(first.review(desk.of.channel, mandate), desk.of.channel)


@pytest.mark.requirement("R-DRAFT-6")
@pytest.mark.parametrize(("late", "expected"), [(0, []), (1, [FindingCode.EXPIRED_MANDATE])])
def test_a_desk_without_a_journal_says_that_the_mandate_has_expired(
    late: int, expected: list[FindingCode]
) -> None:
    of = made()
    us = of.open("US")
    mandate = us.mandate()
    assert mandate is not None
    now = mandate.payload.expires + late
    draft = us.draft(announced(window=window(now + 4 * DAY)), now, PAIR)
    found = draft.review(of.channel, mandate).findings
    assert [one.code for one in found] == expected
    assert found == us.review(draft).findings
