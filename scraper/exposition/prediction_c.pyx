# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The compiled twin of `scraper.exposition.prediction`, where every name is explained.

The text of a page is one bytes object, cut into gaps by an array of offsets: gap i stands before
value i, and begins with the line feed behind value i-1. A page is predicted gap by gap with memcmp.
What the numbers of `numbers_c.h` are not, Python judges (`odd`).
Invariant: nothing is read outside of a bytes object; every length is checked against its end.
"""

from array import array as new_array

from cpython cimport array
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_New, PyTuple_SET_ITEM
from libc.math cimport isfinite
from libc.stdint cimport int64_t

from scraper.exposition.keys_c import Keys

include "text_c.pxi"

cdef extern from "scraper/exposition/numbers_c.h" nogil:
    const int SMALLEST_POWER, LARGEST_POWER
    uint64_t fives[651][2]
    const char *read_number(const char *p, const char *end, double *value, int *is_hard)

cdef extern from "Python.h":
    double PyOS_string_to_double(const char *s, char **end, object overflow) except? -1.0

INTERFACE = 6

cdef int64_t NO_TIMESTAMP = <int64_t>(<uint64_t>1 << 63)
cdef enum:
    MOST_TEXT = 0x7fffffff
    HASHED_BYTES = 1048576
    GAPS_PER_PART = 5000

cdef array.array DOUBLES = new_array("d")
cdef array.array LONGS = new_array("q")
cdef array.array WORDS = new_array("I")
cdef char IS_PLAIN[256]


def _fill_tables():
    for byte in range(256):
        IS_PLAIN[byte] = byte in b"0123456789+-.eENaInf"
    for power in range(SMALLEST_POWER, LARGEST_POWER + 1):
        five = 5 ** abs(power)
        if power >= 0:
            shift = 128 - five.bit_length()
            bits = five << shift if shift >= 0 else five >> -shift
        else:
            # Rounded up, so that a product is never too small.
            length = (five - 1).bit_length()
            bits = 2 ** (length + 127 if power >= -27 else 2 * length + 128) // five + 1
            bits >>= max(0, bits.bit_length() - 128)
        fives[power - SMALLEST_POWER][0] = <uint64_t>(bits >> 64)
        fives[power - SMALLEST_POWER][1] = <uint64_t>(bits & 0xffffffffffffffff)


_fill_tables()


cdef uint64_t hashed_text(const char *p, Py_ssize_t size) noexcept nogil:
    """Four times as fast: of each 32 bytes every eight go their own way."""
    cdef uint64_t[4] ways
    cdef uint64_t[4] words
    cdef int way
    for way in range(4):
        ways[way] = SECRET + <uint64_t>way
    while size >= 32:
        memcpy(words, p, 32)
        for way in range(4):
            ways[way] = (ways[way] ^ words[way]) * <uint64_t>0x9e3779b97f4a7c15
            ways[way] ^= ways[way] >> 29
        p += 32
        size -= 32
    return hashed(<const char *>ways, 32) ^ hashed(p, size)


cdef int need_longs(array.array items) except -1:
    if items.ob_descr.typecode != c'q':
        raise TypeError("expected an array of q")
    return 0


cdef inline bint is_series(const char *p, const char *end) noexcept nogil:
    """A key was found where a longer one stands: `foo ` in `foo {}`."""
    return p < end and p[0] == c'{'


cdef class Prediction:
    cdef readonly object keys
    cdef readonly object dialect
    cdef readonly Py_hash_t digest
    cdef bytes _text
    cdef array.array _offsets
    cdef bint _has_stamps_ms, _allows_blanks
    # Made by the first page that differs: where each line of the text is, and a table of them.
    # A key has the number of its sample, another line the numbers behind.
    cdef array.array _starts, _sizes, _slots
    cdef uint32_t _mask
    cdef Py_ssize_t _known_lines, _tabled_gaps
    cdef bint _is_tabled, _is_crowded, _has_twins

    def __init__(self, bytes body, array.array starts, array.array ends, dialect):
        cdef Py_ssize_t count = len(starts), size = PyBytes_GET_SIZE(body), at = 0, total = 0, i
        cdef const char *source = PyBytes_AS_STRING(body)
        need_longs(starts)
        need_longs(ends)
        if len(ends) != count or size > MOST_TEXT:
            raise ValueError("a page's parts do not belong together")
        cdef const long long *begin = starts.data.as_longlongs
        cdef const long long *stop = ends.data.as_longlongs
        for i in range(count):
            # A sample stands on a line of its own, behind the sample before, and has a key.
            if (
                not at < begin[i] <= stop[i] <= size
                or source[begin[i] - 1] == c'\n'
                or (i > 0 and source[at] != c'\n')
            ):
                raise ValueError("a page's parts do not belong together")
            total += begin[i] - at
            at = stop[i]
        if count and at < size and source[at] != c'\n':
            raise ValueError("a page's parts do not belong together")
        total += size - at
        cdef bytes text = PyBytes_FromStringAndSize(NULL, total)
        cdef array.array offsets = array.clone(WORDS, count + 2, False)
        cdef char *to = PyBytes_AS_STRING(text)
        at = total = 0
        for i in range(count):
            offsets.data.as_uints[i] = <uint32_t>total
            memcpy(to + total, source + at, begin[i] - at)
            total += begin[i] - at
            at = stop[i]
        offsets.data.as_uints[count] = <uint32_t>total
        memcpy(to + total, source + at, size - at)
        total += size - at
        offsets.data.as_uints[count + 1] = <uint32_t>total
        self.keys = Keys(text, offsets)
        self.dialect = dialect
        self._has_stamps_ms = dialect.has_stamps_ms
        self._allows_blanks = dialect.allows_blanks
        self._text = text
        self._offsets = offsets
        self.digest = <Py_hash_t>(hashed_text(to, min(total, HASHED_BYTES)) >> 1) ^ total

    cdef const char *key_of(self, Py_ssize_t number, Py_ssize_t *size) noexcept:
        """What stands before a value on its line."""
        cdef const char *text = PyBytes_AS_STRING(self._text)
        cdef const char *end = text + self._offsets.data.as_uints[number + 1]
        cdef const char *p = last_line(text + self._offsets.data.as_uints[number], end)
        size[0] = end - p
        return p

    def __eq__(self, other):
        if type(other) is not Prediction:
            return NotImplemented
        cdef Prediction its = other
        return (
            self.dialect is its.dialect
            and self.digest == its.digest
            and len(self._offsets) == len(its._offsets)
            and memcmp(
                self._offsets.data.as_voidptr,
                its._offsets.data.as_voidptr,
                sizeof(uint32_t) * len(self._offsets),
            ) == 0
            and self._text == its._text
        )

    def __hash__(self):
        return self.digest

    def others_in_parts(self):
        for first in range(0, len(self._offsets) - 1, GAPS_PER_PART):
            found = []
            for at in range(first, min(first + GAPS_PER_PART, len(self._offsets) - 1)):
                found += self._others_of(at)
            yield found

    def _others_of(self, Py_ssize_t at):
        """The lines of one gap that are no samples."""
        cdef Py_ssize_t first = self._offsets.data.as_uints[at] + (1 if at else 0)
        cdef Py_ssize_t stop = self._offsets.data.as_uints[at + 1], size
        if at < len(self._offsets) - 2:
            self.key_of(at, &size)
            stop -= size
        # Behind the last line feed of a body there is no line.
        return self._text[first:stop].removesuffix(b"\n").split(b"\n") if first < stop else []

    def reading(self, bytes body, Py_ssize_t most_unknown):
        return Reading(self, body, most_unknown)

    def places(self, bytes body, array.array order, array.array starts, array.array ends):
        cdef Py_ssize_t count = len(self._offsets) - 2, i, rests = 0, number
        for held in (order, starts, ends):
            need_longs(held)
        if not len(order) == len(starts) == len(ends) == count:
            return None
        cdef array.array places = array.clone(LONGS, count, False)
        for i in range(count):
            places.data.as_longlongs[i] = -1
        for i in range(count):
            number = order.data.as_longlongs[i]
            if not 0 <= number < count or places.data.as_longlongs[number] >= 0:
                return None
            places.data.as_longlongs[number] = i
            rests += ends.data.as_longlongs[i] - starts.data.as_longlongs[i]
        if PyBytes_GET_SIZE(body) - rests != PyBytes_GET_SIZE(self._text):
            return None
        # A series that is twice on the page may have changed places with itself. Made already, but
        # where lines had to be read one by one.
        self.table(2 * count + 2)
        return None if self._has_twins or self._is_crowded else places

    cdef Py_ssize_t table(self, Py_ssize_t lines) except -1:
        """Go on making the table; 0 if it is not ready yet."""
        cdef Py_ssize_t count = len(self._offsets) - 2, most
        cdef uint32_t capacity = 16
        if self._is_tabled:
            return 1
        if self._slots is None:
            most = count + 1 + self._text.count(b"\n")
            while capacity < 2 * most:
                capacity *= 2
            self._mask = capacity - 1
            self._slots = array.clone(WORDS, capacity, True)
            self._starts = array.clone(WORDS, most, False)
            self._sizes = array.clone(WORDS, most, False)
            self._known_lines = count
        while self._tabled_gaps <= 2 * count and not self._is_crowded:
            if lines <= 0:
                return 0
            lines -= 1
            if self._tabled_gaps < count:
                self._table_key(self._tabled_gaps)
            else:
                self._table_others(self._tabled_gaps - count)
            self._tabled_gaps += 1
        array.resize(self._starts, self._known_lines)
        array.resize(self._sizes, self._known_lines)
        self._is_tabled = True
        return 1

    cdef int _table_key(self, Py_ssize_t number) except -1:
        cdef Py_ssize_t size
        self.key_of(number, &size)
        self._starts.data.as_uints[number] = self._offsets.data.as_uints[number + 1] - <uint32_t>size
        self._sizes.data.as_uints[number] = <uint32_t>size
        return self._enter(number)

    cdef int _table_others(self, Py_ssize_t gap) except -1:
        cdef const char *text = PyBytes_AS_STRING(self._text)
        cdef Py_ssize_t count = len(self._offsets) - 2
        cdef const char *p = text + self._offsets.data.as_uints[gap] + (1 if gap else 0)
        cdef const char *end = text + self._offsets.data.as_uints[gap + 1]
        cdef const char *stop
        cdef Py_ssize_t size
        if gap < count:
            self.key_of(gap, &size)
            end -= size
        while p < end:
            stop = line_end(p, end)
            # Empty lines are good everywhere or nowhere; the end mark is good in one place only.
            if stop > p and not is_end_mark(p, stop - p) and (
                self.find(p, stop - p) < 0
            ):
                self._starts.data.as_uints[self._known_lines] = <uint32_t>(p - text)
                self._sizes.data.as_uints[self._known_lines] = <uint32_t>(stop - p)
                self._known_lines += 1
                self._enter(self._known_lines - 1)
            p = stop + 1
        return 0

    cdef int _enter(self, Py_ssize_t number) except -1:
        cdef const char *p = PyBytes_AS_STRING(self._text) + self._starts.data.as_uints[number]
        cdef uint32_t size = self._sizes.data.as_uints[number]
        cdef uint32_t slot = <uint32_t>hashed(p, size) & self._mask
        cdef int probe
        for probe in range(MOST_PROBES):
            if self._slots.data.as_uints[slot] == 0:
                self._slots.data.as_uints[slot] = <uint32_t>(number + 1)
                return 0
            if self._is(self._slots.data.as_uints[slot] - 1, p, size):
                self._has_twins = True
                return 0  # a series that is twice on the page: the first counts
            slot = (slot + 1) & self._mask
        self._is_crowded = True
        return 0

    cdef bint _is(self, Py_ssize_t number, const char *p, Py_ssize_t size) noexcept:
        return self._sizes.data.as_uints[number] == <uint32_t>size and memcmp(
            PyBytes_AS_STRING(self._text) + self._starts.data.as_uints[number], p, size
        ) == 0

    cdef Py_ssize_t find(self, const char *p, Py_ssize_t size) noexcept:
        """The number of a line; -1 if it is not known."""
        cdef uint32_t slot = <uint32_t>hashed(p, size) & self._mask
        cdef uint32_t entry
        cdef int probe
        for probe in range(MOST_PROBES):
            entry = self._slots.data.as_uints[slot]
            if entry == 0:
                return -1
            if self._is(entry - 1, p, size):
                return entry - 1
            slot = (slot + 1) & self._mask
        return -1


include "reading_c.pxi"


def permuted(array.array items, array.array places):
    """`items[places[i]]` for each i."""
    cdef Py_ssize_t count = len(places), i, size = len(items)
    cdef array.array moved = array.clone(items, count, False)
    need_longs(places)
    if items.itemsize != 8:
        raise ValueError("items must have 8 bytes each")
    for i in range(count):
        if not 0 <= places.data.as_longlongs[i] < size:
            raise ValueError("a place is beyond the items")
        moved.data.as_longlongs[i] = items.data.as_longlongs[places.data.as_longlongs[i]]
    return moved
