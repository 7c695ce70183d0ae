"""`bertfam_pieces`: leaves on each Doc its word pieces with their predictions, in ``doc._.bertfam_pieces``."""

from collections.abc import Iterable, Iterator

from spacy import util
from spacy.language import Language
from spacy.tokens import Doc

EXTENSION = "bertfam_pieces"


@Language.factory("bertfam_pieces", assigns=["doc._.bertfam_pieces"], default_config={"component": None})
def make_bertfam_pieces(nlp: Language, name: str, component: str | None) -> "BertfamPieces":
    """Make the component.

    component (str | None): name of the ``bertfam_ner`` whose predictions are wanted; None is the only one.
    """
    return BertfamPieces(nlp, name, component=component)


class BertfamPieces:
    """Sets ``doc._.bertfam_pieces`` to a ``PieceTable``, from which ``spacy_bertfam.hub.to_hf_output(doc)`` reads.

    The token vectors that an encoder component leaves are pooled from pieces already: so the encoder runs
    once more for it, and the pipeline takes about twice the time. It changes nothing else on the Doc.
    """

    def __init__(self, nlp: Language, name: str = "pieces", *, component: str | None = None) -> None:
        self.nlp = nlp
        self.name = name
        self.component = component
        if not Doc.has_extension(EXTENSION):
            Doc.set_extension(EXTENSION, default=None, force=True)  # another thread may load one meanwhile

    def __call__(self, doc: Doc) -> Doc:
        """Set the extension of one Doc."""
        self._annotate([doc])
        return doc

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 64) -> Iterator[Doc]:
        """Set the extension of each Doc, a batch at a time."""
        for docs in util.minibatch(stream, size=batch_size):
            self._annotate(docs)
            yield from docs

    def _annotate(self, docs: list[Doc]) -> None:
        from .piece_scores import piece_predictions

        for doc, table in zip(docs, piece_predictions(self.nlp, docs, component=self.component), strict=True):
            doc._.set(EXTENSION, table)
