"""Which answers of one remote mean something else than usual.

Takes statuses and words of a configuration; gives the verdict's kind for each status. Pure.
Invariant: a success stays one, and only what `judge` knows to do can be asked for.
"""

from collections.abc import Mapping

from pushqueue.judge import Answers, Kind

# The words in which a configuration says them.
KINDS: dict[str, Kind] = {kind.value: kind for kind in Kind if kind is not Kind.DONE}


class PolicyError(ValueError):
    """A status or a word that cannot be meant. The message says what can."""


def policy_of(words: Mapping[str, str]) -> Answers:
    """`{"403": "refuse"}` as judge takes it. Raises PolicyError."""
    return {_status(status): _kind(word) for status, word in words.items()}


def parse_policy(text: str) -> dict[str, str]:
    """`403=refuse^^422=retry` as a mapping, still in words. Raises PolicyError."""
    words: dict[str, str] = {}
    for item in filter(None, text.split("^^")):
        status, equals, word = item.partition("=")
        if not equals:
            raise PolicyError(f"{item[:80]!r} is not like 403=refuse")
        words[status.strip()] = word.strip()
    policy_of(words)
    return words


def _status(text: str) -> int:
    if not (len(text) == 3 and text.isascii() and text.isdigit() and "300" <= text <= "599"):
        raise PolicyError(f"{text[:80]!r} is no status from 300 to 599")
    return int(text)


def _kind(word: str) -> Kind:
    try:
        return KINDS[word]
    except KeyError:
        raise PolicyError(f"{word[:80]!r} is none of {', '.join(KINDS)}") from None
