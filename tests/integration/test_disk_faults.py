"""Disks that fail for real under a running agent: it goes on, says so, recovers, loses nothing.

Faults come from system calls (a preloaded library), from a small tmpfs, from a read-only mount.
"""

import os
import signal
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.durability.faults import Stage, mounted, numbered_and_bulky, read_only, stage
from tests.durability.faulty_disk import FaultyDisk
from tests.integration.process import wait_until

# 0.1 s to gather, 0.1 s to spill, one sync; a second for a busy machine.
WINDOW_S = 1.2
QUIET_S = 1.0
# A scrape that is under way when a stop comes is given up.
UNDER_WAY = 1
QUICK = ("-remoteWrite.flushInterval=100ms", "-remoteWrite.spillAfter=100ms")
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
# Half a second for a scrape: these pages take a while on a busy machine.
BULKY: dict[str, Any] = {"page": partial(numbered_and_bulky, lines=15_000), "every": "500ms"}

FAULTS = {
    "writing fails": {"write": "EIO"},
    "the disk is full": {"write": "ENOSPC"},
    "the quota is used up": {"write": "EDQUOT"},
    "a sync fails": {"fsync": "EIO"},
    "read-only": {"write": "EROFS", "open": "EROFS", "truncate": "EROFS", "unlink": "EROFS"},
    "nothing works": {"write": "EIO", "fsync": "EIO", "open": "EIO", "truncate": "EIO"},
}


def metric(on: Stage, name: str, label: str = "") -> float:
    """Of the one remote; 0 where there is none yet."""
    lines = on.subject.get("/metrics").splitlines()
    found = [line for line in lines if line.startswith(name) and label in line]
    return sum(float(line.rpartition(" ")[2]) for line in found)


def disk_is_up(on: Stage) -> bool:
    return metric(on, "promferry_queue_disk_up") == 1


def disk_page(on: Stage) -> str:
    return on.subject.get("/-/health/details")


def wait_for_disk(on: Stage, *, is_up: bool, what: str) -> None:
    wait_until(
        lambda: on.subject.process.is_running and disk_is_up(on) == is_up,
        f"{what}, the disk {'up' if is_up else 'down'}",
        evidence=on.subject.process.output,
    )


def count_in_log(on: Stage, words: str) -> int:
    return on.subject.process.output().count(words)


def test_a_failing_disk_costs_nothing(tmp_path: Path) -> None:
    disk = FaultyDisk(tmp_path / "data" / "queues", tmp_path)
    with stage("promferry", tmp_path, seed=1, flags=QUICK, env=disk.environment) as on:
        on.quiet_s = QUIET_S
        on.gate.shut()
        on.subject.start()
        on.scrape_for(1.0)  # something is stored already
        for count, (what, faults) in enumerate(FAULTS.items(), 1):
            with disk.failing(**faults):
                wait_for_disk(on, is_up=False, what=what)
                assert "in memory" in disk_page(on)
            wait_for_disk(on, is_up=True, what=f"no longer {what}")
            assert count_in_log(on, "data stays in memory until it works") == count
            assert count_in_log(on, "the disk works again") == count
        # What memory held is on the disk now, so that a kill costs no more than it always may.
        on.kill()
        on.recover()
        losses = on.losses()
    assert (losses.oldest_s or 0.0) < WINDOW_S, losses


def test_nothing_is_renamed(tmp_path: Path) -> None:
    disk = FaultyDisk(tmp_path / "data" / "queues", tmp_path)
    with (
        stage("promferry", tmp_path, seed=1, flags=QUICK, env=disk.environment) as on,
        disk.failing(rename="EIO"),
    ):
        on.quiet_s = QUIET_S
        on.gate.shut()
        on.subject.start()
        on.scrape_for(1.0)
        on.subject.stop()
        on.recover()
        assert on.losses().lost <= UNDER_WAY
        assert disk_is_up(on)


