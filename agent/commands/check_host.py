"""Looks at the host: can the data path be written, is there room, are the addresses free.

Takes settings, reports what is wrong.
Invariant: nothing is left behind and nothing stays open. What a running agent may hold is a
warning, since checking beside it is the usual case.
"""

import errno
import shutil
import socket
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from agent.config.errors import ConfigError, Problems
from agent.settings import Settings
from web.addresses import AddressError, UnixAddress, parse_address


def check_host(settings: Settings, problems: Problems) -> None:
    _check_data_path(settings, problems)
    for message in address_clashes(settings.listen_addresses):
        problems.error(_flag("-httpListenAddr", message))
    for address in dict.fromkeys(settings.listen_addresses):
        message, is_taken = _address_message(address)
        if message:
            report = problems.warning if is_taken else problems.error
            report(_flag("-httpListenAddr", message))


def _flag(name: str, message: str) -> ConfigError:
    return ConfigError(file="command line", path=name, message=message)


def _check_data_path(settings: Settings, problems: Problems) -> None:
    if not settings.remotes:
        return
    path = Path(settings.data_path).absolute()
    there = next(parent for parent in (path, *path.parents) if parent.exists())
    if not there.is_dir():
        message = f"{there} is a file, so {path} cannot be a directory"
    elif reason := _write_reason(there):
        message = f"{path} cannot be written: {reason}"
    else:
        message = _room_message(there, max(r.queue.min_free_disk_percent for r in settings.remotes))
    if message:
        problems.error(_flag("-remoteWrite.tmpDataPath", message))


def _write_reason(there: Path) -> str:
    """Why nothing can be written there, "" if it can: a file without a name is tried."""
    try:
        with tempfile.TemporaryFile(dir=there):
            return ""
    except OSError as error:
        return f"{error.strerror}: {there}"


def _room_message(there: Path, least_percent: float) -> str:
    usage = shutil.disk_usage(there)
    percent = 100 * usage.free / usage.total if usage.total else 100.0
    if percent >= least_percent:
        return ""
    free = f"{usage.free / 2**20:.0f} MiB ({percent:.1f} %)"
    return f"only {free} are free on the disk of {there}; {least_percent:g} % must stay free"


def address_clashes(addresses: Sequence[str]) -> Iterator[str]:
    """Addresses that exclude each other: the same port, on all hosts or on the same one."""
    seen: dict[str, list[str]] = {}
    for address in addresses:
        host, _, port = address.rpartition(":")
        for other in seen.get(port, ()):
            if port != "0" and (host == other or _is_any(host) or _is_any(other)):
                yield f"{address} clashes with {other}:{port}"
        seen.setdefault(port, []).append(host)


def _is_any(host: str) -> bool:
    return host in ("", "0.0.0.0", "::", "[::]")  # noqa: S104  (only compared)


def _address_message(text: str) -> tuple[str, bool]:
    """What is wrong with an address to listen on, and whether it is only taken."""
    try:
        address = parse_address(text)
    except AddressError:
        return "", False  # told with the other mistakes of flags
    if isinstance(address, UnixAddress):
        folder = Path(address.path).absolute().parent
        is_there = folder.is_dir()
        return "" if is_there else f"cannot listen on {text}: {folder} is no directory", False
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((address.host, address.port))
        except OSError as error:
            is_taken = error.errno == errno.EADDRINUSE
            hint = ", perhaps by a running agent" if is_taken else ""
            return f"cannot listen on {text}: {error.strerror}{hint}", is_taken
    return "", False
