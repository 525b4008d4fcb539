import pytest

from web.pages.root import not_found, root_plain

ENTRIES = (("/targets", "what is scraped"), ("/api/v1/targets", "for programs"))


def test_the_list_for_scripts() -> None:
    assert root_plain("promferry", ENTRIES) == (
        "promferry\n\n/targets         what is scraped\n/api/v1/targets  for programs\n"
    )


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        pytest.param("/target", "did you mean /targets?", id="nearly right"),
        pytest.param("/api/v2/targets", "did you mean /api/v1/targets?", id="another version"),
        pytest.param("/wp-login.php", "/ lists what there is", id="something else"),
    ],
)
def test_what_is_not_there_comes_with_a_hint(path: str, hint: str) -> None:
    assert not_found(path, ENTRIES) == f"nothing at {path}; {hint}\n"


def test_a_long_path_is_cut() -> None:
    assert len(not_found("/" + "x" * 5000, ENTRIES)) < 200
