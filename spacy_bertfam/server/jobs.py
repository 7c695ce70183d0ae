"""What is wanted of a text, and how the texts of a batch get it: as Docs, as answers, or as pages of attention."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from spacy.language import Language

from ..annotation.stream import annotate_texts
from ..data.text_stream import Text
from ..errors import UserError
from ..pipeline.qa import BertfamQA
from ..visual.attention import attention_of, find_encoder
from ..visual.attention_page import render_attention


def annotate_each(nlp: Language, jobs: Sequence["Job"]) -> Iterator[Any]:
    """Yield the Doc of each text, or the error that it causes, in order."""
    texts = (Text(i, job.text) for i, job in enumerate(jobs))
    for _, doc in annotate_texts(nlp, texts, batch_size=max(len(jobs), 1), n_process=1):
        yield doc


@dataclass(eq=False)
class Job:
    """A text, and what is wanted of it.

    read (Callable): makes of what ``work`` has found what JSON can hold; what it returns must hold nothing of a Doc,
        whose memory is given back.
    work (Callable): yields for each text of a batch what it finds, or the error.
    question (str | None): what the text is asked; None is nothing.
    top_k (int): how many answers.
    """

    text: str
    read: Callable[[Any], Any]
    work: "Work" = annotate_each
    question: str | None = None
    top_k: int = 1
    future: "Future[Any]" = field(default_factory=Future)


Work = Callable[[Language, Sequence[Job]], Iterator[Any]]


def ask_each(nlp: Language, jobs: Sequence[Job]) -> Iterator[Any]:
    """Yield the answers to each question, or the error that it causes, in order; where all fail, one by one."""
    try:
        qa = next(pipe for _, pipe in nlp.pipeline if isinstance(pipe, BertfamQA))
        found = qa.ask([(job.question or "", job.text) for job in jobs], top_k=max(job.top_k for job in jobs))
    except Exception as error:  # whatever a question does: that which does it again has it beside it
        if len(jobs) == 1:
            yield error
        else:
            for job in jobs:
                yield from ask_each(nlp, [job])
        return
    for job, answers in zip(jobs, found, strict=True):
        yield answers[: job.top_k]


def attend_each(nlp: Language, jobs: Sequence[Job]) -> Iterator[Any]:
    """Yield a page with the attention between the words of each text, or the error that it causes, in order."""
    for job in jobs:
        try:
            yield render_attention(attention_of(nlp, nlp.make_doc(job.text)))
        except Exception as error:  # that of this text
            yield error


def has_attention(nlp: Language) -> bool:
    """Whether there is one encoder, with its torch weights; an architecture without attention is found by a text."""
    try:
        return find_encoder(nlp).loaded.weights is not None
    except UserError:
        return False
