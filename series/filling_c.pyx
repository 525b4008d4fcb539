# cython: language_level=3, boundscheck=True, wraparound=False, cdivision=True
"""The compiled twin of `series.filling`: fills holes and frames samples, in two passes.

The first pass checks every template, hole and chunk and adds up the bytes; the second writes
them. Nothing can change between: all that is read is immutable and the interpreter's lock is held.
"""

from cpython.array cimport array
from cpython.bytes cimport (
    PyBytes_AS_STRING, PyBytes_Check, PyBytes_FromStringAndSize, PyBytes_GET_SIZE,
)
from cpython.list cimport PyList_GET_ITEM
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy

INTERFACE = 6

# A header: the number of holes; for each its number and its place (series/template.py).
cdef enum:
    COUNT_BYTES = 2
    HOLE_BYTES = 6


cdef inline uint16_t read_u16(const uint8_t* data) noexcept nogil:
    return <uint16_t>(data[0] | data[1] << 8)


cdef inline uint32_t read_u32(const uint8_t* data) noexcept nogil:
    return data[0] | <uint32_t>data[1] << 8 | <uint32_t>data[2] << 16 | <uint32_t>data[3] << 24


cdef inline int varint_size(uint64_t number) noexcept nogil:
    cdef int size = 1
    while number >= 0x80:
        number >>= 7
        size += 1
    return size


cdef inline uint8_t* write_varint(uint8_t* out, uint64_t number) noexcept nogil:
    while number >= 0x80:
        out[0] = <uint8_t>(number | 0x80)
        number >>= 7
        out += 1
    out[0] = <uint8_t>number
    return out + 1


cdef inline uint8_t* copied(uint8_t* out, const uint8_t* data, Py_ssize_t size) noexcept nogil:
    memcpy(out, data, size)
    return out + size


cdef Py_ssize_t label_bytes(object template, tuple chunks) except -1:
    """How long the filled labels are; raises for what is no template, or has no chunk."""
    if not PyBytes_Check(template):
        raise TypeError("a layout holds templates")
    cdef const uint8_t* data = <const uint8_t*>PyBytes_AS_STRING(template)
    cdef Py_ssize_t size = PyBytes_GET_SIZE(template)
    if size < COUNT_BYTES:
        raise ValueError("a template of less than two bytes")
    cdef Py_ssize_t holes = read_u16(data)
    cdef Py_ssize_t constants = size - COUNT_BYTES - HOLE_BYTES * holes
    if constants < 0:
        raise ValueError("a template shorter than its holes")
    cdef Py_ssize_t total = constants
    cdef Py_ssize_t before = 0
    cdef Py_ssize_t place
    cdef Py_ssize_t hole
    cdef Py_ssize_t at
    cdef const uint8_t* entry = data + COUNT_BYTES
    for at in range(holes):
        hole = read_u16(entry)
        place = read_u32(entry + 2)
        entry += HOLE_BYTES
        if place < before or place > constants:
            raise ValueError("a template's hole is outside of it")
        before = place
        if hole >= PyTuple_GET_SIZE(chunks):
            raise IndexError(f"no chunk for hole {hole}")
        chunk = <object>PyTuple_GET_ITEM(chunks, hole)
        if not PyBytes_Check(chunk):
            raise TypeError("a chunk is bytes")
        total += PyBytes_GET_SIZE(chunk)
    return total


cdef uint8_t* write_labels(uint8_t* out, object template, tuple chunks):
    """Of a template that `label_bytes` has checked."""
    cdef const uint8_t* data = <const uint8_t*>PyBytes_AS_STRING(template)
    cdef Py_ssize_t size = PyBytes_GET_SIZE(template)
    cdef Py_ssize_t holes = read_u16(data)
    cdef const uint8_t* entry = data + COUNT_BYTES
    cdef const uint8_t* constants = entry + HOLE_BYTES * holes
    cdef Py_ssize_t before = 0
    cdef Py_ssize_t place
    cdef Py_ssize_t at
    cdef object chunk
    for at in range(holes):
        place = read_u32(entry + 2)
        out = copied(out, constants + before, place - before)
        before = place
        chunk = <object>PyTuple_GET_ITEM(chunks, read_u16(entry))
        out = copied(out, <const uint8_t*>PyBytes_AS_STRING(chunk), PyBytes_GET_SIZE(chunk))
        entry += HOLE_BYTES
    return copied(out, constants + before, data + size - constants - before)


