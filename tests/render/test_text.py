"""What officers read: complete, unmistakable, and safe for a terminal whatever it says."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from launchnotice import Agreement, Channel, Descriptor, Draft, Endpoint, Event, Mandate, Review
from launchnotice.ceremony import draft_mandate, review_mandate, sign_mandate
from launchnotice.core.tables import Debt
from launchnotice.pact.findings import Finding, protocol_finding
from launchnotice.registry import (
    Basing,
    EventCode,
    Evidence,
    FindingCode,
    Kind,
    LaunchPhase,
    LengthUnit,
    Need,
    Place,
    RejectionCode,
)
from launchnotice.render import meanings, text
from launchnotice.render.fields import WIDTH, words
from launchnotice.testing.strategies import bodies
from launchnotice.views import Attention, ExchangeView, LaunchView, SignalView
from launchnotice.wire import geo, times
from launchnotice.wire.notices import LaunchNotification, Window
from launchnotice.wire.signals import Acknowledgement, Rejection
from tests.render.leaves import dense, leaves
from tests.render.objects import message
from tests.support import (
    NOW,
    Centre,
    launch,
    make_centre,
    make_channel,
    make_mandate,
    open_endpoint,
    pair,
    settle,
    sign,
    state,
)

GOLDEN = Path(__file__).parent / "golden"
US, RU = make_centre("US"), make_centre("RU")
CHANNEL = make_channel([US, RU])
EXERCISE = make_channel([US, RU], exercise=True)


def endpoint_of(channel: Channel, centre: Centre = US) -> tuple[Endpoint, Mandate]:
    """The endpoint of the US, and its mandate."""
    endpoint = open_endpoint(channel, centre, mandates=[make_mandate(channel, centre)])
    mandate = endpoint.mandate()
    assert mandate is not None
    return endpoint, mandate


ENDPOINT, MANDATE = endpoint_of(CHANNEL)


def review_of(body: LaunchNotification, officers: tuple[str, ...] = ("officer-1", "officer-2")) -> Review:
    return ENDPOINT.draft(body, NOW, officers).review(CHANNEL, MANDATE)


def compare(name: str, found: str) -> None:
    """The stored text; LAUNCHNOTICE_GOLDEN=write stores what is found."""
    path = GOLDEN / name
    # Ids follow from every byte of the protocol, which is not what is compared here.
    found = re.sub(r"(?<= )[0-9a-f]{4}(?=[ \n])", "####", found)
    if os.environ.get("LAUNCHNOTICE_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


# Reviews -------------------------------------------------------------------------------


def test_review_reads_as_stored() -> None:
    endpoint, mandate = endpoint_of(CHANNEL)
    body = launch(planned_date=NOW // 86_400, remark='Said in Zürich: "go"')
    draft = endpoint.draft(body, NOW, ["officer-1", "officer-2"])
    draft = draft.review(CHANNEL, mandate).sign(US.keys["officer-1"])
    compare("review.txt", text.review(draft.review(CHANNEL, mandate), CHANNEL))


def test_exercise_is_said_first_and_last() -> None:
    endpoint, mandate = endpoint_of(EXERCISE, make_centre("US", exercise=True))
    draft = endpoint.draft(launch(), NOW, ["officer-1", "officer-2"])
    lines = text.review(draft.review(EXERCISE, mandate), EXERCISE).splitlines()
    assert lines[0] == lines[-1] == text.BANNER
    assert len(text.BANNER) <= WIDTH


def test_what_is_real_never_says_exercise() -> None:
    assert "EXERCISE" not in text.review(review_of(launch()), CHANNEL)


def test_review_tells_who_has_signed_and_who_has_not() -> None:
    review = review_of(launch())
    signed = review.sign(US.keys["officer-2"]).review(CHANNEL, MANDATE)
    shown = text.review(signed, CHANNEL)
    assert re.search(r"officer-1 +officer, HAS NOT SIGNED", shown)
    assert re.search(r"officer-2 +officer, has signed", shown)
    assert re.search(r"system +system, signs last", shown)


def test_every_finding_has_its_article_and_says_if_it_is_provisional() -> None:
    body = launch(planned_date=NOW // 86_400, basing=Basing.SUBMARINE, impact_areas=())
    review = review_of(body)
    shown = dense(text.review(review, CHANNEL))
    assert {one.code for one in review.findings} >= {
        FindingCode.LATE,
        FindingCode.AREA_FORM,
        FindingCode.MISSING,
    }
    for one in review.findings:
        assert dense(text.finding(one)) in shown
        assert one.article is not None
        assert one.article in text.finding(one)
        assert ("PROVISIONAL" in text.finding(one)) == (one.evidence is Evidence.PROVISIONAL)


def test_review_says_which_channel_and_that_it_opens_an_epoch() -> None:
    shown = text.review(review_of(launch()), CHANNEL)
    assert " ".join(re.findall("....", CHANNEL.id.hex())[:5]) in shown
    assert "epoch 1, number 1, opens the epoch: first\n" in shown


def test_review_of_a_signal_names_the_addressee_and_the_notice() -> None:
    us, ru, us_centre, _ = pair()
    settle([us, ru], NOW)
    notice = sign(us, us_centre, launch(), NOW, ["officer-1", "officer-2"])
    settle([us, ru], NOW, us.submit(notice, NOW).sends)
    mandate = ru.mandate()
    assert mandate is not None
    draft = ru.draft(Rejection(subject=notice.id, code=RejectionCode.IMPLAUSIBLE), NOW, ["officer-1"])
    shown = text.review(draft.review(ru.channel, mandate), ru.channel)
    assert shown.startswith("FOR SIGNATURE: rejection\n")
    assert re.search(r"to +US\n", shown)
    assert dense(notice.id.hex()) in dense(shown)
    assert "implausible" in shown


@settings(max_examples=60, deadline=None)
@given(bodies(Kind.LAUNCH))
def test_every_value_of_a_notice_is_in_its_review_and_every_line_is_safe(body: Any) -> None:
    shown = text.review(review_of(body), CHANNEL)
    found = dense(shown)
    for value in leaves(body):
        assert value in found
    for line in shown.splitlines():
        assert line.isprintable()
    assert shown.count("\nSIGNATURES\n") == 1


def test_radius_is_shown_in_its_authors_unit() -> None:
    circle = geo.Circle(latitude=0, longitude=0, radius=23_150, unit=LengthUnit.NAUTICAL_MILE)
    shown = text.review(review_of(launch(impact_areas=(circle,))), CHANNEL)
    assert re.search(r"radius +12\.5 NM", shown)
    kilometres = geo.Circle(latitude=0, longitude=0, radius=23_150, unit=LengthUnit.KILOMETRE)
    assert re.search(
        r"radius +23\.15 km", text.review(review_of(launch(impact_areas=(kilometres,))), CHANNEL)
    )


def test_flawed_area_is_shown_with_its_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another implementation may let its authors send what ours does not."""
    monkeypatch.setattr("launchnotice.engine.desk.author_check", lambda _: None)
    crossed = geo.Polygon(points=((0, 0), (3_600_000, 3_600_000), (3_600_000, 0), (0, 3_600_000)))
    shown = text.review(review_of(launch(impact_areas=(crossed,))), CHANNEL)
    assert re.search(r"PROBLEM +crossing-edges 1 and 3", shown)
    assert "AREA SHAPE" in shown


