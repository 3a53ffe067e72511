"""The player: runs a story's steps on its stage, and keeps what they brought.

Each act is a function of this table, which is all that a step can do. A step that must be refused
says with which code; any other refusal, and any answer but the one that the story needs, is a
failure under the step's name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from launchnotice import Draft, Refused, UsageError
from launchnotice.cli.common import Trouble
from launchnotice.cli.demo.node import Desk
from launchnotice.cli.simulate.facts import QUESTIONS, Said, Scene
from launchnotice.cli.simulate.stage import Stage
from launchnotice.cli.simulate.story import Step, Story
from launchnotice.registry import KINDS, EventCode, Policy, Suite
from launchnotice.wire.message import BODIES
from launchnotice.wire.notices import Secret, withhold
from launchnotice.wire.record import Record

KIND_NUMBERS: Final = {row.label: number for number, row in KINDS.items()}
SHOWN_ONCE: Final = "shown-once"
"""Checked in the end of every story: no node was shown a notice as new twice."""
NOTHING_REFUSED: Final = "nothing-authentic-refused"
"""Checked in the end of every story: what a line brought was refused nowhere."""
JOURNALS: Final = "journals-say-the-same"
"""Checked in the end of every story: each journal, read back, says what its endpoint said."""


class Checked(NamedTuple):
    """A check: its name, what it is about, and whether what was found is what the story needs."""

    at: int
    name: str
    text: str
    expected: Any
    found: Any

    @property
    def passed(self) -> bool:
        """Whether it holds."""
        return bool(self.expected == self.found)


class Play:
    """A story on its way.

    Attributes:
        story, scene, stage: what is played, what was said in it, and where.
        done: the steps played. `checks`: what was checked, in order.
    """

    def __init__(self, story: Story, suite: Suite = Suite.HYBRID) -> None:
        self.story, self.scene = story, Scene(Stage(story, suite))
        self.stage = self.scene.stage
        self.done: list[Step] = []
        self.checks: list[Checked] = []
        self._desks: dict[tuple[str, str, str, str], Desk] = {}

    @property
    def passed(self) -> bool:
        """Whether all that was checked holds."""
        return all(check.passed for check in self.checks)

    def run(self) -> None:
        """Play all steps, and the checks that every story ends with; stops at the first failure."""
        for step in self.story.steps:
            self.stage.run(step.at)
            self.done.append(step)
            if step.act:
                ACTS[step.act](self, step)
            self._unexpected(step.at)
            if not self.passed:
                return
        self._conclude()

    def check(self, step: Step, expected: Any, found: Any) -> None:
        """Note whether a step brought what it must."""
        self.checks.append(Checked(step.at, step.check, step.text, expected, found))

    def desk(self, step: Step, officer: str) -> Desk:
        """An officer's desk, with the keys of its channel unless another's are taken by mistake."""
        code, taken = self.stage.node(step.channel, step.who).code, step.more.get("keys", step.channel)
        key = step.channel, code, officer, taken
        if key not in self._desks:
            setting = self.stage.places[step.channel].setting
            keys = self.stage.places[taken].setting.keys
            self._desks[key] = Desk(setting._replace(keys=keys), code, officer)
        return self._desks[key]

    def _unexpected(self, at: int) -> None:
        if self.stage.refusals:
            found = [f"{node}: {code}" for _, node, code in self.stage.refusals]
            text = "what the lines bring is refused nowhere"
            self.checks.append(Checked(at, NOTHING_REFUSED, text, [], found))

    def _conclude(self) -> None:
        stage = self.stage
        shown = [
            (one.channel, one.node, one.event.subject)
            for one in stage.heard
            if one.event.code is EventCode.NOTICE and not one.event.again
        ]
        twice = len(shown) - len(set(shown))
        self.checks.append(Checked(stage.now, SHOWN_ONCE, "nobody is shown a notice as new twice", 0, twice))
        differ = [
            f"{said.name} at {node}"
            for said in self.scene.said.values()
            for node in stage.places[said.channel].nodes
            if _told(stage, said, node, fresh=False) != _told(stage, said, node, fresh=True)
        ]
        text = "each journal, read back, says what its endpoint said"
        self.checks.append(Checked(stage.now, JOURNALS, text, [], differ))


def _told(stage: Stage, said: Said, node: str, *, fresh: bool) -> object:
    """What a node says of a message, as it runs or read back from its journal."""
    stage.poll(said.channel, node)
    endpoint = stage.reopened(said.channel, node) if fresh else stage.node(said.channel, node).endpoint
    try:
        return endpoint.exchange(said.id)
    except UsageError:
        return None


# Acts ------------------------------------------------------------------------------------


def _say(play: Play, step: Step) -> None:
    """Draft a body, let officers read and sign it at their desks, submit it."""
    refused = ""
    try:
        _submit(play, step)
    except (Refused, UsageError) as error:
        refused = error.code.value
    if refused or "refused" in step.more:
        play.check(step, step.more.get("refused", "said"), refused or "said")


def _submit(play: Play, step: Step) -> None:
    stage, kind = play.stage, _kind(step)
    node = stage.node(step.channel, step.who)
    body, secrets = _body(play, step, kind)
    officers = step.more.get("officers", _officers(play, step, kind))
    now = stage.clock(step.channel, step.who)
    draft = node.endpoint.draft(body, now, officers)
    for officer in officers:
        data, play.scene.read[step.channel, step.who] = play.desk(step, officer).sign(draft.data)
        draft = Draft.load(data)
    if "as" in step.more:
        name = step.more["as"]
        play.scene.said[name] = Said(name, draft.id, kind, step.channel, step.who, secrets)
    stage.take(step.channel, step.who, node.endpoint.submit(draft, now))


def _kind(step: Step) -> int:
    if step.what not in KIND_NUMBERS:
        raise Trouble(f"{step.text}: no kind {step.what!r}")
    return KIND_NUMBERS[step.what]


def _officers(play: Play, step: Step, kind: int) -> list[str]:
    """As many officers as the policy of the kind asks for."""
    many = KINDS[kind].policy is Policy.ANNOUNCE
    count = play.stage.places[step.channel].channel.descriptor.officers if many else 1
    return [f"officer-{number}" for number in range(1, count + 1)]


def _body(play: Play, step: Step, kind: int) -> tuple[Record, tuple[Secret, ...]]:
    raw = _resolved(play, step.more.get("body", {}))
    if "about" in step.more:
        raw["subject"] = play.scene.named(step.more["about"]).id.hex()
    if "disclose" in step.more:
        raw["disclosures"] = [_disclosure(play, step, row) for row in step.more["disclose"]]
    body = BODIES[kind].from_json(raw)
    fields = step.more.get("withhold", [])
    if not fields:
        return body, ()
    # One salt for a field in all copies: each copy is bound to one original. In life it is random.
    salts = {name: hashlib.sha256(f"{play.story.name}/salt/{name}".encode()).digest() for name in fields}
    return withhold(body, salts)


def _resolved(play: Play, value: Any) -> Any:
    """The value with ``@name`` replaced by the id of what has that name."""
    match value:
        case str() if value.startswith("@"):
            return play.scene.named(value[1:]).id.hex()
        case dict():
            return {key: _resolved(play, item) for key, item in value.items()}
        case list():
            return [_resolved(play, item) for item in value]
        case _:
            return value


def _disclosure(play: Play, step: Step, row: dict[str, Any]) -> dict[str, Any]:
    """What opens a field that was withheld; with `instead`, something else than was withheld."""
    said = play.scene.named(row.get("notice", ""))
    keys = {one.name: one.key for one in BODIES[said.kind].FIELDS}
    secrets = [one for one in said.secrets if one.key == keys.get(row.get("field", ""))]
    if not secrets:
        raise Trouble(f"{step.text}: nothing to disclose")
    if "instead" not in row:
        return secrets[0].disclose(said.id).to_json()
    other = BODIES[said.kind].from_json({**_LEAST, row["field"]: row["instead"]})
    value = withhold(other, {row["field"]: bytes(32)})[1][0].value
    return secrets[0]._replace(value=value).disclose(said.id).to_json()


_LEAST: Final = {"category": "other", "planned_date": "2000-01-01"}


def _hand(play: Play, step: Step) -> None:
    """Somebody brings a message by hand, as it is or changed on its way."""
    said, to = play.scene.named(step.what), step.more["to"]
    source = step.more.get("from_channel", said.channel)
    data = play.stage.node(source, said.node).endpoint.exchange(said.id).data
    old, new = _two(step, step.more.get("change", ["", ""]))
    if old and (len(old) != len(new) or old.encode() not in data):
        raise Trouble(f"{step.text}: nothing to change")
    refused = play.stage.deliver(step.channel, to, data.replace(old.encode(), new.encode(), 1))
    play.check(step, step.more.get("refused", "taken"), refused or "taken")


def _line(play: Play, step: Step) -> None:
    """A way begins to carry, to lose, or to collect files."""
    more, states = step.more, play.stage.places[step.channel].line.states
    if step.what not in {"up", "down", "files"}:
        raise Trouble(f"{step.text}: a line is up, down, or carries files")
    both = [more["from"], more.get("to", "")] if "from" in more else more.get("between", [])
    one, other = _two(step, both)
    _parties(play, step, one, other)
    ways = [(one, other)] if "from" in more else [(one, other), (other, one)]
    states.update(dict.fromkeys(ways, step.what))


def _carry(play: Play, step: Step) -> None:
    """A courier takes the files from one party to another, in any order, perhaps twice."""
    line, to = play.stage.places[step.channel].line, step.more["to"]
    _parties(play, step, step.what, to)
    files = line.boxes.pop((step.what, to), [])
    ordered = files[::-1] if step.more.get("order") == "newest first" else files
    for number, data in enumerate(ordered * step.more.get("copies", 1)):
        line.bring(to, data, play.stage.now + number)
    play.stage.run(play.stage.now + len(files) * step.more.get("copies", 1))


def _two(step: Step, given: list[str]) -> tuple[str, str]:
    match given:
        case [one, other]:
            return one, other
        case _:
            raise Trouble(f"{step.text}: expected two")


def _parties(play: Play, step: Step, *codes: str) -> None:
    known = play.stage.places[step.channel].channel.parties
    if not known.keys() >= {*codes}:
        raise Trouble(f"{step.text}: the parties are {', '.join(known)}")


def _signer(play: Play, step: Step) -> None:
    """The system's signer stops answering, or answers again."""
    if step.what not in {"hangs", "answers"}:
        raise Trouble(f"{step.text}: a signer hangs or answers")
    calls = 1 << 30 if step.what == "hangs" else 0
    play.stage.node(step.channel, step.who).send_signer_away(calls)


def _clock(play: Play, step: Step) -> None:
    """A node's clock goes so many seconds ahead of the time; 0: right again."""
    play.stage.ahead[step.channel, step.who] = int(step.what)


def _ask(play: Play, step: Step) -> None:
    if step.what not in QUESTIONS:
        raise Trouble(f"{step.text}: no question {step.what!r}")
    # Another node on the same journal may have moved on; in life it is polled once a minute.
    play.stage.poll(step.channel, step.who)
    found: Any
    try:
        found = QUESTIONS[step.what](play.scene, step)
    except UsageError as error:
        found = error.code.value
    except KeyError as error:
        raise Trouble(f"{step.text}: the question has no {error}") from None
    play.check(step, step.more["is"], found)


ACTS: Final[Mapping[str, Callable[[Play, Step], None]]] = {
    "say": _say,
    "hand": _hand,
    "line": _line,
    "carry": _carry,
    "signer": _signer,
    "clock": _clock,
    "ask": _ask,
}
