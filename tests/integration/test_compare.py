"""`promferry compare` beside a real vmagent, a real Prometheus, and what pretends to be one."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from cli import main
from tests.integration.pages import Pages
from tests.integration.peers import program
from tests.integration.process import Process, free_port, wait_until
from tests.integration.quiet_server import QuietHandler, QuietServer

PAGE = 'a_total{path="/x"} 1\nb{secret="s"} 2\nc 3\n'
CONFIG = """\
global: {{scrape_interval: 500ms, scrape_timeout: 400ms, external_labels: {{dc: {dc}}}}}
scrape_configs:
- job_name: one
  static_configs: [{{targets: ["{address}"], labels: {{env: {env}}}}}]
  metric_relabel_configs: [{{source_labels: [__name__], regex: {drop}, action: drop}}]
{more}"""
MORE = '- {{job_name: two, metrics_path: /two, static_configs: [{{targets: ["{address}"]}}]}}\n'
REMOTE = "remote_write: [{url: 'http://127.0.0.1:9/w'}]\n"


def text(pages: Pages, *, dc: str = "a", env: str = "prod", drop: str = "b", more: bool = False,
         remote: bool = True) -> str:  # fmt: skip
    added = MORE.format(address=pages.address) if more else ""
    made = CONFIG.format(address=pages.address, dc=dc, env=env, drop=drop, more=added)
    return made + (REMOTE if remote else "")


@contextmanager
def running(name: str, config: Path) -> Iterator[str]:
    """The old agent; gives its address once it knows its targets."""
    port, data = free_port(), config.parent / "old-data"
    if name == "vmagent":
        argv = [program(name), f"-promscrape.config={config}", f"-remoteWrite.tmpDataPath={data}",
                "-remoteWrite.url=http://127.0.0.1:9/w",
                f"-httpListenAddr=127.0.0.1:{port}"]  # fmt: skip
    else:
        argv = [program(name), "--enable-feature=agent", f"--config.file={config}",
                f"--storage.agent.path={data}",
                f"--web.listen-address=127.0.0.1:{port}"]  # fmt: skip
    process = Process(argv, config.parent / "old.log")
    process.start()
    try:
        process.wait_port(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()


@pytest.mark.parametrize("old", ["vmagent", pytest.param("prometheus", marks=pytest.mark.long)])
def test_the_same_and_different_configurations(
    old: str, tmp_path: Path, pages: Pages, capsys: pytest.CaptureFixture[str]
) -> None:
    pages.put("/metrics", PAGE)
    pages.put("/two", PAGE)
    was, new = tmp_path / "old.yml", tmp_path / "new.yml"
    was.write_text(text(pages, remote=old == "prometheus"))

    def compare(**changes: object) -> tuple[int, str]:
        new.write_text(text(pages, **changes))  # type: ignore[arg-type]
        code = main(["compare", f"-with={address}", f"-promscrape.config={new}"])
        return code, capsys.readouterr().out

    with running(old, was) as address:
        # Prometheus knows its targets after some seconds.
        wait_until(lambda: compare()[1].startswith("1 targets"), "its targets", timeout_s=60)
        assert compare() == (0, "1 targets and 2 series the same, 0 differences\n")
        code, told = compare(env="test", drop="c", dc="b", more=True)
    assert code == 3
    for part in (
        "label env: 'prod' there, 'test' here",
        f"target http://{pages.address}/two of job two: only here",
        'external labels: {dc="a"} there, {dc="b"} here',
        'only there: {__name__="a_total"',
        'only there: {__name__="c"',
        'only here: {__name__="b"',
    ):
        assert part in told


Answer = Callable[[QuietHandler], None]


def _says(body: bytes, *, status: int = 200) -> Answer:
    def answer(handler: QuietHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def _hangs_up(handler: QuietHandler) -> None:
    handler.close_connection = True


def _endless(handler: QuietHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    handler.close_connection = True
    while True:  # until the visitor hangs up
        handler.wfile.write(b"[" * 2**20)


def _slow(handler: QuietHandler) -> None:
    time.sleep(0.5)
    _says(b"{}")(handler)


def _targets(labels: dict[str, str]) -> bytes:
    target = {"scrapePool": "x\x1b[2J", "scrapeUrl": "http://127.0.0.1:9/m", "labels": labels}
    return json.dumps({"status": "success", "data": {"activeTargets": [target]}}).encode()


@pytest.mark.parametrize(
    ("answer", "code", "message"),
    [
        pytest.param(_says(b"<html>"), 1, "HTTP status 200", id="no JSON"),
        pytest.param(_says(b"", status=404), 1, "there is no such page", id="no such page"),
        pytest.param(_says(b"", status=401), 1, "-passwordFile", id="a password is wanted"),
        pytest.param(_says(b"[" * 200_000), 1, "HTTP status 200", id="deep nesting"),
        pytest.param(_says(b'{"status":"success","data":[]}'), 1, "no list", id="a list"),
        pytest.param(_says(b'{"status":"success","data":{"activeTargets":[1]}}'), 1, "no list",
                     id="a target that is a number"),
        pytest.param(_says(b'{"status":"error","error":"not today"}'), 1, "not today", id="error"),
        pytest.param(_hangs_up, 1, "RemoteProtocolError", id="it hangs up"),
        pytest.param(_endless, 1, "more than", id="an endless answer"),
        pytest.param(_slow, 1, "HTTP status 200", id="a slow answer"),
        pytest.param(_says(_targets({"a": "\x1b]0;x\x07", "job": "j"})), 3, "job x?[2J",
                     id="escapes for a terminal"),
    ],
)  # fmt: skip
def test_what_it_answers_may_be_anything(
    answer: Answer, code: int, message: str, tmp_path: Path, pages: Pages,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    pages.put("/metrics", PAGE)
    new = tmp_path / "new.yml"
    new.write_text(text(pages))
    with _server(answer) as address:
        assert main(["compare", f"-with={address}", f"-promscrape.config={new}"]) == code
    told = capsys.readouterr()
    assert message in told.err + told.out
    assert "\x1b" not in told.err + told.out


def test_nobody_is_there(tmp_path: Path, pages: Pages, capsys: pytest.CaptureFixture[str]) -> None:
    new = tmp_path / "new.yml"
    new.write_text(text(pages))
    address = f"http://user:secret@127.0.0.1:{free_port()}"
    assert main(["compare", f"-with={address}", f"-promscrape.config={new}"]) == 1
    told = capsys.readouterr().err
    assert "ConnectError" in told
    assert "secret" not in told


@contextmanager
def _server(answer: Answer) -> Iterator[str]:
    class Handler(QuietHandler):
        def do_GET(self) -> None:
            answer(self)

    server = QuietServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
