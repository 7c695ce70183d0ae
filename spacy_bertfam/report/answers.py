"""Answers beside the gold ones: exact match and F1 of each question, and the questions in rows."""

import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from unicodedata import normalize

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc, Span
from tqdm import tqdm

from ..data.pairs import first_length
from ..errors import UserError
from ..evaluation.answer_recording import ScoredQuestion, read_questions
from ..evaluation.answers import is_exact, known_answers, token_f1
from ..evaluation.mentions import Repeated
from ..pipeline.find import n_bytes_of
from ..pipeline.qa import BertfamQA
from .bootstrap import Floats, intervals
from .outcomes import BOUNDARY, MISSED, RIGHT, SPURIOUS, AnswerScore, Entity, Outcome
from .prediction import Prediction, timed
from .report import MENDED, NEW, SHARED, Comparison, Error, Report, compare_rows
from .slices import (
    ALL,
    DOC_LENGTHS,
    LENGTHS,
    NO_ANSWER,
    OTHER_QUESTION,
    PLACES,
    Slice,
    doc_length_row,
    field_values,
    in_order,
    length_row,
    place_row,
)

# Question words, in French and English; "que", which has other uses, only where there is no other
QUESTION_WORD = re.compile(
    r"\b(?:(who|whom|whose|what|which|when|where|why|how|qui|quoi|quand|où|combien|comment|pourquoi)"
    r"|(?:le|la|les|au|aux|du|des)?(quel)(?:le)?s?)\b"
)
WHAT = re.compile(r"\bqu(?:e\b|['’])")
NO_QUESTION_WORD = re.compile(r"\best-ce qu(?:e\b|i\b|['’])")  # as in "Est-ce que Paris"
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


def predict_answers(
    nlp: Language, qa: BertfamQA, docs: Sequence[Doc], name: str, *, key: str = "answers"
) -> Prediction:
    """Ask each question, in the tokens of the gold side, and score the answer by SQuAD's script.

    docs (Sequence[Doc]): as ``annotated_questions`` gives them. key (str): of the gold answers in ``doc.spans``.
    """
    found = Prediction(name, n_tokens=sum(map(len, docs)), n_bytes=n_bytes_of(nlp))
    deque(read_questions(qa, docs[:1], docs[:1]), maxlen=0)  # an engine prepares itself
    readings = timed(read_questions(qa, docs, docs), found)
    shown = tqdm(readings, desc=name, total=len(docs), unit=" questions")
    for doc, reading in zip(docs, shown, strict=True):
        score, outcome = _evaluate(doc, reading, key, qa.min_score)
        found.answer_scores.append(score)
        found.outcomes.append([outcome] if outcome else [])
    return found


def make_answer_report(
    docs: list[Doc],
    predictions: Sequence[Prediction],
    *,
    key: str,
    data: str,
    by: str | None = None,
    n_unannotated: int = 0,
    seed: int = 0,
) -> Report:
    """Put together what there is to say of answers, as ``make_report`` does of entities.

    predictions (Sequence[Prediction]): one, or a second one to compare with.
    key (str): of the answers in ``doc.spans``. by (str | None): see ``make_slices``.
    """
    model, *others = predictions
    slices: list[Slice] = []
    exact: list[Slice] = []
    for name, row_of, order in _ways(docs, model.answer_scores, key, by):
        rows, counts = _counts([row_of(i) for i in range(len(docs))], order, model.answer_scores)
        for found, values in zip((exact, slices), counts, strict=True):
            found.append(Slice(name, rows, values, intervals(values, seed=seed)))
    none = Repeated(0, 0)
    report = Report(data, docs, model, slices, none, n_unannotated, exact=exact)
    for other in others:
        report.comparison = _compare(model, other, seed)
    report.errors = _errors(model, *others)
    return report


