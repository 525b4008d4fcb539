"""`promferry bundle`: what somebody else needs to help, in one archive.

Takes the address of a running agent; asks its API and writes a tar.gz. What cannot be had is listed
in the archive, and is no reason to give up.
Invariant: only what the agent's own pages show goes in, so secrets are masked as they are there;
the archive is readable by its owner only.
"""

import io
import os
import sys
import tarfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs

USAGE = """\
usage: promferry bundle [-url=URL] [-out=FILE] [-seconds=N] [-user=NAME] [-passwordFile=FILE]

Collects from a running agent: configuration and flags (secrets masked), targets, metrics at two
instants, remotes, queues, health, tasks and the last lines of its log. One .tar.gz comes out.

  -url           the agent's address, or unix:/path; default http://127.0.0.1:8429
  -out           the archive; default promferry-bundle-TIME.tar.gz
  -seconds       between the two looks at the metrics; default 10
  -user          the name, where -httpAuth.username asks for one
  -passwordFile  a file with its password
  -authKeyFile   a file with the key, where -configAuthKey and its kin ask for one
  -insecure      do not verify the agent's certificate
"""

DEFAULT_URL = "http://127.0.0.1:8429"
_TIMEOUT_S = 30.0
# Name in the archive and path; in the order in which somebody would read them.
PAGES = (
    ("health.json", "/-/health/details"),
    ("log.json", "/api/v1/logs"),
    ("config.yml", "/config"),
    ("flags.txt", "/flags"),
    ("build.json", "/api/v1/status/buildinfo"),
    ("runtime.json", "/api/v1/status/runtimeinfo"),
    ("targets.json", "/api/v1/targets"),
    ("targets.txt", "/targets?show_original_labels=true"),
    ("remotes.json", "/api/v1/remotes"),
    ("queue.json", "/api/v1/queue"),
    ("tasks.txt", "/debug/tasks"),
)
METRICS = "/metrics"


class BundleError(Exception):
    """Why there is no archive; one readable line."""


@attrs.frozen(kw_only=True)
class Options:
    url: str = DEFAULT_URL
    out: str = ""
    seconds: float = 10.0
    user: str = ""
    password_file: str = ""
    auth_key_file: str = ""
    verifies: bool = True


def run(argv: Sequence[str]) -> int:
    if any(argument in ("-h", "-help", "--help") for argument in argv):
        sys.stdout.write(USAGE)
        return 0
    try:
        options = parse_options(argv)
    except BundleError as exc:
        sys.stderr.write(f"promferry bundle: {exc}\n{USAGE}")
        return 2
    try:
        path, missing = write_bundle(options)
    except BundleError as exc:
        sys.stderr.write(f"promferry bundle: {exc}\n")
        return 1
    for line in missing:
        sys.stderr.write(f"promferry bundle: left out {line}\n")
    print(path)
    return 0


_NAMES = {
    "url": "url",
    "out": "out",
    "seconds": "seconds",
    "user": "user",
    "passwordFile": "password_file",
    "authKeyFile": "auth_key_file",
}


def parse_options(argv: Sequence[str]) -> Options:
    """Raises BundleError."""
    options = Options()
    for argument in argv:
        name, equals, value = argument.lstrip("-").partition("=")
        if argument.startswith("-") and name == "insecure" and not equals:
            options = attrs.evolve(options, verifies=False)
            continue
        if not argument.startswith("-") or name not in _NAMES or not equals:
            raise BundleError(f"{argument[:80]!r} is no option of this command")
        changed: dict[str, Any] = {_NAMES[name]: _value(name, value)}
        options = attrs.evolve(options, **changed)
    return options


def _value(name: str, text: str) -> Any:
    if name != "seconds":
        return text
    try:
        return min(3600.0, max(0.0, float(text)))
    except ValueError:
        raise BundleError(f"-seconds is a number: {text[:80]!r}") from None


