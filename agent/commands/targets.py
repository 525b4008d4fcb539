"""`promferry targets`: what the configuration would scrape, discovery run once.

Takes the agent's own flags; prints the targets of each job, and those that were dropped with the
reason and the rule. Exit codes: 0, 1 a configuration that cannot be read or a discovery that
failed, 2 wrong flags.
Invariant: nothing is scraped; the targets are those that the agent would scrape, built by the same
code.
"""

import os
import sys
from collections.abc import Sequence

from agent.commands.own_options import OwnOptions, split_options
from agent.flags.errors import FlagErrors
from agent.flags.parser import parse

ERRORS, USAGE_ERROR = 1, 2

HELP = """\
promferry targets [-job=NAME] [-format=text|json] [flags of the agent]

Runs the discovery of all jobs once and shows what would be scraped: the URL and the labels of each
target, and for each that was dropped the reason, with the rule of relabel_configs if it was one.

  -job=NAME       only this job
  -format=json    a list of targets and dropped ones, each with the labels as they were discovered

promferry targets -promscrape.config=prometheus.yml
"""


def run(argv: Sequence[str]) -> int:
    try:
        options = split_options(argv, switches=(), texts=("job", "format"))
        if options.wants_help:
            sys.stdout.write(HELP)
            return 0
        if options.words or options.texts.get("format", "text") not in ("text", "json"):
            sys.stderr.write(f"promferry targets: {HELP.splitlines()[0]}\n")
            return USAGE_ERROR
        return _run(options)
    except BrokenPipeError:  # `| head` has seen enough; nothing may be written at exit either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except FlagErrors as exc:
        for error in exc.errors:
            sys.stderr.write(f"promferry targets: {error}\n")
        return USAGE_ERROR
    except ValueError as exc:  # SettingsError, ConfigErrors: a line for each mistake
        sys.stderr.write(f"promferry targets: {exc}\n")
        return ERRORS


def _run(options: OwnOptions) -> int:
    values = parse(options.flags, os.environ)
    # Late: YAML, RE2, trio.
    import trio

    from agent.commands.finding import find_targets
    from agent.commands.loading import load_all
    from agent.commands.relabel_subject import find_job
    from agent.commands.targets_report import write_json, write_text
    from scraper.setup import set_up
    from transport.tls import TlsContexts

    settings = load_all(values).settings
    name = options.texts.get("job")
    jobs = settings.jobs if name is None else (find_job(settings.jobs, name),)
    setups = [set_up(job, settings.global_.external_labels) for job in jobs]
    found = trio.run(find_targets, setups, TlsContexts())
    write = write_json if options.texts.get("format") == "json" else write_text
    write(found, sys.stdout)
    for each in found:
        for error in each.errors:
            sys.stderr.write(f"promferry targets: {each.setup.job.job_name}: {error}\n")
    return ERRORS if any(each.errors for each in found) else 0
