"""Stories as data: one TOML file each in `data/scenarios`, written for people who are no programmers.

- A story has channels, and steps in the order of their times. A step has a time, who acts, a
  sentence that says what happens, and one act: `say`, `hand`, `line`, `carry`, `signer`, `clock`,
  `ask`, or none, if it happens outside of the protocol.
- ``as = "rocket"`` names what was said; ``"@rocket"`` in a body stands for its message id.
- `ask` puts a question to an endpoint (`facts.QUESTIONS`), `is` is the answer that the story needs,
  and `check` is the name under which a failure is told.
- A file that says anything else is refused: a misspelt word must not pass for a story.
"""

from __future__ import annotations

import calendar
import time
import tomllib
from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final, NamedTuple

from launchnotice.cli.common import MAX_SMALL_FILE, Trouble, read

_STORY: Final = {"title", "happened", "sources", "lesson", "rule", "requirements", "channels", "steps"}
_CHANNEL: Final = {"agreement", "parties"}
_OPTIONS: Final = frozenset({"exercise", "officers", "receipt_within", "acknowledge_within"})
"""Fields of the descriptor that a story may set."""
_CHANNEL_MAY: Final = _OPTIONS | {"called", "altered", "owes", "second_nodes"}
_STEP: Final = {"at", "who", "text"}
_ACTS: Final[Mapping[str, frozenset[str]]] = {
    "say": frozenset({"as", "body", "about", "officers", "withhold", "disclose", "keys", "check", "refused"}),
    "hand": frozenset({"to", "from_channel", "change", "check", "refused"}),
    "line": frozenset({"between", "from", "to"}),
    "carry": frozenset({"to", "order", "copies"}),
    "signer": frozenset(),
    "clock": frozenset(),
    "ask": frozenset({"about", "of", "field", "check", "is"}),
    "": frozenset(),
}
"""What each act may say besides; see `play.ACTS`."""
_NEEDS: Final = {"ask": frozenset({"is", "check"}), "hand": frozenset({"to"}), "carry": frozenset({"to"})}
_EVERYWHERE: Final = _STEP | {"channel"}
_TEXTS: Final = frozenset(
    {"at", "who", "text", "channel", "say", "as", "about", "check", "refused", "hand", "to", "from_channel",
     "line", "from", "keys", "carry", "order", "signer", "ask", "of", "field", "agreement", "called",
     "title", "happened", "lesson", "rule"}
)  # fmt: skip
_LISTS: Final = frozenset(
    {"officers", "withhold", "change", "between", "parties", "altered", "sources", "requirements"}
)
_TABLES: Final = frozenset({"body", "owes", "second_nodes", "channels"})
_ROWS: Final = frozenset({"steps", "disclose"})
_NUMBERS: Final = frozenset({"copies", "clock"})
"""What the words take; lists are lists of texts. What the others take is judged where they are used."""


class Rules(NamedTuple):
    """A channel of a story.

    Attributes:
        name: by what the steps name it. `called`: its name in the descriptor.
        agreement: the name of one that ships, or its text. `altered`: some of its words, and others for them.
        parties: party codes.
        options: fields of the descriptor that do not have their defaults.
        owes: what a party owes, by code, if not an acknowledgement.
        second_nodes: names of further nodes, each on the journal of a party.
    """

    name: str
    called: str
    agreement: str
    altered: tuple[str, str]
    parties: tuple[str, ...]
    options: dict[str, Any]
    owes: dict[str, str]
    second_nodes: dict[str, str]


class Step(NamedTuple):
    """One line of a story.

    Attributes:
        at: seconds since 1970. `who`: the node that acts. `text`: what happens, as a sentence.
        channel: name of the channel. `act`: what is done, empty for what happens outside.
        what: the value of the act. `more`: what else the step says.
    """

    at: int
    who: str
    text: str
    channel: str
    act: str
    what: Any
    more: dict[str, Any]

    @property
    def check(self) -> str:
        """The name of what the step checks: every step that can fail has one."""
        return str(self.more.get("check") or self.text)


class Story(NamedTuple):
    """A story: what happened, its source keys and evidence, the lesson, and the rule that saves it."""

    name: str
    title: str
    happened: str
    sources: tuple[str, ...]
    lesson: str
    rule: str
    requirements: tuple[str, ...]
    channels: dict[str, Rules]
    steps: tuple[Step, ...]

    def checks(self) -> list[str]:
        """Names of the checks that the story itself makes."""
        return [step.more["check"] for step in self.steps if "check" in step.more]


