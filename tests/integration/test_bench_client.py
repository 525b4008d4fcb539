"""The bench of the client still runs; figures are for reading, never asserted."""

import subprocess
import sys
from pathlib import Path


def test_the_bench_runs() -> None:
    argv = [sys.executable, "-m", "bench.bench_client", "10"]
    root = Path(__file__).parents[2]
    done = subprocess.run(argv, cwd=root, capture_output=True, text=True, timeout=60, check=True)
    names = {line.rsplit(maxsplit=2)[0] for line in done.stdout.splitlines()}
    assert names >= {"GET bare socket", "GET lean client", "GET httpx"}
