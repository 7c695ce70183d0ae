"""What two pipelines make of the same texts: vectors of tokens, and every annotation of the heads."""

from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Sequence, Tuple

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc, Token
from thinc.api import Model
from thinc.types import Floats2d

from ...encoder.model import encoder_shim
from ...encoder.pieces.batch import PieceBatch

# Annotation -> its value at a token; each is compared where the old pipeline sets it
ANNOTATIONS: Dict[str, Callable[[Token], Any]] = {
    "TAG": lambda token: token.tag_,
    "POS": lambda token: token.pos_,
    "MORPH": lambda token: str(token.morph),
    "DEP": lambda token: (token.head.i, token.dep_),
    "LEMMA": lambda token: token.lemma_,
    "ENT_IOB": lambda token: (token.ent_iob_, token.ent_type_),
}
TITLES = {
    "TAG": "tags",
    "POS": "parts of speech",
    "MORPH": "morphology",
    "DEP": "heads and relations",
    "LEMMA": "lemmas",
    "ENT_IOB": "entities, by token",
}


@dataclass(frozen=True)
class Reading:
    """What a pipeline made of the texts."""

    docs: List[Doc]
    vectors: List[Floats2d]  # for each Doc, Shape: (n_tokens, width)


@dataclass
class Difference:
    """Two readings side by side."""

    n_texts: int = 0
    n_tokens: int = 0
    n_longer: int = 0  # texts that either encoder reads in several windows
    in_window: float = 0.0  # largest difference of a number in a token vector, texts of one window
    in_longer: float = 0.0  # the same in the others
    # annotation -> tokens at which both are the same, and tokens of the texts that either has annotated
    equal: Dict[str, Tuple[int, int]] = field(default_factory=dict)
    cats: float = 0.0  # largest difference of a score in doc.cats


def read(nlp: Language, encoder: str, listener: Model, texts: Sequence[str]) -> Reading:
    """
    encoder (str): name of the encoder component.
    listener (Model): of a head of ``nlp``, which says what vectors the heads get.
    """
    component: Any = nlp.get_pipe(encoder)
    bare = list(component.pipe(nlp.make_doc(text) for text in texts))
    vectors = [listener.ops.to_numpy(rows) for rows in listener.predict(bare)]
    return Reading(list(nlp.pipe(texts)), vectors)


def compare(old: Reading, new: Reading, whole: Sequence[bool]) -> Difference:
    """
    whole (Sequence[bool]): for each text, whether both encoders read it in one window.
    """
    found = Difference(n_texts=len(whole), n_longer=len(whole) - sum(whole))
    for is_whole, *vectors in zip(whole, old.vectors, new.vectors, strict=True):
        largest = _largest_difference(*vectors)
        if is_whole:
            found.in_window = max(found.in_window, largest)
        else:
            found.in_longer = max(found.in_longer, largest)
    for before, after in zip(old.docs, new.docs, strict=True):
        found.n_tokens += len(before)
        for name, value in ANNOTATIONS.items():
            # of an empty Doc spaCy says that it has every annotation
            if len(before) and (before.has_annotation(name) or after.has_annotation(name)):
                same = sum(value(x) == value(y) for x, y in zip(before, after, strict=True))
                n_equal, n = found.equal.get(name, (0, 0))
                found.equal[name] = (n_equal + same, n + len(before))
        for label, score in before.cats.items():
            found.cats = max(found.cats, abs(score - after.cats.get(label, 0.0)))
    return found


def _largest_difference(before: Any, after: Any) -> float:
    """Of two arrays of vectors; those of a text without tokens may not even agree in width."""
    return float(np.abs(before - after).max(initial=0.0)) if len(before) else 0.0


def read_in_one_window(old: Model, new: Model, docs: Sequence[Doc]) -> List[bool]:
    """
    old (Model): the encoder of spacy-transformers or spacy-curated-transformers.
    new (Model): a ``spacy-bertfam.Encoder.v1``.
    RETURNS (List[bool]): whether each Doc is one window to both.
    """
    shim = encoder_shim(new)
    tokenizer, size = shim.loaded.tokenizer, shim.window_size()
    found = []
    for doc in docs:
        batch = PieceBatch.from_docs([doc], tokenizer, size)
        n_pieces = len(batch.ids) + tokenizer.n_special
        found.append(len(batch.windows) <= 1 and _is_whole(old, doc, n_pieces))
    return found


def _is_whole(old: Model, doc: Doc, n_pieces: int) -> bool:
    if "get_spans" in old.attrs:  # spacy-transformers counts tokens
        return len(old.attrs["get_spans"]([doc])[0]) <= 1
    limits = [node.attrs["window"] for node in old.walk() if node.name == "with_strided_spans"]
    return all(n_pieces <= limit for limit in limits)
