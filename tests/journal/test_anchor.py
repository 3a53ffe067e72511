"""The anchor on disk: durable, whole or refused."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from stat import S_IMODE, S_ISDIR

import pytest

from launchnotice.errors import Corrupt, JournalError
from launchnotice.journal import Anchor
from launchnotice.journal.anchor import FileAnchor, MemoryAnchor

DIGEST = sha256(b"entry").digest()
OTHER = sha256(b"other entry").digest()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "anchor"


@pytest.fixture(params=["file", "memory"])
def anchor(request: pytest.FixtureRequest, path: Path) -> Anchor:
    return FileAnchor(path) if request.param == "file" else MemoryAnchor()


def test_nothing_stored_is_none(anchor: Anchor) -> None:
    assert anchor.load() is None


def test_last_stored_is_loaded_also_backwards(anchor: Anchor) -> None:
    """After a restore the journal is shorter, so the anchor goes back."""
    for position, digest in ((0, DIGEST), (2**63 - 1, OTHER), (3, bytes(32))):
        anchor.store(position, digest)
        assert anchor.load() == (position, digest)


@pytest.mark.parametrize(
    ("position", "digest"), [(-1, DIGEST), (2**63, DIGEST), (1, b""), (1, DIGEST[:31]), (1, DIGEST + b"\0")]
)
def test_what_no_anchor_can_hold_is_refused_and_changes_nothing(
    anchor: Anchor, position: int, digest: bytes
) -> None:
    anchor.store(1, OTHER)
    with pytest.raises(JournalError, match="expected a"):
        anchor.store(position, digest)
    assert anchor.load() == (1, OTHER)


def test_format_is_as_documented(path: Path) -> None:
    FileAnchor(path).store(258, DIGEST)
    content = b"LNPANCH1" + bytes([0, 0, 0, 0, 0, 0, 1, 2]) + DIGEST
    assert path.read_bytes() == content + sha256(content).digest()


def test_another_handle_and_another_working_folder_see_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(path.parent)
    anchor = FileAnchor("anchor")
    monkeypatch.chdir("/")
    anchor.store(1, DIGEST)
    assert FileAnchor(path).load() == (1, DIGEST)


def test_only_the_owner_may_read_it(path: Path) -> None:
    path.touch(mode=0o644)
    FileAnchor(path).store(1, DIGEST)
    assert S_IMODE(path.stat().st_mode) == 0o600


def test_store_leaves_one_file_and_ignores_leftovers(path: Path) -> None:
    leftover = path.with_name("anchor.x1y2.tmp")
    leftover.write_bytes(b"LNPANCH1 cut off by a cra")
    anchor = FileAnchor(path)
    anchor.store(1, DIGEST)
    anchor.store(2, OTHER)
    assert anchor.load() == (2, OTHER)
    assert sorted(path.parent.iterdir()) == [path, leftover]


def test_link_is_followed_so_that_the_anchor_stays_on_its_volume(path: Path, tmp_path: Path) -> None:
    path.symlink_to(tmp_path / "elsewhere")
    FileAnchor(path).store(1, DIGEST)
    assert path.is_symlink()
    assert FileAnchor(tmp_path / "elsewhere").load() == (1, DIGEST)


def test_every_truncation_is_refused(path: Path) -> None:
    FileAnchor(path).store(1, DIGEST)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(Corrupt, match=r"anchor .*: "):
            FileAnchor(path).load()


def test_every_flipped_bit_is_refused(path: Path) -> None:
    FileAnchor(path).store(1, DIGEST)
    whole = path.read_bytes()
    for bit in range(len(whole) * 8):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        with pytest.raises(Corrupt):
            FileAnchor(path).load()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not an anchor"),
        (b"SQLite format 3\0" + bytes(84), "not an anchor"),
        (b"LNPANCH2" + bytes(72), "unknown format"),
        (bytes(1_000_000), "not an anchor"),
        (b"LNPANCH1" + bytes(71), "expected 80 bytes, got 79"),
        (b"LNPANCH1" + bytes(1_000_000), "expected 80 bytes, got more"),
        (b"LNPANCH1" + bytes(72), "checksum"),
    ],
)
def test_foreign_content_is_refused_and_left_alone(path: Path, content: bytes, reason: str) -> None:
    path.write_bytes(content)
    with pytest.raises(Corrupt, match=reason) as caught:
        FileAnchor(path).load()
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == content


def test_folder_in_its_place_is_refused(path: Path) -> None:
    path.mkdir()
    with pytest.raises(Corrupt, match="not a file"):
        FileAnchor(path).load()
    with pytest.raises(JournalError, match="not written"):
        FileAnchor(path).store(1, DIGEST)
    assert list(path.parent.iterdir()) == [path]


def test_pipe_in_its_place_is_refused_without_waiting(path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(Corrupt, match="not a file"):
        FileAnchor(path).load()


def test_unreadable_file_is_refused(open_folder: Path) -> None:
    path = open_folder / "anchor"
    FileAnchor(path).store(1, DIGEST)
    path.chmod(0)
    with pytest.raises(Corrupt, match="unreadable: Permission denied"):
        FileAnchor(path).load()


def test_folder_without_write_permission_is_an_error(open_folder: Path) -> None:
    path = open_folder / "anchor"
    FileAnchor(path).store(1, DIGEST)
    open_folder.chmod(0o500)
    with pytest.raises(JournalError, match="not written: Permission denied"):
        FileAnchor(path).store(2, OTHER)
    assert FileAnchor(path).load() == (1, DIGEST)


def test_missing_folder_loads_as_none_and_cannot_be_stored(tmp_path: Path) -> None:
    """A volume that is not mounted: the journal counts as restored, and nothing is released."""
    anchor = FileAnchor(tmp_path / "missing" / "anchor")
    assert anchor.load() is None
    with pytest.raises(JournalError):
        anchor.store(1, DIGEST)


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_failed_store_keeps_the_old_anchor(path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    anchor = FileAnchor(path)
    anchor.store(1, DIGEST)
    with monkeypatch.context() as patch:
        patch.setattr(*_failing(call))
        with pytest.raises(JournalError, match="not written: no space"):
            anchor.store(2, OTHER)
    assert anchor.load() == (1, DIGEST)
    assert list(path.parent.iterdir()) == [path]


def test_order_is_sync_rename_sync_of_the_folder(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def note_sync(descriptor: int) -> None:
        folder = S_ISDIR(os.fstat(descriptor).st_mode)
        calls.append("sync folder" if folder else "sync file")
        fsync(descriptor)

    def note_rename(old: Path, new: Path) -> Path:
        calls.append("rename")
        return replace(old, new)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(Path, "replace", note_rename)
    FileAnchor(path).store(1, DIGEST)
    assert calls == ["sync file", "rename", "sync folder"]


def _failing(call: str) -> tuple[object, str, object]:
    def fail(*_: object) -> None:
        raise OSError(28, "no space")

    return (os if call == "fsync" else Path, call, fail)
