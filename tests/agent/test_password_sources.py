"""Sources of passwords: read, bounded, and read again while the agent runs."""

import logging
from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
import trio
from trio.testing import MockClock

from agent.flags.passwords import Password
from agent.password_sources import MAX_BYTES, keep_fresh, read_source

Source = dict[str, bytes | str]


async def run_here(read: Callable[[str], bytes], source: str) -> bytes:
    return read(source)


def reader(source: Source, path: str) -> bytes:
    content = source[path]
    if isinstance(content, str):
        raise OSError(content)
    return content


async def test_a_changed_source_counts_after_two_seconds(autojump_clock: MockClock) -> None:
    source: Source = {"/p": b"a"}
    password = Password("file:///p")
    async with trio.open_nursery() as nursery:
        await nursery.start(
            keep_fresh, {"httpAuth.password": password}, partial(reader, source), run_here
        )
        assert password.current().reveal() == "a"
        source["/p"] = b"b"
        await trio.sleep(2.1)
        assert password.current().reveal() == "b"
        nursery.cancel_scope.cancel()


async def test_failures_are_told_when_they_begin_and_end(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    source: Source = {"/p": "cannot be read"}
    password = Password("file:///p")
    with caplog.at_level(logging.INFO, "promferry.agent"):
        async with trio.open_nursery() as nursery:
            await nursery.start(
                keep_fresh, {"httpAuth.password": password}, partial(reader, source), run_here
            )
            await trio.sleep(7)
            source["/p"] = b"a"
            await trio.sleep(3)
            nursery.cancel_scope.cancel()
    assert [record.getMessage() for record in caplog.records] == [
        "the source of -httpAuth.password cannot be read; what was read before stays",
        "the source of -httpAuth.password can be read again",
    ]
    assert password.statistics().failures == 4


async def test_without_sources_there_is_nothing_to_do() -> None:
    async with trio.open_nursery() as nursery:
        await nursery.start(keep_fresh, {"a": Password("b")}, partial(reader, {}), run_here)


def test_read_a_file(tmp_path: Path) -> None:
    (tmp_path / "p").write_bytes(b"a\n")
    assert read_source(str(tmp_path / "p")) == b"a\n"


def test_a_long_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p").write_bytes(b"a" * (MAX_BYTES + 1))
    with pytest.raises(OSError, match="longer than"):
        read_source(str(tmp_path / "p"))


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_source(str(tmp_path / "none"))


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        content = {"/p": b"a\n", "/long": b"a" * 100_000}.get(self.path)
        self.send_response(200 if content else 404)
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("/p", b"a\n", id="a password"),
        pytest.param("/long", "longer than", id="a page and no password"),
        pytest.param("/none", "cannot be fetched", id="not found"),
    ],
)
def test_read_a_url(path: str, expected: bytes | str) -> None:
    with HTTPServer(("127.0.0.1", 0), _Answers) as server:
        thread = Thread(target=server.handle_request)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}{path}"
        if isinstance(expected, bytes):
            assert read_source(url) == expected
        else:
            with pytest.raises(OSError, match=expected):
                read_source(url)
        thread.join()
