"""Any bytes into every door for pushes: `python -m tests.fuzz_push --inputs N`.

Mutates messages of OTLP (protobuf, JSON) and remote write (1.0, 2.0), compressed bodies, gRPC's
framing, whole requests, and the bytes of HTTP/1.1 and HTTP/2 connections. The only exception is the
documented one; a message is read alike by a new receiver and by one that knows similar ones;
every request is answered, by a status that its sender understands, never by 500; nothing takes
long, and memory does not grow. Prints how many inputs there were of each kind; exit code 1 names
the first that broke the law.

`--seconds` ends a run earlier than `--inputs`.
"""

import argparse
import gzip
import json
import random
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable, Generator
from copy import deepcopy
from functools import partial
from typing import Any

import snappy
import trio
import zstandard
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import StreamEnded
from trio.testing import MockClock, memory_stream_pair

from receivers.errors import DecodeError
from receivers.inflate import decoded_size, inflate
from receivers.known_series import KnownSeries
from receivers.otlp.receive import OtlpReceiver
from receivers.otlp.settings import Translation
from receivers.remote_write import PROTO_1, proto_of
from receivers.remote_write_receive import RemoteWriteReceiver
from receivers.remote_write_v2 import PROTO_2
from series.batch import Batch
from tests.fuzz_exposition import SLOW_S, ended, flipped, memory_kib, mutated
from tests.receivers.fuzz_seeds import OTLP, OTLP_JSON, WRITE_1, WRITE_2
from tests.web.push.pushing import KeptSink, intake
from tests.web.snapshots import target, views
from web.app import create_app
from web.asgi import AsgiApp
from web.connection import Connection, protocol_config
from web.limits import ServerLimits
from web.push.grpc import EXPORT, one_message
from web.push.listener import Credentials, create_otlp_app
from web.worker import Worker

TAKEN, REFUSED = "taken", "refused"
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "identity": bytes,
    "gzip": partial(gzip.compress, compresslevel=1),
    "deflate": partial(zlib.compress, level=1),
    "snappy": snappy.compress,
    "zstd": zstandard.compress,
}
# Nothing is told for 499 and the like: a push is taken, bad for ever, or to be sent again.
STATUSES = {200, 204, 400, 401, 404, 405, 411, 413, 415, 429, 431, 503}
_GRPC_HEADERS = [
    (":method", "POST"),
    (":path", EXPORT),
    (":scheme", "http"),
    (":authority", "a"),
    ("content-type", "application/grpc"),
    ("te", "trailers"),
]
TYPE_1 = "application/x-protobuf"
TYPE_2 = f"{TYPE_1};proto={PROTO_2}"
MOST = 1 << 16  # bytes of a body when it is open: small, so that bombs are found out here

Read = Callable[[bytes], Generator[None, None, Any]]
Case = Callable[[random.Random], str]


def changed(seed: bytes, chance: random.Random) -> bytes:
    """Mostly of the same length, so that the lengths within a message stay true more often."""
    if chance.random() < 0.01:
        return chance.randbytes(chance.randint(0, 60))
    return (flipped if chance.random() < 0.7 and seed else mutated)(seed, chance)


def _steps(read: Read, data: bytes) -> Any:
    """What it comes to, or why it is refused."""
    try:
        steps = read(data)
        while True:
            next(steps)
    except StopIteration as done:
        return done.value
    except DecodeError as exc:
        return exc


def _seen(taken: Any) -> object:
    if isinstance(taken, DecodeError):
        return taken.reason
    counts = [getattr(taken, name, None) for name in ("points", "samples", "histograms")]
    rows = sorted([row for batch in taken.batches for row in _rows(batch)])
    return (counts, taken.rejected, list(map(str, taken.metadata)), rows)


def _rows(batch: Batch) -> list[str]:
    count = len(batch.values)
    assert len(batch.layout) == count
    told, raw = batch.timestamps, batch.values.tobytes()
    columns: list[Any] = [
        batch.layout.templates,
        [raw[8 * at : 8 * at + 8] for at in range(count)],
        [told] * count if isinstance(told, int) else told,
        batch.start_timestamps or [0] * count,
        [(batch.histograms or {}).get(at) for at in range(count)],
        [(batch.exemplars or {}).get(at) for at in range(count)],
    ]
    # A resource tells of itself now and then, not with every request.
    return [
        repr(row) for row in zip(*columns, strict=True) if b"\x0btarget_info" not in bytes(row[0])
    ]


