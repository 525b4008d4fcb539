"""What happens to a series before a remote gets it, in vmagent's order (reference/vmagent.md 1.1).

Takes the rules for all remotes, limits, the rules of one remote, labels to add; gives the final
labels, or None if the series is dropped.
The order: rules for all, scratch labels (`__*`) out, names mended (-usePromCompatibleNaming),
limits; then the rules of this remote, names mended again, labels added (-remoteWrite.label),
values obfuscated (-remoteWrite.obfuscateLabels).
Invariant: the result has no empty value. What a limit drops is counted by reason.
"""

from collections import Counter
from collections.abc import Collection, Mapping

import attrs

from relabel import flow
from relabel.limits import Excess, LabelLimits
from relabel.naming import prometheus_compatible, without_reserved
from relabel.obfuscate import obfuscate
from relabel.pipeline import Pipeline, compile_rules

_NO_RULES = compile_rules(())


@attrs.frozen(kw_only=True, eq=False)
class RemoteSteps:
    """`has_scratch_labels`: this remote's rules come from a flag, so that vmagent's users expect
    their `__*` labels to be gone; Prometheus' write_relabel_configs keep them.
    """

    common: Pipeline = _NO_RULES
    limits: LabelLimits = LabelLimits()
    own: Pipeline = _NO_RULES
    extra_labels: Mapping[str, str] = attrs.field(factory=dict)
    obfuscated: frozenset[str] = frozenset()
    is_compatible_naming: bool = False
    has_scratch_labels: bool = False
    ignored: Counter[Excess] = attrs.field(factory=Counter, init=False)

    @property
    def is_empty(self) -> bool:
        changes = self.extra_labels or self.is_compatible_naming or self.obfuscated
        rules = self.common.is_empty and self.own.is_empty
        return rules and self.limits.is_empty and not changes

    def apply(self, labels: Mapping[str, str]) -> dict[str, str] | None:
        """The final labels; None: a rule or a limit drops the series, or nothing is left of it."""
        result = self.relabelled(self.common, labels, strips=not self.common.is_empty)
        if not result:
            return None
        excess = self.limits.excess(result)
        if excess is not None:
            self.ignored[excess] += 1
            return None
        result = self.relabelled(self.own, result, strips=self.has_scratch_labels)
        if not result:
            return None
        result.update(self.extra_labels)
        hidden = {name: obfuscate(result[name]) for name in self.obfuscated & result.keys()}
        return {name: value for name, value in (result | hidden).items() if value}

    def relabelled(
        self, pipeline: Pipeline, labels: Mapping[str, str], *, strips: bool
    ) -> dict[str, str] | None:
        """Behind one of the rule lists, names mended; None: a rule drops the series."""
        result = pipeline.apply(labels)
        if result is None:
            return None
        if strips:
            result = without_reserved(result)
        return prometheus_compatible(result) if self.is_compatible_naming else result

    def reads_among(self, names: Collection[str]) -> frozenset[str]:
        """The input labels whose values decide something (`Pipeline.reads_among`).

        Mended names and a limit on values look at all of them.
        """
        if self.is_compatible_naming or self.limits.max_value_bytes:
            return frozenset(names)
        return flow.reads_among((*self.common.actions, *self.own.actions), names)
