"""Two agents at work: one for all pages, one for all answers. The installed command.

Takes the tables of cases; gives what was Seen of each when both agents have ended.
All cases share them, so that a hundred and more cost seconds. The remotes have Prometheus' own
defaults (a request each 5 s); `spill_after` lets a batch wait so long.
"""

import signal
import time
from collections.abc import Sequence
from pathlib import Path

import attrs

from tests.conformance.sender.case import AnswerCase, PageCase, Seen
from tests.conformance.sender.far_end import FarEnd, Page
from tests.integration.agent import Agent

# Long enough for two requests of a remote that refuses, and three of one that is down.
ANSWERS_S = 8.5
PAGES_S = 6.0

NOW_PAGE = "now"
SLOW = "slow"

_MESSAGES = {1: "prometheus.WriteRequest", 2: "io.prometheus.write.v2.Request"}
_JOB = """
  - job_name: {job}
    metrics_path: /page/{job}
    static_configs: [{{targets: ["{address}"]}}]
{options}"""
_REMOTE = """
  - name: {name}
    url: "{url}"
    protobuf_message: {message}
    remote_timeout: 3s
    send_exemplars: true
    send_native_histograms: {is_v2}
    spill_after: 10s
    queue_config: {{max_samples_per_send: 10000, batch_send_deadline: {flush_s}s}}
"""


@attrs.define
class Station:
    """`exit_codes` of the two agents, which were alive until they were told to end."""

    far_end: FarEnd
    exit_codes: dict[str, int] = attrs.field(factory=dict)
    logs: dict[str, str] = attrs.field(factory=dict)
    began_ms: int = 0
    ended_ms: int = 0

    def page(self, case: PageCase) -> Seen:
        return self._seen(f"v{case.version}", case.job, "pages", own=False)

    def answer(self, case: AnswerCase) -> Seen:
        return self._seen(case.remote, NOW_PAGE, "answers", own=True)

    def slow(self) -> Seen:
        """Everything, at a receiver that takes its time."""
        return self._seen(SLOW, "", "pages", own=True)

    def _seen(self, name: str, job: str, agent: str, *, own: bool) -> Seen:
        pushes = self.far_end.pushes(name)
        seen = Seen(job, pushes, self.logs[agent], self.began_ms, self.ended_ms)
        return seen if own else attrs.evolve(seen, pushes=[p for p in pushes if seen.of(p)])


def _config(jobs: Sequence[str], remotes: Sequence[str]) -> str:
    head = "global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:"
    return "".join((head, *jobs, "\nremote_write:", *remotes))


def _remote(name: str, url: str, version: int, flush_s: int = 5) -> str:
    is_v2 = str(version == 2).lower()
    return _REMOTE.format(
        name=name, url=url, message=_MESSAGES[version], is_v2=is_v2, flush_s=flush_s
    )


def _pages_config(far_end: FarEnd, cases: Sequence[PageCase]) -> str:
    jobs = []
    for case in cases:
        far_end.pages[case.job] = Page(case.page, case.content_type)
        options = "".join(f"    {line}\n" for line in case.options.splitlines())
        jobs.append(_JOB.format(job=case.job, address=far_end.address, options=options))
    push = f"http://{far_end.address}/push"
    remotes = [_remote(f"v{version}", f"{push}/v{version}", version) for version in (1, 2)]
    return _config(jobs, [*remotes, _remote(SLOW, f"{push}/{SLOW}", 1)])


def _answers_config(far_end: FarEnd, cases: Sequence[AnswerCase]) -> str:
    far_end.pages[NOW_PAGE] = Page(lambda visit: f"now {visit}\nother 1\n")
    remotes = []
    for case in cases:
        far_end.scripts[case.remote] = case.script
        url = case.url or f"http://{far_end.address}/push/{case.remote}"
        remotes.append(_remote(case.remote, url, case.version, case.flush_s))
    job = _JOB.format(job=NOW_PAGE, address=far_end.address, options="")
    return _config([job], remotes)


def run(
    far_end: FarEnd, directory: Path, pages: Sequence[PageCase], answers: Sequence[AnswerCase]
) -> Station:
    """Runs both agents side by side, one ended as by Ctrl-C, one as by the service manager."""
    station = Station(far_end, began_ms=int(time.time() * 1000))
    agents = {
        "pages": Agent(directory / "pages", _pages_config(far_end, pages)),
        "answers": Agent(directory / "answers", _answers_config(far_end, answers)),
    }
    try:
        for agent in agents.values():
            agent.start()
        _end(station, agents, "pages", PAGES_S, signal.SIGINT)
        _end(station, agents, "answers", ANSWERS_S - PAGES_S, signal.SIGTERM)
    finally:
        for agent in agents.values():
            agent.process.kill()
    return attrs.evolve(station, ended_ms=int(time.time() * 1000))


def _end(
    station: Station, agents: dict[str, Agent], name: str, after_s: float, number: signal.Signals
) -> None:
    time.sleep(after_s)
    agent = agents[name]
    assert agent.process.is_running, agent.log()
    agent.process.signal(number)
    station.exit_codes[name] = agent.process.wait(timeout_s=10)
    station.logs[name] = agent.log()
