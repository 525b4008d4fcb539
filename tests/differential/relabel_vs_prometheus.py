"""Random rules on random label sets, through Debian's Prometheus and through us: equal results?

One Prometheus at a time scrapes pages, with random `metric_relabel_configs` for each job, and
pushes them to remotes with random `write_relabel_configs` each; our receiver reads back what came
of every label set. A sample's value tells which label set it was.

Run: python tests/differential/relabel_vs_prometheus.py --pairs 5000 --seed 1
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random

import attrs

sys.path.insert(0, str(Path(__file__).parents[2]))

from relabel.names import LEGACY
from relabel.pipeline import compile_rules
from relabel.rule import DEFAULT_REGEX, RelabelRule
from relabel.series_text import parse_series
from tests.differential.relabel_generator import label_set, rule_list
from tests.differential.relabel_receiver import Endpoints
from tests.integration.ask import get
from tests.integration.peers import program
from tests.integration.process import Process, free_port, wait_until

EXCEPTIONS = """
Prometheus 2.42 is asked, Prometheus 3 is what we follow. What differs, and how this test copes:
1. `.` matches a newline in 3.x only: 2.42 gets every regex as `(?s:...)`.
2. A computed target_label with an empty result: 3.x removes the computed label, 2.42 nothing (it
   removes the label that is called like the template). Not generated.
3. Label names: 3.x allows UTF-8 by default. Compared with our `legacy` scheme.
4. An empty name that labelmap computes: Prometheus keeps a label without a name (and a scrape with
   it fails), we have none. Not generated.
5. Two labelled names mapped to one by labelmap: the order of 3.x hangs on which labels an earlier
   rule has set; 2.42 and we go by name.
6. `(?<name>...)` is refused by the Go that built 2.42. Not generated.
"""

SERIES_PER_PAGE = 50
METRIC_JOBS, REMOTES = 40, 60
PAIRS_PER_RUN = (METRIC_JOBS + REMOTES) * SERIES_PER_PAGE
FIRST_VALUE = 1_000_000
PLAIN = "plain"


@attrs.frozen
class Trial:
    """A rule list, the label sets it was given (by sample value), and the remote to read."""

    rules: list[RelabelRule]
    inputs: dict[float, dict[str, str]]
    remote: str


@attrs.frozen
class Difference:
    rules: list[RelabelRule]
    labels: dict[str, str]
    ours: dict[str, str] | None
    theirs: list[dict[str, str]]


@attrs.define
class Tally:
    pairs: int = 0
    dropped: int = 0
    changed: int = 0
    merged: int = 0
    differences: list[Difference] = attrs.field(factory=list)


def compare(seed: int, pairs: int) -> Tally:
    """At least `pairs` pairs, in as many runs of Prometheus as it takes."""
    tally = Tally()
    run = 0
    while tally.pairs < pairs:
        random = Random(f"{seed}/{run}")  # so that a run can be repeated alone
        wanted = min(1.0, (pairs - tally.pairs) / PAIRS_PER_RUN)
        _run(random, tally, max(1, round(METRIC_JOBS * wanted)), max(1, round(REMOTES * wanted)))
        run += 1
    return tally


def _run(random: Random, tally: Tally, job_count: int, remote_count: int) -> None:
    values = iter(range(FIRST_VALUE, 2 * FIRST_VALUE))
    pages = []
    trials = []
    jobs: list[dict[str, object]] = []
    for number in range(job_count + 1):
        name = f"job{number}" if number else "raw"
        inputs = {float(next(values)): label_set(random) for _ in range(SERIES_PER_PAGE)}
        pages.append(_page(inputs))
        rules: list[RelabelRule] = []
        if number:
            # A series without a name, or with an illegal one, would fail the whole scrape.
            name_rule = RelabelRule(target_label="__name__", replacement="out")
            rules = [*rule_list(random, legal_names_only=True), name_rule]
        stored = {value: _on_target(labels, name) for value, labels in inputs.items()}
        trials.append(Trial(rules, stored, PLAIN))
        jobs.append(_job(name, number, rules))
    raw = trials[0].inputs
    only_raw = RelabelRule(action="keep", source_labels=("job_of_page",), regex="raw")
    for number in range(remote_count):
        rules = rule_list(random, legal_names_only=False)
        trials.append(Trial([only_raw, *rules], raw, f"remote{number}"))
    with Endpoints(pages, FIRST_VALUE) as endpoints, tempfile.TemporaryDirectory() as directory:
        _scrape(Path(directory), jobs, trials[job_count + 1 :], endpoints)
        for trial in trials:
            _judge(trial, endpoints.seen.get(trial.remote, {}), tally)


def _on_target(labels: dict[str, str], job: str) -> dict[str, str]:
    """What metric relabelling sees: honor_labels keeps the page's labels, empty ones vanish."""
    target = {"job": job, "instance": "target", "job_of_page": job.rstrip("0123456789")}
    return {name: value for name, value in {**target, **labels}.items() if value}


def _page(inputs: dict[float, dict[str, str]]) -> str:
    lines = []
    for value, labels in inputs.items():
        pairs = [f"{name}={_quoted(text)}" for name, text in labels.items() if name != "__name__"]
        lines.append(f"{labels['__name__']}{{{','.join(pairs)}}} {value}\n")
    return "".join(lines)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _job(name: str, page: int, rules: Sequence[RelabelRule]) -> dict[str, object]:
    return {
        "job_name": name,
        "honor_labels": True,
        "metrics_path": f"/page/{page}",
        "static_configs": [
            {
                "targets": [""],
                "labels": {"instance": "target", "job_of_page": name.rstrip("0123456789")},
            }
        ],
        "metric_relabel_configs": [for_prometheus(rule) for rule in rules],
    }


