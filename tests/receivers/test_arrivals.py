import pytest

from receivers.arrivals import MAX_SENDERS, OTHERS, ArrivalBook, Arrivals, arrival_line, bytes_text


@pytest.mark.parametrize(
    ("arrivals", "line"),
    [
        pytest.param(
            Arrivals(requests=1, samples=1, series={b"a"}, wire_bytes=12, decoded_bytes=40),
            "1 sample of 1 series in 1 request, 12 B (40 B unpacked) from me",
            id="one of everything",
        ),
        pytest.param(
            Arrivals(
                requests=2, samples=500, series={b"a", b"b"}, wire_bytes=2048, decoded_bytes=3 << 20
            ),
            "500 samples of 2 series in 2 requests, 2.0 KiB (3.0 MiB unpacked) from me",
            id="several",
        ),
        pytest.param(
            Arrivals(refused=3, last_refusal="400, snappy: damaged"),
            "3 refused, last: 400, snappy: damaged from me",
            id="only refusals",
        ),
    ],
)
def test_a_line_for_the_terminal(arrivals: Arrivals, line: str) -> None:
    assert arrival_line("me", arrivals) == line


def test_taking_starts_anew() -> None:
    book = ArrivalBook()
    book.of("a").samples += 2
    book.of("a").samples += 3
    assert book.take() == {"a": Arrivals(samples=5)}
    assert book.take() == {}


def test_too_many_senders_are_one() -> None:
    book = ArrivalBook()
    for number in range(MAX_SENDERS + 10):
        book.of(str(number)).requests += 1
    taken = book.take()
    assert len(taken) == MAX_SENDERS + 1
    assert taken[OTHERS].requests == 10


@pytest.mark.parametrize(
    ("size", "expected"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1.5 * 2**20, "1.5 MiB"), (2**31, "2.0 GiB")],
)
def test_bytes_text(size: float, expected: str) -> None:
    assert bytes_text(size) == expected
