"""How the link to a remote is while something else happens: up, down, or flapping at random.

Takes a gate; changes it from a thread until it is over, and leaves it open.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from tests.integration.gate import Gate

UP, DOWN, FLAPPING = "up", "down", "flapping"
WEATHERS = (UP, DOWN, FLAPPING)


@contextmanager
def weather(gate: Gate, kind: str, dice: random.Random) -> Iterator[None]:
    if kind == DOWN:
        gate.shut()
    over = Event()
    thread = Thread(target=_flap, args=(gate, random.Random(dice.random()), over))
    if kind == FLAPPING:
        thread.start()
    try:
        yield
    finally:
        over.set()
        if kind == FLAPPING:
            thread.join()
        gate.open()


def _flap(gate: Gate, dice: random.Random, over: Event) -> None:
    """Refused connections and requests that never get an answer, a second at most each."""
    while not over.wait(dice.uniform(0.1, 1.0)):
        dice.choice([gate.shut, gate.stall])()
        if not over.wait(dice.uniform(0.1, 1.0)):
            gate.open()
