"""The tool that deletes checks: what counts as noticed, and that every patch still applies."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.mutants.__main__ import PATCHES, Result
from tests.support.planted import ROOT, apply, changed, copy

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="patches are applied by git")


@pytest.mark.parametrize(
    ("status", "goal", "said", "passed"),
    [
        (0, 0, "both journals agree", True),
        (1, 0, "FAILED: something", False),
        (1, 1, "FAILED: something", True),
        (0, 1, "both journals agree", False),
        (1, 1, "KeyError: a traceback is no finding", False),
        (None, 1, "the patch does not apply", False),
    ],
)
def test_a_mutant_is_noticed_only_in_words(status: int | None, goal: int, said: str, *, passed: bool) -> None:
    assert Result("name", status, goal, said).passed is passed


def test_there_are_at_least_five() -> None:
    assert len(PATCHES) >= 5


@needs_git
@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.stem)
def test_a_patch_applies_and_changes_one_file(patch: Path, tmp_path: Path) -> None:
    copy(tmp_path)
    assert apply(patch, tmp_path) == ""
    name = changed(patch)[0]
    assert (tmp_path / name).read_bytes() != (ROOT / name).read_bytes()
    compile((tmp_path / name).read_text(), name, "exec")


@needs_git
def test_a_patch_that_does_not_apply_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    assert "No such file" in apply(PATCHES[0], tmp_path)
