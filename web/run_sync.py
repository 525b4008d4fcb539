"""How blocking functions are run elsewhere: a thread in the agent, at once in tests on a clock."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

T = TypeVar("T")


class RunSync(Protocol):
    """`trio.to_thread.run_sync`, as far as it is used here."""

    def __call__(self, function: Callable[[], T], /) -> Awaitable[T]: ...
