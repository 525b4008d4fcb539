"""Whole-page work in slices: the same results, and a yield for each slice."""

import pytest

from scraper.slices import PER_SLICE, are_equal, digest, empty, gathered
from tests.scraper.steps import finish

LONG = tuple(range(3 * PER_SLICE))


@pytest.mark.parametrize(
    ("left", "right", "are"),
    [
        pytest.param(LONG, LONG, True, id="the same object"),
        pytest.param(LONG, tuple(range(3 * PER_SLICE)), True, id="equal ones"),
        pytest.param(LONG, (*LONG[:-1], -1), False, id="another at the end"),
        pytest.param(LONG, LONG[:-1], False, id="a shorter one"),
        pytest.param((), (), True, id="empty ones"),
    ],
)
def test_are_equal(left: tuple[int, ...], right: tuple[int, ...], are: bool) -> None:
    assert finish(are_equal(left, right)) is are
    assert (finish(digest(left)) == finish(digest(right))) is are


def test_long_work_is_done_in_steps() -> None:
    assert len(list(digest(LONG))) == 3
    assert finish(gathered(LONG)) == set(LONG)


@pytest.mark.parametrize("kind", [list, set, dict.fromkeys])
def test_empty(kind: type[list[int]]) -> None:
    held = kind(LONG)
    assert len(list(empty(held))) == 2
    assert not held
