"""From a scrape to the receiver: how long a sample is under way on loopback, the agent all in.

Takes nothing; prints, for each flush interval, how much later than the scrape a push came, and how
much of that is beyond the interval (the aim is 100 ms at most).

    python -m bench.bench_latency [--smoke]
"""

import math
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from tests.conformance.sender.far_end import FarEnd, Page  # noqa: E402
from tests.integration.agent import Agent  # noqa: E402

FLUSHES_S = (0.2, 1.0)
SERIES = 200
SECONDS = 20.0

CONFIG = """
scrape_configs:
  - job_name: bench
    scrape_interval: 1s
    static_configs: [{{targets: ["{address}"]}}]
    metrics_path: /page/{name}
"""


def measure(directory: Path, flush_s: float, seconds: float) -> list[float]:
    """Seconds from each scrape to the arrival of its push."""
    scraped: list[float] = []
    rest = "".join(f'series{{n="{n}"}} {n}\n' for n in range(SERIES))

    def page(visit: int) -> str:
        scraped.append(time.monotonic())
        return f"number {visit}\n{rest}"

    with FarEnd() as far_end:
        far_end.pages["bench"] = Page(page)
        config = CONFIG.format(address=far_end.address, name="bench")
        flags = [
            f"-remoteWrite.url=http://{far_end.address}/push/bench",
            f"-remoteWrite.flushInterval={flush_s}s",
            "-remoteWrite.forcePromProto",
        ]
        agent = Agent(directory, config, flags)
        try:
            agent.start()
            time.sleep(seconds)
        finally:
            agent.process.stop()
        # The last one was hurried by the stop; what is no number is a marker.
        rows = [(push.at_s, row) for push in far_end.pushes("bench")[:-1] for row in push.rows]
    return [
        at_s - scraped[int(row.value)]
        for at_s, row in rows
        if row.name == "number" and row.value is not None and not math.isnan(row.value)
    ]


def main(argv: Sequence[str]) -> None:
    seconds = 3.5 if "--smoke" in argv else SECONDS
    for flush_s in FLUSHES_S[:1] if "--smoke" in argv else FLUSHES_S:
        with TemporaryDirectory() as folder:
            found = measure(Path(folder), flush_s, seconds)
        if not found:
            print(f"flush {flush_s:g} s: nothing came")
            continue
        print(
            f"flush {flush_s:g} s: median {statistics.median(found) * 1000:.0f} ms,"
            f" most {max(found) * 1000:.0f} ms, beyond the interval at most"
            f" {(max(found) - flush_s) * 1000:.0f} ms; {len(found)} scrapes"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
