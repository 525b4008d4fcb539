"""The promise of the queue under `kill -9`, a small disk and a directory that goes away.

The harness and the other agents' figures: `python -m tests.durability`, docs/durability.md.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.durability.faults import Stage, directory_removed, full_disk, stage
from tests.durability.kills import killed_again_and_again, pusher_killed, pushing
from tests.durability.weather import DOWN, WEATHERS

# flushInterval (1 s) + spillAfter (1 s) + one fsync; a second for that and a busy machine.
WINDOW_S = 3.0
# One fsync; a scrape under way, and a second for a busy machine.
WRITE_AHEAD_S = 1.5


# promferry tries again every second or two, and sends all that it has at once.
QUIET_S = 1.0


def lived_through(fault: Callable[[Stage], None], path: Path, *flags: str, seed: int = 1) -> Stage:
    with stage("promferry", path, seed=seed, flags=flags) as on:
        on.quiet_s = QUIET_S
        fault(on)
        on.recover()
        return on


def check_kills(path: Path, *flags: str, kind: str, rounds: int, window_s: float) -> None:
    with stage("promferry", path, seed=rounds, flags=flags) as on:
        on.quiet_s = QUIET_S
        killed_again_and_again(on, rounds=rounds, kind=kind)
        on.recover()
        losses = on.losses()
        print(kind, *flags, losses, on.far_end.resent, on.gate.interruptions)
        assert losses.scraped > 5 * rounds
        assert losses.oldest_s is not None
        assert losses.oldest_s < window_s, losses
        # A Block that was on its way is sent again, nothing else is.
        assert on.far_end.resent <= rounds + on.gate.interruptions
        assert on.far_end.is_in_order


def check_promises(path: Path, *, kind: str, rounds: int, spill_after_s: float) -> None:
    with pushing(path, f"-spillAfter={spill_after_s}") as pusher:
        pusher_killed(pusher, rounds=rounds, kind=kind, seed=rounds)
        promised = pusher.promised()
        pusher.recover()
        print(kind, spill_after_s, len(promised), "promised", pusher.far_end.resent)
        assert len(promised) > 4 * rounds
        assert promised <= pusher.far_end.arrivals().keys()
        assert pusher.far_end.resent <= rounds + pusher.gate.interruptions


@pytest.mark.parametrize("kind", WEATHERS)
def test_kill_costs_no_more_than_the_window(kind: str, tmp_path: Path) -> None:
    check_kills(tmp_path, kind=kind, rounds=2, window_s=WINDOW_S)


def test_written_ahead_costs_one_sync(tmp_path: Path) -> None:
    check_kills(tmp_path, "-remoteWrite.spillAfter=0s", kind=DOWN, rounds=2, window_s=WRITE_AHEAD_S)


@pytest.mark.parametrize("kind", WEATHERS)
def test_what_a_pusher_was_promised_survives_kills(kind: str, tmp_path: Path) -> None:
    check_promises(tmp_path, kind=kind, rounds=3, spill_after_s=0.0)


def test_a_removed_directory_costs_what_was_in_it(tmp_path: Path) -> None:
    losses = lived_through(directory_removed, tmp_path).losses()
    assert not losses.has_ended
    # What is scraped after the blow is all there.
    assert losses.lost < losses.scraped / 2, losses


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a tmpfs needs root")
def test_a_full_disk_ends_nothing_and_counts_what_went(tmp_path: Path) -> None:
    """With the floor of free space that is the default; without it: test_disk_faults.py."""
    with stage("promferry", tmp_path, seed=1) as on:
        full_disk(on)
        losses = on.losses()
    assert not on.has_ended
    assert losses.scraped - losses.lost > 0, losses


@pytest.mark.long
@pytest.mark.parametrize(("kind", "rounds"), zip(WEATHERS, (33, 33, 34), strict=True))
def test_a_hundred_kills(kind: str, rounds: int, tmp_path: Path) -> None:
    check_kills(tmp_path, kind=kind, rounds=rounds, window_s=WINDOW_S)


@pytest.mark.long
@pytest.mark.parametrize(("kind", "rounds"), zip(WEATHERS, (33, 33, 34), strict=True))
def test_a_hundred_kills_written_ahead(kind: str, rounds: int, tmp_path: Path) -> None:
    flag = "-remoteWrite.spillAfter=0s"
    check_kills(tmp_path, flag, kind=kind, rounds=rounds, window_s=WRITE_AHEAD_S)


@pytest.mark.long
@pytest.mark.parametrize("spill_after_s", [0.0, 1.0])
@pytest.mark.parametrize(("kind", "rounds"), zip(WEATHERS, (33, 33, 34), strict=True))
def test_a_hundred_kills_of_a_pusher(
    kind: str, rounds: int, spill_after_s: float, tmp_path: Path
) -> None:
    check_promises(tmp_path, kind=kind, rounds=rounds, spill_after_s=spill_after_s)
