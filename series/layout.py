"""The templates that a page exposes, in order.

Shared by identity: the same layout object before and after a scrape means that no series
vanished and none appeared. Whoever builds layouts decides what is shared.
Invariant: a layout's hole is always filled by a label of one name, whatever its value.
"""

from operator import itemgetter

from series.template import Template

_first_byte, _second_byte = itemgetter(0), itemgetter(1)


class Layout:
    """An immutable sequence of templates."""

    __slots__ = ("__weakref__", "has_holes", "templates")

    def __init__(self, templates: tuple[Template, ...]) -> None:
        self.templates = templates
        # The two bytes of each number of holes, at C speed.
        self.has_holes = any(map(_first_byte, templates)) or any(map(_second_byte, templates))

    def __len__(self) -> int:
        return len(self.templates)
