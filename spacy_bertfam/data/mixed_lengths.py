"""`spacy-bertfam.mixed_lengths.v1`: long texts teach whole and sentence by sentence."""

from collections.abc import Callable, Iterator
from itertools import pairwise

from spacy.language import Language
from spacy.pipeline import Sentencizer
from spacy.tokens import Doc
from spacy.training import Example

INSIDE = 1  # of an entity, as `Token.ent_iob`


def build_mixed_lengths() -> Callable[[Language, Example], Iterator[Example]]:
    """Make an augmenter for `[corpora.train]`: each text as it is, and each of its sentences alone.

    A pipeline trained on sentences alone scores lower on whole documents, and the reverse; trained on both it is as
    good on both (benchmarks/figures/quality.md). A text of one sentence is read once, and so is one with
    annotation of the whole (`doc.cats`, `doc.spans`). Sentences are those of the annotation; where it has none they
    end by spaCy's rule and at line ends, never inside an entity.
    """
    sentencizer = Sentencizer()

    def augment(nlp: Language, example: Example) -> Iterator[Example]:
        yield example
        doc = example.reference
        starts = [] if doc.cats or doc.spans else _sentence_starts(doc, sentencizer)
        for start, end in pairwise([*starts, len(doc)] if len(starts) > 1 else []):
            sentence = doc[start:end].as_doc()
            if sentence.text.strip():
                yield Example(nlp.make_doc(sentence.text), sentence)

    return augment


def _sentence_starts(doc: Doc, sentencizer: Sentencizer) -> list[int]:
    if doc.has_annotation("SENT_START"):
        return [token.i for token in doc if token.is_sent_start]
    after_line = [False, *("\n" in token.text for token in doc)]
    marked = zip(doc, sentencizer.predict([doc])[0], after_line, strict=False)
    return [token.i for token, *starts in marked if any(starts) and token.ent_iob != INSIDE]
