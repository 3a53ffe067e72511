"""What a mandate does to messages: supersession, expiry, new keys, and changes of authority."""

from __future__ import annotations

import itertools

import pytest

from launchnotice import Draft, Endpoint, Identity, Mandate, Party, Refused, Stale, UsageError
from launchnotice.ceremony import draft_mandate, seal_mandate, sign_mandate, verify_mandates
from launchnotice.pact.mandate import MAX_LIFETIME
from launchnotice.registry import EventCode, FindingCode, Kind, Need, Refusal, Role, Suite, Usage
from launchnotice.wire.bounds import MAX_MANDATE
from tests.support import NOW, Centre, launch, make_centre, make_channel, make_mandate, settle, sign, state
from tests.support.dump import snapshot, state_of
from tests.support.forge import Forger
from tests.support.template import Template, mandate_id, template

OFFICERS = ("officer-1", "officer-2")
AUTHORITY = ("authority-1", "authority-2")


@pytest.fixture(scope="module")
def made() -> Template:
    return template()


def held(endpoint: Endpoint) -> Mandate:
    mandate = endpoint.mandate()
    assert mandate is not None
    return mandate


def second_of(made: Template, code: str, **more: object) -> bytes:
    previous = held(made.open(code))
    return make_mandate(made.channel, made.centres[code], previous, **more)


def findings(endpoint: Endpoint, data: bytes) -> list[FindingCode]:
    step = endpoint.receive(data, NOW)
    assert step.refusal is None
    return [finding.code for event in step.events for finding in event.findings]


# Chains and thresholds -----------------------------------------------------------------------


@pytest.mark.parametrize("suite", list(Suite))
def test_a_chain_is_verified_from_its_first_version_on(suite: Suite) -> None:
    made = template(suite=suite)
    chain = [made.mandates["US"], second_of(made, "US")]
    newest = verify_mandates(made.channel, chain)
    assert newest.payload.version == 2
    for broken in ([], chain[1:], chain[::-1], [chain[0], chain[0]], [made.mandates["RU"], chain[1]]):
        with pytest.raises((Refused, UsageError)):
            verify_mandates(made.channel, broken)


@pytest.mark.parametrize("suite", list(Suite))
def test_the_largest_mandate_goes_from_desk_to_desk(suite: Suite) -> None:
    """32 identities, 16 of them authorities who all sign; 162 KiB with `hybrid-high`."""
    us, ru = make_centre("US", suite), make_centre("RU", suite)
    keys = {f"authority-{n}": make_centre(f"A{n}", suite).keys["authority-1"] for n in range(1, 17)}
    keys |= {f"officer-{n}": make_centre(f"B{n}", suite).keys["officer-1"] for n in range(1, 16)}
    keys["system"] = us.keys["system"]
    labels = list(keys)[:16]
    kids = [key.key.kid for label in labels for key in keys[label]]
    us_party = Party(code="US", threshold=16, authority=tuple(sorted(kids)))
    channel = make_channel([us, ru], suite, parties=(ru.party(), us_party))
    identities = [
        Identity(
            label=label, role=Role[label.split("-")[0].upper()], keys=tuple(key.key for key in keys[label])
        )
        for label in keys
    ]
    draft = draft_mandate(channel, "US", identities, issued=NOW, expires=NOW + 86_400, signers=labels)
    for label in labels:
        draft = sign_mandate(Draft.load(draft.data), channel, keys[label])
    data = seal_mandate(Draft.load(draft.data), channel)
    assert len(data) < MAX_MANDATE
    assert verify_mandates(channel, [data]).payload.identities == tuple(identities)


def _changed(made: Template, new: Centre, signers: tuple[str, ...], renewed: tuple[str, ...]) -> bytes:
    """Version 2 lists the new authority beside the old officers; old and new keys sign as named."""
    old, previous = made.centres["US"], held(made.open("US"))
    identities = [one for one in old.identities() if one.role is not Role.AUTHORITY]
    authorities = [one for one in new.identities() if one.role is Role.AUTHORITY]
    relabelled = [type(one)(label=f"new {one.label}", role=one.role, keys=one.keys) for one in authorities]
    draft = draft_mandate(
        made.channel,
        "US",
        [*identities, *relabelled],
        issued=NOW,
        expires=NOW + 86_400,
        signers=[*signers, *(f"new {label}" for label in renewed)],
        previous=previous,
    )
    for label in signers:
        draft = sign_mandate(Draft.load(draft.data), made.channel, old.keys[label])
    for label in renewed:
        draft = sign_mandate(Draft.load(draft.data), made.channel, new.keys[label])
    return seal_mandate(draft, made.channel, previous)


