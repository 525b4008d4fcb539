"""Round after round of `kill -9` at random instants, and what came of it.

Takes an agent on its stage, or a program that pushes; kills it, starts it again on the same
directory, and at the end lets it recover.
"""

import random
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs

from tests.durability.far_end import FarEnd
from tests.durability.faults import Stage
from tests.durability.weather import weather
from tests.integration.gate import Gate
from tests.integration.process import Process, wait_until

# Some are killed before they have read their queue, some after several flushes.
_ROUND_S = 3.0
_PUSHER = "tests.durability.pusher"


def killed_again_and_again(on: Stage, *, rounds: int, kind: str) -> None:
    with weather(on.gate, kind, on.dice):
        for _ in range(rounds):
            on.subject.start()
            time.sleep(on.dice.uniform(0.0, _ROUND_S))
            on.kill()


@attrs.define
class Pusher:
    """A program that pushes and notes each number that it was told is durable."""

    directory: Path
    gate: Gate
    far_end: FarEnd
    flags: Sequence[str] = ()
    _starts: int = 0
    _process: Process | None = None

    def start(self) -> None:
        self._starts += 1
        url = f"http://127.0.0.1:{self.gate.port}/api/v1/write"
        first = str(self._starts * 1_000_000)
        argv = [sys.executable, "-m", _PUSHER, str(self.directory / "data"), url, first]
        # The tests are no part of what is installed.
        env = {"PYTHONPATH": str(Path(__file__).parents[2])}
        log = self.directory / f"{self._starts}.log"
        self._process = Process([*argv, *self.flags], log, env=env)
        before = len(self.promised())
        self._process.start()
        wait_until(lambda: len(self.promised()) > before, "a promise", evidence=self.log)

    def kill(self) -> None:
        if self._process is not None and self._process.is_running:
            self._process.signal(signal.SIGKILL)
            self._process.wait()

    def log(self) -> str:
        return self._process.output() if self._process is not None else ""

    def promised(self) -> set[int]:
        words = [word for path in self.directory.glob("*.log") for word in path.read_text().split()]
        return {int(word) for word in words if word.isdigit()}

    def recover(self) -> None:
        """Runs it with the remote up until everything promised before has arrived."""
        before = self.promised()
        self.start()
        wait_until(
            lambda: before <= self.far_end.arrivals().keys(),
            "everything that was promised",
            timeout_s=60.0,
            evidence=lambda: f"{sorted(before - self.far_end.arrivals().keys())}\n{self.log()}",
        )


@contextmanager
def pushing(directory: Path, *flags: str) -> Iterator[Pusher]:
    with FarEnd() as far_end, Gate(far_end.port) as gate:
        pusher = Pusher(directory, gate, far_end, flags)
        try:
            yield pusher
        finally:
            pusher.kill()


def pusher_killed(pusher: Pusher, *, rounds: int, kind: str, seed: int) -> None:
    dice = random.Random(seed)
    with weather(pusher.gate, kind, dice):
        for _ in range(rounds):
            pusher.start()
            # Some dozens of promises at most.
            time.sleep(dice.uniform(0.0, 0.5))
            pusher.kill()
