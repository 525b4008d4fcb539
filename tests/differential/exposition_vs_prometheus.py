"""Odd pages, scraped by Debian's Prometheus 2.42 and by the installed agent, which sends them to
another Prometheus: equal `up`, series, values and timestamps, native histograms and exemplars;
and both say the same metadata of each.

`python -m tests.differential.exposition_vs_prometheus --pages N` makes N pages of each format.
Differences that are meant are in EXCEPTIONS, each with its reason; every other one is printed, and
the exit code is 1.
"""

import argparse
import json
import random
import re
import sys
import tempfile
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import attrs

from scraper.exposition.negotiation import Format
from tests.differential.odd_pages import CONTENT_TYPES, OddPage, is_read_otherwise, odd_pages
from tests.integration.agent import Agent
from tests.integration.ask import get
from tests.integration.peers import Prometheus, Series, program
from tests.integration.process import Process, free_port, wait_until

# A page with one of these is read otherwise on purpose (DESIGN 8.1: 3.x rules where 2.42 differs).
EXCEPTIONS: dict[Format, dict[bytes, str]] = {
    Format.TEXT: {
        b'{"': "names in quotes are Prometheus 3's; 2.42 refuses them",
        b"\n\0": "a NUL at the start of a line ends the page silently in Prometheus; here an error",
        b"#\0": "a NUL in a comment ends the page silently as well; here it is a comment",
        b"\n ": "blanks before a name belong to the name in Prometheus' cache; here they do not",
        b"\n\t": "as above",
    },
    Format.OPENMETRICS: {
        b",}": "2.42 refuses a trailing comma in OpenMetrics, 3.x takes it",
        b"_created": "2.42 knows no start timestamps; compared by their own tests",
    },
}
_LEGACY_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
REPORT = ("scrape_duration", "scrape_samples", "scrape_series")
INTERVAL_S = 4


@attrs.frozen
class Stored:
    """What became of a page. `series`: value and, where the page says it, timestamp in ms.

    `exemplars`: labels of series and exemplar, and its value.
    """

    is_up: bool
    series: dict[str, tuple[str, int | None]]
    exemplars: frozenset[str] = frozenset()
    metadata: frozenset[str] = frozenset()


def stored_of(found: Sequence[Series]) -> dict[int, Stored]:
    """By the number of the page; only pages whose `up` is there."""
    ups: dict[int, Series] = {}
    others: dict[int, list[Series]] = {}
    for each in found:
        number = int(each.labels["job"].removeprefix("p"))
        if each.labels["__name__"] == "up" and len(each.labels) == 3:
            ups[number] = each
        elif not each.labels["__name__"].startswith(REPORT):
            others.setdefault(number, []).append(each)
    return {
        number: Stored(
            # A scrape that a busy machine lets time out says nothing of the page.
            1.0 in up.values(),
            {_key(each): _judged(each, up) for each in others.get(number, ())},
        )
        for number, up in ups.items()
    }


def _key(series: Series) -> str:
    kept = {name: value for name, value in series.labels.items() if name not in ("job", "instance")}
    return json.dumps(kept, sort_keys=True)


def _judged(series: Series, up: Series) -> tuple[str, int | None]:
    """Its first value, and its timestamp if that is not the scrape's."""
    # The last scrape may be on its way, its `up` behind it.
    at_ms, value = series.samples[0]
    is_scraped_then = at_ms in {at for at, _ in up.samples}
    text = value if isinstance(value, str) else "NaN" if value != value else value.hex()
    return text, None if is_scraped_then else at_ms


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024  # of hundreds of targets many are due at once


