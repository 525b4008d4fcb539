"""One case of a compliance suite: what is exposed or answered, and what must be seen of it.

Takes sentences, pages, scripts and checks; gives rows of tables. A check takes what was Seen.
Source: reference/prometheus.md 2, re-created in our own form.
"""

import re
from collections.abc import Callable
from itertools import pairwise

import attrs

from tests.conformance.sender.far_end import TEXT, PageText, Push, Script
from tests.pushqueue.receiver_v2 import Row

REPORTS = ("up", "scrape_")
STALE_NAN_BITS = 0x7FF0000000000002


@attrs.frozen
class Seen:
    """What came of a case: the requests that hold rows of its job, and what the agent said."""

    job: str
    pushes: list[Push]
    log: str = ""
    began_ms: int = 0
    ended_ms: int = 0

    @property
    def rows(self) -> list[Row]:
        """Those of its own page, in the order of arrival."""
        return [row for row in self.all_rows if not row.name.startswith(REPORTS)]

    @property
    def all_rows(self) -> list[Row]:
        """With the report series."""
        return [row for push in self.pushes for row in self.of(push)]

    def of(self, push: Push) -> list[Row]:
        return [row for row in push.rows if row.labels.get("job") == self.job]

    def named(self, name: str) -> list[Row]:
        found = [row for row in self.all_rows if row.name == name]
        assert found, f"no {name} came"
        return found

    def one(self, name: str) -> Row:
        """The first of that name."""
        return self.named(name)[0]

    def values(self, name: str) -> list[float]:
        return [row.value for row in self.named(name) if row.value is not None]

    def ups(self) -> set[float]:
        return set(self.values("up"))

    @property
    def gaps_s(self) -> list[float]:
        times = [push.at_s for push in self.pushes]
        return [after - before for before, after in pairwise(times)]

    @property
    def statuses(self) -> list[int]:
        return [push.status for push in self.pushes]


Check = Callable[[Seen], None]


@attrs.frozen
class PageCase:
    """A page that is scraped each second and pushed in the version of remote write."""

    sentence: str
    page: PageText
    check: Check
    version: int = attrs.field(default=2, kw_only=True)
    content_type: str = attrs.field(default=TEXT, kw_only=True)
    options: str = attrs.field(default="", kw_only=True)

    @property
    def job(self) -> str:
        return f"v{self.version}_{slug(self.sentence)}"


@attrs.frozen
class AnswerCase:
    """A remote that answers by a script. `url` leads elsewhere than to the script.

    `flush_s`: Prometheus' default, of the second suite; the first one ran with vmagent's flags.
    """

    sentence: str
    script: Script
    check: Check
    version: int = attrs.field(default=2, kw_only=True)
    url: str = attrs.field(default="", kw_only=True)
    flush_s: int = attrs.field(default=5, kw_only=True)

    @property
    def remote(self) -> str:
        return f"v{self.version}_{slug(self.sentence)}"


def slug(sentence: str) -> str:
    return re.sub(r"\W+", "_", sentence).strip("_").lower()
