# cython: language_level=3, boundscheck=True, wraparound=False
"""The compiled twin of `receivers.filled`: bytes that are written where they stay.

Invariant: nobody but `write` sees the bytes before they are all there, and a view that is kept
beyond the call is an error, not a way to change them.
"""

from cpython.buffer cimport PyBUF_WRITE
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.memoryview cimport PyMemoryView_FromMemory

INTERFACE = 6


def filled(Py_ssize_t size, write):
    """What `write` wrote. It must fill all of the view, and keep none of it."""
    if size < 0:
        raise ValueError(f"{size} bytes")
    if size == 0:
        write(memoryview(bytearray()))
        return b""
    cdef bytes room = PyBytes_FromStringAndSize(NULL, size)
    view = PyMemoryView_FromMemory(PyBytes_AS_STRING(room), size, PyBUF_WRITE)
    try:
        write(view)
    finally:
        view.release()
    return room