@pytest.mark.requirement("R-MAND-7")
def test_a_change_of_authority_needs_the_threshold_of_both(made: Template) -> None:
    new = make_centre("US", salt="next year")
    some = [(), ("authority-1",), AUTHORITY]
    for signers, renewed in itertools.product(some, some):
        if not signers and not renewed:
            continue
        if signers == renewed == AUTHORITY:
            ru = made.open("RU")
            assert ru.receive(_changed(made, new, signers, renewed), NOW).refusal is None
            # From now on the new authority signs; the old one can only show that it told two stories.
            old_again = second_of(made, "US", issued=NOW + 5, expires=NOW + 86_400)
            assert [event.code for event in ru.receive(old_again, NOW).events] == [EventCode.ROOT_FORK]
            newest = ru.mandate("US")
            assert newest is not None
            assert newest.data == _changed(made, new, signers, renewed)
            continue
        with pytest.raises((Refused, UsageError), match="threshold"):
            _changed(made, new, signers, renewed)


def test_a_mandate_runs_thirteen_months_at_most(made: Template) -> None:
    longest = second_of(made, "US", issued=NOW, expires=NOW + MAX_LIFETIME)
    assert made.open("RU").receive(longest, NOW).refusal is None
    for expires in (NOW, NOW - 1, NOW + MAX_LIFETIME + 1):
        with pytest.raises(UsageError):
            second_of(made, "US", issued=NOW, expires=expires)


# Supersession and expiry ---------------------------------------------------------------------


@pytest.mark.requirement("R-MAND-11")
def test_a_notice_that_lowers_the_mandate_of_its_epoch_is_marked(made: Template) -> None:
    ru, second = made.open("RU"), second_of(made, "US")
    assert ru.receive(second, NOW).refusal is None
    old, new = made.forger("US"), Forger(made.channel, made.centres["US"], mandate_id(second))
    first = old.notice()
    assert findings(ru, first.data) == []  # holding a newer mandate alone supersedes nothing
    two = new.notice(2, first.id)
    assert findings(ru, two.data) == []
    three = old.notice(3, two.id)
    assert findings(ru, three.data) == [FindingCode.SUPERSEDED_MANDATE]
    assert findings(ru, old.emergency(1).data) == [FindingCode.UNINTELLIGIBLE, FindingCode.SUPERSEDED_MANDATE]
    assert findings(ru, new.notice(4, three.id).data) == []


@pytest.mark.requirement("R-MAND-11")
def test_a_notice_that_was_overtaken_is_not_marked(made: Template) -> None:
    """The one under the newer mandate arrives first and is held; the older one lowers nothing."""
    ru, second = made.open("RU"), second_of(made, "US")
    ru.receive(second, NOW)
    old, new = made.forger("US"), Forger(made.channel, made.centres["US"], mandate_id(second))
    first = old.notice()
    two = old.notice(2, first.id)
    three = new.notice(3, two.id)
    four = old.notice(4, three.id)
    assert findings(ru, three.data) == [FindingCode.CHAIN_GAP]
    assert findings(ru, four.data) == [FindingCode.CHAIN_GAP, FindingCode.SUPERSEDED_MANDATE]
    assert findings(ru, first.data) == []
    assert findings(ru, two.data) == []
    assert state_of(ru).latest("US").seq == 4  # type: ignore[union-attr]  # it has a stream
    assert state_of(ru).latest("US").version == 2  # type: ignore[union-attr]  # see above


@pytest.mark.requirement("R-MAND-12")
@pytest.mark.parametrize(("late", "expected"), [(0, []), (1, [FindingCode.EXPIRED_MANDATE])])
def test_a_notice_issued_after_its_mandates_last_second_is_marked(
    made: Template, late: int, expected: list[FindingCode]
) -> None:
    expires = NOW - 86_000
    second = second_of(made, "US", issued=NOW - 86_400, expires=expires)
    ru = made.open("RU")
    ru.receive(second, NOW)
    notice = Forger(made.channel, made.centres["US"], mandate_id(second)).notice(k4=expires + late)
    assert findings(ru, notice.data) == expected