def frame_samples(
    layout, Py_ssize_t start, Py_ssize_t stop, chunks, array values not None, timestamps
):
    """Raises IndexError for a range outside of the layout or a hole without its chunk."""
    cdef tuple templates = layout.templates
    cdef tuple filling = tuple(chunks)
    if values.typecode != "d":
        raise TypeError("values are an array of doubles")
    if (
        start < 0
        or start > stop
        or stop > PyTuple_GET_SIZE(templates)
        or stop > len(values)
    ):
        raise IndexError(f"samples {start} to {stop} of {len(templates)}, {len(values)} values")
    cdef array stamps = None
    cdef int64_t stamp = 0
    if isinstance(timestamps, int):
        stamp = timestamps
    else:
        stamps = timestamps
        if stamps.typecode != "q" or stop > len(stamps):
            raise IndexError(f"samples {start} to {stop}, {len(stamps)} timestamps")
    # First pass: check and measure.
    cdef Py_ssize_t total = 0
    cdef Py_ssize_t series
    cdef Py_ssize_t at
    cdef int sample = 10 + varint_size(<uint64_t>stamp)
    for at in range(start, stop):
        if stamps is not None:
            sample = 10 + varint_size(<uint64_t>stamps.data.as_longlongs[at])
        # A sample is at most 20 bytes, so that its own length takes one byte.
        series = label_bytes(<object>PyTuple_GET_ITEM(templates, at), filling) + 2 + sample
        total += 1 + varint_size(series) + series
    # Second pass: write.
    cdef bytes framed = PyBytes_FromStringAndSize(NULL, total)
    cdef uint8_t* out = <uint8_t*>PyBytes_AS_STRING(framed)
    for at in range(start, stop):
        if stamps is not None:
            stamp = stamps.data.as_longlongs[at]
            sample = 10 + varint_size(<uint64_t>stamp)
        out = write_series(
            out,
            <object>PyTuple_GET_ITEM(templates, at),
            filling,
            &values.data.as_doubles[at],
            stamp,
            sample,
        )
    return framed


def frame_rows(
    layout, tuple cuts not None, list chunks not None, list values not None, int64_t stamp
):
    """Raises IndexError for a range outside of the layout or a hole without its chunk."""
    cdef tuple templates = layout.templates
    cdef Py_ssize_t members = len(chunks), rows = len(cuts) - 1, row, member, at
    if len(values) != members:
        raise IndexError(f"{members} members, {len(values)} arrays of values")
    cdef array doubles
    for member in range(members):
        doubles = <array?>values[member]
        if doubles.typecode != "d":
            raise TypeError("values are an array of doubles")
        if not isinstance(chunks[member], tuple):
            raise TypeError("chunks are a tuple")
    # First pass: check and measure.
    cdef array sizes = array("I")
    cdef int sample = 10 + varint_size(<uint64_t>stamp)
    cdef Py_ssize_t total = 0, piece, series, start, stop
    cdef tuple filling
    for row in range(rows):
        start, stop = cuts[row], cuts[row + 1]
        if not 0 <= start <= stop <= len(templates):
            raise IndexError(f"samples {start} to {stop} of {len(templates)}")
        for member in range(members):
            doubles = <array>PyList_GET_ITEM(values, member)
            if stop > len(doubles):
                raise IndexError(f"{stop} samples, {len(doubles)} values")
            filling = <tuple>PyList_GET_ITEM(chunks, member)
            piece = 0
            for at in range(start, stop):
                series = label_bytes(<object>PyTuple_GET_ITEM(templates, at), filling) + 2 + sample
                piece += 1 + varint_size(series) + series
            sizes.append(piece)
            total += piece
    # Second pass: write.
    cdef bytes framed = PyBytes_FromStringAndSize(NULL, total)
    cdef uint8_t* out = <uint8_t*>PyBytes_AS_STRING(framed)
    for row in range(rows):
        start, stop = cuts[row], cuts[row + 1]
        for member in range(members):
            doubles = <array>PyList_GET_ITEM(values, member)
            filling = <tuple>PyList_GET_ITEM(chunks, member)
            for at in range(start, stop):
                out = write_series(
                    out,
                    <object>PyTuple_GET_ITEM(templates, at),
                    filling,
                    &doubles.data.as_doubles[at],
                    stamp,
                    sample,
                )
    return framed, sizes


