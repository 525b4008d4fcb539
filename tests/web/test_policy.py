import pytest

from web.policy import is_loopback, why_not_change_state


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("localhost", True),
        ("LOCALHOST.", True),
        ("10.0.0.1", False),
        ("0.0.0.0", False),
        ("localhost.evil.example", False),
        ("", False),
        ("127.0.0.1.evil.example", False),
    ],
)
def test_is_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    ("client", "headers"),
    [
        pytest.param("127.0.0.1", {"host": "127.0.0.1:8429"}, id="curl on this host"),
        pytest.param("::1", {"host": "[::1]:8429"}, id="curl over IPv6"),
        pytest.param("127.0.0.1", {"host": "localhost"}, id="by name"),
        pytest.param("127.0.0.1", {}, id="HTTP/1.0 without a Host"),
        pytest.param(None, {"host": "anything"}, id="a unix socket, whose rights decide"),
        pytest.param(
            "127.0.0.1",
            {
                "host": "localhost:1",
                "origin": "http://localhost:1",
                "sec-fetch-site": "same-origin",
            },
            id="our own page in a browser",
        ),
        pytest.param(
            "127.0.0.1", {"host": "localhost", "sec-fetch-site": "none"}, id="typed by the user"
        ),
    ],
)
def test_who_may_change_state(client: str | None, headers: dict[str, str]) -> None:
    assert why_not_change_state(client, headers) is None


@pytest.mark.parametrize(
    ("client", "headers", "reason"),
    [
        pytest.param("10.0.0.7", {"host": "127.0.0.1"}, "10.0.0.7 is not one", id="another host"),
        pytest.param(
            "127.0.0.1", {"host": "evil.example:8429"}, "'evil.example:8429'", id="DNS rebinding"
        ),
        pytest.param(
            "127.0.0.1", {"host": "a.localhost.evil.example"}, "Host", id="a name that looks local"
        ),
        pytest.param(
            "127.0.0.1",
            {"host": "localhost:1", "origin": "http://evil.example"},
            "a page of 'http://evil.example'",
            id="a form on a foreign page",
        ),
        pytest.param(
            "127.0.0.1", {"host": "localhost:1", "origin": "null"}, "a page of", id="a sandbox"
        ),
        pytest.param(
            "127.0.0.1",
            {"host": "localhost", "sec-fetch-site": "cross-site"},
            "another site",
            id="an image on a foreign page",
        ),
        pytest.param(
            "127.0.0.1",
            {"host": "localhost", "sec-fetch-site": "same-site"},
            "another site",
            id="a page of another port of this host",
        ),
        pytest.param(
            "127.0.0.1",
            {"host": "localhost", "x-forwarded-for": "127.0.0.1"},
            "through a proxy",
            id="a proxy on this host",
        ),
    ],
)
def test_who_may_not(client: str, headers: dict[str, str], reason: str) -> None:
    why = why_not_change_state(client, headers)
    assert why is not None
    assert reason in why
