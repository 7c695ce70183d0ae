"""Texts whose entities are drawn by what a recognizer thinks of them: its scores are right by construction."""

from collections.abc import Callable
from typing import Any

import numpy as np
import spacy
from small_corpus import CNN, make_examples
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from tagging import decode_ids

from spacy_bertfam.heads.transitions import PARAMETERS, SCALE

WORDS = [
    a + b for a in ("ra", "mi", "tol", "ve", "su", "nic") for b in ("no", "ber", "lin", "ga", "s", "pou")
]


def random_pipeline(*, architecture: str = "TokenClassifier", **settings: Any) -> Language:
    """RETURNS (Language): `ner` in the scheme IO, so that the tags of tokens do not hang on each other, with random
    weights that are sure of some words and not of others."""
    model = {"@architectures": f"spacy-bertfam.{architecture}.v1", "tok2vec": CNN}
    nlp = spacy.blank("fr")
    nlp.add_pipe("bertfam_ner", name="ner", config={"scheme": "IO", "model": model, **settings})
    nlp.config["initialize"]["components"]["ner"] = {"fit_words": 0}
    nlp.initialize(lambda: make_examples(nlp))
    layer = nlp.get_pipe("ner").model.get_ref("output_layer")
    rng = np.random.default_rng(0)
    layer.set_param("W", (rng.normal(size=layer.get_param("W").shape) * 1.2).astype("float32"))
    if nlp.get_pipe("ner").model.has_ref("transitions"):
        layer = nlp.get_pipe("ner").model.get_ref("transitions")
        for name in PARAMETERS:
            layer.set_param(name, (rng.normal(size=layer.get_param(name).shape) / SCALE).astype("float32"))
    return nlp


def scale(nlp: Language, factor: float) -> None:
    """Multiply all scores of `ner`, those between tags too."""
    model = nlp.get_pipe("ner").model
    layers = [(model.get_ref("output_layer"), ("W", "b"))]
    if model.has_ref("transitions"):
        layers.append((model.get_ref("transitions"), PARAMETERS))
    for layer, names in layers:
        for name in names:
            layer.set_param(name, layer.get_param(name) * factor)


def draw_examples(nlp: Language, *, n_texts: int = 200) -> list[Example]:
    """RETURNS (list): the predicted side bare, the tags of the other drawn by the probabilities that `ner` gives them
    (those of a linear head)."""
    rng = np.random.default_rng(0)
    docs = [Doc(nlp.vocab, words=rng.choice(WORDS, size=12).tolist()) for _ in range(n_texts)]
    ner = nlp.get_pipe("ner")
    return [
        Example(doc, with_entities(doc, decode_ids(ner.tag_set, draw_tags(scores, rng))))
        for doc, scores in zip(docs, ner.score_tags(docs), strict=True)
    ]


def draw_tags(scores: Any, rng: np.random.Generator) -> Any:
    # the highest of scores with noise of Gumbel's kind is a draw by their softmax
    return (scores + rng.gumbel(size=scores.shape)).argmax(axis=1)


def with_entities(doc: Doc, spans: Any) -> Doc:
    """RETURNS (Doc): a copy, all its other tokens O."""
    copy = doc.copy()
    copy.set_ents([Span(copy, start, end, label=label) for start, end, label in spans])
    return copy


def on_copies(examples: list[Example], change: Callable[[Doc], None]) -> list[Example]:
    """RETURNS (list): the same with something done to each annotated Doc."""
    copies = [eg.reference.copy() for eg in examples]
    for copy in copies:
        change(copy)
    return [Example(eg.predicted, copy) for eg, copy in zip(examples, copies, strict=True)]
