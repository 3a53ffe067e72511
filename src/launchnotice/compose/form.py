"""The text of a notice as a person writes it, TOML or JSON, as values with the lines that they stand on.

- Numbers with a fraction stay decimal; times of TOML are left as they are, to be judged with the rest.
- A date that TOML cannot read, ``2027-15-01`` without quotation marks, is read as if it had them: so
  it is told with everything else that is wrong, and not alone.

Not here: what any of it means (`compose.reading`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple, NoReturn, TypeAlias

from launchnotice.errors import Refused
from launchnotice.pact.tomltext import TOKEN, too_deep
from launchnotice.registry import Refusal

MAX_FORM: Final = 262_144
"""Characters of a form: four times as many as the largest message has bytes."""

Path: TypeAlias = tuple[str | int, ...]


class Form(NamedTuple):
    """What somebody wrote.

    Attributes:
        values: the table. `lines`: the line, from 1 on, on which the value at a path begins.
    """

    values: Mapping[str, Any]
    lines: Mapping[Path, int] = MappingProxyType({})

    def line(self, path: Path) -> int | None:
        """The line of a value, or else of the table or list that should have it; None if no line is known."""
        return next(
            (self.lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in self.lines), None
        )

    def __repr__(self) -> str:
        return f"<Form of {len(self.values)} values>"


class Unreadable(Refused):
    """A text is neither TOML nor JSON.

    Attributes:
        line: where, if that is known.
    """

    def __init__(self, detail: str, line: int | None) -> None:
        super().__init__(Refusal.BAD_TEXT, detail)
        self.line = line


def parse_form(text: str) -> Form:
    """The form of a text: JSON if it begins with a brace, else TOML; raises `Unreadable`."""
    if len(text) > MAX_FORM:
        raise Unreadable(f"expected at most {MAX_FORM:,} characters", None)
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    try:
        return _json(text) if text.lstrip().startswith("{") else _toml(text)
    except RecursionError:
        raise Unreadable("expected fewer levels", None) from None


# TOML ------------------------------------------------------------------------------------


def _toml(text: str) -> Form:
    from decimal import Decimal
    from tomllib import TOMLDecodeError, loads

    deep = too_deep(text)
    if deep is not None:
        raise Unreadable("expected fewer levels", deep)
    lines = text.split("\n")
    for _ in range(_QUOTED + 1):
        try:
            return Form(loads("\n".join(lines), parse_float=Decimal), dict(_toml_lines("\n".join(lines))))
        except TOMLDecodeError as error:
            found = re.search(r"\(at line ([0-9]+), column [0-9]+\)$", str(error))
            line = int(found[1]) if found else len(lines)
            quoted = re.sub(_BARE_DATE, r'\1"\2"', lines[line - 1], count=1)
            if quoted == lines[line - 1]:
                raise Unreadable(_what(str(error)), line) from None
            lines[line - 1] = quoted
        except ValueError:  # a number of thousands of digits
            break
    raise Unreadable("expected shorter numbers, and fewer dates that do not exist", None)


_QUOTED: Final = 32  # dates that do not exist; each has the text read anew
_BARE_DATE: Final = (
    r"([=\[,]\s*)([0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.]+(?:Z|[+-][0-9:]+)?)?)(?=\s*(?:[,#\]}]|$))"
)


def _what(message: str) -> str:
    """What `tomllib` says, without the place."""
    return f"expected TOML: {message.partition(' (at ')[0]}"


def _toml_lines(text: str) -> Iterator[tuple[Path, int]]:
    """The paths of a TOML document that can be read, each with the line of its key or header."""
    table: Path = ()
    counts: dict[Path, int] = {}
    for statement, line in _statements(text):
        if not statement.startswith("["):
            yield _deepen(table, _keys(f"{statement} = 0"), counts), line
            continue
        keys = _keys(statement)
        table = _deepen((), keys[:-1], counts) + keys[-1:]
        if statement.startswith("[["):
            counts[table] = counts.get(table, 0) + 1
            if counts[table] == 1:
                yield table, line
        table = _deepen(table[:-1], keys[-1:], counts)
        yield table, line


def _deepen(path: Path, keys: tuple[str, ...], counts: Mapping[Path, int]) -> Path:
    """A path with keys after it, and after each that names a list of tables its last place."""
    for key in keys:
        path += (key,)
        if path in counts:
            path += (counts[path] - 1,)
    return path


def _keys(statement: str) -> tuple[str, ...]:
    """The keys of a header, or of an assignment of 0."""
    from tomllib import loads

    keys: tuple[str, ...] = ()
    found: Any = loads(statement)
    while found and not isinstance(found, int):
        ((key, found),) = found.items()
        keys += (key,)
        found = found[0] if isinstance(found, list) else found
    return keys


def _statements(text: str) -> Iterator[tuple[str, int]]:
    """Each header, and the key of each assignment, with the line on which it begins."""
    statement, depth, line, in_value = "", 0, 1, False
    for token in re.findall(TOKEN, text):
        if token == "\n" and depth == 0:
            if statement.startswith("["):
                yield statement, line
            statement, in_value = "", False
        elif token == "=" and depth == 0 and not in_value:
            yield statement, line
            statement, in_value = "", True
        elif in_value:
            depth += (token in ("[", "{")) - (token in ("]", "}"))
        elif token[0] != "#":
            statement = (statement + token).lstrip()
        line += token.count("\n")
    if statement.startswith("["):
        yield statement, line


# JSON ------------------------------------------------------------------------------------


def _json(text: str) -> Form:
    from decimal import Decimal

    try:
        found = json.loads(text, parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise Unreadable(f"expected JSON: {error.msg}", error.lineno) from None
    except ValueError:  # a number of thousands of digits
        raise Unreadable("expected shorter numbers", None) from None
    return Form(found, dict(_json_lines(text)))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("expected each name once in an object", None)
    return found


def _no_number(_: str) -> NoReturn:
    raise Unreadable("expected a number", None)


def _json_lines(text: str) -> Iterator[tuple[Path, int]]:
    """The paths of a JSON object that can be read, each with its line."""
    path: list[str | int] = []
    line, name = 1, ""
    for token in re.findall(r'"(?:[^"\\]|\\.)*"|[{}\[\],:\n]', text):
        if token == "\n":
            line += 1
        elif token in "{[":
            path.append("" if token == "{" else 0)
            if token == "[":
                yield tuple(path), line
        elif token in "}]":
            path.pop()
        elif token == ":":
            path[-1] = name
            yield tuple(path), line
        elif token != ",":
            name = json.loads(token)
        elif type(path[-1]) is int:
            path[-1] += 1
            yield tuple(path), line
