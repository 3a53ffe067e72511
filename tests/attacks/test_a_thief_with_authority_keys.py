"""A thief has keys of an authority: fewer than the threshold give nothing, as many a second root."""

from __future__ import annotations

from typing import Any

import pytest

from launchnotice import Refused, UsageError, evidence
from launchnotice.core import snapshot
from launchnotice.journal.memory import MemoryJournal
from launchnotice.pact.mandate import Standing, UnverifiedMandate
from launchnotice.registry import EventCode, FindingCode, Kind, MandateReason, Need, Place, Refusal
from launchnotice.wire.bounds import MAX_RIVALS, SUPERSEDED_FOR
from launchnotice.wire.notices import Cancellation
from launchnotice.wire.signals import Acknowledgement, Receipt
from launchnotice.wire.streams import Epoch, Position
from tests.attacks.hands import Renewed, first, signed_by
from tests.support import NOW, launch, make_centre, make_mandate
from tests.support.dump import state_of
from tests.support.forge import EPOCH, Forger, chain
from tests.support.recovery import Side, Talk, names
from tests.support.template import Template, mandate_id, template

THIRD = template("US", "RU", "FR")


@pytest.fixture(scope="module")
def made() -> Template:
    return template()


def rival(made: Template, salt: str = "thief", **more: Any) -> Renewed:
    """A second version of US with other keys than the honest one's."""
    found = Renewed(made, MandateReason.ROUTINE, **more)
    fresh = make_centre("US", salt=salt).keys
    keys = {label: found.centre.keys[label] if "auth" in label else fresh[label] for label in fresh}
    found.centre = found.centre._replace(keys=keys)
    found.data = make_mandate(made.channel, found.centre, first(made, "US"), issued=NOW)
    found.forger = Forger(made.channel, found.centre, mandate_id(found.data))
    return found


def forked(made: Template) -> tuple[Side, Renewed, Renewed]:
    """A side that took the thief's list before the honest one."""
    ru, honest, thief = Side(made, "RU"), Renewed(made, MandateReason.ROUTINE), rival(made)
    ru.hear(thief.data, NOW)
    ru.hear(honest.data, NOW)
    return ru, honest, thief


# Fewer than the threshold ----------------------------------------------------------------


@pytest.mark.requirement("R-MAND-7")
def test_one_of_two_makes_no_mandate(made: Template) -> None:
    data = signed_by(made.centres["US"], rival(made).data, ["authority-1"])
    ru = made.open("RU")
    step = ru.receive(data, NOW)
    assert (step.refusal and step.refusal.code, step.events) == (Refusal.THRESHOLD, ())


@pytest.mark.requirement("R-POL-1")
def test_an_authority_signs_no_message(made: Template) -> None:
    forged = made.forger("US").notice(signers=("officer-1", "officer-2", "authority-1", "system"))
    refusal = made.open("RU").receive(forged.data, NOW).refusal
    assert refusal is not None
    assert refusal.code is Refusal.WRONG_ROLE


@pytest.mark.requirement("R-MAND-14")
def test_one_of_two_ends_no_epoch_with_a_compromise_of_its_own(made: Template) -> None:
    """The honest chain goes on: what the thief could not sign has no trace."""
    ru = Side(made, "RU")
    (notice,) = chain(made.forger("US"), 1)
    ru.hear(notice.data, NOW)
    data = bytearray(Renewed(made, MandateReason.COMPROMISE).data)
    data[-1] ^= 1  # the second authority's signature
    step = ru.endpoint.receive(bytes(data), NOW)
    assert (step.refusal and step.refusal.code) is Refusal.BAD_SIGNATURE
    assert ru.told(EventCode.DISOWNED) == []


# The threshold: two roots ----------------------------------------------------------------


