"""The race runs: pages served, pushes taken, everything scraped also delivered."""

import json
import subprocess
import sys

import pytest

from tests.integration.agent import ROOT
from tests.integration.peers import program


@pytest.mark.parametrize("agent", ["promferry", "promferry-2.0", "vmagent"])
def test_one_lap(agent: str) -> None:
    for peer in ("nginx", "vmagent"):
        program(peer)
    compare = str(ROOT / "bench" / "compare.py")
    flags = ["--shape", "idle", "--agents", agent, "--seconds", "2", "--warmup", "2"]
    ended = subprocess.run(
        [sys.executable, compare, *flags], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 0, ended.stderr
    (result,) = json.loads(ended.stdout.splitlines()[-1])["results"]
    assert result["scrapes"] in {2, 3}
    assert result["failed_scrapes"] == result["failed_pushes"] == 0
    # The page's 507 series, and `up` with its kin.
    assert 507 + 5 <= result["delivered_per_scrape"] <= 507 + 10
