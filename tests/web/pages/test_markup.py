import pytest

from web.pages.markup import Markup, Template, escape, join


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("<b>", "&lt;b&gt;", id="text is escaped"),
        pytest.param("a\"b'c&d", "a&quot;b&#x27;c&amp;d", id="quotes as well, for attributes"),
        pytest.param(Markup("<b>"), "<b>", id="markup is not"),
        pytest.param(7, "7", id="a number"),
    ],
)
def test_escape(value: object, expected: str) -> None:
    assert escape(value) == expected


def test_a_template_escapes_what_fills_it() -> None:
    made = Template('<a href="%s">%s</a>')('"><script>', Markup("<i>x</i>"))
    assert made == '<a href="&quot;&gt;&lt;script&gt;"><i>x</i></a>'
    assert isinstance(made, Markup)


def test_joining_escapes_the_parts() -> None:
    assert join(["<", Markup("<br>"), 1], between="<hr>") == "&lt;<hr><br><hr>1"
