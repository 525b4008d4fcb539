"""Tells systemd how the agent is: READY=1, RELOADING, STOPPING=1 and the watchdog's WATCHDOG=1.

Takes the environment; sends datagrams to $NOTIFY_SOCKET, and does nothing where there is none.
Invariant: the watchdog is fed from trio's own loop, so that a stuck agent is restarted; nothing
here ever raises or waits.
"""

import contextlib
import os
import socket
from collections.abc import Mapping

import trio

# As sd_watchdog_enabled(3) advises: twice within the time.
_SHARE = 0.5


class Notifier:
    """`address` is None where nobody listens."""

    def __init__(self, address: str | None, watchdog_s: float = 0.0) -> None:
        self._address = address
        self._watchdog_s = watchdog_s

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Notifier":
        """What systemd said in the environment, unless it was meant for another process."""
        address = environ.get("NOTIFY_SOCKET")
        if not address or address[0] not in "/@":
            return cls(None)
        path = "\0" + address[1:] if address[0] == "@" else address
        is_ours = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        text = environ.get("WATCHDOG_USEC", "")
        watchdog_s = int(text) / 1e6 if is_ours and text.isdecimal() else 0.0
        return cls(path, watchdog_s)

    def ready(self) -> None:
        self._send("READY=1\nSTATUS=scraping")

    def stopping(self) -> None:
        self._send("STOPPING=1\nSTATUS=bringing what is left to the remotes or the disk")

    async def run(self) -> None:
        """Feeds the watchdog until cancelled."""
        while self._address is not None and self._watchdog_s > 0:
            self._send("WATCHDOG=1")
            await trio.sleep(self._watchdog_s * _SHARE)

    def _send(self, text: str) -> None:
        if self._address is None:
            return
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender,
        ):
            sender.setblocking(False)
            sender.sendto(text.encode(), self._address)
