"""What is known of series by their keys: the twin of `exposition.keys` that runs here."""

from collections.abc import Sequence
from typing import Protocol

from scraper.exposition import keys
from scraper.exposition.keys import Known
from series.kernel import twin


class Twin(Protocol):
    """What both twins of `exposition.keys` have."""

    def common(self, before: Sequence[bytes], after: Sequence[bytes]) -> tuple[int, int]: ...
    @property
    def Known(self) -> type[Known]: ...  # type: ignore[type-arg]


hot: Twin = twin(keys, "scraper.exposition.keys_c")
