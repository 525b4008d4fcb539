import html
from typing import Any

import attrs
import pytest

from scraper.shapes import ShapesStatistics
from scraper.status import TargetStatus
from tests.web.snapshots import NASTY, NOW_MS, down, dropped, target, waiting
from web.pages.targets import ROWS_PER_PAGE, TargetFilter, targets_html, targets_plain

ALL = (target(), down(), waiting(), target("other", pool="web", job="web"))


def plain(wanted: TargetFilter | None = None) -> list[str]:
    return "".join(
        targets_plain(ALL, (dropped("gone"),), wanted or TargetFilter(), NOW_MS)
    ).splitlines()


def page(
    targets: tuple[TargetStatus, ...],
    wanted: TargetFilter | None = None,
    sharing: ShapesStatistics | None = None,
) -> str:
    found = {"node": sharing} if sharing else {}
    return "".join(targets_html(targets, (dropped(),), wanted or TargetFilter(), NOW_MS, found))


@pytest.mark.parametrize(
    ("shapes", "verdict"),
    [
        pytest.param(1, "75% shared by targets", id="how much the targets share"),
        pytest.param(2, "nothing is shared, as metric_relabel_configs", id="and why they do not"),
    ],
)
def test_what_targets_share(shapes: int, verdict: str) -> None:
    sharing = ShapesStatistics(
        targets=2, shapes=shapes, layouts=1, templates=500, series=2000, bytes=2**20
    )
    shown = page(ALL, sharing=sharing)
    assert "2000 series, known as 500 templates in 1.0 MiB, 1 different pages" in shown
    assert verdict in shown


def test_the_plain_text_of_vmagent() -> None:
    lines = plain()
    assert lines[0] == "job=node (1/3 up)"
    assert lines[1] == (
        '\tstate=up, endpoint=http://a:9100/metrics, labels={instance="a:9100",job="node"}, '
        "scrapes_total=9, scrapes_failed=1, last_scrape=2000ms ago, scrape_duration=12ms, "
        "scrape_response_size=57.0KiB, samples_scraped=507, error="
    )
    assert lines[-2].startswith("\tstate=up, endpoint=http://other:9100/metrics")
    assert lines[-1] == "job=gone (0/0 up)"


def test_an_error_of_several_lines_stays_on_its_line() -> None:
    lines = "".join(
        targets_plain([down(error="bad\nline\r\n 2")], [], TargetFilter(), NOW_MS)
    ).splitlines()
    assert len(lines) == 2
    assert lines[1].endswith("error=bad line 2")


def test_original_labels_on_demand() -> None:
    shown = plain(TargetFilter(show_original_labels=True))
    assert 'originalLabels={__address__="a:9100",__scheme__="http",job="node"}' in shown[1]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param({}, ["a", "b", "c", "other"], id="nothing asked is everything"),
        pytest.param({"show_only_unhealthy": "1"}, ["b", "c"], id="only unhealthy, as vmagent"),
        pytest.param({"show_only_unhealthy": "0"}, ["a", "b", "c", "other"], id="switched off"),
        pytest.param({"q": "REFUSED"}, ["b"], id="in the error, any letter case"),
        pytest.param({"q": 'instance="c'}, ["c"], id="in the labels"),
        pytest.param({"q": "web"}, ["other"], id="in the job"),
        pytest.param({"q": "other:9100/m"}, ["other"], id="in the address"),
        pytest.param({"q": "nothing such"}, [], id="nowhere"),
    ],
)
def test_searching(arguments: dict[str, str], expected: list[str]) -> None:
    wanted = TargetFilter.of(arguments)
    found = [one.labels["instance"].removesuffix(":9100") for one in ALL if wanted.shows(one)]
    assert found == expected


def test_the_page_says_how_it_goes() -> None:
    text = page(ALL)
    assert "4 targets: 2 up, 1 down, 1 not scraped yet; 1 dropped by rules." in text
    assert "<h2>node <small>1 of 3 up</small></h2>" in text
    assert "connection refused" in text
    assert "2 s ago" in text
    assert "not yet" in text


@pytest.mark.parametrize(
    ("targets", "wanted", "text"),
    [
        pytest.param((), TargetFilter(), "no target was discovered yet", id="no targets"),
        pytest.param(ALL, TargetFilter("nix"), "No target matches", id="none found"),
    ],
)
def test_an_empty_page_says_why(
    targets: tuple[TargetStatus, ...], wanted: TargetFilter, text: str
) -> None:
    assert text in page(targets, wanted)


def test_lines_that_a_lenient_job_skipped_are_listed() -> None:
    said = ("line 2: expected a value: 'b'", "line 7: expected a label name: 'c{'")
    text = page((target(bad_lines=said, bad_lines_total=12),))
    assert "12 bad lines skipped so far; of the last page:" in text
    assert all(each in html.unescape(text) for each in said)


def test_what_is_wrong_comes_first() -> None:
    text = page((target("fine"), waiting("later"), down("broken")))
    places = [text.index(f"http://{name}:9100/") for name in ("broken", "later", "fine")]
    assert places == sorted(places)


@pytest.mark.parametrize(
    "field",
    [
        one.name
        for one in attrs.fields(TargetStatus)
        if one.name not in ("health", "recent_durations_s")
    ],
)
def test_nothing_is_unescaped(field: str) -> None:
    nasty: Any = NASTY
    if field in ("labels", "discovered_labels"):
        nasty = {NASTY: NASTY}
    if field in ("interval_s", "timeout_s", "last_scrape_ms", "last_duration_s"):
        nasty = 1
    text = page((attrs.evolve(target(), **{field: nasty}),))
    assert "<script" not in text


def test_the_search_text_is_escaped() -> None:
    assert "<script" not in page(ALL, TargetFilter(text=NASTY))


def test_a_link_never_runs_a_script() -> None:
    assert 'href="javascript' not in page((target(url="javascript:alert(1)"),))


def test_many_targets_are_cut() -> None:
    many = tuple(target(f"t{number}") for number in range(ROWS_PER_PAGE + 7))
    text = page(many, TargetFilter.of({"q": "t", "page": "1"}))
    assert text.count("<tr><td>") == ROWS_PER_PAGE
    assert "Page 1 of 2, 107 targets" in text
    assert 'href="?q=t&amp;page=2"' in text
    second = page(many, TargetFilter.of({"page": "2"}))
    assert second.count("<tr><td>") == 7
    assert "Back" in second
    assert len(text) < 150_000


def test_durations_are_drawn() -> None:
    assert "<polyline" in page((target(recent_durations_s=(0.1, 0.2)),))
