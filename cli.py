"""The command: argv in, exit code out. Everything else is in `agent`."""

import os
import sys
from collections.abc import Sequence

INTERRUPTED = 130  # as shells say of a process that SIGINT ended


def main(argv: Sequence[str] | None = None) -> int:
    """Run the agent or one of its tools; returns the process' exit code."""
    from agent.commands import run  # late: `promferry -version` must not pay for the agent

    try:
        code = run(sys.argv[1:] if argv is None else list(argv))
        if sys.stdout is not None:  # `promferry >&-`: started without one
            sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # `promferry -help | head`: nobody reads on, and the flush at exit must not complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


if __name__ == "__main__":
    sys.exit(main())
