"""What somebody asks for: a series, a metric or a target.

Takes what was typed; gives a Question. `name{label="value"}` and selectors with `=~`, `!=` ask for
series; a URL or `host:port` asks for a target.
"""

import re
from collections.abc import Mapping

import attrs

from relabel.errors import SelectorError
from relabel.selector import Filter, Selector, parse_selector
from series.labels import METRIC_NAME

MAX_QUESTION = 2000

# `host:9100` and `[::1]:9100`; a metric name with colons does not end in digits alone.
_HOST_AND_PORT = re.compile(r"[^\s{}=\"',/]+:\d{1,5}")


class QuestionError(ValueError):
    """What cannot be understood; the text says what to type."""


@attrs.frozen(eq=False)
class Question:
    """Either `address` or `selector` is given."""

    text: str
    address: str = ""
    selector: Selector | None = None

    def names_metric(self) -> str:
        """The metric asked for, if it is one."""
        groups = self.selector.groups if self.selector is not None else ()
        names = {
            each.value
            for group in groups
            for each in group
            if each.label == METRIC_NAME and each.operator == "="
        }
        return names.pop() if len(names) == 1 else ""

    def suits(self, labels: Mapping[str, str]) -> bool:
        """Whether the series with these labels is asked for."""
        return self.selector is not None and self.selector.predicate()(labels)

    def may_come_from(self, target_labels: Mapping[str, str]) -> bool:
        """Whether what is asked of the target's own labels holds: all that can be known without
        a look at its page."""
        if self.selector is None:
            return False
        return any(_holds(group, target_labels) for group in self.selector.groups)

    def wanted(self, label: str) -> str:
        """The value that the question gives to `label`, for a hint; "" for none."""
        groups = self.selector.groups if self.selector is not None else ()
        for group in groups:
            for each in group:
                if each.label == label and each.operator == "=":
                    return each.value
        return ""


def _holds(group: tuple[Filter, ...], target_labels: Mapping[str, str]) -> bool:
    filters = [each for each in group if each.label in target_labels]
    return all(each.predicate()(target_labels) for each in filters)


def parse_question(text: str) -> Question:
    """Raises QuestionError."""
    asked = text.strip()
    if not asked:
        raise QuestionError('ask for a series, such as up{job="node"}, a metric or a target')
    if len(asked) > MAX_QUESTION:
        raise QuestionError(f"a question has at most {MAX_QUESTION} characters")
    if "://" in asked.partition("{")[0] or _HOST_AND_PORT.fullmatch(asked):
        return Question(asked, address=asked)
    try:
        return Question(asked, selector=parse_selector(asked))
    except SelectorError as exc:
        raise QuestionError(
            f'{exc}; a series is asked for as name{{label="value"}}, a target as host:port or URL'
        ) from exc
