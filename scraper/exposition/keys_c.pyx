# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The compiled twin of `scraper.exposition.keys`, where every name is explained.

Keys are a view of a page's text. What was adopted is a table of numbers, each the place of a key
in one of the texts that are held; it grows little by little, so that no call takes long.
Invariant: nothing is read outside of a bytes object; offsets are checked when a view is made.
"""

from array import array as new_array

from cpython cimport array
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE

include "text_c.pxi"

INTERFACE = 6

cdef array.array SLOTS = new_array("Q")
# A slot: some bits of the hash, which source, and which of its keys; 0 is empty.
cdef enum:
    TAG_SHIFT = 48
    SOURCE_SHIFT = 28
    MOST_KEYS = 1 << 28
    MOST_SOURCES = (1 << 20) - 1
    SMALLEST = 16
    MOVED_AT_ONCE = 4


cdef class Keys:
    """The last line before each offset but the first and the last, as far as it goes."""
    cdef bytes _text
    cdef array.array _offsets
    cdef Py_ssize_t _count
    cdef Py_hash_t _hash

    def __init__(self, bytes text, array.array offsets):
        """Gap i of `text` is from offset i to offset i + 1; the last one has no key."""
        cdef Py_ssize_t at
        cdef uint32_t before = 0
        if offsets.ob_descr.typecode != c'I' or len(offsets) < 2:
            raise ValueError("offsets do not belong to a text")
        for at in range(len(offsets)):
            if not before <= offsets.data.as_uints[at] <= PyBytes_GET_SIZE(text):
                raise ValueError("offsets do not belong to a text")
            before = offsets.data.as_uints[at]
        self._text, self._offsets, self._count = text, offsets, len(offsets) - 2
        self._hash = -1

    cdef const char *at(self, Py_ssize_t number, Py_ssize_t *size) noexcept:
        cdef const char *text = PyBytes_AS_STRING(self._text)
        cdef const char *end = text + self._offsets.data.as_uints[number + 1]
        cdef const char *p = last_line(text + self._offsets.data.as_uints[number], end)
        size[0] = end - p
        return p

    cdef bytes key(self, Py_ssize_t number):
        cdef Py_ssize_t size
        cdef const char *p = self.at(number, &size)
        return PyBytes_FromStringAndSize(p, size)

    def __len__(self):
        return self._count

    def __getitem__(self, index):
        cdef Py_ssize_t number
        if isinstance(index, slice):
            return tuple([self.key(each) for each in range(self._count)[index]])
        number = index
        if number < 0:
            number += self._count
        if not 0 <= number < self._count:
            raise IndexError("no such key")
        return self.key(number)

    def __iter__(self):
        for number in range(self._count):
            yield self.key(number)

    cdef bint same(self, Keys other):
        if self is other:
            return True
        if self._count != other._count:
            return False
        cdef Py_ssize_t head
        for head in range(self._count):
            if not same_key(self, head, other, head):
                return False
        return True

    def __eq__(self, other):
        cdef Py_ssize_t number, size
        cdef const char *p
        if type(other) is Keys:
            return self.same(other)
        if type(other) is not tuple:
            return NotImplemented
        if len(other) != self._count:
            return False
        for number in range(self._count):
            p = self.at(number, &size)
            each = (<tuple>other)[number]
            if (
                not isinstance(each, bytes)
                or PyBytes_GET_SIZE(each) != size
                or memcmp(PyBytes_AS_STRING(each), p, size) != 0
            ):
                return False
        return True

    def __hash__(self):
        """Not that of a tuple: no dictionary has both."""
        cdef Py_ssize_t number, size
        cdef uint64_t state = <uint64_t>self._count
        cdef const char *p
        if self._hash == -1:
            for number in range(self._count):
                p = self.at(number, &size)
                state = (state ^ hashed(p, size)) * <uint64_t>0x9e3779b97f4a7c15
                state ^= state >> 32
            self._hash = <Py_hash_t>(state >> 2)
        return self._hash

    def __repr__(self):
        return f"Keys{tuple(self)!r}"


cdef bint same_key(Keys one, Py_ssize_t at, Keys other, Py_ssize_t there) noexcept:
    cdef Py_ssize_t size, its
    cdef const char *p = one.at(at, &size)
    cdef const char *q = other.at(there, &its)
    return size == its and memcmp(p, q, size) == 0


def common(before, after):
    cdef Py_ssize_t most = min(len(before), len(after)), head = 0, tail = 0
    cdef Keys one, other
    if type(before) is Keys and type(after) is Keys:
        one, other = before, after
        while head < most and same_key(one, head, other, head):
            head += 1
        while tail < most - head and same_key(
            one, one._count - 1 - tail, other, other._count - 1 - tail
        ):
            tail += 1
        return head, tail
    cdef tuple first, second
    if isinstance(before, tuple) and isinstance(after, tuple):
        first, second = before, after
        while head < most and (first[head] is second[head] or first[head] == second[head]):
            head += 1
        while tail < most - head and (
            first[len(first) - 1 - tail] is second[len(second) - 1 - tail]
            or first[len(first) - 1 - tail] == second[len(second) - 1 - tail]
        ):
            tail += 1
        return head, tail
    while head < most and before[head] == after[head]:
        head += 1
    while tail < most - head and before[len(before) - 1 - tail] == after[len(after) - 1 - tail]:
        tail += 1
    return head, tail


cdef class Known:
    cdef readonly dict learned
    cdef dict _others  # adopted, and not in a text of ours, or in a chain that is too long
    cdef list _keys, _values  # the sources: Keys, and what belongs to each
    cdef array.array _slots, _old
    cdef Py_ssize_t _count, _moved

    def __init__(self, Py_ssize_t expected=0):
        cdef Py_ssize_t capacity = SMALLEST
        while 3 * capacity <= 4 * expected:
            capacity *= 2
        self.learned = {}
        self._others = {}
        self._keys = []
        self._values = []
        self._slots = array.clone(SLOTS, capacity, True)

    def __len__(self):
        return self._count + len(self._others) + len(self.learned)

    def __contains__(self, key):
        if not isinstance(key, bytes):
            return False
        return (
            self.slot_of(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key)) != 0
            or key in self._others
            or key in self.learned
        )

    def get(self, bytes key, default):
        cdef uint64_t slot = self.slot_of(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))
        if slot:
            return self.value(slot)
        if key in self._others:
            return self._others[key]
        return self.learned.get(key, default)

    def found(self, keys, Py_ssize_t start, Py_ssize_t stop, default):
        cdef Py_ssize_t number, size
        cdef const char *p
        cdef uint64_t slot
        cdef Keys its
        cdef list values = []
        if type(keys) is not Keys:
            return [self.get(key, default) for key in keys[start:stop]]
        its = keys
        for number in range(max(start, 0), min(stop, its._count)):
            p = its.at(number, &size)
            slot = self.slot_of(p, size)
            if slot:
                values.append(self.value(slot))
            elif self.learned or self._others:
                values.append(self.get(PyBytes_FromStringAndSize(p, size), default))
            else:
                values.append(default)
        return values

    def learn(self, bytes key, value):
        self.learned[key] = value

    def adopt(self, keys, values, Py_ssize_t start, Py_ssize_t stop):
        cdef Py_ssize_t number, size
        cdef const char *p
        cdef uint64_t place
        cdef Keys its
        cdef list new = []
        stop = min(stop, len(keys))
        start = max(start, 0)
        if len(values) != len(keys):
            raise ValueError("a value for each key")
        if (
            type(keys) is not Keys or len(keys) >= MOST_KEYS
            or type(values) is not tuple or len(self._keys) >= MOST_SOURCES
        ):
            for number in range(start, stop):
                self._adopt_one(keys[number], values[number], new)
            return new
        its = keys
        for number in range(start, stop):
            p = its.at(number, &size)
            if self.slot_of(p, size):
                continue
            if self._others and PyBytes_FromStringAndSize(p, size) in self._others:
                continue
            self._grow()
            self._hold(its, values)
            place = <uint64_t>len(self._keys) << SOURCE_SHIFT | <uint64_t>number
            if not self.enter(self._slots, hashed(p, size), place):
                self._adopt_one(its.key(number), values[number], new)
                continue
            self._count += 1
            if self.learned:
                self.learned.pop(PyBytes_FromStringAndSize(p, size), None)
            new.append(values[number])
        return new

    cdef int _hold(self, Keys keys, tuple values) except -1:
        """As the last source."""
        cdef Py_ssize_t last = len(self._keys) - 1
        if last < 0 or self._keys[last] is not keys or self._values[last] is not values:
            self._keys.append(keys)
            self._values.append(values)
        return 0

    def _adopt_one(self, bytes key, value, list new):
        if self.slot_of(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key)) == 0 and (
            key not in self._others
        ):
            self._others[key] = value
            self.learned.pop(key, None)
            new.append(value)

    cdef object value(self, uint64_t slot):
        cdef Py_ssize_t source = <Py_ssize_t>(slot >> SOURCE_SHIFT & MOST_SOURCES) - 1
        return (<tuple>self._values[source])[<Py_ssize_t>(slot & (MOST_KEYS - 1))]

    cdef uint64_t slot_of(self, const char *p, Py_ssize_t size) except? 0:
        """0: it is not in the tables."""
        cdef uint64_t hash_ = hashed(p, size)
        cdef uint64_t slot = self.among(self._slots, hash_, p, size)
        if slot == 0 and self._old is not None:
            slot = self.among(self._old, hash_, p, size)
        return slot

    cdef uint64_t among(
        self, array.array slots, uint64_t hash_, const char *p, Py_ssize_t size
    ) except? 0:
        cdef uint64_t mask = <uint64_t>len(slots) - 1, at = hash_ & mask, slot
        cdef int probe
        for probe in range(MOST_PROBES):
            slot = slots.data.as_ulonglongs[at]
            if slot == 0:
                return 0
            if slot >> TAG_SHIFT == hash_ >> TAG_SHIFT and self.is_at(slot, p, size):
                return slot
            at = (at + 1) & mask
        return 0

    cdef bint is_at(self, uint64_t slot, const char *p, Py_ssize_t size) except -1:
        cdef Keys keys = self._keys[<Py_ssize_t>(slot >> SOURCE_SHIFT & MOST_SOURCES) - 1]
        cdef Py_ssize_t its
        cdef const char *q = keys.at(<Py_ssize_t>(slot & (MOST_KEYS - 1)), &its)
        return its == size and memcmp(p, q, size) == 0

    cdef bint enter(self, array.array slots, uint64_t hash_, uint64_t place) noexcept:
        """False if its chain is too long."""
        cdef uint64_t mask = <uint64_t>len(slots) - 1, at = hash_ & mask
        cdef int probe
        for probe in range(MOST_PROBES):
            if slots.data.as_ulonglongs[at] == 0:
                slots.data.as_ulonglongs[at] = hash_ >> TAG_SHIFT << TAG_SHIFT | place
                return True
            at = (at + 1) & mask
        return False

    cdef int _grow(self) except -1:
        """Room for one more, and some of the old table's slots moved."""
        cdef Py_ssize_t capacity = len(self._slots), size
        cdef uint64_t slot
        cdef Keys keys
        cdef const char *p
        cdef int number
        if 4 * (self._count + 1) > 3 * capacity:
            # The one before was moved long ago: four slots a call, of half as many.
            self._old, self._moved = self._slots, 0
            self._slots = array.clone(SLOTS, 2 * capacity, True)
        if self._old is None:
            return 0
        for number in range(MOVED_AT_ONCE):
            if self._moved == len(self._old):
                self._old = None
                return 0
            slot = self._old.data.as_ulonglongs[self._moved]
            if slot:
                keys = self._keys[<Py_ssize_t>(slot >> SOURCE_SHIFT & MOST_SOURCES) - 1]
                p = keys.at(<Py_ssize_t>(slot & (MOST_KEYS - 1)), &size)
                if not self.enter(self._slots, hashed(p, size), slot << 16 >> 16):
                    self._others[PyBytes_FromStringAndSize(p, size)] = self.value(slot)
                    self._count -= 1
            self._moved += 1
        return 0
