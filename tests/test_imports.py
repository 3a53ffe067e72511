"""The architecture, proved from the imports: who may know whom, and who may touch the world.

The tables are the rules of design section 8, read top down: a module imports from its own
layer or a lower one. A module that stands in no table fails: it needs a place first.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = "launchnotice"
ROOT = Path(__file__).parents[1] / "src" / PACKAGE
MAX_LINES = 450

# Lowest first. A name is a module or a package below `launchnotice`, with all that is in it.
LAYERS = (
    ("errors", "registry"),
    ("wire",),
    ("pact",),
    ("core",),
    ("draft",),
    ("ceremony", "engine"),
    ("endpoint", "views"),
    ("evidence", "render", "compose"),
    ("cli", "__main__"),
)
# Beside the layers: what each may import, and from which layer on it may be imported.
BELOW_CLI = (*(name for layer in LAYERS[:-1] for name in layer), "journal", "keyfile")
BESIDE = {
    "journal": (("errors",), "engine"),
    "keyfile": (("errors", "registry", "wire"), "cli"),
    "testing": (BELOW_CLI, "cli"),
    "conformance": ((), "cli"),  # runs any implementation: standard library alone
}
# For types alone, never at run time.
TYPES_ONLY: set[tuple[str, str]] = set()


class Rule(NamedTuple):
    """Modules of others that only these of ours may import."""

    imports: tuple[str, ...]
    allowed: tuple[str, ...]


RULES = {
    "one importer of cbor2": Rule(("cbor2",), ("wire.cbor",)),
    "cryptography in three places": Rule(("cryptography",), ("wire.keys", "wire.ecdsa", "keyfile")),
    "no network": Rule(("socket", "ssl", "select", "selectors", "http", "urllib", "socketserver"), ("cli",)),
    "no concurrency": Rule(
        ("asyncio", "threading", "multiprocessing", "concurrent", "sched", "signal", "queue", "contextvars"),
        ("cli",),
    ),
    "no clock": Rule(("time", "zoneinfo", "calendar"), ("cli",)),
    "no randomness": Rule(("random", "uuid"), ("cli",)),
    "no secrets but epoch ids": Rule(("secrets",), ("endpoint", "cli")),
    "operating system": Rule(("os",), ("journal", "keyfile", "cli", "endpoint", "wire.keys")),
    "files": Rule(
        ("pathlib", "io", "tempfile", "shutil", "glob", "fileinput", "mmap", "zipfile", "tarfile"),
        ("journal", "keyfile", "cli"),
    ),
    "packaged data": Rule(("importlib", "pkgutil"), ("pact.agreementfile", "render", "cli")),
    "databases": Rule(("sqlite3", "psycopg", "dbm", "shelve"), ("journal",)),
    "child processes": Rule(("subprocess", "pty"), ("cli", "conformance")),
    "one kind of enumeration": Rule(("enum",), ("registry.enumeration", "render.fields", "testing", "cli")),
    "nothing that runs data": Rule(("pickle", "marshal", "ctypes", "code", "runpy"), ()),
    "hypothesis for the tests of others": Rule(("hypothesis",), ("testing",)),
    "no logging of content": Rule(("logging", "syslog", "warnings"), ("cli",)),
}
# Modules that import `os` for its randomness alone: epoch ids, new keys.
URANDOM_ONLY = ("endpoint", "wire.keys")
# Calls that read a clock or a file without an import that shows it.
CLOCK_CALLS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")}
FILE_CALLS = {"open", "input", "__import__", "eval", "exec", "compile", "breakpoint"}
# The top package loads these on use only: they cost time, or are optional.
NOT_AT_START = (
    "sqlite3",
    "asyncio",
    "tomllib",
    "cryptography.hazmat.primitives.serialization",
    "cryptography.hazmat.primitives.asymmetric.ec",
)


class Import(NamedTuple):
    """One imported name: ``from a import b`` is ``a.b``."""

    name: str
    at_start: bool
    types_only: bool


class Source(NamedTuple):
    """A module below the package: ``wire.cbor``; the package itself is the empty name."""

    name: str
    text: str
    tree: ast.Module


@cache
def sources() -> dict[str, Source]:
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        text = path.read_text(encoding="utf-8")
        found[name] = Source(name, text, ast.parse(text))
    return found


NAMES = sorted(sources())
EVERY_MODULE = pytest.mark.parametrize("module", NAMES)


@cache
def imports(module: str) -> tuple[Import, ...]:
    return tuple(_imports(sources()[module].tree, at_start=True, types_only=False))


def _imports(node: ast.AST, *, at_start: bool, types_only: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(alias.name, at_start, types_only)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute, so that this test can read them"
        assert node.module is not None
        for alias in node.names:
            yield Import(f"{node.module}.{alias.name}", at_start, types_only)
    elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        for statement in node.body:
            yield from _imports(statement, at_start=False, types_only=True)
        for statement in node.orelse:
            yield from _imports(statement, at_start=at_start, types_only=types_only)
    else:
        inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.iter_child_nodes(node):
            yield from _imports(child, at_start=at_start and not inside, types_only=types_only)


@cache
def own_imports(module: str) -> tuple[tuple[str, Import], ...]:
    """The modules of the package that a module imports; ``from launchnotice import errors`` is ``errors``."""
    found = []
    for imported in imports(module):
        if within(imported.name, (PACKAGE,)):
            name = imported.name.removeprefix(PACKAGE).removeprefix(".")
            while name not in sources():  # what remains is a name in a module
                name = name.rpartition(".")[0]
            found.append((name, imported))
    return tuple(found)


def within(name: str, places: tuple[str, ...]) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)


def place(module: str) -> str:
    """The entry of the tables under which a module stands."""
    return module.partition(".")[0]


def rank(module: str) -> int | None:
    ranks = [number for number, layer in enumerate(LAYERS) if within(module, layer)]
    return ranks[0] if ranks else None


def reachable(module: str, *, at_start: bool) -> set[str]:
    seen: set[str] = set()
    todo = [module]
    while todo:
        for name, imported in own_imports(todo.pop()):
            if name not in seen and not imported.types_only and (imported.at_start or not at_start):
                seen.add(name)
                todo.append(name)
    return seen


# The layers ----------------------------------------------------------------------------


def test_the_package_is_where_this_test_looks() -> None:
    assert {"", "errors", "registry", "wire.cbor"} <= set(NAMES)


def test_the_reader_sees_imports_wherever_they_stand() -> None:
    text = """
