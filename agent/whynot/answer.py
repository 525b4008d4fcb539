"""The answers there are to "why is my metric not there?".

Immutable values for page, API and command. `stage` is how far it came: the order of the members is
the way of a sample through the agent.
"""

import enum
from collections.abc import Mapping
from typing import Any

import attrs

from series.labels import Labels, readable


class Stage(enum.Enum):
    """Where a series is lost; the last one is that it is not."""

    NOT_DISCOVERED = "not_discovered"
    TARGET_DROPPED = "target_dropped"
    SCRAPE_FAILS = "scrape_fails"
    NOT_EXPOSED = "not_exposed"
    DROPPED_BY_RULE = "dropped_by_metric_rule"
    OVER_LIMIT = "over_limit"
    NOT_STORED = "duplicate_or_out_of_order"
    DROPPED_BY_REMOTE = "dropped_by_remote_rule"
    WAITING = "waiting_in_queue"
    HELD = "held_by_remote"
    REFUSED = "refused_by_remote"
    DELIVERED = "delivered"


ORDER = {stage: number for number, stage in enumerate(Stage)}


@attrs.frozen(kw_only=True)
class Answer:
    """One finding. `text` says what happens, `advice` what to do about it.

    `target` is its URL, `series` the final labels (or those as exposed, where it has no final
    ones), `steps` the trace of relabelling, `remote` the name of one.
    """

    stage: Stage
    text: str
    advice: str = ""
    target: str = ""
    job: str = ""
    series: Labels | None = None
    remote: str = ""
    steps: tuple[str, ...] = ()

    def document(self) -> Mapping[str, Any]:
        """For JSON: what is empty is left out."""
        found = {
            "stage": self.stage.value,
            "text": self.text,
            "advice": self.advice,
            "target": self.target,
            "job": self.job,
            "series": readable(self.series) if self.series else "",
            "labels": dict(self.series or ()),
            "remote": self.remote,
            "steps": list(self.steps),
        }
        return {key: value for key, value in found.items() if value}


@attrs.frozen(kw_only=True)
class Report:
    """Everything found. `answers` with the nearest to delivery first, `notes` say what was not
    looked at."""

    question: str
    answers: tuple[Answer, ...]
    notes: tuple[str, ...] = ()

    @property
    def is_delivered(self) -> bool:
        return any(answer.stage is Stage.DELIVERED for answer in self.answers)

    def document(self) -> Mapping[str, Any]:
        return {
            "question": self.question,
            "delivered": self.is_delivered,
            "answers": [answer.document() for answer in self.answers],
            "notes": list(self.notes),
        }
