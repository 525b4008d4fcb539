"""The relabel debugger: running against edited rules."""

from typing import Any

import pytest

from relabel.pipeline import compile_rules
from relabel.rule import RelabelRule
from tests.web.snapshots import NASTY, target, views
from web.api.targets import target_id
from web.debugger import Debugger
from web.pages.debugger import Ask, debugger_html

RUNNING = compile_rules((RelabelRule(source_labels=("a",), target_label="b"),))


async def page(**asked: Any) -> str:
    shown = views(target(), rules_of=lambda pool: RUNNING, metric_rules_of=lambda pool: RUNNING)
    debugger = Debugger(shown)
    ask, chosen = debugger.completed(Ask.of(asked))
    found = await debugger.run(ask, chosen)
    return "".join(debugger_html(ask, shown.pools(), debugger.running_rules(ask), found))


async def test_the_form_begins_with_the_running_rules() -> None:
    text = await page()
    assert "- {source_labels: [a], target_label: b}" in text
    assert '<option value="node" selected>' in text
    assert "Rules that run" not in text


async def test_what_a_rule_does() -> None:
    text = await page(labels='x{a="1"}')
    assert "changed: +b=&quot;1&quot;" in text
    assert "Edited rules</h2>" not in text


async def test_edited_rules_beside_running_ones() -> None:
    text = await page(labels='x{a="1"}', rules="a")
    assert "They give different results." in text
    assert "Edited rules</h2>" in text


async def test_edited_rules_that_give_the_same() -> None:
    assert "Both give the same." in await page(labels='x{z="1"}', rules="c")


async def test_a_target_brings_its_labels() -> None:
    text = await page(id=target_id(target()))
    assert "__address__=&quot;a:9100&quot;" in text
    metric = await page(id=target_id(target()), kind="metric")
    assert "up{instance=&quot;a:9100&quot;" in metric


async def test_a_whole_page_with_counts() -> None:
    text = await page(id=target_id(target()), kind="metric", page="true", rules="x")
    assert text.count("9 series exposed, 2 left") == 2
    assert '<td class="number" data-name="Drops">7' in text


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param({"labels": "{{{"}, id="no labels"),
        pytest.param({"labels": "up", "rules": "?"}, id="no rules"),
    ],
)
async def test_mistakes_are_told(asked: dict[str, str]) -> None:
    assert 'class="error"' in await page(**asked)


async def test_everything_is_escaped() -> None:
    text = await page(labels=f"x{{a={NASTY!r}}}", rules=NASTY, job=NASTY, id=NASTY)
    assert NASTY not in text
