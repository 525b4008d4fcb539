"""URLs taken apart, and what they look like put together again."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transport.errors import TransportError
from transport.url import Origin, Url, clean_target, join_url, parse_url


@pytest.mark.parametrize(
    ("text", "origin", "host_header", "target"),
    [
        pytest.param("http://Host", Origin("http", "host", 80), "host", "/", id="the shortest"),
        pytest.param(
            "https://a.b:9443/x?y=%20#z",
            Origin("https", "a.b", 9443),
            "a.b:9443",
            "/x?y=%20",
            id="a port, a path, a query; a fragment is not sent",
        ),
        pytest.param(
            "http://[::1]:80/", Origin("http", "::1", 80), "[::1]", "/", id="an IPv6 address"
        ),
        pytest.param(
            "http://[fe80::1%25eth0]:9100/",
            Origin("http", "fe80::1%eth0", 9100),
            "[fe80::1]:9100",
            "/",
            id="a zone is for us, not for the server",
        ),
        pytest.param(
            "http://b\xfccher.example/\xfc",
            Origin("http", "xn--bcher-kva.example", 80),
            "xn--bcher-kva.example",
            "/%C3%BC",
            id="beyond ASCII",
        ),
        pytest.param("http://a?b c", Origin("http", "a", 80), "a", "/?b%20c", id="no path"),
    ],
)
def test_parse_url(text: str, origin: Origin, host_header: str, target: str) -> None:
    url = parse_url(text)
    assert (url.origin, url.origin.host_header, url.target) == (origin, host_header, target)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", "must begin with http:// or https://", id="nothing"),
        pytest.param("a:9100/metrics", "must begin with", id="no scheme"),
        pytest.param("http://", "no host", id="no host"),
        pytest.param("http://a:70000/", "out of range", id="a port too large"),
        pytest.param("http://[::1/", "Invalid IPv6 URL", id="half an IPv6 address"),
        pytest.param("http://[::zz]/", "::zz", id="not an IPv6 address"),
        pytest.param("http://a b/", "not a host name", id="a blank in the host"),
        pytest.param("http://a%0d%0ab/", "not a host name", id="a line end in the host"),
        pytest.param(f"http://{'x' * 70}\xfc/", "not a host name", id="a label too long"),
    ],
)
def test_bad_urls(text: str, words: str) -> None:
    with pytest.raises(TransportError, match=words) as caught:
        parse_url(text)
    assert caught.value.kind == "protocol"


def test_credentials_and_queries_are_not_shown() -> None:
    url = parse_url("http://me:p%40ss@a:81/x?token=t0k")
    assert (url.username, url.password.reveal()) == ("me", "p@ss")
    for text in (repr(url), str(url), url.place):
        assert "p@ss" not in text
    assert url.place == "http://a:81/x"
    assert url.reveal() == "http://me:p%40ss@a:81/x?token=t0k"
    with pytest.raises(TransportError) as caught:
        parse_url("ftp://me:p%40ss@a/x?token=t0k")
    assert "p%40ss" not in str(caught.value)
    assert "t0k" not in str(caught.value)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        pytest.param("/a?b=c&d[]=e%2f", "/a?b=c&d[]=e%2f", id="fine as it is"),
        pytest.param("a", "/a", id="made absolute"),
        pytest.param("/a b\r\nc", "/a%20b%0D%0Ac", id="blanks and line ends are escaped"),
        pytest.param("", "/", id="nothing"),
    ],
)
def test_clean_target(target: str, expected: str) -> None:
    assert clean_target(target) == expected


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        pytest.param("/x", "http://a:81/x", id="a path"),
        pytest.param("x?y", "http://a:81/b/x?y", id="a relative path"),
        pytest.param("//c/x", "http://c/x", id="a host"),
        pytest.param("https://c", "https://c/", id="a URL"),
        pytest.param("?q", "http://a:81/b/c?q", id="a query"),
    ],
)
def test_join_url(reference: str, expected: str) -> None:
    base = Url(Origin("http", "a", 81), "/b/c")
    assert str(join_url(base, reference)) == expected


def test_authority_has_always_a_port() -> None:
    assert Origin("https", "::1", 443).authority == "[::1]:443"


urls = st.text(max_size=40) | st.text("htps:/@[]#?%.0123456789ab\r\n \u00fc", max_size=20).map(
    lambda rest: f"http://{rest}"
)


@given(text=urls)
def test_any_text_is_a_url_or_an_error(text: str) -> None:
    for parse in (parse_url, lambda text: join_url(Url(Origin("http", "a", 81), "/"), text)):
        with suppress(TransportError):
            url = parse(text)
            line = f"GET {url.target} HTTP/1.1 {url.origin.host_header}"
            assert line.isascii()
            assert line.isprintable()
            assert len(line.split(" ")) == 4
