"""The doors of the installed agent: TLS, certificates, passwords, web configuration, systemd."""

import socket
import subprocess
import time
from pathlib import Path

import bcrypt

from tests.integration.agent import CONFIG_NAME, Agent, command
from tests.integration.certs import Certificates
from tests.integration.conftest import StartAgent
from tests.integration.pages import Pages
from tests.integration.peers import VictoriaMetrics
from tests.integration.process import Process, free_port, wait_until

CONFIG = "scrape_configs: []\n"
REMOTE = "-remoteWrite.url=http://127.0.0.1:9/api/v1/write"


def curl(url: str, *more: str | Path) -> str:
    """The status, and "failed" if there is none."""
    argv = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "10"]
    found = subprocess.run([*argv, *map(str, more), url], capture_output=True, text=True)
    return found.stdout if found.returncode == 0 else "failed"


def test_tls_with_client_certificates_and_a_renewed_one(
    start_agent: StartAgent, certificates: Certificates, tmp_path: Path
) -> None:
    cert, key = tmp_path / "web.pem", tmp_path / "web.key"
    cert.write_bytes(certificates.server.cert.read_bytes())
    key.write_bytes(certificates.server.key.read_bytes())
    agent = start_agent(
        CONFIG,
        [
            REMOTE,
            "-tls",
            f"-tlsCertFile={cert}",
            f"-tlsKeyFile={key}",
            "-mtls",
            f"-mtlsCAFile={certificates.ca.cert}",
            "-tlsMinVersion=TLS12",
        ],
    )
    url = f"https://127.0.0.1:{agent.port}/health"
    ca = ("--cacert", certificates.ca.cert)
    shown = ("--cert", certificates.client.cert, "--key", certificates.client.key)
    assert curl(url, *ca, *shown) == "200"
    assert curl(url, *ca) == "failed"
    assert curl(f"http://127.0.0.1:{agent.port}/health") == "failed"
    assert curl(url, *ca, *shown, "--tls-max", "1.1") == "failed"
    key.write_text("nonsense")
    wait_until(
        lambda: curl(url, *ca, *shown) == "200" and "TLS goes on" in agent.log(),
        "a broken key to be told",
        evidence=agent.log,
    )
    assert agent.process.stop() == 0


def test_a_certificate_that_cannot_be_read_is_one_line(start_agent: StartAgent) -> None:
    flags = [REMOTE, "-tls", "-tlsCertFile=/nowhere/a.pem", "-tlsKeyFile=/nowhere/a.key"]
    agent = start_agent(CONFIG, flags, is_started=False)
    agent.process.start()
    assert agent.process.wait() == 1
    assert agent.log().count("/nowhere/a.pem: No such file or directory") == 1
    assert "Traceback" not in agent.log()


def test_users_of_a_web_configuration(
    start_agent: StartAgent, certificates: Certificates, tmp_path: Path
) -> None:
    hashed = bcrypt.hashpw(b"secret", bcrypt.gensalt(5)).decode()
    web = tmp_path / "web.yml"
    text = (
        f"tls_server_config:\n  cert_file: {certificates.server.cert}\n"
        f"  key_file: {certificates.server.key}\nbasic_auth_users:\n  ada: {hashed}\n"
    )
    web.write_text(text)
    agent = start_agent(CONFIG, [REMOTE, f"--web.config.file={web}"])
    url = f"https://127.0.0.1:{agent.port}"
    ca = ("--cacert", certificates.ca.cert)
    assert curl(f"{url}/targets", *ca) == "401"
    assert curl(f"{url}/targets", *ca, "-u", "ada:wrong") == "401"
    assert curl(f"{url}/targets", *ca, "-u", "ada:secret") == "200"
    assert curl(f"{url}/-/healthy", *ca) == "200"
    web.write_text("nonsense: 1\n")
    agent.wait_log("what the web configuration said before stays")
    assert curl(f"{url}/targets", *ca, "-u", "ada:secret") == "200"
    web.write_text(text.replace("ada:", "bob:"))
    wait_until(lambda: curl(f"{url}/targets", *ca, "-u", "bob:secret") == "200", "the new user")
    assert curl(f"{url}/targets", *ca, "-u", "ada:secret") == "401"


def test_a_broken_web_configuration_ends_the_start(start_agent: StartAgent, tmp_path: Path) -> None:
    web = tmp_path / "web.yml"
    web.write_text("nonsense: 1\n")
    agent = start_agent(CONFIG, [REMOTE, f"--web.config.file={web}"], is_started=False)
    agent.process.start()
    assert agent.process.wait() == 1
    assert "'nonsense' is no key" in agent.log()
    assert "Traceback" not in agent.log()