def write_bundle(options: Options) -> tuple[Path, list[str]]:
    """The archive, and a line for each thing that could not be had. Raises BundleError."""
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    path = Path(options.out or f"promferry-bundle-{moment}.tar.gz")
    found, missing = collect(options)
    if not found:
        raise BundleError(f"nothing can be had from {_shown(options.url)}: {missing[0]}")
    lines = [
        f"promferry bundle of {_shown(options.url)}, {moment}",
        *map("missing: {}".format, missing),
    ]
    found["README.txt"] = ("\n".join(lines) + "\n").encode()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as exc:
        raise BundleError(f"{path} cannot be written: {exc.strerror}") from exc
    with os.fdopen(descriptor, "wb") as file, tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, content in sorted(found.items()):
            member = tarfile.TarInfo(f"promferry-bundle/{name}")
            member.size, member.mode, member.mtime = len(content), 0o600, int(time.time())
            archive.addfile(member, io.BytesIO(content))
    return path, missing


def collect(options: Options) -> tuple[dict[str, bytes], list[str]]:
    """The contents by name, and what is missing and why."""
    found: dict[str, bytes] = {}
    missing: list[str] = []
    with _Agent(options) as agent:
        started = time.monotonic()
        wanted = [("metrics-1.txt", METRICS), *PAGES]
        for name, path in wanted:
            agent.take(name, path, found, missing)
        if not found:
            return found, missing
        time.sleep(max(0.0, started + options.seconds - time.monotonic()))
        agent.take("metrics-2.txt", METRICS, found, missing)
    found.update(_queue_files(found))
    return found, missing


class _Agent:
    """Asks a running agent."""

    def __init__(self, options: Options) -> None:
        import httpx  # late: only this command needs it

        self._httpx = httpx
        is_unix = options.url.startswith("unix:")
        if is_unix and not Path(options.url.removeprefix("unix:")).is_socket():
            raise BundleError(f"{options.url}: there is no such socket")
        transport = (
            httpx.HTTPTransport(uds=options.url.removeprefix("unix:"))
            if is_unix
            else httpx.HTTPTransport(verify=options.verifies)
        )
        password = _secret_of(options.password_file)
        self._key = _secret_of(options.auth_key_file)
        self._client = httpx.Client(
            base_url="http://localhost" if is_unix else options.url.rstrip("/"),
            transport=transport,
            timeout=_TIMEOUT_S,
            auth=(options.user, password) if options.user else None,
            trust_env=False,
        )

    def __enter__(self) -> "_Agent":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def take(self, name: str, path: str, found: dict[str, bytes], missing: list[str]) -> None:
        arguments = {"authKey": self._key} if self._key else {}
        url = self._client.base_url.copy_with(
            raw_path=self._client.base_url.raw_path.rstrip(b"/") + path.encode()
        ).copy_merge_params(arguments)
        try:
            answer = self._client.get(url)
        except self._httpx.HTTPError as exc:
            missing.append(f"{name} ({path}): {type(exc).__name__}: {exc}")
            return
        # A failing health check is what somebody wants to see.
        if answer.status_code < 400 or answer.status_code == 503:
            found[name] = answer.content
        else:
            missing.append(f"{name} ({path}): HTTP status {answer.status_code}")


def _secret_of(path: str) -> str:
    if not path:
        return ""
    try:
        return Path(path).read_text().rstrip()
    except (OSError, UnicodeDecodeError) as exc:
        raise BundleError(f"{path} cannot be read") from exc


def _queue_files(found: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """The names and sizes of the queue's files, if the agent is of this host."""
    import json

    try:
        runtime = json.loads(found["runtime.json"])["data"]
        flags = dict(
            line.removeprefix("-").split("=", 1)
            for line in found["flags.txt"].decode().splitlines()
        )
        data = Path(runtime["CWD"]) / json.loads(flags["remoteWrite.tmpDataPath"])
        if runtime["hostname"] == os.uname().nodename and data.is_dir():
            yield "queue-files.txt", "".join(_listing(data)).encode("utf-8", "replace")
    except (KeyError, ValueError, OSError):
        return


def _listing(directory: Path) -> Iterator[str]:
    for path in sorted(directory.rglob("*")):
        state = path.lstat()
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(state.st_mtime))
        yield f"{state.st_size:12} {moment} {path.relative_to(directory)}\n"


def _shown(url: str) -> str:
    """The address without what may be secret in it."""
    if url.startswith("unix:"):
        return url
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
