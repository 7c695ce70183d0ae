"""A few annotated sentences, and small pipelines over them, for tests of the components."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Adam, Optimizer

Sentence = tuple[str, Sequence[tuple[str, str]]]

SENTENCES: tuple[Sentence, ...] = (
    ("Marie Vasseur travaille à Rouen .", (("Marie Vasseur", "PER"), ("Rouen", "LOC"))),
    ("Hier , Paul a quitté Brest .", (("Paul", "PER"), ("Brest", "LOC"))),
    ("La société Alpina engage Zoé Martin .", (("Alpina", "ORG"), ("Zoé Martin", "PER"))),
    ("Il pleut sur la ville .", ()),
    ("Le maire de Saintes a signé .", (("Saintes", "LOC"),)),
    ("Northgate Energy rachète Alpina .", (("Northgate Energy", "ORG"), ("Alpina", "ORG"))),
)
TEXTS = [text for text, _ in SENTENCES]
PAIRS = [f"{text} {other}" for text in TEXTS for other in TEXTS]
CNN = {
    "@architectures": "spacy.HashEmbedCNN.v2",
    "width": 16,
    "depth": 1,
    "embed_size": 200,
    "window_size": 1,
    "maxout_pieces": 2,
    "subword_features": True,
    "pretrained_vectors": None,
}


def annotated(nlp: Language, sentence: Sentence) -> Doc:
    """RETURNS (Doc): with the entities of the sentence, all its other tokens O."""
    text, entities = sentence
    doc = nlp.make_doc(text)
    starts = [text.index(entity) for entity, _ in entities]
    spans = [
        doc.char_span(start, start + len(entity), label=label)
        for start, (entity, label) in zip(starts, entities, strict=True)
    ]
    doc.set_ents(spans)
    return doc


def make_examples(nlp: Language, sentences: Iterable[Sentence] = SENTENCES) -> list[Example]:
    """RETURNS (list): an Example for each sentence, its predicted side bare."""
    return [Example(nlp.make_doc(sentence[0]), annotated(nlp, sentence)) for sentence in sentences]


def encoder_config(folder: Path, **settings: Any) -> dict[str, Any]:
    """RETURNS (dict): the [model] block of an encoder."""
    return {"@architectures": "spacy-bertfam.Encoder.v1", "name": str(folder), **settings}


def head_config(tok2vec: dict[str, Any]) -> dict[str, Any]:
    """RETURNS (dict): the [model] block of a linear head over `tok2vec`."""
    return {"@architectures": "spacy-bertfam.TokenClassifier.v1", "dropout": 0.0, "tok2vec": tok2vec}


def shared_pipeline(folder: Path, **ner_settings: Any) -> Language:
    """RETURNS (Language): `encoder` and `ner`, not initialized."""
    nlp = spacy.blank("fr")
    nlp.add_pipe("bertfam_encoder", name="encoder", config={"model": encoder_config(folder)})
    nlp.add_pipe("bertfam_ner", name="ner", config=ner_settings)
    return nlp


def own_pipeline(tok2vec: dict[str, Any], **ner_settings: Any) -> Language:
    """RETURNS (Language): `ner` alone, with `tok2vec` inside it."""
    nlp = spacy.blank("fr")
    nlp.add_pipe("bertfam_ner", name="ner", config={"model": head_config(tok2vec), **ner_settings})
    return nlp


def train(
    nlp: Language,
    examples: Sequence[Example],
    optimizer: Optimizer | None = None,
    *,
    n_steps: int = 12,
    **update_settings: Any,
) -> list[float]:
    """Update on all examples together, as spaCy's loop does it.

    RETURNS (list): the loss of the component `ner` at each step.
    """
    optimizer = optimizer or Adam(0.005)
    exclude = update_settings.get("exclude", ())
    found = []
    for _ in range(n_steps):
        losses: dict[str, float] = {}
        for eg in examples:
            eg.predicted = nlp.make_doc(eg.reference.text)
        nlp.update(examples, sgd=False, losses=losses, **update_settings)
        for name, pipe in nlp.pipeline:
            if name not in exclude and getattr(pipe, "is_trainable", False):
                pipe.finish_update(optimizer)
        found.append(losses.get("ner", 0.0))
    return found


def all_scores(nlp: Language, texts: Iterable[str] = TEXTS) -> list[tuple[str, str, float]]:
    """RETURNS (list): text, label and score of each entity found."""
    return [(ent.text, ent.label_, ent._.score) for doc in nlp.pipe(texts) for ent in doc.ents]
