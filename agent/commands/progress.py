"""How far long work has come: a line on stderr now and then, nothing for what is done at once."""

import sys
import time

import attrs

from agent.commands.queue_report import time_text
from agent.convert.imported import Found

# Long enough that short work says nothing, short enough that nobody thinks it hangs.
_EVERY_S = 2.0


@attrs.define
class Progress:
    """Called at every step of an import. `done`: the word for what happens to samples."""

    done: str
    _told_s: float = attrs.field(factory=time.monotonic)

    def __call__(self, found: Found) -> None:
        now_s = time.monotonic()
        if now_s - self._told_s < _EVERY_S:
            return
        self._told_s = now_s
        percent = 100 * found.bytes_read // max(1, found.bytes_total)
        until = f", up to {time_text(found.newest_ms)}" if found.newest_ms is not None else ""
        print(f"{percent} %: {found.samples} samples {self.done}{until}", file=sys.stderr)
