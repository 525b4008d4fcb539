"""The comparison with Prometheus: a short run for CI, a long one on demand."""

import random
import time
from pathlib import Path

import pytest

from tests.differential.exposition_vs_prometheus import compare
from tests.differential.odd_pages import odd_pages


@pytest.mark.integration
@pytest.mark.parametrize(
    ("count", "seed"),
    [
        pytest.param(20, 1, id="some pages of each format"),
        # More targets at once than that time out on two cores.
        *[
            pytest.param(
                150, seed, id=f"150 pages of each format by {seed}", marks=pytest.mark.long
            )
            for seed in range(2, 8)
        ],
    ],
)
def test_exposition_as_prometheus(count: int, seed: int, tmp_path: Path) -> None:
    pages = odd_pages(random.Random(seed), count, time.time())
    assert compare(pages, tmp_path) == []
