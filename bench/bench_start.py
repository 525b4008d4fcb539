"""How long a command takes until it has said its answer: what an import at the wrong place costs.

Takes the number of runs (default 15); prints the least and the median time of each command, and
of an empty interpreter beside them. The target is 150 ms for `-version`.
Never: a test; timings depend on the machine.
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "promferry -version": [str(ROOT / "cli.py"), "-version"],
    "promferry -help": [str(ROOT / "cli.py"), "-help"],
    "promferry -foo (a mistake)": [str(ROOT / "cli.py"), "-foo"],
    "promferry -dryRun": [str(ROOT / "cli.py"), "-dryRun"],
}


def time_command_ms(arguments: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], capture_output=True, check=False)
    return (time.perf_counter() - started) * 1000


def main(runs: int) -> None:
    for name, arguments in COMMANDS.items():
        times_ms = [time_command_ms(arguments) for _ in range(runs)]
        least, median = min(times_ms), statistics.median(times_ms)
        print(f"{name:<28} least {least:6.1f} ms  median {median:6.1f} ms")


if __name__ == "__main__":
    argument = sys.argv[1] if len(sys.argv) > 1 else "15"
    main(1 if argument == "--smoke" else int(argument))
