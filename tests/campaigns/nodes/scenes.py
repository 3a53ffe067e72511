"""What happens to a centre: it works, its nodes die, its journal loses commits, its server is replaced.

Each scene plays a centre to its end, in which both sides must come to rest, and gives what was counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Final, NamedTuple

from launchnotice.core import entries
from launchnotice.core.entries import EpochOpened, Reserved
from launchnotice.errors import JournalError
from launchnotice.journal import Stored
from tests.campaigns.nodes import appends
from tests.campaigns.nodes.appends import PROCESSES
from tests.campaigns.nodes.centre import NAMES, Centre
from tests.campaigns.nodes.checks import examine
from tests.campaigns.nodes.node import BOUNDARIES
from tests.campaigns.nodes.stores import POSTGRES, Place, open_postgres, place
from tests.support import postgres

CHANNEL: Final = b"c" * 32
NUMBERS: Final = count(1)


class Stage(NamedTuple):
    """Where scenes are played: journals of one store, in one home, with so much of everything.

    Attributes:
        appends: for each writer. `rounds`: of a scene. `announce`: notices in a round, for each who speaks.
    """

    store: str
    home: str
    folder: Path
    appends: int
    rounds: int
    announce: int

    def place(self) -> Place:
        """A journal that there is not yet."""
        return place(self.store, self.home, f"journal{next(NUMBERS)}", CHANNEL)

    def centre(self, mode: str, seed: int, where: Place | None = None) -> Centre:
        """A centre with both nodes at work."""
        folder = self.folder / f"centre{next(NUMBERS)}"
        folder.mkdir()
        made = Centre(where or self.place(), folder, mode, seed)
        for name in NAMES:
            made.start(name)
        with closing(made.place.open()) as journal:
            made.begun = appends.last(journal, 0)
        return made


def bare(stage: Stage, mode: str) -> Counter[str]:
    """Two writers append to a journal, as fast as they can."""
    return appends.compete(stage.place(), mode, stage.appends)


def work(stage: Stage, mode: str, seed: int) -> Counter[str]:
    """Both nodes submit, receive, acknowledge and poll; every third time the system signs a round later."""
    centre = stage.centre(mode, seed)
    for number in range(stage.rounds):
        centre.round(stage.announce, hold=number % 3 == 1)
    return finish(centre)


def deaths(stage: Stage, seed: int) -> Counter[str]:
    """A node dies at each boundary and at instants; the other goes on alone, or a restart takes over."""
    centre = stage.centre(PROCESSES, seed)
    for number in range(stage.rounds):
        boundary = BOUNDARIES[number % len(BOUNDARIES)]
        name = NAMES[(number + number // len(BOUNDARIES)) % 2]
        if name in centre.nodes:
            centre.stop(name)
        centre.start(name, dies=(boundary, centre.chance.randint(1, 2)))
        centre.round(stage.announce)
        if name in centre.nodes:
            centre.round(stage.announce, kill=name)
            centre.counts["instants"] += 1
        else:
            centre.counts[f"died {boundary}"] += 1
        if centre.chance.random() < 0.5:
            centre.round(stage.announce)
        if name not in centre.nodes:
            centre.start(name)
    return finish(centre)


def taken_back(stage: Stage, mode: str, seed: int) -> Counter[str]:
    """Commits vanish under both nodes while they run, as when a standby that lagged is promoted."""
    centre = stage.centre(mode, seed)
    for _ in range(max(2, stage.rounds // 3)):
        centre.round(stage.announce)
        seen_by_both(centre)
        lose(centre)
        centre.round(stage.announce)
    return finish(centre)


def restored(stage: Stage, mode: str, seed: int) -> Counter[str]:
    """Both nodes stop, an earlier journal comes back, and they start as the runbook says.

    By turns: the anchors are removed, or each node gets the one that is ahead.
    """
    centre = stage.centre(mode, seed)
    for number in range(max(2, stage.rounds // 3)):
        centre.round(stage.announce)
        seen_by_both(centre)
        centre.stop()
        lose(centre)
        if number % 2:
            centre.remove_anchors()
        else:
            ahead = max(NAMES, key=lambda name: centre.plan(name).anchor.read_bytes()[8:16])
            centre.copy_anchor(ahead, *(name for name in NAMES if name != ahead))
        for name in NAMES:
            centre.start(name)
        centre.round(stage.announce)
    return finish(centre)


def joined(stage: Stage, mode: str, seed: int) -> Counter[str]:
    """A node is replaced by a new one, which has a copy of the running node's anchor, under load."""
    centre = stage.centre(mode, seed)
    for number in range(max(2, stage.rounds // 3)):
        gone, left = NAMES[number % 2], NAMES[1 - number % 2]
        centre.round(stage.announce)
        centre.stop(gone)
        centre.plan(gone).anchor.unlink()
        centre.round(stage.announce)
        centre.copy_anchor(left, gone)
        centre.start(gone)
        centre.round(stage.announce)
    found = finish(centre)
    return found + Counter(needless=found["epochs"] - 1)


def failed_over(stage: Stage, mode: str, seed: int) -> Counter[str]:
    """PostgreSQL's primary crashes under both nodes, and a standby that lags is promoted."""
    with postgres.folder() as folder, postgres.server() as primary:
        standby = postgres.Server(folder)
        where = (
            f"host={primary.folder},{standby.folder} user=postgres dbname=postgres"
            " target_session_attrs=read-write"
        )
        centre = stage.centre(mode, seed, Place(POSTGRES, where, CHANNEL))
        centre.round(stage.announce)
        standby.copy(primary)  # nothing streams from now on: it lags behind by all that follows
        standby.start()
        standby.stop()
        centre.round(stage.announce)
        seen_by_both(centre)
        primary.stop(mode="immediate")
        standby.start()
        try:
            standby.promote()
            centre.counts += Counter(rollbacks=1, failovers=1)
            for _ in range(2):
                centre.round(stage.announce)
            found = finish(centre)
        finally:
            standby.stop(mode="immediate")
            primary.start()  # whoever made it stops it
    return found


def refused(stage: Stage) -> Counter[str]:
    """A journal is opened where commits are not durable, or not possible; each must be refused."""
    where = stage.place().where
    open_postgres(where, CHANNEL).close()
    found = Counter(refusable=0)
    for setting in ("off", "local", "remote_write"):
        found += _opened(f"{where} options='-c synchronous_commit={setting}'")
    found += _opened(f"{where} options='-c default_transaction_read_only=on'")
    with postgres.folder() as folder, postgres.server() as primary:
        standby = postgres.Server(folder)
        standby.copy(primary)
        standby.start()
        try:
            open_postgres(primary.conninfo, CHANNEL).close()
            found += _opened(standby.conninfo)
        finally:
            standby.stop(mode="immediate")
        for setting in ("fsync", "full_page_writes"):
            primary.stop()
            primary.start(**{setting: "off"})
            found += _opened(primary.conninfo)
    return found


# Parts of scenes ---------------------------------------------------------------------------


def seen_by_both(centre: Centre) -> None:
    """Quiet rounds after which both nodes have folded all that there is, and the peer has it."""
    for _ in range(2):
        centre.round()


def lose(centre: Centre) -> None:
    """The last entries vanish: some of those since both nodes began, one at least of the own stream's.

    No store loses half of an append: the first that is lost is one that begins an append.
    """
    with closing(centre.place.open()) as journal:
        left = appends.last(journal, centre.begun) - centre.chance.randint(20, 40)
        while left > centre.begun and not _begins(journal.read(left, 1)[0]):
            left -= 1
    left = max(left, centre.begun)
    centre.place.cut(left)
    centre.counts["rollbacks"] += 1


def _begins(row: Stored) -> bool:
    return isinstance(entries.decode(row.position, row.data).entry, EpochOpened | Reserved)


def finish(centre: Centre) -> Counter[str]:
    """Both sides come to rest, the nodes end, and everything is looked at."""
    owed = centre.rest()
    centre.stop()
    return examine(centre, owed)


def _opened(conninfo: str) -> Counter[str]:
    try:
        open_postgres(conninfo, CHANNEL).close()
    except JournalError:
        return Counter(refusable=1, refused=1)
    return Counter(refusable=1)


UNDER_LOAD: Final[dict[str, Callable[[Stage, str, int], Counter[str]]]] = {
    "work": work,
    "joined": joined,
    "taken-back": taken_back,
    "restored": restored,
}
