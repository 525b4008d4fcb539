"""What goes out for an answer."""

import pytest

from web.answer import HttpError, Response
from web.asgi import Message


async def sent(response: Response) -> list[Message]:
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    await response({"type": "http"}, receive, send)
    return messages


@pytest.mark.parametrize(
    ("response", "headers", "body"),
    [
        pytest.param(
            Response("\xe9", 200, {"X-A": "b"}, "text/plain; charset=utf-8"),
            {b"x-a": b"b", b"content-length": b"2", b"content-type": b"text/plain; charset=utf-8"},
            b"\xc3\xa9",
            id="text has a length and a type",
        ),
        pytest.param(Response(), {b"content-length": b"0"}, b"", id="nothing has a length"),
        pytest.param(Response(status_code=204), {}, b"", id="204 has none"),
        pytest.param(
            Response(b"x", headers={"content-type": "a", "content-length": "9"}, media_type="b"),
            {b"content-type": b"a", b"content-length": b"9"},
            b"x",
            id="what was said is not said again",
        ),
    ],
)
async def test_an_answer(response: Response, headers: dict[bytes, bytes], body: bytes) -> None:
    start, last = await sent(response)
    assert (start["type"], last["type"]) == ("http.response.start", "http.response.body")
    assert start["status"] == response.status_code
    assert dict(start["headers"]) == headers
    assert last["body"] == body


def test_an_error_has_the_words_of_its_status() -> None:
    assert HttpError(404).detail == "Not Found"
    assert str(HttpError(400, "no such job")) == "400: no such job"
