"""The race runs: pages served, pushes taken, everything scraped also delivered."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.integration.agent import ROOT
from tests.integration.peers import program

# The marks of race.page, which is no package of the tests' path.
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


@pytest.mark.parametrize(
    ("agent", "values"),
    [
        pytest.param("promferry", "changing", id="promferry, pages by chance"),
        pytest.param("promferry-2.0", "same", id="promferry by remote write 2.0"),
        pytest.param("vmagent", "same", id="vmagent, one page"),
    ],
)
def test_one_lap(agent: str, values: str, tmp_path: Path) -> None:
    for peer in ("nginx", "vmagent"):
        program(peer)
    compare = str(ROOT / "bench" / "compare.py")
    chart, page = tmp_path / "chart.svg", tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nbehind\n")
    flags = ["--shape", "idle", "--agents", agent, "--values", values]
    flags += ["--seconds", "2", "--warmup", "2", "--plot", str(chart), "--page", str(page)]
    ended = subprocess.run(
        [sys.executable, compare, *flags], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 0, ended.stderr
    (result,) = json.loads(ended.stdout.splitlines()[-1])["results"]
    assert result["scrapes"] in {2, 3}
    assert result["failed_scrapes"] == result["failed_pushes"] == 0
    # The page's 507 series, and `up` with its kin.
    assert 507 + 5 <= result["delivered_per_scrape"] <= 507 + 10
    assert ElementTree.parse(chart).getroot().tag.endswith("svg")
    text = page.read_text()
    assert text.startswith(f"before\n{BEGIN}\n\n| shape |")
    assert text.endswith(f"{END}\nbehind\n")
    assert f"| idle | {agent} |" in text
