"""What is known of pushed series is bounded, and given up in steps."""

from receivers.known_series import KnownSeries
from series.template import Template


def learn(known: KnownSeries, count: int, extra: tuple[tuple[str, str], ...] = ()) -> None:
    table = known.begin(extra)
    for at in range(count):
        pairs = (("__name__", f"m{at}"),)
        assert known.learn(table, pairs, pairs, extra) == at
    known.end(table)


def test_full_it_starts_anew() -> None:
    known = KnownSeries({}, max_entries=10)
    learn(known, 20)
    before = known.begin(())
    assert len(before) == 0  # the next request finds a new table
    known.end(before)


def test_what_a_request_uses_is_not_taken_from_it() -> None:
    known = KnownSeries({}, max_entries=10)
    learn(known, 9)
    table = known.begin(())
    for at in range(10):
        pairs = (("__name__", f"n{at}"),)
        known.learn(table, pairs, pairs, ())
    other = known.begin(())
    assert other is not table
    for _ in range(5):
        known.let_go()
    assert len(table) == 19
    known.end(table)
    for _ in range(5):
        known.let_go()
    assert len(table) == 0
    known.end(other)


def test_labels_in_urls_are_counted_even_without_series() -> None:
    known = KnownSeries({}, max_entries=10)
    for at in range(30):
        learn(known, 0, (("n", str(at)),))
    assert len(known) <= 11


def test_layouts_of_a_varying_sender_cost_others_nothing() -> None:
    known = KnownSeries({}, max_laid_out=100)
    learn(known, 50)
    templates = [Template((b"%d" % at,)) for at in range(60)]
    for at in range(50):
        known.layout(tuple(templates[at : at + 10]))
    assert known.laid_out <= 100
    assert len(known) == 51
    same = tuple(templates[:3])
    assert known.layout(same) is known.layout(same)
