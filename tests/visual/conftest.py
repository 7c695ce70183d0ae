"""A pipeline for the tests that look at its attention."""

from collections.abc import Callable

import pytest
from small_corpus import make_examples, shared_pipeline
from spacy.language import Language


@pytest.fixture(scope="session")
def pipeline_of(tiny_encoder: Callable) -> Callable[[str], Language]:
    """`pipeline_of(kind)` RETURNS (Language): `encoder` and `ner`, which guesses; to be read only."""
    made: dict[str, Language] = {}

    def get(kind: str) -> Language:
        if kind not in made:
            nlp = shared_pipeline(tiny_encoder(kind))
            nlp.initialize(lambda: make_examples(nlp))
            made[kind] = nlp
        return made[kind]

    return get
