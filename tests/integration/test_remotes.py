"""Several real receivers at once: series spread over them, limits seen from outside."""

import hashlib

from tests.integration.conftest import StartAgent
from tests.integration.pages import Pages
from tests.integration.peers import Prometheus, VictoriaMetrics
from tests.integration.process import wait_until

SERIES = 40
CONFIG = """
scrape_configs:
  - job_name: {job}
    scrape_interval: 500ms
    static_configs:
      - targets: ["{address}"]
"""


def test_each_series_is_at_one_of_two_receivers_and_ends_there(
    start_agent: StartAgent,
    pages: Pages,
    job: str,
    prometheus: Prometheus,
    victoria_metrics: VictoriaMetrics,
) -> None:
    pages.put("/metrics", "".join(f'shard{{n="{n}"}} {n}\n' for n in range(SERIES)))
    config = CONFIG.format(job=job, address=pages.address)
    urls = [f"-remoteWrite.url={each.url}" for each in (prometheus, victoria_metrics)]
    agent = start_agent(config, [*urls, "-remoteWrite.shardByURL"])

    def found() -> list[set[str]]:
        receivers = (prometheus, victoria_metrics)
        selector = f'shard{{job="{job}"}}'
        return [{each.labels["n"] for each in one.samples(selector)} for one in receivers]

    wait_until(lambda: len(set.union(*found())) == SERIES, "every series", evidence=agent.log)
    first, second = found()
    assert not first & second
    assert min(len(first), len(second)) > SERIES // 5


def test_limits_and_secrets_as_others_see_them(
    start_agent: StartAgent, pages: Pages, job: str, victoria_metrics: VictoriaMetrics
) -> None:
    pages.put("/metrics", 'spoken{user="alice"} 1\n' + "".join(f"m{n} 1\n" for n in range(50)))
    flags = [
        f"-remoteWrite.url={victoria_metrics.url}",
        "-remoteWrite.obfuscateLabels=user^^instance",
        "-remoteWrite.maxHourlySeries=30",
        "-remoteWrite.maxDailySeries=-1",
        "-remoteWrite.rateLimit=1000000",
        "-remoteWrite.dataBudget=1GiB/month",
        "-remoteWrite.backlogWindow=01:00-01:01",
    ]
    agent = start_agent(CONFIG.format(job=job, address=pages.address), flags)
    selector = f'{{__name__=~"spoken|m.*",job="{job}"}}'
    series = wait_until(lambda: victoria_metrics.samples(selector), "samples", evidence=agent.log)
    (spoken,) = [one for one in series if one.labels["__name__"] == "spoken"]
    assert spoken.labels["user"] == hashlib.sha256(b"alice").hexdigest()
    assert spoken.labels["instance"] == hashlib.sha256(pages.address.encode()).hexdigest()
    assert len(series) <= 30
    assert agent.metric("vmagent_hourly_series_limit_current_series") == 30
    assert agent.metric("vmagent_hourly_series_limit_rows_dropped_total") > 0
    assert agent.metric("vmagent_daily_series_limit_max_series") == -1
    assert agent.metric("vmagent_remotewrite_rate_limit") == 1_000_000
    assert agent.metric("promferry_remote_budget_spent_bytes") > 1000
    page = agent.get("/remotes").text
    assert "data budget" in page
    assert "rate limit" in page
