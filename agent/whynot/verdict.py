"""From evidence to answers: where a series is lost, or that it is not.

Takes Evidence; gives a Report. Pure: every branch is one of the stages of `agent.whynot.answer`.
Invariant: each target and each series gets at least one answer.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from agent.whynot.answer import ORDER, Answer, Report, Stage
from agent.whynot.evidence import Evidence, RemoteEvidence, SeriesEvidence, TargetEvidence
from agent.whynot.question import Question
from relabel.explain import Explanation, explain
from relabel.explain_text import explanation_lines, rule_text
from scraper.stamps import MAX_AHEAD_MS
from scraper.status import DroppedTarget, TargetStatus
from series.labels import Labels, canonical, readable

MAX_ANSWERS = 200
MAX_DROPPED = 20

# For what no rule has seen: the report of a scrape.
NO_RULES = Explanation((), {})

# Behind the newest sample by an interval and this, a lane is not late: a request is being filled.
ON_ITS_WAY_S = 15.0

_LIMITS = ("sample_limit", "label_limit", "label_name_length_limit", "label_value_length_limit")
_SIZES = ("body_size_limit", "max_scrape_size", "larger than")


def verdict(question: Question, evidence: Evidence) -> Report:
    answers = list(_answers(question, evidence))
    # The nearest to delivery first: what got furthest is most likely what is meant.
    answers.sort(key=lambda answer: -ORDER[answer.stage])
    notes = list(_notes(evidence))
    if len(answers) > MAX_ANSWERS:
        notes.append(f"{len(answers) - MAX_ANSWERS} more answers are left out: ask more narrowly")
    return Report(question=question.text, answers=tuple(answers[:MAX_ANSWERS]), notes=tuple(notes))


def _notes(evidence: Evidence) -> Iterator[str]:
    if evidence.not_looked_at:
        yield (
            f"{evidence.not_looked_at} more targets may have it and were not looked at: name one, "
            'as in {instance="..."}'
        )


def _answers(question: Question, evidence: Evidence) -> Iterator[Answer]:
    for target in evidence.targets:
        yield from _of_target(question, target, evidence.now_ms)
    if evidence.targets:
        return
    for dropped in evidence.dropped[:MAX_DROPPED]:
        yield _of_dropped(dropped)
    if not evidence.dropped:
        yield _not_discovered(question, evidence)


def _not_discovered(question: Question, evidence: Evidence) -> Answer:
    what = question.address or question.wanted("instance") or question.wanted("job")
    text = f"none of the {evidence.target_count} targets suits this question"
    if what:
        text = f"no discovery has found {what[:200]}: " + text
    failing = "; ".join(f"{job}: {error}" for job, error in evidence.discovery_errors.items())
    if failing:
        return Answer(
            stage=Stage.NOT_DISCOVERED,
            text=f"{text}, and discovery fails: {failing[:500]}",
            advice="mend the discovery; the last good set of targets stays until then",
        )
    hint = f"did you mean {evidence.nearest}? " if evidence.nearest else ""
    return Answer(
        stage=Stage.NOT_DISCOVERED,
        text=text,
        advice=f"{hint}the page /targets lists all of them, `promferry targets` what the "
        "configuration would find",
    )


def _of_dropped(dropped: DroppedTarget) -> Answer:
    before = dropped.discovered_labels
    steps: tuple[str, ...] = ()
    if dropped.pipeline is not None:
        steps = tuple(explanation_lines(explain(dropped.pipeline, before), before))
    return Answer(
        stage=Stage.TARGET_DROPPED,
        text=f"{before.get('__address__', '')} is found but not scraped: {dropped.explained()}",
        advice=f"look at relabel_configs of job {dropped.job}",
        job=dropped.job,
        series=canonical(before),
        steps=steps,
    )


def _of_target(question: Question, target: TargetEvidence, now_ms: int) -> Iterator[Answer]:
    if question.address:
        yield from _of_asked_target(target, now_ms)
        return
    reports = [series for series in target.series if _is_report(series)]
    exposed = [series for series in target.series if not _is_report(series)]
    for series in reports:
        yield from _of_series(series, target, now_ms)
    # What a page shows is worth nothing if its scrape fails.
    if _is_failing(target) and not (reports and not exposed):
        yield _failing(target)
    elif not target.series:
        yield _not_exposed(question, target)
    else:
        for series in exposed:
            yield from _of_series(series, target, now_ms)


def _is_failing(target: TargetEvidence) -> bool:
    return bool(target.error) or target.status.health != "up"


def _is_report(series: SeriesEvidence) -> bool:
    """The agent makes these itself, whatever the page says."""
    return not series.raw


def _of_asked_target(target: TargetEvidence, now_ms: int) -> Iterator[Answer]:
    status = target.status
    if _is_failing(target):
        yield _failing(target)
        return
    report = SeriesEvidence(raw={}, explanation=NO_RULES, final=canonical(status.labels))
    for remote in target.remotes:
        yield _at_remote(report, remote, status, now_ms)


def _failing(target: TargetEvidence) -> Answer:
    status = target.status
    error = target.error or status.last_error
    if not error:
        return _about(
            status,
            Stage.SCRAPE_FAILS,
            f"it has not been scraped yet; its interval is {status.interval_s:g} s",
        )
    limit = next((name for name in (*_LIMITS, *_SIZES) if name in error), "")
    if limit:
        return _about(
            status,
            Stage.OVER_LIMIT,
            f"the whole scrape is refused by a limit: {error}",
            "raise the limit of the job, or have the target expose less",
        )
    return _about(
        status,
        Stage.SCRAPE_FAILS,
        f"the scrape fails: {error}",
        f"try it: promferry scrape {status.url}",
    )


def _not_exposed(question: Question, target: TargetEvidence) -> Answer:
    name = question.names_metric()
    near = "; ".join(target.similar)
    text = f"the target is up and exposes {target.exposed_count} series, none of which is it"
    advice = f"there is {near}" if near else ""
    if name and near and not near.startswith(name):
        advice = f"did you mean {near}?"
    return _about(target.status, Stage.NOT_EXPOSED, text, advice)


def _about(status: TargetStatus, stage: Stage, text: str, advice: str = "") -> Answer:
    return Answer(stage=stage, text=text, advice=advice, target=status.url, job=status.pool)


def _of_series(series: SeriesEvidence, target: TargetEvidence, now_ms: int) -> Iterator[Answer]:
    status = target.status
    lost = _lost_at_scrape(series, target, now_ms)
    if lost is not None:
        stage, text, advice = lost
        yield Answer(
            stage=stage,
            text=text,
            advice=advice,
            target=status.url,
            job=status.pool,
            series=series.final or canonical(series.raw),
            steps=_steps(series),
        )
        return
    for remote in series.remotes:
        yield _at_remote(series, remote, status, now_ms)
    if not series.remotes:
        yield Answer(
            stage=Stage.NOT_STORED,
            text="there is no remote to send it to",
            target=status.url,
            job=status.pool,
            series=series.final,
        )


def _steps(series: SeriesEvidence) -> tuple[str, ...]:
    steps = series.explanation.steps
    if not steps:
        return ()
    return tuple(explanation_lines(series.explanation, steps[0].before))


def _lost_at_scrape(
    series: SeriesEvidence, target: TargetEvidence, now_ms: int
) -> tuple[Stage, str, str] | None:
    """The stage, what happens, what to do; None for a series that reaches the remotes."""
    index = series.explanation.dropped_by
    if index is not None:
        rule = rule_text(series.explanation.steps[-1].rule)
        text = f"rule {index + 1} of metric_relabel_configs drops it: {rule}"
        return Stage.DROPPED_BY_RULE, text, f"look at the rules of job {target.status.pool}"
    if series.error:
        return Stage.OVER_LIMIT, f"it fails the whole scrape: {series.error}", "raise the limit"
    if series.final is None:
        return Stage.DROPPED_BY_RULE, "metric_relabel_configs leave no label of it", ""
    if series.is_duplicate:
        text = "another series of the page has the same labels behind the rules: the first counts"
        return Stage.NOT_STORED, text, "keep the label that tells them apart"
    return _lost_by_stamp(series.stamp_ms, target, now_ms)


def _lost_by_stamp(
    stamp_ms: int | None, target: TargetEvidence, now_ms: int
) -> tuple[Stage, str, str] | None:
    if stamp_ms is None:
        return None
    advice = "honor_timestamps: false takes the time of the scrape instead"
    when = moment(stamp_ms)
    if stamp_ms > now_ms + MAX_AHEAD_MS:
        return Stage.NOT_STORED, f"the page dates it {when}, too far in the future", advice
    interval_ms = target.status.interval_s * 1000
    if target.dropped_stamps and stamp_ms < now_ms - 2 * interval_ms:
        text = (
            f"the page dates it {when}: what is not newer than the sample before is dropped "
            f"({target.dropped_stamps} samples of this job so far)"
        )
        return Stage.NOT_STORED, text, advice
    return None


def _at_remote(
    series: SeriesEvidence, remote: RemoteEvidence, status: TargetStatus, now_ms: int
) -> Answer:
    stage, text, advice = _remote_verdict(remote, status.interval_s, now_ms)
    return Answer(
        stage=stage,
        text=text,
        advice=advice,
        target=status.url,
        job=status.pool,
        series=_shown_series(remote, series.final),
        remote=remote.name,
        steps=(*_steps(series), *remote.steps),
    )


def _shown_series(remote: RemoteEvidence, final: Labels | None) -> Labels | None:
    return remote.sent_as or final


def _remote_verdict(
    remote: RemoteEvidence, interval_s: float, now_ms: int
) -> tuple[Stage, str, str]:
    if remote.dropped_by:
        return Stage.DROPPED_BY_REMOTE, f"dropped by {remote.dropped_by}", ""
    sent, put = remote.newest_sent_ms, remote.newest_put_ms
    if remote.refusal and (sent is None or (remote.refused_ms or 0) >= sent):
        text = f"refused at {moment(remote.refused_ms or now_ms)}: {remote.refusal}"
        return Stage.REFUSED, text, "promferry queue rejected shows the samples"
    waiting_s = _age_s(remote.waiting_since_ms, now_ms)
    is_late = put is None or sent is None or (put - sent) / 1000 > interval_s + ON_ITS_WAY_S
    if remote.state == "holding":
        text = f"the remote holds everything back: {remote.last_error}"
        return Stage.HELD, text, "mend what it says; nothing is lost, all of it waits"
    if sent is not None and not is_late:
        return Stage.DELIVERED, f"delivered; the newest sample is of {moment(sent)}", ""
    if put is None:
        return Stage.WAITING, "no sample of this target has been taken yet", "ask again shortly"
    since = f" since {moment(remote.waiting_since_ms)}" if remote.waiting_since_ms else ""
    why = f": {remote.last_error}" if remote.last_error and remote.state != "ok" else ""
    advice = f"the oldest waits for {waiting_s:.0f} s" if waiting_s is not None else ""
    return Stage.WAITING, f"it waits in the queue{since}{why}", advice


def _age_s(since_ms: int | None, now_ms: int) -> float | None:
    return None if since_ms is None else max(0.0, (now_ms - since_ms) / 1000)


def moment(epoch_ms: int) -> str:
    """UTC, by the second; a number where no calendar has it."""
    try:
        return datetime.fromtimestamp(epoch_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    except (OverflowError, OSError, ValueError):
        return f"{epoch_ms} ms"


def summary(report: Report) -> str:
    """One line: the answer that came nearest."""
    if not report.answers:
        return "nothing is known of it"
    best = report.answers[0]
    shown = readable(best.series) if best.series else best.target
    where = f" ({best.remote})" if best.remote else ""
    return f"{shown}: {best.text}{where}" if shown else best.text
