"""Every file in examples/ is accepted as it stands, and the README shows what is there."""

import shlex
from pathlib import Path

import pytest

from cli import main
from tests.integration.certs import make_certificates
from tests.integration.peers import program

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
ANY_REMOTE = "-remoteWrite.url=http://127.0.0.1:9/api/v1/write"


def command_of(script: Path) -> list[str]:
    """The arguments that a script gives to promferry."""
    text = script.read_text().replace("\\\n", " ")
    (line,) = [line for line in text.splitlines() if line.startswith("exec promferry ")]
    return shlex.split(line)[2:]


def test_every_example_is_of_a_kind_that_is_tested() -> None:
    files = [path for path in EXAMPLES.iterdir() if path.name != "deploy"]  # test_deployment.py
    assert {path.suffix for path in files} == {".yml", ".sh"}


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yml")), ids=lambda path: path.name)
def test_a_configuration_is_accepted(path: Path, tmp_path: Path) -> None:
    """With the certificates that it names beside it."""
    text = path.read_text()
    if "cert_file:" in text:
        program("openssl")
        make_certificates(tmp_path)
    config = tmp_path / path.name
    config.write_text(text)
    flags = [] if "remote_write:" in text else [ANY_REMOTE]
    assert main([f"-promscrape.config={config}", "-dryRun", *flags]) == 0


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.sh")), ids=lambda path: path.name)
def test_a_command_line_is_accepted(path: Path) -> None:
    config = f"-promscrape.config={EXAMPLES / 'prometheus.yml'}"
    others = [word for word in command_of(path) if not word.startswith("-promscrape.config=")]
    assert main([config, *others, "-dryRun"]) == 0


def test_the_readme_shows_the_example() -> None:
    lines = (EXAMPLES / "prometheus.yml").read_text().splitlines()
    shown = "\n".join(f"    {line}" for line in lines if not line.startswith("#"))
    assert shown in (ROOT / "README.md").read_text()
