"""The `global` section's own rules."""

import pytest

from agent.config.general import expand_variables, is_label_name
from tests.agent.config.support import load_files


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("$A", "1", id="a variable"),
        pytest.param("${A}", "1", id="in braces"),
        pytest.param("x$A-y", "x1-y", id="up to what cannot be a name"),
        pytest.param("$A_B", "2", id="the longest name"),
        pytest.param("$NONE.", ".", id="unset is empty"),
        pytest.param("$$", "$", id="two dollars"),
        pytest.param("$${A}", "${A}", id="two dollars before braces"),
        pytest.param("$", "$", id="a dollar at the end"),
        pytest.param("$.", "$.", id="a dollar before what is no name"),
        pytest.param("$12", "one2", id="a digit is a name of its own"),
        pytest.param("${}", "", id="no name in braces"),
        pytest.param("$A$A", "11", id="twice"),
    ],
)
def test_expand_variables(text: str, expected: str) -> None:
    assert expand_variables(text, {"A": "1", "A_B": "2", "1": "one"}) == expected


@pytest.mark.parametrize(
    ("name", "scheme", "expected"),
    [
        pytest.param("a_b1", "legacy", True, id="legacy"),
        pytest.param("1a", "legacy", False, id="legacy with a digit first"),
        pytest.param("a-b", "legacy", False, id="legacy with a dash"),
        pytest.param("a-b ü", "utf8", True, id="anything in UTF-8"),
        pytest.param("", "utf8", False, id="never empty"),
    ],
)
def test_is_label_name(name: str, scheme: str, expected: bool) -> None:
    assert is_label_name(name, scheme) is expected


@pytest.mark.parametrize(
    ("common", "own", "validation", "escaping"),
    [
        pytest.param("", "", "utf8", "allow-utf-8", id="the defaults"),
        pytest.param("V: legacy", "", "legacy", "underscores", id="legacy names"),
        pytest.param("E: dots", "", "utf8", "dots", id="of the global section"),
        pytest.param("V: legacy, E: values", "", "legacy", "values", id="both of it"),
        pytest.param("E: dots", "E: values", "utf8", "values", id="the job's own"),
        pytest.param(
            "E: dots", "V: legacy", "legacy", "underscores", id="own names, so no global escaping"
        ),
        pytest.param(
            "V: legacy, E: dots", "V: utf8", "utf8", "allow-utf-8", id="back to all names"
        ),
        pytest.param("E: allow-utf-8", "V: legacy", "legacy", "underscores", id="no conflict"),
    ],
)
def test_schemes_of_names(common: str, own: str, validation: str, escaping: str) -> None:
    text = f"global: {{{common}}}\nscrape_configs: [{{job_name: j, {own}}}]\n"
    text = text.replace("V:", "metric_name_validation_scheme:")
    text = text.replace("E:", "metric_name_escaping_scheme:")
    (job,) = load_files({"p.yml": text}).jobs
    assert (job.metric_name_validation_scheme, job.metric_name_escaping_scheme) == (
        validation,
        escaping,
    )
