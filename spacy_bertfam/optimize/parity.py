"""A pipeline before and after: its vectors, its entities, its scores, its speed, on the same texts."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.scorer import Scorer
from spacy.tokens import Doc
from spacy.training import Example
from tqdm import tqdm

from ..encoder.checkpoint.checkpoint import Checkpoint
from ..pipeline.find import answering
from ..types import Tok2VecModel

Entity = tuple[int, int, int, str]  # index of the Doc, first token, token after the last, label
N_MADE_UP = 24
N_TIMED = 24  # texts
N_PASSES = 3
WIDTHS = (5, 120)  # pieces of a made-up text


@dataclass(frozen=True)
class Run:
    """What a pipeline makes of some texts."""

    entities: frozenset[Entity]  # or the answers, of a pipeline that answers questions
    f_score: float | None  # of these, 0 to 100; None where there is no annotation
    words_per_second: float
    noun: str = "entities"


@dataclass(frozen=True)
class VectorParity:
    """How far the vectors of one encoder are from those of torch in float32."""

    largest: float  # difference of two numbers
    mean: float  # length of the differences over the length of the vectors


def run(nlp: Language, examples: Sequence[Example], *, annotated: bool, label: str, progress: bool) -> Run:
    """Predict on copies of the examples' Docs, and score if they are ``annotated``."""
    docs = [eg.predicted.copy() for eg in examples]
    speed = words_per_second(nlp, docs[:N_TIMED])
    done = list(tqdm(nlp.pipe(docs), total=len(docs), desc=label, disable=not progress))
    keys = [qa.spans_key for qa in answering(nlp)]
    spans = [[e for key in keys for e in doc.spans.get(key, ())] if keys else doc.ents for doc in done]
    found = frozenset((i, e.start, e.end, e.label_) for i, of_doc in enumerate(spans) for e in of_doc)
    scored = [Example(doc, eg.reference) for doc, eg in zip(done, examples, strict=True)]
    f_score = Scorer(nlp).score(scored).get("qa_f1" if keys else "ents_f") if annotated else None
    noun = "answers" if keys else "entities"
    return Run(found, None if f_score is None else 100 * float(f_score), speed, noun)


def words_per_second(nlp: Language, docs: Sequence[Doc]) -> float:
    """RETURNS (float): in the fastest of some passes but the first, in which an engine is made, and prepares itself
    for such texts: what else the machine does only makes a pass slower."""
    passes = [pass_seconds(nlp, docs) for _ in range(1 + N_PASSES)]
    return sum(map(len, docs)) / max(min(passes[1:]), 1e-9)


def pass_seconds(nlp: Language, docs: Sequence[Doc]) -> float:
    """RETURNS (float): that a pipeline takes for copies of some Docs."""
    copies = [doc.copy() for doc in docs]
    start = time.perf_counter()
    for _ in nlp.pipe(copies):
        pass
    return time.perf_counter() - start


def vectors_of(model: Tok2VecModel, docs: Sequence[Doc]) -> NDArray[np.float32]:
    """RETURNS (NDArray[float32]): of all tokens of the Docs, Shape: (n_tokens, width)."""
    return np.concatenate([model.ops.to_numpy(array) for array in model.predict(list(docs))])


def compare_vectors(expected: NDArray[np.float32], found: NDArray[np.float32]) -> VectorParity:
    """Compare two arrays of vectors, Shape: (n_tokens, width)."""
    difference = found - expected
    length = float(np.linalg.norm(expected, axis=1).mean()) or 1.0
    off = float(np.linalg.norm(difference, axis=1).mean()) / length
    return VectorParity(float(np.abs(difference).max(initial=0.0)), off)


def make_up_texts(checkpoint: Checkpoint) -> list[str]:
    """RETURNS (list[str]): random pieces of the encoder's vocabulary, where there are no texts to compare on."""
    random = np.random.default_rng(0)
    tokenizer = checkpoint.tokenizer.backend
    widths = random.integers(*WIDTHS, size=N_MADE_UP)
    return [tokenizer.decode(random.integers(tokenizer.get_vocab_size(), size=n).tolist()) for n in widths]
