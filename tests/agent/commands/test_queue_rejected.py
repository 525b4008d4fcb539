"""`promferry queue rejected`: what is shown of what remotes refused."""

import json
from pathlib import Path

import pytest

from agent.commands.queue import run
from pushqueue.rejected import FOLDER, RejectedFile
from tests.pushqueue.test_rejected import block, rejection


@pytest.fixture
def data_path(tmp_path: Path) -> Path:
    file = RejectedFile(tmp_path / FOLDER, "far", "far")
    file.write([rejection(block(12)), rejection(kind="maybe_delivered", words="out of order")])
    return tmp_path


def test_for_people(data_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rejected", f"-path={data_path}"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "2026-11-24T10:00:00Z far: refused: 400: no"
    assert lines[1] == '  load{n="x0"} 1.5 1795514400000'
    assert "  and 2 more" in lines
    assert "maybe delivered: out of order" in lines[-2]


def test_for_programs_and_by_selector(data_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rejected", f"-path={data_path}", "-json", 'load{n="x3"}']) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert [sample["labels"]["n"] for sample in json.loads(line)["samples"]] == ["x3"]


def test_nothing_was_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rejected", f"-path={tmp_path}"]) == 0
    assert capsys.readouterr().out == ""


def test_mistakes(tmp_path: Path) -> None:
    assert run(["rejected", f"-path={tmp_path}/nowhere"]) == 1
    assert run(["rejected", f"-path={tmp_path}", "{"]) == 1
    assert run(["list", f"-path={tmp_path}", "load"]) == 2