def _errors(model: Prediction, other: Prediction | None = None) -> list[Error]:
    """RETURNS (list[Error]): one of each question at most, the most confident first, those of the other one last."""
    found = []
    for i, mine in enumerate(model.answer_scores):
        theirs = None if other is None else other.answer_scores[i]
        if not mine.exact:
            state = "" if theirs is None else NEW if theirs.exact else SHARED
            found += [(mine.score, Error(i, one, state)) for one in model.outcomes[i] or ()]
        elif other is not None and theirs is not None and not theirs.exact:
            found += [(theirs.score, Error(i, one, MENDED)) for one in other.outcomes[i] or ()]
    return [
        error for _, error in sorted(found, key=lambda pair: (pair[1].state == MENDED, -pair[0], pair[1].doc))
    ]


def _evaluate(
    doc: Doc, reading: ScoredQuestion, key: str, min_score: float
) -> tuple[AnswerScore, Outcome | None]:
    """RETURNS (tuple): with what became of a gold answer, the one that is overlapped or the first; None where there is
    rightly no answer."""
    lang, row, score = doc.vocab.lang, question_word(doc), reading.best.score
    spans = _gold_spans(doc, key)
    gold = [span.text for span in spans]
    answer = reading.answer if score >= min_score else None
    best, text = (span.text if span else "" for span in (reading.answer, answer))
    overlapping = [s for s in spans if answer and s.start < answer.end and answer.start < s.end]
    entities = [Entity(row, span.start, span.end) for span in [*overlapping, *spans][:1]]
    given = Entity(row, answer.start, answer.end, score) if answer else None
    is_right = is_exact(text, gold, lang)
    kind = RIGHT if is_right else MISSED if given is None else BOUNDARY if overlapping else SPURIOUS
    f1 = max(token_f1(text, one, lang) for one in gold or [""])
    found = AnswerScore(row, kind, float(is_right), f1, score, is_exact(best, gold, lang))
    first = entities[0] if entities else None
    return found, Outcome(kind, first, given) if first or given else None


def _gold_spans(doc: Doc, key: str) -> list[Span]:
    return [span for span in doc.spans[key] if known_answers([span.text], doc.vocab.lang)]


def question_word(doc: Doc) -> str:
    """RETURNS (str): the first question word of a pair's question, or ``OTHER_QUESTION``."""
    text = NO_QUESTION_WORD.sub(" ", normalize("NFC", doc[: first_length(doc)].text).lower())
    if found := QUESTION_WORD.search(text):
        return found[1] or found[2]
    return "que" if WHAT.search(text) else OTHER_QUESTION


def _ways(docs: Sequence[Doc], scores: Sequence[AnswerScore], key: str, by: str | None) -> list[Way]:
    golds = [next(iter(_gold_spans(doc, key)), None) for doc in docs]
    shifts = [first_length(doc) for doc in docs]

    def length(i: int) -> str:
        gold = golds[i]
        return NO_ANSWER if gold is None else length_row(len(gold))

    def place(i: int) -> str:
        gold, shift = golds[i], shifts[i]
        return NO_ANSWER if gold is None else place_row(gold.start - shift, len(docs[i]) - shift)

    def doc_length(i: int) -> str:
        return doc_length_row(len(docs[i]) - shifts[i])

    ways: list[Way] = [
        (ALL, lambda i: ALL, ()),
        ("label", lambda i: scores[i].row, ()),
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
    rows = in_order(Counter(of_questions), order)
    chosen = [rows.index(row) for row in of_questions]
    counts = np.zeros((2, len(scores), len(rows), 3), dtype=np.float32)
    for i, (row, one) in enumerate(zip(chosen, scores, strict=True)):
        counts[:, i, row] = [(one.exact, 1, 1), (one.f1, 1, 1)]
    return rows, list(counts)


def _compare(model: Prediction, other: Prediction, seed: int) -> Comparison:
    words = [one.row for one in model.answer_scores]
    rows, sides = [ALL], []
    for one in (model, other):
        found, (_, f1) = _counts(words, (), one.answer_scores)
        rows = [ALL, *found]
        sides.append(np.concatenate([f1.sum(axis=1, keepdims=True), f1], axis=1))
    return compare_rows(rows, sides[0], sides[1], other, seed=seed)
