"""The name that a user may have meant.

Takes an unknown name and the known ones; gives the nearest, or "" when none is near.
"""

from collections.abc import Iterable

# The comparison is quadratic in the length; no flag or key is nearly this long.
_LONGEST = 100


def nearest(name: str, known: Iterable[str]) -> str:
    if not name or len(name) > _LONGEST:
        return ""
    from difflib import get_close_matches  # late: only a mistake needs it

    by_folded = {one.casefold(): one for one in known}
    found = get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else ""
