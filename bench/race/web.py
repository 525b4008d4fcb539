"""nginx on both ends of the race: it serves the page to every target's address and takes pushes.

Takes a directory, the addresses and the page; gives a running nginx whose access logs say what was
scraped and what was pushed, so the agents are counted by a third party. The page is compressed
once, and a push is read whole and dropped: nginx takes as little of the machine as it can.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

from race import course
from race.ports import wait_port
from race.shapes import Shape

RECORDING = "recording"  # while a file of this name exists, nginx keeps what is pushed
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


@attrs.frozen
class Traffic:
    """What went over one end of the wire in a window: good requests and their bytes.

    `bytes_in` and `bytes_out` as nginx sees them, heads included; `other` counts other answers.
    """

    requests: int
    bytes_in: int
    bytes_out: int
    other: int


@attrs.frozen
class Web:
    """The running nginx: `push_port` takes remote write on any path."""

    directory: Path
    push_port: int
    process: "subprocess.Popen[bytes]"

    def scraped(self, since: float, until: float) -> Traffic:
        return _traffic(self.directory / "scrape.log", since, until, status="200")

    def pushed(self, since: float, until: float) -> Traffic:
        return _traffic(self.directory / "push.log", since, until, status="204")

    def record_bodies(self) -> Path:
        """From now on each pushed body is kept as a file; gives their directory."""
        (self.directory / RECORDING).touch()
        return self.directory / "bodies"


@contextmanager
def serve(directory: Path, addresses: list[str], push_port: int, shape: Shape) -> Iterator[Web]:
    nginx = shutil.which("nginx", path=PATH)
    if nginx is None:
        raise SystemExit("nginx is not installed; as root: apt-get install nginx-light")
    (directory / "bodies").mkdir(parents=True)
    course.lay(directory / "www", shape, addresses)
    config = directory / "nginx.conf"
    config.write_text(_config(directory, addresses, push_port, shape))
    argv: list[str | Path] = [nginx, "-p", directory, "-c", config, "-e", directory / "error.log"]
    process = subprocess.Popen(argv)
    try:
        wait_port(push_port)
        yield Web(directory, push_port, process)
    finally:
        process.terminate()
        process.wait()


def _config(directory: Path, addresses: list[str], push_port: int, shape: Shape) -> str:
    listens = "\n".join(f"        listen {address};" for address in addresses)
    temporary = "\n".join(
        f"    {kind}_temp_path {directory}/{kind};"
        for kind in ("proxy", "fastcgi", "uwsgi", "scgi")
    )
    # `return 204` alone would answer before it has read the body; forwarding without the body
    # makes nginx read it first, as a receiver does.
    return f"""
daemon off;
worker_processes 1;
worker_rlimit_nofile 16384;
{"user root;" if os.getuid() == 0 else ""}
pid {directory}/nginx.pid;
# Each listening address takes one, each connection, and each push a second to be thrown away.
events {{ worker_connections 8192; }}
http {{
    log_format traffic '$msec $status $request_length $bytes_sent';
    keepalive_requests 1000000;
    keepalive_timeout 300s;
    client_max_body_size 256m;
    client_body_buffer_size 16m;
    client_body_temp_path {directory}/bodies;
{temporary}
{_choices(shape)}
    server {{
{listens}
        access_log {directory}/scrape.log traffic buffer=64k flush=200ms;
        root {directory}/www/$variant/$minute/$host_folder;
        default_type "text/plain; version=0.0.4";
        gzip_static on;
        location = /metrics {{ }}
    }}
    server {{
        listen 127.0.0.1:{push_port};
        access_log {directory}/push.log traffic buffer=64k flush=200ms;
        if (-f {directory}/{RECORDING}) {{ rewrite ^ /recorded last; }}
        proxy_pass_request_body off;
        proxy_set_header Content-Length "";
        location / {{ proxy_pass http://unix:{directory}/discard.sock:/; }}
        location = /recorded {{
            client_body_in_file_only on;
            proxy_pass http://unix:{directory}/discard.sock:/;
        }}
    }}
    server {{
        listen unix:{directory}/discard.sock;
        access_log off;
        # What tells a sender of remote write 2.0 that it was understood.
        add_header X-Prometheus-Remote-Write-Samples-Written 1000000;
        return 204;
    }}
}}
"""


def _choices(shape: Shape) -> str:
    """Which folder's page is served: it costs nginx, and nobody else, some time."""
    part = f"{100 / course.VARIANTS:.1f}%"
    names = course.variants(shape)
    chances = [f"{part} {name};" for name in names[1:]] + [f"* {names[0]};"]
    minute = '"~T..:(?<now>..)" $now;' if shape.churns else ""
    host = "$server_addr" if shape.unique else course.SAME
    return f"""
    split_clients "$msec$server_addr$connection" $variant {{ {" ".join(chances)} }}
    map $time_iso8601 $minute {{ default {course.SAME}; {minute} }}
    map $server_addr $host_folder {{ default {host}; }}
"""


def _traffic(log: Path, since: float, until: float, *, status: str) -> Traffic:
    requests = bytes_in = bytes_out = other = 0
    for line in log.read_text().splitlines():
        at, answer, length, sent = line.split()
        if since <= float(at) < until:
            if answer == status:
                requests, bytes_in, bytes_out = (
                    requests + 1,
                    bytes_in + int(length),
                    bytes_out + int(sent),
                )
            else:
                other += 1
    return Traffic(requests, bytes_in, bytes_out, other)
