"""A coordinator between members that cannot reach each other: a party of its own, or a mere carrier.

Neither holds a member's key. What it passes on is the exact bytes; a party says so by a dissemination.
"""

from __future__ import annotations

import pytest

from launchnotice import Send, peek
from launchnotice.registry import DisseminatedTo, EventCode, Kind
from launchnotice.wire.signals import Acknowledgement, Dissemination
from tests.support import NOW, launch
from tests.support.recovery import Side
from tests.support.template import Template, template

OFFICER = ("officer-1",)


@pytest.fixture(scope="module")
def made() -> Template:
    return template("US", "RU", "HUB")


class Star:
    """US and RU reach the hub alone; the hub's host hands bytes on by the address that came with them."""

    def __init__(self, made: Template, *members: str) -> None:
        self.channel = made.channel.id
        self.sides = {code: Side(made, code) for code in members}
        self.carried: list[Send] = []

    def carry(self, sends: tuple[Send, ...], now: int) -> None:
        waiting = [*sends]
        while waiting:
            send = waiting.pop(0)
            assert peek(send.data) == self.channel  # all that a carrier knows of the bytes
            self.carried.append(send)
            if send.to in self.sides:
                waiting += self.sides[send.to].hear(send.data, now)

    def settle(self, now: int) -> None:
        for side in self.sides.values():
            step = side.endpoint.poll(now)
            side.events += step.events
            self.carry(step.sends, now)


def acknowledge(star: Star, code: str, notice: bytes) -> None:
    side = star.sides[code]
    draft = side.endpoint.draft(Acknowledgement(subject=notice), NOW, OFFICER)
    mandate = side.endpoint.mandate()
    assert mandate is not None
    signed = draft.review(side.endpoint.channel, mandate).sign(side.made.centres[code].keys["officer-1"])
    star.carry(side.endpoint.submit(signed, NOW).sends, NOW)


@pytest.mark.requirement("R-RELAY-1")
def test_a_carrier_without_any_key_brings_a_whole_exchange_about(made: Template) -> None:
    star = Star(made, "US", "RU")
    notice, sends = star.sides["US"].say(launch(), NOW)
    star.carry(sends, NOW)
    star.settle(NOW)
    acknowledge(star, "RU", notice)
    assert star.sides["US"].endpoint.exchange(notice).deliveries["RU"].name == "ACKNOWLEDGED"
    # Exactly what was signed, and so what any member can check.
    arrived = star.sides["RU"].endpoint.exchange(notice).data
    assert arrived == star.sides["US"].endpoint.exchange(notice).data
    assert arrived in {send.data for send in star.carried}


@pytest.mark.requirement("R-SIGN-5")
def test_a_carrier_that_changes_a_bit_is_found_out(made: Template) -> None:
    star = Star(made, "US", "RU")
    _, sends = star.sides["US"].say(launch(), NOW)
    data = bytearray(next(send.data for send in reversed(sends) if send.to == "RU"))
    data[-1] ^= 1
    step = star.sides["RU"].endpoint.receive(bytes(data), NOW)
    assert step.refusal is not None
    assert step.events == ()


@pytest.mark.requirement("R-DISS-2")
@pytest.mark.requirement("R-RELAY-1")
@pytest.mark.requirement("R-RELAY-2")
def test_a_party_that_relays_passes_on_the_exact_bytes_and_says_so(made: Template) -> None:
    """US reaches the hub alone; its officer says to whom the notice went, and RU's receipt that it came."""
    us, hub, ru = (Side(made, code) for code in ("US", "HUB", "RU"))
    notice, sends = us.say(launch(), NOW)
    hub.hear(next(send.data for send in reversed(sends) if send.to == "HUB"), NOW)
    relayed = hub.endpoint.exchange(notice).data
    ru.hear(relayed, NOW + 1)
    body = Dissemination(subject=notice, to=DisseminatedTo.MEMBERS, at=NOW + 1, parties=("RU",))
    draft = hub.endpoint.draft(body, NOW + 2, OFFICER)
    mandate = hub.endpoint.mandate()
    assert mandate is not None
    signed = draft.review(made.channel, mandate).sign(made.centres["HUB"].keys["officer-1"])
    for send in hub.endpoint.submit(signed, NOW + 2).sends:
        if send.to == "US":
            us.hear(send.data, NOW + 3)
    view = us.endpoint.exchange(notice)
    (said,) = [signal for signal in view.signals if signal.kind == Kind.DISSEMINATION]
    assert (said.party, said.body) == ("HUB", body)
    # It is the hub's word: it counts for the hub, and RU's receipt alone counts for RU.
    assert {party: state.name for party, state in view.deliveries.items()} == {
        "HUB": "RECEIVED",
        "RU": "PENDING",
    }
    for send in ru.endpoint.poll(NOW + 4).sends:
        us.hear(send.data, NOW + 5)
    assert us.endpoint.exchange(notice).deliveries["RU"].name == "RECEIVED"


@pytest.mark.requirement("R-SYNC-4")
def test_a_member_that_missed_a_notice_gets_it_from_the_relay(made: Template) -> None:
    """RU has the second notice alone, and US is out of reach: the hub answers for US's stream."""
    us, hub, ru = (Side(made, code) for code in ("US", "HUB", "RU"))
    notices = [us.say(launch(launch_count=count), NOW)[0] for count in (1, 2)]
    data = [us.endpoint.exchange(notice).data for notice in notices]
    for one in data:
        hub.hear(one, NOW)
    ru.hear(data[1], NOW)
    own, sends = hub.say(launch(launch_count=9), NOW)  # its heads show that the hub knows more
    for send in sends:
        if send.to == "RU":
            ru.hear(send.data, NOW)
    for moment in range(NOW, NOW + 120, 10):
        for send in ru.endpoint.poll(moment).sends:
            for answer in hub.hear(send.data, moment) if send.to == "HUB" else ():
                assert answer.to == "RU"
                ru.hear(answer.data, moment)
    assert [event.subject for event in ru.told(EventCode.IN_ORDER)] == [notices[1]]
    assert ru.endpoint.health(NOW).gaps == []
    assert own in {event.subject for event in ru.told(EventCode.NOTICE)}
