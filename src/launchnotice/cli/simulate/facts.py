"""What a story has come to, and the questions that it can put to an endpoint.

Each answer is drawn from views and events, and is what TOML can write: texts, numbers, truth, lists of texts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from launchnotice import Endpoint, UsageError, times
from launchnotice.cli.common import Trouble
from launchnotice.cli.simulate.stage import Stage
from launchnotice.cli.simulate.story import Step
from launchnotice.registry import EventCode, label
from launchnotice.render import text
from launchnotice.render.fields import kind_name
from launchnotice.views import ExchangeView, LaunchView, SignalView
from launchnotice.wire.notices import Secret


class Said(NamedTuple):
    """A message that the story named: its name, id, kind, who said it where, and what opens it."""

    name: str
    id: bytes
    kind: int
    channel: str
    node: str
    secrets: tuple[Secret, ...]


class Scene:
    """What a story has come to.

    Attributes:
        stage: where it plays. `said`: the messages that have a name, by name.
        read: the text that the last officer to sign was shown, by channel and node.
    """

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.said: dict[str, Said] = {}
        self.read: dict[tuple[str, str], str] = {}

    def named(self, name: str) -> Said:
        """A message by the name that the story gave it; raises `Trouble`."""
        if name not in self.said:
            raise Trouble(f"the story has said nothing named {name!r}")
        return self.said[name]


def _endpoint(scene: Scene, step: Step) -> Endpoint:
    return scene.stage.node(step.channel, step.who).endpoint


def _about(scene: Scene, step: Step) -> bytes:
    return scene.named(step.more["about"]).id


def _exchange(scene: Scene, step: Step) -> ExchangeView:
    return _endpoint(scene, step).exchange(_about(scene, step))


def _launch(scene: Scene, step: Step) -> LaunchView:
    return _endpoint(scene, step).launch(_about(scene, step), scene.stage.clock(step.channel, step.who))


def _known(scene: Scene, step: Step) -> bool:
    """Whether the node has the notice."""
    try:
        return bool(_exchange(scene, step).data)
    except UsageError:
        return False


def _delivery(scene: Scene, step: Step) -> str:
    """How far the notice has come with the party `of`."""
    return label(_exchange(scene, step).deliveries[step.more["of"]])


def _findings(scene: Scene, step: Step) -> list[str]:
    """Codes of what there is to note about the notice."""
    return sorted(finding.name for finding in _exchange(scene, step).findings)


def _statements(scene: Scene, step: Step) -> list[str]:
    """What parties have stated about the notice: ``RU receipt``."""
    return sorted(map(_statement, _exchange(scene, step).signals))


def _statement(signal: SignalView) -> str:
    return f"{signal.party} {kind_name(signal.kind)}"


def _stated(scene: Scene, step: Step) -> Any:
    """A `field` of a statement about the notice; `of` is the statement, as in `statements`."""
    for one in _exchange(scene, step).signals:
        if _statement(one) == step.more["of"] and one.body is not None:
            return one.body.to_json().get(step.more["field"], "")
    return ""


def _noted(scene: Scene, step: Step) -> list[str]:
    """Codes of what there is to note about a statement; `of` is the statement, as in `statements`."""
    signals = [one for one in _exchange(scene, step).signals if _statement(one) == step.more["of"]]
    return sorted(finding.name for one in signals for finding in one.findings)


def _says(scene: Scene, step: Step) -> Any:
    """A `field` of the notice itself; the number of items, if it is a list."""
    body = _exchange(scene, step).body
    value = body.to_json().get(step.more["field"], "") if body else ""
    return len(value) if isinstance(value, list) else value


def _span(scene: Scene, step: Step) -> list[str]:
    """From when to when the launch may take place."""
    span = _launch(scene, step).span
    return [times.format_instant(moment) for moment in span] if span else []


def _attention(scene: Scene, step: Step) -> list[str]:
    """What needs an officer: ``acknowledge rocket``, by the names of the story."""
    names = {said.id: said.name for said in scene.said.values()}
    needs = _endpoint(scene, step).attention(scene.stage.clock(step.channel, step.who))
    return [f"{one.need.value} {names.get(one.subject, one.party)}" for one in needs]


def _events(scene: Scene, step: Step, code: EventCode) -> int:
    subject = _about(scene, step)
    return sum(
        1
        for one in scene.stage.heard
        if (one.channel, one.node) == (step.channel, step.who)
        and (one.event.code, one.event.subject) == (code, subject)
    )


def _at_rest(scene: Scene, step: Step) -> bool:
    """Whether nothing is owed, and nothing waits to be sent."""
    end = _endpoint(scene, step)
    return not end.health(scene.stage.now).unsealed and not any(map(end.pending, end.channel.parties))


def _officer_reads(scene: Scene, step: Step) -> str:
    """The first line of what the officer who signed last was shown."""
    return scene.read[step.channel, step.who].partition("\n")[0]


def _screen(scene: Scene, step: Step) -> str:
    """The first line of the notice as it is shown."""
    channel = scene.stage.places[step.channel].channel
    return text.exchange(_exchange(scene, step), channel).partition("\n")[0]


def _same_rules(scene: Scene, step: Step) -> bool:
    """Whether the channel has the same id as the channel `of`: what two people compare by voice."""
    places = scene.stage.places
    return places[step.channel].channel.id == places[step.more["of"]].channel.id


def _phase(scene: Scene, step: Step) -> str:
    """The phase of the launch, or of the query."""
    asked = _exchange(scene, step).phase
    return (asked or _launch(scene, step).phase).value


def _version(scene: Scene, step: Step) -> int:
    """Which version of the launch holds."""
    return _launch(scene, step).version


def _open(scene: Scene, step: Step) -> bool:
    """Whether the launch may take place now."""
    return _launch(scene, step).open


def _lapsed(scene: Scene, step: Step) -> bool:
    """Whether its time is over and nothing was said."""
    return _launch(scene, step).lapsed


def _shown(scene: Scene, step: Step) -> int:
    """How often the notice was shown."""
    return _events(scene, step, EventCode.NOTICE)


def _alarms(scene: Scene, step: Step) -> int:
    """How often it was told that something is overdue for the notice."""
    return _events(scene, step, EventCode.OVERDUE)


def _reminders(scene: Scene, step: Step) -> int:
    """How often the node was reminded that the launch's window opens soon."""
    return _events(scene, step, EventCode.REMINDER)


def _evidence(scene: Scene, step: Step) -> int:
    """How many statements about the notice contradict an earlier one."""
    return len(_exchange(scene, step).evidence)


def _alike(scene: Scene, step: Step) -> bool:
    """Whether the node `of` holds exactly the same bytes of the notice."""
    other = scene.stage.node(step.channel, step.more["of"]).endpoint
    return other.exchange(_about(scene, step)).data == _exchange(scene, step).data


QUESTIONS: Final[Mapping[str, Callable[[Scene, Step], Any]]] = {
    "known": _known,
    "times shown": _shown,
    "delivery": _delivery,
    "findings": _findings,
    "statements": _statements,
    "stated": _stated,
    "noted": _noted,
    "evidence": _evidence,
    "says": _says,
    "same bytes": _alike,
    "phase": _phase,
    "version": _version,
    "span": _span,
    "open": _open,
    "lapsed": _lapsed,
    "attention": _attention,
    "overdue alarms": _alarms,
    "reminders": _reminders,
    "at rest": _at_rest,
    "officer reads": _officer_reads,
    "screen": _screen,
    "same rules": _same_rules,
}
"""What can be asked, and how it is answered."""
