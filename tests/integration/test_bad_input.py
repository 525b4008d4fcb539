"""What an operator gets wrong at the start: one clear line, exit code 1 or 2, never a traceback."""

import re
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from tests.integration.agent import command

GOOD = """\
scrape_configs:
  - job_name: node
    static_configs:
      - targets: ["127.0.0.1:9"]
"""
ANY_PORT = "-httpListenAddr=127.0.0.1:0"
REMOTE = "-remoteWrite.url=http://127.0.0.1:9/api/v1/write"


@attrs.frozen
class Ended:
    code: int
    output: str

    def complaints(self) -> list[str]:
        """What it wrote but for the ordinary lines of a start."""
        return [line for line in self.output.splitlines() if "\tinfo\t" not in line]


def run(directory: Path, *flags: str) -> Ended:
    ended = subprocess.run(
        [*command(), *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=directory,
        timeout=30,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout.decode())


def start(directory: Path, config: str, *flags: str, data: str = "data") -> Ended:
    (directory / "prometheus.yml").write_text(config)
    return run(
        directory,
        "-promscrape.config=prometheus.yml",
        f"-remoteWrite.tmpDataPath={data}",
        *flags,
    )


def missing_config(directory: Path) -> Ended:
    return run(directory, "-promscrape.config=nowhere/prometheus.yml", REMOTE)


def directory_as_config(directory: Path) -> Ended:
    return run(directory, f"-promscrape.config={directory}", REMOTE)


def broken_yaml(directory: Path) -> Ended:
    return start(directory, GOOD + "  - job_name: [unclosed\n", REMOTE)


def binary_config(directory: Path) -> Ended:
    (directory / "prometheus.yml").write_bytes(b"\xff\xfe\x00scrape_configs")
    return run(directory, "-promscrape.config=prometheus.yml", REMOTE)


def unknown_key(directory: Path) -> Ended:
    return start(directory, GOOD.replace("static_configs", "static_config"), REMOTE)


def bad_duration(directory: Path) -> Ended:
    return start(directory, GOOD + "    scrape_interval: soon\n", REMOTE)


def bad_regex(directory: Path) -> Ended:
    rule = "    relabel_configs:\n      - {action: keep, source_labels: [a], regex: '('}\n"
    return start(directory, GOOD + rule, REMOTE)


def no_remote(directory: Path) -> Ended:
    return start(directory, GOOD)


def bad_remote_url(directory: Path) -> Ended:
    return start(directory, GOOD, "-remoteWrite.url=127.0.0.1:9090/write")


def port_in_use(directory: Path) -> Ended:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        return start(directory, GOOD, REMOTE, f"-httpListenAddr={address}")


def unwritable_data_path(directory: Path) -> Ended:
    """A path below a file: not even root can write there."""
    (directory / "file").touch()
    return start(directory, GOOD, REMOTE, ANY_PORT, data="file/data")


def unknown_flag(directory: Path) -> Ended:
    return start(directory, GOOD, REMOTE, "-remoteWrite.tlsCaFile=ca.pem")


def bad_flag_value(directory: Path) -> Ended:
    return start(directory, GOOD, REMOTE, "-remoteWrite.maxDiskUsagePerURL=plenty")


def leftover_argument(directory: Path) -> Ended:
    return start(directory, GOOD, REMOTE, "-remoteWrite.tlsInsecureSkipVerify", "false")


def unknown_command(directory: Path) -> Ended:
    return run(directory, "recieve")


@pytest.mark.parametrize(
    ("attempt", "code", "complaint"),
    [
        pytest.param(missing_config, 1, r"nowhere/prometheus\.yml", id="a missing config"),
        pytest.param(directory_as_config, 1, "directory", id="a directory as config"),
        pytest.param(broken_yaml, 1, r"prometheus\.yml:\d+", id="broken YAML"),
        pytest.param(binary_config, 1, r"prometheus\.yml", id="a config that is no text"),
        pytest.param(
            unknown_key, 1, r"prometheus\.yml:3:\d+.*static_config\b.*static_configs", id="a key"
        ),
        pytest.param(
            bad_duration, 1, r"prometheus\.yml:5:\d+.*scrape_interval.*soon", id="a duration"
        ),
        pytest.param(bad_regex, 1, r"prometheus\.yml:\d+.*regex", id="a broken regex"),
        pytest.param(no_remote, 2, r"-remoteWrite\.url", id="nowhere to push"),
        pytest.param(bad_remote_url, 2, r"-remoteWrite\.url", id="a URL without a scheme"),
        pytest.param(port_in_use, 1, r"127\.0\.0\.1:\d+.*in use", id="a port in use"),
        pytest.param(unwritable_data_path, 1, r"file/data", id="an unwritable data path"),
        pytest.param(unknown_flag, 2, r"tlsCaFile.*tlsCAFile", id="an unknown flag"),
        pytest.param(bad_flag_value, 2, r"maxDiskUsagePerURL.*plenty", id="a flag's bad value"),
        pytest.param(leftover_argument, 2, "false", id="an argument that is no flag"),
        pytest.param(unknown_command, 2, "recieve.*receive", id="an unknown command"),
    ],
)
def test_a_mistake_is_told_in_one_line(
    attempt: Callable[[Path], Ended], code: int, complaint: str, tmp_path: Path
) -> None:
    ended = attempt(tmp_path)
    assert ended.code == code, ended.output
    assert "Traceback" not in ended.output
    (line,) = ended.complaints()
    assert re.search(complaint, line)
