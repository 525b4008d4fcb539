"""Go's `ReplaceAllString`: every occurrence of a pattern in a text, replaced by a template.

Takes a rule of the actions replace_all or labelmap_all; gives a function from text to text.
"""

from collections.abc import Callable

from relabel.expand import bind
from relabel.pattern import compile_fragment, encode
from relabel.rule import DEFAULT_REGEX, DEFAULT_REPLACEMENT, RelabelRule


def substitution(rule: RelabelRule) -> Callable[[str], str]:
    fragment = compile_fragment(DEFAULT_REGEX if rule.regex is None else rule.regex)
    template = DEFAULT_REPLACEMENT if rule.replacement is None else rule.replacement
    expansion = bind(template, fragment.group_count, fragment.group_names)

    def substitute(text: str) -> str:
        data = encode(text)
        pieces = []
        copied_to = 0
        for start, end, groups in fragment.find_all(text):
            pieces.append(data[copied_to:start].decode())
            pieces.append(expansion.expand(groups, {}))
            copied_to = end
        if not pieces:
            return text
        pieces.append(data[copied_to:].decode())
        return "".join(pieces)

    return substitute
