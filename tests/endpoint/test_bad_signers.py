"""Signatures, signers and contexts that are wrong, in messages that are right in all else."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from launchnotice import Endpoint
from launchnotice.registry import Kind, Refusal, Suite
from launchnotice.wire import cbor, cose
from launchnotice.wire.cose import Signatory
from launchnotice.wire.signals import Acknowledgement
from tests.support import NOW
from tests.support.forge import Forged, Forger, exercise_header
from tests.support.refusals import refused_all, shared
from tests.support.template import Template, template

ALL = ("officer-1", "officer-2", "system")


# Who signs -----------------------------------------------------------------------------------


def _resigned(base: Forged, forger: Forger, signatures: list[Any]) -> bytes:
    return cose.TAG + cbor.encode([forger.header, {}, cbor.encode(base.raw), signatures])


@pytest.mark.requirement("R-SIGN-4")
def test_every_subset_repetition_and_permutation_of_the_signatures_is_refused(
    made: Template, us: Forger
) -> None:
    base = us.notice()
    rows: Any = cbor.decode(base.data[2:], 1 << 20)
    signatures = rows[3]
    for count in range(5):
        for chosen in itertools.product(range(len(signatures)), repeat=count):
            if chosen != (0, 1, 2):
                codes = refused_all(shared(made), [_resigned(base, us, [signatures[n] for n in chosen])])
                assert codes <= {Refusal.MANIFEST_MISMATCH, Refusal.NOT_COSE_SIGN}


def test_signatures_under_each_others_headers_are_refused(made: Template, us: Forger) -> None:
    base = us.notice()
    rows: Any = cbor.decode(base.data[2:], 1 << 20)
    headers, signatures = [row[0] for row in rows[3]], [row[2] for row in rows[3]]
    for order in itertools.permutations(range(3)):
        if order != (0, 1, 2):
            mixed = [[headers[n], {}, signatures[m]] for n, m in enumerate(order)]
            assert refused_all(shared(made), [_resigned(base, us, mixed)]) == {Refusal.BAD_SIGNATURE}


SIGNERS = [
    (("officer-1", "system"), Refusal.THRESHOLD),
    (("system",), Refusal.THRESHOLD),
    (("officer-1", "officer-2"), Refusal.THRESHOLD),
    (("officer-1", "officer-2", "officer-3"), Refusal.THRESHOLD),
    (("officer-1", "officer-2", "authority-1"), Refusal.WRONG_ROLE),
    (("authority-1", "authority-2", "system"), Refusal.WRONG_ROLE),
]


@pytest.mark.parametrize(("signers", "code"), SIGNERS)
def test_signers_whom_the_policy_does_not_accept_are_refused(
    made: Template, us: Forger, signers: tuple[str, ...], code: Refusal
) -> None:
    """Too few officers; an officer's key in the system's place; an authority on a notice."""
    assert refused_all(shared(made), [us.notice(signers=signers).data]) == {code}


def test_more_officers_than_needed_are_accepted(ru: Endpoint, us: Forger) -> None:
    notice = us.notice(signers=("officer-1", "officer-2", "officer-3", "system"))
    assert ru.receive(notice.data, NOW).refusal is None


def test_an_officer_beside_the_machines_statement_is_refused(made: Template, us: Forger) -> None:
    sync = us.signal(Kind.SYNC, {1: [], 2: []}, "RU", signers=("officer-1", "system"))
    assert refused_all(shared(made), [sync.data]) == {Refusal.WRONG_ROLE}


@pytest.mark.requirement("R-SIGN-5")
def test_one_key_cannot_sign_for_two(made: Template, us: Forger) -> None:
    """The manifest lists three kids, all signatures are by one officer's key."""
    base = us.notice()
    key = us.keys(["officer-1"])[0]
    rows = []
    for alg, kid in base.raw[6]:
        line = Signatory(key.key.alg, kid)
        assert alg == key.key.alg.value
        signed = cose.to_be_signed(us.header, line, cbor.encode(base.raw))
        rows.append([cose.signature_header(line), {}, key.sign(signed)])
    assert refused_all(shared(made), [_resigned(base, us, rows)]) == {Refusal.BAD_SIGNATURE}