import a.b
if TYPE_CHECKING:
    from c import d
else:
    from c import e
class C:
    from f import g as h
    def method(self):
        try:
            import i
        except ImportError:
            from j.k import l
"""
    assert list(_imports(ast.parse(text), at_start=True, types_only=False)) == [
        Import("a.b", at_start=True, types_only=False),
        Import("c.d", at_start=False, types_only=True),
        Import("c.e", at_start=True, types_only=False),
        Import("f.g", at_start=True, types_only=False),
        Import("i", at_start=False, types_only=False),
        Import("j.k.l", at_start=False, types_only=False),
    ]


@EVERY_MODULE
def test_every_module_has_a_place(module: str) -> None:
    assert module == "" or rank(module) is not None or place(module) in BESIDE


@EVERY_MODULE
def test_a_module_imports_from_its_own_layer_or_a_lower_one(module: str) -> None:
    own = rank(module)
    for name, imported in own_imports(module):
        if imported.types_only and (module, name) in TYPES_ONLY:
            continue
        if module == "" or place(name) == place(module):
            continue
        if name == "":
            assert place(module) == "cli", "the package itself is for its users"
        elif place(module) in BESIDE:
            assert within(name, BESIDE[place(module)][0]), f"{module} imports {name}"
        elif place(name) in BESIDE:
            first = rank(BESIDE[place(name)][1])
            assert own is not None and first is not None and own >= first, f"{module} imports {name}"
        else:
            lower = rank(name)
            assert own is not None and lower is not None and lower <= own, f"{module} imports {name}"


def test_the_top_package_does_not_know_the_command_line() -> None:
    assert not any(within(name, ("cli", "testing", "conformance")) for name in reachable("", at_start=False))


@EVERY_MODULE
def test_no_cycle(module: str) -> None:
    assert module not in reachable(module, at_start=False) - {""}


def test_the_top_package_loads_no_optional_part() -> None:
    for module in ["", *reachable("", at_start=True)]:
        for imported in imports(module):
            assert not (imported.at_start and within(imported.name, NOT_AT_START)), (
                f"{module}: {imported.name}"
            )


# The world -----------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_only_these_modules_may_import(rule: Rule) -> None:
    for module in NAMES:
        for imported in imports(module):
            if not imported.types_only and within(imported.name, rule.imports):
                assert module and within(module, rule.allowed), f"{module} imports {imported.name}"


@pytest.mark.parametrize("module", [name for name in NAMES if name in URANDOM_ONLY])
def test_of_the_operating_system_these_take_randomness_alone(module: str) -> None:
    uses = {
        node.attr
        for node in ast.walk(sources()[module].tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os"
    }
    assert uses <= {"urandom"}
    assert all(imported.name == "os" for imported in imports(module) if within(imported.name, ("os",)))


@EVERY_MODULE
def test_no_call_reads_a_clock_or_a_file(module: str) -> None:
    if within(module, ("cli",)):
        return
    files = within(module, ("journal", "keyfile"))
    for node in ast.walk(sources()[module].tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert (node.value.id, node.attr) not in CLOCK_CALLS, f"line {node.lineno}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in FILE_CALLS - ({"open"} if files else set()), f"line {node.lineno}"


# The text ------------------------------------------------------------------------------


@EVERY_MODULE
def test_no_module_is_longer_than_450_lines(module: str) -> None:
    assert len(sources()[module].text.splitlines()) <= MAX_LINES


@EVERY_MODULE
def test_cbor2_never_sorts_keys_its_own_way(module: str) -> None:
    """Its `canonical` order is length-first, that of RFC 7049."""
    keywords = [node.arg for node in ast.walk(sources()[module].tree) if isinstance(node, ast.keyword)]
    assert "canonical" not in keywords
    assert "canonical=True" not in sources()[module].text
