"""`Review.sign` takes all keys of one officer, or none."""

from __future__ import annotations

import pytest

from launchnotice import UsageError
from launchnotice.registry import Suite, Usage
from tests.support import NOW, launch, make_centre, make_channel, make_mandate, open_endpoint


def test_an_officer_signs_with_all_keys_of_the_suite_or_not_at_all() -> None:
    """A draft with half of an identity's signatures would be refused when all have signed."""
    us, ru = make_centre("US", Suite.HYBRID), make_centre("RU", Suite.HYBRID)
    channel = make_channel([us, ru], Suite.HYBRID)
    endpoint = open_endpoint(channel, us, mandates=[make_mandate(channel, us)])
    mandate = endpoint.mandate()
    assert mandate is not None
    review = endpoint.draft(launch(), NOW, ["officer-1", "officer-2"]).review(channel, mandate)
    one, two = us.keys["officer-1"], us.keys["officer-2"]
    for keys in ([], one[:1], one[1:], [one[0], two[1]]):
        with pytest.raises(UsageError, match="expected one key for each algorithm of the suite") as raised:
            review.sign(keys)
        assert raised.value.code is Usage.WRONG_KEY
    assert review.sign(one[::-1]).review(channel, mandate).signed == ["officer-1"]
