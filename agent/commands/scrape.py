"""`promferry scrape`: scrape once, with all settings of the job, and show what would be pushed.

Takes the agent's own flags and what to scrape: a URL, a job or one of its targets; prints the final
series with report, or what relabelling did. Exit codes: 0 every target is up, 1 one is down, there
is none, or the configuration cannot be read, 2 wrong flags.
Invariant: nothing is pushed; the samples are made by the very loop that the agent runs.
"""

import os
import sys
from collections.abc import Sequence

from agent.commands.own_options import OwnOptions, split_options
from agent.flags.errors import FlagErrors
from agent.flags.parser import parse

ERRORS, USAGE_ERROR = 1, 2

HELP = """\
promferry scrape URL|JOB|TARGET [-job=NAME] [-explain] [-diff] [flags of the agent]

Scrapes once and prints the series as they would be pushed, with the report (`up` and its kin).
JOB is the name of a job, all of whose targets are scraped; TARGET the URL, the address or the
instance of a target that discovery finds. A URL that no job has is scraped with the settings of
-job=NAME, or with the defaults.

  -job=NAME    look for targets in this job only
  -explain     what relabelling did, rule by rule, to each series that it dropped or changed
  -diff        - before metric relabelling, + after it, for each series that differs

The exit code is 0 if all targets are up, else 1.

promferry scrape node -promscrape.config=prometheus.yml -explain
promferry scrape http://localhost:9100
"""


def run(argv: Sequence[str]) -> int:
    try:
        options = split_options(argv, switches=("explain", "diff"), texts=("job",))
        if options.wants_help:
            sys.stdout.write(HELP)
            return 0
        if len(options.words) != 1:
            sys.stderr.write(f"promferry scrape: {HELP.splitlines()[0]}\n")
            return USAGE_ERROR
        return _run(options)
    except BrokenPipeError:  # `| head` has seen enough; nothing may be written at exit either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except FlagErrors as exc:
        for error in exc.errors:
            sys.stderr.write(f"promferry scrape: {error}\n")
        return USAGE_ERROR
    except ValueError as exc:  # SettingsError, ConfigErrors, nothing to scrape
        sys.stderr.write(f"promferry scrape: {exc}\n")
        return ERRORS


def _run(options: OwnOptions) -> int:
    values = parse(options.flags, os.environ)
    # Late: YAML, RE2, trio.
    import trio

    from agent.commands.loading import load_all
    from agent.commands.scrape_report import write_scrape
    from agent.commands.scrape_run import choose, scrape_all
    from transport.tls import TlsContexts

    settings = load_all(values).settings
    contexts = TlsContexts()
    subjects = trio.run(choose, settings, options.words[0], options.texts.get("job"), contexts)
    scrapes = trio.run(scrape_all, subjects, contexts)
    for scrape in scrapes:
        write_scrape(
            scrape,
            sys.stdout,
            explains="explain" in options.switches,
            differs="diff" in options.switches,
        )
    return 0 if all(scrape.status.health == "up" for scrape in scrapes) else ERRORS
