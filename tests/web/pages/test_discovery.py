"""The page of service discovery."""

from relabel.pipeline import compile_rules
from relabel.rule import RelabelRule
from scraper.status import DroppedTarget
from tests.web.snapshots import NASTY, dropped, target
from web.pages.discovery import MAX_ROWS, discovery_html


def page(*targets: object, text: str = "", only_dropped: bool = False, **more: object) -> str:
    fields = {"dropped": (dropped(),), "pools": ("node",), "errors": {}, **more}
    return "".join(
        discovery_html(targets, text=text, only_dropped=only_dropped, **fields)  # type: ignore[arg-type]
    )


def test_found_against_final_labels() -> None:
    text = page(target())
    assert "1 scraped, 1 dropped" in text
    assert "__address__=&quot;a:9100&quot;" in text
    assert "instance=&quot;a:9100&quot;" in text
    assert "rule 1: drop" in text


def test_a_dropped_target_tells_rule_by_rule() -> None:
    rules = (
        RelabelRule(source_labels=("__address__",), target_label="zone", replacement="<a>"),
        RelabelRule(action="drop", source_labels=("zone",), regex="<a>"),
    )
    gone = DroppedTarget(
        job="node",
        discovered_labels={"__address__": "x:1"},
        reason="dropped by relabel_configs",
        pipeline=compile_rules(rules),
    )
    text = page(dropped=(gone,))
    assert "rule 2: {action: drop" in text
    assert "changed: +zone=&quot;&lt;a&gt;&quot;" in text
    assert "=&gt; dropped by rule 2" in text


def test_search_and_only_dropped() -> None:
    assert "b:9100" not in page(target("a"), target("b"), text="A:91")
    assert "a:9100" not in page(target("a"), only_dropped=True)


def test_errors_of_discovery_are_told_and_escaped() -> None:
    text = page(errors={"node": NASTY})
    assert NASTY not in text
    assert "alert(1)" in text


def test_many_targets_are_cut() -> None:
    many = [target(f"t{number}") for number in range(MAX_ROWS + 5)]
    text = page(*many)
    assert "5 more; search" in text
    assert len(text) < 120_000


def test_no_job() -> None:
    assert "There is no job" in page(pools=())
