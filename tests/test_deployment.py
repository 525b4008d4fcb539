"""examples/deploy/: each file as far as a machine without containers and cluster can look."""

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.convert.detect import convert
from agent.convert.outcome import GOOD
from agent.flags.parser import parse

DEPLOY = Path(__file__).parents[1] / "examples" / "deploy"
MANIFESTS = sorted(DEPLOY.glob("kubernetes-*.yml"))


def documents(path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(path.read_text()))


def workload(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = documents(path)[-1]
    return found


def containers(path: Path) -> Iterator[dict[str, Any]]:
    pod = workload(path)["spec"]["template"]["spec"]
    yield from pod.get("initContainers", [])
    yield from pod["containers"]


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed")
    unit = tmp_path / "promferry.service"
    text = (DEPLOY / unit.name).read_text()
    unit.write_text(text.replace("/usr/local/bin/promferry", "/bin/true"))
    done = subprocess.run([analyze, "verify", unit], capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if unit.name in line] == []


def test_systemd_rates_the_unit_as_safe() -> None:
    """1.1 of 10 when this was written; the rest is what an agent needs: the network."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed")
    argv = [analyze, "security", "--offline=true", "--threshold=15",
            str(DEPLOY / "promferry.service")]  # fmt: skip
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-300:] + done.stderr


def test_the_unit_starts_the_agent_with_flags_that_it_has() -> None:
    (line,) = re.findall(r"^ExecStart=(.*)$", (DEPLOY / "promferry.service").read_text(), re.M)
    _, *flags = shlex.split(line)
    assert flags.pop() == "$PROMFERRY_FLAGS"
    assert parse(flags, {})["remoteWrite.tmpDataPath"] == "/var/lib/promferry"


def wanted(module: str) -> None:
    """Skips where a schema is not installed, but not in CI."""
    if importlib.util.find_spec(module) is None:
        assert not os.environ.get("PROMFERRY_CI"), f"{module} is not installed"
        pytest.skip(f"{module} is not installed: pip install -e '.[dev]'")


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_a_manifest_is_what_kubernetes_schemas_say(path: Path) -> None:
    wanted("kubernetes_validate")
    from kubernetes_validate import utils

    for document in documents(path):
        utils.validate(document, "1.31", strict=True)  # an unknown key is an error


def test_compose_is_what_the_specifications_schema_says() -> None:
    wanted("check_jsonschema")
    argv = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec",
            str(DEPLOY / "docker-compose.yml")]  # fmt: skip
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_a_manifest_is_whole_and_keeps_to_the_restricted_profile(path: Path) -> None:
    for document in documents(path):
        assert {"apiVersion", "kind", "metadata"} <= document.keys()
    spec = workload(path)["spec"]
    labels = spec["template"]["metadata"]["labels"]
    assert spec["selector"]["matchLabels"].items() <= labels.items()
    volumes = {volume["name"] for volume in spec["template"]["spec"]["volumes"]}
    for container in containers(path):
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
    agent = list(containers(path))[-1]
    assert {"readinessProbe", "livenessProbe", "startupProbe"} <= agent.keys()
    parse(agent["args"], {})


def test_a_queue_has_one_writer() -> None:
    spec = workload(DEPLOY / "kubernetes-deployment.yml")["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_the_configuration_within_is_a_good_one(path: Path) -> None:
    text = documents(path)[0]["data"]["prometheus.yml"]
    assert convert("prometheus.yml", text.encode()).exit_code == GOOD


def test_the_image_runs_as_nobody_special_and_says_how_it_is() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    assert text.count("\nFROM ") == 2
    for wanted in ("USER 8429:8429", "STOPSIGNAL SIGTERM", "HEALTHCHECK ", "VOLUME /data"):
        assert f"\n{wanted}" in text
    (entry,) = re.findall(r"^ENTRYPOINT (.*)$", text, re.M)
    _, *flags = yaml.safe_load(entry)
    parse(flags, {})
    for source in re.findall(r"^COPY (?!--)(\S+)", text, re.M):
        assert (DEPLOY.parents[1] / source).exists()


def test_compose_names_files_that_are_there() -> None:
    services = yaml.safe_load((DEPLOY / "docker-compose.yml").read_text())["services"]
    agent = services["promferry"]
    assert (DEPLOY / agent["build"]["context"] / agent["build"]["dockerfile"]).is_file()
    assert agent["read_only"] is True
    parse(agent["command"], {})
    for volume in agent["volumes"]:
        source = volume.partition(":")[0]
        assert not source.startswith(".") or (DEPLOY / source).is_file()
