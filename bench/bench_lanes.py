"""How many lanes a remote needs: samples a second by latency, lanes and the size of a request.

Takes nothing; prints a table. The far end answers after the latency and costs nothing, the queue
is in memory, and there is always more to send: what an agent does after an outage.

    python -m bench.bench_lanes [--smoke]
"""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs
import trio

ROOT = Path(__file__).parents[1]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from pushqueue.remote import Remote  # noqa: E402
from pushqueue.settings import QueueSettings, RemoteSettings  # noqa: E402
from tests.pushqueue.blocks import batch, layout  # noqa: E402
from transport.tls import TlsContexts  # noqa: E402

LATENCIES_S = (0.001, 0.050, 0.300)
LANES = (1, 2, 4, 8, 16)
# Prometheus' own number of samples in a request, and vmagent's.
ROWS = (2_000, 10_000)
TARGETS, SERIES = 64, 500
SECONDS = 2.0


@attrs.frozen
class Answer:
    status: int = 204
    body: bytes = b""
    is_resent: bool = False

    def header(self, name: str) -> str | None:
        return None


@attrs.frozen
class FarClient:
    """A far end at that distance."""

    latency_s: float

    async def request(self, method: str, **options: Any) -> Answer:
        await trio.sleep(self.latency_s)
        return Answer()

    async def aclose(self) -> None:
        pass


async def throughput(path: Path, lanes: int, latency_s: float, rows: int, seconds: float) -> float:
    """Samples a second."""
    queue = QueueSettings(
        lanes=lanes,
        max_rows_per_block=rows,
        flush_interval_s=0.05,
        disable_disk=True,
        max_memory_bytes=0,
    )
    remote = Remote(
        RemoteSettings(url="http://127.0.0.1:9/", key="bench", queue=queue),
        data_path=path,
        contexts=TlsContexts(),
        run_sync=trio.to_thread.run_sync,
        wall_ms=lambda: int(time.time() * 1000),
        version="bench",
        connect=lambda: FarClient(latency_s),
    )
    async with trio.open_nursery() as nursery:
        await nursery.start(_run, remote)
        nursery.start_soon(_feed, remote, 4 * rows * lanes)
        await trio.sleep(2 * latency_s + 0.2 * min(1.0, seconds))
        before, began = remote.statistics().sent_samples_total, trio.current_time()
        await trio.sleep(seconds)
        sent = remote.statistics().sent_samples_total - before
        took_s = trio.current_time() - began
        nursery.cancel_scope.cancel()
    return sent / took_s


async def _run(remote: Remote, *, task_status: trio.TaskStatus[None]) -> None:
    await remote.run(task_status=task_status)


async def _feed(remote: Remote, most: int) -> None:
    layouts = [layout(SERIES, f"m{target}") for target in range(TARGETS)]
    time_ms = 1_700_000_000_000
    while True:
        while remote.statistics().pending_samples < most:
            time_ms += 1000
            for target, of in enumerate(layouts):
                remote.put_nowait([batch(SERIES, key=target, time_ms=time_ms, of=of)])
            await trio.lowlevel.checkpoint()
        await trio.sleep(0.005)


def main(argv: Sequence[str]) -> None:
    is_smoke = "--smoke" in argv
    seconds = 0.05 if is_smoke else SECONDS
    lanes = LANES[:2] if is_smoke else LANES
    print("thousand samples a second; lanes:", *lanes, sep="\t")
    with TemporaryDirectory() as folder:
        for rows in ROWS:
            for latency_s in LATENCIES_S[:1] if is_smoke else LATENCIES_S:
                found = [
                    trio.run(throughput, Path(folder), count, latency_s, rows, seconds)
                    for count in lanes
                ]
                shown = [f"{each / 1000:.0f}" for each in found]
                print(f"{rows} samples, {latency_s * 1000:.0f} ms", *shown, sep="\t")


if __name__ == "__main__":
    main(sys.argv[1:])