cdef uint8_t* write_series(
    uint8_t* out, object template, tuple chunks, const double* value, int64_t stamp, int sample
):
    """Of a template that `label_bytes` has checked; `sample`: its length."""
    out[0] = 0x0A
    out = write_varint(out + 1, label_bytes(template, chunks) + 2 + sample)
    out = write_labels(out, template, chunks)
    out[0] = 0x12
    out[1] = <uint8_t>sample
    out[2] = 0x09
    memcpy(out + 3, value, 8)
    out[11] = 0x10
    return write_varint(out + 12, <uint64_t>stamp)


cdef Py_ssize_t need_bytes(object item) except -1:
    if not PyBytes_Check(item):
        raise TypeError("a piece is bytes")
    return PyBytes_GET_SIZE(item)


cdef uint8_t* write_bytes(uint8_t* out, object item):
    return copied(out, <const uint8_t*>PyBytes_AS_STRING(item), PyBytes_GET_SIZE(item))


def weave_samples(
    tuple pieces not None, tuple slots not None, array values not None, bytes stamp not None,
    list tails, Py_ssize_t start, Py_ssize_t stop,
):
    """Raises IndexError if there are not so many of each."""
    cdef Py_ssize_t width = len(pieces), number, at
    cdef bint fits = width == len(slots) + 1 and 0 <= start <= stop <= len(values)
    cdef list column
    if values.typecode != "d":
        raise TypeError("values are an array of doubles")
    for number in range(width):
        fits = fits and stop <= len(<list?>pieces[number])
    if not fits or (tails is not None and stop > len(tails)):
        raise IndexError(f"series {start} to {stop}, {len(values)} values, {len(slots)} slots")
    # First pass: check and measure.
    cdef Py_ssize_t every = 8 + PyBytes_GET_SIZE(stamp)
    for number in range(width - 1):
        every += need_bytes(slots[number])
    cdef Py_ssize_t total = every * (stop - start)
    for number in range(width):
        column = pieces[number]
        for at in range(start, stop):
            total += need_bytes(<object>PyList_GET_ITEM(column, at))
    if tails is not None:
        for at in range(start, stop):
            total += need_bytes(<object>PyList_GET_ITEM(tails, at))
    # Second pass: write.
    cdef bytes woven = PyBytes_FromStringAndSize(NULL, total)
    cdef uint8_t* out = <uint8_t*>PyBytes_AS_STRING(woven)
    for at in range(start, stop):
        for number in range(width):
            if number:
                out = write_bytes(out, <object>PyTuple_GET_ITEM(slots, number - 1))
            column = <list>PyTuple_GET_ITEM(pieces, number)
            out = write_bytes(out, <object>PyList_GET_ITEM(column, at))
        memcpy(out, &values.data.as_doubles[at], 8)
        out = write_bytes(out + 8, stamp)
        if tails is not None:
            out = write_bytes(out, <object>PyList_GET_ITEM(tails, at))
    return woven
