import pytest

from receivers.remote_write import decode
from receivers.window import Window
from series.stale import STALE_NAN_BYTES
from tests.receivers import protos
from tests.web.snapshots import NASTY, NOW_MS
from web.pages.received import MAX_ROWS, faults_text, received_html


def window_of(*labels: dict[str, str], value: float = 1.5) -> Window:
    window = Window()
    message = protos.WriteRequest(
        timeseries=[
            {
                "labels": [{"name": name, "value": text} for name, text in one.items()],
                "samples": [{"value": value, "timestamp": NOW_MS - 3000}],
            }
            for one in labels
        ]
    )
    request = decode(message.SerializeToString(), content_encoding="identity")
    window.put(request, sender=f"curl {NASTY}", now_ms=NOW_MS)
    return window


def page(window: Window, text: str = "") -> str:
    shown = window.first(MAX_ROWS + 1, text)
    return "".join(received_html(shown, text, window.statistics(), NOW_MS))


def test_a_series_with_its_last_value_and_time() -> None:
    text = page(window_of({"__name__": "up", "job": "a"}))
    assert "<code>up</code>" in text
    assert "<span>job=&quot;a&quot;</span>" in text
    assert "<b>1.5</b>" in text
    assert "3 s ago" in text
    assert "1 series (" in text


def test_nothing_is_unescaped() -> None:
    text = page(window_of({"__name__": NASTY, NASTY: NASTY}), NASTY.lower())
    assert "<script" not in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [pytest.param("", "Nothing has arrived yet", id="yet"), pytest.param("x", "No series", id="q")],
)
def test_an_empty_page_says_why(text: str, expected: str) -> None:
    assert expected in page(Window(), text)


def test_many_series_are_cut() -> None:
    text = page(window_of(*[{"__name__": f"m{number}"} for number in range(MAX_ROWS + 1)]))
    assert text.count("<tr><td>") == MAX_ROWS
    assert f"Only the {MAX_ROWS} written last are shown" in text


def test_faults_of_senders_are_shown() -> None:
    window = window_of({"b": "1", "a": "2"})
    assert faults_text(window.statistics()) == "1 series with unsorted labels"
    assert "Against the specification: 1 series with unsorted labels." in page(window)


def test_a_staleness_marker_is_called_so() -> None:
    window = window_of({"__name__": "up"})
    (series,) = window.find()
    series.add(NOW_MS, STALE_NAN_BYTES, 9)
    assert "<b>stale</b>" in page(window)
