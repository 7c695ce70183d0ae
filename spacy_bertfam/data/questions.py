"""Questions with texts and answers (SQuAD 1.1 and 2.0, as PIAF, FQuAD and XQuAD have them, or JSON lines) -> `.spacy`
files of pairs."""

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span

from ..errors import DataError
from ..files.saving import write_files
from .convert import blank_pipeline, check_output
from .json_values import read_objects, shown
from .pairs import first_length, make_pair
from .report import Notes
from .split import split_documents
from .text_file import located
from .trimming import clean_edges, trim_offsets
from .units import LONGEST

FORM = (
    '{"data": [{"title": ..., "paragraphs": [{"context": ..., "qas": [...]}]}]}, or '
    '{"context": ..., "question": ..., "answers": [{"text": ..., "answer_start": ...}]} a line'
)
# What happened to answers
MOVED = "moved to where the text has them"
PLACED = "without a place, put where the text has them first"
WIDENED = "widened to the borders of tokens"
NOT_THERE = "whose words the text does not have"


class Question(NamedTuple):
    """A question about a text, with its answers as the file has them; [] is no answer, None no annotation."""

    question: str
    context: str
    answers: list[tuple[str, int | None]] | None  # the words, and the character of the text where they begin
    document: str  # the title of the article, or else the text: never in two parts of a split


@dataclass
class QuestionsReport(Notes):
    """What a conversion found."""

    parts: dict[str, int] = field(default_factory=dict)  # file -> questions
    n_questions: int = 0
    n_unanswerable: int = 0
    n_unannotated: int = 0  # of which the file does not say whether they have an answer
    n_answers: int = 0  # kept; those of one question at one place count once
    n_tokens: int = 0
    changed: Counter[str] = field(default_factory=Counter)  # answers, by what happened to them
    left_out: Counter[str] = field(default_factory=Counter)  # questions, by the reason


def convert_qa(
    path: Path,
    output: Path,
    *,
    lang: str,
    split: Mapping[str, float] | None = None,
    seed: int = 0,
    spans_key: str = "answers",
) -> QuestionsReport:
    """Write questions as spaCy's binary format: a Doc for each, a pair of the question and its text, with the answers
    in ``doc.spans``; an empty group is no answer, and without the group a question has no annotation.

    path (Path): a .json or .jsonl file.
    output (Path): a `.spacy` file; with `split`, a folder that receives one such file for each part.
    split (Mapping[str, float] | None): part -> share; the questions about one article never go to two parts.
    RAISES (DataError): for whatever the user has to put right; nothing has been written then.
    """
    check_output(output, split)
    if not os.path.isfile(path):
        raise DataError("does not exist; expected a file of questions.", path)
    nlp, report = blank_pipeline(lang), QuestionsReport()
    read = list(read_questions(path, report))
    part_of = split_documents([q.document for q in read], split, seed=seed) if split else {}
    bins = {part: DocBin(attrs=["ORTH"]) for part in (split or [""])}
    names = {part: output / f"{part}.spacy" if split else output for part in bins}
    report.parts = {place.name: 0 for place in names.values()}
    known: tuple[str, Doc] = "", nlp.make_doc("")
    for question in read:
        if question.context != known[0]:  # the questions about a text follow each other
            known = question.context, nlp.make_doc(question.context)
        doc = build_pair(question, known[1], nlp, spans_key=spans_key, report=report)
        if doc is not None:
            part = part_of.get(question.document, "")
            bins[part].add(doc)
            report.parts[names[part].name] += 1
    if not report.n_questions:
        reasons = ", ".join(f"{n} {reason}" for reason, n in report.left_out.items()) or "none is there"
        raise DataError(f"holds no question ({reasons}); expected {FORM}.", path)
    write_files({names[part]: docs.to_bytes() for part, docs in bins.items()})
    return report


def read_questions(path: Path, report: QuestionsReport) -> Iterator[Question]:
    """Read every question of a file, in its order. RAISES (DataError): when it holds something else."""
    for line, entry in read_objects(path, form=FORM, source=path.name, note=report.note):
        with located(path, line):
            articles = entry["data"] if isinstance(entry.get("data"), list) else [entry]
            for article in articles:
                yield from _of_article(article)


