"""Where an answer sends us, with what."""

import pytest

from transport.redirect import redirect_of
from transport.url import parse_url


@pytest.mark.parametrize(
    ("status", "method", "expected_method", "keeps_body"),
    [
        pytest.param(301, "POST", "GET", False, id="301 turns POST into GET"),
        pytest.param(302, "POST", "GET", False, id="302 too"),
        pytest.param(303, "POST", "GET", False, id="303 too"),
        pytest.param(307, "POST", "POST", True, id="307 repeats"),
        pytest.param(308, "POST", "POST", True, id="308 too"),
        pytest.param(302, "HEAD", "HEAD", False, id="HEAD stays HEAD"),
    ],
)
def test_methods(status: int, method: str, expected_method: str, keeps_body: bool) -> None:
    redirect = redirect_of(status, "/b", method, parse_url("http://a/"))
    assert redirect is not None
    assert (redirect.method, redirect.keeps_body) == (expected_method, keeps_body)
    assert str(redirect.url) == "http://a/b"


@pytest.mark.parametrize(
    ("status", "location"),
    [
        pytest.param(200, "/b", id="a success"),
        pytest.param(300, "/b", id="several choices"),
        pytest.param(304, "/b", id="not modified"),
        pytest.param(302, None, id="no Location"),
        pytest.param(302, "", id="an empty Location"),
    ],
)
def test_no_redirects(status: int, location: str | None) -> None:
    assert redirect_of(status, location, "GET", parse_url("http://a/")) is None


@pytest.mark.parametrize(
    ("here", "there", "expected"),
    [
        pytest.param("http://a/", "http://a/x", True, id="the same host"),
        pytest.param("http://a/", "http://a:81/", True, id="another port (as Go)"),
        pytest.param("http://a/", "https://a/", True, id="into TLS"),
        pytest.param("https://a/", "http://a/", False, id="out of TLS"),
        pytest.param("http://a/", "http://b/", False, id="another host"),
        pytest.param("http://a/", "http://x.a/", False, id="a host under it"),
    ],
)
def test_who_may_know_us(here: str, there: str, expected: bool) -> None:
    redirect = redirect_of(302, there, "GET", parse_url(here))
    assert redirect is not None
    assert redirect.keeps_identity is expected
