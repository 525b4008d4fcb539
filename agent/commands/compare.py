"""`promferry compare`: the agent that runs and the one that is to take its place, side by side.

Takes the address of a running vmagent or Prometheus and the agent's own flags; says which targets,
labels and series are the same and which differ. Exit codes: 0 the same, 3 something differs, 1 it
could not be compared, 2 wrong flags.
Invariant: nothing is sent anywhere; each common target is scraped once, and its page goes through
both sets of rules. The other agent's rules are read as promferry reads them.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from agent.commands.own_options import OwnOptions, split_options
from agent.commands.running_agent import OPTIONS, AskError, RunningAgent, Whom
from agent.config.errors import ConfigErrors
from agent.convert.comparison import Comparison, Seen, key_of, spell, without_external
from agent.flags.errors import FlagError, FlagErrors
from agent.flags.parser import parse

if TYPE_CHECKING:
    from agent.settings import Settings
    from scraper.setup import JobSetup
    from scraper.target import Target

ERRORS, USAGE_ERROR, DIFFERENT = 1, 2, 3

HELP = """\
promferry compare -with=http://old-agent:8429 [-no-scrape] [flags of the agent]

Asks a running vmagent or Prometheus for its targets and its configuration, finds the targets of
this configuration, scrapes those that both have once, and says what differs: targets, their labels,
and the series that the rules of each leave of the same page.

  -with          the other agent's address
  -no-scrape     compare targets and labels only
  -user          the name, where the other agent asks for one
  -passwordFile  a file with its password
  -insecure      do not verify its certificate

promferry compare -with=http://127.0.0.1:8429 -promscrape.config=prometheus.yml
"""


def run(argv: Sequence[str]) -> int:
    try:
        texts = {"with", *(set(OPTIONS) - {"url"})}
        options = split_options(argv, switches={"no-scrape", "insecure"}, texts=texts)
        if options.wants_help:
            sys.stdout.write(HELP)
            return 0
        if "with" not in options.texts or options.words:
            raise FlagErrors([FlagError(name="with", reason="-with=URL names the other agent")])
        return _run(options)
    except FlagErrors as exc:
        return _complain([str(error) for error in exc.errors], USAGE_ERROR)
    except (AskError, ValueError) as exc:  # also SettingsError, ConfigErrors
        return _complain([str(exc)], ERRORS)


def _run(options: OwnOptions) -> int:
    import trio  # late, as YAML and RE2 are

    from agent.commands.loading import load_all

    settings = load_all(parse(options.flags, os.environ)).settings
    texts = {**options.texts, "url": options.texts["with"]}
    whom = Whom.of(texts, is_insecure="insecure" in options.switches)
    with RunningAgent(whom) as other:
        theirs = _targets_of(other.data("/api/v1/targets", {"state": "active"}), whom.shown)
        config = _config_of(other)
    comparison = Comparison()
    trio.run(_compare, settings, theirs, config, comparison, "no-scrape" not in options.switches)
    for line in comparison.lines:
        print(line)
    print(
        f"{comparison.same_targets} targets and {comparison.same_series} series the same, "
        f"{len(comparison.lines)} differences"
    )
    return DIFFERENT if comparison.lines else 0


def _targets_of(data: Any, shown: str) -> list[Seen]:
    """Raises AskError where the answer is no list of targets."""
    try:
        return [
            # vmagent 1.79 has no pools: a target's job is then its label.
            Seen(
                str(each.get("scrapePool") or each["labels"].get("job", "")),
                str(each["scrapeUrl"]),
                {str(name): str(value) for name, value in each["labels"].items()},
            )
            for each in data["activeTargets"]
        ]
    except (KeyError, TypeError, AttributeError) as exc:
        raise AskError(f"{shown}/api/v1/targets: the answer is no list of targets") from exc


def _config_of(other: RunningAgent) -> str:
    try:
        return str(other.data("/api/v1/status/config")["yaml"])
    except (AskError, KeyError, TypeError):
        answer = other.get("/config")  # older vmagents
        return answer.text if answer.status_code == 200 else ""


async def _compare(
    settings: "Settings",
    theirs: Sequence[Seen],
    config: str,
    comparison: Comparison,
    scrapes_too: bool,
) -> None:
    from agent.commands.finding import find_targets
    from agent.commands.scrape_run import scrape_all
    from scraper.setup import set_up
    from transport.tls import TlsContexts

    contexts = TlsContexts()
    setups = [set_up(job, settings.global_.external_labels) for job in settings.jobs]
    subjects: dict[tuple[str, str], tuple[JobSetup, Target]] = {}
    ours: list[Seen] = []
    for found in await find_targets(setups, contexts):
        comparison.lines += [f"{found.setup.job.job_name}: {error}" for error in found.errors]
        for target in found.targets.targets.values():
            seen = Seen(found.setup.job.job_name, target.url, dict(target.labels))
            ours.append(seen)
            subjects[seen.name] = (found.setup, target)
    try:
        old, labels = _setups_of(config)
    except ConfigErrors as exc:
        old, labels, config = {}, {}, ""
        reason = str(exc.errors[0])[:300]
        comparison.lines.append(
            f"series not compared: its configuration is not read here: {reason}"
        )
    # vmagent shows external labels as labels of targets; they are compared for themselves.
    external = labels if config else settings.global_.external_labels
    pairs = list(comparison.targets(without_external(theirs, external, ours), ours))
    if config and labels != dict(settings.global_.external_labels):
        own = spell(settings.global_.external_labels)
        comparison.lines.append(f"external labels: {spell(labels)} there, {own} here")
    if not scrapes_too:
        return
    wanted = [(each, subjects[new.name]) for each, new in pairs if each.job in old]
    scrapes = await scrape_all([subject for _, subject in wanted], contexts)
    for (seen, (setup, target)), scrape in zip(wanted, scrapes, strict=True):
        where = f"series of {target.url[:200]}"
        if scrape.status.last_error:
            comparison.lines.append(f"{where}: not compared: {scrape.status.last_error[:200]}")
            continue
        here = _series(setup, scrape.seen, target, dict(target.labels))
        comparison.series(where, _series(old[seen.job], scrape.seen, target, seen.labels), here)


def _setups_of(config: str) -> "tuple[Mapping[str, JobSetup], dict[str, str]]":
    """The other agent's jobs and external labels; its secrets are masked."""
    if not config:
        return {}, {}
    from agent.config.load import load
    from agent.config.options import LoadOptions
    from scraper.setup import set_up

    options = LoadOptions(
        strict=False, read_file=lambda _: config.encode(), list_files=lambda _: ()
    )
    loaded = load("the other agent's configuration", options=options)
    external = loaded.global_.external_labels
    return {job.job_name: set_up(job, external) for job in loaded.jobs}, dict(external)


def _series(
    setup: "JobSetup",
    seen: Sequence[Mapping[str, str]],
    target: "Target",
    labels: Mapping[str, str],
) -> set[tuple[tuple[str, str], ...]]:
    labelling = setup.labelling(target)
    finals = (labelling.relabelled(raw, labels) for raw in seen)
    return {key_of(each) for each in finals if each}


def _complain(lines: Sequence[str], code: int) -> int:
    for line in lines:
        sys.stderr.write(f"promferry compare: {line}\n")
    return code