def test_an_expiring_mandate_needs_an_officer(made: Template) -> None:
    us = made.open("US")
    expires = held(us).payload.expires
    month = 30 * 86_400
    assert Need.MANDATE not in {need.need for need in us.attention(expires - month)}
    needs = [need for need in us.attention(expires - month + 1) if need.need is Need.MANDATE]
    assert [(need.subject, need.by) for need in needs] == [(held(us).id, expires)]
    assert us.health(expires - month + 1).expiring
    empty = made.open("US", mandated=False)
    assert [need.need for need in empty.attention(NOW)] == [Need.MANDATE]


# Own mandates --------------------------------------------------------------------------------


@pytest.mark.requirement("R-DRAFT-4")
def test_a_draft_under_any_but_the_newest_own_mandate_is_stale(made: Template) -> None:
    us = made.open("US")
    draft = sign(us, made.centres["US"], launch(), NOW, OFFICERS)
    us.receive(second_of(made, "US"), NOW)
    before = snapshot(us)
    with pytest.raises(Stale) as stale:
        us.submit(draft, NOW)
    assert snapshot(us) == before
    review = stale.value.draft.review(made.channel, held(us))
    assert (review.mandate.payload.version, review.missing()) == (2, list(OFFICERS))


def test_a_system_that_the_newest_mandate_does_not_list_still_repeats_and_warns(made: Template) -> None:
    """A node whose key was rotated away signs nothing, but what is due for others goes on."""
    us, ru = made.open("US"), made.open("RU")
    settle([us, ru], NOW)
    step = state(us, made.centres["US"], launch(), NOW, OFFICERS)
    notice = step.sends[-1].data
    rotated = make_centre("US", salt="rotated")
    identities = [one for one in made.centres["US"].identities() if one.role is not Role.SYSTEM]
    system = next(one for one in rotated.identities() if one.role is Role.SYSTEM)
    renamed = type(system)(label="system-2", role=system.role, keys=system.keys)
    us.receive(second_of(made, "US", identities=[*identities, renamed]), NOW)
    us.receive(made.forger("RU").notice().data, NOW)
    within = made.channel.descriptor.receipt_within
    later = NOW + within + 1
    due = us.next_deadline
    assert due is not None
    sent = {send.data for send in us.poll(NOW + 30).sends}
    assert notice in sent
    assert us.next_deadline is not None
    assert us.next_deadline > NOW + 30  # nothing spins
    assert [event.party for event in us.poll(later).events if event.code.value == "overdue"][:1] == ["RU"]
    with pytest.raises(UsageError) as raised:
        us.draft(launch(), NOW, OFFICERS)
    assert raised.value.code is Usage.UNKNOWN_SIGNER


@pytest.mark.requirement("R-RETRY-3")
def test_mandates_are_offered_until_receipted_and_before_any_message_under_them(made: Template) -> None:
    us, ru = made.open("US", mandated=False), made.open("RU", mandated=False)
    for endpoint in (us, ru):
        assert endpoint.receive(made.mandates[endpoint.party], NOW).refusal is None
    step = state(us, made.centres["US"], launch(), NOW, OFFICERS)
    assert step.sends[0].data == made.mandates["US"]
    settle([us, ru], NOW, step.sends)
    assert ru.health(NOW).mandates == us.health(NOW).mandates == {"RU": 1, "US": 1}
    assert us.pending("RU") == [event.subject for event in us.events(0) if event.kind == Kind.LAUNCH][:1]


@pytest.mark.requirement("R-SYNC-8")
def test_a_message_whose_mandate_is_unknown_draws_a_sync_and_then_counts(made: Template) -> None:
    """RU missed the mandate; it refuses, asks, gets it and takes the repeated notice."""
    us, ru = made.open("US"), made.open("RU")
    settle([us, ru], NOW)
    us.receive(second_of(made, "US"), NOW)
    us.poll(NOW)  # the offer is lost
    notice = state(us, made.centres["US"], launch(), NOW, OFFICERS).sends[-1].data
    refusal = ru.receive(notice, NOW).refusal
    assert refusal is not None
    assert (refusal.code, refusal.party) == (Refusal.UNKNOWN_MANDATE, "US")
    settle([us, ru], NOW, ru.poll(NOW).sends)
    assert ru.health(NOW).mandates["US"] == 2
    settle([us, ru], NOW + 30)
    assert [event.kind for event in ru.events(0) if event.data == notice] == [Kind.LAUNCH]
