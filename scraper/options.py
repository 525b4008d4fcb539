"""What one target may have otherwise than its job says: limits, a socket, histograms.

Takes a job and the labels of a target after relabelling; gives TargetOptions. A label that is
absent or empty leaves what the job says.
Sources: reference/vmagent.md 1.3 (`__sample_limit__` and its kin), reference/prometheus.md 4
(histogram labels, `__unix_socket__`).
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

import attrs

from scraper.settings import ScrapeJob
from scraper.size import parse_size

UNIX_SOCKET = "__unix_socket__"

# Prometheus sets these before relabelling, so that rules can read and change them.
HISTOGRAM_SWITCHES = (
    "scrape_native_histograms",
    "always_scrape_classic_histograms",
    "convert_classic_histograms_to_nhcb",
)

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class TargetOptions:
    """A limit of 0 is none. `max_body_bytes` 0: as the job says."""

    sample_limit: int = 0
    label_limit: int = 0
    series_limit: int = 0
    max_body_bytes: int = 0
    unix_socket: str = ""
    scrape_native_histograms: bool = False
    always_scrape_classic_histograms: bool = False
    convert_classic_histograms_to_nhcb: bool = False


def options_of(job: ScrapeJob, labels: Mapping[str, str]) -> TargetOptions:
    """Raises ValueError that names the label."""
    get = labels.get
    switches = {
        name: _read(f"__{name}__", get(f"__{name}__"), _switch, getattr(job, name))
        for name in HISTOGRAM_SWITCHES
    }
    # Known and checked, without effect: bodies are always parsed in bounded steps.
    _read("__stream_parse__", get("__stream_parse__"), _switch, False)
    return TargetOptions(
        sample_limit=_read("__sample_limit__", get("__sample_limit__"), _count, job.sample_limit),
        label_limit=_read("__label_limit__", get("__label_limit__"), _count, job.label_limit),
        series_limit=_read(
            "__series_limit__", get("__series_limit__"), _count, job.series_limit or 0
        ),
        max_body_bytes=_read("__max_scrape_size__", get("__max_scrape_size__"), parse_size, 0),
        unix_socket=get(UNIX_SOCKET, ""),
        **switches,
    )


def _read(name: str, text: str | None, parse: Callable[[str], T], default: T) -> T:
    # Fast path: nearly no target has any of them.
    if not text:
        return default
    try:
        return parse(text)
    except ValueError as exc:
        raise ValueError(f"{name}: {exc}") from exc


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ValueError(f"not a whole number: {text[:80]!r}")
    return int(text)


def _switch(text: str) -> bool:
    if text not in _SWITCHES:
        raise ValueError(f"neither true nor false: {text[:80]!r}")
    return _SWITCHES[text]


# What Go's strconv.ParseBool takes.
_SWITCHES = {text: True for text in ("1", "t", "T", "true", "TRUE", "True")} | {
    text: False for text in ("0", "f", "F", "false", "FALSE", "False")
}
