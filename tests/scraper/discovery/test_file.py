"""Files that come, change, break and go."""

import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import attrs
import pytest
import trio
from trio.testing import MockClock

from scraper.discovery import file as file_module
from scraper.discovery.file import FILEPATH_LABEL, POLL_S, Files, read_groups
from scraper.settings import FileDiscovery, TargetGroup
from tests.scraper.fleet import Fleet, Reply

GroupsOf = Callable[[str], list[TargetGroup]]


async def at_once(function: GroupsOf, path: str) -> list[TargetGroup]:
    """In place of a thread, which the mock clock does not wait for."""
    return function(path)


@attrs.define
class Watched:
    """A discovery that runs, and all that it has published: the addresses, joined."""

    files: Files
    published: list[str] = attrs.field(factory=list)

    def publish(self, groups: Sequence[TargetGroup]) -> None:
        self.published.append(" ".join([target for group in groups for target in group.targets]))


async def watched(nursery: trio.Nursery, *patterns: Path) -> Watched:
    settings = FileDiscovery(files=tuple(map(str, patterns)))
    watch = Watched(Files(settings, at_once))
    nursery.start_soon(watch.files.run, watch.publish)
    await trio.sleep(0.1)
    return watch


def write(path: Path, *targets: str) -> None:
    """As a careful writer does it: a new file in the place of the old one."""
    quoted = ", ".join(f'"{target}"' for target in targets)
    new = path.with_suffix(".tmp")
    new.write_text(f'[{{"targets": [{quoted}]}}]')
    os.replace(new, path)


async def test_the_first_set_comes_at_once(
    tmp_path: Path, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    write(tmp_path / "a.json", "a:1", "a:2")
    (tmp_path / "b.yml").write_text("- targets: [b:1]\n")
    watch = await watched(nursery, tmp_path / "b.yml", tmp_path / "a.json")
    assert watch.published == ["b:1 a:1 a:2"]


async def test_no_file_is_an_empty_set(
    tmp_path: Path, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    watch = await watched(nursery, tmp_path / "none.json", tmp_path / "*.yml")
    assert watch.published == [""]


async def test_a_change_is_noticed_within_two_seconds(
    tmp_path: Path, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    write(tmp_path / "a.json", "a:1")
    watch = await watched(nursery, tmp_path / "a.json")
    write(tmp_path / "a.json", "a:2")
    await trio.sleep(2)
    assert watch.published == ["a:1", "a:2"]


async def test_files_that_fit_a_pattern_come_and_go(
    tmp_path: Path, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    write(tmp_path / "b.json", "b")
    watch = await watched(nursery, tmp_path / "*.json")
    write(tmp_path / "a.json", "a")
    await trio.sleep(2)
    (tmp_path / "b.json").unlink()
    await trio.sleep(2)
    assert watch.published == ["b", "a b", "a"]


async def test_nothing_is_published_while_nothing_changes(
    tmp_path: Path, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    write(tmp_path / "a.json", "a")
    watch = await watched(nursery, tmp_path / "a.json")
    write(tmp_path / "a.json", "a")  # another file of the same content
    await trio.sleep(20)
    assert watch.published == ["a"]


async def test_a_broken_file_keeps_its_last_good_targets(
    tmp_path: Path,
    nursery: trio.Nursery,
    autojump_clock: MockClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    write(tmp_path / "a.json", "a")
    write(tmp_path / "b.json", "b")
    watch = await watched(nursery, tmp_path / "*.json")
    caplog.set_level(logging.INFO)
    (tmp_path / "a.json").write_text("[{")
    await trio.sleep(20 * POLL_S)
    (tmp_path / "a.json").write_text("[{ ")
    write(tmp_path / "b.json", "b2")
    await trio.sleep(2)
    assert watch.published == ["a b", "a b2"]
    assert "a.json: not JSON" in watch.files.last_error
    assert len(caplog.records) <= 2
    write(tmp_path / "a.json", "a3")
    await trio.sleep(2)
    assert watch.published[2:] == ["a3 b2"]
    assert watch.files.last_error == ""


async def test_a_file_that_is_broken_at_first_has_no_targets(
    tmp_path: Path, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    (tmp_path / "a.json").write_text("nonsense")
    watch = await watched(nursery, tmp_path / "a.json")
    assert watch.published == [""]
    write(tmp_path / "a.json", "a")
    await trio.sleep(2)
    assert watch.published == ["", "a"]


def test_groups_know_their_file(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("- targets: [a]\n  labels: {x: 1}\n")
    assert read_groups(str(path)) == [
        TargetGroup(targets=("a",), labels={"x": "1", FILEPATH_LABEL: str(path)}, source=str(path))
    ]


def test_a_very_large_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_module, "MAX_FILE_BYTES", 10)
    path = tmp_path / "a.json"
    path.write_text("[" + " " * 10 + "]")
    with pytest.raises(ValueError, match="larger than 10 bytes"):
        read_groups(str(path))


def test_placeholders_are_filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHERE", "cellar")
    path = tmp_path / "a.yml"
    path.write_text("- targets: ['%{WHERE}:1', '%{NOT_SET}:2']\n")
    (group,) = read_groups(str(path))
    assert group.targets == ("cellar:1", "%{NOT_SET}:2")


URL = "http://sd:80/targets.json"


async def test_behind_a_url_targets_change_at_the_interval(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    fleet = Fleet(nursery)
    answers = ['[{"targets": ["a"]}]', '[{"targets": ["b"]}]', "[{", '[{"targets": ["b"]}]']
    fleet.scripts["sd:80"] = lambda number: Reply(answers[number])
    files = Files(
        FileDiscovery(files=(URL,), refresh_interval_s=30.0), at_once, client_of=fleet.client_of
    )
    watch = Watched(files)
    nursery.start_soon(files.run, watch.publish)
    await trio.sleep(29)
    assert watch.published == ["a"]
    await trio.sleep(30)
    assert watch.published == ["a", "b"]
    await trio.sleep(30)
    assert "not JSON" in files.last_error
    await trio.sleep(30)
    assert (watch.published, files.last_error) == (["a", "b"], "")


async def test_the_first_set_waits_for_urls(
    tmp_path: Path, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    fleet = Fleet(nursery)
    fleet.scripts["sd:80"] = lambda number: Reply('[{"targets": ["a"]}]', delay_s=3)
    write(tmp_path / "b.json", "b")
    settings = FileDiscovery(files=(URL, str(tmp_path / "b.json")))
    files = Files(settings, at_once, client_of=fleet.client_of)
    watch = Watched(files)
    nursery.start_soon(files.run, watch.publish)
    await trio.sleep(2)
    assert watch.published == []
    await trio.sleep(2)
    assert watch.published == ["b a"]


async def test_user_and_password_of_a_url_are_sent_and_not_shown(
    nursery: trio.Nursery, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    fleet = Fleet(nursery)
    fleet.scripts["sd:80"] = lambda number: Reply('[{"targets": ["a"]}]' if not number else "[{")
    settings = FileDiscovery(files=("http://ada:pw@sd:80/t.json",), refresh_interval_s=30.0)
    files = Files(settings, at_once, client_of=fleet.client_of)
    groups: list[TargetGroup] = []
    nursery.start_soon(files.run, groups.extend)
    await trio.sleep(35)
    assert fleet.requests[0][1].header("authorization") == "Basic YWRhOnB3"
    assert groups[0].labels[FILEPATH_LABEL] == "http://sd:80/t.json"
    assert "http://sd:80/t.json: not JSON" in files.last_error
    assert "pw@" not in caplog.text
