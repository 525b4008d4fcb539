"""The second suite, 2.0: answers of all kinds: 38 of its 157 sub-tests (prometheus.md 2.2)."""

from itertools import pairwise

import pytest

from tests.conformance.sender.case import AnswerCase, Check, Seen
from tests.conformance.sender.far_end import Reply, Script
from tests.conformance.sender.station import Station

# What a pause may be shorter than the one before it: the draw of the jitter.
_JITTER = 0.8
# Pauses below this are made of scheduling more than of back-off.
_SHORT_S = 0.2


def always(status: int, **fields: object) -> Script:
    return lambda number: Reply(status, **fields)  # type: ignore[arg-type]


def first(*replies: Reply) -> Script:
    return lambda number: replies[number] if number < len(replies) else Reply()


def came(count: int = 1) -> Check:
    return lambda seen: _at_least(len(seen.pushes), count)


def _at_least(found: int, wanted: int) -> None:
    assert found >= wanted


def pauses_grow(seen: Seen) -> None:
    assert len(seen.pushes) >= 3
    for before, after in pairwise(seen.gaps_s):
        assert after >= min(_JITTER * before, _SHORT_S)


def has_pauses(seen: Seen) -> None:
    assert min(seen.gaps_s) >= 0.001


def pauses_are_bounded(seen: Seen) -> None:
    assert max(seen.gaps_s) <= 60


def pauses_differ(seen: Seen) -> None:
    gaps = seen.gaps_s
    assert len({round(gap, 4) for gap in gaps}) == len(gaps)


BACKOFF = [
    AnswerCase("pauses grow", always(503), pauses_grow),
    AnswerCase("there are pauses", always(503), has_pauses),
    AnswerCase("pauses are bounded", always(502), pauses_are_bounded),
    AnswerCase("pauses are drawn", always(503), pauses_differ),
]


def is_not_retried(seen: Seen) -> None:
    assert 1 <= len(seen.pushes) <= 3  # of other samples, the last one at the end
    times = [row.timestamp_ms for push in seen.pushes for row in push.rows if row.name == "now"]
    assert len(set(times)) == len(times)


def is_kept_for_later(seen: Seen) -> None:
    assert len(seen.pushes) == 1  # the next one after ten seconds at least


def is_retried(seen: Seen) -> None:
    assert seen.pushes[0].body == seen.pushes[1].body


RETRY = [
    # In 2.0, after one in the words of 1.0: nobody knows yet that the remote speaks 2.0.
    AnswerCase(
        "400 is final",
        first(Reply(204), *[Reply(400)] * 9),
        is_not_retried,
    ),
    AnswerCase("401 holds", always(401), is_kept_for_later),
    AnswerCase("404 holds", always(404), is_kept_for_later),
    AnswerCase("429 may be retried", always(429, headers=(("Retry-After", "1"),)), is_retried),
    AnswerCase("500 is retried", always(500), is_retried),
    AnswerCase("503 is retried", always(503), is_retried),
    AnswerCase("502 is retried", always(502), is_retried),
    AnswerCase("504 is retried", always(504), is_retried),
    AnswerCase(
        "413 is not sent again as it is",
        always(413),
        lambda seen: _at_least(len(seen.pushes), len({push.body for push in seen.pushes})),
    ),
]


def goes_on(seen: Seen) -> None:
    """The agent lives, as `test_the_agents_lived_and_ended_well` holds; others got their data."""
    assert "Traceback" not in seen.log


def recovers(seen: Seen) -> None:
    assert seen.statuses[:1] == [500]
    assert 204 in seen.statuses[1:]


def is_told(words: str) -> Check:
    def check(seen: Seen) -> None:
        assert seen.pushes
        assert words in seen.log

    return check


def gives_up_waiting(seen: Seen) -> None:
    assert "remote v2_no_answer: no answer within 3s" in seen.log


