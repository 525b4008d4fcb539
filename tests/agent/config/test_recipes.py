"""The recipes of docs/remotes.md are accepted as they stand."""

import re
from pathlib import Path

import pytest

from cli import main

TEXT = (Path(__file__).parents[3] / "docs" / "remotes.md").read_text()
RECIPES = re.findall(r"^```yaml\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
RECEIVERS = (
    "Prometheus",
    "VictoriaMetrics",
    "Grafana Mimir",
    "Thanos Receive",
    "Grafana Cloud",
    "Amazon Managed Service for Prometheus",
    "Azure Monitor",
    "Google Cloud Managed Service for Prometheus",
    "Apica Ascent",
)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda text: text.split("name: ")[1].split()[0])
def test_a_recipe_is_accepted(recipe: str, tmp_path: Path) -> None:
    config = tmp_path / "prometheus.yml"
    config.write_text(recipe)
    flags = [f"-promscrape.config={config}", f"-remoteWrite.tmpDataPath={tmp_path / 'data'}"]
    assert main([*flags, "-dryRun"]) == 0


@pytest.mark.parametrize("receiver", RECEIVERS)
def test_each_receiver_says_what_is_verified(receiver: str) -> None:
    section = TEXT.partition(f"### {receiver}\n")[2].partition("\n#")[0]
    assert "```yaml" in section
    assert "erified" in section
