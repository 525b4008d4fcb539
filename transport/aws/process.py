"""Runs the program that a profile names to get credentials, such as that of IAM Roles Anywhere.

Takes a command line; gives what the program writes. Its complaints are not passed on: they may
hold secrets.
"""

import shlex

import trio

from transport.errors import TransportError, reason_of


async def output_of(command: str, place: str) -> bytes:
    """Raises TransportError (auth). Cancelled, the program is ended."""
    try:
        done = await trio.run_process(
            shlex.split(command), capture_stdout=True, capture_stderr=True, check=False, stdin=b""
        )
    except (OSError, ValueError) as exc:
        raise TransportError("auth", f"{place} cannot be run: {reason_of(exc)}") from exc
    if done.returncode:
        raise TransportError("auth", f"{place} ended with status {done.returncode}")
    return done.stdout
