"""Rows on remotes: what was sent, what waits, what was lost and why."""

from collections import Counter
from collections.abc import Callable, Iterable

from agent.metrics.family import Family, Sample, Snapshot, Spread, spread
from pushqueue.statistics import RemoteStatistics
from series.ranges import Ranges, added

STATES = ("ok", "retrying", "holding")


def _each(
    read: Callable[[RemoteStatistics], float | None],
) -> Callable[[Snapshot], Iterable[Sample]]:
    """One sample a remote; none where the value is not known yet."""

    def samples(snapshot: Snapshot) -> Iterable[Sample]:
        for remote in snapshot.remotes:
            value = read(remote.statistics)
            if value is not None:
                yield (remote.url_label,), float(value)

    return samples


def _each_queue(
    read: Callable[[RemoteStatistics], float],
) -> Callable[[Snapshot], Iterable[Sample]]:
    """As `_each`, under vmagent's labels of a queue; there `path` is the queue's directory."""

    def samples(snapshot: Snapshot) -> Iterable[Sample]:
        for remote in snapshot.remotes:
            yield (remote.statistics.key, remote.url_label), float(read(remote.statistics))

    return samples


def _answers(snapshot: Snapshot) -> Iterable[Sample]:
    for remote in snapshot.remotes:
        by_class: Counter[str] = Counter()
        for status, count in remote.statistics.answers.items():
            # vmagent's spelling: successes are one class, anything else is its code.
            by_class["2XX" if 200 <= status < 300 else str(status)] += count
        for code, count in by_class.items():
            yield (remote.url_label, code), count


def _dropped(snapshot: Snapshot) -> Iterable[Sample]:
    for remote in snapshot.remotes:
        for reason, count in remote.statistics.dropped_samples.items():
            yield (remote.url_label, reason), count


def _states(snapshot: Snapshot) -> Iterable[Sample]:
    for remote in snapshot.remotes:
        for state in STATES:
            yield (remote.url_label, state), remote.statistics.state == state


def _encodings(snapshot: Snapshot) -> Iterable[Sample]:
    for remote in snapshot.remotes:
        yield (remote.url_label, remote.statistics.encoding.lower()), 1


def _free(snapshot: Snapshot) -> Iterable[Sample]:
    if snapshot.free_disk_bytes is not None:
        for remote in snapshot.remotes:
            yield (remote.statistics.key, remote.url_label), snapshot.free_disk_bytes


def _total(read: Callable[[RemoteStatistics], float]) -> Callable[[Snapshot], Iterable[Sample]]:
    return lambda snapshot: [((), sum(read(remote.statistics) for remote in snapshot.remotes))]


def _blocks(
    read: Callable[[RemoteStatistics], Ranges],
) -> Callable[[Snapshot], Iterable[Spread]]:
    """vmagent has these for all remotes together."""
    return lambda snapshot: [((), added(read(remote.statistics) for remote in snapshot.remotes))]


def _durations(snapshot: Snapshot) -> Iterable[Spread]:
    for remote in snapshot.remotes:
        yield (remote.url_label,), remote.statistics.request_durations_s


