"""Agreements as files that people write: TOML, checked in full before anything of it is used.

- What is wrong is told all at once, each with its key, what was found and what was expected.
- Kinds and values are named by their labels, limits are phrases: ``limit = "at least 24 hours"``.
- docs/agreements.md says how to write one.

Not here: any path: the text of one's own file is handed in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from launchnotice.errors import LaunchnoticeError, Problem, Refused, UsageError
from launchnotice.pact import fields
from launchnotice.pact.agreement import Agreement, Condition, Limit, Note, Period, Rule
from launchnotice.pact.tomltext import too_deep
from launchnotice.registry import KINDS, Bound, Category, Check, Evidence, Refusal, Unit, Usage, label
from launchnotice.wire.codecs import Codec
from launchnotice.wire.message import BODIES
from launchnotice.wire.record import Record

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

MAX_PROBLEMS: Final = 50
"""Problems told of one file: more than anybody mends at once."""
_SHOWN: Final = 60
_NO_ARTICLE: Final = "no source"


def load_agreement(name: str) -> Agreement:
    """The agreement file of that name that ships with the library; raises `UsageError`."""
    return parse_agreement(agreement_text(name))


def agreement_text(name: str) -> str:
    """The text of an agreement file that ships with the library; raises `UsageError`."""
    if name not in agreements():
        raise UsageError(Usage.BAD_VALUE, f"no agreement named {name!r}; shipped: {', '.join(agreements())}")
    return (_folder() / f"{name}.toml").read_text(encoding="utf-8")


def agreements() -> list[str]:
    """Names of the agreement files that ship with the library."""
    return sorted(
        path.name.removesuffix(".toml") for path in _folder().iterdir() if path.name.endswith(".toml")
    )


def parse_agreement(text: str) -> Agreement:
    """The agreement of a TOML text.

    Raises:
        UsageError: the text is no TOML, or no agreement; `problems` has everything that is wrong.
    """
    import tomllib

    deep = too_deep(text)
    if deep is not None:
        raise _wrong([Problem("the file", f"keys of very many parts on line {deep}", "fewer")])
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise _wrong([Problem("the file", _short(str(error)), "TOML")]) from None
    found: list[Problem] = []
    agreement: Agreement | None = _record(Agreement, data, "", found)
    if agreement is None or found:
        raise _wrong(found)
    return agreement


def _folder() -> Traversable:
    from importlib import resources

    return resources.files("launchnotice") / "data" / "agreements"


def _wrong(found: list[Problem]) -> UsageError:
    told = [*map(str, found[:MAX_PROBLEMS])]
    if len(found) > MAX_PROBLEMS:
        told.append(f"and {len(found) - MAX_PROBLEMS} more")
    return UsageError(Usage.BAD_VALUE, "agreement: " + "; ".join(told), tuple(found[:MAX_PROBLEMS]))


# Records ----------------------------------------------------------------------------------


def _record(kind: type[Record], data: Any, place: str, found: list[Problem]) -> Any:
    """A record of a table; None if there are problems with it, which are added."""
    if not isinstance(data, dict):
        found.append(Problem(place.rstrip(".") or "the file", _short(data), "a table"))
        return None
    known, before = {row.name: row for row in kind.FIELDS}, len(found)
    unknown = [name for name in data if name not in known]
    found += [Problem(place + name, "an unknown key", f"one of {', '.join(known)}") for name in unknown]
    values = {}
    data = _sourced(data, place, found) if "evidence" in known else data
    for name, row in known.items():
        if name in data:
            values[name] = _value(kind, name, row.codec, data, place, found)
        elif row.required:
            found.append(Problem(place + name, "nothing", row.doc))
    if kind is Rule:
        found += _fields(data, values, place)
    if len(found) > before:
        return None
    try:
        return kind(**values)
    except UsageError as error:
        found.append(Problem(place.rstrip(".") or "the file", "a contradiction", _reason(error)))
        return None


def _sourced(data: dict[str, Any], place: str, found: list[Problem]) -> dict[str, Any]:
    """What has no source is provisional, and cannot be called verified."""
    if "article" not in data and data.get("evidence") == label(Evidence.VERIFIED):
        found.append(Problem(f"{place}article", "nothing", "the article in which it was read"))
    return {"article": _NO_ARTICLE, "evidence": label(Evidence.PROVISIONAL), **data}


def _value(
    kind: type[Record], name: str, codec: Codec, data: dict[str, Any], place: str, found: list[Problem]
) -> Any:
    raw, key = data[name], place + name
    nested = _TABLES.get((kind, name))
    if nested is not None:
        return _tables(nested, raw, key, found)
    if name == "when" and isinstance(raw, dict):
        number = data.get("kind")
        return tuple([_condition(number, subject, one, key, found) for subject, one in raw.items()])
    try:
        read = _READ.get(name)
        return read(raw, data) if read else codec.check(codec.from_json(raw))
    except (LaunchnoticeError, AttributeError, TypeError) as error:
        found.append(Problem(key, _short(raw), _reason(error)))
        return None


def _fields(data: dict[str, Any], values: dict[str, Any], place: str) -> Iterator[Problem]:
    """What a rule says of fields that are none, or are compared otherwise."""
    kind, limit = data.get("kind"), values.get("limit")
    named = [
        ("subject", values.get("subject")),
        *(("alternatives", one) for one in values.get("alternatives") or ()),
    ]
    for key, name in named:
        if not isinstance(kind, str) or kind not in _KINDS or name is None:
            continue
        codec = fields.codec_of(_KINDS[kind], name)
        units = fields.units(codec)
        if codec is None:
            yield Problem(place + key, _short(name), _like(kind, name))
        elif data.get("check") in _BY_LIMIT and limit is not None and limit.unit not in units:
            said = [label(unit) if unit else "a number alone" for unit in units]
            expected = (
                f"a limit of {name}: {', '.join(sorted(said))}" if said else f"no limit: {name} has none"
            )
            yield Problem(f"{place}limit", _short(data["limit"]), expected)


def _like(kind: str, name: str) -> str:
    """The fields of a kind, or the one that was perhaps meant."""
    from difflib import get_close_matches

    known = [row.name for row in getattr(BODIES.get(_KINDS[kind]), "FIELDS", ())]
    near = get_close_matches(name.split(".", maxsplit=1)[0], known, 1)
    return f"a field of a {kind}" + (f", such as {near[0]}" if near else f": {', '.join(known)}")


def _tables(record: type[Record], raw: Any, key: str, found: list[Problem]) -> Any:
    if record is Period:
        return _record(record, raw, f"{key}.", found)
    if not isinstance(raw, list):
        found.append(Problem(key, _short(raw), "tables"))
        return ()
    return tuple([_record(record, one, f"{key}.{number}.", found) for number, one in enumerate(raw, 1)])


def _condition(kind: Any, subject: str, raw: Any, key: str, found: list[Problem]) -> Condition | None:
    try:
        if isinstance(raw, str):
            return Condition(subject=subject, limit=_limit(raw, {}))
        known = _choices(kind, subject)
        if known is None and isinstance(kind, str) and kind in _KINDS:
            raise Refused(Refusal.INCONSISTENT, f"expected {_like(kind, subject)}")
        return Condition(subject=subject, values=_numbers(known, raw)) if known else None
    except LaunchnoticeError as error:
        found.append(Problem(f"{key}.{subject}", _short(raw), _reason(error)))
        return None


# Values as people write them ---------------------------------------------------------------


def _limit(raw: Any, _: dict[str, Any]) -> Limit:
    match = re.fullmatch(_LIMIT, raw) if isinstance(raw, str) else None
    unit = _UNITS.get(match["unit"]) if match and match["unit"] else None
    if match is None or (match["unit"] and unit is None):
        expected = f'expected a phrase such as "at least 24 hours"; units: {_UNIT_NAMES}'
        raise Refused(Refusal.BAD_TEXT, expected)
    return Limit(bound=_BOUNDS[match["bound"]], amount=int(match["amount"]), unit=unit)


def _kind(raw: Any, _: dict[str, Any]) -> int:
    number = _KINDS.get(raw) if isinstance(raw, str) else None
    if number is None:
        raise Refused(Refusal.UNKNOWN_VALUE, f"expected one of {', '.join(_KINDS)}")
    return number


def _rule_values(raw: Any, rule: dict[str, Any]) -> tuple[int, ...]:
    if rule.get("check") == label(Check.WITHHOLDING):
        return _numbers({label(member): member.value for member in Category}, raw)
    return _numbers(_choices(rule.get("kind"), rule.get("subject")), raw)


def _choices(kind: Any, subject: Any) -> dict[Any, int] | None:
    """The values of a field by their names; None without such a kind or field, which is told elsewhere."""
    number = _KINDS.get(kind) if isinstance(kind, str) else None
    codec = fields.codec_of(number, subject) if number and isinstance(subject, str) else None
    return None if codec is None else fields.choices(codec)


def _numbers(known: dict[Any, int] | None, raw: Any) -> tuple[int, ...]:
    if not isinstance(raw, list) or not raw:
        raise Refused(Refusal.WRONG_TYPE, "expected a list of values")
    if known is None:
        return ()
    if not known:
        raise Refused(Refusal.INCONSISTENT, "expected a field that has values to compare")
    unknown = [one for one in raw if not isinstance(one, str | bool) or one not in known]
    if unknown:
        expected = ", ".join(str(name).lower() for name in known)
        raise Refused(Refusal.UNKNOWN_VALUE, f"expected among {expected}; not {_short(unknown[0])}")
    return tuple([known[one] for one in raw])


def _offset(raw: Any, _: dict[str, Any]) -> int:
    match = re.fullmatch(r"([+-])([01][0-9]):([0-5][0-9])", raw) if isinstance(raw, str) else None
    if match is None:
        raise Refused(Refusal.BAD_TEXT, 'expected an offset from UTC such as "+05:30"')
    return (-1 if match[1] == "-" else 1) * (60 * int(match[2]) + int(match[3]))


def _date(raw: Any, _: dict[str, Any]) -> int:
    from datetime import date, datetime

    if type(raw) is datetime or not isinstance(raw, date) or raw < date(1970, 1, 1):
        raise Refused(Refusal.BAD_TEXT, "expected a date such as 2005-10-03, without quotes")
    return (raw - date(1970, 1, 1)).days


_TABLES: Final[dict[tuple[type[Record], str], type[Record]]] = {
    (Agreement, "rules"): Rule,
    (Agreement, "notes"): Note,
    (Agreement, "period"): Period,
}
_READ: Final[dict[str, Callable[[Any, dict[str, Any]], Any]]] = {
    "limit": _limit,
    "kind": _kind,
    "values": _rule_values,
    "offset": _offset,
    "since": _date,
    "until": _date,
}
_CODES: Final = frozenset(code.value for code in Refusal)
_BY_LIMIT: Final = (label(Check.LIMIT), label(Check.SCOPE))
_KINDS: Final = {row.label: int(kind) for kind, row in KINDS.items()}
_BOUNDS: Final = {label(bound): bound for bound in Bound}
_UNITS: Final = {
    **{label(unit): unit for unit in Unit},
    **{label(unit).removesuffix("s"): unit for unit in Unit},
    "km": Unit.KILOMETRES,
    "NM": Unit.NAUTICAL_MILES,
    "nmi": Unit.NAUTICAL_MILES,
}
_UNIT_NAMES: Final = ", ".join(label(unit) for unit in Unit)
_LIMIT: Final = rf"(?P<bound>{'|'.join(_BOUNDS)}) (?P<amount>[0-9]{{1,6}})(?: (?P<unit>[a-zA-Z ]+))?"


def _reason(error: Exception) -> str:
    """What was expected, without the code and the name of a class before it."""
    detail = getattr(error, "detail", "") or "another type"
    detail = detail.rpartition("expected ")[2] if "expected " in detail else detail
    detail = re.sub(r"^[A-Z][A-Za-z]+(\.[a-z_]+)?: ", "", detail)
    code, _, rest = detail.partition(": ")
    return rest if code in _CODES else detail


def _short(raw: Any) -> str:
    text = raw if isinstance(raw, str) else str(raw)
    text = "".join(char if char.isprintable() else " " for char in text[: 2 * _SHOWN])
    shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    return f'"{shown}"' if isinstance(raw, str) else shown