def names() -> list[str]:
    """Names of the stories that ship."""
    return sorted(
        path.name.removesuffix(".toml") for path in _folder().iterdir() if path.name.endswith(".toml")
    )


def load(name: str) -> Story:
    """The story of that name, or of a file of one's own; raises `Trouble`, also if the file is no story."""
    if name.endswith(".toml"):
        try:
            return parse(Path(name).stem, read(name, MAX_SMALL_FILE).decode())
        except UnicodeDecodeError:
            raise Trouble(f"{name}: no text") from None
    if name not in names():
        raise Trouble(f"no scenario {name!r}; --list shows all")
    return parse(name, (_folder() / f"{name}.toml").read_text(encoding="utf-8"))


def parse(name: str, text: str) -> Story:
    """The story of a TOML text; raises `Trouble`."""
    try:
        raw = tomllib.loads(text)
        _words(raw, _STORY, frozenset())
        channels = {key: _rules(key, value) for key, value in raw["channels"].items()}
        steps = tuple(_step(row, channels) for row in raw["steps"])
    except (
        tomllib.TOMLDecodeError,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        RecursionError,
    ) as error:
        raise Trouble(f"scenario {name}: {error}") from None
    if not steps or [step.at for step in steps] != sorted(step.at for step in steps):
        raise Trouble(f"scenario {name}: steps stand in the order of their times")
    return Story(
        name=name,
        title=raw["title"],
        happened=raw["happened"].strip(),
        sources=tuple(raw["sources"]),
        lesson=raw["lesson"].strip(),
        rule=raw["rule"].strip(),
        requirements=tuple(raw["requirements"]),
        channels=channels,
        steps=steps,
    )


def _rules(name: str, raw: dict[str, Any]) -> Rules:
    _words(raw, _CHANNEL, _CHANNEL_MAY)
    old, new = raw.get("altered", ["", ""])
    return Rules(
        name=name,
        called=raw.get("called", name),
        agreement=raw["agreement"],
        altered=(old, new),
        parties=tuple(raw["parties"]),
        options={key: value for key, value in raw.items() if key in _OPTIONS},
        owes=raw.get("owes", {}),
        second_nodes=raw.get("second_nodes", {}),
    )


def _step(raw: dict[str, Any], channels: dict[str, Rules]) -> Step:
    acts = [name for name in _ACTS if name in raw]
    if len(acts) > 1:
        raise ValueError(f"a step does one thing: {', '.join(acts)}")
    act = acts[0] if acts else ""
    _words(raw, _STEP, _EVERYWHERE | _ACTS[act] | {act})
    missing = sorted(_NEEDS.get(act, frozenset()) - raw.keys())
    if missing:
        raise ValueError(f"{act} needs {', '.join(missing)}: {raw['text']!r}")
    channel = raw.get("channel", next(iter(channels)))
    if channel not in channels:
        raise ValueError(f"no channel {channel!r}")
    if raw.get("keys", channel) not in channels:
        raise ValueError(f"keys: no channel {raw['keys']!r}")
    more = {key: value for key, value in raw.items() if key not in _EVERYWHERE | {act}}
    return Step(_instant(raw["at"]), raw["who"], raw["text"], channel, act, raw.get(act), more)


def _instant(text: str) -> int:
    """Seconds of ``2022-03-09 13:44`` or ``2022-03-09 13:44:10``, always UTC."""
    form = "%Y-%m-%d %H:%M:%S" if text.count(":") > 1 else "%Y-%m-%d %H:%M"
    return calendar.timegm(time.strptime(text, form))


def _words(raw: dict[str, Any], required: set[str], optional: frozenset[str] | set[str]) -> None:
    missing, unknown = sorted(required - raw.keys()), sorted(raw.keys() - required - optional)
    if missing or unknown:
        raise ValueError(f"missing: {missing}, not understood: {unknown}")
    for name, value in raw.items():
        if not _fits(name, value):
            raise ValueError(f"{name}: not what it takes")


def _fits(name: str, value: object) -> bool:
    if name in _TEXTS:
        return isinstance(value, str)
    if name in _LISTS:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if name in _TABLES:
        return isinstance(value, dict)
    if name in _ROWS:
        return isinstance(value, list) and all(isinstance(item, dict) for item in value)
    return name not in _NUMBERS or type(value) is int


def _folder() -> Traversable:
    return resources.files("launchnotice") / "data" / "scenarios"
