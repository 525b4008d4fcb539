"""What each answer means (DESIGN section 8, 7)."""

import pytest

from pushqueue.judge import (
    MAX_RETRY_AFTER_S,
    Done,
    Hold,
    Kind,
    Refuse,
    Retry,
    TooLarge,
    Verdict,
    judge,
    parse_retry_after,
)

NOW_MS = 1_700_000_000_000  # Tue, 14 Nov 2023 22:13:20 GMT


@pytest.mark.parametrize(
    ("statuses", "kind"),
    [
        pytest.param((200, 202, 204, 299), Done, id="any success is a success"),
        pytest.param((500, 502, 503, 504, 599), Retry, id="a server's trouble passes"),
        pytest.param((408, 425, 429), Retry, id="what says later is tried later"),
        pytest.param((401, 403, 404, 405, 407), Hold, id="a closed door is a matter for a person"),
        pytest.param((300, 301, 302, 304, 308), Hold, id="a redirect that was left over holds"),
        pytest.param((413,), TooLarge, id="too large is split by bytes"),
        pytest.param((400, 402, 406, 409, 410, 414, 415, 422, 431, 418), Refuse, id="no is no"),
        pytest.param((0, 100, 199, 600, 999), Retry, id="what no server should say is tried again"),
    ],
)
def test_a_status_decides(statuses: tuple[int, ...], kind: type[Verdict]) -> None:
    assert {type(judge(status, None, NOW_MS)) for status in statuses} == {kind}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        pytest.param("7", 7.0, id="a number is seconds"),
        pytest.param(" 7 ", 7.0, id="blanks around it do not matter"),
        pytest.param("120", 120.0, id="it is not cut to the back-off's maximum"),
        pytest.param("Tue, 14 Nov 2023 22:13:50 GMT", 30.0, id="a date is a time to wait for"),
        pytest.param("Tue, 14 Nov 2023 22:13:00 GMT", None, id="a past date says nothing"),
        pytest.param("0", None, id="zero says nothing"),
        pytest.param("-5", None, id="a negative number says nothing"),
        pytest.param("soon", None, id="garbage says nothing"),
        pytest.param("", None, id="an empty header says nothing"),
        pytest.param(None, None, id="no header says nothing"),
        pytest.param("1e9", None, id="a float is garbage"),
        pytest.param("٣", None, id="digits of other scripts are garbage"),
        pytest.param("31536000", MAX_RETRY_AFTER_S, id="a year is believed for a day"),
        pytest.param("9" * 400, MAX_RETRY_AFTER_S, id="a number without end is believed for a day"),
        pytest.param("Tue, 14 Nov 2033 22:13:50 GMT", MAX_RETRY_AFTER_S, id="so is a far date"),
        pytest.param("Tue, 99 Nov 2023 22:13:50 GMT", None, id="an impossible date is garbage"),
    ],
)
def test_retry_after(text: str | None, seconds: float | None) -> None:
    assert parse_retry_after(text, NOW_MS) == seconds


def test_a_date_means_nothing_to_a_clock_that_is_not_set() -> None:
    assert parse_retry_after("Tue, 14 Nov 2023 22:13:50 GMT", 1000) is None


def test_a_retry_waits_as_long_as_it_was_told() -> None:
    assert judge(503, "9", NOW_MS) == Retry("HTTP 503", 9.0)


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        pytest.param(None, 10.0, id="at least ten seconds"),
        pytest.param("3", 10.0, id="however soon the remote says"),
        pytest.param("300", 300.0, id="or longer if it says so"),
    ],
)
def test_a_hold_is_long(retry_after: str | None, seconds: float) -> None:
    assert judge(401, retry_after, NOW_MS) == Hold("HTTP 401", seconds)


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [
        pytest.param(403, Kind.REFUSE, Refuse("HTTP 403"), id="what held is refused"),
        pytest.param(422, Kind.RETRY, Retry("HTTP 422", 7.0), id="what was refused is retried"),
        pytest.param(503, Kind.HOLD, Hold("HTTP 503", 10.0), id="what was retried holds"),
        pytest.param(400, Kind.SPLIT, TooLarge("HTTP 400"), id="what was refused is split"),
        pytest.param(204, Kind.RETRY, Done(), id="a success stays one"),
    ],
)
def test_a_remote_may_mean_something_else(status: int, kind: Kind, expected: Verdict) -> None:
    assert judge(status, "7", NOW_MS, {status: kind}) == expected
    assert judge(401, None, NOW_MS, {status: kind}) == Hold("HTTP 401", 10.0)