FAMILIES = (
    Family(
        "vmagent_remotewrite_requests_total",
        "counter",
        "Answers of the remote, by status code; 2XX stands for every success.",
        ("url", "status_code"),
        _answers,
    ),
    Family(
        "vmagent_remotewrite_errors_total",
        "counter",
        "Requests that got no answer: refused, reset, timed out, TLS.",
        ("url",),
        _each(lambda remote: remote.request_errors_total),
    ),
    Family(
        "vmagent_remotewrite_retries_count_total",
        "counter",
        "Requests that were sent again.",
        ("url",),
        _each(lambda remote: remote.retries_total),
    ),
    Family(
        "vmagent_remotewrite_bytes_sent_total",
        "counter",
        "Compressed bytes of the blocks that the remote acknowledged.",
        ("url",),
        _each(lambda remote: remote.sent_bytes_total),
    ),
    Family(
        "vmagent_remotewrite_blocks_sent_total",
        "counter",
        "Blocks that the remote acknowledged.",
        ("url",),
        _each(lambda remote: remote.sent_blocks_total),
    ),
    Family(
        "vmagent_remotewrite_send_duration_seconds_total",
        "counter",
        "Seconds spent in requests to the remote.",
        ("url",),
        _each(lambda remote: remote.request_seconds_total),
    ),
    Family(
        "vmagent_remotewrite_pending_data_bytes",
        "gauge",
        "Compressed bytes not yet acknowledged, in memory and on disk.",
        ("path", "url"),
        _each_queue(lambda remote: remote.pending_bytes),
    ),
    Family(
        "vmagent_remotewrite_pending_inmemory_blocks",
        "gauge",
        "Blocks not yet acknowledged that are in memory only.",
        ("path", "url"),
        _each_queue(lambda remote: remote.queue.memory_blocks),
    ),
    Family(
        "vmagent_remotewrite_relabel_metrics_dropped_total",
        "counter",
        "Samples dropped by the remote's own rules.",
        ("path", "url"),
        _each_queue(lambda remote: remote.dropped_by_rules_total),
    ),
    Family(
        "vm_persistentqueue_bytes_pending",
        "gauge",
        "Compressed bytes on disk that are not yet acknowledged.",
        ("path", "name"),
        _each_queue(lambda remote: remote.queue.disk_bytes),
    ),
    Family(
        "vm_persistentqueue_bytes_written_total",
        "counter",
        "Bytes written to the queue's files.",
        ("path", "name"),
        _each_queue(lambda remote: remote.queue.disk_written_bytes_total),
    ),
    Family(
        "vmagent_remotewrite_packets_dropped_total",
        "counter",
        "Blocks that the remote will never take; the log has its words.",
        ("url",),
        _each(lambda remote: remote.refused_blocks_total),
    ),
    Family(
        "vmagent_remotewrite_queues",
        "gauge",
        "Lanes: requests that may be under way at a time.",
        ("url",),
        _each(lambda remote: remote.lanes),
    ),
    Family(
        "vmagent_remotewrite_conns",
        "gauge",
        "Open connections to remotes.",
        (),
        _total(lambda remote: remote.connections),
    ),
    Family(
        "vmagent_remotewrite_conn_bytes_written_total",
        "counter",
        "Bytes sent to remotes, heads included.",
        (),
        _total(lambda remote: remote.connection_sent_bytes_total),
    ),
    *spread(
        "vmagent_remotewrite_duration_seconds",
        "Duration of requests to the remote",
        ("url",),
        _durations,
    ),
    *spread(
        "vmagent_remotewrite_block_size_rows",
        "Samples of a block",
        (),
        _blocks(lambda remote: remote.block_samples),
    ),
    *spread(
        "vmagent_remotewrite_block_size_bytes",
        "Compressed bytes of a block",
        (),
        _blocks(lambda remote: remote.block_bytes),
    ),
    Family(
        "vmagent_remotewrite_queue_blocked",
        "gauge",
        "1 while the remote does not let us in, as after 401 or 404.",
        ("path", "url"),
        _each_queue(lambda remote: remote.state == "holding"),
    ),
    Family(
        "vmagent_remotewrite_samples_dropped_total",
        "counter",
        "Samples lost to this remote, whatever the reason.",
        ("path", "url"),
        _each_queue(lambda remote: sum(remote.dropped_samples.values())),
    ),
    Family(
        "vmagent_remotewrite_rows_pushed_after_relabel_total",
        "counter",
        "Samples that the remote's own rules left.",
        ("path", "url"),
        _each_queue(lambda remote: remote.put_samples_total - remote.dropped_by_rules_total),
    ),
    Family(
        "vm_persistentqueue_free_disk_space_bytes",
        "gauge",
        "Free bytes of the file system that the queue lives on, for this user.",
        ("path", "name"),
        _free,
    ),
    Family(
        "vm_persistentqueue_bytes_dropped_total",
        "counter",
        "Compressed bytes that the queue's bounds or a policy dropped.",
        ("path", "name"),
        _each_queue(lambda remote: remote.queue.dropped_bytes_total),
    ),
    Family(
        "vm_persistentqueue_blocks_dropped_total",
        "counter",
        "Blocks that the queue's bounds or a policy dropped.",
        ("path", "name"),
        _each_queue(lambda remote: remote.queue.dropped_blocks_total),
    ),
    Family(
        "vm_persistentqueue_bytes_read_total",
        "counter",
        "Bytes read from the queue's files.",
        ("path", "name"),
        _each_queue(lambda remote: remote.queue.disk_read_bytes_total),
    ),
    Family(
        "vm_persistentqueue_read_duration_seconds_total",
        "counter",
        "Seconds spent reading the queue's files.",
        ("path", "name"),
        _each_queue(lambda remote: remote.queue.disk_read_seconds_total),
    ),
    Family(
        "vm_persistentqueue_write_duration_seconds_total",
        "counter",
        "Seconds spent writing and syncing the queue's files.",
        ("path", "name"),
        _each_queue(
            lambda remote: (
                remote.queue.disk_write_seconds_total + remote.queue.disk_sync_seconds_total
            )
        ),
    ),
    Family(
        "vm_filestream_fsync_calls_total",
        "counter",
        "Calls that brought files to the disk for good.",
        (),
        _total(lambda remote: remote.queue.disk_syncs_total),
    ),
    Family(
        "vm_filestream_fsync_duration_seconds_total",
        "counter",
        "Seconds spent in these calls.",
        (),
        _total(lambda remote: remote.queue.disk_sync_seconds_total),
    ),
    Family(
        "promferry_remote_samples_sent_total",
        "counter",
        "Samples that the remote acknowledged.",
        ("url",),
        _each(lambda remote: remote.sent_samples_total),
    ),
    Family(
        "promferry_remote_samples_dropped_total",
        "counter",
        "Samples lost to this remote, by reason.",
        ("url", "reason"),
        _dropped,
    ),
    Family(
        "promferry_remote_pending_samples",
        "gauge",
        "Samples not yet acknowledged, in memory and on disk.",
        ("url",),
        _each(lambda remote: remote.pending_samples),
    ),
    Family(
        "promferry_remote_oldest_pending_seconds",
        "gauge",
        "Age of the oldest block that is not yet acknowledged.",
        ("url",),
        _each(lambda remote: remote.oldest_age_s or 0.0),
    ),
    Family(
        "promferry_remote_lag_seconds",
        "gauge",
        "Newest timestamp read minus newest one delivered; none before the first delivery.",
        ("url",),
        _each(lambda remote: remote.lag_s),
    ),
    Family(
        "promferry_remote_rejected_lines_total",
        "counter",
        "Parts of requests that the remote refused, kept with its words for `queue rejected`.",
        ("url",),
        _each(lambda remote: remote.rejected_lines_total),
    ),
    Family(
        "promferry_remote_rejected_lines_lost_total",
        "counter",
        "Such parts that could not be written, or that made room for newer ones.",
        ("url",),
        _each(lambda remote: remote.rejected_lines_lost_total),
    ),
    Family(
        "promferry_remote_state",
        "gauge",
        "1 for the state that the remote is in.",
        ("url", "state"),
        _states,
    ),
    Family(
        "promferry_remote_encoding",
        "gauge",
        "1 for the encoding that the remote is sent.",
        ("url", "encoding"),
        _encodings,
    ),
    Family(
        "promferry_remote_exemplars_unwritten_total",
        "counter",
        "Exemplars that a remote of 2.0 said it did not write.",
        ("url",),
        _each(lambda remote: remote.unwritten_exemplars_total),
    ),
    Family(
        "promferry_remote_metadata_sent_total",
        "counter",
        "Metadata of metric families, sent apart by remote write 1.0.",
        ("url",),
        _each(lambda remote: remote.metadata_sent_total),
    ),
    Family(
        "promferry_remote_metadata_dropped_total",
        "counter",
        "The same, not sent because the remote was down or refused it; it comes again.",
        ("url",),
        _each(lambda remote: remote.metadata_dropped_total),
    ),
    Family(
        "promferry_queue_disk_up",
        "gauge",
        "1 while the queue can use its disk, 0 while it must live in memory.",
        ("url",),
        _each(lambda remote: remote.queue.disk_state in ("ok", "off")),
    ),
    Family(
        "promferry_queue_damages_total",
        "counter",
        "Damaged places found in the queue's files.",
        ("url",),
        _each(lambda remote: remote.queue.damages_total),
    ),
)
