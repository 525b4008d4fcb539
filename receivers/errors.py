"""Why a pushed body was not taken."""

from typing import Literal

Reason = Literal[
    "content_type",
    "content_encoding",
    "too_large",
    "snappy",
    "zstd",
    "gzip",
    "protobuf",
    "json",
    "utf8",
    "grpc",
]


class DecodeError(ValueError):
    """A pushed body that cannot be read. `status` is the HTTP answer that it deserves."""

    def __init__(self, reason: Reason, message: str, body: bytes = b"") -> None:
        shown = f" (body starts with {body[:20].hex(' ')})" if body else ""
        super().__init__(f"{reason}: {message}{shown}")
        self.reason = reason

    @property
    def status(self) -> int:
        if self.reason in ("content_type", "content_encoding"):
            return 415
        return 413 if self.reason == "too_large" else 400
