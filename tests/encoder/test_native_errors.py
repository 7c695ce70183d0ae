"""What a library in Rust raises, a panic too, becomes a sentence; what is not its fault stays what it is."""

import pytest

from spacy_bertfam.errors import OTHERS, UserError, in_a_sentence
from spacy_bertfam.gate import CheckpointError


class Panic(BaseException):
    """As pyo3's PanicException, which is no Exception."""


@pytest.mark.parametrize("kind", [Panic, Exception, ValueError])
def test_an_error_of_a_library_is_said_in_one_line(kind):
    with pytest.raises(CheckpointError) as caught, in_a_sentence("It fails", "mend it.", CheckpointError):
        raise kind("in\n two  lines")
    assert str(caught.value) == f"It fails ({kind.__name__}: in two lines); mend it."
    assert isinstance(caught.value.__cause__, kind)


def test_a_long_reason_is_cut():
    with pytest.raises(UserError) as caught, in_a_sentence("It fails", "mend it."):
        raise ValueError("x" * 1000)
    assert str(caught.value) == f"It fails (ValueError: {'x' * 288}); mend it."


@pytest.mark.parametrize("kind", OTHERS)
def test_what_no_library_raises_passes(kind):
    error = kind("as it is")
    with pytest.raises(kind) as caught, in_a_sentence("It fails", "mend it.", CheckpointError):
        raise error
    assert caught.value is error


def test_without_an_error_nothing_happens():
    with in_a_sentence("It fails", "mend it."):
        pass
