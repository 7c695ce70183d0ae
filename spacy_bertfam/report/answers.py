"""Answers beside the gold ones: exact match and F1 of each question, and the questions in rows."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc, Span
from tqdm import tqdm

from ..data.pairs import first_length
from ..errors import UserError
from ..evaluation.answer_recording import read_questions
from ..evaluation.answers import is_exact, known_answers, token_f1
from ..evaluation.mentions import Repeated
from ..pipeline.find import find_qa, n_bytes_of
from .bootstrap import Floats, compare, intervals, prf
from .outcomes import BOUNDARY, MISSED, RIGHT, SPURIOUS, AnswerScore, Entity, Outcome
from .prediction import Prediction, timed
from .report import Comparison, Report, errors_of
from .slices import (
    ALL,
    DOC_LENGTHS,
    LENGTHS,
    LONGEST,
    NO_ANSWER,
    OTHER_QUESTION,
    PLACES,
    Slice,
    field_values,
)

# Words that ask, in French and English; questions with another one, or none, are in one row
ASKING = re.compile(
    r"\b(?:who|whom|whose|what|which|when|where|why|how|qui|qu(?:e|oi|els?|elles?|and)|où|combien|comment|pourquoi)\b"
    r"|\bqu['’]"
)
ONE_ROW = {"quelle": "quel", "quels": "quel", "quelles": "quel", "qu'": "que", "qu’": "que"}
Way = tuple[str, Callable[[int], str], Sequence[str]]  # name, index of a question -> its row, order of rows


def annotated_questions(docs: Iterable[Doc], key: str, data: str) -> tuple[list[Doc], int]:
    """RETURNS (tuple[list[Doc], int]): the questions whose answers are known, and the number of other texts.

    RAISES (UserError): when there are none.
    """
    docs = list(docs)
    known = [doc for doc in docs if first_length(doc) and key in doc.spans]
    if not known:
        raise UserError(
            f"{data} has {len(docs)} texts and no question with its answers; expected annotated ones, as "
            "`bertfam convert-qa` makes them."
        )
    return known, len(docs) - len(known)


def predict_answers(nlp: Language, docs: Sequence[Doc], name: str, *, key: str = "answers") -> Prediction:
    """Ask the only component that answers each question, and score the best answer by SQuAD's script.

    docs (Sequence[Doc]): as ``annotated_questions`` gives them. key (str): of the gold answers in ``doc.spans``.
    RAISES (UserError): when the pipeline has no such component, or several.
    """
    qa = find_qa(nlp)
    found = Prediction(name, n_tokens=sum(map(len, docs)), n_bytes=n_bytes_of(nlp))
    readings = tqdm(
        timed(read_questions(qa, docs, docs), found), desc=name, total=len(docs), unit=" questions"
    )
    for doc, reading in zip(docs, readings, strict=True):
        score, outcome = _evaluate(doc, reading.answer, reading.best.score, key)
        found.answer_scores.append(score)
        found.outcomes.append([outcome] if outcome else [])
    return found


def make_answer_report(
    docs: list[Doc],
    model: Prediction,
    *,
    key: str,
    data: str,
    other: Prediction | None = None,
    by: str | None = None,
    n_unannotated: int = 0,
    seed: int = 0,
) -> Report:
    """Put together what there is to say of answers, as ``make_report`` does of entities.

    key (str): of the answers in ``doc.spans``. by (str | None): see ``make_slices``.
    """
    slices: list[Slice] = []
    exact: list[Slice] = []
    for name, row_of, order in _ways(docs, key, by):
        rows, counts = _counts([row_of(i) for i in range(len(docs))], order, model.answer_scores)
        for found, values in zip((exact, slices), counts, strict=True):
            found.append(Slice(name, rows, values, intervals(values, seed=seed)))
    none = Repeated(0, 0)
    report = Report(data, docs, model, slices, none, n_unannotated, exact=exact)
    if other is not None:
        report.comparison = _compare(docs, model, other, seed)
    report.errors = errors_of(model, other)
    return report


def _evaluate(doc: Doc, answer: Span | None, score: float, key: str) -> tuple[AnswerScore, Outcome | None]:
    """RETURNS (tuple): with what became of the first gold answer; None where there is rightly no answer."""
    lang, word = doc.vocab.lang, asking_word(doc)
    spans = [span for span in doc.spans[key] if known_answers([span.text], lang)]
    gold, text = [span.text for span in spans], answer.text if answer else ""
    scored = AnswerScore(
        float(is_exact(text, gold, lang)), max(token_f1(text, one, lang) for one in gold or [""]), score
    )
    first = Entity(word, spans[0].start, spans[0].end) if spans else None
    given = Entity(word, answer.start, answer.end, score) if answer else None
    if first is None and given is None:
        return scored, None
    overlaps = answer and any(span.start < answer.end and answer.start < span.end for span in spans)
    kind = RIGHT if scored.exact else MISSED if given is None else BOUNDARY if overlaps else SPURIOUS
    return scored, Outcome(kind, first, given)


def asking_word(doc: Doc) -> str:
    """RETURNS (str): the first word of a pair's question that asks, or ``OTHER_QUESTION``."""
    found = ASKING.search(doc[: first_length(doc)].text.lower())
    return ONE_ROW.get(found[0], found[0]) if found else OTHER_QUESTION


