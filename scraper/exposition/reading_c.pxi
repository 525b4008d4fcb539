# The second half of prediction_c.pyx: one body against one prediction.


cdef class Reading:
    """One body against one prediction."""
    cdef Prediction _known
    cdef bytes _body
    cdef const char *_base
    cdef const char *_end
    cdef const char *_at
    cdef Py_ssize_t _cursor  # the sample that is expected next
    cdef Py_ssize_t _count  # samples and unknown lines so far
    cdef Py_ssize_t _most_unknown
    cdef bint _is_ended, _has_begun
    cdef readonly bint is_missed, is_scan, is_given_up
    cdef readonly array.array values, stamps, order, starts, ends
    cdef readonly list odd, unknown

    def __init__(self, Prediction known, bytes body, Py_ssize_t most_unknown):
        self._known = known
        self._most_unknown = most_unknown
        self._body = body
        self._base = self._at = PyBytes_AS_STRING(body)
        self._end = self._base + PyBytes_GET_SIZE(body)
        self.values = array.clone(DOUBLES, len(known._offsets) - 2, False)
        self.odd = []
        self.unknown = []

    def advance(self, Py_ssize_t lines):
        if not self.is_missed:
            self._predict(lines)
        elif self.is_scan:
            self._scan(lines)
        elif self._known.table(lines):
            # More than values differ: from here on lines are looked up where they are unexpected.
            self._begin_scan()
        return self._is_ended

    cdef int _predict(self, Py_ssize_t lines) except -1:
        # Hot: bench/bench_exposition.py holds the figure.
        cdef Prediction known = self._known
        cdef const char *text = PyBytes_AS_STRING(known._text)
        cdef const uint32_t *offsets = known._offsets.data.as_uints
        cdef Py_ssize_t count = len(known._offsets) - 2, size
        cdef Py_ssize_t i = self._cursor
        cdef const char *p = self._at
        cdef const char *end = self._end
        while i < count and lines > 0:
            size = offsets[i + 1] - offsets[i]
            if end - p < size or memcmp(p, text + offsets[i], size) != 0 or is_series(p + size, end):
                break
            p = self._value(p + size, i)
            i += 1
            lines -= 1
        self._cursor = self._count = i
        self._at = p
        if i < count:
            if lines > 0:
                self._miss()
            return 0
        size = offsets[i + 1] - offsets[i]
        if end - p == size and memcmp(p, text + offsets[i], size) == 0:
            self._is_ended = True
        else:
            self._miss()
        return 0

    cdef int _miss(self) except -1:
        self.is_missed = True
        self.is_given_up = self._is_ended = self._most_unknown < 0
        return 0

    cdef inline const char *_value(self, const char *p, Py_ssize_t to) except NULL:
        """Read what stands behind a key; gives the end of the line."""
        cdef const char *end = self._end
        cdef int is_hard = 0
        cdef const char *q = read_number(p, end, &self.values.data.as_doubles[to], &is_hard)
        if q != NULL and (q == end or q[0] == c'\n'):
            if not is_hard:
                if self.stamps is not None:
                    self.stamps.data.as_longlongs[to] = NO_TIMESTAMP
                return q
            if self._hard(p, q, to):
                return q
        return self._rest(p, q, is_hard, to)

    cdef bint _hard(self, const char *p, const char *q, Py_ssize_t to) except -1:
        """A value that needs many digits; False if it is odd. `p[q - p]` is no digit, or the NUL
        that ends every bytes object."""
        cdef char *stop = NULL
        cdef double value
        try:
            value = PyOS_string_to_double(p, &stop, OverflowError)
        except (ValueError, OverflowError):
            return False
        if stop != q or not isfinite(value):
            return False
        self.values.data.as_doubles[to] = value
        if self.stamps is not None:
            self.stamps.data.as_longlongs[to] = NO_TIMESTAMP
        return True

    cdef const char *_rest(
        self, const char *p, const char *q, bint is_hard, Py_ssize_t to
    ) except NULL:
        """A value with a timestamp, or what Python has to judge."""
        cdef const char *stop = line_end(p, self._end)
        cdef const char *digits
        cdef int64_t stamp = 0
        if q != NULL and q < stop and q[0] == c' ' and self._known._has_stamps_ms and not (
            is_hard and not self._hard(p, q, to)
        ):
            digits = q = q + 1
            # 18 digits fit 64 bits whatever they are.
            while q < stop and q - digits < 18 and c'0' <= q[0] <= c'9':
                stamp = stamp * 10 + (q[0] - c'0')
                q += 1
            if q == stop and q > digits:
                self._need_stamps()
                self.stamps.data.as_longlongs[to] = stamp
                return stop
        if self.stamps is not None:
            self.stamps.data.as_longlongs[to] = NO_TIMESTAMP
        self.values.data.as_doubles[to] = 0.0
        self.odd.append((to, self._body[p - self._base:stop - self._base]))
        return stop

    cdef int _need_stamps(self) except -1:
        cdef Py_ssize_t i
        if self.stamps is None:
            self.stamps = array.clone(LONGS, len(self.values), False)
            for i in range(len(self.values)):
                self.stamps.data.as_longlongs[i] = NO_TIMESTAMP
        return 0

    cdef int _begin_scan(self) except -1:
        cdef Prediction known = self._known
        self.is_scan = True
        if known._is_crowded:
            self.is_given_up = self._is_ended = True
            return 0
        cdef Py_ssize_t most = self._count + 1, i, size
        cdef const char *p = self._at
        while p < self._end:
            p = line_end(p, self._end) + 1
            most += 1
        cdef array.array values = self.values, stamps = self.stamps
        self.values = array.clone(DOUBLES, most, False)
        if stamps is not None:
            self.stamps = array.clone(LONGS, most, False)
        for i in range(self._count):
            self.values.data.as_doubles[i] = values.data.as_doubles[i]
            if stamps is not None:
                self.stamps.data.as_longlongs[i] = stamps.data.as_longlongs[i]
        self.order = array.clone(LONGS, most, False)
        self.starts = array.clone(LONGS, most, False)
        self.ends = array.clone(LONGS, most, False)
        p = self._base
        for i in range(self._count):
            size = known._offsets.data.as_uints[i + 1] - known._offsets.data.as_uints[i]
            self.order.data.as_longlongs[i] = i
            self.starts.data.as_longlongs[i] = p + size - self._base
            p = line_end(p + size, self._end)
            self.ends.data.as_longlongs[i] = p - self._base
        self._has_begun = self._count > 0
        return 0

    cdef int _scan(self, Py_ssize_t lines) except -1:
        cdef Prediction known = self._known
        cdef const char *text = PyBytes_AS_STRING(known._text)
        cdef const uint32_t *offsets = known._offsets.data.as_uints
        cdef Py_ssize_t count = len(known._offsets) - 2, size, i
        cdef const char *p = self._at
        cdef const char *end = self._end
        while lines > 0:
            lines -= 1
            i = self._cursor
            # Expected: the gap behind the sample before. The first gap begins no line.
            if i < count and (i > 0) == self._has_begun:
                size = offsets[i + 1] - offsets[i]
                if end - p >= size and memcmp(p, text + offsets[i], size) == 0 and (
                    not is_series(p + size, end)
                ):
                    p = self._sample(p + size, i)
                    continue
            if self._has_begun:
                if p < end:
                    p += 1  # the line feed
                if p == end:
                    self._is_ended = True
                    break
            elif p == end:
                self._is_ended = True
                break
            p = self._look_up(p, line_end(p, end))
            self._has_begun = True
            if len(self.unknown) > self._most_unknown:
                self.is_given_up = self._is_ended = True
                break
        self._at = p
        if self._is_ended:
            for held in (self.values, self.order, self.starts, self.ends, self.stamps):
                if held is not None:
                    array.resize(held, self._count)
        return 0

    cdef const char *_sample(self, const char *p, Py_ssize_t number) except NULL:
        cdef Py_ssize_t at = self._next()
        cdef const char *stop = self._value(p, at)
        self.order.data.as_longlongs[at] = number
        self.starts.data.as_longlongs[at] = p - self._base
        self.ends.data.as_longlongs[at] = stop - self._base
        self._count = at + 1
        self._cursor = number + 1
        self._has_begun = True
        return stop

    cdef Py_ssize_t _next(self) except -1:
        if self._count >= len(self.order):
            raise IndexError("a body with more samples than lines")
        return self._count

    cdef const char *_look_up(self, const char *p, const char *stop) except NULL:
        """Read the line from `p` to `stop`, wherever it stood before."""
        cdef Prediction known = self._known
        cdef Py_ssize_t count = len(known._offsets) - 2, number, at
        cdef const char *q = stop
        if p == stop:
            if known._allows_blanks:
                return stop
        elif known.find(p, stop - p) >= count:
            return stop
        elif p[0] != c'#':
            while q > p and IS_PLAIN[<unsigned char>q[-1]]:
                q -= 1
            number = known.find(p, q - p)
            if number < 0 and q > p and q[-1] == c' ':
                q -= 1  # there may be a timestamp behind that blank
                while q > p and IS_PLAIN[<unsigned char>q[-1]]:
                    q -= 1
                number = known.find(p, q - p)
            if 0 <= number < count and q < stop:
                return self._sample(q, number)
        at = self._next()
        self.unknown.append(at)
        self.order.data.as_longlongs[at] = -1
        self.starts.data.as_longlongs[at] = p - self._base
        self.ends.data.as_longlongs[at] = stop - self._base
        self.values.data.as_doubles[at] = 0.0
        if self.stamps is not None:
            self.stamps.data.as_longlongs[at] = NO_TIMESTAMP
        self._count = at + 1
        return stop
