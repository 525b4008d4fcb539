"""Prometheus' own cases of configurations that load and that do not, and more, in our own words.

The names after `like:` are those of Prometheus' `config/testdata` (its config_test.go, 136 bad
ones); `OTHERWISE` lists where we decide otherwise and why.
"""

import pytest

from agent.config.errors import ConfigErrors
from tests.agent.config.support import DATA, Case, compare, load_files, read_cases

OTHERWISE = {
    "url_in_targetgroup": "a URL as target is vmagent's way and works here; `check -lint` names it",
    "conf.good": "its kinds of discovery are refused by name until they are built",
    "roundtrip.good": "its kinds of discovery are refused by name until they are built",
    "remote_write_retry_on_rate_limit.good": "its URLs have no scheme, so nothing could be sent",
}
BAD_CASES_OF_PROMETHEUS = 136


def cases_of(folder: str, name: str = "*") -> list[Case]:
    return [
        case for path in sorted((DATA / folder).glob(f"{name}.cases")) for case in read_cases(path)
    ]


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=case.name)
        for path in sorted((DATA / "bad").glob("*.cases"))
        if path.stem != "kinds"
        for case in read_cases(path)
    ],
)
def test_bad_configurations(case: Case) -> None:
    with pytest.raises(ConfigErrors) as caught:
        load_files(case.files)
    compare(caught.value.errors, case.errors)


@pytest.mark.parametrize("case", [pytest.param(c, id=c.name) for c in cases_of("bad", "kinds")])
def test_bad_discoveries_of_kinds_not_built(case: Case) -> None:
    """A case is one line, `kind: settings`; the kind is refused besides."""
    kind, _, settings = case.files["p.yml"].strip().partition(": ")
    key = f"{kind}_sd_configs"
    text = f"scrape_configs:\n- job_name: edge\n  {key}:\n  - {settings}\n"
    with pytest.raises(ConfigErrors) as caught:
        load_files({"p.yml": text})
    path = f"scrape_configs[0].{key}"
    expected = [path + text if text.startswith("[") else text for text in case.errors]
    compare(caught.value.errors, [*expected, f"{path} | not supported yet: {key}"])


@pytest.mark.parametrize("case", [pytest.param(c, id=c.name) for c in cases_of("good")])
def test_good_configurations(case: Case) -> None:
    loaded = load_files(case.files)
    told = [warning.message for warning in loaded.warnings]
    assert told == case.warnings


def test_every_bad_case_of_prometheus_is_here() -> None:
    names = {name for case in cases_of("bad") for name in case.likes}
    ours = {name for name in OTHERWISE if "." not in name}
    assert not names & ours
    # A few more than in its list: those that other tests of config_test.go name.
    assert len(names | ours) >= BAD_CASES_OF_PROMETHEUS
