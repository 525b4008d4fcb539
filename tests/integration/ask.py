"""What a URL answers, whatever its status.

Takes a URL on loopback; gives status and text, with every connection closed behind it.
"""

import json
import urllib.error
import urllib.request
from typing import Any

import attrs


@attrs.frozen
class Answer:
    status: int
    text: str

    def json(self) -> Any:
        return json.loads(self.text)


def ask(url: str, *, method: str = "GET", body: bytes | None = None) -> Answer:
    """OSError when nobody answers."""
    request = urllib.request.Request(url, method=method, data=body)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return Answer(answer.status, answer.read().decode())
    except urllib.error.HTTPError as exc:
        with exc:
            return Answer(exc.code, exc.read().decode(errors="replace"))


def get(url: str) -> str:
    """The text of a 200; AssertionError with what it says instead."""
    answer = ask(url)
    assert answer.status in {200, 204}, f"{url}: {answer.status} {answer.text[:500]}"
    return answer.text
