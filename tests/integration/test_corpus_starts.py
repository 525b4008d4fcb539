"""What `promferry convert` writes of the corpus starts: a few of each kind here, all by -m long."""

from pathlib import Path

import pytest

from tests.agent.convert.files import Case, cases
from tests.agent.convert.placed import place
from tests.integration.agent import command
from tests.integration.ask import get
from tests.integration.certs import Certificates
from tests.integration.process import Process, free_port, wait_until

SHORT = {
    "collector/19-receiver-settings",
    "vmagent/29-tls-server",
    "prometheus/14-global",
    "grafana/11-relabelling",
}
READABLE = [case for case in cases() if not case.expected.read_text().startswith("exit 1")]
# What an agent does not outlive: there is nothing to renew its certificate by.
NO_CERTIFICATE = {"vmagent/30-lets-encrypt"}


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=case.name, marks=() if case.name in SHORT else pytest.mark.long)
        for case in READABLE
        if case.name not in NO_CERTIFICATE
    ],
)
def test_it_starts(case: Case, tmp_path: Path, certificates: Certificates) -> None:
    port = free_port()
    flags = [_local(flag, certificates) for flag in place(case.outcome(), tmp_path)]
    own = [flag for flag in flags if not flag.startswith(("-httpListenAddr", "-http.pathPrefix"))]
    argv = [*command(), *own, f"-httpListenAddr=127.0.0.1:{port}"]
    if not any(flag.startswith("-remoteWrite.tmpDataPath") for flag in own):
        argv.append(f"-remoteWrite.tmpDataPath={tmp_path / 'data'}")
    process = Process(argv, tmp_path / "agent.log")
    process.start()
    try:
        process.wait_port(port)
        if "-tls" not in own:
            wait_until(lambda: get(f"http://127.0.0.1:{port}/-/healthy"), "healthy",
                       evidence=process.output)  # fmt: skip
    finally:
        process.kill()


def _local(flag: str, certificates: Certificates) -> str:
    """Ports and files of this machine in place of those of the corpus."""
    name, _, value = flag.partition("=")
    files = {"tlsCertFile": certificates.server.cert, "tlsKeyFile": certificates.server.key,
             "mtlsCAFile": certificates.ca.cert}  # fmt: skip
    for ending, path in files.items():
        if not name.startswith("-remoteWrite") and name.lower().endswith(ending.lower()):
            return f"{name}={path}"
    if name.endswith("ListenAddr") and name.startswith("-otlp") and value:
        return f"{name}=127.0.0.1:{free_port()}"
    if name == "-httpAuth.password":
        return f"{name}=secret"
    return flag
