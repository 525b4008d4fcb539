import attrs

from agent.summary import summary
from scraper.manager import ScraperStatistics
from tests.agent.metrics.test_render import POOL, REMOTE, SNAPSHOT


def test_while_all_is_well_nothing_is_said() -> None:
    pool = attrs.evolve(POOL, targets_down=0)
    well = attrs.evolve(SNAPSHOT, remotes=(), scraper=ScraperStatistics(pools=(pool,)))
    assert summary(well) is None


def test_what_fails_is_one_line() -> None:
    text = summary(SNAPSHOT)
    assert text == (
        "still: 1 of 6 targets are down (1 of job node); remote berlin is holding, "
        "30 samples wait, the oldest for 12 s: 401 Unauthorized"
    )
    assert REMOTE.name in text


def test_many_jobs_are_cut() -> None:
    pools = tuple(attrs.evolve(POOL, job=f"job-{number}") for number in range(9))
    text = summary(attrs.evolve(SNAPSHOT, remotes=(), scraper=ScraperStatistics(pools=pools)))
    assert text is not None
    assert text.endswith("1 of job job-4 and 4 more jobs)")
