"""Configuration and flags in a browser."""

from tests.web.snapshots import NASTY
from web.pages.settings import config_html, flags_html

FLAGS = (("httpListenAddr", ":8429", False), ("remoteWrite.url", NASTY, True))


def flags(text: str = "", *, only_set: bool = False) -> str:
    return "".join(flags_html(FLAGS, text, only_set=only_set))


def test_configuration_is_text() -> None:
    text = "".join(config_html(f"a: {NASTY}"))
    assert NASTY not in text
    assert "alert(1)" in text


def test_flags_are_searched_and_escaped() -> None:
    assert "2 of 2" in flags()
    assert "1 of 2" in flags("HTTPlisten")
    assert "-httpListenAddr" not in flags(only_set=True)
    assert NASTY not in flags(NASTY)
