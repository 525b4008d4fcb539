"""A door in front of a remote that the test opens and shuts: the network's bad days.

Takes the port of a peer; gives a port of its own that forwards to it. Open: bytes pass. Shut:
connections are refused and those that stand are reset. Stalled: connections are accepted and
bytes are swallowed, so a request stays in flight for ever.
"""

import selectors
import socket
import struct
from threading import Lock, Thread
from typing import Self

from tests.integration.process import free_port

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER that turns close() into a reset


class Gate:
    """Starts open. `interruptions`: how often it was shut, or let nothing through any more."""

    def __init__(self, peer_port: int) -> None:
        self.port = free_port()
        self._peer_port = peer_port
        self._lock = Lock()
        self._listener: socket.socket | None = None
        self._sockets: list[socket.socket] = []
        self._is_stalled = False
        self.interruptions = 0

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.shut()

    def open(self) -> None:
        self.shut()
        self._listen(is_stalled=False)

    def stall(self) -> None:
        self.shut()
        self._listen(is_stalled=True)

    def shut(self) -> None:
        with self._lock:
            doomed = [*self._sockets]
            self._sockets.clear()
            listener, self._listener = self._listener, None
        if listener is not None:
            self.interruptions += 1
            listener.shutdown(socket.SHUT_RDWR)  # wakes the accepting thread
            listener.close()
        for each in doomed:
            _reset(each)

    def _listen(self, *, is_stalled: bool) -> None:
        listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        with self._lock:
            self._listener, self._is_stalled = listener, is_stalled
        Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                visitor, _ = listener.accept()
            except OSError:
                return  # shut
            with self._lock:
                is_current = listener is self._listener
                if is_current:
                    self._sockets.append(visitor)
            if not is_current:
                _reset(visitor)
            elif not self._is_stalled:
                Thread(target=self._forward, args=(visitor,), daemon=True).start()

    def _forward(self, visitor: socket.socket) -> None:
        try:
            peer = socket.create_connection(("127.0.0.1", self._peer_port))
        except OSError:
            _reset(visitor)
            return
        with self._lock:
            self._sockets.append(peer)
        try:
            _pump(visitor, peer)
        except (OSError, ValueError):
            pass  # reset by `shut`, in the middle of a wait or of a write
        finally:
            visitor.close()
            peer.close()


def _pump(one: socket.socket, other: socket.socket) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(one, selectors.EVENT_READ, other)
        selector.register(other, selectors.EVENT_READ, one)
        while True:
            ready = selector.select(timeout=0.2)
            if one.fileno() < 0 or other.fileno() < 0:
                return  # `shut` closed it
            for key, _ in ready:
                source: socket.socket = key.fileobj  # type: ignore[assignment]
                data = source.recv(65536)
                if not data:
                    return
                key.data.sendall(data)


def _reset(doomed: socket.socket) -> None:
    if doomed.fileno() >= 0:
        doomed.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    doomed.close()
