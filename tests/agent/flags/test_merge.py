import pytest

from agent.flags.errors import FlagErrors
from agent.flags.merge import merge_remotes
from pushqueue.settings import RemoteSettings


def remote(url: str, name: str = "", timeout_s: float = 1) -> RemoteSettings:
    return RemoteSettings(url=url, key=name or url, name=name, send_timeout_s=timeout_s)


FLAG, SECTION = 1.0, 2.0


@pytest.mark.parametrize(
    ("from_flags", "from_section", "merged", "warnings"),
    [
        pytest.param([], [], [], 0, id="nothing"),
        pytest.param([("a", "")], [], [("a", "", FLAG)], 0, id="flags alone"),
        pytest.param(
            [("a", "")], [("b", "")], [("a", "", FLAG), ("b", "", SECTION)], 0, id="one of each"
        ),
        pytest.param([("a", "")], [("a", "")], [("a", "", SECTION)], 1, id="one URL is one remote"),
        pytest.param(
            [("a", "")], [("a", "x")], [("a", "x", SECTION)], 1, id="a name in the section only"
        ),
        pytest.param(
            [("a", "x")], [("a", "x")], [("a", "x", SECTION)], 1, id="the same name in both"
        ),
        pytest.param(
            [("a", "x")],
            [("a", "y")],
            [("a", "x", FLAG), ("a", "y", SECTION)],
            0,
            id="two names are two remotes",
        ),
    ],
)
def test_merge(
    from_flags: list[tuple[str, str]],
    from_section: list[tuple[str, str]],
    merged: list[tuple[str, str, float]],
    warnings: int,
) -> None:
    remotes, told = merge_remotes(
        [remote(*one, FLAG) for one in from_flags], [remote(*one, SECTION) for one in from_section]
    )
    assert [(one.url, one.name, one.send_timeout_s) for one in remotes] == merged
    assert len(told) == warnings


def test_a_name_taken_in_the_section_is_an_error() -> None:
    with pytest.raises(FlagErrors, match="the name 'x' is taken"):
        merge_remotes([remote("a", "x")], [remote("b", "x")])