@pytest.mark.requirement("R-ROOT-1")
def test_two_lists_of_one_version_are_seen_whichever_came_first(made: Template) -> None:
    for order in (0, 1):
        ru, lists = Side(made, "RU"), [Renewed(made, MandateReason.ROUTINE).data, rival(made).data]
        ru.hear(lists[order], NOW)
        assert ru.told(EventCode.ROOT_FORK) == []
        ru.hear(lists[1 - order], NOW)
        (event,) = ru.told(EventCode.ROOT_FORK)
        assert (event.party, event.data) == ("US", lists[1 - order])
        assert [n.party for n in ru.endpoint.attention(NOW) if n.need is Need.ROOT_FORK] == ["US"]
        assert ru.endpoint.health(NOW).disputed == ["US"]
        ru.hear(lists[1 - order], NOW)
        assert len(ru.told(EventCode.ROOT_FORK)) == 1


@pytest.mark.requirement("R-ROOT-2")
def test_everything_of_that_party_is_shown_and_disputed(made: Template) -> None:
    ru, honest, thief = forked(made)
    for forger, epoch in ((honest.forger, EPOCH), (thief.forger, (1, bytes(16)))):
        (notice,) = chain(forger, 1, epoch=epoch)
        ru.hear(notice.data, NOW)
        event = ru.told(EventCode.NOTICE)[-1]
        assert (event.subject, FindingCode.ROOT_FORK in names(event)) == (notice.id, True)
        assert ru.endpoint.exchange(notice.id).disputed
        ru.events += ru.endpoint.poll(NOW).events
        said = [s.body for s in ru.endpoint.exchange(notice.id).signals]
        assert [body.place for body in said if isinstance(body, Receipt)] == [Place.DISPUTED]


@pytest.mark.requirement("R-ROOT-2")
def test_nothing_of_that_party_changes_a_launch_or_a_delivery(made: Template) -> None:
    ru, us = Side(made, "RU"), made.forger("US")
    (notice,) = chain(us, 1)
    ru.hear(notice.data, NOW)
    own, _ = ru.say(launch(), NOW)
    honest, thief = Renewed(made, MandateReason.ROUTINE), rival(made)
    ru.hear(honest.data, NOW)
    ru.hear(thief.data, NOW)
    cancel = thief.forger.notice(2, notice.id, body=Cancellation(launch=notice.id), k5=Kind.CANCELLATION)
    ru.hear(cancel.data, NOW)
    assert ru.endpoint.launch(notice.id, NOW).phase.value == "announced"
    read = thief.forger.signal(Kind.ACKNOWLEDGEMENT, Acknowledgement(subject=own), "RU")
    ru.hear(read.data, NOW)
    assert ru.endpoint.exchange(own).deliveries["US"].name == "PENDING"
    assert FindingCode.WITHOUT_EFFECT in names(ru.told(EventCode.SIGNAL)[-1])


@pytest.mark.requirement("R-ROOT-3")
def test_the_honest_chain_is_followed_although_the_thiefs_list_came_first(made: Template) -> None:
    """Its next version, and an incident under it, are still shown."""
    ru, honest, _ = forked(made)
    second = UnverifiedMandate.parse(honest.data).verify(made.channel, first(made, "US"))
    third = make_mandate(made.channel, honest.centre, second, issued=NOW + 5)
    step = ru.endpoint.receive(third, NOW)
    assert step.refusal is None
    forger = Forger(made.channel, honest.centre, mandate_id(third))
    step = ru.endpoint.receive(forger.emergency(1).data, NOW)
    assert [event.code for event in step.events] == [EventCode.NOTICE]
    assert FindingCode.ROOT_FORK in names(step.events[0])


@pytest.mark.requirement("R-ROOT-3")
def test_lists_beside_the_chain_are_kept_within_a_bound(made: Template) -> None:
    ru = Side(made, "RU")
    ru.hear(Renewed(made, MandateReason.ROUTINE).data, NOW)
    codes = []
    for number in range(MAX_RIVALS + 2):
        data = make_mandate(made.channel, made.centres["US"], first(made, "US"), issued=NOW - number)
        refusal = ru.endpoint.receive(data, NOW).refusal
        codes.append(refusal and refusal.code)
    assert codes == [None] * MAX_RIVALS + [Refusal.BAD_MANDATE_CHAIN] * 2


