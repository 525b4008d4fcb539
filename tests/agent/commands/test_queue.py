"""`promferry queue`: what an operator sees of a queue, and what may change it."""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import attrs
import pytest

from cli import main
from pushqueue.block import Encoding
from pushqueue.directory import RealDirectory
from pushqueue.encode import Encoder
from pushqueue.store import Store
from pushqueue.wire.part import Part
from tests.pushqueue.blocks import NOW_MS, batch
from tests.pushqueue.fake_remote import samples_of
from tests.pushqueue.real_queues import drain, fill, flip, segment_files

Told = tuple[int, str, str]
Tell = Callable[..., Told]


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    def run(*argv: object) -> Told:
        code = main(["queue", *map(str, argv)])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def queue(tmp_path: Path) -> Path:
    path = tmp_path / "data" / "queues" / "r"
    fill(path, acknowledged=2)
    return path


@pytest.fixture(params=Encoding, ids=lambda encoding: encoding.name)
def samples_queue(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Two real Blocks of three samples, in each encoding."""
    path = tmp_path / "samples"
    store = Store(RealDirectory(path))
    store.open()
    for sequence, time_ms in enumerate((NOW_MS, NOW_MS + 1000), start=1):
        part = Part(batch(3, time_ms=time_ms), 0, 3)
        (made,) = Encoder().encode([part], request.param, lane=0, created_ms=time_ms)
        store.append([attrs.evolve(made, sequence=sequence)], NOW_MS)
    store.close()
    return path


def test_list_names_each_queue_of_a_data_path(tell: Tell, queue: Path) -> None:
    code, out, _ = tell("list", f"-path={queue.parents[1]}")
    assert code == 0
    assert out.startswith(f"{queue}: 4 segments, ")
    assert "to send: 8 Blocks, 16 samples, 800 bytes, 2023-11-14T22:13:20Z to" in out


def test_a_queue_in_use_is_shown_and_copied_all_the_same(
    tell: Tell, queue: Path, tmp_path: Path
) -> None:
    running = RealDirectory(queue)
    running.prepare()
    try:
        assert "in use by process" in tell("inspect", f"-path={queue}", "-blocks")[1]
        assert tell("verify", f"-path={queue}")[0] == 0
        assert tell("drop", f"-path={queue}", "-yes")[0] == 1
        code, out, error = tell("repair", f"-path={queue}", f"-to={tmp_path / 'copy'}")
        assert code == 0
        assert "copied to" in out
        assert "the copy is of this moment" in error
    finally:
        running.release()
    assert len(drain(queue)) == 8


def test_inspect_shows_segments_lanes_and_blocks(tell: Tell, queue: Path) -> None:
    _, out, _ = tell("inspect", f"-path={queue}", "-blocks")
    assert "epoch 1 lane 0: 3 Blocks 1 to 3, 6 samples, 300 bytes" in out
    assert "1 to send" in out
    assert "sequence 1, 2 samples, 100 bytes rw1_snappy, made 2023-11-14T22:13:20Z" in out
    assert out.count("acknowledged") == 2


def test_verify_fails_on_a_flipped_byte(tell: Tell, queue: Path) -> None:
    assert tell("verify", f"-path={queue}")[0] == 0
    flip(segment_files(queue)[1], 32 + 64 + 5)
    code, out, _ = tell("verify", f"-path={queue}")
    assert code == 1
    assert "payload with a wrong checksum at byte 32 (2 samples)" in out
    assert out.endswith("9 Blocks, 900 bytes good, 1 problem\n")


def test_repair_copies_what_is_good(tell: Tell, queue: Path, tmp_path: Path) -> None:
    flip(segment_files(queue)[1], 32 + 64 + 5)
    code, out, _ = tell("repair", f"-path={queue}", f"-to={tmp_path / 'new'}")
    assert code == 0
    assert "9 Blocks with 18 samples copied" in out
    assert "1 damaged places cost 2 samples" in out
    assert len(drain(tmp_path / "new")) == 7
    assert tell("repair", f"-path={queue}", f"-to={tmp_path / 'new'}")[0] == 1


def test_drop_asks_first(tell: Tell, queue: Path) -> None:
    code, out, _ = tell("drop", f"-path={queue}")
    assert (code, "would drop 4 segments, 8 Blocks and 16 samples" in out) == (1, True)
    assert tell("drop", f"-path={queue}", "-before=2020-01-01", "-yes")[0] == 0
    assert tell("drop", f"-path={queue}", "-before=100000d", "-yes")[0] == 0
    assert len(segment_files(queue)) == 4
    assert tell("drop", f"-path={queue}", "-yes")[0] == 0
    assert drain(queue) == []


def test_export_writes_lines_that_can_be_imported(tell: Tell, samples_queue: Path) -> None:
    code, out, _ = tell("export", f"-path={samples_queue}")
    lines = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert len(lines) == 6
    assert lines[1] == {
        "metric": {"__name__": "metric_00001", "job": "node"},
        "values": [1.0],
        "timestamps": [NOW_MS],
    }


@pytest.fixture
def bodies() -> list[bytes]:
    return []


@pytest.fixture
def url(bodies: list[bytes]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(400 if len(bodies) == 2 and self.path == "/strict" else 204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_export_pushes_to_a_url(
    tell: Tell, samples_queue: Path, url: str, bodies: list[bytes]
) -> None:
    code, out, _ = tell("export", f"-path={samples_queue}", f"-url={url}/write")
    assert (code, out) == (0, "6 samples sent, 0 refused\n")
    assert [samples_of(body)[0][2] for body in bodies] == [NOW_MS, NOW_MS + 1000]
    assert len(drain(samples_queue)) == 2


def test_what_a_url_refuses_is_told(tell: Tell, samples_queue: Path, url: str) -> None:
    code, out, _ = tell("export", f"-path={samples_queue}", f"-url={url}/strict")
    assert (code, out) == (1, "3 samples sent, 3 refused\n")


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        pytest.param(["lst"], "is no action; known: list,", id="an unknown action"),
        pytest.param(["list"], "-path=DIR names the directory", id="no path"),
        pytest.param(["list", "-path=/x", "-blocks"], "no option of queue list", id="of another"),
        pytest.param(["list", "/x"], "write the directory as -path=DIR", id="a bare path"),
        pytest.param(["repair", "-path=/"], "-to=NEW", id="repair needs a target"),
        pytest.param(["drop", "-path=/", "-before=soon"], "must be a date", id="no time"),
    ],
)
def test_wrong_usage_is_exit_code_2(argv: list[str], expected: str, tell: Tell) -> None:
    code, _, err = tell(*argv)
    assert code == 2
    assert expected in err


def test_help_and_a_path_that_is_not_there(tell: Tell, tmp_path: Path) -> None:
    assert "promferry queue verify" in tell("-help")[1]
    code, _, err = tell("list", f"-path={tmp_path / 'gone'}")
    assert (code, "No such file" in err) == (1, True)
