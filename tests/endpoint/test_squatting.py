"""What good keys can take from an endpoint: epochs of their own, keys listed first, syncs of yesterday.

Everything here is authentic. It is shown, never swallowed, with a finding that says what is odd about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from launchnotice import Endpoint, Event, Identity, Refused, UsageError, parse_agreement
from launchnotice.ceremony import draft_mandate
from launchnotice.core import stream
from launchnotice.core.entries import EpochKey, Forked
from launchnotice.registry import ContentType, EventCode, FindingCode, Kind, Place, Refusal, Role, Usage
from launchnotice.wire import cbor, cose
from launchnotice.wire.cose import envelope_digest
from launchnotice.wire.signals import Acknowledgement, Receipt
from launchnotice.wire.streams import Epoch
from tests.support import NOW, Centre, launch, make_centre, make_mandate, state
from tests.support.dump import state_of
from tests.support.faults import Site
from tests.support.forge import EPOCH, Forged, Forger, chain
from tests.support.template import Template, mandate_id, template

OFFICERS = ("officer-1", "officer-2")
OTHER: EpochKey = (1, b"another first ep")
SECOND: EpochKey = (2, b"the second epoch")


def hear(endpoint: Endpoint, message: Forged, now: int = NOW) -> Sequence[Event]:
    step = endpoint.receive(message.data, now)
    assert step.refusal is None, step.refusal
    return step.events


def found(endpoint: Endpoint, message: Forged, now: int = NOW) -> set[FindingCode]:
    """The findings with which a message is shown; it is shown."""
    events = [e for e in hear(endpoint, message, now) if e.code in {EventCode.NOTICE, EventCode.SIGNAL}]
    assert len(events) == 1
    return {finding.code for finding in events[0].findings}


def newer(made: Template, endpoint: Endpoint, party: str, **more: object) -> Forger:
    """The party's next mandate is given to the endpoint; whoever signs under it."""
    data = make_mandate(made.channel, made.centres[party], endpoint.mandate(party), **more)
    assert endpoint.receive(data, NOW).refusal is None
    return Forger(made.channel, made.centres[party], mandate_id(data))


# Epochs -------------------------------------------------------------------------------------------


@pytest.mark.requirement("R-EPOCH-3")
def test_a_second_epoch_numbered_one_is_unconfirmed(made: Template, ru: Endpoint, us: Forger) -> None:
    """Whoever stole the keys opens an epoch of his own: were it taken for the first, it would look clean."""
    assert FindingCode.UNCONFIRMED_EPOCH not in found(ru, us.notice())
    thief = us.notice(epoch=OTHER, body=launch(launch_count=9))
    assert FindingCode.UNCONFIRMED_EPOCH in found(ru, thief)
    assert ru.exchange(thief.id).place is Place.ACCEPTED


@pytest.mark.requirement("R-EPOCH-3")
def test_an_epoch_that_the_authority_confirmed_is_clean(made: Template, ru: Endpoint, us: Forger) -> None:
    hear(ru, us.notice())
    confirmed = newer(made, ru, "US", confirmed=[Epoch(number=OTHER[0], random=OTHER[1])])
    notice = confirmed.notice(epoch=OTHER, body=launch(launch_count=2))
    assert FindingCode.UNCONFIRMED_EPOCH not in found(ru, notice)


@pytest.mark.requirement("R-EPOCH-3")
def test_a_thiefs_epoch_does_not_stain_the_first_one(ru: Endpoint, us: Forger) -> None:
    """The first epoch numbered 1 that was heard of stays what it was."""
    first = us.notice()
    hear(ru, first)
    hear(ru, us.notice(epoch=OTHER, body=launch(launch_count=9)))
    hear(ru, us.notice(epoch=SECOND, body=launch(launch_count=9)))
    assert FindingCode.UNCONFIRMED_EPOCH not in found(ru, us.notice(2, first.id))


