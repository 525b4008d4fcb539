"""What is asked for, and what an answer is read as.

All 20 rows of Prometheus' TestNewParser (`interface_test.go`); those that it refuses without a
fallback are text 0.0.4 with a warning here (DESIGN section 8, 1).
"""

import pytest

from scraper.exposition.negotiation import Format, accept_header, choose, protocols_of

PROTO = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
OM1 = "application/openmetrics-text;version=1.0.0;escaping="
OM0 = "application/openmetrics-text;version=0.0.1"
TEXT1, TEXT0 = "text/plain;version=1.0.0;escaping=", "text/plain;version=0.0.4"
UTF8 = "allow-utf-8"


@pytest.mark.parametrize(
    ("asked", "native", "escaping", "header"),
    [
        pytest.param(
            None,
            False,
            UTF8,
            f"{OM1}{UTF8};q=0.6,{OM0};q=0.5,{TEXT1}{UTF8};q=0.4,{TEXT0};q=0.3,*/*;q=0.2",
            id="the default",
        ),
        pytest.param(
            None,
            True,
            UTF8,
            f"{PROTO};q=0.6,{OM1}{UTF8};q=0.5,{OM0};q=0.4,{TEXT1}{UTF8};q=0.3,{TEXT0};q=0.2,*/*;q=0.1",
            id="native histograms: protobuf first",
        ),
        pytest.param(
            ("PrometheusText0.0.4",), True, UTF8, f"{TEXT0};q=0.6,*/*;q=0.5", id="what the job says"
        ),
        pytest.param(
            ("PrometheusText1.0.0", "OpenMetricsText0.0.1"),
            False,
            "underscores",
            f"{TEXT1}underscores;q=0.6,{OM0};q=0.5,*/*;q=0.4",
            id="another escaping, on versions 1 only",
        ),
        *[
            pytest.param(
                ("OpenMetricsText1.0.0", "PrometheusProto"),
                False,
                escaping,
                f"{OM1}{escaping};q=0.6,{PROTO};q=0.5,*/*;q=0.4",
                id=f"escaping {escaping}",
            )
            for escaping in ("allow-utf-8", "underscores", "dots", "values")
        ],
    ],
)
def test_accept(asked: tuple[str, ...] | None, native: bool, escaping: str, header: str) -> None:
    assert accept_header(protocols_of(asked, native), escaping) == header


@pytest.mark.parametrize(
    ("content_type", "fallback", "format_", "warns"),
    [
        ("text/plain", "", Format.TEXT, False),
        ("text/plain; version=0.0.4; charset=utf-8", "", Format.TEXT, False),
        ("Text/Plain;version=9", "PrometheusProto", Format.TEXT, False),
        ("application/openmetrics-text", "", Format.OPENMETRICS, False),
        ('application/openmetrics-text; version="1.0.0"', "", Format.OPENMETRICS, False),
        ("application/openmetrics-text;version=0.0.1;charset=utf-8", "", Format.OPENMETRICS, False),
        (PROTO, "", Format.PROTOBUF, False),
        (None, "", Format.TEXT, True),
        ("", "", Format.TEXT, True),
        ("  ", "", Format.TEXT, True),
        ("text/html", "", Format.TEXT, True),
        ("application/openmetrics-text; version", "", Format.TEXT, True),
        ("application/openmetrics-text/x", "", Format.TEXT, True),
        ("x" * 100_000, "", Format.TEXT, True),
        ("", "OpenMetricsText1.0.0", Format.OPENMETRICS, True),
        ("application/json", "PrometheusProto", Format.PROTOBUF, True),
        ("", "PrometheusText0.0.4", Format.TEXT, True),
        ("invalid/", "", Format.TEXT, True),
        ("invalid/", "PrometheusText0.0.4", Format.TEXT, True),
        ("invalid/", "OpenMetricsText0.0.1", Format.OPENMETRICS, True),
        ("invalid/", "PrometheusProto", Format.PROTOBUF, True),
        ("invalid/invalid/invalid", "", Format.TEXT, True),
        ("invalid/invalid/invalid", "PrometheusText1.0.0", Format.TEXT, True),
        ("/", "", Format.TEXT, True),
        ("/", "PrometheusText1.0.0", Format.TEXT, True),
        ("application/openmetrics-text; charset=UTF-8; charset=utf-8", "", Format.TEXT, True),
        (
            "application/openmetrics-text; charset=UTF-8; charset=utf-8",
            "OpenMetricsText1.0.0",
            Format.OPENMETRICS,
            True,
        ),
        ("application/openmetrics-text; charset=utf-8", "", Format.OPENMETRICS, False),
        (
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
            "",
            Format.OPENMETRICS,
            False,
        ),
        ("application/vnd.google.protobuf", "", Format.PROTOBUF, False),
        ("text/plain; version=0.0.4", "", Format.TEXT, False),
        ("text/html", "PrometheusText0.0.4", Format.TEXT, True),
        ("text/html; charset", "OpenMetricsText0.0.1", Format.OPENMETRICS, True),
    ],
)
def test_choose(content_type: str | None, fallback: str, format_: Format, warns: bool) -> None:
    choice = choose(content_type, fallback)
    assert (choice.format, bool(choice.warning)) == (format_, warns)
