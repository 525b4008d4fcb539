"""What was typed becomes a question, or a text that says what to type."""

import pytest

from agent.whynot.question import MAX_QUESTION, QuestionError, parse_question


@pytest.mark.parametrize(
    ("text", "address", "metric"),
    [
        pytest.param("up", "", "up", id="a metric"),
        pytest.param(' up{job="a"} ', "", "up", id="a series, blanks around"),
        pytest.param('{__name__="up"}', "", "up", id="the name as a label"),
        pytest.param('{job="a"}', "", "", id="labels only"),
        pytest.param("job:errors:rate5m", "", "job:errors:rate5m", id="a metric with colons"),
        pytest.param("db1:9100", "db1:9100", "", id="host and port"),
        pytest.param("[::1]:9100", "[::1]:9100", "", id="an IPv6 address and a port"),
        pytest.param("http://db1/metrics", "http://db1/metrics", "", id="a URL"),
        pytest.param('up{instance="http://x"}', "", "up", id="a URL as a value is a series"),
    ],
)
def test_questions(text: str, address: str, metric: str) -> None:
    question = parse_question(text)
    assert (question.address, question.names_metric()) == (address, metric)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("  ", id="blanks"),
        pytest.param("up{job=", id="half a selector"),
        pytest.param('up{job=~"("}', id="a wrong expression"),
        pytest.param("x" * (MAX_QUESTION + 1), id="a book"),
    ],
)
def test_what_is_no_question(text: str) -> None:
    with pytest.raises(QuestionError):
        parse_question(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('up{job="a"}', True, id="its own job"),
        pytest.param('up{job="b"}', False, id="another job"),
        pytest.param('up{job=~"a|b",device="sda"}', True, id="what only the page can tell"),
        pytest.param('{job="b" or instance="h:1"}', True, id="one of two groups"),
        pytest.param("up", True, id="no word of targets"),
    ],
)
def test_which_targets_may_have_it(text: str, expected: bool) -> None:
    labels = {"job": "a", "instance": "h:1"}
    assert parse_question(text).may_come_from(labels) is expected
