"""The command: argv in, exit code out. Everything else is in `agent`."""

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the agent or one of its tools; returns the process' exit code."""
    from agent.commands import run  # late: `promferry -version` must not pay for the agent

    return run(sys.argv[1:] if argv is None else list(argv))


if __name__ == "__main__":
    sys.exit(main())
