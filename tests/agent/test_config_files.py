"""Configuration files from disk and from an HTTP server on loopback."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from agent.config.source import MAX_FILE_BYTES
from agent.config_files import list_files, read_file


class _Handler(BaseHTTPRequestHandler):
    """/good answers, /large never ends, anything else is not there."""

    def do_GET(self) -> None:
        if self.path == "/good":
            self.send_response(200)
            self.send_header("Content-Length", "5")
            self.end_headers()
            self.wfile.write(b"a: b\n")
        elif self.path == "/large":
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"x" * 2**20)
            except OSError:
                return
        else:
            self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_file_from_disk(tmp_path: Path) -> None:
    path = tmp_path / "p.yml"
    path.write_text("a: b\n")
    assert read_file(str(path)) == b"a: b\n"
    with pytest.raises(FileNotFoundError):
        read_file(str(tmp_path / "gone"))


def test_a_file_from_a_url(url: str) -> None:
    assert read_file(f"{url}/good") == b"a: b\n"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("{url}/gone", "HTTP 404 Not Found", id="an answer that is none"),
        pytest.param("http://127.0.0.1:1/", "refused", id="nobody answers"),
        pytest.param("ftp://127.0.0.1/p.yml", "ftp", id="another scheme"),
        pytest.param("http://[::1/", "Invalid port", id="no URL"),
    ],
)
def test_every_failure_is_an_os_error(path: str, expected: str, url: str) -> None:
    with pytest.raises(OSError, match=expected):
        read_file(path.format(url=url))


def test_what_never_ends_is_cut(url: str) -> None:
    assert len(read_file(f"{url}/large")) == MAX_FILE_BYTES + 1


def test_globs_are_sorted_and_urls_stand_for_themselves(tmp_path: Path) -> None:
    for name in ("b.yml", "a.yml", "c.json"):
        (tmp_path / name).touch()
    assert list_files(f"{tmp_path}/*.yml") == [f"{tmp_path}/a.yml", f"{tmp_path}/b.yml"]
    assert list_files("http://h/*") == ["http://h/*"]
