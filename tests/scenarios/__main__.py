"""Remove the one rule that saves a scenario, and see the disaster: ``python -m tests.scenarios``.

Each `patches/NAME.patch` begins with ``expect: SCENARIO/CHECK`` and removes one rule. It is applied to a
copy of `src`, where the scenario is played. A line for each, and one for the copy as it is, in
which all scenarios hold. The exit status is 1 if a patch no longer applies, or if the scenario
ends otherwise than by the check that the patch names.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import Final

from tests.campaigns import planted

FAULTS: Final = planted.Faults("tests.scenarios.search", os.cpu_count() or 1, timeout=120)


def main(arguments: Sequence[str] | None = None) -> int:
    """Try every patch; 0 if each brought its disaster, and none comes without one."""
    parser = argparse.ArgumentParser(prog="python -m tests.scenarios", description=__doc__)
    parser.add_argument("--json", action="store_true", help="for programs")
    return planted.main(FAULTS, as_json=parser.parse_args(arguments).json)


if __name__ == "__main__":
    raise SystemExit(main())
