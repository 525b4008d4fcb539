"""Files of relabel rules, as `-remoteWrite.relabelConfig` names them."""

import pytest

from agent.config.errors import ConfigErrors
from agent.config.rule_file import load_rules
from relabel.rule import RelabelRule
from tests.agent.config.support import absolute, options_for


def rules_of(text: str) -> tuple[RelabelRule, ...]:
    return load_rules(absolute("r.yml"), options=options_for({"r.yml": text}))


def test_rules_are_read_in_order() -> None:
    assert rules_of(
        "- {action: DROP, source_labels: [a], regex: [x, 5, yes]}\n"
        "- {if: '{b=\"c\"}', target_label: d, replacement: ''}\n"
    ) == (
        RelabelRule(action="drop", source_labels=("a",), regex="x|5|yes"),
        RelabelRule(if_=('{b="c"}',), target_label="d", replacement=""),
    )


@pytest.mark.parametrize("text", ["", "# none\n", "[]", "~"])
def test_an_empty_file_has_no_rules(text: str) -> None:
    assert rules_of(text) == ()


def test_all_mistakes_are_told() -> None:
    with pytest.raises(ConfigErrors) as caught:
        rules_of("- {action: dorp}\n- {actoin: drop}\n")
    first, second = map(str, caught.value.errors)
    assert first.startswith(absolute("r.yml") + ":1:12: [0].action: ")
    assert first.endswith('did you mean "drop"?')
    assert second == absolute("r.yml") + ":2:4: [1].actoin: unknown key (did you mean 'action'?)"


def test_a_missing_file_is_an_error() -> None:
    with pytest.raises(ConfigErrors, match="cannot be read: No such file or directory"):
        load_rules(absolute("gone.yml"), options=options_for({}))


def test_a_mapping_is_no_list_of_rules() -> None:
    with pytest.raises(ConfigErrors, match="must be a list, not a mapping"):
        rules_of("relabel_configs: []")
