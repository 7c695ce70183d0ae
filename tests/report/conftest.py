"""Gold and predicted Docs from words and places."""

import random
from collections.abc import Callable, Sequence

import pytest
import spacy
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_bertfam.pipeline.entity_score import register_score
from spacy_bertfam.report.outcomes import gold_entities, pair_entities, predicted_entities
from spacy_bertfam.report.prediction import Prediction

Place = tuple  # start, end, label, and perhaps a score
NLP = spacy.blank("fr")
LABELS = ("PER", "LOC", "ORG")


@pytest.fixture
def make_doc() -> Callable[..., Doc]:
    """`make_doc(words, *places)` RETURNS (Doc): with these entities, and O elsewhere."""
    return build_doc


def build_doc(words: str | Sequence[str], *places: Place) -> Doc:
    register_score()
    doc = Doc(NLP.vocab, words=words.split() if isinstance(words, str) else list(words))
    doc.set_ents([Span(doc, start, end, label=label) for start, end, label, *_ in places])
    for ent, (_, _, _, *score) in zip(doc.ents, places, strict=True):
        if score:
            ent._.score = score[0]
    return doc


@pytest.fixture
def predicted() -> Callable[..., Prediction]:
    """`predicted(examples, name="model")` RETURNS (Prediction): what the predicted sides say."""

    def build(examples: Sequence[Example], name: str = "model") -> Prediction:
        found = Prediction(name)
        for eg in examples:
            known = [ent for ent in predicted_entities(eg, {}) if ent]
            found.outcomes.append(pair_entities(gold_entities(eg.reference), known))
        return found

    return build


@pytest.fixture
def drawn() -> list[Example]:
    """Texts whose gold and predicted entities are drawn, so that all kinds of error are there."""
    rng = random.Random(0)

    def places() -> list[Place]:
        found, token = [], rng.randrange(3)
        while token < 18:
            end = token + rng.randrange(1, 4)
            found.append((token, end, rng.choice(LABELS), rng.random()))
            token = end + rng.randrange(3)
        return found

    def near(gold: list[Place]) -> list[Place]:
        return [one for one in gold if rng.random() < 0.7] if rng.random() < 0.7 else places()

    words = [f"w{i}" for i in range(20)]
    gold = [places() for _ in range(60)]
    return [Example(build_doc(words, *near(each)), build_doc(words, *each)) for each in gold]