def for_prometheus(rule: RelabelRule) -> dict[str, object]:
    """The rule's keys for Prometheus 2.42, whose dot matches no newline unless it is told."""
    keys: dict[str, object] = {"action": rule.action}
    if rule.source_labels:
        keys["source_labels"] = list(rule.source_labels)
    for key in ("separator", "replacement"):
        if getattr(rule, key) is not None:
            keys[key] = getattr(rule, key)
    if rule.target_label:
        keys["target_label"] = rule.target_label
    if rule.modulus:
        keys["modulus"] = rule.modulus
    if rule.action.lower() not in ("keepequal", "dropequal"):
        keys["regex"] = f"(?s:{DEFAULT_REGEX if rule.regex is None else rule.regex})"
    return keys


def _scrape(
    directory: Path, jobs: list[dict[str, object]], remotes: list[Trial], endpoints: Endpoints
) -> None:
    for job in jobs:
        static: list[dict[str, list[str]]] = job["static_configs"]  # type: ignore[assignment]
        static[0]["targets"] = [f"127.0.0.1:{endpoints.port}"]
    config = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
        "scrape_configs": jobs,
        "remote_write": [
            _remote(PLAIN, [], endpoints.port),
            *[_remote(trial.remote, trial.rules, endpoints.port) for trial in remotes],
        ],
    }
    (directory / "prometheus.yml").write_text(json.dumps(config))  # JSON is YAML
    port = free_port()
    argv = [
        program("prometheus"),
        f"--config.file={directory / 'prometheus.yml'}",
        f"--storage.tsdb.path={directory / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    process = Process(argv, directory / "prometheus.log")
    process.start()
    try:
        process.wait_port(port)
        wait_until(lambda: min(endpoints.hits) >= 3, "three scrapes", evidence=process.output)
        _wait_sent(port, process)
    finally:
        process.kill()


def _remote(name: str, rules: Sequence[RelabelRule], port: int) -> dict[str, object]:
    return {
        "url": f"http://127.0.0.1:{port}/write/{name}",
        "name": name,
        "write_relabel_configs": [for_prometheus(rule) for rule in rules],
        "queue_config": {"max_shards": 1, "capacity": 2500, "batch_send_deadline": "200ms"},
        "metadata_config": {"send": False},
    }


def _wait_sent(port: int, process: Process) -> None:
    """Until every remote has dealt with all that had been scraped when this was called."""
    (scraped,) = _own_metrics(port)["prometheus_remote_storage_samples_in_total"].values()

    def is_done() -> bool:
        metrics = _own_metrics(port)
        dealt_with = Counter(metrics["prometheus_remote_storage_samples_total"])
        for kind in ("pending", "failed_total", "retried_total"):
            dealt_with.subtract(metrics[f"prometheus_remote_storage_samples_{kind}"])
        dealt_with.update(metrics["prometheus_remote_storage_samples_dropped_total"])
        return min(dealt_with.values()) >= scraped

    wait_until(is_done, "all remotes to have all samples", evidence=process.output, timeout_s=90)


def _own_metrics(port: int) -> dict[str, dict[str, float]]:
    """Prometheus' own metrics: by name, then by the remote's name ("" for none)."""
    metrics: dict[str, dict[str, float]] = {}
    for line in get(f"http://127.0.0.1:{port}/metrics").splitlines():
        if line.startswith("prometheus_remote_storage_samples_"):
            series, _, value = line.rpartition(" ")
            labels = parse_series(series)
            remote = labels.get("remote_name", "")
            metrics.setdefault(labels["__name__"], {})[remote] = float(value)
    return metrics


def _judge(trial: Trial, seen: dict[float, list[dict[str, str]]], tally: Tally) -> None:
    pipeline = compile_rules(trial.rules, scheme=LEGACY)
    results = {value: pipeline.apply(labels) for value, labels in trial.inputs.items()}
    arrived = [results[value] for value in trial.inputs if value in seen]
    for value, labels in trial.inputs.items():
        ours = results[value] or None  # Prometheus drops a series without labels
        theirs = seen.get(value, [])
        tally.pairs += bool(trial.rules)  # the page that the remotes share is not a pair itself
        tally.dropped += ours is None
        tally.changed += ours is not None and ours != labels
        if theirs == ([] if ours is None else [ours]):
            continue
        if not theirs and ours in arrived:
            tally.merged += 1  # two samples of one series: the first wins
            continue
        tally.differences.append(Difference(trial.rules, labels, ours, theirs))


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, epilog=EXCEPTIONS)
    parser.add_argument("--pairs", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    started = time.monotonic()
    tally = compare(chosen.seed, chosen.pairs)
    for difference in tally.differences[:20]:
        print(f"DIFFERENT {difference.labels}\n  ours   {difference.ours}")
        print(f"  theirs {difference.theirs}")
        for rule in difference.rules:
            print(f"    {for_prometheus(rule)}")
    print(
        f"seed {chosen.seed}: {tally.pairs} pairs, {len(tally.differences)} differences;"
        f" {tally.dropped} dropped, {tally.changed} changed, {tally.merged} not told apart,"
        f" {time.monotonic() - started:.0f} s"
    )
    return 1 if tally.differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