ERRORS = [
    AnswerCase("a refused connection", always(204), goes_on, url="http://127.0.0.1:9/write"),
    AnswerCase("no answer", always(204, delay_s=30), gives_up_waiting),
    AnswerCase("200 without a word of what was written", always(200, tells_written=False), came()),
    AnswerCase("an answer that is none", always(0, raw=b"\x00garbage\r\n\r\n"), came(2)),
    AnswerCase("work goes on after errors", first(Reply(500)), recovers),
    AnswerCase("a status that nobody knows", always(999), is_retried),
    AnswerCase("an empty answer", always(200), came()),
    AnswerCase("a large error", always(500, body=b"x" * 2**20), is_retried),
    AnswerCase("a name that does not resolve", always(204), goes_on, url="http://no.invalid/write"),
    AnswerCase("a scheme that nobody speaks", always(204), goes_on, url="invalid://localhost:9999"),
]


def falls_back(seen: Seen) -> None:
    versions = [push.headers["X-Prometheus-Remote-Write-Version"] for push in seen.pushes]
    assert versions[:2] == ["2.0.0", "0.1.0"]
    assert set(versions[1:]) == {"0.1.0"}


def same_samples(seen: Seen) -> None:
    before, after = (
        [(row.labels, row.timestamp_ms) for row in push.rows] for push in seen.pushes[:2]
    )
    assert before == after


def type_changes(seen: Seen) -> None:
    types = [push.headers["Content-Type"] for push in seen.pushes]
    assert types[0].endswith("proto=io.prometheus.write.v2.Request")
    assert set(types[1:]) == {"application/x-protobuf"}


def stays_with_version_2(seen: Seen) -> None:
    assert all(push.is_v2 for push in seen.pushes)


UNSUPPORTED = first(Reply(415))
FALLBACK = [
    AnswerCase("415 leads to 1.0", UNSUPPORTED, falls_back),
    AnswerCase("the same samples in another version", UNSUPPORTED, same_samples),
    AnswerCase("the type changes with the version", UNSUPPORTED, type_changes),
    AnswerCase(
        "a success after 415 is one",
        UNSUPPORTED,
        lambda seen: _at_least(seen.statuses.count(204), 1),
    ),
    AnswerCase("1.0 is stayed with", UNSUPPORTED, falls_back),
    AnswerCase("a success never changes the version", always(204), stays_with_version_2),
]


def is_done(seen: Seen) -> None:
    bodies = [push.body for push in seen.pushes]
    assert len(set(bodies)) == len(bodies)
    assert bodies


PARTIAL = (
    ("X-Prometheus-Remote-Write-Samples-Written", "1"),
    ("X-Prometheus-Remote-Write-Histograms-Written", "0"),
    ("X-Prometheus-Remote-Write-Exemplars-Written", "0"),
)
WORDS = b"out of order sample <sic> of series x"
RESPONSES = [
    AnswerCase("a success's body is ignored", always(200, body=b"error: no"), is_done),
    AnswerCase("what was written is read", always(204), is_done),
    AnswerCase(
        "400 to a part",
        always(400, headers=PARTIAL, body=b"half of it", tells_written=False),
        is_told("half of it"),
    ),
    AnswerCase("400 without a word", first(Reply(204), Reply(400)), is_done),
    AnswerCase("an error's words are told", always(500, body=WORDS), is_told(WORDS.decode())),
    AnswerCase("a long error", always(503, body=b"long words " * 2500), is_retried),
    AnswerCase("204 is a success", always(204), is_done),
    AnswerCase("200 is a success", always(200), is_done),
    AnswerCase(
        "a type that nobody asked for",
        always(200, headers=(("Content-Type", "text/html"),), body=b"<html>"),
        is_done,
    ),
]
PARTS = (BACKOFF, RETRY, ERRORS, FALLBACK, RESPONSES)
ANSWERS = [case for part in PARTS for case in part]


def test_the_table_is_whole() -> None:
    assert [len(part) for part in PARTS] == [4, 9, 10, 6, 9]


@pytest.mark.parametrize("case", ANSWERS, ids=lambda case: case.sentence)
def test_an_answer(case: AnswerCase, station: Station) -> None:
    case.check(station.answer(case))
