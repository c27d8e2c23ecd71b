from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from vault_svc.adapters.checkpointfile import CheckpointFile
from vault_svc.domain.audit import Checkpoint
from vault_svc.domain.errors import AuditChainBroken, AuditUnavailable

if TYPE_CHECKING:
    from pathlib import Path


def a_checkpoint(number: int = 1) -> Checkpoint:
    """A checkpoint of one stream."""
    heads = {"api": {"seq": number, "hash": "ab" * 32}}
    return Checkpoint(f"CP-{number}", datetime(2026, 1, 5, 1, 2, 3, number, tzinfo=UTC), heads, "vault:v1:签")


def test_a_damaged_line_is_not_passed_over(tmp_path: Path) -> None:
    """A line that was whole once and is none now says where."""
    path = tmp_path / "checkpoints.jsonl"
    file = CheckpointFile(path)
    for number in (1, 2, 3):
        file.append(a_checkpoint(number))
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([lines[0], lines[1][5:], *lines[2:]]))

    with pytest.raises(AuditChainBroken) as caught:
        file.read()

    assert "line 2" in caught.value.detail.en


@pytest.mark.parametrize("line", [b"{}", b"[]", b'"x"', b'{"id":1,"at":"x","heads":{},"signature":""}', b""])
def test_a_line_that_is_no_checkpoint_is_not_passed_over(tmp_path: Path, line: bytes) -> None:
    """JSON of another shape is damage as well."""
    path = tmp_path / "checkpoints.jsonl"
    path.write_bytes(line + b"\n")

    with pytest.raises(AuditChainBroken):
        CheckpointFile(path).read()


def test_a_place_that_can_not_be_written_is_unavailable(tmp_path: Path) -> None:
    """No error of the system comes out."""
    file = CheckpointFile(tmp_path / "none" / "checkpoints.jsonl")

    with pytest.raises(AuditUnavailable):
        file.append(a_checkpoint())


def test_a_place_that_can_not_be_read_is_unavailable(tmp_path: Path) -> None:
    """A folder in its place is not an empty file."""
    with pytest.raises(AuditUnavailable):
        CheckpointFile(tmp_path).read()


@pytest.mark.parametrize("cut", [1, 2, 40, 10_000])
def test_a_torn_last_line_is_passed_over_and_replaced(tmp_path: Path, cut: int) -> None:
    """A crash in the middle of a line loses that line only, and the next one does not stick to its rest."""
    path = tmp_path / "checkpoints.jsonl"
    file = CheckpointFile(path)
    file.append(a_checkpoint(1))
    whole = path.stat().st_size
    big = Checkpoint("CP-2", a_checkpoint().at, {f"s{n}": {"seq": n, "hash": "0" * 64} for n in range(200)}, "x")
    file.append(big)
    with path.open("r+b") as torn:
        torn.truncate(max(whole + 1, path.stat().st_size - cut))

    before = file.read()
    file.append(a_checkpoint(3))

    assert before == [a_checkpoint(1)]
    assert file.read() == [a_checkpoint(1), a_checkpoint(3)]


def test_what_is_appended_is_read_in_order(tmp_path: Path) -> None:
    """Every field comes back; the file is for its owner alone."""
    path = tmp_path / "checkpoints.jsonl"
    file = CheckpointFile(path)
    assert file.read() == []

    for number in (1, 2, 3):
        file.append(a_checkpoint(number))

    assert CheckpointFile(path).read() == [a_checkpoint(number) for number in (1, 2, 3)]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_many_may_append_at_once(tmp_path: Path) -> None:
    """Lines of several writers do not run into each other."""
    path = tmp_path / "checkpoints.jsonl"

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: CheckpointFile(path).append(a_checkpoint(number)), range(40)))

    assert sorted(one.heads["api"]["seq"] for one in CheckpointFile(path).read()) == list(range(40))
