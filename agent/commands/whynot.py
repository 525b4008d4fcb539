"""`promferry whynot`: why is my metric not there?

Takes a series, a metric or a target; asks a running agent; prints where it is lost, or that it is
not. Exit codes: 0 it is delivered to every remote, 1 it is not or nobody answers, 2 wrong options.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agent.commands.own_options import OwnOptions, split_options
from agent.commands.running_agent import HELP as AGENT_HELP
from agent.commands.running_agent import OPTIONS, AskError, RunningAgent, Whom
from agent.flags.errors import FlagErrors

LOST, USAGE_ERROR = 1, 2
DELIVERED = "delivered"

USAGE = f"""\
usage: promferry whynot [-url=URL] [-json] [-steps] SERIES|METRIC|TARGET

Asks a running agent where a series is lost on its way from the target to the remotes, or whether it
is delivered. The agent looks at the targets' pages anew and follows the series through every rule.

  -json          the answer as the agent's API gives it
  -steps         what each relabelling rule did
{AGENT_HELP}
promferry whynot 'node_load1{{instance="db1:9100"}}'
promferry whynot db1:9100
"""


def run(argv: Sequence[str]) -> int:
    try:
        options = split_options(argv, switches=("json", "steps", "insecure"), texts=tuple(OPTIONS))
    except FlagErrors as exc:
        return _misused("; ".join(map(str, exc.errors)))
    if options.wants_help:
        sys.stdout.write(USAGE)
        return 0
    if options.flags:
        return _misused(f"{options.flags[0][:80]!r} is no option of this command")
    if len(options.words) != 1:
        return _misused("ask for one series, metric or target, in quotes if there are braces")
    try:
        report = _ask(options)
    except AskError as exc:
        sys.stderr.write(f"promferry whynot: {exc}\n")
        return LOST
    if "json" in options.switches:
        print(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        sys.stdout.writelines(f"{line}\n" for line in lines(report, "steps" in options.switches))
    stages = [answer["stage"] for answer in report["answers"]]
    return 0 if stages and all(stage == DELIVERED for stage in stages) else LOST


def _misused(text: str) -> int:
    sys.stderr.write(f"promferry whynot: {text}\n{USAGE}")
    return USAGE_ERROR


def _ask(options: OwnOptions) -> Mapping[str, Any]:
    whom = Whom.of(options.texts, is_insecure="insecure" in options.switches)
    with RunningAgent(whom) as agent:
        report = agent.data("/api/v1/whynot", {"q": options.words[0]})
    if not isinstance(report, dict) or not isinstance(report.get("answers"), list):
        raise AskError(f"{whom.shown} answers something else")
    return report


def lines(report: Mapping[str, Any], shows_steps: bool) -> Iterator[str]:
    for answer in report["answers"]:
        what = answer.get("series") or answer.get("target") or report["question"]
        remote = f" -> {answer['remote']}" if answer.get("remote") else ""
        yield f"{what}{remote}"
        yield f"  {answer['stage'].replace('_', ' ')}: {answer['text']}"
        if answer.get("target"):
            yield f"  target {answer['target']} of job {answer.get('job', '')}"
        if answer.get("advice"):
            yield f"  {answer['advice']}"
        if shows_steps:
            yield from (f"    {step}" for step in answer.get("steps", ()))
    yield from (f"note: {note}" for note in report.get("notes", ()))
