"""What is legal and still suspicious: the rules of `promferry check -lint`.

Takes the sections of a configuration and the settings that they mean; gives findings at their
places, each named in brackets.
Never: reads a file, resolves a name.
"""

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from agent.config.cursor import Cursor
from agent.config.errors import ConfigError
from agent.config.general import GlobalSection
from agent.config.jobs import ScrapeSection
from agent.config.load import Loaded
from agent.config.root import UNUSED
from agent.config.sections import Sections
from relabel.rule import RelabelRule
from scraper.settings import ScrapeJob

# Queries look back so far; series scraped more seldom have gaps (promtool names the same bound).
LOOKBACK_S = 300.0
# A timeout so near to the interval leaves no time between two scrapes of a slow target.
NEAR = 0.9

_GONE_AFTER_DISCOVERY = ("__meta_", "__address__", "__scheme__", "__metrics_path__", "__param_")
_OF_METRICS = ("__name__",)
_IDENTITY = {"__name__": "metric", "job": "job", "instance": "host:9100"}
# Any other label, so that a rule has something to work on.
_BYSTANDER = {"lint": "x"}


def lint(sections: Sections, loaded: Loaded) -> list[ConfigError]:
    """All findings, in the order of the files."""
    findings: list[ConfigError] = []
    for section, job in zip(sections.jobs, loaded.jobs, strict=False):
        findings += _times(section, job)
        findings += _targets(section, job)
        findings += _rules(section.here, "relabel_configs", section.relabel_configs, _OF_METRICS)
        findings += _metric_rules(section.here, section.metric_relabel_configs)
        findings += _insecure(section.here)
    root = sections.root
    for remote in root.remote_write:
        findings += _identity(remote.here, "write_relabel_configs", remote.write_relabel_configs)
        findings += _insecure(remote.here)
        findings += _unencrypted(remote.url, remote.here)
    if root.global_.here:
        findings += _global(root.global_, root.global_.here)
    findings += _secrets(sections.seen.secrets)
    return sorted(findings, key=lambda finding: (finding.file, finding.line, finding.column))


def _global(section: GlobalSection, here: Cursor) -> Iterator[ConfigError]:
    if section.scrape_interval > LOOKBACK_S:
        yield _long_interval(here, section.scrape_interval)
    yield from _rules(here, "relabel_configs", section.relabel_configs, _OF_METRICS)
    yield from _metric_rules(here, section.metric_relabel_configs)


def _times(section: ScrapeSection, job: ScrapeJob) -> Iterator[ConfigError]:
    here = section.here
    if job.scrape_interval_s > LOOKBACK_S and here.has("scrape_interval"):
        yield _long_interval(here, job.scrape_interval_s)
    if here.has("scrape_timeout") and job.scrape_timeout_s > NEAR * job.scrape_interval_s:
        message = "[near-timeout] the timeout is nearly the interval: a slow target has no pause"
        yield here.at("scrape_timeout").problem(message)


def _long_interval(here: Cursor, interval_s: float) -> ConfigError:
    message = f"[long-interval] scraped every {interval_s:g}s: series have gaps in queries"
    return here.at("scrape_interval").problem(f"{message}, which look back {LOOKBACK_S:g}s")


def _targets(section: ScrapeSection, job: ScrapeJob) -> Iterator[ConfigError]:
    if section.relabel_configs:
        return  # rules may turn anything into an address
    for index, group in enumerate(section.static_configs):
        for number, target in enumerate(group.targets):
            message = _target_message(target, bool(job.instance_default_port))
            if message:
                place = section.here.at("static_configs").item(index).at("targets").item(number)
                yield place.problem(message, target)


def _target_message(target: str, has_default_port: bool) -> str:
    if "/" in target:
        return "[url-target] a target with a path or scheme: Prometheus refuses it, vmagent not"
    if not has_default_port and ":" not in target.rpartition("]")[2]:
        message = "[no-port] a target without a port: its instance label is the bare host"
        return f"{message} (host:80 by instance_default_port)"
    return ""


