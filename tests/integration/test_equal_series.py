"""The same targets before and after a conversion: the series at the receiver are equal.

One configuration with a job for each feature runs in the real old agent and, converted, in ours;
both push to one receiver, told apart by an external label alone.
"""

import re
import shlex
import struct
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import snappy

from cli import main
from pushqueue.wire.message import Sample, WireSeries, write_v1
from tests.integration.agent import command
from tests.integration.pages import Pages
from tests.integration.peers import VictoriaMetrics, program
from tests.integration.process import Process, free_port, wait_until

CLASH = """\
# TYPE clash_total counter
clash_total{job="own",instance="its",env="own"} 3
clash_total{exported_job="e",path="/a b"} 4
nothing_special 1.5e3
"""
RULES = """\
# TYPE rules_seconds histogram
rules_seconds_bucket{path="/a/x",le="1"} 1
rules_seconds_bucket{path="/a/x",le="+Inf"} 2
rules_seconds_sum{path="/a/x"} 2.5
rules_seconds_count{path="/a/x"} 2
rules_secret{token="x"} 1
rules_empty{empty=""} 1
rules_odd{weird="a\\\\b\\"c\\nd",id="77"} NaN
rules_infinite -Inf
go_threads 9
"""
JOBS = """\
- job_name: honest
  honor_labels: true
  metrics_path: /clash
  static_configs: [{{targets: ["{address}"]}}]
- job_name: renaming
  metrics_path: /clash
  static_configs: [{{targets: ["{address}"], labels: {{team: Blue, dc: "a-1"}}}}]
- job_name: target_rules
  metrics_path: /clash
  static_configs:
  - targets: ["{address}", "gone.example:1"]
    labels: {{meta_rack: r7, role: Web, empty: ""}}
  relabel_configs:
  - {{source_labels: [__address__], regex: "gone.*", action: drop}}
  - {{regex: "meta_(.+)", replacement: "from_$1", action: labelmap}}
  - {{regex: "meta_.*", action: labeldrop}}
  - {{source_labels: [role], target_label: role, action: lowercase}}
  - source_labels: [role, __address__]
    separator: "/"
    regex: "(web)/(.*):.*"
    target_label: host
    replacement: "$2-${{1}}x"
  - {{source_labels: [__scheme__], target_label: scheme}}
{hashmod}
- job_name: metric_rules
  metrics_path: /rules
  static_configs: [{{targets: ["{address}"]}}]
  metric_relabel_configs:
  - {{source_labels: [__name__], regex: "rules_secret|go_.*", action: drop}}
  - {{source_labels: [path], regex: "/([^/]+)/.*", target_label: short}}
  - source_labels: [__name__]
    regex: "rules_(odd)"
    target_label: __name__
    replacement: "renamed_$1"
  - {{regex: "id", action: labeldrop}}
  - source_labels: [__name__, le]
    regex: "rules_seconds_bucket;1"
    target_label: le
    replacement: "1.0"
- job_name: params
  metrics_path: /params
  params: {{format: [text], many: [a, b]}}
  static_configs: [{{targets: ["{address}"]}}]
  relabel_configs:
  - {{source_labels: [__param_format], target_label: format}}
- job_name: files
  metrics_path: /rules
  sample_limit: 1000
  file_sd_configs: [{{files: ["targets/*.yml"]}}]
- job_name: limited
  metrics_path: /rules
  sample_limit: 2
  static_configs: [{{targets: ["{address}"]}}]
- job_name: stamped
  metrics_path: /stamped
  static_configs: [{{targets: ["{address}"]}}]
- job_name: down
  static_configs: [{{targets: ["localhost"]}}]
"""
HASHMOD = """\
  - {source_labels: [__address__, role], modulus: 1000003, target_label: shard, action: hashmod}
"""
# What every agent says of scrapes; the values are its own.
REPORT = re.compile(r"scrape_.*")
# Later vmagents send it, 1.79.5 does not.
LATER = "scrape_response_size_bytes"
Key = tuple[tuple[str, str], ...]


def series_of(receiver: VictoriaMetrics, test: str, side: str) -> dict[Key, object]:
    """The newest value of each series (of a report series, that there is one), with the explicit
    time of those that have one."""
    found: dict[Key, object] = {}
    for series in receiver.samples(f'{{__name__!="{LATER}",test="{test}",side="{side}"}}'):
        labels = {name: text for name, text in series.labels.items() if name != "side"}
        name, (time_ms, value) = labels["__name__"], series.samples[-1]
        told: object = None if REPORT.fullmatch(name) else repr(value)
        found[tuple(sorted(labels.items()))] = (told, time_ms if name == "stamped" else None)
    return found


@pytest.fixture
def old_and_new(tmp_path: Path) -> Iterator[list[Process]]:
    running: list[Process] = []
    yield running
    for process in running:
        process.kill()


def _converted(words: list[str], directory: Path, side: str) -> Process:
    """Ours, by the script that `convert` writes, but for the data path and the port."""
    line = directory / "old.sh"
    line.write_text(shlex.join(words) + "\n")
    new = directory / "new"
    assert main(["convert", str(line), f"-to={new}"]) == 0
    written = shlex.split((new / "promferry.sh").read_text().partition("exec promferry")[2])
    flags = [
        word
        for word in written
        if word not in ("$@", "\n") and not word.startswith("-httpListenAddr")
    ]
    argv = [*command(), *flags, f"-httpListenAddr=127.0.0.1:{free_port()}"]
    return Process(argv, directory / "new.log", env={"SIDE": side})


