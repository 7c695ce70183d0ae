"""`bertfam_cleaner`: takes the vectors off a finished Doc, so that a corpus in memory does not hold them."""

from spacy.language import Language
from spacy.tokens import Doc


@Language.factory("bertfam_cleaner", assigns=["doc.tensor"])
def make_bertfam_cleaner(nlp: Language, name: str) -> "BertfamCleaner":
    """Make the component; it belongs after the last head that listens to the encoder."""
    return BertfamCleaner()


class BertfamCleaner:
    """Leaves an empty ``doc.tensor``, and nothing of whole Docs or of other encoders. spaCy's ``doc_cleaner`` leaves
    None, on which ``doc.vector``, ``doc.has_vector`` and ``span.as_doc()`` fail."""

    def __call__(self, doc: Doc) -> Doc:
        """RETURNS (Doc): the same one."""
        from ..listeners.doc_vectors import drop_vectors

        drop_vectors(doc)
        return doc
