"""`promferry check`: what it finds on a real disk, how it tells it, and its exit codes."""

import json
from pathlib import Path

import pytest

from cli import main
from tests.agent.config.support import DATA, read_cases
from tests.integration.certs import Certificates, make_certificates
from tests.integration.peers import program

GOOD = """\
scrape_configs:
- job_name: a
  static_configs: [{targets: ["127.0.0.1:9100"]}]
remote_write:
- url: http://127.0.0.1:9201/w
"""


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    program("openssl")
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "p.yml"


def check(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str]:
    code = main(["check", *argv])
    captured = capsys.readouterr()
    return code, captured.out + captured.err


def test_a_good_file_is_good(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(GOOD)
    assert check(capsys, str(config)) == (0, f"{config}: good\n")


def test_errors_are_exit_code_1(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text("scrape_configs:\n- job_nam: a\n")
    code, told = check(capsys, str(config))
    assert code == 1
    assert told == (
        f"{config}:2:3: scrape_configs[0].job_nam: unknown key (did you mean 'job_name'?)\n"
        f"{config}: 1 error\n"
    )


def test_findings_are_exit_code_3(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(GOOD + "global: {scrape_interval: 10m}\n")
    assert check(capsys, str(config))[0] == 0
    code, told = check(capsys, str(config), "-lint")
    assert code == 3
    assert told.startswith(f"lint: {config}:6:27: global.scrape_interval: [long-interval]")
    assert told.endswith(f"{config}: 1 finding\n")


def test_wrong_flags_are_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert check(capsys, "-promscrape.confg=x")[0] == 2
    code, told = check(capsys, "-format=xml")
    assert code == 2
    assert "must be -format=text or -format=json" in told


def test_json_for_machines(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text("rule_files: [a]\nscrape_configs:\n- job_name: a\n  interval: 5s\n")
    code, told = check(capsys, str(config), "-format=json", "-lint")
    report = json.loads(told)
    assert code == 1
    assert report["ok"] is False
    assert report["files"] == [str(config)]
    assert report["errors"] == [
        {
            "file": str(config),
            "line": 4,
            "column": 3,
            "path": "scrape_configs[0].interval",
            "message": "unknown key",
            "text": "interval",
            "hint": "did you mean 'scrape_interval'?",
        }
    ]
    assert [warning["path"] for warning in report["warnings"]] == ["rule_files"]
    assert report["findings"] == []


def test_help_lists_the_rules_of_lint(capsys: pytest.CaptureFixture[str]) -> None:
    code, told = check(capsys, "-help")
    assert code == 0
    assert "never-matches" in told


def errors_of(config: Path, text: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    config.write_text(text)
    _, told = check(capsys, str(config), "-format=json")
    return [f"{error['path']}: {error['message']}" for error in json.loads(told)["errors"]]


def test_files_that_are_named_must_be_there(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = config.parent / "empty"
    empty.touch()
    told = errors_of(
        config,
        "scrape_configs:\n"
        "- job_name: a\n"
        "  basic_auth: {username: u, password_file: gone}\n"
        "- job_name: b\n"
        "  authorization: {credentials_file: empty}\n"
        "alerting: {alertmanagers: [{tls_config: {ca_file: unused}}]}\n",
        capsys,
    )
    assert told == [
        "scrape_configs[0].basic_auth.password_file: "
        f"{config.parent}/gone cannot be read: No such file or directory",
        f"scrape_configs[1].authorization.credentials_file: {empty} is empty",
    ]


def test_certificates_that_fit(
    config: Path, certificates: Certificates, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (
        "remote_write:\n- url: https://127.0.0.1:1/w\n  tls_config:\n"
        f"    ca_file: {certificates.ca.cert}\n"
        f"    cert_file: {certificates.client.cert}\n    key_file: {certificates.client.key}\n"
    )
    assert errors_of(config, text, capsys) == []


@pytest.mark.parametrize(
    ("ca", "cert", "key", "expected"),
    [
        pytest.param("ca.pem", "client.pem", "server.key", "does not belong to", id="another key"),
        pytest.param("ca.key", "client.pem", "client.key", "holds no CA", id="a key as CA"),
        pytest.param("ca.pem", "ca.key", "client.key", "are no certificate and key", id="no cert"),
        pytest.param("ca.pem", "gone.pem", "client.key", "cannot be read", id="a missing file"),
    ],
)
def test_certificates_that_do_not_fit(
    ca: str,
    cert: str,
    key: str,
    expected: str,
    config: Path,
    certificates: Certificates,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = certificates.ca.cert.parent
    text = (
        "remote_write:\n- url: https://127.0.0.1:1/w\n  tls_config:\n"
        f"    ca_file: {folder / ca}\n"
        f"    cert_file: {folder / cert}\n    key_file: {folder / key}\n"
    )
    (told,) = errors_of(config, text, capsys)
    assert told.startswith("remote_write[0].tls_config.")
    assert expected in told


def test_target_files_are_read(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (config.parent / "a.yml").write_text("- targets: [x:1]\n  lables: {a: b}\n")
    (config.parent / "b.json").write_text('[{"targets": ["x:1"], "labels": {"n": 5}}]')
    (config.parent / "c.json").write_text('[{"targets": ["x:1"]}]')
    config.write_text(
        "scrape_configs:\n- job_name: a\n"
        "  file_sd_configs: [{files: [a.yml, b.json, c.json, gone.yml]}]\n"
    )
    code, told = check(capsys, str(config))
    assert code == 1
    assert f"{config.parent}/a.yml:2:3: [0].lables: unknown key (did you mean 'labels'?)" in told
    assert f"{config.parent}/b.json: group 0: label 'n' must have a text as value" in told
    assert "c.json" not in told
    assert "warning: " in told
    assert f"file {config.parent}/gone.yml does not exist" in told


def test_only_the_syntax(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text("scrape_configs: [{job_name: a, bearer_token_file: gone}]\n")
    assert check(capsys, str(config))[0] == 1
    assert check(capsys, str(config), "-syntax-only")[0] == 0


def test_targets_are_built(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (told,) = errors_of(
        config,
        "scrape_configs:\n- job_name: a\n  static_configs: [{targets: ['x:1', 'x:notaport']}]\n"
        "- job_name: b\n  static_configs: [{targets: ['x:notaport']}]\n"
        "  relabel_configs: [{action: drop}]\n",
        capsys,
    )
    assert told.startswith("scrape_configs[0].static_configs[0].targets[1]: ")


def test_flags_are_checked_too(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(GOOD)
    blocked = config.parent / "file"
    blocked.touch()
    code, told = check(
        capsys,
        f"-promscrape.config={config}",
        f"-remoteWrite.tmpDataPath={blocked}/queue",
        "-httpListenAddr=:0,127.0.0.1:70000",
        "-loggerTimezone=Mars/North",
    )
    assert code == 1
    assert f"-remoteWrite.tmpDataPath: {blocked} is a file" in told
    assert "-httpListenAddr: '70000' is no port" in told
    assert "-loggerTimezone" in told


def test_nowhere_to_push_is_an_error(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text("scrape_configs: [{job_name: a}]\n")
    code, told = check(capsys, f"-promscrape.config={config}", "-httpListenAddr=127.0.0.1:0")
    assert code == 1
    assert "nowhere to push" in told
    assert check(capsys, str(config))[0] == 0


def test_files_are_looked_at_beside_other_mistakes(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = errors_of(
        config,
        "scrape_configs:\n- job_name: a\n  intervall: 5s\n  bearer_token_file: gone\n"
        "  static_configs: [{targets: ['x:notaport']}]\n"
        "- job_name: b\n  static_configs: [{targets: ['x:notaport']}]\n"
        "  relabel_configs: [{action: dorp}]\n",
        capsys,
    )
    paths = [message.partition(": ")[0] for message in told]
    assert paths == [
        "scrape_configs[0].intervall",
        "scrape_configs[0].bearer_token_file",
        "scrape_configs[0].static_configs[0].targets[0]",
        "scrape_configs[1].relabel_configs[0].action",
    ]


def test_whatever_is_wrong_no_check_fails(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in sorted((DATA / "bad").glob("*.cases")):
        for case in read_cases(path):
            for name, text in case.files.items():
                (config.parent / Path(name).name).write_text(text)
            assert check(capsys, str(config), "-lint")[0] == 1, case.name


def test_what_the_server_is_told_is_checked(
    config: Path, certificates: Certificates, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = certificates.ca.cert.parent
    (config.parent / "web.yml").write_text("tls_server_config: {cert_file: gone, key_file: gone}\n")
    _, told = check(
        capsys,
        "-remoteWrite.url=http://127.0.0.1:1/w",
        f"-remoteWrite.bearerTokenFile={config.parent}/token",
        f"-remoteWrite.tmpDataPath={config.parent}",
        "-httpListenAddr=127.0.0.1:0",
        "-tls",
        f"-tlsCertFile={folder / 'client.pem'}",
        f"-tlsKeyFile={folder / 'server.key'}",
        "-httpAuth.username=me",
        f"-httpAuth.password=file://{config.parent}/password",
        "-reloadAuthKey=http://127.0.0.1:1/is-not-fetched",
        f"-web.config.file={config.parent}/web.yml",
        "-pushmetrics.header=nothing",
    )
    expected = (
        "-pushmetrics.header: is written name:value",
        f"-httpAuth.password: {config.parent}/password cannot be read",
        f"-tlsCertFile: {folder / 'client.pem'} and {folder / 'server.key'} are no certificate",
        f"-web.config.file: {config.parent}/gone and {config.parent}/gone are no certificate",
        "-remoteWrite.bearerTokenFile: for 127.0.0.1_1-",
    )
    lines = told.splitlines()
    assert lines[-1] == f"command line: {len(expected)} errors"
    for line, part in zip(lines, expected, strict=False):
        assert line.startswith(f"command line: {part}")


def test_a_dry_run_is_a_check(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text("scrape_configs:\n- job_name: a\n  x: 1\n  bearer_token_file: gone\n")
    assert main(["-dryRun", f"-promscrape.config={config}", "-httpListenAddr=127.0.0.1:0"]) == 1
    told = capsys.readouterr().out
    assert "unknown key" in told
    assert "gone cannot be read" in told


def test_a_dry_run_needs_no_remote(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text("scrape_configs: [{job_name: a}]\n")
    assert main(["-dryRun", f"-promscrape.config={config}", "-httpListenAddr=127.0.0.1:0"]) == 0
    assert capsys.readouterr().out == f"{config}: good\n"
