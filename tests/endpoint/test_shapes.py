"""A shape that does not hold together: its author is stopped, its reader is told."""

from __future__ import annotations

import pytest

from launchnotice import UsageError
from launchnotice.registry import EventCode, FindingCode, Usage
from launchnotice.wire.geo import Polygon
from tests.support import NOW, launch, pair, settle, state

CROSSED = Polygon(points=((0, 0), (3_600_000, 3_600_000), (3_600_000, 0), (0, 3_600_000)))


def test_an_author_cannot_draft_crossed_edges() -> None:
    us, _, _, _ = pair()
    with pytest.raises(UsageError) as caught:
        us.draft(launch(impact_areas=(CROSSED,)), NOW, ["officer-1", "officer-2"])
    assert caught.value.code is Usage.BAD_VALUE


def test_a_notice_with_crossed_edges_is_shown_with_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another implementation may let its authors send what ours does not."""
    us, ru, centre, _ = pair()
    settle([us, ru], NOW)
    monkeypatch.setattr("launchnotice.engine.desk.author_check", lambda _: None)
    step = state(us, centre, launch(impact_areas=(CROSSED,)), NOW, ("officer-1", "officer-2"))
    (event,) = ru.receive(step.sends[-1].data, NOW).events
    assert event.code is EventCode.NOTICE
    assert [finding.code for finding in event.findings] == [FindingCode.AREA_SHAPE]
