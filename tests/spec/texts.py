"""The specification's files as data: CDDL rules, code blocks, requirement sentences, the registry."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import pkgutil
import re
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import launchnotice
from launchnotice import registry
from launchnotice.pact.findings import Finding
from launchnotice.registry.enumeration import IntEnum
from launchnotice.wire.codecs import kebab
from launchnotice.wire.coordinates import LATITUDE, LONGITUDE
from launchnotice.wire.geo import AreaRecord
from launchnotice.wire.message import Payload
from launchnotice.wire.record import Record

ROOT: Final = Path(__file__).resolve().parents[2]
SPEC: Final = ROOT / "spec"
CDDL: Final = SPEC / "lnp-1.cddl"
TEXT: Final = SPEC / "lnp-1.md"
REGISTRY: Final = SPEC / "registry.json"

NOT_ON_THE_WIRE: Final = frozenset({AreaRecord, Payload, Finding})
"""Two bases that no map on the wire has, and what only a journal keeps."""

_RULE: Final = re.compile(r"^([a-z][a-z0-9-]*) = ", re.MULTILINE)
_CDDL_BLOCK: Final = re.compile(r"```cddl\n(.*?)```", re.DOTALL)
_FENCED: Final = re.compile(r"```.*?```", re.DOTALL)
REQUIREMENT: Final = re.compile(r"\bR-[A-Z]+-[0-9]+\b")


def rules(text: str) -> dict[str, str]:
    """CDDL rules by name: from the line that begins one to the blank line, comment or rule after it."""
    found: dict[str, str] = {}
    for match in _RULE.finditer(text):
        lines = text[match.start() :].split("\n")
        kept = [lines[0]]
        for line in lines[1:]:
            if not line.startswith((" ", "}", "]", ")")):
                break
            kept.append(line)
        if match[1] in found:
            raise ValueError(f"two rules are named {match[1]}")
        found[match[1]] = "\n".join(kept)
    return found


def normal(text: str) -> str:
    """A rule with every run of white space as one space."""
    return " ".join(text.split())


def cddl_blocks(text: str) -> list[str]:
    """The CDDL that a page shows."""
    return _CDDL_BLOCK.findall(text)


def without_code(text: str) -> str:
    """A page without its fenced blocks."""
    return _FENCED.sub("", text)


@cache
def records() -> tuple[type[Record], ...]:
    """Every record of the package that stands on the wire."""
    for module in pkgutil.walk_packages(launchnotice.__path__, "launchnotice."):
        if not module.name.startswith(("launchnotice.testing", "launchnotice.journal", "launchnotice.cli")):
            importlib.import_module(module.name)
    found: list[type[Record]] = []
    waiting = Record.__subclasses__()
    while waiting:
        record = waiting.pop()
        waiting += record.__subclasses__()
        if record not in NOT_ON_THE_WIRE and record.__module__.startswith("launchnotice."):
            found.append(record)
    return tuple(sorted(found, key=lambda record: record.__name__))


def enums() -> list[type[IntEnum]]:
    """Every enumeration of the registry that is a number on the wire, kinds aside."""
    return [
        value
        for value in vars(registry).values()
        if isinstance(value, type)
        and issubclass(value, IntEnum)
        and value not in (IntEnum, registry.Kind)
        and value.__module__.startswith(registry.__name__)
    ]


def enum_rule(enum: type[IntEnum]) -> str:
    """The CDDL rule of an enumeration."""
    lines = [f"  {member.value}, ; {registry.label(member)}" for member in enum]
    return "\n".join([f"{kebab(enum.__name__)} = &(", *(_named(line) for line in lines), ")"])


def _named(line: str) -> str:
    number, name = line.strip().split(", ; ")
    return f"  {name.replace(' ', '-')}: {number},"


def package_rules() -> dict[str, str]:
    """The rules that the package itself gives: records, enumerations, coordinates."""
    found = {kebab(record.__name__): record.cddl() for record in records()}
    found |= {kebab(enum.__name__): enum_rule(enum) for enum in enums()}
    return found | {"latitude": LATITUDE.rule, "longitude": LONGITUDE.rule}


def docstrings(module: ModuleType) -> dict[str, str]:
    """The constants of a module with the strings below them, which say what they are."""
    body = ast.parse(inspect.getsource(module)).body
    found = {}
    for one, following in pairwise(body):
        match one, following:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = normal(text)
    return found


def registry_file() -> dict[str, Any]:
    """`spec/registry.json`."""
    data: dict[str, Any] = json.loads(REGISTRY.read_text(encoding="utf-8"))
    return data


def sentences(text: str) -> list[str]:
    """The sentences of a page, its wrapped lines joined; table cells and list items are sentences too."""
    found: list[str] = []
    for block in re.split(r"\n\s*\n|\n(?=\s*(?:[-*] |[0-9]+\. |\||#))", without_code(text)):
        for cell in re.split(r"(?<!\\)\|", block) if block.lstrip().startswith("|") else [block]:
            joined = re.sub(r"^(?:[-*] |[0-9]+\. )", "", normal(cell))
            found += re.split(r"(?<=[.;:?!)])\s+(?=\*\*R-|[A-Z`])", joined)
    return [sentence for sentence in found if sentence]
