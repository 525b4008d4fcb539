"""A target's page as it is now, for whoever looks into it. A shell: it fetches.

Takes a status; gives every series as exposed, with what its target's job makes of series.
Never: keeps anything, so it costs nothing when nobody asks; scraping goes on undisturbed.
"""

from collections.abc import Generator, Mapping, Sequence
from http import HTTPStatus

import attrs

from scraper.exposition.bodies import BodyReader, ReadOptions
from scraper.exposition.errors import ExpositionError
from scraper.exposition.negotiation import Format, choose
from scraper.exposition.numbers import NO_TIMESTAMP
from scraper.exposition.outline import Outlines
from scraper.labelling import Labelling
from scraper.loop import drive
from scraper.manager import Manager
from scraper.status import TargetStatus
from transport.errors import TransportError


class ExposedError(Exception):
    """Why there is no page; one readable line."""


@attrs.frozen(kw_only=True)
class Exposed:
    """`series`: labels as exposed, in the order of the page, and the time that the page gives the
    sample (epoch ms), None where it gives none."""

    labelling: Labelling
    series: Sequence[tuple[Mapping[str, str], int | None]]


async def expose(scraper: Manager, status: TargetStatus) -> Exposed:
    """Raises ExposedError."""
    found = scraper.find(status)
    if found is None:
        raise ExposedError("the target is gone")
    setup, target = found
    try:
        response = await scraper.fetch(status)
        if response.status != HTTPStatus.OK:
            raise ExposedError(f"server returned HTTP status {response.status}")
        media_type = response.header("content-type")
        format_ = choose(media_type, setup.job.fallback_scrape_protocol).format
        options = ReadOptions.of(setup.job, target.options)
        series = await drive(series_of(response.body, format_, options))
    except (TransportError, ExpositionError) as exc:
        raise ExposedError(str(exc)) from exc
    except LookupError as exc:
        raise ExposedError("the target has just gone") from exc
    return Exposed(labelling=setup.labelling(target), series=series)


def series_of(
    body: bytes, format_: Format, options: ReadOptions
) -> Generator[None, None, Sequence[tuple[Mapping[str, str], int | None]]]:
    """Raises ExpositionError."""
    seen = _Seen()
    reader = BodyReader(Outlines())
    reader.options = options
    page = yield from reader.read(body, seen, format_)
    raws = [seen.raw[key] for key in page.keys]
    if page.stamps is None:
        return [(raw, None) for raw in raws]
    stamps = [None if stamp == NO_TIMESTAMP else stamp for stamp in page.stamps]
    return list(zip(raws, stamps, strict=True))


class _Seen:
    """The labels of every series of the page, as exposed."""

    def __init__(self) -> None:
        self.raw: dict[bytes, Mapping[str, str]] = {}

    def __contains__(self, key: object) -> bool:
        return key in self.raw

    def learn(self, key: bytes, raw: Mapping[str, str]) -> None:
        self.raw[key] = dict(raw)

    def knows(self, keys: Sequence[bytes]) -> bool:
        return all(map(self.raw.__contains__, keys))
