"""How a configuration says what statuses mean."""

import pytest

from pushqueue.judge import Kind
from pushqueue.policy import PolicyError, parse_policy, policy_of


def test_words_become_kinds() -> None:
    words = {"403": "refuse", "422": "retry", "503": "hold", "400": "split"}
    kinds = {403: Kind.REFUSE, 422: Kind.RETRY, 503: Kind.HOLD, 400: Kind.SPLIT}
    assert policy_of(words) == kinds


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", {}, id="nothing says nothing"),
        pytest.param("403=refuse", {"403": "refuse"}, id="one status"),
        pytest.param("403=refuse^^ 422 = retry ", {"403": "refuse", "422": "retry"}, id="two"),
    ],
)
def test_a_flag(text: str, words: dict[str, str]) -> None:
    assert parse_policy(text) == words


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("403", "is not like 403=refuse", id="no word"),
        pytest.param("4xx=retry", "'4xx' is no status from 300 to 599", id="a class of statuses"),
        pytest.param("200=retry", "'200' is no status from 300 to 599", id="a success"),
        pytest.param("999=hold", "'999' is no status", id="no status at all"),
        pytest.param("\u0664\u0660\u0663=hold", "is no status", id="digits of another script"),
        pytest.param("403=done", "none of retry, hold, split, refuse", id="a loss that is silent"),
        pytest.param("403=drop", "'drop' is none of retry", id="a word that nobody knows"),
    ],
)
def test_a_mistake_is_told(text: str, told: str) -> None:
    with pytest.raises(PolicyError, match=told):
        parse_policy(text)
