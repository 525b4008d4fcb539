"""The corpus: what `convert` says of each configuration, and that the agent takes what it wrote."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.commands.check_report import Options
from agent.commands.check_run import check
from agent.commands.loading import load_all, log_settings
from agent.convert.collector import BATCH, MEMORY
from agent.convert.collector_auth import AUTHENTICATORS, TLS
from agent.convert.collector_receivers import prometheus_rules, server_rules
from agent.convert.collector_remote import RETRY, WAL, RemoteReader
from agent.convert.grafana import INSTANCE, SECTIONS, metrics_rules
from agent.convert.grafana import server_rules as grafana_server
from agent.convert.outcome import Outcome
from agent.convert.table import Walk
from agent.flags.groups.own import GROUP as OWN
from agent.flags.parser import parse
from agent.flags.table import TABLE
from agent.push_settings import push_settings
from tests.agent.convert.files import KINDS, Case, cases
from tests.agent.convert.placed import place

ALL = list(cases())
READABLE = [case for case in ALL if not case.expected.read_text().startswith("exit 1")]


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in ALL])
def test_the_report_is_the_expected_one(case: Case) -> None:
    assert case.report() == case.expected.read_text(), "run python -m tests.agent.convert.files"


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in READABLE])
def test_what_is_written_passes_the_check_and_can_be_loaded(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    values = parse(place(case.outcome(), tmp_path), {})
    report = check(values, Options(is_file_only=True, syntax_only=True))
    assert [str(error) for error in report.errors] == []
    assert load_all(values).settings.remotes
    log_settings(values)
    push_settings(values)


@pytest.mark.parametrize("kind", KINDS)
def test_there_are_at_least_thirty_of_each_kind(kind: str) -> None:
    assert len(list(cases(kind))) >= 30


def text_of(kind: str) -> str:
    return "\n".join(case.path.read_text() for case in cases(kind))


def test_every_flag_of_vmagent_occurs() -> None:
    text = text_of("vmagent")
    own = {flag.name for flag in OWN.flags} | {"help", "version", "remoteWrite.answers"}
    flags = [flag.name for flag in TABLE.flags if not flag.is_foreign and flag.name not in own]
    assert [name for name in flags if not re.search(rf"-{re.escape(name)}(?![.\w])", text)] == []


def test_every_flag_of_prometheus_occurs() -> None:
    text = text_of("prometheus")
    flags = [flag.name for flag in TABLE.flags if flag.is_foreign]
    assert [name for name in flags if not re.search(rf"--{re.escape(name)}(?![.\w-])", text)] == []


def keys_of(kind: str) -> set[str]:
    """Every key of every mapping of the kind's YAML files, texts in them included."""
    found: set[str] = set()
    for case in cases(kind):
        if case.path.suffix in (".yml", ".yaml"):
            for document in yaml.safe_load_all(case.path.read_text()):
                found.update(_keys(document))
    return found


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from _keys(item)
    elif isinstance(value, list):
        for item in value:
            yield from _keys(item)


def test_every_key_of_the_collector_occurs() -> None:
    outcome = Outcome(source="")
    reader = RemoteReader(outcome, {}, {})
    tables = (reader.rules(), reader.queue_rules(), RETRY, WAL, TLS, server_rules(outcome),
              prometheus_rules(outcome, []), BATCH, MEMORY)  # fmt: skip
    wanted = {key for table in tables for key in table}
    assert wanted - keys_of("collector") == set()
    assert [name for name in AUTHENTICATORS if name not in text_of("collector")] == []


# The keys of the reference's tables (prometheus.md 3.1 to 3.6).
PROMETHEUS_KEYS = """
global runtime scrape_config_files scrape_configs storage tracing alerting remote_write remote_read
otlp rule_files scrape_interval scrape_timeout scrape_protocols evaluation_interval
rule_query_offset query_log_file external_labels scrape_failure_log_file body_size_limit
sample_limit target_limit label_limit label_name_length_limit label_value_length_limit
keep_dropped_targets metric_name_validation_scheme metric_name_escaping_scheme
scrape_native_histograms convert_classic_histograms_to_nhcb always_scrape_classic_histograms
extra_scrape_metrics job_name fallback_scrape_protocol metrics_path scheme params honor_labels
honor_timestamps track_timestamps_staleness enable_compression follow_redirects enable_http2
native_histogram_bucket_limit native_histogram_min_bucket_factor relabel_configs
metric_relabel_configs static_configs file_sd_configs http_sd_configs kubernetes_sd_configs
basic_auth username username_file password password_file authorization type credentials
credentials_file bearer_token bearer_token_file oauth2 client_id client_secret scopes token_url
endpoint_params tls_config proxy_url no_proxy proxy_from_environment proxy_connect_header
http_headers ca ca_file cert cert_file key key_file server_name insecure_skip_verify min_version
max_version url protobuf_message remote_timeout name headers write_relabel_configs send_exemplars
send_native_histograms round_robin_dns failed_request_logging queue_config capacity max_shards
min_shards max_samples_per_send batch_send_deadline min_backoff max_backoff retry_on_http_429
sample_age_limit metadata_config send send_interval sigv4 region access_key secret_key profile
role_arn external_id use_fips_sts_endpoint azuread google_iam source_labels separator regex modulus
target_label replacement action refresh_interval promote_resource_attributes
promote_all_resource_attributes ignore_resource_attributes translation_strategy
keep_identifying_resource_attributes convert_histograms_to_nhcb promote_scope_metadata
label_name_underscore_sanitization label_name_preserve_multiple_underscores
"""


def test_every_key_of_prometheus_occurs() -> None:
    assert set(PROMETHEUS_KEYS.split()) - keys_of("prometheus") == set()


def test_every_key_of_grafana_agent_occurs() -> None:
    outcome = Outcome(source="")
    walk = Walk(outcome, {})
    tables = (SECTIONS, INSTANCE, grafana_server(None, walk), metrics_rules(outcome, walk, {}, {}))
    wanted = {key for table in tables for key in table} | {"metrics", "prometheus", "host_filter"}
    assert wanted - keys_of("grafana") == set()
