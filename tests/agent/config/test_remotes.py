"""Remotes of the section: keys of queues, credentials in URLs, what flags decide."""

import attrs
import pytest

from agent.config.load import load
from agent.config.queue_section import RemoteDefaults, parse_percent
from agent.config.remotes import remote_key
from pushqueue.settings import QueueSettings, RemoteSettings
from tests.agent.config.support import absolute, options_for
from transport.secret import Secret
from transport.settings import HeaderValues


@pytest.mark.parametrize(
    ("name", "url", "expected"),
    [
        pytest.param("main", "http://h/w", "main", id="a name"),
        pytest.param("", "http://h:1/w", "h_1-d556a0b79eeb", id="host and hash"),
        pytest.param("../up", "http://h/w", "up-", id="a name that is no file name"),
        pytest.param(".", "http://h/w", "remote-", id="a name of dots alone"),
        pytest.param("ä" * 200, "http://h/w", "remote-", id="a name beyond ASCII"),
    ],
)
def test_remote_key(name: str, url: str, expected: str) -> None:
    found = remote_key(name, url)
    assert found.startswith(expected)
    assert "/" not in found
    assert len(found) <= 100


@pytest.mark.parametrize(
    ("one", "other", "are_equal"),
    [
        pytest.param("http://h/w", "http://h/w#x", True, id="the fragment means nothing"),
        pytest.param("http://h/w", "http://u:p@h/w", True, id="credentials may change"),
        pytest.param("http://h/w", "http://h/w?tenant=1", False, id="the query is the tenant"),
        pytest.param("http://h/w", "https://h/w", False, id="the scheme"),
        pytest.param("http://h/w", "http://h:81/w", False, id="the port"),
    ],
)
def test_what_a_key_is_made_of(one: str, other: str, are_equal: bool) -> None:
    assert (remote_key("", one) == remote_key("", other)) is are_equal


def remote_of(text: str, defaults: RemoteDefaults | None = None) -> RemoteSettings:
    options = options_for({"p.yml": f"remote_write:\n- url: http://h/w\n{text}"})
    options = attrs.evolve(options, remote_defaults=defaults or RemoteDefaults())
    (remote,) = load(absolute("p.yml"), options=options).remotes
    return remote


def test_headers_are_kept_as_secrets() -> None:
    remote = remote_of("  headers: {X-Key: k}\n")
    assert remote.http.headers == {"X-Key": HeaderValues(secrets=(Secret("k"),))}


def test_configured_credentials_win_over_those_of_the_url() -> None:
    options = options_for(
        {"p.yml": "remote_write:\n- {url: 'http://u:p@h/w', authorization: {credentials: c}}\n"}
    )
    (remote,) = load(absolute("p.yml"), options=options).remotes
    assert remote.http.basic_auth is None
    assert remote.url == "http://h/w"


PROMETHEUS = QueueSettings(
    flush_interval_s=5,
    max_rows_per_block=2000,
    retry_min_interval_s=0.03,
    retry_max_interval_s=5,
)


@pytest.mark.parametrize(
    ("text", "defaults", "expected"),
    [
        pytest.param("", RemoteDefaults(), PROMETHEUS, id="Prometheus' defaults"),
        pytest.param(
            "",
            RemoteDefaults(flush_interval_s=2, max_disk_bytes=7 * 2**20, max_age_s=9),
            attrs.evolve(PROMETHEUS, flush_interval_s=2, max_disk_bytes=7 * 2**20, max_age_s=9),
            id="a flag for all wins over a default",
        ),
        pytest.param(
            "  queue_config: {batch_send_deadline: 3s}\n  max_disk_usage_per_url: 2MB\n",
            RemoteDefaults(flush_interval_s=2, max_disk_bytes=7 * 2**20),
            attrs.evolve(PROMETHEUS, flush_interval_s=3, max_disk_bytes=2_000_000),
            id="a key wins over a flag",
        ),
        pytest.param(
            "  queues: 4\n  spill_after: 0\n  min_free_disk_space: 2.5%\n"
            "  disable_on_disk_queue: true\n  max_block_size: 1MiB\n",
            RemoteDefaults(),
            attrs.evolve(
                PROMETHEUS,
                lanes=4,
                spill_after_s=0,
                min_free_disk_percent=2.5,
                disable_disk=True,
                max_block_bytes=2**20,
            ),
            id="what Prometheus has no key for",
        ),
        pytest.param(
            "  queue_config: {min_shards: 8}\n",
            RemoteDefaults(),
            attrs.evolve(PROMETHEUS, lanes=8),
            id="at least so many shards are so many lanes",
        ),
        pytest.param(
            "  queue_config: {max_shards: 2}\n",
            RemoteDefaults(),
            attrs.evolve(PROMETHEUS, lanes=2),
            id="at most so many shards are so many lanes",
        ),
        pytest.param(
            "  queue_config: {min_shards: 900, max_shards: 1000}\n",
            RemoteDefaults(),
            attrs.evolve(PROMETHEUS, lanes=64),
            id="nobody needs a thousand connections",
        ),
        pytest.param(
            "  queue_config: {min_shards: 9}\n",
            RemoteDefaults(lanes=3),
            attrs.evolve(PROMETHEUS, lanes=3),
            id="the flag says how many exactly",
        ),
        pytest.param(
            "  queues: 2\n  queue_config: {min_shards: 9}\n",
            RemoteDefaults(lanes=3),
            attrs.evolve(PROMETHEUS, lanes=2),
            id="so does the key, which wins",
        ),
    ],
)
def test_queue(text: str, defaults: RemoteDefaults, expected: QueueSettings) -> None:
    assert remote_of(text, defaults).queue == expected


def test_a_flag_for_all_says_the_time_of_a_request() -> None:
    defaults = RemoteDefaults(send_timeout_s=7)
    assert remote_of("", defaults).send_timeout_s == 7
    assert remote_of("  remote_timeout: 8s\n", defaults).send_timeout_s == 8


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("5%", 5.0, id="whole"),
        pytest.param("0.5%", 0.5, id="decimals"),
        pytest.param("100%", 100.0, id="all"),
        pytest.param("101%", None, id="more than all"),
        pytest.param("5", None, id="no sign"),
        pytest.param("-5%", None, id="less than nothing"),
    ],
)
def test_parse_percent(text: str, expected: float | None) -> None:
    assert parse_percent(text) == expected


def test_a_bound_of_the_disk_holds_a_segment() -> None:
    assert remote_of("", RemoteDefaults(max_disk_bytes=5)).queue.max_disk_bytes == 2**20
    assert remote_of("", RemoteDefaults(max_disk_bytes=0)).queue.max_disk_bytes == 0


def test_a_remote_may_mean_something_else_by_a_status() -> None:
    assert remote_of("  answers: {403: refuse, 422: retry}\n").answers == {
        "403": "refuse",
        "422": "retry",
    }
