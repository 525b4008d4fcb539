# cython: language_level=3, boundscheck=True, wraparound=False
"""The compiled twin of `receivers.otlp.skimming`: one byte after the other."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport int64_t

INTERFACE = 6

cdef enum:
    NONE = -1


def skim(bytes text not None, Py_ssize_t at, Py_ssize_t stop, int64_t state, bint is_first_wanted):
    """Raises IndexError for a range outside of the text."""
    cdef Py_ssize_t size = PyBytes_GET_SIZE(text), comma = NONE
    if not 0 <= at <= size + 1 or not 0 <= stop <= size or state < 0:
        raise IndexError(f"bytes {at} to {stop} of {size}")
    cdef const unsigned char *p = <const unsigned char *>PyBytes_AS_STRING(text)
    cdef int64_t depth = state >> 1
    cdef bint is_string = state & 1
    cdef unsigned char byte
    while at < stop:
        byte = p[at]
        if is_string:
            if byte == c'\\':
                at += 1
            elif byte == c'"':
                is_string = False
        elif byte == c'"':
            is_string = True
        elif byte == c',':
            if depth == 0:
                comma = at
                if is_first_wanted:
                    return comma, at, 0, False
        elif byte == c'{' or byte == c'[':
            depth += 1
        elif byte == c'}' or byte == c']':
            if depth == 0:
                return comma, at, 0, True
            depth -= 1
        at += 1
    return comma, at, depth << 1 | is_string, False