@pytest.mark.requirement("R-EPOCH-3")
def test_which_epoch_was_the_first_survives_a_restart(
    made: Template, us: Forger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also from a snapshot, and although the thief's random bytes sort before the others."""
    monkeypatch.setattr("launchnotice.engine.ledger.SNAPSHOT_EVERY", 1)
    site, thief = Site(made, "RU"), (1, bytes(16))
    ru, first, stolen = site.open(), us.notice(), us.notice(epoch=thief)
    hear(ru, first)
    hear(ru, stolen)
    ru.poll(NOW)
    assert site.journal.load_snapshot() is not None
    ru = site.open()
    assert FindingCode.UNCONFIRMED_EPOCH not in found(ru, us.notice(2, first.id))
    assert FindingCode.UNCONFIRMED_EPOCH in found(ru, us.notice(2, stolen.id, epoch=thief))


@pytest.mark.requirement("R-MAND-11")
@pytest.mark.parametrize("epoch", [EPOCH, OTHER, SECOND])
def test_old_keys_do_not_become_new_again_in_another_epoch(
    made: Template, ru: Endpoint, us: Forger, epoch: EpochKey
) -> None:
    """Version 2 took the old keys out of use; an epoch of which nothing is known yet does not undo that."""
    second = newer(made, ru, "US")
    first = second.notice()
    assert FindingCode.SUPERSEDED_MANDATE not in found(ru, first)
    seq, prev = (2, first.id) if epoch == EPOCH else (1, None)
    assert FindingCode.SUPERSEDED_MANDATE in found(ru, us.notice(seq, prev, epoch=epoch))
    emergency = us.emergency(1, k8={1: epoch[0], 2: epoch[1]}, k13={1: 0, 2: us.genesis(epoch)})
    assert FindingCode.SUPERSEDED_MANDATE in found(ru, emergency)


@pytest.mark.parametrize("epoch", [OTHER, SECOND])
def test_the_newest_keys_are_superseded_in_no_epoch(made: Template, ru: Endpoint, epoch: EpochKey) -> None:
    second = newer(made, ru, "US")
    hear(ru, second.notice())
    assert FindingCode.SUPERSEDED_MANDATE not in found(ru, second.notice(epoch=epoch))


@pytest.mark.requirement("R-MAND-11")
def test_what_was_overtaken_by_a_later_epoch_lowers_nothing(made: Template, ru: Endpoint, us: Forger) -> None:
    """A notice of epoch 1 was on its way when epoch 2 began under the next mandate: it is in good order."""
    first, second = us.notice(), us.notice(2, us.notice().id)
    hear(ru, first)
    later = newer(made, ru, "US").notice(epoch=SECOND, body=launch(launch_count=2))
    hear(ru, later)
    assert FindingCode.SUPERSEDED_MANDATE not in found(ru, second)


# Forks --------------------------------------------------------------------------------------------


def noted(ru: Endpoint, us: Forger, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Forged], Forged]:
    """A chain of three of which RU holds the second and noted the third's id; and another third."""
    monkeypatch.setattr(stream, "MAX_HELD", 1)
    notices = chain(us, 3)
    hear(ru, notices[1])
    assert [event.code for event in hear(ru, notices[2])] == [EventCode.NOTICE]
    assert state_of(ru).noted["US"] == {notices[2].id: EPOCH}
    return notices, us.notice(3, notices[1].id, body=launch(launch_count=7))


