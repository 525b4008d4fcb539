"""Which handler answers, and what is said where none does or one fails."""

import pytest

from web.answer import HttpError, Response
from web.asgi import Message, Scope
from web.request import Request
from web.router import Route, Router


class OddError(Exception):
    pass


async def see(request: Request) -> Response:
    return Response(f"see {dict(request.path_params)}")


async def take(request: Request) -> Response:
    return Response("took")


async def be_odd(request: Request) -> Response:
    raise OddError("odd")


async def fail(request: Request) -> Response:
    raise ZeroDivisionError


async def tell(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HttpError)
    return Response(exc.detail, exc.status_code, exc.headers)


async def tell_odd(request: Request, exc: Exception) -> Response:
    return Response(f"told {exc}", 400)


async def tell_failed(request: Request, exc: Exception) -> Response:
    return Response("failed", 500)


ROUTER = Router(
    [
        Route("/", see),
        Route("/a", see),
        Route("/a", take, methods=["POST"]),
        Route("/odd", be_odd),
        Route("/fail", fail),
        Route("/static/{name}", see),
    ],
    {HttpError: tell, OddError: tell_odd, Exception: tell_failed},
)


async def ask(method: str, path: str, **scope: object) -> tuple[int, str, dict[bytes, bytes]]:
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    asked: Scope = {"type": "http", "method": method, "path": path, "headers": [], **scope}
    try:
        await ROUTER(asked, receive, send)
    except ZeroDivisionError:
        messages.append({"body": b" and raised"})
    start, *bodies = messages
    return (
        start["status"],
        b"".join([each["body"] for each in bodies]).decode(),
        dict(start["headers"]),
    )


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        pytest.param("GET", "/", 200, "see {}", id="the root"),
        pytest.param("HEAD", "/a", 200, "see {}", id="HEAD is GET; the server leaves the body out"),
        pytest.param("POST", "/a", 200, "took", id="another handler for another method"),
        pytest.param("PUT", "/a", 405, "Method Not Allowed", id="no handler for a method"),
        pytest.param("GET", "/static/x.js", 200, "see {'name': 'x.js'}", id="a name in the path"),
        pytest.param("GET", "/static/", 404, "Not Found", id="a name is not empty"),
        pytest.param("GET", "/static/x/y", 404, "Not Found", id="a name is one part"),
        pytest.param("GET", "/b", 404, "Not Found", id="nothing there"),
        pytest.param("GET", "//", 404, "Not Found", id="slashes alone"),
        pytest.param("GET", "/odd", 400, "told odd", id="an error with a handler of its kind"),
        pytest.param("GET", "/fail", 500, "failed and raised", id="any other error"),
    ],
)
async def test_who_answers(method: str, path: str, status: int, body: str) -> None:
    assert (await ask(method, path))[:2] == (status, body)


async def test_what_is_allowed_is_told() -> None:
    assert (await ask("PUT", "/a"))[2][b"allow"] == b"GET, HEAD, POST"


async def test_a_slash_too_many_leads_to_the_page() -> None:
    status, _, headers = await ask("GET", "/a/", query_string=b"x=1")
    # Relative, so that it holds behind a prefix.
    assert (status, headers[b"location"]) == (307, b"../a?x=1")


async def test_an_answer_that_has_begun_is_not_answered_again() -> None:
    class Broken(Response):
        async def __call__(self, scope, receive, send):  # type: ignore[no-untyped-def]
            await send({"type": "http.response.start", "status": 200, "headers": []})
            raise ZeroDivisionError

    async def answer(request: Request) -> Response:
        return Broken()

    begun: list[str] = []

    async def send(message: Message) -> None:
        begun.append(message["type"])

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    router = Router([Route("/", answer)], {Exception: tell_failed})
    with pytest.raises(ZeroDivisionError):
        await router({"type": "http", "method": "GET", "path": "/", "headers": []}, receive, send)
    assert begun == ["http.response.start"]


async def test_there_is_no_websocket() -> None:
    said: list[Message] = []

    async def send(message: Message) -> None:
        said.append(message)

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    await ROUTER({"type": "websocket", "path": "/a", "headers": []}, receive, send)
    assert said == [{"type": "websocket.close"}]
