"""Channels of many members: what each owes, what a notice tells, how its cost grows (spec 5.1, 7.2)."""

from __future__ import annotations

import pytest

from launchnotice import Party, Send
from launchnotice.core.tables import Debt
from launchnotice.registry import EventCode, Kind, Need, Owed, Refusal
from launchnotice.wire.bounds import MAX_PARTIES, MAX_TOLD
from launchnotice.wire.message import ChainedPayload, recall
from tests.benchmarks.members import GOALS, OFFICERS, Members, cost
from tests.support import NOW, launch, make_centre, make_channel, state
from tests.support.centres import descriptor
from tests.support.forge import chain
from tests.support.recovery import Side, Talk
from tests.support.template import template


def heads_of(members: Members, count: int) -> list[str]:
    """The parties whose heads the next notice of the first member tells."""
    endpoint, centre = members.endpoints[members.first], members.centres[members.first]
    (send, *_) = state(endpoint, centre, launch(launch_count=count), NOW, OFFICERS).sends
    payload = recall(send.data).payload
    assert isinstance(payload, ChainedPayload)
    assert [head.party for head in payload.heads] == sorted(head.party for head in payload.heads)
    return [head.party for head in payload.heads]


@pytest.mark.requirement("R-PAY-7")
def test_a_notice_tells_sixteen_heads_at_most_and_the_next_ones_the_rest() -> None:
    members = Members(MAX_TOLD + 5)
    notices = {code: chain(members.forger(code), 2) for code in members.others}

    def speak(number: int) -> None:
        members.carry([Send(members.first, made[number].data) for made in notices.values()])

    speak(0)
    told = [heads_of(members, 1), heads_of(members, 2), heads_of(members, 3)]
    assert [len(parties) for parties in told] == [MAX_TOLD, len(members.others) - MAX_TOLD, 0]
    assert sorted(told[0] + told[1]) == members.others
    # All move again: those told longest ago come first, also after a restart.
    speak(1)
    members.restart(members.first)
    assert heads_of(members, 4) == told[0]


@pytest.mark.requirement("R-CHAN-1")
def test_a_channel_has_at_most_256_parties() -> None:
    centres = [make_centre(f"P{number:03}") for number in range(MAX_PARTIES + 1)]
    channel = make_channel(centres[:MAX_PARTIES])
    assert type(channel).load(channel.data).id == channel.id
    with pytest.raises(Exception, match=Refusal.BAD_LENGTH.value.replace("-", " ") + "|parties"):
        descriptor(centres)


@pytest.mark.requirement("R-RETRY-1")
@pytest.mark.requirement("R-DUE-1")
@pytest.mark.parametrize("owed", list(Owed))
def test_each_member_owes_what_the_descriptor_says(owed: Owed) -> None:
    ru: Party = make_centre("RU").party(owes=owed)
    made = template("US", "RU", parties=(ru, make_centre("US").party()))
    us, other = Side(made, "US"), Side(made, "RU")
    talk = Talk({"US": us, "RU": other})
    now = talk.settle(NOW, 120)
    notice, sends = us.say(launch(), now)
    talk.carry(sends, now)
    talk.settle(now, 120)
    pending = notice in us.endpoint.pending("RU")
    assert pending is (owed is Owed.ACKNOWLEDGEMENT)
    needs = [need.need for need in other.endpoint.attention(now) if need.subject == notice]
    assert needs == ([Need.ACKNOWLEDGE] if pending else [])
    # Whoever owes only nothing or a receipt is never overdue with what it does not owe.
    late = us.endpoint.poll(now + 10**6).events
    debts = {event.owed for event in late if event.code is EventCode.OVERDUE and event.subject == notice}
    assert debts == ({Debt.ACKNOWLEDGEMENT} if pending else set())
    # Its machine states the receipt all the same.
    assert [s.kind for s in us.endpoint.exchange(notice).signals] == [Kind.RECEIPT]


def test_what_a_notice_costs_grows_no_faster_than_the_members() -> None:
    small, large = (cost(count) for count in (4, 12))
    for name in small._fields:
        each = getattr(large, name) / 11 / (getattr(small, name) / 3)
        assert each <= GOALS.get(name, 1.02) or name == "busy_bytes", name
