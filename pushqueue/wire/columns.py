"""A layout's series as remote write 2.0 wants them: texts by number, cut open at what varies.

Takes a layout, its chunks and metadata once; gives heads of series for a symbol table.
Invariant: the references of constants come from the table alone, so that the heads are the same
bytes whenever the table gives the same references; only slots are filled per batch.

    series:   2a LEN 0a LEN  refs [slot] refs [slot] refs  12 10 09  value  10 timestamp  metadata
              `--- first ---------'      `middle'    `---- last ---'

A slot is a run of labels that every series of the layout has at the same place among its slots:
holes of the templates, and label pairs that are common to all (`instance`, `job`). Thereby
targets with equal pages have equal constants, whatever their own labels are. Where series differ
in their slots the layout is irregular: it has no heads, and each series is put together singly.
"""

from collections.abc import Mapping, Sequence
from itertools import chain

import attrs

from pushqueue.wire.symbols import Symbols
from series.labels import Labels
from series.layout import Layout
from series.metadata import Families
from series.wire import encode_label, varint

SERIES_TAG = b"\x2a"  # Request.timeseries: field 5
REFS_TAG = b"\x0a"  # TimeSeries.labels_refs: field 1, packed
METADATA_TAG = b"\x2a"  # TimeSeries.metadata: field 5
SAMPLE_HEAD = b"\x12\x10\x09"  # a sample of 16 bytes up to its value
_SAMPLE_BYTES = 18
_TYPE, _HELP, _UNIT = b"\x08", b"\x18", b"\x20"  # Metadata: fields 1, 3, 4

# A table that changes from request to request (jobs that come and go in it) has a few forms.
_MAX_FORMS = 2

_HOLE = "\0"  # no label's name begins so

Label = tuple[str, str]


@attrs.frozen(eq=False)
class Form:
    """Heads for one set of references and one length of the slots."""

    key: tuple[tuple[bytes, ...], int]
    pieces: tuple[list[bytes], ...]
    metadata: list[bytes] | None


class Columns:
    """`slots`: for each the labels in it, holes by their number."""

    def __init__(self, layout: Layout, chunk_count: int, families: Families | None) -> None:
        self.families = families
        holes = [encode_label(f"{_HOLE}{number}", "h") for number in range(chunk_count)]
        rows = [template.labels(holes) for template in layout.templates]
        cut = _cut(rows)
        self._numbers: dict[str, int] = {}
        self.is_regular = cut is not None
        if cut is not None:
            self.slots, segments = cut
            self._segments = [[self._indices(labels) for labels in row] for row in segments]
        else:
            found = dict.fromkeys([label for row in rows for label in row if _is_hole(label)])
            self.slots = [(label,) for label in found]
            # A negative number counts from the end, where the slots are.
            places = {label: -1 - number for number, label in enumerate(found)}
            self._segments = [[self._places(row, places)] for row in rows]
        self._said = [self._metadata_of(row) for row in rows] if families is not None else None
        self.symbols: tuple[str, ...] = tuple(self._numbers)
        self._forms: list[Form] = []

    def _indices(self, labels: Sequence[Label]) -> tuple[int, ...]:
        numbers = self._numbers
        return tuple(
            [numbers.setdefault(text, len(numbers)) for text in chain.from_iterable(labels)]
        )

    def _places(self, row: Labels, places: Mapping[Label, int]) -> tuple[int, ...]:
        numbers: list[int] = []
        for label in row:
            at = places.get(label)
            numbers += self._indices([label]) if at is None else (at,)
        return tuple(numbers)

    def _metadata_of(self, row: Labels) -> tuple[int, int, int]:
        """Type, and the numbers of help and unit; 0 and two empty texts where nothing is known."""
        assert self.families is not None
        said = self.families.of(dict(row).get("__name__", ""))
        type_, help_, unit = (said.type, said.help, said.unit) if said else (0, "", "")
        help_number, unit_number = self._indices([(help_, unit)])
        return int(type_), help_number, unit_number

    def slot_bytes(self, symbols: Symbols, chunks: Sequence[bytes]) -> list[bytes]:
        """What fills each slot for a target: references of its labels."""
        return [
            b"".join(
                [
                    symbols.packed(chunks[int(name[1:])])
                    if name.startswith(_HOLE)
                    else symbols[name] + symbols[value]
                    for name, value in slot
                ]
            )
            for slot in self.slots
        ]

    def form(self, symbols: Symbols, slots: Sequence[bytes]) -> Form:
        """The heads under `symbols`; remembered, as one request is like the next."""
        slot_bytes = sum(map(len, slots))
        # Fast path: another part of the request had them; references are not even looked up.
        form: Form | None = symbols.forms.get((self, slot_bytes))
        if form is None:
            form = self._form((symbols.references(self.symbols), slot_bytes))
            symbols.forms[self, slot_bytes] = form
        return form

    def _form(self, key: tuple[tuple[bytes, ...], int]) -> Form:
        for form in self._forms:
            if form.key == key:
                return form
        form = self._build(key)
        self._forms = [form, *self._forms[: _MAX_FORMS - 1]]
        return form

    def _build(self, key: tuple[tuple[bytes, ...], int]) -> Form:
        references, slot_bytes = key
        metadata = self._all_metadata(references)
        pieces: tuple[list[bytes], ...] = tuple([[] for _ in range(len(self.slots) + 1)])
        memo: dict[tuple[int, ...], bytes] = {}
        for at, row in enumerate(self._segments):
            constants = []
            for segment in row:
                joined = memo.get(segment)
                if joined is None:
                    joined = memo[segment] = b"".join([references[i] for i in segment])
                constants.append(joined)
            refs_bytes = sum(map(len, constants)) + slot_bytes
            head = REFS_TAG + varint(refs_bytes)
            size = len(head) + refs_bytes + _SAMPLE_BYTES
            size += len(metadata[at]) if metadata is not None else 0
            constants[0] = SERIES_TAG + varint(size) + head + constants[0]
            constants[-1] += SAMPLE_HEAD
            for piece, constant in zip(pieces, constants, strict=True):
                piece.append(constant)
        return Form(key, pieces, metadata)

    def _all_metadata(self, references: tuple[bytes, ...]) -> list[bytes] | None:
        if self._said is None:
            return None
        memo: dict[tuple[int, int, int], bytes] = {}
        found = []
        for said in self._said:
            encoded = memo.get(said)
            if encoded is None:
                encoded = memo[said] = _encode_metadata(said, references)
            found.append(encoded)
        return found

    def labels_refs(self, at: int, references: tuple[bytes, ...], slots: Sequence[bytes]) -> bytes:
        """The packed references of series `at`, for those that are not framed by a form."""
        if not self.is_regular:
            texts = (*references, *reversed(slots))
            return b"".join([texts[index] for index in self._segments[at][0]])
        parts = []
        for number, segment in enumerate(self._segments[at]):
            parts += [references[index] for index in segment]
            if number < len(slots):
                parts.append(slots[number])
        return b"".join(parts)

    def metadata(self, at: int, references: tuple[bytes, ...]) -> bytes:
        return _encode_metadata(self._said[at], references) if self._said is not None else b""


