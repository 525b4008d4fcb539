from web.document import PATH, render_document


def test_the_document_is_what_the_table_says() -> None:
    assert PATH.read_text() == render_document(), "run python -m web.document"
