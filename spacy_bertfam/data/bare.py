"""A Doc's words and nothing else: what a pipeline is to annotate."""

from spacy.tokens import Doc
from spacy.vocab import Vocab


def bare_copy(doc: Doc, vocab: Vocab) -> Doc:
    """RETURNS (Doc): the same words and spaces in a vocabulary, its own or another, without annotation."""
    return Doc(vocab, words=[t.text for t in doc], spaces=[bool(t.whitespace_) for t in doc])