def _encode_metadata(said: tuple[int, int, int], references: Sequence[bytes]) -> bytes:
    type_, help_number, unit_number = said
    parts = [_TYPE + varint(type_)] if type_ else []
    for tag, number in ((_HELP, help_number), (_UNIT, unit_number)):
        if references[number] != b"\x00":
            parts.append(tag + references[number])
    body = b"".join(parts)
    return METADATA_TAG + varint(len(body)) + body if body else b""


def _is_hole(label: Label) -> bool:
    return label[0].startswith(_HOLE)


def _cut(rows: Sequence[Labels]) -> tuple[list[tuple[Label, ...]], list[list[list[Label]]]] | None:
    """The slots, and each series' constants before, between and behind them; None: irregular."""
    common = set(rows[0]).intersection(*rows[1:]) if len(rows) > 1 else set()
    common.update([label for row in rows for label in row if _is_hole(label)])
    cut = [_runs(row, common) for row in rows]
    if not cut:
        return [], []
    first = cut[0][0]
    if all(slots == first for slots, _ in cut):
        return first, [constants for _, constants in cut]
    singles = [[label for slot in slots for label in slot] for slots, _ in cut]
    if all(single == singles[0] for single in singles):
        return [(label,) for label in singles[0]], [_apart(row, common) for row in rows]
    return None


def _runs(row: Labels, common: set[Label]) -> tuple[list[tuple[Label, ...]], list[list[Label]]]:
    slots: list[tuple[Label, ...]] = []
    constants: list[list[Label]] = [[]]
    in_slot = False
    for label in row:
        if label not in common:
            constants[-1].append(label)
            in_slot = False
        elif in_slot:
            slots[-1] = (*slots[-1], label)
        else:
            slots.append((label,))
            constants.append([])
            in_slot = True
    return slots, constants


def _apart(row: Labels, common: set[Label]) -> list[list[Label]]:
    """The constants of a series around slots of one label each."""
    constants: list[list[Label]] = [[]]
    for label in row:
        if label in common:
            constants.append([])
        else:
            constants[-1].append(label)
    return constants
