"""How far one lane of a remote has come, and what the remote said to what it refused.

Values for whoever asks about a single series; nothing in the way of samples makes them.
"""

import attrs


@attrs.frozen(kw_only=True)
class LaneProgress:
    """Times in epoch ms of samples, None before the first. `state`, `last_error`: the remote's."""

    state: str
    last_error: str = ""
    newest_put_ms: int | None = None
    newest_sent_ms: int | None = None
    waiting_since_ms: int | None = None


@attrs.frozen
class RefusedWords:
    """The receiver's words, and when it said them (epoch ms)."""

    words: str
    time_ms: int
