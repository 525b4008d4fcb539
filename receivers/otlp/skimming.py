"""Finds where the elements of a JSON container end, without reading them. The specification.

Takes text and a place inside of an array or object; gives the commas between its own elements and
the bracket that closes it. `skimming_c.pyx` is the compiled twin.
Invariant: nothing is read behind `stop`, whatever the text is; that the brackets belong together is
for the parser to say, which reads each element.
"""

import re

# A whole string, or one byte that means something; a quote alone is a string without its end.
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|["{}\[\],]', re.DOTALL)
_IN_STRING = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)
_QUOTE, _COMMA, _OPENING = ord('"'), ord(","), b"{["

# Of `skim`: the comma found or NONE; where it stopped; the state there; whether the container ends.
Skimmed = tuple[int, int, int, bool]
NONE = -1


def skim(text: bytes, at: int, stop: int, state: int, is_first_wanted: bool) -> Skimmed:
    """Looks from `at` to `stop` for the last comma between elements, or for the first one.

    `state`: 0 between elements, else what the call before gave: twice the depth, and one more
    inside of a string. It stops at `stop`, at the first comma if that is wanted, or at the bracket
    that closes the container. Behind a backslash at the very end it is one byte further.
    Raises IndexError for a range outside of the text.
    """
    if not 0 <= at <= len(text) + 1 or not 0 <= stop <= len(text) or state < 0:
        raise IndexError(f"bytes {at} to {stop} of {len(text)}")
    depth, comma = state >> 1, NONE
    if at < stop and state & 1:
        at = _string_end(text, at, stop)
        if at >= stop or text[at] != _QUOTE:
            return comma, at, state, False
        at += 1
    elif state & 1:
        return comma, at, state, False
    for token in _TOKEN.finditer(text, at, stop):
        start = token.start()
        byte = text[start]
        if byte == _QUOTE:
            if token.end() - start == 1:
                return comma, _string_end(text, start + 1, stop), depth << 1 | 1, False
        elif byte == _COMMA:
            if not depth:
                comma = start
                if is_first_wanted:
                    return comma, start, 0, False
        elif byte in _OPENING:
            depth += 1
        elif depth:
            depth -= 1
        else:
            return comma, start, 0, True
    return comma, max(at, stop), depth << 1, False


def _string_end(text: bytes, at: int, stop: int) -> int:
    """The closing quote, or where the text to look at ends."""
    found = _IN_STRING.match(text, at, stop)
    assert found is not None  # it matches nothing at all, too
    end = found.end()
    return end if end == stop or text[end] == _QUOTE else stop + 1
