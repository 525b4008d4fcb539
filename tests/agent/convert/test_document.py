"""docs/migrate-from-*.md are what the code makes them, worked examples included."""

import pytest

from agent.convert.document import DOCS, pages


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_page_is_up_to_date(name: str) -> None:
    assert (DOCS / name).read_text() == pages()[name], "run python -m agent.convert.document"