@contextmanager
def serving(pages: Sequence[OddPage]) -> Iterator[str]:
    """The address where /page/N is page N."""

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = pages[int(self.path.rpartition("/")[2])]
            # Scrapers that are killed in the middle of a page are the end of every run.
            with suppress(ConnectionError):
                self.send_response(200)
                self.send_header("Content-Type", CONTENT_TYPES[page.format])
                self.send_header("Content-Length", str(len(page.body)))
                self.end_headers()
                self.wfile.write(page.body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = _Server(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@attrs.frozen
class Peer(Prometheus):
    """One that is asked for more than samples."""

    def samples(self, selector: str) -> list[Series]:
        """Of a native histogram the value is its JSON."""
        found = self._asked("query", query=f"{selector}[1h]")["result"]
        return [
            Series(
                row["metric"],
                [(round(at_s * 1000), _value(value)) for at_s, value in _points(row)],
            )
            for row in found
        ]

    def exemplars(self, selector: str) -> dict[int, set[str]]:
        """By the number of the page."""
        now_s = time.time()
        found: dict[int, set[str]] = {}
        for row in self._asked(
            "query_exemplars", query=selector, start=now_s - 7200, end=now_s + 7200
        ):
            labels = dict(row["seriesLabels"])
            number = int(labels.pop("job").removeprefix("p"))
            del labels["instance"]
            for each in row["exemplars"]:
                said = [labels, each["labels"], each["value"]]
                found.setdefault(number, set()).add(json.dumps(said, sort_keys=True))
        return found

    def _asked(self, what: str, **parameters: object) -> Any:
        query = urllib.parse.urlencode(parameters)
        return json.loads(get(f"http://127.0.0.1:{self.port}/api/v1/{what}?{query}"))["data"]


def _points(row: dict[str, Any]) -> list[Any]:
    return [*row.get("values", ()), *row.get("histograms", ())]


def _value(said: Any) -> Any:
    return float(said) if isinstance(said, str) else json.dumps(said, sort_keys=True)


def metadata_of(port: int) -> dict[int, frozenset[str]]:
    """What a scraper says of the families of each page."""
    found: dict[int, set[str]] = {}
    answer = json.loads(get(f"http://127.0.0.1:{port}/api/v1/targets/metadata"))
    for row in answer["data"]:
        number = int(row["target"]["job"].removeprefix("p"))
        said = [row[key] for key in ("metric", "type", "help", "unit")]
        found.setdefault(number, set()).add(json.dumps(said))
    return {number: frozenset(said) for number, said in found.items()}


def config_of(address: str, count: int, **more: object) -> dict[str, Any]:
    times = {"scrape_interval": f"{INTERVAL_S}s", "scrape_timeout": f"{INTERVAL_S}s"}
    jobs = [
        {
            "job_name": f"p{number}",
            "metrics_path": f"/page/{number}",
            "static_configs": [{"targets": [address]}],
            **more,
        }
        for number in range(count)
    ]
    return {"global": times, "scrape_configs": jobs}


@contextmanager
def running(folder: Path, config: dict[str, Any]) -> Iterator[Peer]:
    """A peer that scrapes, or receives, with all that it can store."""
    folder.mkdir()
    path, port = folder / "prometheus.yml", free_port()
    path.write_text(json.dumps({**config, "storage": {"exemplars": {"max_exemplars": 100_000}}}))
    argv = [program("prometheus"), f"--config.file={path}", "--web.enable-remote-write-receiver"]
    argv += ["--enable-feature=native-histograms,exemplar-storage"]
    argv += [f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address=127.0.0.1:{port}"]
    process = Process(argv, folder / "prometheus.log")
    process.start()
    try:
        process.wait_port(port)
        ready = f"http://127.0.0.1:{port}/-/ready"
        wait_until(lambda: get(ready), "a ready Prometheus")
        yield Peer(port)
    finally:
        process.kill()


def compare(pages: Sequence[OddPage], folder: Path) -> list[str]:
    """Every difference that is not meant; prints how many pages were equal."""
    with serving(pages) as address, running(folder / "receiver", {}) as receiver:
        remote = {"url": receiver.url, "send_exemplars": True, "send_native_histograms": True}
        config = config_of(address, len(pages), scrape_native_histograms=True)
        agent = Agent(folder / "agent", json.dumps({**config, "remote_write": [remote]}))
        agent.start()
        try:
            with running(folder / "scraper", config_of(address, len(pages))) as peer:
                theirs = _all(peer, len(pages), agent, peer.port)
                ours = _all(receiver, len(pages), agent, agent.port)
        finally:
            agent.process.kill()
    ends: Counter[tuple[str, str]] = Counter()
    wrong = []
    for number, page in enumerate(pages):
        if ours[number] == theirs[number]:
            end = "equal, up" if ours[number].is_up else "equal, down"
        elif _is_excepted(page, ours[number]):
            end = "excepted"
        else:
            end = "different"
            said = f"{page.format.value} {page.body!r}"
            wrong.append(f"{said}\n{_difference(theirs[number], ours[number])}")
        ends[page.format.value, end] += 1
    for (format_, end), count in sorted(ends.items()):
        print(f"{format_:<12} {end:<12} {count:>6}")
    return wrong


def _difference(theirs: Stored, ours: Stored) -> str:
    """What only one of both has."""
    sides = (("theirs", theirs, ours), ("ours  ", ours, theirs))
    lines = []
    for name, side, other in sides:
        only = [item for item in side.series.items() if item not in other.series.items()]
        beside = (side.exemplars - other.exemplars, side.metadata - other.metadata)
        lines.append(f"  {name} is_up={side.is_up} {only} {[sorted(each) for each in beside]}")
    return "\n".join(lines)


def _is_excepted(page: OddPage, ours: Stored) -> bool:
    """By the page's text; in binary pages by what 3.x takes: a name with any character."""
    if page.format is Format.PROTOBUF:
        if is_read_otherwise(page.body):
            return True
        names = [(labels["__name__"], *labels) for labels in map(json.loads, ours.series)]
        return not all(_LEGACY_NAME.fullmatch(name) for each in names for name in each)
    return any(mark in b"\n" + page.body for mark in EXCEPTIONS[page.format])


def _all(peer: Peer, count: int, agent: Agent, scraper_port: int) -> dict[int, Stored]:
    """What it has of every page, once it has two scrapes of each, and what the scraper says."""

    def found() -> dict[int, Stored] | None:
        series = peer.samples('{job=~"p.+"}')
        done = [each for each in series if each.labels["__name__"] == "up"]
        stored = stored_of(series)
        return stored if len(stored) == count and all(len(x.samples) > 1 for x in done) else None

    stored = wait_until(found, f"{count} pages", timeout_s=60 + count / 20, evidence=agent.log)
    exemplars, metadata = peer.exemplars('{job=~"p.+"}'), metadata_of(scraper_port)
    return {
        number: attrs.evolve(
            each,
            exemplars=frozenset(exemplars.get(number, ())),
            metadata=metadata.get(number, frozenset()) if each.is_up else frozenset(),
        )
        for number, each in stored.items()
    }


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--pages", type=int, default=200)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    pages = odd_pages(random.Random(given.seed), given.pages, time.time())
    with tempfile.TemporaryDirectory() as folder:
        wrong = compare(pages, Path(folder))
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
