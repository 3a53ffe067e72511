"""Steps that do not fit: refused of one's own, a finding of a peer's, each with what was compared."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from launchnotice import UsageError
from launchnotice.core.tables import LAUNCH, QUERY, STEPS
from launchnotice.pact.findings import Finding
from launchnotice.registry import (
    Category,
    Evidence,
    FindingCode,
    Kind,
    LaunchOutcome,
    LaunchPhase,
    QueryPhase,
    QueryTopic,
    ReplyStatus,
    RetractionReason,
    Usage,
    label,
)
from launchnotice.wire.message import KIND_OF
from launchnotice.wire.notices import (
    Cancellation,
    LaunchReport,
    Query,
    Reply,
    Retraction,
    Window,
    WindowExtension,
)
from launchnotice.wire.record import Record
from tests.spec.requirements.test_references import amended
from tests.support import NOW, launch, state
from tests.support.template import Template, template

DAY = 86_400
PAIR = ("officer-1", "officer-2")
START = NOW + 3 * DAY
END = START + 3_600


@cache
def made() -> Template:
    return template("CN", "RU", "US")


def windowed() -> Record:
    return launch(planned_date=None, window=Window(start=START, end=END))


def question(asked: str) -> Query:
    return Query(topic=QueryTopic.OTHER, asked=asked, remark="why")


def report(subject: bytes | None, at: int) -> LaunchReport:
    category = None if subject else Category.BALLISTIC_MISSILE
    return LaunchReport(launch=subject, outcome=LaunchOutcome.LAUNCHED, launched_at=at, category=category)


def body_of(kind: Kind, subject: bytes) -> Record:
    window = Window(start=START + DAY, end=END + DAY)
    bodies: dict[Kind, Record] = {
        Kind.AMENDMENT: amended(subject, subject),
        Kind.WINDOW_EXTENSION: WindowExtension(launch=subject, replaces=subject, window=window),
        Kind.CANCELLATION: Cancellation(launch=subject),
        Kind.LAUNCH_REPORT: report(subject, START),
        Kind.RETRACTION: Retraction(subject=subject, reason=RetractionReason.OTHER),
        Kind.REPLY: Reply(query=subject, status=ReplyStatus.ANSWERED),
    }
    return bodies[kind]


INTO = {
    LaunchPhase.CANCELLED: Kind.CANCELLATION,
    LaunchPhase.REPORTED: Kind.LAUNCH_REPORT,
    LaunchPhase.RETRACTED: Kind.RETRACTION,
    QueryPhase.ANSWERED: Kind.REPLY,
    QueryPhase.WITHDRAWN: Kind.RETRACTION,
}
"""What brings a launch or a query into a phase."""


class Heard:
    """RU hears, in order, what US and CN say, of which somebody has all keys."""

    def __init__(self) -> None:
        self.ru = made().open("RU")
        self.forgers = {code: made().forger(code) for code in ("CN", "US")}
        self.stands = {code: (0, forger.genesis()) for code, forger in self.forgers.items()}

    def say(self, body: Record, now: int = NOW, code: str = "US") -> tuple[bytes, list[Finding]]:
        """Its id, and what was found."""
        forger, kind = self.forgers[code], KIND_OF[type(body)]
        if kind == Kind.RETRACTION:
            said = forger.emergency(0, kind=kind, k4=now, k7=body.dump())
        else:
            seq, head = self.stands[code]
            said = forger.notice(seq + 1, head, body=body, k4=now, k5=int(kind))
            self.stands[code] = (seq + 1, said.id)
        step = self.ru.receive(said.data, now)
        assert step.refusal is None
        return said.id, list(step.events[0].findings)


def codes(findings: list[Finding]) -> set[FindingCode]:
    return {finding.code for finding in findings}


def _speaker(kind: Kind) -> str:
    return "CN" if kind == Kind.REPLY else "US"


def _steps() -> list[tuple[LaunchPhase | QueryPhase, Kind]]:
    pairs: list[tuple[LaunchPhase | QueryPhase, Kind]] = [*LAUNCH, *QUERY]
    return [(phase, kind) for phase, kind in pairs if kind != Kind.RETRACTION]


@pytest.mark.requirement("R-PHASE-4")
@pytest.mark.parametrize(("phase", "kind"), _steps(), ids=str)
def test_a_step_of_a_peer_that_does_not_fit_is_found(phase: LaunchPhase | QueryPhase, kind: Kind) -> None:
    """The phase moves by the machine all the same."""
    heard = Heard()
    subject, _ = heard.say(question("CN") if kind == Kind.REPLY else windowed())
    if phase in INTO:
        heard.say(body_of(INTO[phase], subject), code=_speaker(INTO[phase]))
    _, findings = heard.say(body_of(kind, subject), code=_speaker(kind))
    found = [finding.found for finding in findings if finding.code is FindingCode.OUT_OF_PHASE]
    assert found == ([] if kind in STEPS[phase] else [phase.value])
    if isinstance(phase, QueryPhase):
        assert heard.ru.exchange(subject).phase is QUERY[phase, kind]
    else:
        assert heard.ru.launch(subject, NOW).phase is LAUNCH[phase, kind]


@pytest.mark.requirement("R-PHASE-4")
@pytest.mark.parametrize(("phase", "kind"), _steps(), ids=str)
def test_a_step_of_ones_own_that_does_not_fit_is_refused(phase: LaunchPhase | QueryPhase, kind: Kind) -> None:
    """The error names the state and what it allows."""
    us, centre, cn = made().open("US"), made().centres["US"], made().forger("CN")
    if kind == Kind.REPLY:
        asked = cn.notice(body=question("US"), k5=int(Kind.QUERY))
        us.receive(asked.data, NOW)
        subject = asked.id
    else:
        state(us, centre, windowed(), NOW, PAIR)
        subject = us.pending("RU")[-1]
    if phase is QueryPhase.WITHDRAWN:
        us.receive(
            cn.emergency(0, kind=Kind.RETRACTION, k7=body_of(Kind.RETRACTION, subject).dump()).data, NOW
        )
    elif phase in INTO:
        state(us, centre, body_of(INTO[phase], subject), NOW, PAIR)
    if kind in STEPS[phase]:
        us.draft(body_of(kind, subject), NOW, PAIR)
        return
    allowed = " or ".join(label(one) for one in sorted(STEPS[phase])) or "nothing more"
    with pytest.raises(UsageError, match=f"it is {phase.value}, which allows {allowed}$") as caught:
        us.draft(body_of(kind, subject), NOW, PAIR)
    assert caught.value.code is Usage.OUT_OF_PHASE


# What is compared with the launch as it stood -----------------------------------------------------


def _two_amendments_of_one_version(heard: Heard) -> list[Finding]:
    subject, _ = heard.say(windowed())
    assert FindingCode.NOT_NEWEST not in codes(heard.say(amended(subject, subject))[1])
    return heard.say(amended(subject, subject))[1]


def _cancelled_after_it_lapsed(heard: Heard) -> list[Finding]:
    subject, _ = heard.say(windowed())
    other, _ = heard.say(windowed())
    assert FindingCode.AFTER_LAPSE not in codes(heard.say(Cancellation(launch=other), END - 1)[1])
    return heard.say(Cancellation(launch=subject), END)[1]


def _launched_before_the_window(heard: Heard) -> list[Finding]:
    """DPRK 2023: the launch came before the window that was announced."""
    subject, _ = heard.say(windowed())
    assert FindingCode.OUTSIDE_WINDOW not in codes(heard.say(report(subject, START), END)[1])
    return heard.say(report(subject, START - 1), END)[1]


def _launched_at_the_end_of_the_window(heard: Heard) -> list[Finding]:
    subject, _ = heard.say(windowed())
    return heard.say(report(subject, END), END)[1]


def _reported_and_never_notified(heard: Heard) -> list[Finding]:
    return heard.say(report(None, NOW - 60))[1]


def _answered_by_another(heard: Heard) -> list[Finding]:
    asked, _ = heard.say(question("RU"))
    return heard.say(Reply(query=asked, status=ReplyStatus.ANSWERED), code="CN")[1]


CASES = [
    (FindingCode.NOT_NEWEST, _two_amendments_of_one_version),
    (FindingCode.AFTER_LAPSE, _cancelled_after_it_lapsed),
    (FindingCode.OUTSIDE_WINDOW, _launched_before_the_window),
    (FindingCode.OUTSIDE_WINDOW, _launched_at_the_end_of_the_window),
    (FindingCode.NOT_NOTIFIED, _reported_and_never_notified),
    (FindingCode.NOT_ASKED, _answered_by_another),
]


@pytest.mark.requirement("R-PHASE-5")
@pytest.mark.requirement("R-QPHASE-3")
@pytest.mark.parametrize(("code", "make"), CASES, ids=lambda one: getattr(one, "__name__", str(one)))
def test_each_finding_says_what_was_compared(
    code: FindingCode, make: Callable[[Heard], list[Finding]]
) -> None:
    (found,) = [finding for finding in make(Heard()) if finding.code is code]
    assert None not in {found.subject, found.expected, found.found}


@pytest.mark.requirement("R-PHASE-5")
def test_a_named_date_is_held_to_the_article_that_gives_it_its_span() -> None:
    heard = Heard()
    subject, _ = heard.say(launch())
    late = (NOW // DAY + 3 + 4) * DAY
    found = [
        one for one in heard.say(report(subject, late), late)[1] if one.code is FindingCode.OUTSIDE_WINDOW
    ]
    assert [(one.article is not None, one.evidence in set(Evidence)) for one in found] == [(True, True)]
