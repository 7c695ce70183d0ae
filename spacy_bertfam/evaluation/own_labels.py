"""`spacy-bertfam.own_labels_scorer.v1`: scores of entities whose labels the gold annotation knows."""

from collections.abc import Callable, Iterable
from typing import Any

from spacy.scorer import Scorer
from spacy.tokens import Doc, Span
from spacy.training import Example


def make_own_labels_scorer() -> Callable[..., dict[str, Any]]:
    """A scorer for a recognizer beside another one: that one's labels, which the corpus lacks, are no mistakes."""
    return score_own_labels


def score_own_labels(examples: Iterable[Example], **options: Any) -> dict[str, Any]:
    """RETURNS (dict[str, Any]): ``ents_p``, ``ents_r``, ``ents_f``, ``ents_per_type``, as spaCy's scorer gives them."""
    examples = list(examples)
    labels = {ent.label_ for eg in examples for ent in eg.reference.ents}

    def own_ents(doc: Doc, attribute: str) -> list[Span]:
        return [ent for ent in doc.ents if ent.label_ in labels]

    return Scorer.score_spans(
        examples, "ents", getter=own_ents, has_annotation=lambda doc: doc.has_annotation("ENT_IOB")
    )
