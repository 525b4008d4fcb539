# The second half of prediction_c.pyx: one body against one prediction.
#
# A body that is not predicted is mended first: walked line by line beside the text, with a look at
# the lines ahead for one that was left out. What differs stands in two short lists, of lines passed
# over in the text and of lines of the body that are not in their place, which are then matched. Only
# if one of them grows too long are all lines of the text put in a table.

cdef enum:
    PREDICTING, MENDING, TABLING, SCANNING, CLOSING
    # What one look costs is bounded: ahead in the text, and the lists against one another.
    AHEAD = 10
    MOST_MENDED = 48


cdef inline bint is_end_mark(const char *p, Py_ssize_t size) noexcept nogil:
    return size == 5 and memcmp(p, b"# EOF", 5) == 0


cdef inline const char *before_number(const char *p, const char *end) noexcept nogil:
    """Where what may be a number at the end of a line begins."""
    while end > p and IS_PLAIN[<unsigned char>(end - 1)[0]]:
        end -= 1
    return end


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
    cdef int _phase
    # Mending: the line of the text that is expected, and what was passed over, by three numbers
    # each: start, size, and the sample's number, or -1. Where predicting ended, to begin again.
    cdef Py_ssize_t _text_at, _passed_count, _missed_count
    cdef const char *_missed_at
    cdef Py_ssize_t _passed[3 * MOST_MENDED]
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
        if self._phase == PREDICTING:
            self._predict(lines)
        elif self._phase == MENDING:
            if not self.is_scan:
                self._begin_scan()
            self._mend(lines)
        elif self._phase == SCANNING:
            self._scan(lines)
        elif self._known.table(lines):
            if self._phase == CLOSING:
                self._finish()
            else:
                self._phase = SCANNING
                self._begin_scan()
            # Hostile: no table can be made.
            if self._known._is_crowded:
                self.is_given_up = self._is_ended = True
        return self._is_ended

    def number_of(self, bytes key):
        cdef Prediction known = self._known
        cdef Py_ssize_t number
        if self._phase == SCANNING:
            number = known.find(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))
            return number if number < len(known._offsets) - 2 else -1
        # In its place it would have been known.
        return self._passed_number(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))

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
        self._phase = TABLING if self._known._is_tabled else MENDING
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
        # Mending takes each sample once.
        cdef Py_ssize_t most = len(known._offsets) + MOST_MENDED, i, size
        cdef const char *p = self._at
        if self._phase == SCANNING:
            most = self._count + 1
            while p < self._end:
                p = line_end(p, self._end) + 1
                most += 1
        cdef array.array values = self.values, stamps = self.stamps
        self.values = array.clone(DOUBLES, most, False)
        if stamps is not None:
            self.stamps = array.clone(LONGS, most, False)
        if self._count:  # an empty array has no place in memory
            memcpy(self.values.data.as_doubles, values.data.as_doubles, 8 * self._count)
            if stamps is not None:
                memcpy(self.stamps.data.as_longlongs, stamps.data.as_longlongs, 8 * self._count)
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
        self._missed_count, self._missed_at = self._count, self._at
        self._text_at = self._line_behind(self._count)
        return 0

    cdef Py_ssize_t _line_behind(self, Py_ssize_t gap) noexcept:
        """Where the first line of a gap begins; behind the text if there is none."""
        cdef Py_ssize_t start = self._known._offsets.data.as_uints[gap]
        return start + 1 if gap else start

    cdef Py_ssize_t _line_size(self, Py_ssize_t at, Py_ssize_t gap, bint *is_key) noexcept:
        """How long the line is that begins at `at` of the text, in that gap."""
        cdef const char *text = PyBytes_AS_STRING(self._known._text)
        cdef Py_ssize_t stop = self._known._offsets.data.as_uints[gap + 1]
        cdef const char *end = line_end(text + at, text + stop)
        is_key[0] = end == text + stop and gap < len(self._known._offsets) - 2
        return end - text - at

    cdef bint _is_line(self, const char *p, Py_ssize_t at, Py_ssize_t size, bint is_key) noexcept:
        """Whether the body has that line of the text at `p`, but for a value."""
        cdef const char *text = PyBytes_AS_STRING(self._known._text) + at
        if self._end - p < size or memcmp(p, text, size) != 0:
            return False
        if is_key:
            return not is_series(p + size, self._end)
        # The end mark is good in one place only.
        return (p + size == self._end or p[size] == c'\n') and size and not is_end_mark(p, size)

    cdef int _mend(self, Py_ssize_t lines) except -1:
        cdef Prediction known = self._known
        cdef const char *text = PyBytes_AS_STRING(known._text)
        cdef const uint32_t *offsets = known._offsets.data.as_uints
        cdef Py_ssize_t count = len(known._offsets) - 2, size
        cdef const char *p = self._at
        cdef const char *end = self._end
        cdef const char *stop
        cdef bint is_key = False
        # Between two lines of the body: at the line feed, but at its beginning.
        while lines > 0:
            lines -= 1
            if self._has_begun and p < end:
                p = self._mend_on(p, lines)
            if self._has_begun and p < end:
                p += 1
            if p == end:
                self._at = p
                self._match_passed()
                return 0
            self._has_begun = True
            stop = line_end(p, end)
            if p == stop and known._allows_blanks:
                p = stop
            elif self._look_ahead(p, &is_key):
                # The line that is expected now.
                size = self._line_size(self._text_at, self._cursor, &is_key)
                if is_key:
                    p = self._sample(p + size, self._cursor)
                    self._text_at = self._line_behind(self._cursor)
                else:
                    self._text_at += size + 1
                    p = stop
            elif len(self.unknown) < min(MOST_MENDED, self._most_unknown):
                self._note_unknown(p, stop)
                p = stop
            else:
                self._mend_no_more()
                return 0
        self._at = p
        return 0

    cdef const char *_mend_on(self, const char *p, Py_ssize_t lines) except NULL:
        """As far as all is as in the text; `p`: the line feed behind the line before."""
        # Hot: bench/bench_exposition.py holds the figure.
        cdef Prediction known = self._known
        cdef const char *text = PyBytes_AS_STRING(known._text)
        cdef const uint32_t *offsets = known._offsets.data.as_uints
        cdef long long *order = self.order.data.as_longlongs
        cdef long long *starts = self.starts.data.as_longlongs
        cdef long long *ends = self.ends.data.as_longlongs
        cdef Py_ssize_t count = len(known._offsets) - 2, most = len(self.order), size
        cdef Py_ssize_t i = self._cursor, at = self._count
        cdef const char *begun = text + self._text_at
        cdef const char *end = self._end
        while i < count and at < most and lines > 0:
            size = text + offsets[i + 1] - begun
            # With the line feed: behind it the line begins.
            if end - p <= size or memcmp(p + 1, begun, size) != 0 or is_series(p + 1 + size, end):
                break
            p += 1 + size
            order[at] = i
            starts[at] = p - self._base
            p = self._value(p, at)
            ends[at] = p - self._base
            i += 1
            at += 1
            lines -= 1
            begun = text + offsets[i] + 1
            if p == end:
                break
        if i > self._cursor:
            self._text_at = begun - text
        self._cursor, self._count = i, at
        return p

    cdef bint _look_ahead(self, const char *p, bint *is_key) noexcept:
        """Go on in the text to the line at `p`, if it is near; what is between was left out."""
        cdef Py_ssize_t at = self._text_at, gap = self._cursor, passed = self._passed_count, size
        cdef Py_ssize_t count = len(self._known._offsets) - 2
        cdef Py_ssize_t end = PyBytes_GET_SIZE(self._known._text)
        cdef int ahead
        for ahead in range(AHEAD):
            if at >= end:
                return False
            size = self._line_size(at, gap, is_key)
            if self._is_line(p, at, size, is_key[0]):
                self._text_at, self._cursor, self._passed_count = at, gap, passed
                return True
            if passed == MOST_MENDED:
                return False
            self._passed[3 * passed] = at
            self._passed[3 * passed + 1] = size
            self._passed[3 * passed + 2] = gap if is_key[0] else -1
            passed += 1
            if is_key[0]:
                gap += 1
                at = self._line_behind(gap)
            else:
                at += size + 1
        return False

    cdef Py_ssize_t _passed_number(self, const char *p, Py_ssize_t size) noexcept:
        """The number of the sample that was passed over with this key, or -1; -2: a line that is
        no sample."""
        cdef const char *text = PyBytes_AS_STRING(self._known._text)
        cdef Py_ssize_t each, found = -1
        for each in range(self._passed_count):
            if self._passed[3 * each + 1] == size and (
                memcmp(text + self._passed[3 * each], p, size) == 0
            ):
                found = self._passed[3 * each + 2]
                return found if found >= 0 else -2
        return -1

    cdef int _match_passed(self) except -1:
        """The body is at its end: what was passed over may be what was not in its place."""
        cdef Py_ssize_t end = PyBytes_GET_SIZE(self._known._text), size, at, number, gone = 0
        cdef Py_ssize_t count = len(self._known._offsets) - 2
        cdef bint is_key = False
        cdef const char *p
        cdef const char *q
        cdef const char *stop
        if self.unknown:
            while self._text_at < end:
                if self._passed_count == MOST_MENDED:
                    return self._mend_no_more()
                size = self._line_size(self._text_at, self._cursor, &is_key)
                self._passed[3 * self._passed_count] = self._text_at
                self._passed[3 * self._passed_count + 1] = size
                self._passed[3 * self._passed_count + 2] = self._cursor if is_key else -1
                self._passed_count += 1
                if is_key:
                    self._cursor += 1
                    self._text_at = self._line_behind(self._cursor)
                else:
                    self._text_at += size + 1
        left = []
        matched = []
        for at in self.unknown:
            p = self._base + self.starts.data.as_longlongs[at]
            stop = self._base + self.ends.data.as_longlongs[at]
            if not is_end_mark(p, stop - p) and p < stop and (
                self._passed_number(p, stop - p) == -2
            ):
                matched.append(at)
                continue
            q = before_number(p, stop)
            number = self._passed_number(p, q - p)
            if number < 0 and q > p and (q - 1)[0] == c' ':
                q = before_number(p, q - 1)  # there may be a timestamp behind that blank
                number = self._passed_number(p, q - p)
            if number < 0 or q == stop or p[0] == c'#':
                left.append(at)
                continue
            self._value(q, at)
            self.order.data.as_longlongs[at] = number
            self.starts.data.as_longlongs[at] = q - self._base
        self.unknown = left
        if matched:
            self._drop(matched)
        if not left and self._count == count:
            self._phase = CLOSING  # another order, perhaps: whether a series is there twice counts
        else:
            self._finish()
        return 0

    cdef int _drop(self, list gone) except -1:
        """Lines that turned out to be no samples, in order."""
        cdef Py_ssize_t at, to = 0, number = 0
        cdef array.array held
        moved = {}
        for at in range(self._count):
            if number < len(gone) and gone[number] == at:
                number += 1
                continue
            moved[at] = to
            for held in (self.order, self.starts, self.ends):
                held.data.as_longlongs[to] = held.data.as_longlongs[at]
            self.values.data.as_doubles[to] = self.values.data.as_doubles[at]
            if self.stamps is not None:
                self.stamps.data.as_longlongs[to] = self.stamps.data.as_longlongs[at]
            to += 1
        self._count = to
        self.unknown = [moved[at] for at in self.unknown]
        self.odd = [(moved[at], rest) for at, rest in self.odd]
        return 0

    cdef int _mend_no_more(self) except -1:
        """Too much differs: begin again where predicting ended, with a table."""
        self._at, self._count, self._cursor = self._missed_at, self._missed_count, self._missed_count
        self._has_begun = self._count > 0
        self.unknown = []
        self.odd = [(at, rest) for at, rest in self.odd if at < self._count]
        self._passed_count = 0
        self._phase = TABLING
        return 0

    cdef int _finish(self) except -1:
        for held in (self.values, self.order, self.starts, self.ends, self.stamps):
            if held is not None:
                array.resize(held, self._count)
        self._is_ended = True
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
            self._finish()
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
        cdef Py_ssize_t count = len(known._offsets) - 2, number
        cdef const char *q
        if p == stop:
            if known._allows_blanks:
                return stop
        elif p[0] == c'#':
            if known.find(p, stop - p) >= count:
                return stop
        else:
            q = before_number(p, stop)
            number = known.find(p, q - p)
            if number < 0 and q > p and (q - 1)[0] == c' ':
                q = before_number(p, q - 1)  # there may be a timestamp behind that blank
                number = known.find(p, q - p)
            if 0 <= number < count and q < stop:
                return self._sample(q, number)
            if known.find(p, stop - p) >= count:
                return stop
        self._note_unknown(p, stop)
        return stop

    cdef int _note_unknown(self, const char *p, const char *stop) except -1:
        cdef Py_ssize_t at = self._next()
        self.unknown.append(at)
        self.order.data.as_longlongs[at] = -1
        self.starts.data.as_longlongs[at] = p - self._base
        self.ends.data.as_longlongs[at] = stop - self._base
        self.values.data.as_doubles[at] = 0.0
        if self.stamps is not None:
            self.stamps.data.as_longlongs[at] = NO_TIMESTAMP
        self._count = at + 1
        return 0