def law(make: Callable[[], Read], seed: bytes, data: bytes) -> str:
    """A receiver's. Raises AssertionError."""
    fresh, used = make(), make()
    first = _steps(fresh, data)
    assert not isinstance(_steps(used, seed), DecodeError), "the seed itself is refused"
    for again in (used, fresh):
        other = _steps(again, data)
        if _seen(other) != _seen(first):
            raise AssertionError(f"{data!r}\nis new {_seen(first)}\nand known {_seen(other)}")
    return REFUSED if isinstance(first, DecodeError) else TAKEN


def _otlp() -> Read:
    return OtlpReceiver(Translation()).protobuf


def _otlp_json() -> Read:
    return OtlpReceiver(Translation()).json


def _write(proto: str) -> Read:
    return partial(RemoteWriteReceiver(KnownSeries({})).take, proto=proto, max_bytes=MOST)


def receiver_case(make: Callable[[], Read], seeds: tuple[bytes, ...], chance: random.Random) -> str:
    seed = chance.choice(seeds)
    return law(make, seed, changed(seed, chance))


def json_case(chance: random.Random) -> str:
    """Of its text or of its values."""
    seed = chance.choice(OTLP_JSON)
    if chance.random() < 0.5:
        return law(_otlp_json, seed, changed(seed, chance))
    told = json.loads(seed)
    for _ in range(chance.randint(1, 3)):
        _odd_value(told, chance)
    return law(_otlp_json, seed, json.dumps(told).encode())


ODD: tuple[Any, ...] = (
    None,
    1,
    -1,
    1.5,
    1e400,
    "x",
    "",
    [],
    {},
    [1],
    {"a": 1},
    True,
    "9" * 30,
    "NaN",
    "-5",
    "zz",
    2**70,
)


def _odd_value(node: Any, chance: random.Random) -> None:
    """Replaces one value somewhere in it."""
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            return
        key = chance.choice(keys)
        inner = node[key]
        if isinstance(inner, dict | list) and inner and chance.random() < 0.85:
            node = inner
            continue
        node[key] = deepcopy(chance.choice(ODD))
        return


def inflate_case(chance: random.Random) -> str:
    name = chance.choice(list(PACKERS))
    body = changed(PACKERS[name](chance.choice((*OTLP, b"", bytes(3 * MOST)))), chance)
    told = decoded_size([body], name, MOST)
    assert 0 <= told <= MOST
    try:
        assert len(inflate([body], name, MOST)) <= MOST
    except DecodeError:
        return REFUSED
    return TAKEN


def framing_case(chance: random.Random) -> str:
    message = chance.choice(OTLP)
    framed = b"\0" + len(message).to_bytes(4, "big") + message
    try:
        framed = changed(framed[: chance.choice((5, 9, len(framed)))], chance)
        found, _ = one_message([framed[:300], framed[300:]] if len(framed) > 300 else [framed])
        assert sum(map(len, found)) < len(framed) + 200
    except DecodeError:
        return REFUSED
    return TAKEN


def type_case(chance: random.Random) -> str:
    told = mutated(chance.choice((TYPE_1, TYPE_2)).encode(), chance).decode("latin-1")
    try:
        assert proto_of(told) in (PROTO_1, PROTO_2)
    except DecodeError:
        return REFUSED
    return TAKEN


