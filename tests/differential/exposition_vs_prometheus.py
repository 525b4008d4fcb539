"""Odd pages, scraped by Debian's Prometheus 2.42 and read by our core: equal `up`, series, values.

`python -m tests.differential.exposition_vs_prometheus --pages N` makes N pages of each text
format, has Prometheus scrape each, and compares what it stored with what `TargetScrape` gives.
Differences that are meant are in EXCEPTIONS, each with its reason; every other one is printed, and
the exit code is 1.
"""

import argparse
import json
import math
import random
import sys
import tempfile
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from scraper.exposition.errors import ExpositionError
from scraper.exposition.negotiation import Format
from scraper.exposition.outline import Outlines
from scraper.labelling import SeriesError
from scraper.scrape import SampleCounts, TargetScrape
from scraper.settings import ScrapeJob
from scraper.setup import set_up
from scraper.target import build, discovered
from tests.integration.ask import get
from tests.integration.peers import program
from tests.integration.process import Process, free_port, wait_until
from tests.scraper.exposition import pages as text_pieces
from tests.scraper.steps import finish

TYPES = {
    Format.TEXT: "text/plain; version=0.0.4",
    Format.OPENMETRICS: "application/openmetrics-text",
}
# A page with one of these is read otherwise on purpose.
EXCEPTIONS = {
    b'{"': "names in quotes are Prometheus 3's; 2.42 refuses them",
    b',"': "as above",
    b"\n\0": "a NUL at the start of a line ends the page silently in Prometheus; here an error",
    b"#\0": "a NUL in a comment ends the page silently as well; here it is a comment",
    b",}": "2.42 refuses a trailing comma in OpenMetrics, 3.x takes it",
    b"\n ": "blanks before a name belong to the name in Prometheus' cache; here they do not",
    b"\n\t": "as above",
    b"_created": "2.42 knows no start timestamps; compared by their own tests",
}
REPORT = ("up", "scrape_")

OM_GOOD: tuple[bytes, ...] = (
    b"a 1",
    b'a{b="c"} 2',
    b'b{c="d",} 3',
    b"# TYPE a gauge",
    b"# HELP a x",
    b"# UNIT a_s s",
)
OM_GOOD += (b'c_total 1 # {t="x"} 1', b"d NaN", b"e +Inf", b"f -1.5e3", b'g{h="\\"\\n\\\\"} 0')
OM_GOOD += (b"# TYPE i info", b"i_info 1", b"# HELP a ", b'j{k=""} 1', b'l{m="x # {y"} 1')
OM_BAD: tuple[bytes, ...] = (
    b"",
    b"# c",
    b" a 1",
    b"a  1",
    b"a 1 ",
    b"a 1_0",
    b"a",
    b"# TYPE a x",
    b"# UNIT a s",
    b"a\t1",
)
OM_BAD += (b'a{b="c" } 1', b"a 1 # {", b"a 1 NaN", b"a 0x1p3", b"# EOF", b'a{b="\xff"} 1', b"1a 1")

Stored = dict[str, object]


def text_page(chance: random.Random) -> bytes:
    lines = []
    for _ in range(chance.randint(0, 6)):
        good = chance.random() < 0.9
        series = chance.choice(text_pieces.SERIES if good else text_pieces.BAD_SERIES)
        good = chance.random() < 0.9
        value = chance.choice(text_pieces.GOOD_VALUES if good else text_pieces.BAD_VALUES)
        stamp = b"" if chance.random() < 0.95 else chance.choice(text_pieces.BAD_STAMPS)
        lines.append(series + b" " + value + stamp)
        if chance.random() < 0.3:
            kinds = text_pieces.OTHERS * 3 + text_pieces.BAD_OTHERS
            lines.append(chance.choice(kinds))
    return b"\n".join(lines) + chance.choice((b"\n", b""))


def openmetrics_page(chance: random.Random) -> bytes:
    lines = [
        chance.choice(OM_GOOD if chance.random() < 0.93 else OM_BAD)
        for _ in range(chance.randint(0, 6))
    ]
    end = chance.choice((b"# EOF", b"# EOF\n", b"# EOF\n", b"# EOF\n", b"# EOF\n\n", b""))
    return b"\n".join([*lines, end])


