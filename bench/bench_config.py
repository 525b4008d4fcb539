"""How long a large configuration takes to load: 10 000 static targets in 100 jobs.

Run: python -m bench.bench_config [targets] [jobs]. The target is under 2 s on two slow cores.
"""

import resource
import sys
from time import perf_counter

from agent.config.load import Loaded, LoadOptions, load

TARGETS = 10_000
JOBS = 100

_JOB = """\
- job_name: job-{job}
  scrape_interval: 30s
  basic_auth: {{username: agent, password_file: secrets/job-{job}}}
  relabel_configs:
  - source_labels: [__address__]
    regex: '(.+):(\\d+)'
    target_label: host
    replacement: $1
  metric_relabel_configs:
  - source_labels: [__name__]
    regex: go_(gc|memstats)_.*
    action: drop
  static_configs:
"""
_GROUP = "  - targets: ['host-{number}.site-{job}.example:9100']\n    labels: {{rack: r{job}}}\n"


def configuration(targets: int, jobs: int, per_group: int = 1) -> bytes:
    """The text: every target in a group of its own, which is the costliest way to write it."""
    parts = ["global: {external_labels: {site: a}}\nscrape_configs:\n"]
    each = targets // jobs
    for job in range(jobs):
        parts.append(_JOB.format(job=job))
        parts += [_GROUP.format(job=job, number=number) for number in range(each)]
    parts.append("remote_write: [{url: 'http://127.0.0.1:9201/api/v1/write'}]\n")
    return "".join(parts).encode()


def load_bytes(content: bytes) -> Loaded:
    options = LoadOptions(environment={}, read_file=lambda path: content)
    return load("/etc/prometheus.yml", options=options)


def main(targets: int = TARGETS, jobs: int = JOBS) -> None:
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    content = configuration(targets, jobs)
    start = perf_counter()
    first = load_bytes(content)
    cold_s = perf_counter() - start
    start = perf_counter()
    again = load_bytes(content)
    warm_s = perf_counter() - start
    start = perf_counter()
    is_same = first.jobs == again.jobs
    compare_s = perf_counter() - start
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib
    print(f"{targets} targets in {len(first.jobs)} jobs, {len(content) / 1e6:.2f} MB of YAML")
    print(f"load {cold_s:.2f} s, again {warm_s:.2f} s, {warm_s / targets * 1e6:.0f} us a target")
    print(f"compare old and new {compare_s * 1e3:.0f} ms, equal: {is_same}")
    print(f"peak memory grown by {grown_kib / 1024:.0f} MiB")


if __name__ == "__main__":
    if "--smoke" in sys.argv:
        main(targets=100, jobs=10)
    else:
        main(*(int(argument) for argument in sys.argv[1:]))
