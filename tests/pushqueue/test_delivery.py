"""One Block to its end: whole, or in parts where the remote refuses it."""

from collections.abc import Callable

import pytest

from pushqueue.block import Block
from pushqueue.delivery import MAX_PARTS, SMALL_BLOCK_SAMPLES, Delivery
from pushqueue.encode import encode
from pushqueue.judge import Refuse, TooLarge
from pushqueue.wire.part import Part
from tests.pushqueue.blocks import NOW_MS, batch
from tests.pushqueue.test_codec import samples_of

REFUSE, TOO_LARGE = Refuse("HTTP 400"), TooLarge("HTTP 413")


def block_of(count: int) -> Block:
    return next(encode([Part(batch(count), 0, count)], lane=0, created_ms=NOW_MS, max_bytes=0))


def names(part: Block) -> list[int]:
    return [int(name.removeprefix("metric_")) for name, _, _ in samples_of(part)]


def play(delivery: Delivery, is_accepted: Callable[[Block], bool]) -> int:
    """Sends to a remote that decides by content; the number of requests it took."""
    requests = 0
    while (part := delivery.next_part()) is not None:
        requests += 1
        if is_accepted(part):
            delivery.accepted()
        else:
            delivery.not_accepted(REFUSE)
    return requests


def without(*culprits: int) -> Callable[[Block], bool]:
    return lambda part: not set(names(part)) & set(culprits)


def test_an_accepted_block_is_one_request() -> None:
    delivery = Delivery(block_of(100))
    assert play(delivery, without()) == 1
    assert (delivery.accepted_samples, delivery.refused) == (100, [])


def test_a_small_block_is_refused_as_it_is() -> None:
    delivery = Delivery(block_of(SMALL_BLOCK_SAMPLES))
    assert play(delivery, without(5)) == 1
    assert [names(refused.part) for refused in delivery.refused] == [list(range(32))]
    assert delivery.is_wholly_refused


def test_one_culprit_costs_few_others() -> None:
    delivery = Delivery(block_of(2_000))
    requests = play(delivery, without(1777))
    (refused,) = delivery.refused
    assert 1777 in names(refused.part)
    assert refused.part.sample_count <= SMALL_BLOCK_SAMPLES
    assert delivery.accepted_samples == 2_000 - refused.part.sample_count
    assert requests <= MAX_PARTS
    assert not delivery.is_wholly_refused


def test_culprits_everywhere_cost_a_bounded_number_of_requests() -> None:
    delivery = Delivery(block_of(2_000))
    assert play(delivery, without(*range(0, 2_000, 10))) <= MAX_PARTS + 1
    assert sum(refused.part.sample_count for refused in delivery.refused) == 2_000


def test_parts_go_out_in_order() -> None:
    delivery = Delivery(block_of(200))
    sent: list[int] = []

    def accept(part: Block) -> bool:
        if 66 in names(part):
            return False
        sent.extend(names(part))
        return True

    play(delivery, accept)
    assert sent == sorted(sent)


def test_nothing_is_split_while_splitting_is_suspended() -> None:
    delivery = Delivery(block_of(1000), may_split=False)
    assert play(delivery, without(5)) == 1


@pytest.mark.parametrize("is_restart", [True, False])
def test_what_may_have_been_delivered_is_not_called_refused(is_restart: bool) -> None:
    delivery = Delivery(block_of(1000), may_be_known=is_restart)
    if not is_restart:
        delivery.unanswered()
    assert play(delivery, without(5)) == 1
    (refused,) = delivery.refused
    assert refused.is_maybe_delivered
    assert refused.reason == "HTTP 400"


def test_too_large_is_halved_until_it_fits() -> None:
    delivery = Delivery(block_of(1000))
    sent = []
    while (part := delivery.next_part()) is not None:
        if part.sample_count > 100:
            delivery.not_accepted(TOO_LARGE)
        else:
            sent.extend(names(part))
            delivery.accepted()
    assert sent == list(range(1000))
    assert delivery.refused == []


def test_a_single_sample_that_is_too_large_is_given_up() -> None:
    delivery = Delivery(block_of(1))
    delivery.not_accepted(TOO_LARGE)
    assert delivery.next_part() is None
    assert [refused.is_maybe_delivered for refused in delivery.refused] == [False]


def test_a_remote_to_which_everything_is_too_large_costs_a_bounded_number_of_requests() -> None:
    delivery = Delivery(block_of(2_000))
    requests = 0
    while delivery.next_part() is not None:
        delivery.not_accepted(TOO_LARGE)
        requests += 1
    assert requests < 100
    assert sum(refused.part.sample_count for refused in delivery.refused) == 2_000


def test_a_body_that_cannot_be_read_is_refused_whole() -> None:
    from tests.pushqueue.blocks import block

    delivery = Delivery(block(1, samples=1000))
    assert play(delivery, lambda part: False) == 1


def scrapes_of(series: int, scrapes: int) -> Block:
    """The same few series again and again."""
    parts = [Part(batch(series, time_ms=NOW_MS + number), 0, series) for number in range(scrapes)]
    return next(encode(parts, lane=0, created_ms=NOW_MS, max_bytes=0))


@pytest.mark.parametrize(
    ("series", "scrapes", "is_one_request"),
    [
        pytest.param(6, 6, True, id="a few scrapes of few series"),
        pytest.param(32, 10, True, id="as many as are few"),
        pytest.param(33, 2, False, id="more series"),
        pytest.param(2, 500, False, id="a history of few series is worth a search"),
    ],
)
def test_a_block_of_few_series_is_refused_as_it_is(
    series: int, scrapes: int, is_one_request: bool
) -> None:
    requests = play(Delivery(scrapes_of(series, scrapes)), lambda part: False)
    assert (requests == 1) is is_one_request
