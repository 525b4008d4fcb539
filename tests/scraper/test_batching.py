"""Beside floats: exemplars, start timestamps, and native histograms in their own batch."""

import pytest

from scraper.exposition.negotiation import Format
from scraper.exposition.outline import Outlines
from scraper.scrape import Rendered, SampleCounts, TargetScrape
from scraper.target import build, discovered
from series.batch import Batch
from series.exemplar import Exemplar
from series.frame import frame
from tests.scraper.exposition.families import delimited_families
from tests.scraper.exposition.test_protobuf import NATIVE, family
from tests.scraper.steps import finish
from tests.scraper.test_scrape import DROP, setup_of, target_of


def scrape_of(**settings: object) -> TargetScrape:
    setup = setup_of(DROP, **settings)  # type: ignore[arg-type]
    return TargetScrape(setup, target_of(setup), SampleCounts(), Outlines())


def render(scrape: TargetScrape, body: bytes, at_ms: int, format_: Format) -> Rendered:
    return finish(scrape.render(body, at_ms, format_))


def names(batch: Batch) -> list[str]:
    return [dict(template.labels(batch.chunks))["__name__"] for template in batch.layout.templates]


def test_exemplars_keep_to_their_samples_when_rules_drop_others() -> None:
    scrape = scrape_of()
    body = b'drop_me 1 # {t="no"} 1\na 1\nb 2 # {t="yes"} 0.5\n# EOF\n'
    (batch,) = render(scrape, body, 1000, Format.OPENMETRICS).batches
    assert names(batch) == ["a", "b"]
    assert batch.exemplars == {1: (Exemplar((("t", "yes"),), 0.5, 1000),)}


@pytest.mark.parametrize(
    ("second", "fresh"),
    [
        pytest.param(b'{t="x"} 0.5', False, id="the same again is not sent"),
        pytest.param(b'{t="y"} 0.5', True, id="another one is"),
        pytest.param(b'{t="' + b"y" * 128 + b'"} 0.5', False, id="one that is too long is not"),
    ],
)
def test_an_exemplar_is_sent_once(second: bytes, fresh: bool) -> None:
    scrape = scrape_of()
    first = render(scrape, b'a 1 # {t="x"} 0.5\n# EOF', 1000, Format.OPENMETRICS)
    after = render(scrape, b"a 2 # " + second + b"\n# EOF", 2000, Format.OPENMETRICS)
    assert first.batches[0].exemplars
    assert bool(after.batches[0].exemplars) is fresh
    assert after.batches[0].layout is first.batches[0].layout


def test_native_histograms_are_a_batch_of_their_own() -> None:
    scrape = scrape_of(scrape_native_histograms=True, start_timestamps=True)
    gauge = family(1, gauge={"value": 1})
    gauge.name = "g"
    body = delimited_families(gauge, family(4, histogram=NATIVE))
    first = render(scrape, body, 1000, Format.PROTOBUF)
    floats, histograms = first.batches
    assert (names(floats), names(histograms)) == (["g"], ["m"])
    assert floats.values.tolist() == [1.0]
    assert floats.histograms is None
    assert histograms.histograms is not None
    assert histograms.histograms[0].count == 9
    assert histograms.start_timestamps is not None
    assert histograms.start_timestamps.tolist() == [5250]
    # No marker, no new layout: nothing has changed.
    again = render(scrape, body, 2000, Format.PROTOBUF)
    assert [each.layout for each in again.batches] == [floats.layout, histograms.layout]
    assert again.series_added == 0


@pytest.mark.parametrize("switch", ["true", "false"])
def test_a_label_of_the_target_switches_native_histograms(switch: str) -> None:
    setup = setup_of(DROP, scrape_native_histograms=switch == "false")
    labels = discovered(setup.job, "h:1", {"__scrape_native_histograms__": switch})
    target = build(setup.job, setup.target_pipeline, labels)
    scrape = TargetScrape(setup, target, SampleCounts(), Outlines())
    body = delimited_families(family(4, histogram=NATIVE))
    (batch,) = render(scrape, body, 1000, Format.PROTOBUF).batches
    assert (batch.histograms is not None) is (switch == "true")


def test_no_native_histogram_is_framed_as_a_float() -> None:
    scrape = scrape_of(scrape_native_histograms=True)
    body = delimited_families(family(4, histogram=NATIVE))
    (batch,) = render(scrape, body, 1000, Format.PROTOBUF).batches
    with pytest.raises(ValueError, match="native histograms are no floats"):
        frame(batch)