def test_a_password_from_a_file_is_read_again(start_agent: StartAgent, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("first\n")
    flags = [REMOTE, "-httpAuth.username=ada", f"-httpAuth.password=file://{password}"]
    agent = start_agent(CONFIG, flags)
    url = f"http://127.0.0.1:{agent.port}/targets"
    assert curl(url, "-u", "ada:first") == "200"
    password.write_text("second\n")
    wait_until(lambda: curl(url, "-u", "ada:second") == "200", "the new password")
    assert curl(url, "-u", "ada:first") == "401"


def test_several_addresses_and_a_prefix(start_agent: StartAgent, tmp_path: Path) -> None:
    path, other = tmp_path / "web.sock", free_port()
    flags = [
        REMOTE,
        f"-httpListenAddr=127.0.0.1:{other}",
        f"-httpListenAddr=unix:{path}",
        "-http.pathPrefix=/agent",
    ]
    agent = start_agent(CONFIG, flags)
    for port in (agent.port, other):
        assert curl(f"http://127.0.0.1:{port}/agent/targets") == "200"
        assert curl(f"http://127.0.0.1:{port}/targets") == "404"
    unix = ("--unix-socket", path)
    assert curl("http://localhost/agent/-/reload", *unix, "-X", "POST") == "200"
    assert agent.process.stop() == 0
    assert not path.exists()


def remaining(listener: socket.socket) -> list[str]:
    heard = []
    while True:
        try:
            heard.append(listener.recv(4096).decode().splitlines()[0])
        except BlockingIOError:
            return heard


def test_systemd_hears_of_the_start_and_the_stop(tmp_path: Path) -> None:
    (tmp_path / CONFIG_NAME).write_text(CONFIG)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(20)
        argv = [
            *command(),
            f"-promscrape.config={tmp_path / CONFIG_NAME}",
            f"-remoteWrite.tmpDataPath={tmp_path / 'data'}",
            f"-httpListenAddr=127.0.0.1:{free_port()}",
            REMOTE,
        ]
        environment = {"NOTIFY_SOCKET": listener.getsockname(), "WATCHDOG_USEC": "400000"}
        process = Process(argv, tmp_path / "agent.log", env=environment)
        process.start()
        try:
            heard = [listener.recv(4096).decode().splitlines()[0] for _ in range(5)]
            assert "READY=1" in heard
            assert heard.count("WATCHDOG=1") >= 3
            assert process.stop() == 0
            listener.setblocking(False)
            assert "STOPPING=1" in remaining(listener)
        finally:
            process.kill()


def test_own_metrics_are_pushed(
    start_agent: StartAgent, victoria_metrics: VictoriaMetrics, job: str
) -> None:
    url = f"http://127.0.0.1:{victoria_metrics.port}/api/v1/import/prometheus"
    flags = [REMOTE, "-pushmetrics.interval=300ms", f'-pushmetrics.extraLabel=host="{job}"']
    agent = start_agent(CONFIG, [*flags, f"-pushmetrics.url={url}"])
    selector = f'{{__name__=~"flag|process_open_fds|vm_app_version",host="{job}"}}'

    def arrived() -> bool:
        found = victoria_metrics.samples(selector)
        return {one.labels["__name__"] for one in found} == {
            "flag",
            "process_open_fds",
            "vm_app_version",
        }

    wait_until(arrived, "its own metrics", evidence=agent.log)
    assert "pushmetrics.url: URL" not in agent.log()


def test_metrics_that_nobody_takes_are_told_once(start_agent: StartAgent, pages: Pages) -> None:
    pages.put("/push", "")
    flags = [REMOTE, "-pushmetrics.interval=100ms", f"-pushmetrics.url=http://{pages.address}/push"]
    agent = start_agent(CONFIG, flags)
    agent.wait_log("URL 1: HTTP status 501")  # these pages take no POST
    time.sleep(0.5)
    assert agent.log().count("pushmetrics.url: URL 1") == 1


def test_a_kill_is_told_by_the_next_run(start_agent: StartAgent) -> None:
    agent: Agent = start_agent(CONFIG, [REMOTE])
    assert agent.metric("vm_app_prev_shutdown_unclean") == 0
    agent.process.kill()
    agent.start()
    assert agent.metric("vm_app_prev_shutdown_unclean") == 1
    assert agent.process.stop() == 0
    agent.start()
    assert agent.metric("vm_app_prev_shutdown_unclean") == 0
