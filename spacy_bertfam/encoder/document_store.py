"""Where an encoder component leaves a Doc's own vector for the heads behind it: ``doc._.bertfam_document``."""

from typing import Any, Optional, Sequence

from spacy.tokens import Doc
from thinc.types import Floats1d, Floats2d

EXTENSION = "bertfam_document"
# Where spaCy keeps the value of an extension of the Doc
USER_DATA_KEY: Any = ("._.", EXTENSION, None, None)


def put_document_vectors(docs: Sequence[Doc], vectors: Floats2d) -> None:
    """Leave a row of ``vectors`` on each Doc. ``vectors``: Shape: (n_docs, width)."""
    if not Doc.has_extension(EXTENSION):
        Doc.set_extension(EXTENSION, default=None, force=True)  # another thread may have been here meanwhile
    for doc, vector in zip(docs, vectors, strict=True):
        doc._.set(EXTENSION, vector.copy())


def find_document_vector(doc: Doc) -> Optional[Floats1d]:
    """RETURNS (Optional[Floats1d]): Shape: (width,); None where no encoder has left one."""
    return doc.user_data.get(USER_DATA_KEY)


def drop_document_vector(doc: Doc) -> None:
    """Take the vector off the Doc, if it has one."""
    doc.user_data.pop(USER_DATA_KEY, None)