def _prepare(pages: Pages, directory: Path, text: str) -> Path:
    pages.put("/clash", CLASH)
    pages.put("/rules", RULES)
    pages.put("/params", "params 1\n")
    (directory / "targets").mkdir()
    (directory / "targets" / "a.yml").write_text(
        f"- targets: ['{pages.address}']\n  labels: {{from: file, __meta_x: y}}\n"
    )
    config = directory / "old.yml"
    config.write_text(text)
    return config


def _compare(receiver: VictoriaMetrics, test: str, pages: Pages) -> None:
    """Waits until both sides are equal and whole."""

    def begun() -> bool:
        return all(series_of(receiver, test, side) for side in ("old", "new"))

    wait_until(begun, "series of both")
    # Prometheus sends nothing that is older than its start.
    pages.put("/stamped", f"stamped 7 {int(time.time() * 1000)}\n")

    def equal() -> bool:
        was, now = (series_of(receiver, test, side) for side in ("old", "new"))
        jobs = {dict(key).get("job") for key in was} & {dict(key).get("job") for key in now}
        wanted = {"own", "renaming", "target_rules", "metric_rules", "params", "files", "limited"}
        assert jobs >= wanted | {"stamped", "down"}, jobs
        assert any(dict(key)["__name__"] == "stamped" for key in was)
        told = [(side, key) for side, ours, theirs in (("old", was, now), ("new", now, was))
                for key, value in ours.items() if theirs.get(key, ()) != value]  # fmt: skip
        assert not told, "\n".join(map(str, sorted(told)))
        return True

    assert wait_until(equal, "equal series")


def test_vmagents_series(
    tmp_path: Path, pages: Pages, victoria_metrics: VictoriaMetrics, job: str,
    old_and_new: list[Process],
) -> None:  # fmt: skip
    text = (
        "global: {scrape_interval: 1s, scrape_timeout: 900ms, external_labels: "
        f'{{side: "%{{SIDE}}", test: {job}}}}}\n'
        "scrape_configs:\n" + JOBS.format(address=pages.address, hashmod="")
    )
    config = _prepare(pages, tmp_path, text)
    (tmp_path / "relabel.yml").write_text(PUSH_RULES)
    words = [program("vmagent"), f"-promscrape.config={config}",
             f"-remoteWrite.relabelConfig={tmp_path / 'relabel.yml'}",
             f"-remoteWrite.url={victoria_metrics.url}", "-remoteWrite.label=by=flag",
             f"-remoteWrite.tmpDataPath={tmp_path / 'old-data'}",
             f"-httpListenAddr=127.0.0.1:{free_port()}"]  # fmt: skip
    old_and_new += [Process(words, tmp_path / "old.log", env={"SIDE": "old"}),
                    _converted(words, tmp_path, "new")]  # fmt: skip
    for process in old_and_new:
        process.start()
    for process, side in zip(old_and_new, ("old", "new"), strict=True):
        port = int(process.argv[-1].rpartition(":")[2])
        process.wait_port(port)
        _push(port, job, side)
    _compare(victoria_metrics, job, pages)
    pushed = {dict(key)["__name__"] for key in series_of(victoria_metrics, job, "old")}
    assert pushed >= {"pushed_total", "lowered_name"}


PUSH_RULES = """\
- {source_labels: [path], regex: "/(.*)", target_label: path_of}
- {source_labels: [__name__], regex: UPPER_NAME, target_label: __name__, replacement: lowered_name}
- {source_labels: [secret], regex: ".+", action: drop}
"""
PUSHED = [
    {"__name__": "pushed_total", "job": "pushed", "path": "/p", "instance": "i"},
    {"__name__": "UPPER_NAME", "job": "pushed", "by": "itself"},
    {"__name__": "hidden", "job": "pushed", "secret": "yes"},
]


def _push(port: int, test: str, side: str) -> None:
    """By remote write, as applications do to vmagent."""
    now_ms = time.time_ns() // 1_000_000
    series = [
        WireSeries(
            labels=tuple(sorted({**labels, "test": test, "side": side}.items())),
            samples=(Sample(struct.pack("<d", number), now_ms),),
        )
        for number, labels in enumerate(PUSHED)
    ]
    body = bytes(snappy.compress(b"".join(write_v1(series))))
    headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy"}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v1/write", data=body, headers=headers
    )
    urllib.request.urlopen(request).close()


def test_prometheus_series(
    tmp_path: Path, pages: Pages, victoria_metrics: VictoriaMetrics, job: str,
    old_and_new: list[Process],
) -> None:  # fmt: skip
    text = (
        "global: {scrape_interval: 1s, scrape_timeout: 900ms, external_labels: "
        f'{{side: "${{SIDE}}", test: {job}, env: external}}}}\n'
        "scrape_configs:\n"
        + JOBS.format(address=pages.address, hashmod=HASHMOD.rstrip())
        + f"remote_write: [{{url: '{victoria_metrics.url}', queue_config: "
        "{batch_send_deadline: 300ms}, write_relabel_configs: "
        "[{source_labels: [__name__], regex: 'rules_infinite', action: drop}, "
        "{target_label: by, replacement: rule}]}]\n"
    )
    config = _prepare(pages, tmp_path, text)
    words = [program("prometheus"), "--enable-feature=agent,expand-external-labels",
             f"--config.file={config}", f"--storage.agent.path={tmp_path / 'old-data'}",
             f"--web.listen-address=127.0.0.1:{free_port()}"]  # fmt: skip
    old_and_new += [Process(words, tmp_path / "old.log", env={"SIDE": "old"}),
                    _converted(words, tmp_path, "new")]  # fmt: skip
    for process in old_and_new:
        process.start()
    _compare(victoria_metrics, job, pages)
