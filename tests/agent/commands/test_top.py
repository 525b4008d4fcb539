"""The live table: what is drawn of what an agent tells."""

from typing import Any

from agent.commands.tap import run as run_tap
from agent.commands.tap import sample_line
from agent.commands.top import run, screen

REMOTE = {
    "name": "far",
    "state": "ok",
    "sent_samples_total": 100,
    "sent_bytes_total": 2048,
    "pending_samples": 7,
    "oldest_age_s": None,
    "last_error": "",
}
TARGET = {
    "scrapeUrl": "http://a:1/metrics",
    "scrapePool": "node",
    "health": "up",
    "lastScrapeDuration": 0.012,
    "lastError": "",
}


def look(at_s: float = 0.0, **changes: Any) -> dict[str, Any]:
    return {"at_s": at_s, "targets": [TARGET], "remotes": [{**REMOTE, **changes}]}


def drawn(
    now: dict[str, Any], before: dict[str, Any] | None = None, columns: int = 120, lines: int = 40
) -> str:
    return "\n".join(screen(now, before, columns, lines))


def test_rates_come_with_the_second_look() -> None:
    assert "         -" in drawn(look())
    text = drawn(look(2.0, sent_samples_total=300, sent_bytes_total=6144), look())
    assert "       100" in text
    assert "     2.0" in text


def test_the_worst_come_first() -> None:
    now = look()
    now["targets"] = [TARGET, {**TARGET, "scrapeUrl": "http://b:1", "health": "down"}]
    text = drawn(now)
    assert text.index("http://b:1") < text.index("http://a:1")
    assert text.startswith("1 of 2 targets up, 1 down")


def test_it_fits_the_terminal() -> None:
    lines = drawn(look(), columns=30, lines=3).splitlines()
    assert len(lines) == 3
    assert max(map(len, lines)) <= 30


def test_nothing_from_outside_steers_the_terminal() -> None:
    assert "\x1b" not in drawn(look(state="retrying", last_error="\x1b[2J\x07"))


def test_wrong_options() -> None:
    assert run(["-x"]) == run(["-interval=soon"]) == run_tap(["-limit=x"]) == 2
    assert run(["-help"]) == run_tap(["-help"]) == 0
    assert run(["-once", "-url=http://127.0.0.1:9"]) == run_tap(["-url=http://127.0.0.1:9"]) == 1


def test_a_line_of_the_tap() -> None:
    sample = {
        "timestamp_ms": 1500,
        "series": "up",
        "value": 1.0,
        "is_marker": False,
        "remote": "far",
    }
    assert sample_line(sample) == "00:00:01.500 up 1.0 -> far"
    assert sample_line({**sample, "is_marker": True, "remote": ""}) == "00:00:01.500 up stale"
