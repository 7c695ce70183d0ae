"""A `.spacy` file -> Docs, or a sentence about what is wrong with it."""

import zlib
from pathlib import Path

from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

from ..errors import DataError

# DocBin checks its compression alone: other content fails where its keys are looked up
BROKEN = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, zlib.error)


def read_docs(path: Path, vocab: Vocab) -> list[Doc]:
    """RETURNS (list): the docs of a file, with the annotation that it holds. RAISES (DataError): it holds none."""
    try:
        return list(DocBin().from_disk(path).get_docs(vocab))
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror}); expected a readable file.", path) from error
    except BROKEN as error:
        expected = "expected a file that DocBin.to_disk or `bertfam convert` has written"
        raise DataError(f"does not hold spaCy docs; {expected}.", path) from error
