"""`promferry convert -to=DIR`: the files are there whole or not at all, whatever the disk does."""

import os
from pathlib import Path

import pytest

from cli import main
from tests.durability.faults import mounted, read_only
from tests.integration.agent import command
from tests.integration.process import Process, wait_until

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
GOOD = "scrape_configs: []\nremote_write: [{url: 'http://127.0.0.1:9/w'}]\n"
NAMES = {"prometheus.yml", "promferry.sh"}


def write(path: Path, comment_bytes: int) -> Path:
    path.write_text("#" + "x" * 98 + "\n" + GOOD + ("#" + "y" * 98 + "\n") * (comment_bytes // 100))
    return path


@AS_ROOT
def test_a_full_disk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write(tmp_path / "old.yml", 400_000)
    folder = tmp_path / "new"
    folder.mkdir()
    with mounted(folder, size="128k"):
        assert main(["convert", str(source), f"-to={folder}"]) == 1
        assert list(folder.iterdir()) == []
        assert main(["convert", str(write(tmp_path / "small.yml", 100)), f"-to={folder}"]) == 0
        assert {path.name for path in folder.iterdir()} == NAMES
        before = (folder / "prometheus.yml").read_text()
        assert main(["convert", str(source), f"-to={folder}", "-force"]) == 1
        assert (folder / "prometheus.yml").read_text() == before
        assert {path.name for path in folder.iterdir()} == NAMES
    assert capsys.readouterr().err.count("No space left on device") == 2


@AS_ROOT
def test_a_directory_that_may_only_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    with read_only(folder):
        argv = ["convert", str(write(tmp_path / "old.yml", 100)), f"-to={folder}"]
        assert main(argv) == 1
        assert main([*argv, "-force"]) == 1
    assert list(folder.iterdir()) == []
    assert "Read-only file system" in capsys.readouterr().err


def test_a_kill_while_it_writes(tmp_path: Path) -> None:
    source, folder = write(tmp_path / "old.yml", 6_000_000), tmp_path / "new"
    argv = [*command(), "convert", str(source), f"-to={folder}"]
    process = Process(argv, tmp_path / "convert.log")
    process.start()

    def half_written() -> bool:
        return any(folder.glob(".*.new")) or (folder / "promferry.sh").exists()

    wait_until(half_written, "a file under way", evidence=process.output)
    process.kill()
    there = {path.name for path in folder.iterdir()} & NAMES
    assert there in (set(), {"prometheus.yml"}, NAMES)
    if there:
        assert (folder / "prometheus.yml").stat().st_size == source.stat().st_size
    assert main([*argv[len(command()) :], "-force"]) == 0
    assert (folder / "prometheus.yml").read_bytes() == source.read_bytes()


@pytest.mark.parametrize("path", ["/dev/zero", "."])
def test_what_is_no_file(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", path]) == 1
    assert f"promferry convert: {path}: " in capsys.readouterr().err