def _of_article(article: Any) -> Iterator[Question]:
    """The questions of an article, of a paragraph, or of a line that is a question itself."""
    if not isinstance(article, dict):
        raise DataError(f"found {shown(article)!r}; expected {FORM}.")
    for paragraph in _list(article, "paragraphs") if "paragraphs" in article else [article]:
        context = paragraph.get("context") if isinstance(paragraph, dict) else None
        if not isinstance(context, str):
            raise DataError(f'found no "context" in {shown(paragraph)!r}; expected {FORM}.')
        for entry in _list(paragraph, "qas") if "qas" in paragraph else [paragraph]:
            question = entry.get("question") if isinstance(entry, dict) else None
            if not isinstance(question, str):
                raise DataError(f'found no "question" in {shown(entry)!r}; expected {FORM}.')
            document = str(article.get("title") or context)
            yield Question(clean_edges(question), context, _answers(entry), document)


def _list(entry: Mapping[str, Any], key: str) -> list[Any]:
    if not isinstance(entry[key], list):
        raise DataError(f"found {shown(entry[key])!r} under {key!r}; expected a list: {FORM}.")
    return list(entry[key])


def _answers(entry: Mapping[str, Any]) -> list[tuple[str, int | None]] | None:
    """As SQuAD has them, as the data sets of Hugging Face have them (two lists), or plain words."""
    if entry.get("is_impossible"):
        return []
    if "answers" not in entry:
        return None
    found = entry["answers"] or []
    if isinstance(found, dict):
        texts, starts = found.get("text", []), found.get("answer_start", [])
        if not isinstance(texts, list) or not isinstance(starts, list) or len(texts) != len(starts):
            expected = "expected as many places (answer_start) as answers (text)"
            raise DataError(f"found {shown(found)!r}; {expected}.")
        found = [{"text": text, "answer_start": start} for text, start in zip(texts, starts, strict=True)]
    answers = []
    for answer in found if isinstance(found, list) else [found]:
        answer = {"text": answer} if isinstance(answer, str) else answer
        known = answer if isinstance(answer, dict) else {}
        text, start = known.get("text"), known.get("answer_start")
        if not isinstance(text, str) or not (start is None or type(start) is int):
            expected = 'expected {"text": ..., "answer_start": ...}'
            raise DataError(f"found the answer {shown(answer)!r}; {expected}.")
        answers.append((text, start))
    return answers


def build_pair(
    question: Question, context: Doc, nlp: Language, *, spans_key: str, report: QuestionsReport
) -> Doc | None:
    """RETURNS (Doc | None): the pair with its answers; None, counted, where nothing can be learned from it."""
    reason = ""
    if not question.question:
        reason = "without words"
    elif not question.context.strip():
        reason = "about an empty text"
    elif len(question.context) + len(question.question) >= LONGEST:
        reason = f"about a text of {LONGEST:,} characters and more, which spaCy does not read"
    spans = [] if reason else [_place(context, *answer, report) for answer in question.answers or ()]
    kept = {(span.start, span.end) for span in spans if span is not None}
    if spans and not kept:
        reason = "of which no answer is left"
    if reason:
        report.left_out[reason] += 1
        return None
    pair = make_pair(nlp.make_doc(question.question), context)
    shift = first_length(pair)
    if question.answers is not None:
        pair.spans[spans_key] = [pair[shift + start : shift + end] for start, end in sorted(kept)]
    report.n_questions += 1
    report.n_unannotated += question.answers is None
    report.n_unanswerable += question.answers == []
    report.n_answers += len(kept)
    report.n_tokens += len(pair)
    return pair


def _place(context: Doc, text: str, start: int | None, report: QuestionsReport) -> Span | None:
    """The tokens of an answer; where it is not at its place, the nearest place in the text that has its words."""
    content, words = context.text, clean_edges(text)
    if start is None or content[max(start, 0) : start + len(text)] != text:
        found = _nearest(context, words, start or 0) if words else -1
        if found < 0:
            report.changed[NOT_THERE] += 1
            return None
        report.changed[PLACED if start is None else MOVED] += 1
        start, text = found, words
    first, after = trim_offsets(content, start, start + len(text))
    span = context.char_span(first, after) if first < after else None
    if span is None and first < after:
        report.changed[WIDENED] += 1
        span = context.char_span(first, after, alignment_mode="expand")
    elif span is None:
        report.changed[NOT_THERE] += 1
    return span


def _nearest(context: Doc, words: str, place: int) -> int:
    """RETURNS (int): where some words begin, as near as possible to a place: as whole tokens, and only where there are
    none within others, as "5 ans" in "25 ans"; -1 where the text does not have them."""
    starts = [match.start() for match in re.finditer(f"(?={re.escape(words)})", context.text)]
    whole = [start for start in starts if context.char_span(start, start + len(words)) is not None]
    return min(whole or starts, key=lambda start: abs(start - place), default=-1)
