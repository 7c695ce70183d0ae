"""`spacy-bertfam.own_labels_scorer.v1`: scores of entities whose labels the gold annotation knows."""

from typing import Any, Callable, Dict, Iterable, List

from spacy.scorer import Scorer
from spacy.tokens import Doc, Span
from spacy.training import Example


def make_own_labels_scorer() -> Callable[..., Dict[str, Any]]:
    """A scorer for a recogniser beside another one, whose labels the corpus has not: they are no mistakes."""
    return score_own_labels


def score_own_labels(examples: Iterable[Example], **options: Any) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): ``ents_p``, ``ents_r``, ``ents_f``, ``ents_per_type``, as spaCy's scorer gives them."""
    examples = list(examples)
    labels = {ent.label_ for eg in examples for ent in eg.reference.ents}

    def own_ents(doc: Doc, attribute: str) -> List[Span]:
        return [ent for ent in doc.ents if ent.label_ in labels]

    return Scorer.score_spans(
        examples, "ents", getter=own_ents, has_annotation=lambda doc: doc.has_annotation("ENT_IOB")
    )
