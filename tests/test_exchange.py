"""The main job: a launch notification goes from one centre to the other and is acknowledged."""

from __future__ import annotations

import pytest

from launchnotice.core.tables import Delivery
from launchnotice.registry import EventCode, Suite
from launchnotice.wire.signals import Acknowledgement
from tests.support import NOW, launch, pair, settle, sign, state


@pytest.mark.parametrize("suite", list(Suite))
def test_a_notice_is_shown_receipted_and_acknowledged(suite: Suite) -> None:
    us, ru, us_centre, ru_centre = pair(suite)
    settle([us, ru], NOW)
    draft = sign(us, us_centre, launch(), NOW, ["officer-1", "officer-2"])
    step = us.submit(draft, NOW)
    assert [send.to for send in step.sends] == ["RU"]

    shown = ru.receive(step.sends[0].data, NOW + 1)
    assert [(event.code, event.subject) for event in shown.events] == [(EventCode.NOTICE, draft.id)]
    assert shown.events[0].findings == ()
    assert ru.exchange(draft.id).body == launch()

    settle([us, ru], NOW + 2)
    assert us.exchange(draft.id).deliveries == {"RU": Delivery.RECEIVED}
    settle([us, ru], NOW + 60, state(ru, ru_centre, Acknowledgement(subject=draft.id), NOW + 60).sends)
    assert us.exchange(draft.id).deliveries == {"RU": Delivery.ACKNOWLEDGED}
    assert us.next_deadline is None
    # All is given; a day before the launch its recipient is reminded.
    assert ru.next_deadline == (NOW // 86_400 + 2) * 86_400
    assert ru.attention(NOW + 60) == []
