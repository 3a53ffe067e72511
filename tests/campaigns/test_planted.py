"""The faults that campaigns must find: each patch applies, leaves a program, and says what may find it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.campaigns import planted
from tests.campaigns.crash.planted import FAULTS as CRASH
from tests.campaigns.network.planted import FAULTS as NETWORK
from tests.campaigns.nodes.planted import FAULTS as NODES
from tests.campaigns.thieves.planted import FAULTS as THIEVES
from tests.support.planted import apply, changed, copy


@pytest.mark.skipif(shutil.which("git") is None, reason="patches are applied by git")
@pytest.mark.parametrize(
    "patch",
    [*CRASH.patches, *NETWORK.patches, *NODES.patches, *THIEVES.patches],
    ids=lambda one: one.stem,
)
def test_a_planted_fault_applies_and_names_its_check(patch: Path, tmp_path: Path) -> None:
    copy(tmp_path)
    assert planted.expected(patch)
    assert apply(patch, tmp_path) == ""
    for name in changed(patch):
        compile((tmp_path / name).read_text(), name, "exec")
