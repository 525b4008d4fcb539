"""`promferry top`: a live table of remotes and targets, in a terminal.

Takes the address of a running agent; draws its state again and again until interrupted. Exit
codes: 0 after an interrupt or -once, 1 nobody answers at the start, 2 wrong options.
"""

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from shutil import get_terminal_size
from typing import Any

from agent.commands.own_options import split_options
from agent.commands.running_agent import HELP as AGENT_HELP
from agent.commands.running_agent import OPTIONS, AskError, RunningAgent, Whom
from agent.flags.errors import FlagErrors

FAILED, USAGE_ERROR = 1, 2
_HOME_AND_CLEAR = "\x1b[H\x1b[J"
_HIDE_CURSOR, _SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
_WORST_FIRST = {"down": 0, "unknown": 1, "up": 2}

USAGE = f"""\
usage: promferry top [-interval=SECONDS] [-once] [-url=URL]

Shows a running agent's remotes and targets, the worst first, again and again until interrupted.

  -interval      seconds between two looks; default 2
  -once          one look, plainly written
{AGENT_HELP}"""


def run(argv: Sequence[str]) -> int:
    try:
        options = split_options(argv, switches=("once", "insecure"), texts=("interval", *OPTIONS))
        interval_s = max(0.2, float(options.texts.get("interval", "2")))
    except FlagErrors as exc:
        return _misused("; ".join(map(str, exc.errors)))
    except ValueError:
        return _misused("-interval is a number of seconds")
    if options.wants_help:
        sys.stdout.write(USAGE)
        return 0
    if options.flags or options.words:
        return _misused(f"{(options.flags or options.words)[0][:80]!r} is too much")
    whom = Whom.of(options.texts, is_insecure="insecure" in options.switches)
    try:
        with RunningAgent(whom) as agent:
            return _once(agent) if "once" in options.switches else _again(agent, interval_s)
    except AskError as exc:
        sys.stderr.write(f"promferry top: {exc}\n")
        return FAILED


def _misused(text: str) -> int:
    sys.stderr.write(f"promferry top: {text}\n{USAGE}")
    return USAGE_ERROR


def _once(agent: RunningAgent) -> int:
    size = get_terminal_size((200, 1_000_000))
    sys.stdout.writelines(f"{line}\n" for line in screen(_look(agent), None, size.columns, 10**6))
    return 0


def _again(agent: RunningAgent, interval_s: float) -> int:
    before: Mapping[str, Any] | None = None
    now: Mapping[str, Any] = _look(agent)
    sys.stdout.write(_HIDE_CURSOR)
    try:
        while True:
            size = get_terminal_size()
            lines = list(screen(now, before, size.columns, size.lines - 1))
            sys.stdout.write(_HOME_AND_CLEAR + "\n".join(lines))
            sys.stdout.flush()
            time.sleep(interval_s)
            before = now
            try:
                now = _look(agent)
            except AskError as exc:  # it may be restarting
                now = {**before, "error": str(exc)}
    except KeyboardInterrupt:
        return 0
    finally:
        sys.stdout.write(f"{_SHOW_CURSOR}\n")


def _look(agent: RunningAgent) -> Mapping[str, Any]:
    return {
        "at_s": time.monotonic(),
        "targets": agent.data("/api/v1/targets", {"state": "active"})["activeTargets"],
        "remotes": agent.data("/api/v1/remotes"),
    }


def screen(
    now: Mapping[str, Any], before: Mapping[str, Any] | None, columns: int, lines: int
) -> Iterator[str]:
    """At most `lines` lines of at most `columns` characters."""
    drawn = [*_head(now), *_remotes(now, before), "", *_targets(now["targets"])]
    for line in drawn[:lines]:
        yield _plain(line)[:columns]


def _plain(text: str) -> str:
    """Names and errors come from outside: nothing in them may steer a terminal."""
    return "".join([one if one.isprintable() else "?" for one in text])


def _head(now: Mapping[str, Any]) -> Iterator[str]:
    healths = [target["health"] for target in now["targets"]]
    text = f"{healths.count('up')} of {len(healths)} targets up, {healths.count('down')} down"
    yield f"{text}   {now['error']}" if now.get("error") else text
    yield ""


def _remotes(now: Mapping[str, Any], before: Mapping[str, Any] | None) -> Iterator[str]:
    yield f"{'REMOTE':28} {'STATE':9} {'SENT/s':>10} {'KiB/s':>8} {'WAITING':>11} {'AGE':>7}  ERROR"
    older = {one["name"]: one for one in before["remotes"]} if before else {}
    passed_s = now["at_s"] - before["at_s"] if before else 0.0
    for remote in now["remotes"]:
        was = older.get(remote["name"])
        sent = size = "-"
        if was is not None and passed_s > 0:
            sent = f"{(remote['sent_samples_total'] - was['sent_samples_total']) / passed_s:.0f}"
            grown = remote["sent_bytes_total"] - was["sent_bytes_total"]
            size = f"{grown / passed_s / 1024:.1f}"
        age = remote["oldest_age_s"]
        shown_age = "-" if age is None else f"{age:.0f}s"
        error = remote["last_error"] if remote["state"] != "ok" else ""
        yield (
            f"{remote['name'][:28]:28} {remote['state']:9} {sent:>10} {size:>8} "
            f"{remote['pending_samples']:>11} {shown_age:>7}  {error}"
        )


def _targets(targets: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield f"{'TARGET':44} {'JOB':20} {'HEALTH':8} {'TOOK':>8}  ERROR"
    for target in sorted(targets, key=lambda one: _WORST_FIRST.get(one["health"], 3)):
        took = f"{target['lastScrapeDuration'] * 1000:.0f}ms"
        yield (
            f"{target['scrapeUrl'][:44]:44} {target['scrapePool'][:20]:20} "
            f"{target['health']:8} {took:>8}  {target['lastError']}"
        )
