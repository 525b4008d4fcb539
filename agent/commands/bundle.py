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

import attrs

from agent.commands.running_agent import HELP, OPTIONS, AskError, RunningAgent, Whom

USAGE = f"""\
usage: promferry bundle [-url=URL] [-out=FILE] [-seconds=N] [-user=NAME] [-passwordFile=FILE]

Collects from a running agent: configuration and flags (secrets masked), targets, metrics at two
instants, remotes, queues, health, tasks and the last lines of its log. One .tar.gz comes out.

{HELP}\
  -out           the archive; default promferry-bundle-TIME.tar.gz
  -seconds       between the two looks at the metrics; default 10
"""

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
    whom: Whom = Whom()
    out: str = ""
    seconds: float = 10.0


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


def parse_options(argv: Sequence[str]) -> Options:
    """Raises BundleError."""
    whom: dict[str, Any] = {}
    own: dict[str, Any] = {}
    for argument in argv:
        name, equals, value = argument.lstrip("-").partition("=")
        is_option = argument.startswith("-")
        if is_option and name == "insecure" and not equals:
            whom["verifies"] = False
        elif is_option and name in OPTIONS and equals:
            whom[OPTIONS[name]] = value
        elif is_option and name in ("out", "seconds") and equals:
            own[name] = _value(name, value)
        else:
            raise BundleError(f"{argument[:80]!r} is no option of this command")
    return Options(whom=Whom(**whom), **own)


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
        raise BundleError(f"nothing can be had from {options.whom.shown}: {missing[0]}")
    lines = [
        f"promferry bundle of {options.whom.shown}, {moment}",
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
    try:
        with RunningAgent(options.whom) as agent:
            started = time.monotonic()
            wanted = [("metrics-1.txt", METRICS), *PAGES]
            for name, path in wanted:
                _take(agent, name, path, found, missing)
            if not found:
                return found, missing
            time.sleep(max(0.0, started + options.seconds - time.monotonic()))
            _take(agent, "metrics-2.txt", METRICS, found, missing)
    except AskError as exc:
        raise BundleError(str(exc)) from exc
    found.update(_queue_files(found))
    return found, missing


def _take(
    agent: RunningAgent, name: str, path: str, found: dict[str, bytes], missing: list[str]
) -> None:
    try:
        answer = agent.get(path)
    except AskError as exc:
        missing.append(f"{name} ({path}): {exc}")
        return
    # A failing health check is what somebody wants to see.
    if answer.status_code < 400 or answer.status_code == 503:
        found[name] = answer.content
    else:
        missing.append(f"{name} ({path}): HTTP status {answer.status_code}")


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