class Doors:
    """The two applications, each with an intake of its own, for as long as a run lasts."""

    def __init__(self) -> None:
        self.sink = KeptSink()
        self.intake = intake(self.sink, max_otlp_bytes=MOST, max_write_bytes=MOST)
        self.main: AsgiApp = create_app(views(target()), intake=self.intake)
        self.otlp: AsgiApp = create_otlp_app(self.intake, Credentials())

    def settled(self) -> None:
        """Between inputs nothing is held."""
        held = self.intake.admission.statistics()
        assert (held.current, held.held_bytes) == (0, 0), f"held after it: {held}"
        self.sink.batches.clear()

    async def request(self, chance: random.Random) -> str:
        """A whole request at one of the doors, as HTTP/2 or HTTP/1.1 would hand it on."""
        app, path, headers, body = self._drawn(chance)
        sent = await _asked(app, path, headers, body)
        starts = [one for one in sent if one["type"] == "http.response.start"]
        assert len(starts) == 1, f"{len(starts)} answers"
        assert not sent[-1].get("more_body"), "the answer does not end"
        status: int = starts[0]["status"]
        assert status in STATUSES, status
        self.settled()
        if (b"content-type", b"application/grpc") in starts[0]["headers"]:
            told = {k: v for one in sent for k, v in one.get("headers", [])}
            assert int(told[b"grpc-status"]) in range(17)
            return TAKEN if told[b"grpc-status"] == b"0" else REFUSED
        return TAKEN if status < 300 else REFUSED

    def _drawn(self, chance: random.Random) -> tuple[AsgiApp, str, dict[str, str], bytes]:
        encoding = chance.choice(list(PACKERS))
        pack = PACKERS[encoding]
        kind = chance.randint(0, 4)
        seeds: tuple[bytes, ...]
        if kind < 2:
            seeds, told = ((WRITE_1, TYPE_1), (WRITE_2, TYPE_2))[kind]
            app, path = self.main, "/api/v1/write"
        elif kind < 4:
            seeds, told = ((OTLP, TYPE_1), (OTLP_JSON, "application/json"))[kind - 2]
            app, path = chance.choice((self.main, self.otlp)), "/v1/metrics"
        else:
            seeds, told, app, path = OTLP, "application/grpc", self.otlp, EXPORT
        body = chance.choice(seeds)
        if chance.random() < 0.5:
            body = changed(body, chance)
        body = pack(body)
        if kind == 4:
            body = bytes([encoding != "identity"]) + len(body).to_bytes(4, "big") + body
        if chance.random() < 0.5:
            body = changed(body, chance)
        name = "grpc-encoding" if kind == 4 else "content-encoding"
        headers = {"content-type": told, name: encoding}
        if chance.random() < 0.2:
            key = chance.choice(list(headers))
            headers[key] = mutated(headers[key].encode(), chance).decode("latin-1")
        if chance.random() < 0.2:
            headers["content-length"] = chance.choice(("0", str(len(body)), "-1", "x", "9" * 20))
        return app, path, headers, body

    async def connection(self, chance: random.Random) -> str:
        """The bytes of a connection, damaged; it must end, and nothing may be held."""
        client = Http2Client(chance) if chance.random() < 0.7 else None
        whole = client.data if client is not None else _http1_bytes(chance)
        data = changed(whole, chance) if chance.random() < 0.7 else whole
        ours, theirs = memory_stream_pair()
        limits = ServerLimits(idle_timeout_s=1.0, write_timeout_s=1.0)
        connection = Connection(
            self.otlp,
            theirs,
            limits=limits,
            config=protocol_config(limits),
            context=Worker(),
            client=("127.0.0.1", 1),
            server=("127.0.0.1", 2),
            http2=True,
        )
        got = bytearray()
        with trio.fail_after(200.0):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(connection.run)
                await ours.send_all(data)
                if data != whole and chance.random() < 0.5:
                    await ours.send_eof()
                while piece := await ours.receive_some(65536):
                    got += piece
        self.settled()
        is_whole = data == whole
        if client is None:
            assert got.count(b"HTTP/1.1 200") == 1 or not is_whole, got
        elif is_whole:
            answered = client.answered(bytes(got))
            assert answered >= client.asked, f"{answered} of {client.asked} are answered"
        return TAKEN if is_whole else REFUSED


async def _asked(app: AsgiApp, path: str, headers: dict[str, str], body: bytes) -> list[Any]:
    sent: list[Any] = []
    pieces = [body[:10], body[10:]]

    async def receive() -> Any:
        if not pieces:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "http_version": "2",
        "headers": [(name.encode(), text.encode("latin-1")) for name, text in headers.items()],
        "query_string": b"",
        "client": ("127.0.0.1", 5),
        "server": ("127.0.0.1", 4317),
        "scheme": "http",
        "state": {},
    }
    with trio.fail_after(5.0):
        await app(scope, receive, send)
    return sent


