"""Builds the static targets of all jobs, as the agent will.

Takes sections and jobs; reports an address that cannot be a target at its place.
"""

from agent.config.jobs import ScrapeSection
from agent.config.load import Loaded
from agent.config.sections import Sections
from relabel.errors import RuleError
from relabel.pipeline import Pipeline, compile_rules
from scraper.settings import ScrapeJob
from scraper.target import TargetError, build, discovered


def check_targets(sections: Sections, loaded: Loaded) -> None:
    for section, job in zip(sections.jobs, loaded.jobs, strict=True):
        try:
            pipeline = compile_rules(job.relabel_configs)
        except RuleError:
            continue  # told at the rule; without it nobody knows what a target becomes
        _check_job(section, job, pipeline)


def _check_job(section: ScrapeSection, job: ScrapeJob, pipeline: Pipeline) -> None:
    for index, group in enumerate(section.static_configs):
        for number, address in enumerate(group.targets):
            labels = discovered(job, address, group.labels)
            if not pipeline.apply(labels):
                continue  # dropped by a rule, as somebody wanted
            try:
                build(job, pipeline, labels)
            except TargetError as error:
                place = section.here.at("static_configs").item(index).at("targets").item(number)
                place.error(str(error), labels["__address__"])