def _metric_rules(here: Cursor, rules: Sequence[RelabelRule]) -> Iterator[ConfigError]:
    yield from _rules(here, "metric_relabel_configs", rules, _GONE_AFTER_DISCOVERY)
    yield from _identity(here, "metric_relabel_configs", rules)


def _rules(
    here: Cursor, key: str, rules: Sequence[RelabelRule], absent: tuple[str, ...]
) -> Iterator[ConfigError]:
    """Rules that can never match, because the labels that they read are not there."""
    for index, rule in enumerate(rules):
        reads = sorted({*rule.source_labels, *_selected(rule)})
        if not reads or not all(name.startswith(absent) for name in reads):
            continue
        if not _matches_nothing(rule):
            names = ", ".join(reads)
            message = f"[never-matches] {names} cannot be there, so the rule never matches"
            if rule.action in ("keep", "keep_metrics"):
                message += " and drops everything"
            yield here.at(key).item(index).problem(message, names)


def _selected(rule: RelabelRule) -> frozenset[str]:
    from relabel.selector import parse_selector  # late: loads RE2

    names = (parse_selector(condition).reads for condition in rule.if_)
    return frozenset().union(*names)


def _matches_nothing(rule: RelabelRule) -> bool:
    """Whether the rule applies to a label set without the labels that it reads."""
    from relabel.pipeline import compile_rules  # late: loads RE2

    probe = RelabelRule(
        action="keep",
        source_labels=rule.source_labels,
        separator=rule.separator,
        regex=rule.regex,
        if_=rule.if_,
    )
    return compile_rules([probe]).apply(_BYSTANDER) is not None


def _identity(here: Cursor, key: str, rules: Sequence[RelabelRule]) -> Iterator[ConfigError]:
    """Rules that take away what tells targets apart."""
    from relabel.pipeline import compile_rules  # late: loads RE2

    for index, rule in enumerate(rules):
        left = compile_rules([rule]).apply({**_IDENTITY, **_BYSTANDER})
        lost = [name for name in _IDENTITY if left is not None and name not in left]
        if lost:
            message = f"[lost-identity] takes away {', '.join(lost)}: series of different targets"
            yield here.at(key).item(index).problem(f"{message} may become one")


def _insecure(here: Cursor) -> Iterator[ConfigError]:
    tls = here.at("tls_config")
    if tls.has("insecure_skip_verify") and tls.at("insecure_skip_verify").is_true():
        message = "[insecure-tls] any certificate is accepted: anyone between can read and answer"
        yield tls.at("insecure_skip_verify").problem(message)


def _unencrypted(url: str, here: Cursor) -> Iterator[ConfigError]:
    parts = urlsplit(url)
    has_secret = any(here.has(key) for key in ("basic_auth", "authorization", "bearer_token"))
    if parts.scheme == "http" and (has_secret or "@" in parts.netloc):
        if not _is_local(parts.hostname or ""):
            message = "[unencrypted] credentials are sent over http, readable on the way"
            yield here.at("url").problem(message)
    elif "@" in parts.netloc:
        yield here.at("url").problem("[plain-secret] a password in the URL", hint=_ELSEWHERE)


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


_ELSEWHERE = "put it into a file (..._file) or an environment variable (%{NAME})"


def _secrets(places: Sequence[Cursor]) -> Iterator[ConfigError]:
    for place in places:
        is_used = place.path[0] not in UNUSED
        # `headers` hold secrets by type, but mostly tenants and the like.
        if is_used and "headers" not in place.path and not _from_environment(place):
            yield place.problem("[plain-secret] a secret in plain text", hint=_ELSEWHERE)


def _from_environment(place: Cursor) -> bool:
    return "%{" in place.node.source.written_line(place.node.line)


RULES: Mapping[str, str] = {
    "long-interval": "a job is scraped more seldom than queries look back (5m)",
    "near-timeout": "a timeout is nearly as long as its interval",
    "url-target": "a static target is a URL or has a path",
    "no-port": "a static target has no port",
    "never-matches": "a relabel rule reads labels that cannot be there",
    "lost-identity": "a rule takes away job, instance or the metric's name",
    "insecure-tls": "certificates are not verified",
    "unencrypted": "credentials are sent over http to another host",
    "plain-secret": "a secret stands in the configuration",
}
