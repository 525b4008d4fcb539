"""A small proxy in a process of its own: HTTP (forward and CONNECT) and SOCKS 5, with a password.

    python -m tests.integration.proxy_program PORT [CERT KEY]

User `u`, password from PROXY_PASSWORD. It writes a line for each connection that it makes. With
a certificate it speaks TLS to its clients.
"""

import base64
import os
import socket
import ssl
import sys
import threading
from contextlib import suppress

PASSWORD = os.environ.get("PROXY_PASSWORD", "")


def receive(client: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = client.recv(count - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def join(client: socket.socket, host: str, port: int, first: bytes = b"") -> None:
    with socket.create_connection((host, port)) as server:
        server.sendall(first)
        thread = threading.Thread(target=pump, args=(server, client), daemon=True)
        thread.start()
        pump(client, server)
        thread.join()


def serve_socks(client: socket.socket) -> None:
    receive(client, receive(client, 1)[0])
    client.sendall(b"\5\2")
    receive(client, 1)
    user = receive(client, receive(client, 1)[0])
    password = receive(client, receive(client, 1)[0])
    if (user, password) != (b"u", PASSWORD.encode()):
        client.sendall(b"\1\1")
        return
    client.sendall(b"\1\0")
    kind = receive(client, 4)[3]
    if kind == 3:
        host = receive(client, receive(client, 1)[0]).decode()
    else:
        host = socket.inet_ntop(socket.AF_INET, receive(client, 4))
    port = int.from_bytes(receive(client, 2), "big")
    print(f"socks {host}:{port}", flush=True)
    client.sendall(b"\5\0\0\1\0\0\0\0\0\0")
    join(client, host, port)


def serve_http(client: socket.socket, first: bytes) -> None:
    data = first
    while b"\r\n\r\n" not in data:
        data += client.recv(65536)
    head, _, rest = data.partition(b"\r\n\r\n")
    line, *rows = head.split(b"\r\n")
    wanted = b"Basic " + base64.b64encode(f"u:{PASSWORD}".encode())
    if b"Proxy-Authorization: " + wanted not in rows:
        client.sendall(b"HTTP/1.1 407 Who\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        return
    method, target, version = line.split(b" ")
    place = target if method == b"CONNECT" else target.split(b"/")[2]
    host, _, port = place.decode().partition(":")
    print(f"{method.decode()} {host}:{port}", flush=True)
    if method == b"CONNECT":
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        join(client, host, int(port), rest)
        return
    path = b"/" + target.split(b"/", 3)[3]
    rows = [row for row in rows if not row.startswith((b"Proxy-", b"Connection"))]
    lines = (b"%b %b %b" % (method, path, version), *rows, b"Connection: close")
    join(client, host, int(port), b"\r\n".join(lines) + b"\r\n\r\n" + rest)


def serve(client: socket.socket) -> None:
    with client, suppress(OSError, EOFError):
        first = receive(client, 1)
        if first == b"\5":
            serve_socks(client)
        else:
            serve_http(client, first)


def main(port: int, files: list[str]) -> None:
    context = None
    if files:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
    with socket.create_server(("127.0.0.1", port)) as listener:
        while True:
            client, _ = listener.accept()
            if context is not None:
                try:
                    client = context.wrap_socket(client, server_side=True)
                except OSError:
                    continue
            threading.Thread(target=serve, args=(client,), daemon=True).start()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