def _ways(docs: Sequence[Doc], key: str, by: str | None) -> list[Way]:
    golds = [next(iter(doc.spans[key]), None) for doc in docs]
    shifts = [first_length(doc) for doc in docs]

    def length(i: int) -> str:
        gold = golds[i]
        return NO_ANSWER if gold is None else LENGTHS[min(len(gold), len(LENGTHS)) - 1]

    def place(i: int) -> str:
        gold, shift = golds[i], shifts[i]
        if gold is None:
            return NO_ANSWER
        return PLACES[len(PLACES) * (gold.start - shift) // (len(docs[i]) - shift)]

    def doc_length(i: int) -> str:
        return DOC_LENGTHS[bisect_right(LONGEST, len(docs[i]) - shifts[i])]

    ways: list[Way] = [
        (ALL, lambda i: ALL, ()),
        ("label", lambda i: asking_word(docs[i]), ()),
        ("length", length, (*LENGTHS, NO_ANSWER)),
        ("place", place, (*PLACES, NO_ANSWER)),
        ("doc_length", doc_length, DOC_LENGTHS),
    ]
    if by is not None:
        values = field_values(docs, by)
        ways.append(("field", lambda i: values[i], ()))
    return ways


def _counts(
    of_questions: Sequence[str], order: Sequence[str], scores: Sequence[AnswerScore]
) -> tuple[list[str], list[Floats]]:
    """RETURNS (tuple): the rows, and of exact match and of F1 the counts whose F1 is the mean of the questions, Shape:
    (n_questions, n_rows, 3)."""
    sizes, place = Counter(of_questions), {row: i for i, row in enumerate(order)}
    rows = sorted(sizes, key=lambda row: (place.get(row, len(place)), -sizes[row], row))
    chosen = [rows.index(row) for row in of_questions]
    counts = np.zeros((2, len(scores), len(rows), 3), dtype=np.float32)
    for i, (row, one) in enumerate(zip(chosen, scores, strict=True)):
        counts[:, i, row] = [(one.exact, 1, 1), (one.f1, 1, 1)]
    return rows, list(counts)


def _compare(docs: Sequence[Doc], model: Prediction, other: Prediction, seed: int) -> Comparison:
    words = [asking_word(doc) for doc in docs]
    rows, sides = [ALL], []
    for one in (model, other):
        found, (_, f1) = _counts(words, (), one.answer_scores)
        rows = [ALL, *found]
        sides.append(np.concatenate([f1.sum(axis=1, keepdims=True), f1], axis=1))
    f_scores = [np.nan_to_num(prf(side.sum(axis=0))[:, 2]).tolist() for side in sides]
    figures = zip(*f_scores, compare(sides[0], sides[1], seed=seed), strict=True)
    return Comparison(other, len(docs), dict(zip(rows, figures, strict=True)))
