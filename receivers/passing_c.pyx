# cython: language_level=3, boundscheck=True, wraparound=False, cdivision=True
"""The compiled twin of `receivers.passing`, where everything is explained.

Invariant: nothing is read outside of the message or the table; every number that comes out of the
table is checked before it is used, whatever is in it.
"""

from cpython.array cimport array, resize_smart
from cpython.bytes cimport (
    PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_FromStringAndSize, PyBytes_GET_SIZE,
)
from cpython.dict cimport PyDict_GetItemWithError
from cpython.ref cimport PyObject
from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.string cimport memcmp, memcpy

INTERFACE = 6

cdef enum:
    TAIL_BYTES = 18
    NOBODY = -1

cdef uint64_t STALE = <uint64_t>0x7ff0000000000002


cdef inline bint is_key(object key, const uint8_t *labels, Py_ssize_t size):
    return (
        PyBytes_CheckExact(key)
        and PyBytes_GET_SIZE(key) == size
        and memcmp(PyBytes_AS_STRING(key), labels, size) == 0
    )


cdef inline int need(array column, char typecode) except -1:
    if column.ob_descr.typecode != typecode:
        raise TypeError("a column of another type")
    return 0


cdef class _Column:
    """A group's columns, typed once a call."""

    cdef list templates
    cdef array stamps, values

    cdef int open(self, tuple columns) except -1:
        templates, stamps, values = columns
        self.templates, self.stamps, self.values = templates, stamps, values
        if self.templates is None or self.stamps is None or self.values is None:
            raise TypeError("a column is missing")
        need(self.stamps, c"q")
        need(self.values, c"d")
        return 0

    cdef int put(self, template, int64_t stamp, const uint8_t *value) except -1:
        cdef Py_ssize_t at = len(self.stamps)
        cdef Py_ssize_t value_at = len(self.values)
        self.templates.append(template)
        resize_smart(self.stamps, at + 1)
        self.stamps.data.as_longlongs[at] = stamp
        resize_smart(self.values, value_at + 1)
        memcpy(&self.values.data.as_doubles[value_at], value, 8)
        return 0


def read_known(
    bytes data not None, Py_ssize_t at, Py_ssize_t most, table, columns, Py_ssize_t before
):
    """Raises IndexError for an offset outside of the message, or a table that does not fit."""
    cdef dict numbers = table.numbers
    cdef list keys = table.keys
    cdef list templates = table.templates
    cdef bytearray groups = table.groups
    cdef array after = table.after
    if numbers is None or keys is None or templates is None or groups is None or after is None:
        raise TypeError("a table with something missing")
    need(after, c"q")
    cdef Py_ssize_t known = len(keys), end = PyBytes_GET_SIZE(data)
    if not 0 <= at <= end or not NOBODY <= before < known:
        raise IndexError(f"byte {at} of {end}, series {before} of {known}")
    if len(templates) != known or len(groups) != known or len(after) != known:
        raise IndexError("a table whose columns differ in length")
    cdef list opened = []
    cdef _Column column
    for each in columns:
        column = _Column()
        column.open(each)
        opened.append(column)
    cdef const uint8_t *bytes_of = <const uint8_t *>PyBytes_AS_STRING(data)
    cdef const uint8_t *p
    cdef Py_ssize_t taken = 0, start, stop, tail, size, number
    cdef int64_t stamp
    cdef uint64_t value
    cdef int group, open_group = -1
    cdef PyObject *found
    column = None
    while at < end and taken < most:
        start = at + 2
        if start >= end or bytes_of[at] != 0x0A:
            break
        size = bytes_of[at + 1]
        if size >= 0x80:
            if bytes_of[start] >= 0x80:
                break
            size = (size & 0x7F) | <Py_ssize_t>bytes_of[start] << 7
            start += 1
        stop = start + size
        tail = stop - TAIL_BYTES
        if stop > end or tail < start:
            break
        p = bytes_of + tail
        if p[0] != 0x12 or p[1] != 0x10 or p[2] != 0x09 or p[11] != 0x10 or p[17] >= 0x80:
            break
        if not p[12] & p[13] & p[14] & p[15] & p[16] & 0x80:
            break
        memcpy(&value, p + 3, 8)
        if value == STALE:
            break
        stamp = (
            (p[12] & 0x7F) | <int64_t>(p[13] & 0x7F) << 7 | <int64_t>(p[14] & 0x7F) << 14
            | <int64_t>(p[15] & 0x7F) << 21 | <int64_t>(p[16] & 0x7F) << 28
            | <int64_t>p[17] << 35
        )
        number = after.data.as_longlongs[before] if before != NOBODY else NOBODY
        # Fast path: what followed these the last time follows again.
        if not 0 <= number < known or not is_key(keys[number], bytes_of + start, tail - start):
            labels = PyBytes_FromStringAndSize(<const char *>bytes_of + start, tail - start)
            found = PyDict_GetItemWithError(numbers, labels)
            if found == NULL:
                break
            number = <object>found
            if not 0 <= number < known:
                raise IndexError(f"series {number} of {known}")
            if before != NOBODY:
                after.data.as_longlongs[before] = number
        group = groups[number]
        if group != open_group:
            column = opened[group]
            open_group = group
        column.put(templates[number], stamp, p + 3)
        before = number
        taken += 1
        at = stop
    return at, taken, before
