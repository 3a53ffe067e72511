"""A channel that goes on under another descriptor (spec section 8.3): what is taken over and what is not."""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

import pytest

from launchnotice import Channel, Endpoint, UsageError
from launchnotice.core import snapshot
from launchnotice.core.tables import Debt
from launchnotice.journal.anchor import MemoryAnchor
from launchnotice.journal.memory import MemoryJournal
from launchnotice.registry import (
    AmendmentReason,
    EventCode,
    FindingCode,
    Kind,
    LaunchOutcome,
    LaunchPhase,
    MandateReason,
    Place,
    QueryTopic,
    Refusal,
    ReplyStatus,
    Usage,
)
from launchnotice.wire.launch import Amendment
from launchnotice.wire.notices import Cancellation, ContinuedIn, LaunchReport, Query, Reply
from launchnotice.wire.record import Record
from launchnotice.wire.signals import Acknowledgement
from tests.attacks.hands import Renewed
from tests.support import NOW, Centre, launch, make_centre, make_mandate, open_endpoint, sign
from tests.support.centres import descriptor
from tests.support.dump import canonical, refolded, state_of
from tests.support.forge import Forger, chain
from tests.support.recovery import Side
from tests.support.template import Template, template

OFFICERS = ("officer-1", "officer-2")


class Pair(NamedTuple):
    """A channel and its successor, each with the endpoints of US and RU."""

    old: dict[str, Side]
    new: dict[str, Endpoint]
    centres: dict[str, Centre]

    def inherit(self, *codes: str) -> None:
        for code in codes or self.new:
            self.new[code].inherit(self.old[code].endpoint, NOW)

    def said(self, code: str, body: Record, now: int = NOW) -> bytes:
        """The id of what a party says in the successor channel; it arrives at the other one."""
        endpoint = self.new[code]
        draft = sign(endpoint, self.centres[code], body, now, OFFICERS)
        for send in endpoint.submit(draft, now).sends:
            step = self.new[send.to].receive(send.data, now)
            assert step.refusal is None
        return draft.id


@pytest.fixture(scope="module")
def made() -> Template:
    return template()


@pytest.fixture
def pair(made: Template) -> Pair:
    return continued(made)


def successor_of(channel: Channel, centres: dict[str, Centre], **more: Any) -> Channel:
    values: dict[str, Any] = {
        "name": "the next channel",
        "predecessor": channel.id,
        "receipt_within": 600,
        **more,
    }
    return Channel(descriptor([*centres.values()], **values))


def continued(made: Template, **more: Any) -> Pair:
    centres = {code: make_centre(code, salt="successor") for code in made.centres}
    channel = successor_of(made.channel, centres, **more)
    mandates = [make_mandate(channel, centre) for centre in centres.values()]
    new = {code: open_endpoint(channel, centre, mandates=mandates) for code, centre in centres.items()}
    return Pair({code: Side(made, code) for code in centres}, new, centres)


def amended(notice: bytes) -> Amendment:
    two = launch(launch_count=2)
    return Amendment(launch=notice, replaces=notice, reason=AmendmentReason.PLAN, notification=two)


def announced(pair: Pair) -> bytes:
    """A launch of US in the old channel, which RU has."""
    notice, sends = pair.old["US"].say(launch(), NOW)
    for send in sends:
        pair.old["RU"].hear(send.data, NOW)
    return notice


# What goes on ----------------------------------------------------------------------------


@pytest.mark.requirement("R-SUCC-1")
@pytest.mark.requirement("R-SUCC-2")
def test_a_launch_goes_on_in_the_successor(pair: Pair) -> None:
    notice = announced(pair)
    pair.inherit()
    amendment = pair.said("US", amended(notice))
    for endpoint in pair.new.values():
        view = endpoint.launch(notice, NOW)
        assert (view.phase, view.version, view.notices) == (LaunchPhase.ANNOUNCED, 2, (notice, amendment))
        assert FindingCode.UNKNOWN_REFERENCE not in {f.code for f in endpoint.exchange(amendment).findings}
    pair.said("US", LaunchReport(launch=notice, outcome=LaunchOutcome.LAUNCHED, launched_at=NOW))
    assert {e.launch(notice, NOW).phase for e in pair.new.values()} == {LaunchPhase.REPORTED}


@pytest.mark.requirement("R-SUCC-2")
def test_a_query_is_answered_in_the_successor(pair: Pair) -> None:
    notice = announced(pair)
    query, sends = pair.old["RU"].say(Query(topic=QueryTopic.CLARIFICATION, asked="US", subject=notice), NOW)
    for send in sends:
        pair.old["US"].hear(send.data, NOW)
    pair.inherit()
    reply = pair.said("US", Reply(query=query, status=ReplyStatus.ANSWERED))
    view = pair.new["RU"].exchange(query)
    assert (view.sender, view.followers) == ("RU", (reply,))
    assert [
        f.code for f in pair.new["RU"].exchange(reply).findings if f.code is FindingCode.UNKNOWN_REFERENCE
    ] == []


