"""The served OpenAPI description is what the agent does: schemathesis calls what it lists."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.conftest import StartAgent

CONFIG = """
scrape_configs:
- job_name: itself
  scrape_interval: 1s
  static_configs: [{targets: ['127.0.0.1:9']}]
"""
# What calls the target itself, and what does not end before its reader goes.
LEFT_OUT = ["/target_response", "/api/v1/tap"]


def run(url: str, examples: int) -> subprocess.CompletedProcess[str]:
    argv = [
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        f"{url}/api/v1/openapi.json",
    ]
    argv += ["--max-examples", str(examples), "--seed", "11", "--generation-database", "none"]
    argv += ["--phases", "examples,coverage,fuzzing", "--no-color"]
    argv += ["--checks", "not_a_server_error,status_code_conformance"]
    argv += ["--checks", "content_type_conformance,response_schema_conformance"]
    for path in LEFT_OUT:
        argv += ["--exclude-path", path]
    return subprocess.run(argv, capture_output=True, text=True, timeout=600, check=False)


@pytest.mark.parametrize(
    "examples",
    [
        pytest.param(5, id="a few calls of each path"),
        pytest.param(300, id="many calls of each path", marks=pytest.mark.long),
    ],
)
def test_what_the_description_lists_is_what_happens(
    start_agent: StartAgent, tmp_path: Path, examples: int
) -> None:
    agent = start_agent(CONFIG, ["-remoteWrite.url=http://127.0.0.1:9/api/v1/write"])
    found = run(f"http://127.0.0.1:{agent.port}", examples)
    assert found.returncode == 0, found.stdout[-6000:] + found.stderr[-2000:]
    assert agent.process.is_running
