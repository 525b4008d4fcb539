"""The promise of the queue under `kill -9`, a small disk and a directory that goes away.

The harness and the other agents' figures: `python -m tests.durability`, docs/durability.md.
"""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.durability.faults import (
    Stage,
    directory_removed,
    full_disk,
    killed_with_remote_down,
    killed_with_remote_flapping,
    killed_with_remote_up,
    stage,
)

# flushInterval (1 s) + spillAfter (1 s) + one fsync; a second for that and a busy machine.
WINDOW_S = 3.0
WRITE_AHEAD_S = 1.0 + 1.0


def lived_through(fault: Callable[[Stage], None], path: Path, *flags: str, seed: int = 1) -> Stage:
    with stage("promferry", path, seed=seed, flags=flags) as on:
        fault(on)
        on.recover()
        return on


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(partial(killed_with_remote_up, rounds=2), id="the remote up"),
        pytest.param(partial(killed_with_remote_down, rounds=2), id="the remote down"),
        pytest.param(partial(killed_with_remote_flapping, rounds=1), id="the remote flapping"),
    ],
)
def test_kill_costs_no_more_than_the_window(fault: Callable[[Stage], None], tmp_path: Path) -> None:
    losses = lived_through(fault, tmp_path).losses()
    assert losses.scraped > 20
    assert losses.oldest_s is not None
    assert losses.oldest_s < WINDOW_S, losses


def test_written_ahead_costs_the_open_batch_only(tmp_path: Path) -> None:
    fault = partial(killed_with_remote_down, rounds=2)
    flags = ("-remoteWrite.spillAfter=0s", "-remoteWrite.flushInterval=100ms")
    losses = lived_through(fault, tmp_path, *flags).losses()
    assert (losses.oldest_s or 0.0) < WRITE_AHEAD_S, losses


def test_a_removed_directory_costs_what_was_in_it(tmp_path: Path) -> None:
    losses = lived_through(directory_removed, tmp_path).losses()
    assert not losses.has_ended
    # What is scraped after the blow is all there.
    assert losses.lost < losses.scraped / 2, losses


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a tmpfs needs root")
def test_a_full_disk_ends_nothing_and_counts_what_went(tmp_path: Path) -> None:
    with stage("promferry", tmp_path, seed=1) as on:
        full_disk(on)
        losses = on.losses()
    assert not on.has_ended
    assert losses.scraped - losses.lost > 0, losses


@pytest.mark.long
@pytest.mark.parametrize("seed", range(34))
@pytest.mark.parametrize(
    "fault",
    [killed_with_remote_up, killed_with_remote_down, killed_with_remote_flapping],
    ids=["up", "down", "flapping"],
)
def test_a_hundred_kills(fault: Callable[..., None], seed: int, tmp_path: Path) -> None:
    losses = lived_through(partial(fault, rounds=1), tmp_path, seed=seed).losses()
    assert (losses.oldest_s or 0.0) < WINDOW_S, losses
