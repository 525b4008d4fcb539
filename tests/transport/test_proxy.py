"""Which proxy leads where: settings, exceptions, environment."""

import pytest

from transport.errors import TransportError
from transport.proxy import is_excepted, proxy_for
from transport.settings import ProxySettings
from transport.url import Origin, parse_url


def origin(text: str) -> Origin:
    return parse_url(text).origin


@pytest.mark.parametrize(
    ("no_proxy", "url", "expected"),
    [
        pytest.param("", "http://a.example/", False, id="no exceptions"),
        pytest.param("", "http://localhost:1/", True, id="this machine by name"),
        pytest.param("", "http://127.1.2.3/", True, id="this machine by address"),
        pytest.param("", "http://[::1]/", True, id="this machine by IPv6 address"),
        pytest.param("*", "http://a.example/", True, id="everything"),
        pytest.param("a.example", "http://a.example/", True, id="a name"),
        pytest.param("a.example", "http://b.a.example/", True, id="what is under a name"),
        pytest.param("a.example", "http://ba.example/", False, id="but not what ends like it"),
        pytest.param(".a.example", "http://a.example/", False, id="a dot: not the name itself"),
        pytest.param(".a.example", "http://b.a.example/", True, id="a dot: what is under it"),
        pytest.param("*.a.example", "http://b.a.example/", True, id="a star and a dot"),
        pytest.param(" x , A.Example ", "http://a.example./", True, id="blanks, case, last dot"),
        pytest.param("a:81", "http://a:81/", True, id="a port"),
        pytest.param("a:81", "http://a/", False, id="another port"),
        pytest.param("10.0.0.1", "http://10.0.0.1/", True, id="an address"),
        pytest.param("10.0.0.1", "http://10.0.0.10/", False, id="addresses have no suffixes"),
        pytest.param("10.0.0.0/8", "http://10.1.2.3/", True, id="a network"),
        pytest.param("10.0.0.0/8", "http://a/", False, id="names are not resolved for networks"),
        pytest.param("fd00::/8", "http://[fd00::1]/", True, id="an IPv6 network"),
        pytest.param("[fd00::1]:80", "http://[fd00::1]/", True, id="IPv6 and port"),
        pytest.param("10.0.0.0/99,b", "http://b/", True, id="a bad network is passed over"),
    ],
)
def test_exceptions(no_proxy: str, url: str, expected: bool) -> None:
    assert is_excepted(origin(url), no_proxy) is expected


@pytest.mark.parametrize(
    ("settings", "environment", "url", "expected"),
    [
        pytest.param(ProxySettings(), {"HTTP_PROXY": "http://p"}, "http://a/", None, id="none"),
        pytest.param(
            ProxySettings(proxy_url="http://u:p@p:3128"),
            {},
            "https://a/",
            "http://u:p@p:3128/",
            id="a URL serves both schemes",
        ),
        pytest.param(
            ProxySettings(proxy_url="socks5://p"),
            {},
            "http://localhost/",
            "socks5://p/",
            id="without exceptions even this machine is proxied",
        ),
        pytest.param(
            ProxySettings(proxy_url="http://p", no_proxy="b"),
            {},
            "http://localhost/",
            None,
            id="with exceptions it is not",
        ),
        pytest.param(
            ProxySettings(proxy_from_environment=True),
            {"HTTP_PROXY": "p:1", "https_proxy": "https://q"},
            "http://a/",
            "http://p:1/",
            id="the environment, its scheme left out",
        ),
        pytest.param(
            ProxySettings(proxy_from_environment=True),
            {"HTTP_PROXY": "p:1", "https_proxy": "https://q"},
            "https://a/",
            "https://q/",
            id="the environment in lower case",
        ),
        pytest.param(
            ProxySettings(proxy_from_environment=True),
            {"HTTP_PROXY": "p:1", "NO_PROXY": "a"},
            "http://a/",
            None,
            id="the environment's exceptions",
        ),
        pytest.param(
            ProxySettings(proxy_from_environment=True), {}, "http://a/", None, id="nothing in it"
        ),
    ],
)
def test_proxy_for(
    settings: ProxySettings, environment: dict[str, str], url: str, expected: str | None
) -> None:
    proxy = proxy_for(settings, origin(url), environment)
    assert (proxy and proxy.reveal()) == expected


def test_a_bad_proxy_url() -> None:
    settings = ProxySettings(proxy_url="gopher://p")
    with pytest.raises(TransportError, match="must begin with http:// or https:// or socks5://"):
        proxy_for(settings, origin("http://a/"), {})
