"""Actions that compute one label's value: replace, replace_all, hashmod, lowercase, uppercase.

Each function takes a valid rule and gives an Action. A computed empty value removes the target.
"""

from collections.abc import Callable, Mapping
from hashlib import md5

from relabel.action import Action, Probe, put
from relabel.joined import TextOf, joined
from relabel.letters import lower, upper
from relabel.pattern import encode
from relabel.rule import RelabelRule
from relabel.substitute import substitution


def hashmod(rule: RelabelRule) -> Action:
    modulus = rule.modulus

    def value(text: str) -> str:
        # Prometheus takes the last eight bytes, big-endian; shards must agree with it.
        digest = md5(encode(text), usedforsecurity=False).digest()
        return str(int.from_bytes(digest[8:], "big") % modulus)

    return _computed(rule, value)


def lowercase(rule: RelabelRule) -> Action:
    return _computed(rule, lower)


def uppercase(rule: RelabelRule) -> Action:
    return _computed(rule, upper)


def _computed(rule: RelabelRule, compute: Callable[[str], str]) -> Action:
    text_of, target = joined(rule.source_labels, rule.separator), rule.target_label

    def run(labels: dict[str, str]) -> bool:
        put(labels, target, compute(text_of(labels)))
        return True

    return Action(
        run=run,
        probe=_always(text_of),
        reads=frozenset(rule.source_labels),
        changes=frozenset((target,)),
    )


def _always(text_of: TextOf) -> Callable[[Mapping[str, str]], Probe]:
    return lambda labels: Probe(text_of(labels), True)


def replace_all(rule: RelabelRule) -> Action:
    """vmagent: each occurrence in the joined value; the target is left alone if there is none."""
    text_of, target = joined(rule.source_labels, rule.separator), rule.target_label
    substitute = substitution(rule)

    def run(labels: dict[str, str]) -> bool:
        text = text_of(labels)
        value = substitute(text)
        if value == text:
            return True
        put(labels, target, value)
        return True

    def probe(labels: Mapping[str, str]) -> Probe:
        text = text_of(labels)
        return Probe(text, substitute(text) != text)

    return Action(
        run=run, probe=probe, reads=frozenset(rule.source_labels), changes=frozenset((target,))
    )
