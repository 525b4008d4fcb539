"""vmagent's published dashboard and alert rules find here what they ask for.

The lists are facts of VictoriaMetrics' dashboards/vmagent.json and deployment/docker/rules/
alerts-vmagent.yml and alerts-health.yml (August 2026): each name and the labels that are grouped
or filtered by. `job` and `instance` are the scraper's own.
"""

import pytest

from agent.metrics.family import Family
from agent.metrics.render import FAMILIES

# Name -> the labels that a query needs.
WANTED: dict[str, tuple[str, ...]] = {
    "flag": ("is_set", "name", "value"),
    "process_cpu_cores_available": (),
    "process_cpu_seconds_total": (),
    "process_io_storage_read_bytes_total": (),
    "process_io_storage_written_bytes_total": (),
    "process_max_fds": (),
    "process_num_threads": (),
    "process_open_fds": (),
    "process_pressure_cpu_stalled_seconds_total": (),
    "process_pressure_cpu_waiting_seconds_total": (),
    "process_pressure_io_stalled_seconds_total": (),
    "process_pressure_io_waiting_seconds_total": (),
    "process_pressure_memory_stalled_seconds_total": (),
    "process_pressure_memory_waiting_seconds_total": (),
    "process_resident_memory_anon_bytes": (),
    "process_resident_memory_bytes": (),
    "process_start_time_seconds": (),
    "vm_app_prev_shutdown_unclean": (),
    "vm_app_start_timestamp": (),
    "vm_app_version": ("version", "short_version"),
    "vm_available_cpu_cores": (),
    "vm_available_memory_bytes": (),
    "vm_concurrent_insert_capacity": (),
    "vm_concurrent_insert_current": (),
    "vm_filestream_fsync_calls_total": (),
    "vm_filestream_fsync_duration_seconds_total": (),
    "vm_log_messages_total": ("level",),
    "vm_persistentqueue_bytes_dropped_total": ("path",),
    "vm_persistentqueue_bytes_pending": ("path",),
    "vm_persistentqueue_free_disk_space_bytes": ("path",),
    "vm_persistentqueue_read_duration_seconds_total": ("path",),
    "vm_persistentqueue_write_duration_seconds_total": ("path",),
    "vm_promscrape_config_last_reload_successful": (),
    "vm_promscrape_conn_bytes_read_total": (),
    "vm_promscrape_dial_errors_total": (),
    "vm_promscrape_max_scrape_size_exceeded_errors_total": (),
    "vm_promscrape_scrape_duration_seconds_bucket": ("vmrange",),
    "vm_promscrape_scrape_pool_targets": ("scrape_job", "status"),
    "vm_promscrape_scrape_response_size_bytes_bucket": ("vmrange",),
    "vm_promscrape_scraped_samples_sum": (),
    "vm_promscrape_scrapes_failed_total": (),
    "vm_promscrape_scrapes_gunzip_failed_total": (),
    "vm_promscrape_scrapes_timed_out_total": (),
    "vm_promscrape_scrapes_total": (),
    "vm_promscrape_targets": ("type", "status"),
    "vm_protoparser_metadata_read_total": ("type",),
    "vm_protoparser_read_errors_total": ("type",),
    "vm_protoparser_rows_read_total": ("type",),
    "vm_protoparser_unmarshal_errors_total": ("type",),
    "vm_rows_ignored_total": ("reason",),
    "vm_rows_invalid_total": ("type",),
    "vm_tcplistener_read_bytes_total": (),
    "vmagent_http_request_errors_total": ("path",),
    "vmagent_metadata_inserted_total": ("type",),
    "vmagent_rows_inserted_total": ("type",),
    "vmagent_http_requests_total": ("path",),
    "vmagent_daily_series_limit_current_series": (),
    "vmagent_daily_series_limit_max_series": (),
    "vmagent_hourly_series_limit_current_series": (),
    "vmagent_hourly_series_limit_max_series": (),
    "vmagent_relabel_config_last_reload_successful": (),
    "vmagent_remotewrite_block_size_rows_sum": (),
    "vmagent_remotewrite_conn_bytes_written_total": (),
    "vmagent_remotewrite_conns": (),
    "vmagent_remotewrite_packets_dropped_total": ("url",),
    "vmagent_remotewrite_pending_data_bytes": ("path", "url"),
    "vmagent_remotewrite_queues": ("url",),
    "vmagent_remotewrite_relabel_metrics_dropped_total": ("url",),
    "vmagent_remotewrite_requests_total": ("url", "status_code"),
    "vmagent_remotewrite_retries_count_total": ("url",),
    "vmagent_remotewrite_send_duration_seconds_total": ("url",),
}

_AGGREGATION = "stream aggregation is not in this round"
_KAFKA = "Kafka is not in this round"
_GO = "of Go's runtime"
EXEMPT: dict[str, str] = {
    "go_gc_cpu_seconds_total": _GO,
    "go_goroutines": _GO,
    "go_memstats_alloc_bytes_total": _GO,
    "go_sched_latencies_seconds_bucket": _GO,
    "vm_concurrent_select_limit_timeout_total": "nothing is queried here",
    "vm_ingestserver_request_errors_total": "push formats over plain TCP and UDP: not this round",
    "vm_ingestserver_requests_total": "push formats over plain TCP and UDP: not this round",
    "vm_streamaggr_dedup_dropped_samples_total": _AGGREGATION,
    "vm_streamaggr_dedup_flush_duration_seconds_bucket": _AGGREGATION,
    "vm_streamaggr_dedup_flush_timeouts_total": _AGGREGATION,
    "vm_streamaggr_flush_timeouts_total": _AGGREGATION,
    "vm_streamaggr_ignored_samples_total": _AGGREGATION,
    "vm_streamaggr_labels_compressor_items_count": _AGGREGATION,
    "vm_streamaggr_labels_compressor_size_bytes": _AGGREGATION,
    "vm_streamaggr_matched_samples_total": _AGGREGATION,
    "vm_streamaggr_output_samples_total": _AGGREGATION,
    "vm_streamaggr_samples_lag_seconds_bucket": _AGGREGATION,
    "vmagent_kafka_client_errors_total": _KAFKA,
    "vmagent_kafka_consumer_read_bytes_total": _KAFKA,
    "vmagent_kafka_ingest_errors_total": _KAFKA,
    "vmagent_kafka_messages_read_total": _KAFKA,
    "vmagent_remotewrite_kafka_messages_delivery_errors_total": _KAFKA,
    "vmagent_remotewrite_kafka_messages_send_errors_total": _KAFKA,
    "vmagent_remotewrite_kafka_messages_sent_total": _KAFKA,
    "vmagent_remotewrite_kafka_sent_bytes_total": _KAFKA,
}

BY_NAME: dict[str, Family] = {family.name: family for family in FAMILIES}


@pytest.mark.parametrize("name", WANTED)
def test_what_the_dashboard_asks_for_is_there(name: str) -> None:
    assert name in BY_NAME
    assert set(WANTED[name]) <= set(BY_NAME[name].labels)


def test_what_is_exempt_is_not_there() -> None:
    """Or the exemption is out of date."""
    assert not EXEMPT.keys() & BY_NAME.keys()
    assert not EXEMPT.keys() & WANTED.keys()