def ours(body: bytes, format_: Format) -> Stored:
    """`up` and what is stored, by series as Prometheus' API shows it."""
    job = ScrapeJob(job_name="j")
    setup = set_up(job, {})
    target = build(job, setup.target_pipeline, discovered(job, "h:1", {}))
    scrape = TargetScrape(setup, target, SampleCounts(), Outlines())
    try:
        rendered = finish(scrape.render(body, 1_000, format_))
    except (ExpositionError, SeriesError):
        return {"up": False}
    stored: Stored = {"up": True}
    for batch in rendered.batches:
        for template, value in zip(batch.layout.templates, batch.values, strict=True):
            labels = dict(template.labels(batch.chunks))
            stored[key_of(labels)] = text_of(value)
    return stored


def key_of(labels: dict[str, str]) -> str:
    kept = {name: value for name, value in labels.items() if name not in ("job", "instance")}
    return json.dumps(kept, sort_keys=True)


def text_of(value: float) -> str:
    return "NaN" if math.isnan(value) else value.hex()


def theirs(port: int, number: int) -> Stored | None:
    selector = f'{{job="p{number}"}}'
    query = urllib.parse.urlencode({"query": selector})
    answer = json.loads(get(f"http://127.0.0.1:{port}/api/v1/query?{query}"))
    stored: Stored = {}
    for row in answer["data"]["result"]:
        name, value = row["metric"]["__name__"], float(row["value"][1])
        is_reported = "instance" in row["metric"] and "exported_instance" not in row["metric"]
        if name == "up" and is_reported and len(row["metric"]) == 3:
            stored["up"] = value == 1
        elif not name.startswith(REPORT):
            stored[key_of(row["metric"])] = text_of(value)
    return stored if "up" in stored else None


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--pages", type=int, default=200)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    chance = random.Random(given.seed)
    bodies = [(Format.TEXT, text_page(chance)) for _ in range(given.pages)]
    bodies += [(Format.OPENMETRICS, openmetrics_page(chance)) for _ in range(given.pages)]
    # `up` of a page would take the place of the scrape's own.
    bodies = [(format_, body.replace(b"up", b"down")) for format_, body in bodies]

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            format_, body = bodies[int(self.path.rpartition("/")[2])]
            self.send_response(200)
            self.send_header("Content-Type", TYPES[format_])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        found = _scraped(Path(folder), server.server_address[1], len(bodies))
    server.shutdown()
    server.server_close()
    return _compare(bodies, found)


def _scraped(folder: Path, pages_port: int, count: int) -> list[Stored]:
    jobs = [
        {
            "job_name": f"p{number}",
            "metrics_path": f"/page/{number}",
            "static_configs": [{"targets": [f"127.0.0.1:{pages_port}"]}],
        }
        for number in range(count)
    ]
    times = {"scrape_interval": "4s", "scrape_timeout": "4s"}
    config = folder / "prometheus.yml"
    config.write_text(json.dumps({"global": times, "scrape_configs": jobs}))
    port = free_port()
    argv = [program("prometheus"), f"--config.file={config}"]
    argv += [f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address=127.0.0.1:{port}"]
    process = Process(argv, folder / "log")
    process.start()
    try:
        process.wait_port(port)
        return [
            wait_until(lambda number=number: theirs(port, number), f"page {number}")  # type: ignore[misc]
            for number in range(count)
        ]
    finally:
        process.kill()


def _compare(bodies: list[tuple[Format, bytes]], found: list[Stored]) -> int:
    equal = good = excepted = 0
    wrong = []
    for (format_, body), stored in zip(bodies, found, strict=True):
        expected = ours(body, format_)
        if expected == stored:
            equal += 1
            good += expected["up"] is True
        elif any(mark in b"\n" + body for mark in EXCEPTIONS):
            excepted += 1
        else:
            wrong.append(f"{format_.value} {body!r}\n  theirs {stored}\n  ours   {expected}")
    print(f"{len(bodies)} pages, {equal} equal ({good} of them up), {excepted} excepted")
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
