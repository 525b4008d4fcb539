"""A page as it was exposed, for whoever watches."""

from array import array

from scraper.exposition.numbers import NO_TIMESTAMP
from scraper.exposition.page import Page
from scraper.raw import RawBatches

KEYS = (b'b{z="1",a="2"} ', b"a ")


def test_labels_are_those_of_the_page() -> None:
    raw = RawBatches()
    page = Page(KEYS, array("d", [1.0, 2.0]))
    batch = raw.of(page, 7, 5000)
    assert [template.labels() for template in batch.layout.templates] == [
        (("__name__", "b"), ("a", "2"), ("z", "1")),
        (("__name__", "a"),),
    ]
    assert (list(batch.values), batch.timestamps, batch.lane_key) == ([1.0, 2.0], 5000, 7)
    assert raw.of(page, 7, 6000).layout is batch.layout


def test_timestamps_of_the_page_count() -> None:
    page = Page(KEYS, array("d", [1.0, 2.0]), array("q", [NO_TIMESTAMP, 3]))
    assert list(RawBatches().of(page, 7, 5000).timestamps) == [5000, 3]  # type: ignore[arg-type]
