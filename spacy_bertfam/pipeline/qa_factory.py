"""The factory `bertfam_qa`: its settings, and what they are without a config."""

from collections.abc import Callable
from typing import Any

from spacy.language import Language

from ..types import TaggerModel
from .qa import BertfamQA

DEFAULT_CONFIG = {
    "spans_key": "answers",
    "max_length": 30,
    "min_score": 0.0,
    "temperature": 1.0,
    "questions": {},
    "scorer": {"@scorers": "spacy-bertfam.qa_scorer.v1", "spans_key": "answers"},
    "model": {
        "@architectures": "spacy-bertfam.SpanAnswerer.v1",
        "dropout": None,
        "tok2vec": {"@architectures": "spacy-bertfam.Encoder.v1", "name": "bert-base-multilingual-cased"},
    },
}


@Language.factory(
    "bertfam_qa",
    assigns=["doc.spans", "doc._.ask"],
    default_config=DEFAULT_CONFIG,
    default_score_weights={"qa_f1": 1.0, "qa_em": 0.0, "qa_no_answer": None},
)
def make_bertfam_qa(
    nlp: Language,
    name: str,
    model: TaggerModel,
    questions: dict[str, str],
    spans_key: str,
    max_length: int,
    min_score: float,
    temperature: float,
    scorer: Callable[..., Any] | None,
) -> BertfamQA:
    """Make the component that answers questions.

    model (Model[list[Doc], list[Floats2d]]): a ``spacy-bertfam.SpanAnswerer.v1``.
    questions (dict[str, str]): label -> what is asked of every Doc; the answer is a span with that label.
    spans_key (str): where in ``doc.spans`` the answers are.
    max_length (int): the most tokens of an answer.
    min_score (float): answers with a lower probability are left out of ``doc.spans``.
    temperature (float): divides the scores; above 1 the probabilities are less extreme.
    scorer (Callable | None): the evaluation method.
    """
    return BertfamQA(
        nlp.vocab, model, name, tokenizer=nlp.tokenizer, questions=questions, spans_key=spans_key,
        max_length=max_length, min_score=min_score, temperature=temperature, scorer=scorer,
    )  # fmt: skip
