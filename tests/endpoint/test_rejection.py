"""A rejection is shown to the sender's officer until something is done about it."""

from __future__ import annotations

from launchnotice.core.tables import Delivery
from launchnotice.registry import Need, RejectionCode
from launchnotice.wire.signals import Acknowledgement, Rejection
from tests.support import NOW, launch, pair, settle, state


def test_a_rejected_notice_stays_before_its_sender() -> None:
    us, ru, us_centre, ru_centre = pair()
    settle([us, ru], NOW, state(us, us_centre, launch(), NOW, ("officer-1", "officer-2")).sends)
    (notice,) = us.pending("RU")
    body = Rejection(subject=notice, code=RejectionCode.IMPLAUSIBLE)
    settle([us, ru], NOW + 1, state(ru, ru_centre, body, NOW + 1).sends)
    assert [(need.need, need.subject, need.party) for need in us.attention(NOW + 2)] == [
        (Need.REJECTED, notice, "RU")
    ]
    assert us.next_deadline is None


def test_a_rejection_may_follow_an_acknowledgement() -> None:
    us, ru, us_centre, ru_centre = pair()
    settle([us, ru], NOW, state(us, us_centre, launch(), NOW, ("officer-1", "officer-2")).sends)
    (notice,) = us.pending("RU")
    settle([us, ru], NOW + 1, state(ru, ru_centre, Acknowledgement(subject=notice), NOW + 1).sends)
    assert us.attention(NOW + 2) == []
    body = Rejection(subject=notice, code=RejectionCode.CONTRADICTS_EARLIER)
    settle([us, ru], NOW + 2, state(ru, ru_centre, body, NOW + 2).sends)
    assert us.exchange(notice).deliveries == {"RU": Delivery.REJECTED}
    assert [need.need for need in us.attention(NOW + 3)] == [Need.REJECTED]
