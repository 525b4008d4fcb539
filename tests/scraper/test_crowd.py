"""How wide slots are, and what falls into one."""

from collections import Counter

import pytest

from relabel.pipeline import compile_rules
from scraper.crowd import PER_SLOT, Crowd, slot_ms_for
from scraper.schedule import Schedule
from scraper.target import build, discovered
from tests.scraper.fleet import job_of


@pytest.mark.parametrize(
    ("per_second", "slot_ms"),
    [
        pytest.param(0, 100, id="nobody"),
        pytest.param(200, 100, id="as many as a wide slot takes"),
        pytest.param(201, 50, id="one more"),
        pytest.param(1000, 20, id="a thousand"),
        pytest.param(2000, 10, id="two thousand"),
        pytest.param(1e9, 10, id="any number"),
    ],
)
def test_slot_ms_for(per_second: float, slot_ms: int) -> None:
    assert slot_ms_for(per_second) == slot_ms


def test_all_jobs_count_and_one_that_ends_does_not() -> None:
    crowd = Crowd()
    crowd.note("a", 150)
    crowd.note("b", 150)
    assert crowd.slot_ms == 50
    crowd.note("a", 0)
    assert crowd.slot_ms == 100


def test_a_thousand_targets_a_second_are_spread() -> None:
    """Counted, not timed: how many are due at one time, which is how many wait for one another."""
    job = job_of()
    pipeline = compile_rules(())
    due: Counter[int] = Counter()
    for number in range(1000):
        target = build(job, pipeline, discovered(job, f"10.0.{number // 250}.{number % 250}", {}))
        due[Schedule.of(1.0, target.stable_hash, slot_ms=slot_ms_for(1000)).offset_ms] += 1
    assert len(due) == 50
    assert max(due.values()) <= 2 * PER_SLOT
