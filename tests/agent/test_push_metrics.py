import pytest

from agent.flags.errors import FlagErrors
from agent.flags.parser import parse
from agent.push_metrics import with_labels
from agent.push_settings import push_settings


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param(b"a 1", b'a{x="y"} 1', id="no labels"),
        pytest.param(b'a{b="c"} 1', b'a{x="y",b="c"} 1', id="labels"),
        pytest.param(b"a{} 1", b'a{x="y"} 1', id="empty braces"),
        pytest.param(b'a{b="{ }"} 1', b'a{x="y",b="{ }"} 1', id="braces in a value"),
        pytest.param(b"# HELP a {", b"# HELP a {", id="a comment"),
        pytest.param(b"", b"", id="an empty line"),
    ],
)
def test_labels_are_added_to_each_sample(line: bytes, expected: bytes) -> None:
    assert with_labels(line + b"\nb 2\n", b'x="y"') == expected + b'\nb{x="y"} 2\n'


def test_settings_of_flags() -> None:
    settings = push_settings(
        parse(
            [
                "-pushmetrics.url=http://a/1,http://b/2",
                '-pushmetrics.extraLabel=x="y"',
                "-pushmetrics.header=X-Key: hunter2",
                "-pushmetrics.interval=3s",
                "-pushmetrics.disableCompression",
            ],
            {},
        )
    )
    assert [url.reveal() for url in settings.urls] == ["http://a/1", "http://b/2"]
    assert settings.labels == 'x="y"'
    assert [(name, value.reveal()) for name, value in settings.headers] == [("X-Key", "hunter2")]
    assert (settings.interval_s, settings.compresses) == (3.0, False)
    assert "hunter2" not in repr(settings)
    assert "http://a" not in repr(settings)


@pytest.mark.parametrize(
    "flag",
    ["-pushmetrics.header=hunter2", "-pushmetrics.extraLabel=x=y", "-pushmetrics.header=a b:c"],
)
def test_a_mistake_is_told_without_what_may_be_secret(flag: str) -> None:
    with pytest.raises(FlagErrors) as caught:
        push_settings(parse([flag], {}))
    assert "is written name" in str(caught.value.errors[0])
    assert "hunter2" not in str(caught.value.errors[0])
