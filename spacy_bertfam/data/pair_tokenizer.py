"""`spacy-bertfam.PairTokenizer.v1`: a text "premise TAB hypothesis" becomes a Doc that is marked as a pair."""

from collections.abc import Callable

from spacy.language import Language, create_tokenizer
from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc

from .pairs import mark_pair

BORDER = "\t"


class PairTokenizer(Tokenizer):  # type: ignore[misc]
    """spaCy's tokenizer. A Doc whose text has a tab is a pair: what stands before the first one, and after it."""

    def __call__(self, text: str) -> Doc:
        """RETURNS (Doc): a pair, or one text as ever where it has no tab."""
        doc: Doc = super().__call__(text)
        place = text.find(BORDER)
        if place >= 0:
            mark_pair(doc, sum(token.idx <= place for token in doc))
        return doc


def build_pair_tokenizer() -> Callable[[Language], PairTokenizer]:
    """For ``[nlp.tokenizer]``: the rules of the pipeline's language, and pairs wherever spaCy makes Docs of texts, in
    training and `spacy evaluate` as in ``nlp.pipe``."""
    return lambda nlp: PairTokenizer(*create_tokenizer()(nlp).__reduce__()[1])
