"""How much one process takes until it falls behind: the load goes up in steps, each a start anew.

Takes a contender and a shape; gives a Step for each rate, the last of them the first that failed.
A step is kept up with if hardly a scrape is missing and as many bytes are pushed for a sample as
at the lightest step: what is not scraped or not delivered in time would lack there. Both are
counted by nginx, which shares the processors with the agent: its part is shown, and where both
together fill the machine it is the machine that ends, not the agent.
"""

from collections.abc import Iterator, Sequence

import attrs

from race.agents import Contender
from race.measure import usage
from race.run import Result, window_of
from race.shapes import Shape

# Of the scrapes that are due; a window of whole intervals may miss one at its edges.
LEAST_SCRAPED = 0.97
# Of the bytes a sample; blocks of another size compress a little better or worse.
LEAST_PUSHED = 0.93


@attrs.frozen(kw_only=True)
class Step:
    """`rate`: samples/s that were due; `web_cpu_s`: nginx's; `why_not`: what was missing."""

    rate: float
    result: Result
    web_cpu_s: float
    why_not: str


def climb(
    name: str,
    contender: Contender,
    shape: Shape,
    targets: Sequence[int],
    *,
    warmup_s: float,
    seconds: float,
) -> Iterator[Step]:
    """Ends with the last of `targets`, or with the first step that was not kept up with."""
    usual = 0.0
    for count in targets:
        step_shape = attrs.evolve(shape, targets=count)
        # Twice, if need be: a neighbour's moment is no limit of the agent.
        for last in (False, True):
            result, web_cpu_s = window_of(
                name, contender, step_shape, warmup_s=warmup_s, seconds=seconds, beside=_web_cpu_s
            )
            pushed = result.push_bytes / result.samples if result.samples else 0.0
            usual = usual or pushed
            rate = count * shape.series / shape.interval_s
            why_not = _why_not(result, rate, pushed / usual if usual else 0.0)
            if last or not why_not:
                break
        yield Step(rate=rate, result=result, web_cpu_s=web_cpu_s, why_not=why_not)
        if why_not:
            return


def _web_cpu_s(pid: int) -> float:
    return usage(pid).cpu_s


def _why_not(result: Result, rate: float, pushed: float) -> str:
    scraped = result.samples / result.seconds / rate
    if result.failed_scrapes or scraped < LEAST_SCRAPED:
        return f"{scraped:.0%} of the scrapes, {result.failed_scrapes} failed"
    if pushed < LEAST_PUSHED:
        return f"{pushed:.0%} of the bytes were pushed"
    return ""
