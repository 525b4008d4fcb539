from agent.flags.document import PATH, render_document
from agent.flags.table import TABLE


def test_the_document_is_what_the_table_says() -> None:
    assert PATH.read_text() == render_document(), "run python -m agent.flags.document"


def test_every_flag_has_one_row() -> None:
    text = render_document()
    assert all(text.count(f"\n| `-{flag.name}` |") == 1 for flag in TABLE.flags)


def test_rows_have_five_cells() -> None:
    rows = [line for line in render_document().splitlines() if line.startswith("| `-")]
    assert {row.replace(r"\|", "").count("|") for row in rows} == {6}
