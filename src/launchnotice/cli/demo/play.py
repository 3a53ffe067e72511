"""The exchange of the demonstration: what people do, when, and what must come of it.

- Nothing but bytes goes between desks, endpoints and centres.
- Officers act at fixed times, or after they were shown something; all else the endpoints do
  when they say that it is due.
- Whatever must be so is a check; `Outcome.failures` names those that fail.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from launchnotice import Channel, Draft, Event, Refused, coordinates, geo, notices, registry, signals, times
from launchnotice.cli.demo.intruder import Stolen, attempts, reworded
from launchnotice.cli.demo.link import Link
from launchnotice.cli.demo.node import Body, Desk, Node
from launchnotice.cli.demo.setting import START, Setting, Store
from launchnotice.cli.demo.stage import Stage
from launchnotice.registry import (
    Basing,
    Category,
    EventCode,
    GenericClass,
    LengthUnit,
    Purpose,
    Refusal,
    RejectionCode,
)
from launchnotice.render import text

_TODAY: Final = START // times.DAY
_IMPACT: Final = geo.Circle(
    latitude=coordinates.parse_latitude("08-43-00N"),
    longitude=coordinates.parse_longitude("167-44-00E"),
    radius=18_520,
    unit=LengthUnit.NAUTICAL_MILE,
)

FIRST: Final = notices.LaunchNotification(
    category=Category.BALLISTIC_MISSILE,
    generic_class=GenericClass.ICBM,
    basing=Basing.LAND,
    planned_date=_TODAY + 3,
    launch_area=geo.LandRegion(name="Vandenberg"),
    impact_areas=(_IMPACT,),
    purpose=Purpose.TEST,
    remark="unarmed",
)
"""In good order under the 1988 agreement."""

SECOND: Final = notices.LaunchNotification(
    category=Category.BALLISTIC_MISSILE,
    generic_class=GenericClass.SLBM,
    basing=Basing.SUBMARINE,
    planned_date=_TODAY + 1,
    launch_area=geo.LandRegion(name="Florida"),
    impact_areas=(_IMPACT,),
    purpose=Purpose.TRAINING,
    remark="unarmed",
)
"""Less than 24 hours ahead, and from a form of area that the agreement has not for a submarine."""

THIRD: Final = notices.LaunchNotification(
    category=Category.BALLISTIC_MISSILE, planned_date=_TODAY + 9, remark="never announced"
)
"""What only the intruder sends."""

_OFFICERS: Final = ("officer-1", "officer-2")


class Outcome(NamedTuple):
    """How an exchange ended: the checks that failed, and what the line did."""

    failures: list[str]
    lost: int
    repeated: int
    reordered: int


def perform(setting: Setting, stores: dict[str, Store], seed: int, say: Callable[[str], None]) -> Outcome:
    """Play the whole exchange.

    Args:
        setting: descriptor, mandates and keys. `stores`: by party; closed in the end.
        seed: of the line. `say`: takes each line of the timeline.
    """
    link = Link(seed)
    stage = Stage(setting, stores, link, say)
    try:
        play = _Play(setting, stage)
        for act in (play.exchange, play.intrude, play.conclude):
            if not stage.failures:
                act()
    finally:
        for node in stage.nodes.values():
            node.close()
    return Outcome(stage.failures, link.lost, link.repeated, link.reordered)


class _Play:
    def __init__(self, setting: Setting, stage: Stage) -> None:
        self.setting, self.stage = setting, stage
        self.us, self.ru = stage.nodes["US"], stage.nodes["RU"]
        self.desks: dict[tuple[str, str], Desk] = {}
        self.drafts: list[bytes] = []
        self.shown: list[bytes] = []
        stage.on_event = self.read_event

    # The exchange ------------------------------------------------------------------------

    def exchange(self) -> None:
        """Two notices, the answers to them, and four restarts."""
        stage = self.stage
        stage.chapter("The exchange")
        stage.at(0, self.take_own_mandates)
        stage.at(60, lambda: self.announce(FIRST))
        stage.at(120, lambda: self.announce(SECOND))
        stage.at(200, lambda: stage.reopen(self.us))
        stage.at(230, lambda: stage.reopen(self.ru))
        stage.run()

    def take_own_mandates(self) -> None:
        """A host gives its own mandate to its endpoint; to the peer it goes by itself."""
        for code, data in self.setting.mandates.items():
            self.stage.deliver(code, data)

    def announce(self, body: notices.LaunchNotification) -> None:
        """Draft a notice, have it signed at two desks, submit it."""
        stage, us = self.stage, self.us
        first = not self.drafts
        data = us.draft(body, stage.now, _OFFICERS)
        name = f"notice {len(self.drafts) + 1}"
        stage.notices[Draft.load(data).id] = name
        stage.tell("US", f"drafts {name}, {len(data)} bytes to the desks of {' and '.join(_OFFICERS)}")
        self.drafts.append(data)
        data = self.sign(us, "officer-1", data, read=first)
        if first:
            self.change_on_the_way(data)
        data = self.sign(us, "officer-2", data)
        self.submit_without_system(data) if first else stage.take(us, us.submit(data, stage.now))

    def desk(self, code: str, label: str) -> Desk:
        """An officer's desk, set up when it is first needed."""
        if (code, label) not in self.desks:
            self.desks[code, label] = Desk(self.setting, code, label)
        return self.desks[code, label]

    def sign(self, node: Node, label: str, data: bytes, *, read: bool = False) -> bytes:
        """Carry a draft to a desk, where it is read and signed; `read` shows the text."""
        signed, shown = self.desk(node.code, label).sign(data)
        self.stage.tell(node.code, f"{label} reads the draft and signs it")
        if read:
            self.stage.quote(shown)
        return signed

    def change_on_the_way(self, data: bytes) -> None:
        """Between two desks somebody changes a word; the second officer's desk notices."""
        found = None
        try:
            self.desk("US", "officer-2").sign(reworded(data))
        except Refused as refusal:
            found = refusal.code
        self.stage.tell("US", f"officer-2 is given the draft with a word changed: {found}")
        self.stage.check("a changed draft", Refusal.BAD_SIGNATURE, found)

    def submit_without_system(self, data: bytes) -> None:
        """The system cannot sign yet: the position is reserved, and stays so through a restart."""
        stage, us = self.stage, self.us
        us.send_signer_away()
        step = us.submit(data, stage.now)
        stage.take(us, step)
        stage.check("bytes that left before the system signed", (), step.sends)
        stage.reopen(us)
        stage.check("US: reservations that wait", 1, us.endpoint.health(stage.now).unsealed)

    # The other side ----------------------------------------------------------------------

    def read_event(self, node: Node, event: Event) -> None:
        """The duty officer in RU is shown each notice once, and answers after a while."""
        if node is not self.ru or event.code is not EventCode.NOTICE:
            return
        for finding in event.findings:
            self.stage.quote(text.finding(finding))
        self.stage.check("shown as new before", expected=False, found=event.subject in self.shown)
        self.shown.append(event.subject)
        if self.stage.failures:
            return
        name = self.stage.notices.get(event.subject)
        if name == "notice 1":
            self.receipt_without_system()
            self.stage.at(300, lambda: self.answer(signals.Acknowledgement(subject=event.subject)))
        elif name == "notice 2":
            self.stage.at(600, lambda: self.answer(_rejection(event.subject)))

    def receipt_without_system(self) -> None:
        """The receipt is reserved, then the power goes: what was shown and not confirmed comes again."""
        stage, ru = self.stage, self.ru
        ru.send_signer_away()
        stage.take(ru, ru.endpoint.poll(stage.now), confirm=False)
        stage.reopen(ru)
        stage.check("RU: reservations that wait", 1, ru.endpoint.health(stage.now).unsealed)
        again = [event.subject for event in ru.endpoint.events() if event.code is EventCode.NOTICE]
        stage.check("RU: notices presented again", self.named(self.shown[-1:]), self.named(again))

    def answer(self, body: Body) -> None:
        """An officer answers at a desk."""
        ru, now = self.ru, self.stage.now
        data = self.sign(ru, "officer-1", ru.draft(body, now, ["officer-1"]))
        self.stage.take(ru, ru.submit(data, now))

    # The intruder ------------------------------------------------------------------------

    def intrude(self) -> None:
        """Everything again, then forgeries: nothing new is shown, each forgery has its refusal."""
        stage = self.stage
        stage.chapter("The intruder")
        stage.tell("intruder", f"plays back all {len(stage.link.record)} datagrams, both ways")
        stage.quiet = True
        for datagram in list(stage.link.record):
            refusal = stage.deliver(datagram.to, datagram.data)
            stage.check("refusal of a replay", None, refusal)
        stage.run()
        stage.tell("RU", "answers as before, and shows nothing again")
        first = self.us.endpoint.exchange(next(iter(stage.notices))).data
        for attempt in attempts(Channel.load(self.setting.descriptor), first, self.stolen()):
            stage.tell("intruder", f"{attempt.name} > {attempt.to}")
            refused = stage.deliver(attempt.to, attempt.data)
            stage.check(attempt.name, attempt.expected, refused.code if refused else None)
        stage.run()

    def stolen(self) -> Stolen:
        """All keys of the US centre, and drafts of its first notice and of one to come."""
        us, desk = self.us, self.desk("US", "officer-1")
        following = us.draft(THIRD, self.stage.now, _OFFICERS)
        return Stolen(self.setting.keys["US"], desk.review(self.drafts[0]), desk.review(following))

    # The end -----------------------------------------------------------------------------

    def conclude(self) -> None:
        """Nothing is owed, each notice was shown once, and both ended as they should."""
        stage = self.stage
        stage.chapter("The end")
        for code, node in stage.nodes.items():
            stage.check(f"{code}: openings", 3, node.openings)
            stage.check(f"{code}: owed", None, node.endpoint.next_deadline)
        shown = sorted(self.named(self.shown))
        stage.check("notices shown as new in RU", self.named(list(stage.notices)), shown)
        for notice, (delivery, findings) in zip(stage.notices, _ENDS, strict=True):
            name = stage.notices[notice]
            found = self.us.endpoint.exchange(notice).deliveries["RU"]
            stage.check(f"delivery of {name}", delivery, registry.label(found))
            stage.check(f"findings of {name}", findings, self.findings(notice))
        stage.tell("both", "nothing is owed any more")

    def named(self, ids: list[bytes]) -> list[str]:
        """What the timeline calls these notices."""
        return [self.stage.notices.get(notice, notice.hex()) for notice in ids]

    def findings(self, notice: bytes) -> list[str]:
        """What the agreement has to say of a notice, as RU found."""
        found = self.ru.endpoint.exchange(notice).findings
        return [finding.code.value for finding in found if finding.article]


_ENDS: Final = [("acknowledged", []), ("rejected", ["late", "area-form"])]


def _rejection(notice: bytes) -> signals.Rejection:
    return signals.Rejection(
        subject=notice, code=RejectionCode.IMPLAUSIBLE, remark="no submarine launches from a land region"
    )