def _http1_bytes(chance: random.Random) -> bytes:
    body = chance.choice(OTLP)
    head = f"POST /v1/metrics HTTP/1.1\r\nhost: a\r\ncontent-type: {TYPE_1}\r\n"
    if chance.random() < 0.5:
        chunk = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        return f"{head}transfer-encoding: chunked\r\n\r\n".encode() + chunk
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


class Http2Client:
    """What a gRPC client sends for one call or several; `asked`: those that are whole."""

    def __init__(self, chance: random.Random) -> None:
        client = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        client.initiate_connection()
        self.data, self.asked, self._client = client.data_to_send(), set(), client
        for stream in range(1, 2 * chance.randint(1, 3), 2):
            message = chance.choice(OTLP)
            client.send_headers(stream, _GRPC_HEADERS)
            framed = b"\0" + len(message).to_bytes(4, "big") + message
            is_whole = chance.random() < 0.8
            client.send_data(stream, framed, end_stream=is_whole)
            self.asked |= {stream} if is_whole else set()
            if chance.random() < 0.2:
                client.ping(b"12345678")
            self.data += client.data_to_send()

    def answered(self, got: bytes) -> set[int]:
        """The calls that ended."""
        events = self._client.receive_data(got)
        return {event.stream_id for event in events if isinstance(event, StreamEnded)}


CASES: dict[str, Case] = {
    "otlp": partial(receiver_case, _otlp, OTLP),
    "otlp json": json_case,
    "write 1.0": partial(receiver_case, partial(_write, PROTO_1), WRITE_1),
    "write 2.0": partial(receiver_case, partial(_write, PROTO_2), WRITE_2),
    "compression": inflate_case,
    "grpc framing": framing_case,
    "content type": type_case,
}
# A request costs ten times a message, a connection thirty times.
WEIGHTS = {"otlp": 4, "otlp json": 2, "write 1.0": 4, "write 2.0": 4, "compression": 3}
REQUEST, CONNECTION = "request", "connection"
KINDS = (*CASES, REQUEST, CONNECTION)


async def one_input(doors: Doors, chance: random.Random) -> tuple[str, str]:
    """The kind of one more input, and how it ended. Raises what broke the law."""
    weights = [WEIGHTS.get(kind, 1) for kind in KINDS[:-1]]
    (kind,) = chance.choices(KINDS, [*weights, 0.5])
    started_s = time.process_time()  # others may have the processor meanwhile
    try:
        if kind == REQUEST:
            end = await doors.request(chance)
        elif kind == CONNECTION:
            end = await doors.connection(chance)
        else:
            end = CASES[kind](chance)
    except Exception as exc:
        raise AssertionError(f"{kind}: {exc!r}") from exc
    if time.process_time() - started_s > SLOW_S:
        raise AssertionError(f"slow: {kind}")
    return kind, end


async def _run(inputs: int, seconds: float, chance: random.Random, counts: Counter[Any]) -> None:
    doors, ends_s = Doors(), time.monotonic() + seconds
    for _ in range(inputs):
        counts[await one_input(doors, chance)] += 1
        if time.monotonic() > ends_s:
            return


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--inputs", type=int, default=10_000)
    arguments.add_argument("--seconds", type=float, default=float("inf"))
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    counts: Counter[tuple[str, str]] = Counter()
    chance = random.Random(given.seed)
    before_kib = memory_kib()
    try:
        for inputs in (min(given.inputs, 1000), given.inputs):
            before_kib = memory_kib()  # the second time all that is loaded late is there
            left = inputs - counts.total()
            clock = MockClock(autojump_threshold=0)  # nobody waits for a time-out
            trio.run(_run, left, given.seconds, chance, counts, clock=clock)
        is_broken = False
    except AssertionError as exc:
        print(f"input {counts.total()} of seed {given.seed}: {exc}")
        is_broken = True
    return ended(counts, given.seed, before_kib, is_broken=is_broken)


if __name__ == "__main__":
    sys.exit(main())
