"""Series selectors: the `if` of a rule.

Takes `metric{a="b",c=~"d.*" or e!="f"}` (vmagent's dialect of PromQL selectors: `or` between
groups of filters, a quoted metric name in the braces, dots and `\\` escapes in names); gives a
predicate over labels. A missing label equals the empty one; expressions are fully anchored.
"""

import re
from collections.abc import Callable, Mapping

import attrs

from relabel.errors import PatternError, SelectorError
from relabel.pattern import Kind, Pattern, compile_pattern
from relabel.unquote import unquote
from series.labels import METRIC_NAME

Predicate = Callable[[Mapping[str, str]], bool]


@attrs.frozen(eq=False)
class Filter:
    """`label op "value"`; `pattern` only for `=~` and `!~`."""

    label: str
    operator: str
    value: str
    pattern: Pattern | None = None

    def predicate(self) -> Predicate:
        label, value, is_negative = self.label, self.value, self.operator[0] == "!"
        if self.pattern is None:
            if is_negative:
                return lambda labels: labels.get(label, "") != value
            return lambda labels: labels.get(label, "") == value
        matches = self.pattern.matches
        if is_negative:
            return lambda labels: not matches(labels.get(label, ""))
        return lambda labels: matches(labels.get(label, ""))

    @property
    def reads_value(self) -> bool:
        """False where only the label's presence matters."""
        if self.pattern is not None:
            return self.pattern.kind is Kind.OTHER
        return self.value != ""


@attrs.frozen(eq=False)
class Selector:
    """Groups of filters: all filters of at least one group must hold."""

    source: str
    groups: tuple[tuple[Filter, ...], ...]

    def predicate(self) -> Predicate:
        return any_of([all_of([f.predicate() for f in group]) for group in self.groups])

    @property
    def reads(self) -> frozenset[str]:
        """The labels whose values, not only their presence, decide."""
        return frozenset(f.label for group in self.groups for f in group if f.reads_value)


def all_of(predicates: list[Predicate]) -> Predicate:
    if len(predicates) == 1:
        return predicates[0]
    return lambda labels: all(predicate(labels) for predicate in predicates)


def any_of(predicates: list[Predicate]) -> Predicate:
    if len(predicates) == 1:
        return predicates[0]
    return lambda labels: any(predicate(labels) for predicate in predicates)


_TOKEN = re.compile(
    r"""\s*(?:
        (?P<name>(?:[^\W\d]|:|\\.)(?:\w|[:.]|\\.)*)
      | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)
      | (?P<operator>=~|!~|!=|=)
      | (?P<mark>[{},])
    )""",
    re.VERBOSE | re.DOTALL,
)


def parse_selector(source: str) -> Selector:
    """Raises SelectorError."""
    return _Parser(source).selector()


class _Parser:
    """`kind` and `text` are the token at `at`; kind "" is the end."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = self.end = 0
        self.kind = self.text = ""
        self._next()

    def selector(self) -> Selector:
        common: tuple[Filter, ...] = ()
        if self.kind == "name":
            common = (Filter(METRIC_NAME, "=", _plain(self.text)),)
            self._next()
            if self.kind == "":
                return Selector(self.source, (common,))
        if self.text != "{":
            raise self._error("expected a metric name or `{`")
        self._next()
        groups = self._groups(common)
        if self.kind != "":
            raise self._error("expected the end of the selector")
        return Selector(self.source, _with_common_name(groups))

    def _groups(self, common: tuple[Filter, ...]) -> tuple[tuple[Filter, ...], ...]:
        if self._take("}"):
            return (common,)
        groups = []
        while True:
            groups.append(common + self._filters())
            if self._take("}"):
                return tuple(groups)
            self._next()  # `or`: _filters stops at nothing else

    def _filters(self) -> tuple[Filter, ...]:
        filters = [self._filter()]
        while not self._is_or():
            if self.text == "}":
                break
            if not self._take(","):
                raise self._error("expected `,`, `or` or `}`")
            if self.text == "}":
                break
            filters.append(self._filter())
        return tuple(filters)

    def _filter(self) -> Filter:
        kind, label = self.kind, self._label()
        self._next()
        if self.kind != "operator":
            is_end = self.text in (",", "}") or self._is_or()
            if kind == "string" and is_end:  # {"metric.name", a="b"}
                return Filter(METRIC_NAME, "=", label)
            raise self._error("expected `=`, `!=`, `=~` or `!~`")
        operator = self.text
        self._next()
        if self.kind != "string":
            raise self._error("expected a quoted string")
        value = self._unquoted()
        pattern = self._pattern(value) if operator[1:] == "~" else None
        self._next()
        return Filter(label, operator, value, pattern)

    def _label(self) -> str:
        if self.kind == "name":
            return _plain(self.text)
        if self.kind == "string":
            return self._unquoted()
        raise self._error("expected a label name")

    def _unquoted(self) -> str:
        try:
            return unquote(self.text)
        except ValueError as error:
            raise self._error(str(error)) from error

    def _pattern(self, value: str) -> Pattern:
        try:
            return compile_pattern(value)
        except PatternError as error:
            raise self._error(error.reason) from error

    def _is_or(self) -> bool:
        return self.kind == "name" and self.text.lower() == "or"

    def _take(self, mark: str) -> bool:
        if self.kind == "mark" and self.text == mark:
            self._next()
            return True
        return False

    def _next(self) -> None:
        found = _TOKEN.match(self.source, self.end)
        if found is None:
            rest = self.source[self.end :].lstrip()
            self.at, self.kind, self.text = len(self.source) - len(rest), "", ""
            if rest:
                raise self._error("unexpected text")
            return
        self.kind = found.lastgroup or ""
        self.text = found[self.kind]
        self.at, self.end = found.start(self.kind), found.end()

    def _error(self, reason: str) -> SelectorError:
        return SelectorError(reason, self.source, self.at)


def _plain(name: str) -> str:
    r"""A name without its escapes: `foo\-bar` is foo-bar."""
    return re.sub(r"\\(.)", r"\1", name, flags=re.DOTALL)


def _with_common_name(groups: tuple[tuple[Filter, ...], ...]) -> tuple[tuple[Filter, ...], ...]:
    # MetricsQL: where the groups that name a metric agree on one, those that say nothing of the
    # name mean that metric too.
    names = {
        f.value for group in groups for f in group if f.label == METRIC_NAME and f.operator == "="
    }
    if len(names) != 1 or names == {""}:
        return groups
    common = Filter(METRIC_NAME, "=", names.pop())
    return tuple(
        group if any(f.label == METRIC_NAME for f in group) else (common, *group)
        for group in groups
    )