@pytest.mark.requirement("R-SIGN-6")
@pytest.mark.parametrize("suite", [Suite.HYBRID, Suite.HYBRID_HIGH])
def test_half_of_a_hybrid_identity_does_not_count(suite: Suite) -> None:
    made = template(suite=suite)
    forger = made.forger("US")
    for leave_out in range(6):
        lines = [line for n, line in enumerate(forger.manifest(ALL)) if n != leave_out]
        raw = {**forger.notice().raw, 6: lines}
        payload = cbor.encode(raw)
        kids = [kid for _, kid in lines]
        keys = [key for key in forger.keys(ALL) if key.key.kid in kids]
        signed = [(Signatory(k.key.alg, k.key.kid), k) for k in keys]
        data = cose.assemble(
            forger.header,
            payload,
            [(line, key.sign(cose.to_be_signed(forger.header, line, payload))) for line, key in signed],
        )
        assert refused_all(shared(made), [data]) == {Refusal.INCOMPLETE_IDENTITY}


# Out of context ------------------------------------------------------------------------------


def test_exercise_traffic_on_a_real_channel_is_refused(made: Template, us: Forger) -> None:
    forged = us.signed(us.notice().raw, ALL, header=exercise_header())
    assert refused_all(shared(made), [forged.data]) == {Refusal.WRONG_CONTENT_TYPE}


def test_real_traffic_on_an_exercise_channel_is_refused() -> None:
    made = template(exercise=True)
    forger = made.forger("US")
    raw = forger.notice().raw
    assert made.open("RU").receive(forger.notice().data, NOW).refusal is None
    real = Forger(made.channel, made.centres["US"], forger.mandate)
    real.header = cose.BODY_HEADERS[next(iter(cose.BODY_HEADERS))]
    assert refused_all(made.open("RU"), [real.signed(raw, ALL).data]) == {Refusal.WRONG_CONTENT_TYPE}


def test_a_message_under_a_mandates_content_type_is_refused(made: Template, us: Forger) -> None:
    header = next(header for kind, header in cose.BODY_HEADERS.items() if "mandate" in kind.value)
    refused_all(shared(made), [us.signed(us.notice().raw, ALL, header=header).data])
    mandate: Any = cbor.decode(made.mandates["US"][2:], 1 << 20)
    mandate[0] = us.header
    refused_all(shared(made), [cose.TAG + cbor.encode(mandate)])


def test_another_channels_messages_and_mandates_are_refused(made: Template) -> None:
    other = template(name="another channel")
    inputs = [other.forger("US").notice().data, other.mandates["US"]]
    assert refused_all(shared(made), inputs) == {Refusal.WRONG_CHANNEL}


def test_ones_own_message_reflected_is_refused(made: Template) -> None:
    sync = made.forger("RU").signal(Kind.SYNC, {1: [], 2: []}, "US")
    assert refused_all(shared(made), [sync.data]) == {Refusal.OWN_MESSAGE}


def test_a_message_under_another_partys_mandate_is_refused(made: Template, us: Forger) -> None:
    forger = Forger(made.channel, made.centres["US"], made.forger("RU").mandate)
    assert refused_all(shared(made), [forger.notice().data]) == {Refusal.UNKNOWN_MANDATE}


def test_a_signal_about_nothing_or_about_a_peers_notice_is_refused(
    made: Template, us: Forger, ru: Endpoint
) -> None:
    notice = us.notice()
    ru.receive(notice.data, NOW)
    about_own = us.signal(Kind.ACKNOWLEDGEMENT, Acknowledgement(subject=notice.id), "RU")
    about_none = us.signal(Kind.ACKNOWLEDGEMENT, Acknowledgement(subject=bytes(32)), "RU")
    about_mandate = us.signal(Kind.ACKNOWLEDGEMENT, Acknowledgement(subject=made.forger("RU").mandate), "RU")
    inputs = [about_own.data, about_none.data, about_mandate.data]
    assert refused_all(ru, inputs) == {Refusal.UNKNOWN_SUBJECT}
    elsewhere = us.signal(Kind.ACKNOWLEDGEMENT, Acknowledgement(subject=notice.id), "US")
    assert refused_all(ru, [elsewhere.data]) == {Refusal.WRONG_ADDRESSEE}


def test_a_message_larger_than_the_bound_is_refused_unread(made: Template, us: Forger) -> None:
    big = us.notice(body={1: "x" * 70_000})
    assert refused_all(shared(made), [big.data, bytes(1 << 19)]) <= {
        Refusal.TOO_LARGE,
        Refusal.NOT_COSE_SIGN,
    }
