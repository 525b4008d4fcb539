"""The templates that a page exposes, in order.

Shared by identity: the same layout object before and after a scrape means that no series
vanished and none appeared. Whoever builds layouts decides what is shared.
"""

from series.template import Template


class Layout:
    """An immutable sequence of templates.

    `heads` is the place where `series.frame` keeps what it has framed ahead; None until then,
    and for ever if a template has holes.
    """

    __slots__ = ("__weakref__", "has_holes", "heads", "templates")

    def __init__(self, templates: tuple[Template, ...]) -> None:
        self.templates = templates
        self.has_holes = any(template.holes for template in templates)
        self.heads: list[bytes] | None = None

    def __len__(self) -> int:
        return len(self.templates)
