"""The overview: every stage with its rate, and what was lost there."""

from tests.web.snapshots import FLOW, NASTY, down, remote, target, waiting
from web.pages.overview import Overview, overview_html
from web.views import Track

ENTRIES = (("/api/v1/targets", "for programs"), ("/-/reload", "read again"))


def page(*remotes: object, tracks: tuple[Track, ...] = ()) -> str:
    seen = Overview(
        targets=(target(), down(), waiting()),
        dropped_targets=2,
        flow=FLOW,
        remotes=remotes,  # type: ignore[arg-type]
        tracks=tracks,
    )
    return "".join(overview_html("promferry", seen, ENTRIES))


def test_the_stages() -> None:
    rates = Track(name="samples", step_s=10.0, points=[1.0, 2500.0])
    sent = Track(name="sent_samples", remote="far", step_s=10.0, points=[99.0])
    text = page(remote(dropped_samples={"disk_bound": 7}), tracks=(rates, sent))
    assert "1 of 3 up" in text
    assert "1 down, 1 not scraped yet, 2 dropped by rules" in text
    assert "2,500/s" in text
    assert "99/s" in text
    assert '<b class="number">100</b> dropped by metric_relabel_configs' in text
    assert '<b class="number">7</b> disk bound' in text


def test_a_remote_that_fails_says_so() -> None:
    text = page(remote(state="holding", pending_samples=5000, oldest_age_s=600.0))
    assert "holding" in text
    assert "5,000 samples wait, the oldest of 10 min ago" in text


def test_no_remote_is_told() -> None:
    assert "nothing is sent anywhere" in page()


def test_links_are_relative_and_what_acts_is_none() -> None:
    text = page()
    assert '<a href="./api/v1/targets">/api/v1/targets</a>' in text
    assert "<code>/-/reload</code>" in text
    assert 'href="./-/reload"' not in text


def test_names_are_escaped() -> None:
    assert NASTY not in page(remote(NASTY))


def test_before_the_first_numbers() -> None:
    assert "the first numbers come" in page(remote())
