"""Check that requirements, code and tests agree: ``python -m tests.spec.check``.

- every sentence with MUST in `spec/*.md` has exactly one requirement id, at its start;
- ids are unique, and each is named by a test;
- every id that the code or a test names is in the specification.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path
from typing import Final

from tests.spec.texts import REQUIREMENT, ROOT, SPEC, sentences

_MUST: Final = re.compile(r"\bMUST\b")
_START: Final = re.compile(r"\*\*(R-[A-Z]+-[0-9]+)\*\* ")
_KEYWORDS: Final = "MUST, MUST NOT, SHOULD and MAY"
"""How the paragraph begins that says what the words mean; it requires nothing."""


def requirements() -> list[str]:
    """Every id that the specification gives, in order."""
    return [found for page in _pages() for found in _START.findall(page.read_text(encoding="utf-8"))]


def named(*folders: str) -> dict[str, list[str]]:
    """Ids that Python files in these folders name, and where."""
    found: dict[str, list[str]] = {}
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for name in REQUIREMENT.findall(path.read_text(encoding="utf-8")):
                found.setdefault(name, []).append(str(path.relative_to(ROOT)))
    return found


def problems() -> list[str]:
    """What is wrong; empty if nothing is."""
    ids = requirements()
    tested, cited = named("tests"), named("src", "tests")
    found = [problem for page in _pages() for problem in unnamed(page.read_text(encoding="utf-8"))]
    found += [f"{name}: given {count} times" for name, count in Counter(ids).items() if count > 1]
    found += [f"{name}: no test names it" for name in ids if name not in tested]
    found += [f"{name}: not in spec/*.md, named in {cited[name][0]}" for name in cited if name not in ids]
    return found


def unnamed(text: str) -> list[str]:
    """Sentences of a page that require something and do not begin with one id of their own."""
    found = []
    for sentence in sentences(text):
        must = bool(_MUST.search(sentence)) and not sentence.startswith(_KEYWORDS)
        if must and not _START.match(sentence):
            found.append(f"no requirement id: {sentence[:100]}")
        elif _START.match(sentence) and (not must or len(_START.findall(sentence)) > 1):
            found.append(f"not one requirement: {sentence[:100]}")
    return found


def _pages() -> list[Path]:
    return sorted(SPEC.glob("*.md"))


def main() -> int:
    """Print problems; 1 if there are any."""
    found = problems()
    for problem in found:
        sys.stdout.write(f"{problem}\n")
    sys.stdout.write(f"{len(requirements())} requirements, {len(found)} problems\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
