"""What `promferry bundle` understands; tests/integration/test_secrets.py makes real ones."""

import tarfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from agent.commands.bundle import BundleError, Options, parse_options, run, write_bundle
from agent.commands.running_agent import Whom


class Handler(BaseHTTPRequestHandler):
    """An agent that shows its metrics, is ill, and refuses the rest."""

    def do_GET(self) -> None:
        status = {"/metrics": 200, "/-/health/details": 503}.get(self.path.partition("?")[0], 401)
        body = self.path.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_options() -> None:
    argv = ["-url=unix:/run/a", "--out=b", "-seconds=3", "-user=ada", "-insecure"]
    whom = Whom(url="unix:/run/a", user="ada", verifies=False)
    assert parse_options(argv) == Options(whom=whom, out="b", seconds=3.0)


@pytest.mark.parametrize("argument", ["-x=1", "url", "-url", "-seconds=soon", "-insecure=1"])
def test_what_is_no_option(argument: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([argument]) == 2
    assert capsys.readouterr().err.startswith("promferry bundle: ")


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-help"]) == 0
    assert "-passwordFile" in capsys.readouterr().out


def test_what_cannot_be_had_is_listed(address: str, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("the-key\n")
    options = Options(
        whom=Whom(url=f"http://ada:hunter2@{address}", auth_key_file=str(key)),
        out=str(tmp_path / "a.tar.gz"),
        seconds=0,
    )
    path, missing = write_bundle(options)
    with tarfile.open(path) as archive:
        texts = {}
        for member in archive.getmembers():
            file = archive.extractfile(member)
            assert file is not None
            texts[member.name.removeprefix("promferry-bundle/")] = file.read().decode()
    assert texts["metrics-1.txt"] == texts["metrics-2.txt"] == "/metrics?authKey=the-key"
    assert texts["health.json"].startswith("/-/health/details")
    assert "missing: config.yml (/config): HTTP status 401" in texts["README.txt"]
    assert "hunter2" not in texts["README.txt"]
    assert "the-key" not in texts["README.txt"]
    assert len(missing) == 10


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(Options(whom=Whom(url="http://127.0.0.1:9")), id="nobody there"),
        pytest.param(Options(whom=Whom(url="unix:/nowhere")), id="no such socket"),
        pytest.param(Options(whom=Whom(password_file="/nowhere")), id="no such password"),
    ],
)
def test_without_an_agent_there_is_no_archive(options: Options) -> None:
    with pytest.raises(BundleError):
        write_bundle(options)
