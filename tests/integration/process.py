"""A started program, and waiting for what it does.

Takes an argument list; gives a running process whose output is kept in a file. Every wait is
generous and bounded, and says at its end what it waited for and what the program wrote.
"""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

# Long enough for a loaded CI machine; a passing test waits milliseconds.
PATIENCE_S = 30.0
_POLL_S = 0.03


def wait_until(
    condition: Callable[[], T | None],
    what: str,
    *,
    timeout_s: float = PATIENCE_S,
    evidence: Callable[[], str] = str,
) -> T:
    """The first true value of `condition`; AssertionError with the evidence after `timeout_s`.

    A condition that raises AssertionError or OSError is not yet true.
    """
    deadline = time.monotonic() + timeout_s
    last: object = None
    while time.monotonic() < deadline:
        try:
            value = condition()
        except (AssertionError, OSError) as exc:
            last = exc
        else:
            if value:
                return value
            last = value
        time.sleep(_POLL_S)
    raise AssertionError(f"waited {timeout_s:g} s for {what}; last: {last!r}\n{evidence()[-4000:]}")


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


class Process:
    """One program; `output` is everything it wrote to stdout and stderr since the first start."""

    def __init__(
        self,
        argv: Sequence[str | Path],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.argv = [str(word) for word in argv]
        self._log = log
        self._env = {**os.environ, **(env or {})}
        self._popen: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._popen = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._env,
                cwd=self._log.parent,
                start_new_session=True,  # so that a Ctrl-C at pytest leaves the order to us
            )

    @property
    def pid(self) -> int:
        assert self._popen is not None, "not started"
        return self._popen.pid

    @property
    def is_running(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    def output(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def wait_port(self, port: int) -> None:
        """Until it listens on `port`; fails at once when it ends instead."""

        def listens_or_ended() -> bool:
            return listens(port) or not self.is_running

        wait_until(listens_or_ended, f"{self.argv[0]} on port {port}", evidence=self.output)
        assert self.is_running, f"{self.argv} ended early:\n{self.output()}"

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait(self, timeout_s: float = PATIENCE_S) -> int:
        """Its exit code."""
        assert self._popen is not None, "not started"
        try:
            return self._popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"{self.argv[0]} still runs after {timeout_s:g} s:\n{self.output()[-4000:]}"
            ) from None

    def stop(self, timeout_s: float = 10.0) -> int:
        """SIGTERM; its exit code."""
        self.signal(signal.SIGTERM)
        return self.wait(timeout_s)

    def kill(self) -> None:
        """SIGKILL, also when it is gone already: the end of every test."""
        if self.is_running:
            self.signal(signal.SIGKILL)
            self.wait()
