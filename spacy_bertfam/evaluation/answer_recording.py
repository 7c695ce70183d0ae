"""The scores of start and end of annotated questions: the encoder runs once, temperatures are tried on what it left."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc, Span
from spacy.training import Example
from tqdm import tqdm

from ..data.bare import bare_copy
from ..data.pairs import first_length, mark_like
from ..decoding.answers import ScoredAnswer, answer_distribution
from ..pipeline.gold_answers import words_of
from ..pipeline.qa import BertfamQA
from ..types import Bools1d
from .answers import answers_of, is_exact, known_answers
from .recording import Found, Recording
from .scored import Counts


class ScoredQuestion(NamedTuple):
    """What the encoder and the head make of a question with its text."""

    pair: Doc
    scores: NDArray[np.float32]  # of start and end, as ``answer_distribution`` reads them
    words: Bools1d
    best: ScoredAnswer
    answer: Span | None  # the best one, in the pair


def read_questions(qa: BertfamQA, docs: Iterable[Doc], references: Sequence[Doc]) -> Iterator[ScoredQuestion]:
    """Ask questions that are annotated.

    docs (Iterable[Doc]): whose words are read; copies are, without annotation.
    references (Sequence[Doc]): the same texts as pairs.
    """
    pairs = [bare_copy(doc, qa.vocab) for doc in docs]
    for pair, reference in zip(pairs, references, strict=True):
        mark_like(pair, reference)
    for pair, scores in qa.score_pairs(pairs, encode=True):
        words, shift = words_of(pair), first_length(pair)
        [best] = answer_distribution(
            scores, words, max_length=qa.max_length, temperature=qa.temperature
        ).best()
        answer = pair[shift + best.start : shift + best.end] if best.end else None
        yield ScoredQuestion(pair, scores, words, best, answer)


def record_answers(qa: BertfamQA, examples: Iterable[Example], *, progress: bool = False) -> Recording:
    """Ask the questions. What has a score is the best answer to each, "no answer" too; it is right where it is an exact
    match. The best one is the same at every temperature.

    examples (Iterable[Example]): those whose reference is a question with its answers; of the predicted side only the
        words count.
    progress (bool): show on standard error how far it is.
    """
    key = qa.spans_key
    examples = [eg for eg in examples if first_length(eg.reference) and key in eg.reference.spans]
    references = [eg.reference for eg in examples]
    read = read_questions(qa, (eg.predicted for eg in examples), references)
    shown = tqdm(read, total=len(examples), desc="read", disable=not progress)
    readings = []
    for one, reference in zip(shown, references, strict=True):
        lang = reference.vocab.lang
        gold = known_answers(answers_of(reference, key), lang)
        right = is_exact(one.answer.text if one.answer else "", gold, lang)
        readings.append((one.scores, one.words, right))

    def find(temperature: float) -> Iterator[Found]:
        for i, (scores, words, right) in enumerate(readings):
            found = answer_distribution(scores, words, max_length=qa.max_length, temperature=temperature)
            yield i, found.best()[0].score, right

    return Recording(len(readings), Counts(len(readings), 0, 0), find, progress=progress)
