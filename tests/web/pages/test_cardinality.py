"""The page of cardinality."""

from math import nan

from tests.web.snapshots import NASTY, views
from web.pages.cardinality import cardinality_html
from web.views import Track


async def page(*tracks: Track, job: str = "") -> str:
    found = await views().cardinality(job)
    return "".join(cardinality_html(found, job, ("node",), tracks))


async def test_the_greatest_come_with_their_share() -> None:
    text = await page()
    assert "10 series of 2 metrics" in text
    assert "90.0%" in text
    assert "every scrape found what the one before had" in text


async def test_growth_is_drawn_for_jobs_that_grow() -> None:
    grows = Track(name="added", job="node", step_s=10.0, points=[nan, 0.0, 12.0])
    still = Track(name="added", job="still", step_s=10.0, points=[0.0, 0.0])
    text = await page(grows, still)
    assert "Job node" in text
    assert "12 a minute" in text
    assert "Job still" not in text


async def test_names_are_escaped() -> None:
    assert NASTY not in await page()
