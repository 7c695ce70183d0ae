"""A pair of texts (question and text, premise and hypothesis) is one Doc: the span group FIRST covers the first text.

A span group is kept by copies, ``.spacy`` files, bytes and JSON alike.
"""

from collections.abc import Iterable

from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..errors import UserError

FIRST = "bertfam_first"  # key in ``doc.spans``


def make_pair(first: Doc, second: Doc, vocab: Vocab | None = None) -> Doc:
    """Put two texts into one Doc, with a space between them. Of their annotation nothing is taken over.

    vocab (Vocab | None): of the new Doc; None is that of ``second``.
    RETURNS (Doc): the tokens of both; ``first_length`` tells where the second begins. Its text may be empty.
    RAISES (UserError): when the first text is empty.
    """
    tokens = [*first, *second]
    spaces = [bool(token.whitespace_) for token in tokens]
    if first and not first[-1].is_space:
        spaces[len(first) - 1] = True
    pair = Doc(second.vocab if vocab is None else vocab, words=[t.text for t in tokens], spaces=spaces)
    mark_pair(pair, len(first))
    return pair


def mark_pair(doc: Doc, n_first: int) -> None:
    """Make a Doc a pair: its first tokens, so many, are the first text, and the others the second.

    RAISES (UserError): when there are not so many, or none.
    """
    if not 0 < n_first <= len(doc):
        raise UserError(
            f"A pair has a first text of {n_first} tokens, and {len(doc)} of both; expected at least one in the first: "
            "leave pairs without it out."
        )
    doc.spans[FIRST] = [doc[:n_first]]


def first_length(doc: Doc) -> int:
    """RETURNS (int): the tokens of a pair's first text; 0 where the Doc is one text."""
    return doc.spans[FIRST][0].end if FIRST in doc.spans and len(doc.spans[FIRST]) else 0


def has_pair(docs: Iterable[Doc]) -> bool:
    """Whether any of the Docs is a pair."""
    return any(FIRST in doc.spans for doc in docs)


def mark_like(doc: Doc, reference: Doc) -> int:
    """Make a Doc a pair where another one with the same text is one, by its characters.

    RETURNS (int): the tokens of its first text; 0 where the reference is one text.
    """
    n_first = first_length(reference)
    if not n_first or first_length(doc):
        return first_length(doc)
    last = reference[n_first - 1]
    mark_pair(doc, sum(token.idx < last.idx + len(last) for token in doc))
    return first_length(doc)