@pytest.mark.requirement("R-ROOT-4")
def test_the_proof_reaches_every_member_and_anyone_can_check_it() -> None:
    sides = {code: Side(THIRD, code) for code in ("RU", "FR", "US")}
    honest, thief = Renewed(THIRD, MandateReason.ROUTINE), rival(THIRD)
    sides["RU"].hear(honest.data, NOW)
    sides["FR"].hear(thief.data, NOW)
    sides["US"].hear(honest.data, NOW)
    sides["RU"].hear(thief.data, NOW)
    Talk(sides).settle(NOW, 60)
    assert {code: len(side.told(EventCode.ROOT_FORK)) for code, side in sides.items()} == dict.fromkeys(
        sides, 1
    )
    (envelopes,) = sides["FR"].endpoint.forks()
    found = evidence.verify_fork(THIRD.channel, evidence.pack_fork(envelopes))
    assert (found.party, found.epoch, found.seq) == ("US", (0, b""), 2)
    assert {found.one, found.other} == {mandate_id(honest.data), mandate_id(thief.data)}


@pytest.mark.requirement("R-ROOT-4")
@pytest.mark.parametrize("change", ["the same twice", "another version", "no chain"])
def test_what_proves_no_second_root_is_refused(made: Template, change: str) -> None:
    ru, honest, thief = forked(made)
    (envelopes,) = ru.endpoint.forks()
    *mandates, _, _ = envelopes
    found = {
        "the same twice": [*mandates, thief.data, thief.data],
        "another version": [*mandates, made.mandates["US"], honest.data],
        "no chain": [made.mandates["US"], honest.data, thief.data],
    }[change]
    expected = Refusal.MANDATE_GAP if change == "no chain" else Refusal.INCONSISTENT
    with pytest.raises(Refused) as caught:
        evidence.verify_fork(made.channel, evidence.pack_fork(found))
    assert caught.value.code is expected


@pytest.mark.requirement("R-ROOT-5")
def test_what_the_thief_signs_as_ourselves_is_a_strangers(made: Template) -> None:
    us = Side(made, "US")
    us.hear(Renewed(made, MandateReason.ROUTINE).data, NOW)
    thief = rival(made)
    us.hear(thief.data, NOW)
    assert len(us.told(EventCode.ROOT_FORK)) == 1
    before = us.endpoint.health(NOW).position
    refusal = us.endpoint.receive(chain(thief.forger, 1)[0].data, NOW).refusal
    assert refusal is not None
    assert refusal.code is Refusal.UNKNOWN_MANDATE
    assert us.endpoint.health(NOW).position == before


@pytest.mark.requirement("R-ROOT-1")
def test_a_restart_forgets_no_second_root(made: Template) -> None:
    ru, _, _ = forked(made)
    live = state_of(ru.endpoint)
    loaded = snapshot.load(live.channel, live.own, live.find, snapshot.dump(live))
    assert snapshot.dump(loaded) == snapshot.dump(live)
    ru.restart(NOW)
    assert snapshot.dump(state_of(ru.endpoint)) == snapshot.dump(live)
    assert ru.endpoint.health(NOW).disputed == ["US"]
    assert isinstance(ru.journal, MemoryJournal)


# What a thief said outside the chain -------------------------------------------------------


