"""What a warm GET costs: the lean client beside a bare socket and httpx, in one run.

Takes a count; gives CPU microseconds of this process per request, the server in its own process.
The page is 57 kB in gzip, as a node exporter's; everything includes inflating it.

    python -m bench.bench_client [count]
"""

import multiprocessing
import socket
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import httpx
import trio
from isal import isal_zlib

from transport.client import Client
from transport.secret import Secret
from transport.settings import HttpSettings, SigV4
from transport.tls import TlsContexts

PAGE_BYTES = 57_000
POST_BYTES = 220_000

PLAIN = HttpSettings()
SIGNED = HttpSettings(sigv4=SigV4(region="eu-1", access_key="AKID", secret_key=Secret("s")))


def page() -> bytes:
    lines = [
        b'node_cpu_seconds_total{cpu="%d",mode="%s"} %d.%d\n' % (cpu, mode, cpu * 7919, cpu % 97)
        for cpu in range(200)
        for mode in (b"idle", b"iowait", b"irq", b"nice", b"softirq", b"steal", b"system", b"user")
    ]
    return b"".join(lines)[:PAGE_BYTES]


def answer() -> bytes:
    body = isal_zlib.compress(page(), wbits=31)
    head = (
        "HTTP/1.1 200 OK\r\n"
        "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
        "Content-Encoding: gzip\r\n"
        "Date: Sat, 01 Aug 2026 10:00:00 GMT\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _serve(listener: socket.socket, reply: bytes) -> None:
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection:
            while request := connection.recv(2**20):
                head, _, rest = request.partition(b"\r\n\r\n")
                missing = _content_length(head) - len(rest)
                while missing > 0:
                    missing -= len(connection.recv(missing))
                connection.sendall(reply)


def _content_length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0


@contextmanager
def server(reply: bytes) -> Iterator[int]:
    """A server in its own process; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = multiprocessing.get_context("spawn").Process(
            target=_serve, args=(listener, reply), daemon=True
        )
        process.start()
        try:
            yield listener.getsockname()[1]
        finally:
            process.kill()
            process.join()


def time_bare_socket(port: int, count: int) -> float:
    """The floor: blocking calls, no protocol, a known length."""
    length = len(answer())
    request = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port)) as connection:
        began = time.process_time()
        for _ in range(count):
            connection.sendall(request)
            data = connection.recv(65536)
            while len(data) < length:
                data += connection.recv(65536)
            isal_zlib.decompress(data.partition(b"\r\n\r\n")[2], wbits=31)
        return time.process_time() - began


async def _repeat(count: int, action: Callable[[], Awaitable[object]]) -> float:
    await action()
    began = time.process_time()
    for _ in range(count):
        await action()
    return time.process_time() - began


async def time_trio_stream(port: int, count: int) -> float:
    """trio's own stream, no protocol: what any client on trio pays."""
    length = len(answer())
    request = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n"
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream:

        async def action() -> None:
            await stream.send_all(request)
            data = await stream.receive_some(65536)
            while len(data) < length:
                data += await stream.receive_some(65536)
            isal_zlib.decompress(data.partition(b"\r\n\r\n")[2], wbits=31)

        return await _repeat(count, action)


async def time_client(
    port: int,
    count: int,
    body: bytes = b"",
    settings: HttpSettings = PLAIN,
    *,
    is_warm: bool = True,
) -> float:
    client = Client(
        f"http://127.0.0.1:{port}/metrics",
        settings,
        contexts=TlsContexts(),
        user_agent="promferry/bench",
        keepalive=is_warm,
    )
    method = "POST" if body else "GET"

    async def action() -> None:
        await client.request(method, body=body, timeout_s=10, max_body_bytes=16 * 2**20)

    taken_s = await _repeat(count, action)
    await client.aclose()
    return taken_s


async def time_httpx(port: int, count: int, body: bytes = b"") -> float:
    async with httpx.AsyncClient() as client:
        url = f"http://127.0.0.1:{port}/metrics"

        async def action() -> None:
            if body:
                await client.post(url, content=body)
            else:
                await client.get(url)

        return await _repeat(count, action)


def run(count: int, rounds: int = 5) -> dict[str, float]:
    """Microseconds of CPU per request, by what was tried: the median of interleaved rounds."""
    posted = b"x" * POST_BYTES
    some, few = max(count // rounds, 1), max(count // rounds // 10, 1)

    async def cold(port: int, count: int) -> float:
        return await time_client(port, count, is_warm=False)

    with server(answer()) as gets, server(b"HTTP/1.1 204 No Content\r\n\r\n") as posts:
        trials: dict[str, tuple[int, Callable[[], float]]] = {
            "GET bare socket": (some, lambda: time_bare_socket(gets, some)),
            "GET trio stream": (some, lambda: trio.run(time_trio_stream, gets, some)),
            "GET lean client": (some, lambda: trio.run(time_client, gets, some)),
            "GET httpx": (few, lambda: trio.run(time_httpx, gets, few)),
            "GET lean client, new connection": (few, lambda: trio.run(cold, gets, few)),
            "POST 220 kB lean client": (few, lambda: trio.run(time_client, posts, few, posted)),
            "POST 220 kB lean client, SigV4": (
                few,
                lambda: trio.run(time_client, posts, few, posted, SIGNED),
            ),
            "POST 220 kB httpx": (few, lambda: trio.run(time_httpx, posts, few, posted)),
        }
        taken: dict[str, list[float]] = {name: [] for name in trials}
        for _ in range(rounds):
            for name, (repeats, trial) in trials.items():
                taken[name].append(1e6 * trial() / repeats)
    return {name: statistics.median(figures) for name, figures in taken.items()}


def main() -> None:
    argument = sys.argv[1] if len(sys.argv) > 1 else "5000"
    count = 20 if argument == "--smoke" else int(argument)
    for name, microseconds in run(count).items():
        print(f"{name:34s} {microseconds:9.1f} us")


if __name__ == "__main__":
    main()
