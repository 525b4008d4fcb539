import pytest

from agent.flags.flag import State
from agent.flags.help import ALL, BUILT, render_help
from agent.flags.table import TABLE


def help_of(topic: str, width: int = 80) -> str:
    text = render_help(topic, width)
    assert text is not None
    return text


@pytest.mark.parametrize("width", [20, 60, 80, 300])
def test_it_wraps_to_the_terminal(width: int) -> None:
    text = help_of("remoteWrite", width).splitlines()
    described = [line for line in text if line.startswith("      ")]
    assert max(map(len, described)) <= max(40, min(width, 100))


def test_by_default_what_works_is_shown() -> None:
    text = help_of(BUILT)
    for flag in TABLE.flags:
        is_shown = f"\n  -{flag.name} " in text
        assert is_shown == (flag.state is State.BUILT and not flag.is_foreign)
    assert "more flags of vmagent are known and not supported yet" in text


def test_all_shows_all() -> None:
    text = help_of(ALL)
    assert all(f"\n  -{flag.name} " in text for flag in TABLE.flags)


def test_a_group() -> None:
    text = help_of("remotewrite")
    assert "  -remoteWrite.url string[]\n" in text
    assert "  -remoteWrite.spillAfter duration[] (default 1s)\n" in text
    assert "-promscrape." not in text
    assert "Usage:" not in text


def test_a_word() -> None:
    text = help_of("certificate")
    assert "-remoteWrite.tlsCAFile" in text
    assert "-loggerLevel" not in text


def test_notes() -> None:
    text = " ".join(help_of("logger").split())
    assert "One of DEBUG, INFO, WARN, ERROR, FATAL, PANIC." in text
    text = " ".join(help_of("tls").split())
    assert "Not supported yet: certificates from Let's Encrypt are not in this round." in text
    text = " ".join(help_of("sortLabels").split())
    assert "No effect: labels are always sorted." in text


def test_a_word_that_no_flag_mentions() -> None:
    assert render_help("xyzzy") is None
