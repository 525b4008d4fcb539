"""Subclasses of bytes that the garbage collector does not look at."""

import gc
from importlib import import_module
from types import ModuleType

import pytest

from series import untracked


class Word(bytes):
    """A text."""

    __slots__ = ()

    def __new__(cls, text: str) -> "Word":
        return bytes.__new__(cls, text.encode())

    @property
    def first(self) -> int:
        return self[0]


@pytest.fixture
def compiled() -> ModuleType:
    found: ModuleType = pytest.importorskip("series.untracked_c")
    return found


def test_it_is_the_same_class_otherwise(compiled: ModuleType) -> None:
    bare: type[Word] = compiled.untracked(Word)
    for each in (bare, untracked.untracked(Word)):
        word = each("word")
        assert word == b"word"
        assert hash(word) == hash(b"word")
        assert (word.first, each.__name__, each.__doc__) == (119, "Word", "A text.")
        assert isinstance(word, each)
        with pytest.raises(AttributeError):
            word.other = 1  # type: ignore[attr-defined]


def test_the_collector_does_not_see_it(compiled: ModuleType) -> None:
    word = compiled.untracked(Word)("word")
    assert not gc.is_tracked(word)
    assert word.__sizeof__() == b"word".__sizeof__()


@pytest.mark.parametrize("cls", [bytes, str, type("Two", (Word,), {}), type("One", (bytes,), {})])
def test_other_classes_are_refused(compiled: ModuleType, cls: type) -> None:
    with pytest.raises(TypeError):
        compiled.untracked(cls)


def test_the_twin_is_there() -> None:
    assert import_module("series.template").Template.__mro__[1] is bytes
