"""The two agents run once for all tables; a hundred and more cases look at what came."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.sender import (
    test_first_suite,
    test_second_suite_answers,
    test_second_suite_features,
    test_second_suite_messages,
    test_third_suite,
)
from tests.conformance.sender.far_end import FarEnd, Reply
from tests.conformance.sender.station import SLOW, Station, run


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.integration)


@pytest.fixture(scope="session")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    pages = [
        *test_first_suite.PAGES,
        *test_second_suite_messages.PAGES,
        *test_second_suite_features.PAGES,
        *test_third_suite.PAGES,
    ]
    answers = [*test_first_suite.ANSWERS, *test_second_suite_answers.ANSWERS]
    jobs = [case.job for case in pages] + [case.remote for case in answers]
    assert len(set(jobs)) == len(jobs), "two cases share a sentence"
    draw = random.Random(9)
    with FarEnd() as far_end:
        far_end.scripts[SLOW] = lambda number: Reply(delay_s=draw.random())
        yield run(far_end, tmp_path_factory.mktemp("sender"), pages, answers)
