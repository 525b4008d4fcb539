"""Case mapping, rune by rune."""

import pytest

from relabel.letters import lower, upper


@pytest.mark.parametrize(
    ("text", "uppered", "lowered"),
    [
        pytest.param("bAr123", "BAR123", "bar123", id="ASCII"),
        pytest.param("straße", "STRAßE", "straße", id="no one-to-one capital"),
        pytest.param("ΑΣ", "ΑΣ", "ασ", id="no final sigma"),  # noqa: RUF001
        pytest.param("İ", "İ", "i", id="a dotted capital I loses the dot"),
        pytest.param("ᾳ", "ᾼ", "ᾳ", id="the plain mapping beside a special one"),
        pytest.param("ᾼ", "ᾼ", "ᾳ", id="a title-case letter is its own capital"),
        pytest.param("ǅ", "Ǆ", "ǆ", id="digraphs"),
        pytest.param("ﬁ ŉ", "ﬁ ŉ", "ﬁ ŉ", id="ligatures stay"),
        pytest.param("ა", "Ა", "ა", id="Georgian"),
    ],
)
def test_letters(text: str, uppered: str, lowered: str) -> None:
    assert (upper(text), lower(text)) == (uppered, lowered)
