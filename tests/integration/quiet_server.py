"""The HTTP server under the tests' own peers: threads that end with the test, and no talk.

Clients of these tests hang up and are killed in the middle; that is what they are for.
"""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: object, client_address: object) -> None:
        """Silent."""


class QuietHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Silent: the tests look at what the peer notes."""
