"""A scraper with targets, sink and clock in memory.

Time is the mock clock's; the wall clock is ahead of it and can be stepped. A target answers by
script; every batch that reaches the sink is kept as rows.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress

import attrs
import trio
from trio.testing import memory_stream_pair

from scraper.loop import ClientFactory
from scraper.manager import Manager, target_client
from scraper.settings import ScrapeJob, StaticDiscovery, TargetGroup
from scraper.setup import JobSetup
from scraper.target import Target
from series.batch import Batch
from tests.scraper.batches import Row, rows_of
from tests.transport.scripted import Received, answer, read_request
from transport.client import Client
from transport.errors import TransportError
from transport.settings import HttpSettings
from transport.tls import TlsContexts

# Some time in 2026.
START_MS = 1_790_000_000_000


@attrs.frozen
class Reply:
    """What a target answers, and after how long; `then_silent`: the body never ends."""

    body: str = ""
    status: int = 200
    delay_s: float = 0.0
    then_silent: bool = False


Script = Callable[[int], Reply]


@attrs.define
class Fleet:
    """Targets by address (`host:port`); `scrapes` counts the requests of each."""

    nursery: trio.Nursery
    scripts: dict[str, Script] = attrs.field(factory=dict)
    ahead_ms: int = START_MS
    rows: list[Row] = attrs.field(factory=list)
    puts: list[list[Row]] = attrs.field(factory=list)
    requests: list[tuple[float, Received]] = attrs.field(factory=list)
    connections: int = 0
    _put: trio.Event = attrs.field(factory=trio.Event)

    def wall_ms(self) -> int:
        return round(trio.current_time() * 1000) + self.ahead_ms

    def put_nowait(self, batches: Sequence[Batch]) -> None:
        rows = rows_of(batches)
        self.puts.append(rows)
        self._put.set()
        self._put = trio.Event()
        self.rows.extend(rows)

    def manager(self) -> Manager:
        return Manager(
            self,
            contexts=TlsContexts(),
            version="test",
            wall_ms=self.wall_ms,
            client_for=self.client_for(),
            seed=0,
        )

    def client_for(self) -> ClientFactory:
        def client(target: Target, setup: JobSetup) -> Client:
            return target_client(
                target,
                setup,
                contexts=TlsContexts(),
                user_agent="promferry/test",
                connector=self.connect,
            )

        return client

    def client_of(self, url: str, http: HttpSettings) -> Client:
        """For discoveries."""
        contexts = TlsContexts()
        return Client(url, http, contexts=contexts, user_agent="test", connector=self.connect)

    def of(self, metric: str) -> list[Row]:
        """The rows of one metric so far."""
        return [row for row in self.rows if row[0].partition("{")[0] == metric]

    def values(self, metric: str) -> list[float | str]:
        return [value for _, value, _ in self.of(metric)]

    async def wait_puts(self, count: int) -> None:
        """Wait until so many scrapes (or ends of targets) have reached the sink."""
        while len(self.puts) < count:
            await self._put.wait()

    async def connect(self, host: str, port: int) -> trio.abc.Stream:
        script = self.scripts.get(f"{host}:{port}")
        if script is None:
            raise TransportError("connect", "nobody listens there")
        ours, theirs = memory_stream_pair()
        self.connections += 1
        self.nursery.start_soon(self._serve, theirs, script, (host, port))
        return ours

    async def _serve(self, stream: trio.abc.Stream, script: Script, place: tuple[str, int]) -> None:
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError, EOFError):
            while True:
                request = await read_request(stream, place, self.connections)
                number = sum(received.place == place for _, received in self.requests)
                self.requests.append((trio.current_time(), request))
                reply = script(number)
                await trio.sleep(reply.delay_s)
                data = answer(reply.status, reply.body.encode())
                await stream.send_all(data[:-1] if reply.then_silent else data)


def job_of(*addresses: str, **settings: object) -> ScrapeJob:
    defaults: dict[str, object] = {
        "job_name": "j",
        "scrape_interval_s": 10.0,
        "scrape_timeout_s": 4.0,
        "discoveries": (StaticDiscovery(groups=(TargetGroup(targets=addresses),)),),
    }
    return ScrapeJob(**{**defaults, **settings})  # type: ignore[arg-type]


def page(text: str) -> Script:
    """Always the same page."""
    return lambda number: Reply(text)