@pytest.mark.requirement("R-FORK-1")
def test_another_notice_where_one_was_noted_is_a_contradiction_at_once(
    ru: Endpoint, us: Forger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """X was shown and only its id was kept; Y comes in its place, and X may never come again."""
    notices, other = noted(ru, us, monkeypatch)
    hear(ru, notices[0])
    assert [event.code for event in hear(ru, other)] == [EventCode.FORK, EventCode.NOTICE]
    assert ru.health(NOW).disputed == ["US"]
    assert state_of(ru).streams["US"][EPOCH].disputed == 3
    assert ru.exchange(other.id).place is Place.DISPUTED
    forks = [kept.entry for kept in ru._ledger.read(0) if isinstance(kept.entry, Forked)]
    assert [(fork.seq, {fork.one, fork.other}) for fork in forks] == [(3, {notices[2].id, other.id})]
    assert EventCode.NOTICE not in [event.code for event in hear(ru, notices[2])]  # shown before
    assert len([kept for kept in ru._ledger.read(0) if isinstance(kept.entry, Forked)]) == 1


@pytest.mark.requirement("R-STREAM-5")
def test_the_noted_notice_itself_takes_its_place(
    ru: Endpoint, us: Forger, monkeypatch: pytest.MonkeyPatch
) -> None:
    notices, _ = noted(ru, us, monkeypatch)
    hear(ru, notices[0])
    assert [event.code for event in hear(ru, notices[2])] == [EventCode.IN_ORDER]
    assert state_of(ru).streams["US"][EPOCH].head == notices[2].id
    assert ru.health(NOW).disputed == []


# Keys ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def three() -> Template:
    return template("FR", "RU", "US")


def with_key(made: Template, code: str, label: str, role: Role = Role.OFFICER) -> list[Identity]:
    """A party's identities and one more, whose key is US's new one."""
    new = make_centre("US", salt="new").keys["officer-1"]
    identities = made.centres[code].identities()
    return [*identities, Identity(label=label, role=role, keys=tuple(key.key for key in new))]


@pytest.mark.requirement("R-KEY-4")
@pytest.mark.parametrize("first", ["RU", "US"])
def test_a_party_that_lists_anothers_new_key_shuts_nobody_out(three: Template, first: str) -> None:
    """A mandate proves no possession of officers' keys: RU can list what it saw in US's draft."""
    order = ["RU", "US"] if first == "RU" else ["US", "RU"]
    ends = {code: three.open(code) for code in ("FR", "RU", "US")}
    made = {}
    for code in order:
        identities = with_key(three, code, "officer-9" if code == "US" else "spare")
        made[code] = make_mandate(
            three.channel, three.centres[code], ends["FR"].mandate(code), identities=identities
        )
        for endpoint in ends.values():
            assert endpoint.receive(made[code], NOW).refusal is None
    new = make_centre("US", salt="new").keys["officer-1"]
    centre = Centre("US", {**three.centres["US"].keys, "officer-9": new})
    us = Forger(three.channel, centre, mandate_id(made["US"]))
    notice = us.notice(signers=("officer-1", "officer-9", "system"))
    for code in ("FR", "RU"):
        step = ends[code].receive(notice.data, NOW)
        assert step.refusal is None
        assert [event.party for event in step.events] == ["US"]


@pytest.mark.requirement("R-KEY-4")
def test_a_party_cannot_list_a_key_twice_to_be_two_officers(three: Template) -> None:
    """Nor under any other name: two labels with one key would be one person."""
    fr = three.open("FR")
    identities = [*with_key(three, "RU", "officer-9"), with_key(three, "RU", "officer-10")[-1]]
    with pytest.raises(UsageError):
        make_mandate(three.channel, three.centres["RU"], fr.mandate("RU"), identities=identities)


@pytest.mark.requirement("R-KEY-4")
@pytest.mark.parametrize("role", [Role.OFFICER, Role.SYSTEM, Role.AUTHORITY])
def test_an_authority_key_of_another_party_is_still_refused(three: Template, role: Role) -> None:
    """The descriptor gives it to that party, and people have compared the descriptor."""
    fr, ru = three.open("FR"), three.centres["RU"]
    theirs = tuple(key.key for key in three.centres["US"].keys["authority-1"])
    identities = [*ru.identities(), Identity(label="spare", role=role, keys=theirs)]
    with pytest.raises(UsageError) as raised:
        draft_mandate(
            three.channel, "RU", identities, issued=NOW, expires=NOW + 86_400,
            signers=["authority-1", "authority-2"], previous=fr.mandate("RU"),
        )  # fmt: skip
    assert raised.value.code is Usage.BAD_VALUE
    good = make_mandate(three.channel, ru, fr.mandate("RU"))
    raw: Any = cbor.decode(cose.parse(good, 1 << 20).payload, 1 << 20)
    raw[24] = [identity.dump() for identity in identities]  # a ceremony that does not look
    header = cose.BODY_HEADERS[ContentType.MANDATE]
    data = three.forger("RU").signed(raw, ("authority-1", "authority-2"), header).data
    refusal = fr.receive(data, NOW).refusal
    assert isinstance(refusal, Refused)
    assert refusal.code is Refusal.KEY_REUSED


# Signals under old mandates -----------------------------------------------------------------------


def announced(made: Template) -> tuple[Endpoint, bytes, bytes]:
    """US with a notice that it sent, and the notice's bytes."""
    us = made.open("US")
    step = state(us, made.centres["US"], launch(), NOW, OFFICERS)
    return us, step.events[-1].subject, step.events[-1].data


@pytest.mark.requirement("R-MAND-11")
def test_a_signal_under_a_superseded_mandate_says_so(made: Template) -> None:
    us, subject, _ = announced(made)
    hear(us, newer(made, us, "RU").notice())
    read = made.forger("RU").signal(Kind.ACKNOWLEDGEMENT, Acknowledgement(subject=subject), "US")
    assert FindingCode.SUPERSEDED_MANDATE in found(us, read)
    assert FindingCode.SUPERSEDED_MANDATE in {
        finding.code for signal in us.exchange(subject).signals for finding in signal.findings
    }


@pytest.mark.requirement("R-MAND-12")
def test_a_signal_under_an_expired_mandate_says_so(made: Template) -> None:
    us, subject, data = announced(made)
    mandate = us.mandate("RU")
    assert mandate is not None
    late = mandate.payload.expires + 1
    receipt = Receipt(
        subject=subject, envelope=envelope_digest(data), received=late, place=Place.ACCEPTED, readable=True
    )
    ru = made.forger("RU")
    signals = (
        ru.signal(Kind.RECEIPT, receipt, "US", k4=late),
        ru.signal(Kind.ACKNOWLEDGEMENT, Acknowledgement(subject=subject), "US", k4=late),
    )
    for signal in signals:
        assert FindingCode.EXPIRED_MANDATE in found(us, signal, late)


def test_a_signal_under_the_newest_mandate_has_neither_finding(made: Template) -> None:
    us, subject, _ = announced(made)
    second = newer(made, us, "RU")
    hear(us, second.notice())
    read = second.signal(Kind.ACKNOWLEDGEMENT, Acknowledgement(subject=subject), "US")
    assert found(us, read).isdisjoint({FindingCode.SUPERSEDED_MANDATE, FindingCode.EXPIRED_MANDATE})


# Syncs --------------------------------------------------------------------------------------------


@pytest.mark.requirement("R-SYNC-4")
def test_an_old_sync_replayed_each_second_does_not_starve_a_member(made: Template) -> None:
    """Anyone on the wire can replay one; the member's own, in the same second, is answered all the same."""
    us, _, data = announced(made)
    us.poll(NOW)
    epoch = state_of(us).epoch
    assert epoch is not None
    ru, mandates = made.forger("RU"), [{1: "US", 2: 1, 3: made.forger("US").mandate}]
    old = ru.signal(Kind.SYNC, {1: [], 2: mandates}, "US").data
    wanted = [{1: "US", 2: {1: epoch[0], 2: epoch[1]}, 3: 1, 4: 1}]
    for second in range(5):
        sync = {1: [], 2: mandates, 3: wanted, 4: bytes([second]) * 16}
        assert us.receive(old, NOW + second).sends == ()
        answer = us.receive(ru.signal(Kind.SYNC, sync, "US").data, NOW + second).sends
        assert [send.data for send in answer] == [data]
        assert len(us.poll(NOW + second).sends) == 1  # the echo


@pytest.mark.requirement("R-SYNC-5")
def test_one_sync_replayed_within_a_second_draws_one_answer(made: Template) -> None:
    us, _, _ = announced(made)
    epoch = state_of(us).epoch
    assert epoch is not None
    wanted = [{1: "US", 2: {1: epoch[0], 2: epoch[1]}, 3: 1, 4: 1}]
    syncs = [
        made.forger("RU").signal(Kind.SYNC, {1: [], 2: [], 3: wanted, 4: bytes([n]) * 16}, "US").data
        for n in range(40)
    ]
    assert sum(bool(us.receive(syncs[0], NOW).sends) for _ in range(20)) == 1
    answered = sum(bool(us.receive(sync, NOW).sends) for sync in syncs * 3)
    assert answered <= 8  # however many syncs a member has signed in its life


# Texts --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 20_000 + "]" * 20_000,
        "a = " + "{b = " * 3_000,
        "a = " + "9" * 5_000,
        "rules = [{ amount = " + "9" * 5_000 + " }]",
        'title = 1979-05-27T07:32:00Z\nid = "x"',
        'id = "x"\nrules = [{ kind = [1] }]',
        'id = "x"\nrules = [{ kind = 1, values = {} }]',
    ],
    ids=["arrays", "tables", "digits", "amount", "date", "kind", "values"],
)
def test_an_agreements_text_of_any_depth_or_length_is_no_agreement(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_agreement(text)
    assert raised.value.code is Usage.BAD_VALUE
    assert len(str(raised.value)) < 1_000


@pytest.mark.requirement("R-FORK-1")
def test_a_contradiction_of_a_noted_notice_ahead_of_the_gap_is_found_when_the_gap_closes(
    ru: Endpoint, us: Forger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Y is held where X was noted, both before their turn."""
    notices, other = noted(ru, us, monkeypatch)
    monkeypatch.setattr(stream, "MAX_HELD", 2)
    codes = [event.code for event in hear(ru, other)]
    codes += [event.code for event in hear(ru, notices[0])]
    assert EventCode.FORK in codes
    assert state_of(ru).streams["US"][EPOCH].disputed == 3
