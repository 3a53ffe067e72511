"""PostgreSQL servers for tests: of Debian's package, in a temporary folder, on a unix socket alone.

A server runs as whoever runs the tests, or, if that is root, as the user `postgres`. Its files are in
memory if the machine has /dev/shm: nothing here depends on a real disk, and `fsync` stays on.

Without the package or the driver the tests are skipped, unless LAUNCHNOTICE_POSTGRES=required.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support import memory

PROGRAMS: Final = ("initdb", "pg_ctl", "pg_basebackup", "postgres")
USER: Final = "postgres"
REQUIRED: Final = os.environ.get("LAUNCHNOTICE_POSTGRES") == "required"


def programs() -> Path | None:
    """The folder of the newest PostgreSQL server that is installed; None if there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    on_path = shutil.which("pg_ctl")
    folders = [*reversed(found), *([Path(on_path).resolve().parent] if on_path else [])]
    return next((one for one in folders if all((one / name).exists() for name in PROGRAMS)), None)


def lacking() -> str:
    """What the tests on PostgreSQL lack here; empty if nothing."""
    if importlib.util.find_spec("psycopg") is None:
        return "the driver is not installed: pip install 'launchnotice[postgres]'"
    if programs() is None:
        return "no PostgreSQL server is installed: apt-get install postgresql"
    return ""


needed = pytest.mark.skipif(bool(lacking()) and not REQUIRED, reason=f"NOT TESTED ON POSTGRESQL: {lacking()}")
"""Marks what needs a server; where one is required, its absence is a failure and not a skip."""


class Server:
    """A running server with a database of its own; `folder` has its data and its socket."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._programs = programs()

    @property
    def conninfo(self) -> str:
        """The connection string of its administrator."""
        return f"host={self.folder} user={USER} dbname=postgres"

    def create(self) -> None:
        """Make the files of a server that trusts whoever reaches its socket."""
        self.run("initdb", "--auth=trust", f"--username={USER}", "--encoding=UTF8", "--no-locale")

    def start(self, **settings: str) -> None:
        """Start it and wait until it answers."""
        fixed = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "shared_buffers": "16MB",
        }
        options = " ".join(f"-c {name}='{value}'" for name, value in {**fixed, **settings}.items())
        self.run("pg_ctl", "start", "--wait", f"--options={options}", f"--log={self.folder / 'log'}")

    def stop(self, *, mode: str = "fast") -> None:
        """Stop it: `fast` in good order, `immediate` as a power cut does."""
        self.run("pg_ctl", "stop", f"--mode={mode}")

    def promote(self) -> None:
        """Make a standby the primary."""
        self.run("pg_ctl", "promote", "--wait")

    def copy(self, primary: Server) -> None:
        """Make it a standby of another server that runs."""
        self.run(
            "pg_basebackup", f"--dbname={primary.conninfo}", "--write-recovery-conf", "--checkpoint=fast"
        )

    @property
    def running(self) -> bool:
        """Whether it was started and not stopped."""
        return (self.folder / "data" / "postmaster.pid").exists()

    def run(self, program: str, *arguments: str) -> None:
        """Run one of the server's programs as its user."""
        assert self._programs is not None, lacking()
        command: list[str | Path] = [self._programs / program, f"--pgdata={self.folder / 'data'}", *arguments]
        # A file, not a pipe: the server inherits it and would keep a pipe open.
        with (self.folder / "out").open("ab") as out:
            done = subprocess.run(
                command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                check=False,
                timeout=60,
                **_user(),
            )
        if done.returncode:
            said = "".join(
                path.read_text() for name in ("out", "log") if (path := self.folder / name).exists()
            )
            raise AssertionError(f"{program}: {said[-2000:]}")


@contextmanager
def server(**settings: str) -> Iterator[Server]:
    """A new server that runs, and is gone afterwards."""
    with folder() as place:
        made = Server(place)
        made.create()
        made.start(**settings)
        try:
            yield made
        finally:
            made.stop(mode="immediate")


@contextmanager
def folder() -> Iterator[Path]:
    """A folder for a server, on whose path a socket's name fits."""
    place = Path(tempfile.mkdtemp(prefix="lnp-", dir=memory.file_system()))
    try:
        if _user():
            shutil.chown(place, USER, USER)
            place.chmod(0o755)
        yield place
    finally:
        shutil.rmtree(place)


def execute(conninfo: str, *statements: str) -> list[Any]:
    """What an administrator does: run statements one by one; gives the rows of the last."""
    import psycopg

    with psycopg.connect(conninfo, autocommit=True) as db:
        cursor = db.cursor()
        for statement in statements:
            cursor.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def version() -> int:
    """The server's major version."""
    place = programs()
    assert place is not None, lacking()
    done = subprocess.run([place / "postgres", "--version"], capture_output=True, text=True, check=True)
    found = re.search(r" (\d+)", done.stdout)
    assert found
    return int(found[1])


def _user() -> dict[str, Any]:
    """The server refuses to run as root."""
    return {"user": USER, "group": USER, "extra_groups": []} if os.geteuid() == 0 else {}
