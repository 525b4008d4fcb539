"""The text that most actions look at: the values of the source labels, joined by the separator.

Takes names and a separator; gives a function from labels to that text. A missing label is "".
"""

from collections.abc import Callable, Mapping, Sequence

from relabel.rule import DEFAULT_SEPARATOR

TextOf = Callable[[Mapping[str, str]], str]


def joined(source_labels: Sequence[str], separator: str | None) -> TextOf:
    if not source_labels:
        return lambda labels: ""
    if len(source_labels) == 1:
        only = source_labels[0]
        return lambda labels: labels.get(only, "")
    join = (DEFAULT_SEPARATOR if separator is None else separator).join
    names = tuple(source_labels)
    return lambda labels: join([labels.get(name, "") for name in names])