def test_remark_that_imitates_a_line_of_the_review_cannot_leave_its_column() -> None:
    remark = "x" + " " * 70 + 'FINDINGS   none" SIGNATURES  officer-2  officer, has signed'
    lines = text.review(review_of(launch(remark=remark)), CHANNEL).splitlines()
    assert [line for line in lines if line.startswith(("FINDINGS", "SIGNATURES"))] == [
        "FINDINGS",
        "SIGNATURES",
    ]
    assert all(len(line) <= WIDTH for line in lines)
    assert any('none\\"' in line for line in lines)


# Exchanges, events, needs --------------------------------------------------------------


def played() -> tuple[Endpoint, Endpoint, Draft]:
    """An exchange up to the acknowledgement."""
    us, ru, us_centre, ru_centre = pair(exercise=True)
    settle([us, ru], NOW)
    draft = sign(us, us_centre, launch(planned_date=NOW // 86_400), NOW, ["officer-1", "officer-2"])
    settle([us, ru], NOW + 1, us.submit(draft, NOW).sends)
    said = Acknowledgement(subject=draft.id, remark="read at the desk")
    settle([us, ru], NOW + 60, state(ru, ru_centre, said, NOW + 60).sends)
    return us, ru, draft


def test_exchange_reads_as_stored() -> None:
    us, ru, draft = played()
    compare("exchange-sent.txt", text.exchange(us.exchange(draft.id), us.channel))
    compare("exchange-received.txt", text.exchange(ru.exchange(draft.id), ru.channel))


def test_timeline_has_each_event_and_marks_what_may_have_been_seen() -> None:
    us, _, draft = played()
    events = us.events(0)
    shown = text.timeline(events)
    assert [int(line.split()[0]) for line in shown.splitlines()] == [event.position for event in events]
    assert "acknowledgement" in shown
    assert draft.id.hex()[:4] in shown
    assert "PERHAPS SEEN BEFORE" not in shown
    late = protocol_finding(FindingCode.CHAIN_GAP)
    again = text.event(events[0]._replace(again=True, code=EventCode.IN_ORDER, findings=(late,)))
    assert "PERHAPS SEEN BEFORE" in again
    assert "in order" in again
    assert re.search(r"1\. +CHAIN GAP", again)
    overdue = events[0]._replace(code=EventCode.OVERDUE, owed=Debt.RECEIPT, multiple=2)
    assert "receipt, 2×" in text.event(overdue)


@pytest.mark.parametrize(
    ("codes", "table"),
    [(EventCode, meanings.EVENTS), (FindingCode, meanings.FINDINGS), (Need, meanings.NEEDS)],
)
def test_every_code_has_words_of_its_own(codes: Any, table: dict[Any, str]) -> None:
    """Short enough for one line, in lower case but for what must not be missed, without a full stop."""
    assert set(table) == set(codes)
    assert len(set(table.values())) == len(table)
    for meaning in table.values():
        assert len(meaning) + 8 <= WIDTH, meaning
        assert meaning[0].islower()
        assert not meaning.endswith(".")


@pytest.mark.parametrize("code", sorted(set(EventCode) - meanings.ROUTINE))
def test_an_event_that_is_not_routine_says_what_it_means(code: EventCode) -> None:
    shown = text.event(Event(7, NOW, code, "RU", b"i" * 32)).splitlines()
    assert len(shown) == 2
    assert words(code.value) in shown[0]
    assert shown[1] == f"        {meanings.EVENTS[code]}"


@pytest.mark.parametrize("code", list(FindingCode))
def test_a_finding_without_values_says_what_it_means(code: FindingCode) -> None:
    shown = text.finding(protocol_finding(code))
    assert shown == f"{words(code.value).upper()}: {meanings.FINDINGS[code]}"
    compared = text.finding(protocol_finding(code, found="x"))
    assert compared == f"{words(code.value).upper()}; found: x"


def test_a_finding_of_a_later_version_has_its_name() -> None:
    assert text.finding(Finding(name="brand-new")) == "BRAND NEW"


@pytest.mark.parametrize("need", list(Need))
def test_what_needs_an_officer_says_what_to_do(need: Need) -> None:
    shown = text.attention([Attention(need, bytes(32), "RU", None)], NOW).splitlines()
    assert words(need.value) in shown[0]
    assert shown[1:] == [f"        {meanings.NEEDS[need]}"]


def view(**changes: Any) -> ExchangeView:
    base = ExchangeView(
        id=bytes(32),
        sender="RU",
        kind=1,
        epoch=(1, bytes(16)),
        seq=3,
        place=Place.HELD,
        disputed=False,
        time=NOW,
        issued=NOW,
        body=None,
        findings=(),
        deliveries={},
        signals=(),
        evidence=(),
        followers=(),
        data=b"x",
    )
    return base._replace(**changes)


def test_unreadable_waiting_disputed_and_mandate_exchanges_say_so() -> None:
    unreadable = message(Kind.LAUNCH, {1: 250, 9: {1: 6_750}, 24: "x", 120: [1]})
    shown = text.exchange(view(data=unreadable), CHANNEL).split("WHAT IT SAYS\n")[1].splitlines()[:6]
    assert shown == [
        "  UNINTELLIGIBLE: not all of it can be read here; what can be read is shown by name",
        "  field 1               category, unknown-value: no such Category",
        "                        250",
        "  direction             067.50 degrees",
        "  designation           x",
        "  field 120             [1]",
    ]
    assert "epoch 1, number 3, held\n" in text.exchange(view(kind=0), CHANNEL)
    assert "held, DISPUTED" in text.exchange(view(kind=0, disputed=True), CHANNEL)
    waiting = text.exchange(view(data=b""), CHANNEL)
    assert "the system's signature" in waiting
    assert "shown when the system has signed" in waiting
    mandate = text.exchange(view(kind=0), CHANNEL)
    assert mandate.startswith("mandate from RU\n")
    assert "the complete list of its keys" in mandate
    assert "outside the stream" in text.exchange(view(kind=0, seq=0), CHANNEL)


def test_exchange_names_the_notices_that_follow() -> None:
    shown = text.exchange(view(kind=0, followers=(b"\xff" * 32,)), CHANNEL)
    assert re.search(r"followed by +1\n +1 +\[ffff ffff ffff ffff ffff\]\n", shown)
    assert "followed by" not in text.exchange(view(kind=0), CHANNEL)


def test_contradicting_signals_are_shown_as_evidence() -> None:
    twice = SignalView("RU", 81, bytes(32), NOW, None, (protocol_finding(FindingCode.STATED_TWICE),))
    shown = text.exchange(view(kind=0, evidence=(twice,)), CHANNEL)
    section = shown.split("CONTRADICTING SIGNALS, KEPT AS EVIDENCE")[1]
    assert "RU  acknowledgement" in section
    assert "STATED TWICE" in section


def launch_view(**changes: Any) -> LaunchView:
    """A launch that was amended once, in its window."""
    said = launch(planned_date=None, window=Window(start=NOW, end=NOW + 3_600))
    base = LaunchView(
        id=bytes(32),
        phase=LaunchPhase.ANNOUNCED,
        version=2,
        notification=said,
        span=(NOW, NOW + 3_600),
        backups=(),
        open=True,
        lapsed=False,
        notices=(bytes(32), b"\xff" * 32),
        held=said,
    )
    return base._replace(**changes)


def test_launch_says_when_it_may_take_place() -> None:
    shown = text.launch(launch_view())
    assert re.search(r"phase +ANNOUNCED, version 2\n", shown)
    assert "before 2027-01-15 09:00:00 UTC" in shown
    assert re.search(r" NOW\n", shown)
    assert " LAPSED," in text.launch(launch_view(open=False, lapsed=True))
    assert " not yet\n" in text.launch(launch_view(open=False))
    later = launch_view(backups=((NOW + 7_200, NOW + 9_000),))
    assert "or from 2027-01-15 10:00:00 UTC" in text.launch(later)
    assert "no named time" in text.launch(launch_view(span=None, open=False))


def test_launch_names_its_notices_and_what_holds() -> None:
    shown = text.launch(launch_view())
    assert re.search(r"its notices +2\n +1 +\[0000 0000 .*\]\n +2 +\[ffff ffff .*\]\n", shown)
    assert "WHAT WAS LAST SAID OF IT\n" in shown
    assert "  category              ballistic missile\n" in shown
    assert "NOTE" not in shown
    longer = launch(planned_date=None, window=Window(start=NOW, end=NOW + 7_200))
    extended = text.launch(launch_view(span=(NOW, NOW + 7_200), held=longer))
    assert "NOTE                  the window was extended" in extended


def test_launch_on_a_named_date_says_if_a_window_replaced_it() -> None:
    day, said = times.DAY, launch(planned_date=NOW // times.DAY)
    dated = launch_view(notification=said, held=said, span=(NOW // day * day - 330 * 60, NOW + day))
    assert "NOTE" not in text.launch(dated)
    assert "NOTE" not in text.launch(dated._replace(span=None))
    window = launch(planned_date=None, window=Window(start=NOW + day, end=NOW + 2 * day))
    assert "NOTE" in text.launch(dated._replace(span=(NOW + day, NOW + 2 * day), held=window))


@pytest.mark.parametrize("phase", [phase for phase in LaunchPhase if phase is not LaunchPhase.ANNOUNCED])
def test_launch_that_is_over_or_called_off_never_says_that_it_may_take_place(phase: LaunchPhase) -> None:
    shown = text.launch(launch_view(phase=phase))
    assert phase.value.upper() in shown
    assert "was announced for" in shown
    assert "may take place" not in shown
    assert "NOW" not in shown


def test_attention_counts_down_and_up() -> None:
    need = Attention(Need.ACKNOWLEDGE, bytes(32), "RU", NOW + 3_660)
    assert "by 2027-01-15 09:01:00 UTC (in 1 h 1 min)" in text.attention([need], NOW)
    assert "(1 h 1 min AGO)" in text.attention([need], NOW + 7_320)
    assert "(in 0 s)" in text.attention([need], NOW + 3_660)
    stream = text.attention([Attention(Need.DISPUTED_STREAM, b"", "RU", None)], NOW)
    assert stream.startswith("now ")
    assert "disputed stream" in stream
    assert "[" not in stream
    assert text.attention([], NOW) == "Nothing needs an officer.\n"


def test_health_shows_every_field() -> None:
    us, _, _ = played()
    shown = text.health(us.health(NOW))
    for name in us.health(NOW)._fields:
        assert name.replace("_", " ") in shown
    broken = text.health(us.health(NOW)._replace(gaps=["RU"], mandates={}, restored=True))
    assert re.search(r"gaps +RU\n", broken)
    assert re.search(r"mandates +none\n", broken)
    assert re.search(r"restored +yes\n", broken)


def test_finding_on_a_field_within_another_is_said_in_words() -> None:
    one = Finding(name="missing", subject="civil_notices.system", expected="navarea", found="absent")
    assert text.finding(one) == "MISSING: system of the civil notices; expected: navarea; found: absent"


def test_finding_with_hostile_text_is_escaped() -> None:
    one = Finding(name="late", subject="a", expected="\u00ad", found="ok", article="Article I")
    assert text.finding(one) == "LATE: a; expected: \\xad; found: ok (Article I)"


# Channels and mandates -----------------------------------------------------------------


def test_channel_shows_its_id_in_groups_and_every_rule_with_its_article() -> None:
    shown = text.channel(EXERCISE)
    assert shown.startswith(text.BANNER)
    assert " ".join(re.findall("....", EXERCISE.id.hex())[:8]) in shown
    for rule in EXERCISE.descriptor.agreement.rules:
        assert dense(rule.source()) in dense(shown)
    assert "receipt within        15 min" in shown
    assert "provisional: anchor" in shown


def test_mandates_draft_lists_keys_and_who_has_signed() -> None:
    draft = draft_mandate(
        CHANNEL,
        "US",
        US.identities(),
        issued=NOW,
        expires=NOW + 1,
        signers=["authority-1", "authority-2"],
    )
    draft = sign_mandate(draft, CHANNEL, US.keys["authority-2"])
    shown = text.ceremony(review_mandate(draft, CHANNEL), draft, CHANNEL)
    assert re.search(r"authority-1 +authority, has not signed", shown)
    assert re.search(r"authority-2 +authority, has signed", shown)
    for one in US.identities():
        assert one.label in shown
        for key in one.keys:
            assert key.kid.hex() in dense(shown)


def test_authority_key_of_an_earlier_mandate_is_said_to_be_one() -> None:
    new = make_centre("US", salt="new")
    first = open_endpoint(CHANNEL, US, mandates=[make_mandate(CHANNEL, US)]).mandate()
    draft = draft_mandate(
        CHANNEL,
        "US",
        new.identities(),
        issued=NOW,
        expires=NOW + 1,
        signers=["authority-1", "authority-2"],
        previous=first,
    )
    assert "an earlier key" in text.ceremony(review_mandate(draft, CHANNEL), draft, CHANNEL)


@pytest.mark.requirement("R-AGR-9")
def test_an_agreement_that_is_nobodys_says_so_wherever_it_is_named() -> None:
    agreement = EXERCISE.descriptor.agreement
    named = Agreement(**{**vars(agreement), "illustrative": True})
    shown = text.channel(Channel(Descriptor(**{**vars(EXERCISE.descriptor), "agreement": named})))
    assert text.ILLUSTRATIVE in shown
    assert text.ILLUSTRATIVE not in text.channel(EXERCISE)
    for rule in agreement.rules:
        assert dense(rule.words()) in dense(shown)
        assert rule.words().endswith("provisional)") == (rule.known is Evidence.PROVISIONAL)
