"""Upper and lower case as Go maps them: rune by rune.

Python maps whole strings by Unicode's special rules (`ß` becomes `SS`, a final `Σ` becomes `ς`);
Go's `unicode.ToUpper` and `ToLower` know only the one-to-one mappings.
"""


def upper(text: str) -> str:
    if text.isascii():
        return text.upper()
    return "".join([_upper(char) for char in text])


def lower(text: str) -> str:
    if text.isascii():
        return text.lower()
    return "".join([_lower(char) for char in text])


def _upper(char: str) -> str:
    mapped = char.upper()
    if len(mapped) == 1:
        return mapped
    # `ᾳ` has a special mapping of two letters, but also the plain one `ᾼ`, its title case.
    title = char.title()
    return title if len(title) == 1 else char


def _lower(char: str) -> str:
    # `İ` is the only character whose special mapping is longer; its plain one is `i`.
    return char.lower()[0]
