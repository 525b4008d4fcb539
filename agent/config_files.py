"""Reads configuration files: from disk, or from an http(s) URL as vmagent does.

Takes a path or URL, gives bytes; every failure is an OSError. The only I/O of a load: decoding in
`agent.config` is pure and gets these functions injected.
"""

import glob
from collections.abc import Sequence
from pathlib import Path

FETCH_TIMEOUT_S = 30.0


def read_file(path: str) -> bytes:
    """A file's bytes, or those that an http(s) URL answers with."""
    return _fetch(path) if "://" in path else Path(path).read_bytes()


def _fetch(url: str) -> bytes:
    import httpx  # late: only a configuration from a URL needs it

    try:
        response = httpx.get(url, timeout=FETCH_TIMEOUT_S, follow_redirects=True)
        response.raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise OSError(f"cannot be fetched: {error}") from error
    return response.content


def list_files(pattern: str) -> Sequence[str]:
    """The files that a glob names, sorted; a URL names itself."""
    return [pattern] if "://" in pattern else sorted(glob.glob(pattern))