def test_a_stop_on_a_failing_disk_is_in_time_and_says_what_is_lost(tmp_path: Path) -> None:
    disk = FaultyDisk(tmp_path / "data" / "queues", tmp_path)
    with (
        stage("promferry", tmp_path, seed=1, flags=QUICK, env=disk.environment) as on,
        disk.failing(fsync="EIO"),
    ):
        on.gate.shut()
        on.subject.start()
        on.scrape_for(1.0)
        on.subject.process.signal(signal.SIGTERM)
        on.subject.process.wait(timeout_s=6.0)
        assert count_in_log(on, "samples lost: cannot write") == 1


def test_a_slow_disk_delays_no_scrape_and_loses_nothing_at_a_stop(tmp_path: Path) -> None:
    disk = FaultyDisk(tmp_path / "data" / "queues", tmp_path)
    with stage("promferry", tmp_path, seed=1, flags=QUICK, env=disk.environment) as on:
        on.quiet_s = QUIET_S
        on.gate.shut()
        on.subject.start()
        with disk.slow(2):
            on.scrape_for(1.0)
            before = len(on.pages.visits("/metrics"))
            on.scrape_for(2.0)
            assert len(on.pages.visits("/metrics")) >= before + 10
            started = time.monotonic()
            on.subject.stop()
            print(f"stopped in {time.monotonic() - started:.1f} s")
        on.recover()
        assert on.losses().lost <= UNDER_WAY


def test_memory_stays_bounded_while_the_disk_fails(tmp_path: Path) -> None:
    disk = FaultyDisk(tmp_path / "data" / "queues", tmp_path)
    # A quarter is for queues, and a queue has 1 MiB at least.
    flags = ("-memory.allowedBytes=4MiB", *QUICK)
    with (
        stage(
            "promferry",
            tmp_path,
            seed=1,
            flags=flags,
            env=disk.environment,
            page=numbered_and_bulky,
        ) as on,
        disk.failing(fsync="EIO"),
    ):
        on.gate.shut()
        on.subject.start()
        dropped = ("promferry_remote_samples_dropped_total", 'reason="memory"')
        wait_until(lambda: metric(on, *dropped) > 0, "a drop", evidence=on.subject.process.output)
        assert metric(on, "vm_persistentqueue_bytes_pending") == 0
        assert metric(on, "vmagent_remotewrite_pending_data_bytes") <= 2**20


@AS_ROOT
def test_a_disk_of_2_mib_fills_up(tmp_path: Path) -> None:
    # Without a floor of free space, so that it is really full.
    flags = ("-memory.allowedBytes=64MiB", "-remoteWrite.minFreeDiskSpace=0%", *QUICK)
    (tmp_path / "data").mkdir()
    with (
        mounted(tmp_path / "data"),
        stage("promferry", tmp_path, seed=1, flags=flags, **BULKY) as on,
    ):
        on.quiet_s = QUIET_S
        on.gate.shut()
        on.subject.start()
        wait_for_disk(on, is_up=False, what="2 MiB are full")
        assert "no space left" in disk_page(on).lower()
        on.gate.open()
        # The remote takes what is stored, that makes room, and the disk is of use again.
        wait_for_disk(on, is_up=True, what="2 MiB are drained")
        on.recover()
        losses = on.losses()
    assert losses.lost == 0, losses


@AS_ROOT
def test_a_disk_that_is_made_read_only_is_used_again_later(tmp_path: Path) -> None:
    # Segments of 256 KiB: a new one is due soon.
    flags = ("-remoteWrite.maxDiskUsagePerURL=4MiB", *QUICK)
    data = tmp_path / "data"
    data.mkdir()
    with (
        mounted(data, size="64m"),
        stage("promferry", tmp_path, seed=1, flags=flags, **BULKY) as on,
    ):
        on.quiet_s = QUIET_S
        on.gate.shut()
        on.subject.start()
        on.scrape_for(1.0)
        with read_only(data):
            wait_for_disk(on, is_up=False, what="read-only")
            on.scrape_for(0.5)
        wait_for_disk(on, is_up=True, what="writable again")
        on.recover()
        assert on.losses().lost == 0
        on.subject.kill()
