"""What a request says, by names."""

import pytest

from web.request import Headers, Query, Request


def test_headers_are_found_in_any_letter_case_and_the_first_counts() -> None:
    headers = Headers([(b"Accept", b"a"), (b"accept", b"b"), (b"x", b"\xe9")])
    assert (headers["ACCEPT"], headers.get("x"), "y" in headers) == ("a", "\xe9", False)
    assert dict(headers) == {"accept": "a", "x": "\xe9"}
    assert len(headers) == 2


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        pytest.param(b"", {}, id="none"),
        pytest.param(b"a=1&b=", {"a": "1", "b": ""}, id="an empty one is there"),
        pytest.param(b"a=1&a=2", {"a": "2"}, id="of two the last"),
        pytest.param(b"q=up%7Ba%3D%22x+y%22%7D", {"q": 'up{a="x y"}'}, id="encoded"),
        pytest.param(b"q=%ff&%", {"q": "\ufffd", "%": ""}, id="nonsense is taken as it is"),
    ],
)
def test_arguments(text: bytes, arguments: dict[str, str]) -> None:
    query = Query(text)
    assert dict(query) == arguments
    assert len(query) == len(arguments)


def test_all_of_an_argument() -> None:
    assert Query(b"a=1&b=3&a=2").all_of("a") == ["1", "2"]


def test_a_scope_with_names() -> None:
    scope = {"method": "GET", "path": "/x", "headers": [], "client": ("127.0.0.1", 5)}
    request = Request(scope)
    assert (request.method, request.path, dict(request.query_params)) == ("GET", "/x", {})
    assert request.client is not None
    assert (request.client.host, request.client.port) == ("127.0.0.1", 5)
    assert Request({**scope, "client": None}).client is None
