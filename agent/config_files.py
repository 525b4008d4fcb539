"""Reads configuration files: from disk, or from an http(s) URL as vmagent does.

Takes a path or URL, gives bytes; every failure is an OSError. The only I/O of a load: decoding in
`agent.config` is pure and gets these functions injected.
Invariant: at most MAX_FILE_BYTES and one byte more are read, whatever answers.
"""

import glob
from collections.abc import Sequence

from agent.config.source import MAX_FILE_BYTES

FETCH_TIMEOUT_S = 30.0


def read_file(path: str) -> bytes:
    """A file's bytes, or those that an http(s) URL answers with."""
    if "://" in path:
        return _fetch(path)
    with open(path, "rb") as file:
        return file.read(MAX_FILE_BYTES + 1)


def _fetch(url: str) -> bytes:
    import httpx  # late: only a configuration from a URL needs it

    body = bytearray()
    try:
        with httpx.stream("GET", url, timeout=FETCH_TIMEOUT_S, follow_redirects=True) as response:
            if response.status_code != httpx.codes.OK:
                raise OSError(f"HTTP {response.status_code} {response.reason_phrase}".strip())
            for piece in response.iter_bytes():
                body += piece
                if len(body) > MAX_FILE_BYTES:
                    break
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise OSError(str(error) or type(error).__name__) from error
    return bytes(body[: MAX_FILE_BYTES + 1])


def list_files(pattern: str) -> Sequence[str]:
    """The files that a glob names, sorted; a URL names itself."""
    return [pattern] if "://" in pattern else sorted(glob.glob(pattern))
