from agent.metrics.document import PATH, render_document
from agent.metrics.render import FAMILIES, PROMETHEUS_FAMILIES


def test_the_document_is_what_the_rows_say() -> None:
    assert PATH.read_text() == render_document(), "run python -m agent.metrics.document"


def test_every_metric_has_one_row() -> None:
    text = render_document()
    families = (*FAMILIES, *PROMETHEUS_FAMILIES)
    assert all(text.count(f"\n| `{family.name}` |") == 1 for family in families)
