"""`promferry tap`: samples as they pass, in a terminal.

Takes a selector; asks a running agent; writes a line for each sample until interrupted. Exit
codes: 0 after -limit samples or an interrupt, 1 nobody answers, 2 wrong options.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from agent.commands.own_options import OwnOptions, split_options
from agent.commands.running_agent import HELP as AGENT_HELP
from agent.commands.running_agent import OPTIONS, AskError, RunningAgent, Whom
from agent.flags.errors import FlagErrors

FAILED, USAGE_ERROR = 1, 2

USAGE = f"""\
usage: promferry tap [-stage=STAGE] [-remote=NAME] [-rate=N] [-limit=N] [-json] [SELECTOR]

Shows samples as they pass through a running agent, until interrupted.

  -stage         scraped (as exposed), relabelled (behind metric relabelling, the default) or
                 remote (behind a remote's own rules)
  -remote        at this remote only
  -rate          at most so many samples a second; default 100, at most 1000
  -limit         end after so many samples
  -json          a JSON document a line
{AGENT_HELP}
promferry tap 'node_load1{{job="node"}}'
"""

_TEXTS = ("stage", "remote", "rate", "limit", *OPTIONS)


def run(argv: Sequence[str]) -> int:
    try:
        options = split_options(argv, switches=("json", "insecure"), texts=_TEXTS)
        limit = int(options.texts.get("limit", "0"))
    except FlagErrors as exc:
        return _misused("; ".join(map(str, exc.errors)))
    except ValueError:
        return _misused("-limit is a number")
    if options.wants_help:
        sys.stdout.write(USAGE)
        return 0
    if options.flags or len(options.words) > 1:
        what = (options.flags or options.words[1:])[0]
        return _misused(f"{what[:80]!r} is too much")
    try:
        _watch(options, limit)
    except AskError as exc:
        sys.stderr.write(f"promferry tap: {exc}\n")
        return FAILED
    except KeyboardInterrupt:
        return 0
    except BrokenPipeError:  # `| head` has seen enough; nothing may be written at exit either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _misused(text: str) -> int:
    sys.stderr.write(f"promferry tap: {text}\n{USAGE}")
    return USAGE_ERROR


def _watch(options: OwnOptions, limit: int) -> None:
    whom = Whom.of(options.texts, is_insecure="insecure" in options.switches)
    texts = options.texts
    arguments = {
        "stage": texts.get("stage", ""),
        "remote": texts.get("remote", ""),
        "per_s": texts.get("rate", ""),
        "selector": options.words[0] if options.words else "",
    }
    shown = 0
    with RunningAgent(whom) as agent, agent.stream("/api/v1/tap", arguments) as answer:
        if answer.status_code != 200:
            answer.read()
            raise AskError(_words(answer.text, answer.status_code))
        for sample in _samples(answer.iter_lines()):
            line = json.dumps(sample) if "json" in options.switches else sample_line(sample)
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
            shown += 1
            if shown == limit:
                return


def _words(text: str, status: int) -> str:
    try:
        return str(json.loads(text)["error"])[:500]
    except (ValueError, KeyError, TypeError):
        return f"HTTP status {status}: {text.strip()[:300]}"


def _samples(lines: Iterator[str]) -> Iterator[Mapping[str, Any]]:
    for line in lines:
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def sample_line(sample: Mapping[str, Any]) -> str:
    """Time, series, value, and the remote if it is at one."""
    moment = datetime.fromtimestamp(sample["timestamp_ms"] / 1000, UTC)
    value = sample["value"]
    shown = "stale" if sample["is_marker"] else "histogram" if value is None else f"{value}"
    remote = f" -> {sample['remote']}" if sample["remote"] else ""
    return f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d} {sample['series']} {shown}{remote}"
