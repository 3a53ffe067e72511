"""A life in a process of its own, which SIGKILL ends at a boundary or at any instant.

The process is a fork of the campaign's. It tells through a file, which outlives it, what its
system's key is asked to sign and at which boundary it kills itself. The campaign never opens its
journal; it reads copies of the files.
"""

from __future__ import annotations

import json
import os
import signal
import time
import traceback
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NoReturn

from launchnotice.errors import Corrupt, JournalError
from tests.campaigns.crash.life import Answer, Life, Look, Signed
from tests.campaigns.crash.trip import Crash, Fault
from tests.campaigns.crash.world import Node
from tests.support.template import Template


class Child:
    """What the campaign holds of such a life; see `life.Life` for its calls."""

    def __init__(self, made: Template, node: Node, now: int, log: Path) -> None:
        self._node, self._log = node, log
        self._kill_after: int | None = None
        self._pipe, theirs = Pipe()
        self._pid = os.fork()
        if self._pid == 0:
            self._pipe.close()
            _serve(made, node, now, log, theirs)
        theirs.close()
        self._answer()

    def prepare(self, what: str, number: int, subject: bytes, now: int) -> Answer:
        """As in this process."""
        return self._ask("prepare", what, number, subject, now)  # type: ignore[no-any-return]

    def submit(self, draft: bytes, now: int) -> Answer:
        """As in this process."""
        return self._ask("submit", draft, now)  # type: ignore[no-any-return]

    def receive(self, data: bytes, now: int) -> Answer:
        """As in this process."""
        return self._ask("receive", data, now)  # type: ignore[no-any-return]

    def poll(self, now: int) -> Answer:
        """As in this process."""
        return self._ask("poll", now)  # type: ignore[no-any-return]

    def confirm(self, position: int) -> Answer:
        """As in this process."""
        return self._ask("confirm", position)  # type: ignore[no-any-return]

    def events(self) -> Answer:
        """As in this process."""
        return self._ask("events")  # type: ignore[no-any-return]

    def look(self) -> Look:
        """As in this process; never killed, since it writes nothing."""
        return self._ask("look", safe=True)  # type: ignore[no-any-return]

    def state(self) -> dict[str, Any]:
        """As in this process; never killed."""
        return self._ask("state", safe=True)  # type: ignore[no-any-return]

    def arm(self, plan: list[Fault]) -> None:
        """Replace the faults to come."""
        self._ask("arm", plan, safe=True)

    def kill_after(self, microseconds: int) -> None:
        """Kill the process that long into its next call."""
        self._kill_after = microseconds

    def end(self) -> None:
        """Kill the process if it is still there."""
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            self._reap()

    def _ask(self, name: str, *args: Any, safe: bool = False) -> Any:
        self._pipe.send((name, args))
        if self._kill_after is not None and not safe:
            time.sleep(self._kill_after / 1e6)
            os.kill(self._pid, signal.SIGKILL)
            self._reap()
            raise Crash("instant")
        return self._answer()

    def _answer(self) -> Any:
        try:
            what, value = self._pipe.recv()
        except (EOFError, OSError):
            raise Crash(self._reap()) from None
        self._read_log()
        if what == "corrupt":
            raise Corrupt(value)
        if what == "failed":
            raise JournalError(value)
        if what == "error":
            raise RuntimeError(value)
        return value

    def _reap(self) -> str:
        """Wait for the end; the boundary at which the process killed itself, if it did."""
        _, status = os.waitpid(self._pid, 0)
        self._pid = 0
        self._pipe.close()
        if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGKILL:
            raise RuntimeError(f"the child ended with status {status}")
        return self._read_log()

    def _read_log(self) -> str:
        boundary = "instant"
        text = self._log.read_text() if self._log.exists() else ""
        # Killed while it wrote a line, it did not do what the line says.
        for line in text[: text.rfind("\n") + 1].splitlines():
            name, *rest = json.loads(line)
            if name == "kill":
                boundary = rest[0]
                self._node.trip.plan = self._node.trip.plan[1:]
                self._node.trip.struck["kill", boundary] += 1
            else:
                key, payload, number, random, reserved, sealed = rest
                epoch = (number, bytes.fromhex(random))
                self._node.signed.append(Signed(key, bytes.fromhex(payload), epoch, reserved, sealed))
        self._log.unlink(missing_ok=True)
        return boundary


def _serve(made: Template, node: Node, now: int, log: Path, pipe: Connection) -> NoReturn:
    """The process: open, then answer until it is killed."""

    def tell(*values: object) -> None:
        with log.open("a") as file:
            file.write(json.dumps(values) + "\n")

    def record(one: Signed) -> None:
        number, random = one.epoch
        tell("sign", one.key, one.payload.hex(), number, random.hex(), one.reserved, one.sealed)

    def tell_end(fault: Fault) -> None:
        tell("kill", fault.boundary)

    try:
        node.trip.fell = tell_end
        life = Life(made, node.code, node.store, node.trip, now, node.lives, record)
        pipe.send(("up", None))
        while True:
            name, args = pipe.recv()
            if name == "arm":
                node.trip.arm(*args)
                pipe.send(("done", None))
            else:
                pipe.send(("done", getattr(life, name)(*args)))
    except Corrupt as error:
        pipe.send(("corrupt", str(error)))
    except JournalError as error:
        pipe.send(("failed", str(error)))
    except EOFError:
        os.kill(os.getpid(), signal.SIGKILL)
    except BaseException:  # noqa: BLE001 - the parent tells it
        pipe.send(("error", traceback.format_exc()))
    signal.pause()
    os._exit(1)
