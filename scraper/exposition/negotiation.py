"""What a scrape asks for, and which parser an answer gets.

Takes a job's protocols; gives the Accept header. Takes a Content-Type; gives the format, and a
warning where the type says none. Facts: reference/prometheus.md 3.3; DESIGN section 8, 1:
a blank or odd type is text 0.0.4.
"""

import enum
import re
from collections.abc import Sequence
from functools import lru_cache

import attrs


class Format(enum.Enum):
    TEXT = "text"
    OPENMETRICS = "openmetrics"
    PROTOBUF = "protobuf"


# A type longer than this is judged anew each time, so that what is kept is bounded.
_KEPT_LENGTH = 200

_ESCAPED = ";escaping="
_ASKED = {
    "PrometheusProto": (
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
    ),
    "PrometheusText0.0.4": "text/plain;version=0.0.4",
    "PrometheusText1.0.0": "text/plain;version=1.0.0" + _ESCAPED,
    "OpenMetricsText0.0.1": "application/openmetrics-text;version=0.0.1",
    "OpenMetricsText1.0.0": "application/openmetrics-text;version=1.0.0" + _ESCAPED,
}
_READ_AS = {
    "PrometheusProto": Format.PROTOBUF,
    "PrometheusText0.0.4": Format.TEXT,
    "PrometheusText1.0.0": Format.TEXT,
    "OpenMetricsText0.0.1": Format.OPENMETRICS,
    "OpenMetricsText1.0.0": Format.OPENMETRICS,
}
# The version says nothing: Prometheus chooses by the media type alone.
_BY_MEDIA_TYPE = {
    "text/plain": Format.TEXT,
    "application/openmetrics-text": Format.OPENMETRICS,
    "application/vnd.google.protobuf": Format.PROTOBUF,
}

DEFAULT_PROTOCOLS = (
    "OpenMetricsText1.0.0",
    "OpenMetricsText0.0.1",
    "PrometheusText1.0.0",
    "PrometheusText0.0.4",
)

# RFC 9110, 5.6.2 and 8.3.1: token "/" token, then parameters.
_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = rf'[ \t]*;[ \t]*(?:{_WORD}=(?:{_WORD}|"(?:[^"\\]|\\.)*"))?'
_CONTENT_TYPE = re.compile(rf"[ \t]*({_WORD}(?:/{_WORD})?)(?:{_PARAMETER})*[ \t]*")


def protocols_of(asked: Sequence[str] | None, wants_protobuf: bool) -> tuple[str, ...]:
    """What to ask for, the preferred first.

    Native histograms and the start timestamps of most targets need protobuf.
    """
    if asked is not None:
        return tuple(asked)
    return ("PrometheusProto", *DEFAULT_PROTOCOLS) if wants_protobuf else DEFAULT_PROTOCOLS


def accept_header(protocols: Sequence[str], escaping: str) -> str:
    """Weights fall by a tenth from one more than there are protocols, as Prometheus'."""
    # Six kinds of answers, `*/*` included, are all there are: the last weight is never below 0.1.
    weight = len(_ASKED) + 1
    parts = []
    for name in protocols:
        asked = _ASKED[name]
        parts.append(f"{asked}{escaping if asked.endswith(_ESCAPED) else ''};q=0.{weight}")
        weight -= 1
    return ",".join([*parts, f"*/*;q=0.{weight}"])


_NAMED = re.compile(rf'[ \t]*;[ \t]*({_WORD})=({_WORD}|"(?:[^"\\]|\\.)*")')


def _contradicts_itself(content_type: str) -> bool:
    """One parameter with two values, which Go's mime package refuses."""
    values: dict[str, str] = {}
    for name, value in _NAMED.findall(content_type):
        if values.setdefault(name.lower(), value) != value:
            return True
    return False


@attrs.frozen
class Choice:
    format: Format
    warning: str = ""


def choose(content_type: str | None, fallback: str = "") -> Choice:
    """The format of an answer; `fallback` is the job's fallback_scrape_protocol."""
    # Fast path: a fleet has a few, and each scrape asks.
    if len(content_type or "") <= _KEPT_LENGTH:
        return _kept(content_type, fallback)
    return _chosen(content_type, fallback)


@lru_cache(maxsize=64)
def _kept(content_type: str | None, fallback: str) -> Choice:
    return _chosen(content_type, fallback)


def _chosen(content_type: str | None, fallback: str) -> Choice:
    match = _CONTENT_TYPE.fullmatch(content_type or "")
    found = _BY_MEDIA_TYPE.get(match[1].lower()) if match else None
    if found is not None and _contradicts_itself(content_type or ""):
        found = None
    if found is not None:
        return Choice(found)
    what = f"Content-Type {content_type[:80]!r}" if content_type else "no Content-Type"
    if fallback:
        return Choice(_READ_AS[fallback], f"{what}: read as {fallback} (fallback_scrape_protocol)")
    hint = "set fallback_scrape_protocol"
    return Choice(Format.TEXT, f"{what}: read as PrometheusText0.0.4; {hint} if it is another")
