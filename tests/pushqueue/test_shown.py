"""What may be shown of a URL."""

import pytest

from pushqueue.shown import shown_url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        pytest.param("http://h:1/api/v1/write", "http://h:1/api/v1/write", id="as it is"),
        pytest.param("https://u:p@h/x", "https://h/x", id="without user and password"),
        pytest.param("https://u:p%40@h/x", "https://h/x", id="however they are written"),
        pytest.param("https://h/x?token=t#f", "https://h/x", id="without query and fragment"),
        pytest.param("http://[::1]:8/x", "http://[::1]:8/x", id="an IPv6 address"),
        pytest.param("nonsense", "://nonsense", id="nonsense does not fail"),
    ],
)
def test_shown(url: str, shown: str) -> None:
    assert shown_url(url) == shown
