"""Classes whose objects are no matter of the garbage collector's: the specification, which changes
nothing.

Each object of a subclass of `bytes` is 16 bytes longer and looked at by every full collection,
though it holds nothing that could be part of a cycle. The twin, `untracked_c.pyx`, makes the class
anew without that, by the interface that C has for it; `series.kernel` chooses.
"""

from typing import TypeVar

Class = TypeVar("Class", bound=type[bytes])


def untracked(cls: Class) -> Class:
    """For a subclass of bytes without attributes of its own, before it has any object."""
    return cls
