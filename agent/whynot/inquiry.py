"""Gathers what is known of a question from the running agent. A shell: it fetches pages anew.

Takes the text of a question; gives a Report. At most MAX_LOOKS targets are looked at, a few at a
time, within their own timeouts; scraping goes on undisturbed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol
from urllib.parse import urlsplit

import attrs
import trio

from agent.exposed import ExposedError, expose
from agent.flags.suggest import nearest
from agent.whynot.answer import Report
from agent.whynot.evidence import Evidence, RemoteEvidence, SeriesEvidence, TargetEvidence
from agent.whynot.look import Look, look_at
from agent.whynot.question import Question, parse_question
from agent.whynot.verdict import NO_RULES, verdict
from pushqueue.progress import LaneProgress, RefusedWords
from relabel.explain_remote import RemoteExplanation
from scraper.labelling import Labelling
from scraper.loop import drive
from scraper.manager import Manager
from scraper.setup import JobSetup
from scraper.status import DroppedTarget, TargetStatus
from scraper.target import ADDRESS, Target
from series.labels import Labels, canonical

MAX_LOOKS = 20
_AT_A_TIME = 4


class AskedRemote(Protocol):
    """What `pushqueue.remote.Remote` is to an inquiry."""

    @property
    def name(self) -> str: ...
    def explain(self, labels: Mapping[str, str]) -> RemoteExplanation: ...
    def progress(self, lane_key: int) -> LaneProgress: ...
    def refused_words(self, labels: Labels) -> RefusedWords | None: ...


@attrs.frozen
class _Subject:
    """A target that may have the series, with what its job makes of it."""

    status: TargetStatus
    setup: JobSetup
    target: Target


class Inquiry:
    """`remotes` gives those that run now."""

    def __init__(
        self,
        scraper: Manager,
        remotes: Callable[[], Sequence[AskedRemote]],
        wall_ms: Callable[[], int],
    ) -> None:
        self._scraper = scraper
        self._remotes = remotes
        self._wall_ms = wall_ms

    async def ask(self, text: str) -> Report:
        """Raises QuestionError."""
        question = parse_question(text)
        statuses = self._scraper.active_targets()
        subjects = self._subjects(question, statuses)
        targets = await self._look_at_all(question, subjects[:MAX_LOOKS])
        evidence = Evidence(
            targets=tuple(targets),
            dropped=tuple(self._dropped(question)) if not subjects else (),
            discovery_errors=self._discovery_errors() if not subjects else {},
            nearest=_nearest(question, statuses) if not subjects else "",
            target_count=len(statuses),
            not_looked_at=max(0, len(subjects) - MAX_LOOKS),
            now_ms=self._wall_ms(),
        )
        return verdict(question, evidence)

    def _subjects(self, question: Question, statuses: Sequence[TargetStatus]) -> list[_Subject]:
        """Those that may have it, the healthy first."""
        if question.address:
            fitting = [each for each in statuses if _is_called(each, question.address)]
        else:
            fitting = [each for each in statuses if question.may_come_from(each.labels)]
        subjects = list(self._known(fitting))
        if not subjects and not question.address:
            # Under honor_labels a page may say of itself what it likes.
            subjects = [each for each in self._known(statuses) if each.setup.job.honor_labels]
        return sorted(subjects, key=lambda subject: subject.status.health != "up")

    def _known(self, statuses: Sequence[TargetStatus]) -> Iterator[_Subject]:
        for status in statuses:
            found = self._scraper.find(status)
            if found is not None:
                yield _Subject(status, *found)

    def _dropped(self, question: Question) -> Iterator[DroppedTarget]:
        for dropped in self._scraper.dropped_targets():
            before = dropped.discovered_labels
            address = before.get(ADDRESS, "")
            if question.address:
                if question.address in (address, dropped.job):
                    yield dropped
            elif question.may_come_from({"job": dropped.job, "instance": address, **before}):
                yield dropped

    def _discovery_errors(self) -> Mapping[str, str]:
        pools = self._scraper.statistics().pools
        return {each.job: each.discovery_errors[0] for each in pools if each.discovery_errors}

    async def _look_at_all(
        self, question: Question, subjects: Sequence[_Subject]
    ) -> list[TargetEvidence]:
        found: dict[int, TargetEvidence] = {}
        limiter = trio.CapacityLimiter(_AT_A_TIME)

        async def look(number: int, subject: _Subject) -> None:
            async with limiter:
                found[number] = await self._evidence(question, subject)

        async with trio.open_nursery() as nursery:
            for number, subject in enumerate(subjects):
                nursery.start_soon(look, number, subject)
        return [found[number] for number in range(len(subjects))]

    async def _evidence(self, question: Question, subject: _Subject) -> TargetEvidence:
        look, error = Look(exposed_count=0), ""
        lane_key = subject.target.lane_key
        if not question.address:
            look, error = await self._look(question, subject)
        reports = _reports(question, subject.setup.labelling(subject.target))
        series = [
            attrs.evolve(one, remotes=self._at_remotes(one.final, lane_key)) if one.final else one
            for one in (*reports, *look.series)
        ]
        return TargetEvidence(
            status=subject.status,
            error=error,
            exposed_count=look.exposed_count,
            series=tuple(series),
            similar=look.similar,
            remotes=self._at_remotes(_up(subject), lane_key) if question.address else (),
            dropped_stamps=self._dropped_stamps(subject.status.pool),
        )

    async def _look(self, question: Question, subject: _Subject) -> tuple[Look, str]:
        """What the page shows now; the error if it does not."""
        try:
            exposed = await expose(self._scraper, subject.status)
        except ExposedError as exc:
            return Look(exposed_count=0), str(exc)
        return await drive(look_at(exposed, question)), ""

    def _at_remotes(self, final: Labels, lane_key: int) -> tuple[RemoteEvidence, ...]:
        return tuple([_at_remote(remote, final, lane_key) for remote in self._remotes()])

    def _dropped_stamps(self, pool_name: str) -> int:
        for pool in self._scraper.statistics().pools:
            if pool.job == pool_name:
                return pool.counts.samples.out_of_order + pool.counts.samples.out_of_bounds
        return 0


def _at_remote(remote: AskedRemote, final: Labels, lane_key: int) -> RemoteEvidence:
    explanation = remote.explain(dict(final))
    progress = remote.progress(lane_key)
    sent_as = canonical(explanation.labels) if explanation.labels else ()
    refused = remote.refused_words(sent_as) if sent_as else None
    return RemoteEvidence(
        name=remote.name,
        state=progress.state,
        last_error=progress.last_error,
        dropped_by=explanation.dropped_by,
        steps=explanation.lines,
        sent_as=sent_as,
        newest_put_ms=progress.newest_put_ms,
        newest_sent_ms=progress.newest_sent_ms,
        waiting_since_ms=progress.waiting_since_ms,
        refusal=refused.words if refused else "",
        refused_ms=refused.time_ms if refused else None,
    )


def _reports(question: Question, labelling: Labelling) -> Iterator[SeriesEvidence]:
    """The series about the scrape that the agent makes itself."""
    for name in labelling.reports:
        final = labelling.report(name)
        if question.suits(dict(final)):
            yield SeriesEvidence(raw={}, explanation=NO_RULES, final=final)


def _up(subject: _Subject) -> Labels:
    return subject.setup.labelling(subject.target).report("up")


def _is_called(status: TargetStatus, address: str) -> bool:
    names = (
        status.url,
        status.labels.get("instance"),
        status.discovered_labels.get(ADDRESS),
        urlsplit(status.url).netloc,
    )
    return address in names


def _nearest(question: Question, statuses: Sequence[TargetStatus]) -> str:
    """A job or target that is spelt nearly so."""
    if question.address:
        known = {each.url for each in statuses} | {
            each.labels.get("instance", "") for each in statuses
        }
        return nearest(question.address, known)
    for label in ("job", "instance"):
        wanted = question.wanted(label)
        known = {each.labels.get(label, "") for each in statuses}
        if wanted and wanted not in known and (found := nearest(wanted, known)):
            return f'{label}="{found}"'
    return ""
