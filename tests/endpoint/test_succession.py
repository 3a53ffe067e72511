"""A channel that goes on under another descriptor (spec section 8.3): what is taken over and what is not."""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

import pytest

from launchnotice import Channel, Endpoint, UsageError
from launchnotice.core import snapshot
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
from tests.support.dump import state_of
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


def continued(made: Template) -> Pair:
    centres = {code: make_centre(code, salt="successor") for code in made.centres}
    channel = successor_of(made.channel, centres)
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
