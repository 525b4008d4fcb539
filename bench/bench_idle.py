"""What a target costs that is scraped rarely, and how late scrapes are when there are thousands.

Run: `python bench/bench_idle.py`. Memory: growth of the resident size over the number of targets,
each scraped once by a connection that is closed again. Lag: 1000 scrapes a second against
loopback, from the grid to the sink.
"""

import argparse
import gc
import resource
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import attrs
import trio

from scraper.manager import Manager
from scraper.settings import ScrapeJob, StaticDiscovery, TargetGroup
from series.batch import Batch
from transport.tls import TlsContexts

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nup2 1"


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


@attrs.define
class Sink:
    """Keeps how late each scrape's report came, and drops all samples."""

    lags_ms: list[float] = attrs.field(factory=list)
    scrapes: int = 0

    def put_nowait(self, batches: Sequence[Batch]) -> None:
        self.scrapes += 1
        self.lags_ms.append(time.time() * 1000 - batches[-1].timestamp_of(0))


async def answer(stream: trio.SocketStream) -> None:
    async with stream:
        # A client that goes is no mistake.
        with suppress(trio.BrokenResourceError):
            while await stream.receive_some(4096):
                await stream.send_all(ANSWER)


def job_of(targets: int, interval_s: float, port: int) -> ScrapeJob:
    # One address each: all of 127/8 is loopback.
    names = [f"127.1.{n // 250}.{n % 250 + 1}:{port}" for n in range(targets)]
    return ScrapeJob(
        job_name="idle",
        scrape_interval_s=interval_s,
        scrape_timeout_s=min(10.0, interval_s),
        suppress_scrape_errors=True,
        discoveries=(StaticDiscovery(groups=(TargetGroup(targets=tuple(names)),)),),
    )


def resident_kib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1024


async def time_lag(targets: int, interval_s: float, seconds: float) -> None:
    sink = Sink()
    manager = Manager(sink, contexts=TlsContexts(), version="bench", wall_ms=wall_ms)
    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="0.0.0.0")
        port = listeners[0].socket.getsockname()[1]
        nursery.start_soon(trio.serve_listeners, answer, listeners)
        await nursery.start(manager.run, [job_of(targets, interval_s, port)], {})
        await trio.sleep(interval_s + 1)  # connections are made
        sink.lags_ms.clear()
        cpu_s = time.process_time()
        await trio.sleep(seconds)
        cpu_s = time.process_time() - cpu_s
        lags = sorted(sink.lags_ms)
        nursery.cancel_scope.cancel()
    rate = len(lags) / seconds
    figures = [lags[int(len(lags) * part)] for part in (0.5, 0.99)]
    print(
        f"{targets} targets every {interval_s:g} s: {rate:.0f} scrapes/s, lag p50 {figures[0]:.1f} "
        f"ms, p99 {figures[1]:.1f} ms, worst {lags[-1]:.1f} ms; {cpu_s / seconds * 100:.0f} % CPU "
        "with the answering server in the same process"
    )


async def weigh_idle(targets: int) -> None:
    """All targets scraped once, by connections that are closed again."""
    sink = Sink()
    manager = Manager(sink, contexts=TlsContexts(), version="bench", wall_ms=wall_ms)
    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="0.0.0.0")
        port = listeners[0].socket.getsockname()[1]
        nursery.start_soon(trio.serve_listeners, answer, listeners)
        await nursery.start(manager.run, [], {})
        before = resident_kib()
        job = attrs.evolve(job_of(targets, 10.0, port), disable_keepalive=True)
        manager.apply([job], {})
        with trio.move_on_after(60):
            while sink.scrapes < targets:  # noqa: ASYNC110
                await trio.sleep(0.2)
        gc.collect()
        grown = resident_kib() - before
        nursery.cancel_scope.cancel()
    print(f"{targets} idle targets: {grown / targets:.1f} KiB each, without their connections")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="run once, small")
    is_smoke = parser.parse_args().smoke
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    trio.run(weigh_idle, 50 if is_smoke else 2000)
    for targets, interval_s in ((20, 1.0),) if is_smoke else ((1000, 1.0),):
        trio.run(time_lag, targets, interval_s, 1.0 if is_smoke else 10.0)


if __name__ == "__main__":
    main()
