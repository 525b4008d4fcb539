"""`%{VAR}` in files: filled from the environment before anything is parsed, as vmagent does.

Takes a text and the environment; gives the text. Unknown variables are left as they stand.
"""

import re
from collections.abc import Mapping

# A name holds no % and no {, so that a text of many openings is searched in one pass.
PLACEHOLDER = re.compile(r"%\{([^%{}\n]*)\}")
# A variable's value may hold placeholders too; the bounds end circles and what grows in them.
_MAX_ROUNDS = 10
MAX_CHARACTERS = 32 * 2**20


def fill_placeholders(text: str, environment: Mapping[str, str]) -> str:
    """`text` with `%{VAR}` replaced, recursively; unknown variables are left as they stand."""
    for _ in range(_MAX_ROUNDS):
        filled = PLACEHOLDER.sub(lambda m: environment.get(m[1], m[0]), text)
        if filled == text or len(filled) > MAX_CHARACTERS:
            break
        text = filled
    return text
