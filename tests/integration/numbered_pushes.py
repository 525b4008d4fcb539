"""Pushes that are counted: each holds a number, so that the far end can tell which arrived.

Takes an agent started for it; gives answers: status and Retry-After.
"""

import http.client
import random
import string
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Self

from tests.conformance.receiver.case import HEADERS_1
from tests.conformance.receiver.message import body_of, message_1, sent
from tests.durability.far_end import METRIC
from tests.integration.agent import Agent

Answer = tuple[int, str | None]


def numbered(number: int, bulk: int = 0) -> bytes:
    """One sample that is counted, beside `bulk` series that do not compress."""
    dice = random.Random(number)
    text = ["".join(dice.choices(string.ascii_letters, k=100)) for _ in range(bulk)]
    series = [sent("bulk", 1.0, labels={"text": one}) for one in text]
    now_ms = time.time_ns() // 1_000_000
    return body_of(message_1([sent(METRIC, float(number)), *series], now_ms))


class Pusher:
    """Pushes to an agent that was started for it."""

    def __init__(self, path: Path, url: str, flags: Sequence[str]) -> None:
        self.agent = Agent(path, "{}\n", [f"-remoteWrite.url={url}", *flags])

    def __enter__(self) -> Self:
        self.agent.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.agent.process.kill()

    def push(self, body: bytes) -> Answer:
        with closing(http.client.HTTPConnection("127.0.0.1", self.agent.port, timeout=10)) as link:
            link.request("POST", "/api/v1/write", body, HEADERS_1)
            answer = link.getresponse()
            answer.read()
            return answer.status, answer.getheader("Retry-After")
