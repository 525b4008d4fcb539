"""Sizes in labels."""

import pytest

from scraper.size import parse_size


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [
        pytest.param("1000", 1000, id="bytes"),
        pytest.param("16MiB", 16 * 2**20, id="binary"),
        pytest.param("64KB", 64_000, id="decimal"),
        pytest.param("1.5 GiB", 3 * 2**29, id="a fraction, a blank"),
    ],
)
def test_size(text: str, size_bytes: int) -> None:
    assert parse_size(text) == size_bytes


@pytest.mark.parametrize("text", ["", "MB", "-1", "1iB", "1e3", "1XB"])
def test_no_size(text: str) -> None:
    with pytest.raises(ValueError, match="not a size"):
        parse_size(text)