@pytest.mark.requirement("R-SUCC-2")
def test_without_the_predecessors_journal_the_name_is_unknown_and_the_notice_is_shown(pair: Pair) -> None:
    notice = announced(pair)
    pair.inherit("US")
    cancellation = pair.said("US", Cancellation(launch=notice))
    codes = {f.code for f in pair.new["RU"].exchange(cancellation).findings}
    assert FindingCode.UNKNOWN_REFERENCE in codes
    # It was shown at once all the same; the launch is cancelled as soon as RU takes over what it has.
    pair.inherit("RU")
    assert pair.new["RU"].launch(notice, NOW).phase is LaunchPhase.CANCELLED


@pytest.mark.requirement("R-SUCC-2")
def test_a_party_names_no_launch_of_another_as_its_own(pair: Pair) -> None:
    notice = announced(pair)
    pair.inherit()
    with pytest.raises(UsageError) as caught:
        sign(pair.new["RU"], pair.centres["RU"], Cancellation(launch=notice), NOW, OFFICERS)
    assert caught.value.code is Usage.UNKNOWN_SUBJECT


@pytest.mark.requirement("R-SUCC-3")
@pytest.mark.requirement("R-CONT-2")
def test_the_old_channel_goes_on_listening_and_what_comes_late_is_taken_over_too(pair: Pair) -> None:
    us, ru = pair.old["US"], pair.old["RU"]
    notice = announced(pair)
    _, sends = us.say(ContinuedIn(channel=pair.new["US"].channel.id), NOW)
    for send in sends:
        ru.hear(send.data, NOW)
    pair.inherit()
    late, sends = us.say(Cancellation(launch=notice), NOW)
    for send in sends:
        ru.hear(send.data, NOW)
    assert ru.told(EventCode.NOTICE)[-1].subject == late
    assert pair.new["RU"].launch(notice, NOW).phase is LaunchPhase.ANNOUNCED
    pair.inherit("RU")
    assert pair.new["RU"].launch(notice, NOW).phase is LaunchPhase.CANCELLED


@pytest.mark.requirement("R-SUCC-4")
def test_what_is_owed_for_a_notice_stays_with_its_channel(pair: Pair) -> None:
    notice = announced(pair)
    pair.inherit()
    new, old = pair.new["RU"], pair.old["RU"].endpoint
    assert notice in old.pending("RU")
    assert notice not in new.pending("RU")
    assert [need for need in new.attention(NOW + 10**6) if need.subject == notice] == []
    with pytest.raises(UsageError, match="answered there"):
        new.draft(Acknowledgement(subject=notice), NOW, ["officer-1"])
    assert notice not in pair.new["US"].pending("RU")
    assert pair.new["US"].exchange(notice).deliveries == {}


@pytest.mark.requirement("R-SUCC-4")
def test_a_peers_signal_about_an_inherited_notice_is_refused(pair: Pair) -> None:
    notice = announced(pair)
    pair.inherit()
    us = pair.new["US"]
    ru_mandate = pair.new["RU"].mandate()
    assert ru_mandate is not None
    forger = Forger(us.channel, pair.centres["RU"], ru_mandate.id)
    said = forger.signal(Kind.ACKNOWLEDGEMENT, Acknowledgement(subject=notice), "US")
    refusal = us.receive(said.data, NOW).refusal
    assert refusal is not None
    assert refusal.code is Refusal.UNKNOWN_SUBJECT


# How -------------------------------------------------------------------------------------


@pytest.mark.requirement("R-SUCC-1")
@pytest.mark.parametrize("fault", ["another channel", "another party", "a shared key"])
def test_only_what_the_descriptor_names_is_taken_over(made: Template, fault: str) -> None:
    pair = continued(made)
    new, old = pair.new["US"], pair.old["US"].endpoint
    if fault == "another channel":
        other = template("US", "RU", name="a third one")
        old = other.open("US")
    elif fault == "another party":
        old = pair.old["RU"].endpoint
    else:
        channel = successor_of(made.channel, made.centres)
        new = Endpoint.open(channel, "US", MemoryJournal(), NOW, anchor=MemoryAnchor())
    before = snapshot.dump(state_of(new))
    with pytest.raises(UsageError) as caught:
        new.inherit(old, NOW)
    assert caught.value.code is Usage.BAD_VALUE
    assert snapshot.dump(state_of(new)) == before


@pytest.mark.requirement("R-SUCC-2")
def test_taking_over_twice_changes_nothing(pair: Pair) -> None:
    announced(pair)
    pair.inherit()
    position = pair.new["RU"].health(NOW).position
    pair.inherit()
    assert pair.new["RU"].health(NOW).position == position


