"""What the tests read off a pipeline."""

from typing import Any

import numpy as np
from spacy.language import Language

from spacy_bertfam.encoder.shim import EncoderShim
from spacy_bertfam.pipeline.find import encoders_of

TEXTS = (
    "Marie Vasseur travaille à Rouen .",
    "",
    "Hier , Paul a quitté Brest pour la ville . " * 6,
    "Il pleut .",
)


def shim_of(nlp: Language) -> EncoderShim:
    """RETURNS (EncoderShim): of the first encoder."""
    return encoders_of(nlp)[0].shim


def vectors(nlp: Language) -> np.ndarray:
    """RETURNS (ndarray): of all tokens of the texts, whoever owns the encoder."""
    encoder = encoders_of(nlp)[0]
    return np.concatenate(encoder.model.predict([nlp.make_doc(text) for text in TEXTS]))


def found(nlp: Language, **options: Any) -> list[list[tuple[int, int, str, float]]]:
    """RETURNS (list): the entities of each text, with scores to three digits."""
    docs = nlp.pipe(TEXTS, **options)
    return [[(e.start, e.end, e.label_, round(e._.score, 3)) for e in doc.ents] for doc in docs]


def train_once(nlp: Language) -> None:
    """One step of training on what the pipeline finds itself."""
    from spacy.training import Example
    from thinc.api import Adam

    docs = list(nlp.pipe(TEXTS))
    optimizer = Adam(0.05)
    nlp.update([Example(nlp.make_doc(doc.text), doc) for doc in docs], sgd=False)
    for _, pipe in nlp.pipeline:
        if hasattr(pipe, "finish_update"):
            pipe.finish_update(optimizer)
