"""The relabel debugger behind its page: which rules, which labels, what comes of them.

Takes what a form says; gives what was found. Changes nothing in the agent.
"""

from typing import TYPE_CHECKING

import attrs

from web.api.targets import target_id
from web.pages.debugger import METRIC_RULES, Ask, Found, rules_text
from web.views import Views

if TYPE_CHECKING:
    from relabel.pipeline import Pipeline
    from scraper.status import TargetStatus


class Debugger:
    def __init__(self, views: Views) -> None:
        self._views = views

    def completed(self, ask: Ask) -> "tuple[Ask, TargetStatus | None]":
        """With what follows from a chosen target: its job, and its labels if none are given."""
        pools = self._views.pools()
        target = next(
            (one for one in self._views.targets() if target_id(one) == ask.target_id), None
        )
        if target is None:
            job = ask.job if ask.job in pools else next(iter(pools), "")
            return attrs.evolve(ask, job=job, target_id="", on_page=False), None
        labels = ask.labels or _text_of(ask.kind, target)
        return attrs.evolve(ask, job=target.pool, target=target.url, labels=labels), target

    def running_rules(self, ask: Ask) -> str:
        return rules_text(self._running(ask))

    def _running(self, ask: Ask) -> "Pipeline | None":
        rules_of = self._views.metric_rules_of if ask.kind == METRIC_RULES else self._views.rules_of
        return rules_of(ask.job)

    async def run(self, ask: Ask, target: "TargetStatus | None") -> Found:
        running = self._running(ask)
        if running is None:
            return Found(error="there is no job to debug")
        edited = None
        if ask.rules.strip() and ask.rules.strip() != self.running_rules(ask).strip():
            try:
                edited = await self._views.parse_rules(ask.rules)
            except ValueError as exc:
                return Found(error=str(exc))
        found = _explained(ask.labels, running, edited)
        if ask.on_page and target is not None and ask.kind == METRIC_RULES:
            found = attrs.evolve(
                found,
                running_trial=await self._views.try_rules(target, running),
                edited_trial=await self._views.try_rules(target, edited) if edited else None,
            )
        return found


def _text_of(kind: str, target: "TargetStatus") -> str:
    """Labels to begin with: as discovered, or of one of the target's series."""
    from series.labels import canonical, readable  # late: only who asks

    if kind == METRIC_RULES:
        return readable(canonical({"__name__": "up", **target.labels}))
    return readable(canonical(target.discovered_labels))


def _explained(labels: str, running: "Pipeline", edited: "Pipeline | None") -> Found:
    if not labels:
        return Found()
    from relabel.explain import explain  # late: only who asks
    from relabel.series_text import parse_series

    try:
        given = parse_series(labels)
    except ValueError as exc:
        return Found(error=f"labels: {exc}")
    return Found(running=explain(running, given), edited=explain(edited, given) if edited else None)