@pytest.mark.requirement("R-SUCC-2")
def test_what_was_taken_over_is_in_the_journal_and_needs_the_predecessor_no_more(pair: Pair) -> None:
    notice = announced(pair)
    pair.inherit()
    live = state_of(pair.new["RU"])
    loaded = snapshot.load(live.channel, live.own, live.find, snapshot.dump(live))
    assert snapshot.dump(loaded) == snapshot.dump(live)
    journal = copy.deepcopy(pair.new["RU"]._ledger._journal)
    again = Endpoint.open(pair.new["RU"].channel, "RU", journal, NOW, anchor=MemoryAnchor())
    assert again.launch(notice, NOW).phase is LaunchPhase.ANNOUNCED
    assert again.exchange(notice).data == pair.old["RU"].endpoint.exchange(notice).data


@pytest.mark.requirement("R-SUCC-2")
def test_a_successor_of_a_successor_knows_both(made: Template) -> None:
    first = continued(made)
    notice = announced(first)
    first.inherit()
    first.said("US", amended(notice))
    centres = {code: make_centre(code, salt="third") for code in made.centres}
    channel = successor_of(first.new["RU"].channel, centres)
    third = open_endpoint(channel, centres["RU"])
    third.inherit(first.new["RU"], NOW)
    view = third.launch(notice, NOW)
    assert (view.version, view.notification.launch_count, len(view.notices)) == (2, 2, 2)


@pytest.mark.requirement("R-SUCC-2")
def test_a_party_that_left_is_still_known_by_its_notices() -> None:
    three = template("FR", "RU", "US")
    centres = {code: make_centre(code, salt="successor") for code in ("RU", "US")}
    old = Side(three, "US")
    (notice,) = chain(three.forger("FR"), 1)
    old.hear(notice.data, NOW)
    new = open_endpoint(successor_of(three.channel, centres), centres["US"])
    new.inherit(old.endpoint, NOW)
    assert new.exchange(notice.id).sender == "FR"
    assert new.launch(notice.id, NOW).phase is LaunchPhase.ANNOUNCED


@pytest.mark.requirement("R-SUCC-5")
def test_a_root_fork_ends_with_the_channel_and_what_was_disputed_stays_so(made: Template) -> None:
    pair = continued(made)
    ru = pair.old["RU"]
    (notice,) = chain(made.forger("US"), 1)
    ru.hear(notice.data, NOW)
    for issued in (NOW, NOW + 1):
        ru.hear(Renewed(made, MandateReason.ROUTINE, issued=issued).data, NOW)
    assert len(ru.told(EventCode.ROOT_FORK)) == 1
    pair.inherit("RU")
    new = pair.new["RU"]
    assert new.exchange(notice.id).place is Place.DISPUTED
    assert new.health(NOW).disputed == []
    # Under its new keys the party is believed again.
    fresh = pair.said("US", launch(launch_count=3))
    codes = {f.code for f in new.exchange(fresh).findings}
    assert FindingCode.ROOT_FORK not in codes


@pytest.mark.requirement("R-SUCC-2")
def test_officers_are_reminded_in_the_successor_of_a_launch_announced_before_it(pair: Pair) -> None:
    notice = announced(pair)
    pair.inherit()
    ru = pair.new["RU"]
    told = []
    while (due := ru.next_deadline) is not None and due < NOW + 10 * 86_400:
        told += [event for event in ru.poll(due).events if event.code is EventCode.REMINDER]
    assert {event.subject for event in told} == {notice}


# What is to come ---------------------------------------------------------------------------

TIMES: dict[str, Any] = {"report_within": 3_600, "reply_within": 600}
ENDED = NOW + 20 * 86_400
"""Long after every window of these launches."""


@pytest.fixture
def timed() -> Pair:
    """A channel with deadlines for replies and reports, and its successor with the same."""
    return continued(template(**TIMES), **TIMES)


def overdue(endpoint: Endpoint, *times: int) -> list[tuple[bytes, Debt | None, int]]:
    """What is told to be overdue of replies and reports, polled at these times."""
    events = [event for at in times for event in endpoint.poll(at).events]
    found = [(e.subject, e.owed, e.multiple) for e in events if e.code is EventCode.OVERDUE]
    return [one for one in found if one[1] in {Debt.REPLY, Debt.REPORT}]


def reminded(endpoint: Endpoint, *times: int) -> list[bytes]:
    events = [event for at in times for event in endpoint.poll(at).events]
    return [event.subject for event in events if event.code is EventCode.REMINDER]


