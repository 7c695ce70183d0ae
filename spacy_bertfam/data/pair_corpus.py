"""A reader for configs: pairs of texts whose predicted side is a pair too, as a shared encoder needs it."""

from collections.abc import Callable, Iterator
from pathlib import Path

from spacy.language import Language
from spacy.training import Corpus, Example

from ..errors import DataError
from .pairs import mark_like


def build_pair_corpus(path: Path | None) -> Callable[[Language], Iterator[Example]]:
    """Make a reader for `[corpora.train]`: as ``spacy.Corpus.v1``, of ``.spacy`` files with pairs.

    RAISES (DataError): when there is no path.
    """
    if path is None:
        raise DataError("the corpus has no path; expected one, as in --paths.train corpus/train.spacy.")
    corpus = Corpus(path)

    def read(nlp: Language) -> Iterator[Example]:
        for eg in corpus(nlp):
            mark_like(eg.predicted, eg.reference)
            yield eg

    return read
