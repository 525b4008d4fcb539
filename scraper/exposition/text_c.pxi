# What both compiled halves of the exposition know of text: hashes and lines.

from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memchr, memcmp, memcpy

# A hostile page may make a table's chains long; then it is read without one.
cdef enum:
    MOST_PROBES = 32

# Unknown to others, so that nobody can choose texts whose hashes are alike.
cdef uint64_t SECRET = <uint64_t>(hash(b"promferry outline") & 0x7fffffffffffffff)


cdef inline uint64_t hashed(const char *p, Py_ssize_t size) noexcept nogil:
    # Two ways at once: the processor need not wait for one product to begin the next.
    cdef uint64_t state = SECRET ^ <uint64_t>size, other = SECRET, word, next
    while size >= 16:
        memcpy(&word, p, 8)
        memcpy(&next, p + 8, 8)
        state = (state ^ word) * <uint64_t>0x9e3779b97f4a7c15
        other = (other ^ next) * <uint64_t>0xc2b2ae3d27d4eb4f
        state ^= state >> 29
        other ^= other >> 31
        p += 16
        size -= 16
    if size >= 8:
        memcpy(&word, p, 8)
        state = (state ^ word) * <uint64_t>0x9e3779b97f4a7c15
        state ^= state >> 29
        p += 8
        size -= 8
    word = 0
    if size:
        memcpy(&word, p, size)
    state = (state ^ word ^ (other << 1)) * <uint64_t>0x9e3779b97f4a7c15
    return state ^ (state >> 32)


cdef inline const char *line_end(const char *p, const char *end) noexcept nogil:
    cdef const char *found = <const char *>memchr(p, c'\n', end - p) if p < end else NULL
    return end if found == NULL else found


cdef inline const char *last_line(const char *p, const char *end) noexcept nogil:
    """Where the last line of a text begins, at its end if that is a line feed."""
    cdef const char *found
    while p < end:
        found = <const char *>memchr(p, c'\n', end - p)
        if found == NULL:
            break
        p = found + 1
    return p