@pytest.mark.requirement("R-SUCC-6")
@pytest.mark.parametrize("code", ["US", "RU"])
def test_a_report_that_is_owed_is_missed_in_the_successor_alone(timed: Pair, code: str) -> None:
    notice = announced(timed)
    timed.inherit()
    assert overdue(timed.old[code].endpoint, ENDED) == []
    assert overdue(timed.new[code], ENDED) == [(notice, Debt.REPORT, multiple) for multiple in (1, 2, 4)]
    assert timed.old[code].endpoint.exchange(notice).deliveries.keys() <= {"RU"}


@pytest.mark.requirement("R-SUCC-6")
def test_a_launch_that_is_reported_in_the_successor_is_overdue_nowhere(timed: Pair) -> None:
    notice = announced(timed)
    timed.inherit()
    timed.said("US", LaunchReport(launch=notice, outcome=LaunchOutcome.NOT_LAUNCHED))
    for code in ("US", "RU"):
        assert overdue(timed.old[code].endpoint, ENDED) == overdue(timed.new[code], ENDED) == []


@pytest.mark.requirement("R-SUCC-6")
def test_what_was_told_before_the_succession_is_not_told_again(timed: Pair) -> None:
    query, sends = timed.old["RU"].say(Query(topic=QueryTopic.CLARIFICATION, asked="US"), NOW)
    for send in sends:
        timed.old["US"].hear(send.data, NOW)
    old, new = timed.old["RU"].endpoint, timed.new["RU"]
    assert overdue(old, NOW + 601) == [(query, Debt.REPLY, 1)]
    new.inherit(old, NOW + 700)
    assert overdue(old, NOW + 800, NOW + 10_000) == []
    assert overdue(new, NOW + 800, NOW + 10_000) == [(query, Debt.REPLY, 2), (query, Debt.REPLY, 4)]
    for endpoint in (old, new):
        live = state_of(endpoint)
        assert canonical(refolded(endpoint)) == canonical(live)
        loaded = snapshot.load(live.channel, live.own, live.find, snapshot.dump(live))
        assert canonical(loaded) == canonical(live)


@pytest.mark.requirement("R-SUCC-6")
def test_the_successor_alone_reminds_of_a_window(timed: Pair) -> None:
    notice = announced(timed)
    timed.inherit("RU")
    times = range(NOW, ENDED, 1_800)
    assert reminded(timed.old["RU"].endpoint, *times) == []
    assert set(reminded(timed.new["RU"], *times)) == {notice}


@pytest.mark.requirement("R-SUCC-6")
@pytest.mark.parametrize("half_days", range(10))
def test_each_reminder_is_told_once_whenever_the_succession_comes(timed: Pair, half_days: int) -> None:
    notice, at = announced(timed), NOW + half_days * 43_200
    old, new = timed.old["RU"].endpoint, timed.new["RU"]
    told = reminded(old, *range(NOW, at, 1_800))
    new.inherit(old, at)
    told += reminded(new, *range(at, ENDED, 1_800))
    assert told == [notice] * len(("a day before", "an hour before"))


@pytest.mark.requirement("R-SUCC-6")
def test_what_the_old_channel_hears_later_is_its_own_until_it_is_taken_over(timed: Pair) -> None:
    announced(timed)
    timed.inherit()
    late = announced(timed)
    old, new = timed.old["US"].endpoint, timed.new["US"]
    assert overdue(old, ENDED) == [(late, Debt.REPORT, multiple) for multiple in (1, 2, 4)]
    new.inherit(old, ENDED)
    assert late not in {subject for subject, *_ in overdue(new, ENDED)}
    before = old.health(ENDED).position
    new.inherit(old, ENDED)
    assert old.health(ENDED).position == before  # nothing more to hand over


@pytest.mark.requirement("R-SUCC-4")
def test_receipt_and_acknowledgement_stay_overdue_in_the_old_channel_alone(timed: Pair) -> None:
    notice = announced(timed)
    timed.inherit()
    old, new = (
        {e.owed for e in endpoint.poll(ENDED).events if e.code is EventCode.OVERDUE and e.subject == notice}
        for endpoint in (timed.old["US"].endpoint, timed.new["US"])
    )
    assert (old, new) == ({Debt.RECEIPT, Debt.ACKNOWLEDGEMENT}, {Debt.REPORT})


@pytest.mark.requirement("R-SUCC-6")
def test_rules_that_come_later_ask_for_no_report_of_what_was_over() -> None:
    pair = continued(template(), **TIMES)
    over, at = announced(pair), ENDED - 86_400
    new, old = pair.new["RU"], pair.old["RU"].endpoint
    new.inherit(old, at)
    assert overdue(new, ENDED) == []
    new.inherit(old, ENDED)
    assert overdue(new, ENDED + 1) == []
    assert new.launch(over, ENDED).phase is LaunchPhase.ANNOUNCED