@pytest.mark.requirement("R-MAND-19")
@pytest.mark.requirement("R-MAND-22")
@pytest.mark.requirement("R-MAND-23")
def test_after_a_compromise_the_emergencies_stand_that_the_authority_names(made: Template) -> None:
    ru, us = Side(made, "RU"), made.forger("US")
    (notice,) = chain(us, 1)
    known, unknown = us.emergency(1), us.emergency(2)
    named = [us.emergency(3), us.emergency(4)]
    for one in (notice, known, named[0]):
        ru.hear(one.data, NOW)
    ids = [one.id for one in named]
    ru.hear(Renewed(made, MandateReason.COMPROMISE, [notice], emergencies=ids).data, NOW)
    assert [event.subject for event in ru.told(EventCode.DISOWNED)] == [known.id]
    assert FindingCode.DISOWNED not in {f.code for f in ru.endpoint.exchange(named[0].id).findings}
    # What was not known before counts if it is named, and else for nothing.
    marks = {FindingCode.SUPERSEDED_MANDATE, FindingCode.WITHOUT_EFFECT}
    ru.hear(unknown.data, NOW)
    assert names(ru.told(EventCode.NOTICE)[-1]) >= marks
    ru.hear(named[1].data, NOW)
    assert names(ru.told(EventCode.NOTICE)[-1]).isdisjoint(marks)


@pytest.mark.requirement("R-MAND-22")
def test_a_forged_retraction_falls_with_the_compromise(made: Template) -> None:
    ru, us = Side(made, "RU"), made.forger("US")
    (notice,) = chain(us, 1)
    forged = us.emergency(1, kind=Kind.RETRACTION, k7={1: notice.id, 2: 1})
    for one in (notice, forged):
        ru.hear(one.data, NOW)
    assert ru.endpoint.launch(notice.id, NOW).phase.value == "retracted"
    ru.hear(Renewed(made, MandateReason.COMPROMISE, [notice]).data, NOW)
    assert ru.endpoint.launch(notice.id, NOW).phase.value == "announced"


@pytest.mark.requirement("R-MAND-23")
@pytest.mark.parametrize(
    ("reason", "ids", "code"),
    [
        (MandateReason.FORK, [bytes(32)], Refusal.INCONSISTENT),
        (MandateReason.COMPROMISE, [bytes(32)] * 2, Refusal.UNSORTED),
    ],
)
def test_emergencies_are_named_once_and_after_a_compromise(
    made: Template, reason: MandateReason, ids: list[bytes], code: Refusal
) -> None:
    with pytest.raises(UsageError, match=code.value):
        Renewed(made, reason, emergencies=ids)


@pytest.mark.requirement("R-MAND-22")
def test_after_a_fork_emergencies_stand(made: Template) -> None:
    ru, us = Side(made, "RU"), made.forger("US")
    (notice,) = chain(us, 1)
    incident = us.emergency(1, k13={1: 1, 2: notice.id})
    for one in (notice, incident):
        ru.hear(one.data, NOW)
    nothing = Position(seq=0, id=us.genesis())
    standing = [Standing(epoch=Epoch(number=EPOCH[0], random=EPOCH[1]), last=nothing)]
    ru.hear(Renewed(made, MandateReason.FORK, standing=standing).data, NOW)
    assert [event.subject for event in ru.told(EventCode.DISOWNED)] == [notice.id]


@pytest.mark.requirement("R-MAND-21")
@pytest.mark.requirement("R-PHASE-2")
@pytest.mark.parametrize(
    ("later", "phase"), [(SUPERSEDED_FOR, "retracted"), (SUPERSEDED_FOR + 1, "announced")]
)
def test_after_a_routine_change_a_retraction_counts_for_thirty_days(
    made: Template, later: int, phase: str
) -> None:
    ru, us = Side(made, "RU"), made.forger("US")
    (notice,) = chain(us, 1)
    ru.hear(notice.data, NOW)
    renewed = Renewed(made, MandateReason.ROUTINE)
    ru.hear(renewed.data, NOW)
    ru.hear(renewed.forger.notice(2, notice.id).data, NOW)  # the first one under the new keys
    body = {1: notice.id, 2: 1}
    ru.hear(us.emergency(1, kind=Kind.RETRACTION, k7=body).data, NOW + later)
    assert FindingCode.SUPERSEDED_MANDATE in names(ru.told(EventCode.NOTICE)[-1])
    assert ru.endpoint.launch(notice.id, NOW).phase.value == phase
