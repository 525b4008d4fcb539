"""What a client may cost, in one place. Times in seconds, sizes in bytes."""

import attrs


@attrs.frozen(kw_only=True)
class ServerLimits:
    # A connection costs about 20 kB (tasks, parser, buffers), so these are 5 MB at most. When
    # all are taken the one idle longest makes room; if none is idle the new one gets a 503.
    max_connections: int = 256
    # From the end of an answer, or from connecting, until a request's head is complete: this
    # ends slow headers as well as idle keep-alive. vmagent's -http.idleConnTimeout is the same.
    idle_timeout_s: float = 60.0
    # For each piece of `write_piece_bytes`: a phone at 2 kB/s is served, a client that has
    # stopped reading is not.
    write_timeout_s: float = 30.0
    write_piece_bytes: int = 65536
    max_header_bytes: int = 16384
    # How long a refused sender may go on sending before the connection is cut; without this
    # the kernel answers its bytes with a reset, which may overtake our answer.
    linger_s: float = 1.0
    # Requests under way at stop may end within this; then everything is cut.
    stop_grace_s: float = 2.0
