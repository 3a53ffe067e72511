"""Numbers of epochs: own ones follow the highest known, which others may have chosen."""

from __future__ import annotations

from tests.support import NOW
from tests.support.dump import state_of
from tests.support.recovery import Side
from tests.support.template import Template


def test_an_own_message_of_the_highest_epoch_number_does_not_end_the_endpoint(made: Template) -> None:
    """The next number would be none: the endpoint would journal what nobody can fold."""
    us, thief = Side(made, "US"), made.forger("US")
    us.endpoint.poll(NOW)
    own = state_of(us.endpoint).epoch
    assert own is not None
    for at in ((2**53 - 1, bytes(16)), own):
        assert us.endpoint.receive(thief.notice(epoch=at).data, NOW).refusal is None
    us.endpoint.poll(NOW)
    opened = state_of(us.endpoint).epoch
    assert opened is not None
    assert opened[0] == 2**53 - 1
    us.restart(NOW)
    assert state_of(us.endpoint).epoch == opened
