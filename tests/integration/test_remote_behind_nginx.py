"""A real proxy before a remote: it limits the rate, refuses what is large, and fails by chance."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

from tests.conformance.sender.far_end import FarEnd
from tests.integration.agent import Agent
from tests.integration.conftest import StartAgent
from tests.integration.pages import Pages
from tests.integration.peers import program
from tests.integration.process import Process, free_port, wait_until
from tests.integration.test_lying_remotes import remotes_of

SERIES = 2_000
CONFIG = """
daemon off;
master_process off;
pid {directory}/nginx.pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path {directory}/client_body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    limit_req_zone $binary_remote_addr zone=slow:64k rate=2r/s;
    limit_req_status 429;
    split_clients $request_id $failing {{ 40% 1; * 0; }}
    server {{
        listen 127.0.0.1:{port};
        location /limited {{ limit_req zone=slow; proxy_pass http://{upstream}/push/limited; }}
        location /small {{
            client_max_body_size 4k;
            proxy_pass http://{upstream}/push/small;
        }}
        location /shaky {{
            if ($failing) {{ return 503; }}
            proxy_pass http://{upstream}/push/shaky;
        }}
    }}
}}
"""
AGENT = """
scrape_configs:
  - job_name: n
    scrape_interval: 250ms
    static_configs: [{{targets: ["{address}"]}}]
remote_write:
  - {{name: limited, url: "http://127.0.0.1:{port}/limited", queue_config: {queue}}}
  - {{name: small, url: "http://127.0.0.1:{port}/small", queue_config: {queue}}}
  - {{name: shaky, url: "http://127.0.0.1:{port}/shaky", queue_config: {queue}}}
"""
QUEUE = "{batch_send_deadline: 200ms, max_backoff: 500ms}"
NAMES = ("limited", "small", "shaky")


@contextmanager
def nginx(directory: Path, upstream: str) -> Iterator[int]:
    directory.mkdir()
    port = free_port()
    path = directory / "nginx.conf"
    path.write_text(CONFIG.format(directory=directory, port=port, upstream=upstream))
    argv: list[str | Path] = [program("nginx"), "-p", directory, "-c", path]
    process = Process([*argv, "-e", directory / "error.log"], directory / "nginx.log")
    process.start()
    try:
        process.wait_port(port)
        yield port
    finally:
        process.kill()


@attrs.frozen
class Came:
    far_end: FarEnd

    def numbers(self, name: str) -> list[float]:
        """The values of one series, in the order of arrival."""
        rows = [row for push in self.far_end.pushes(name) for row in push.rows]
        return [row.value or 0.0 for row in rows if row.name == "number"]

    def series(self, name: str) -> int:
        rows = [row for push in self.far_end.pushes(name) for row in push.rows]
        return len({row.labels["s"] for row in rows if row.name == "wide"})


def test_nothing_is_lost_behind_a_proxy(
    pages: Pages, start_agent: StartAgent, tmp_path: Path
) -> None:
    wide = "".join(f'wide{{s="{n}"}} {n * 7919}\n' for n in range(SERIES))
    pages.put("/metrics", lambda visit: f"number {visit}\n{wide}")
    with FarEnd() as far_end, nginx(tmp_path / "nginx", far_end.address) as port:
        config = AGENT.format(address=pages.address, port=port, queue=QUEUE)
        agent: Agent = start_agent(config)
        came = Came(far_end)
        wait_until(
            lambda: len(pages.visits("/metrics")) > 10 and all(came.numbers(n) for n in NAMES),
            "ten scrapes",
            evidence=agent.log,
        )
        pages.put("/metrics", "")
        # What went stale comes last, as everything of one target goes in order.
        wait_until(
            lambda: all(math.isnan(came.numbers(name)[-1]) for name in NAMES),
            "the markers everywhere",
            evidence=agent.log,
        )
        for name in NAMES:
            numbers = came.numbers(name)[:-1]  # the last one is the marker
            assert numbers == [float(n) for n in range(len(numbers))], name
            assert len(numbers) > 9
            assert came.series(name) == SERIES
        found = remotes_of(agent)
        assert found["limited"]["answers"].get("429", 0) > 0
        assert found["small"]["answers"].get("413", 0) > 0
        assert found["shaky"]["answers"].get("503", 0) > 0
        assert not any(found[name]["dropped_samples"] for name in NAMES)
