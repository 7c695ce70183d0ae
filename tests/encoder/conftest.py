"""Encoders over tiny checkpoints, and blank pipelines to make Docs with."""

from collections.abc import Callable
from typing import Any

import pytest
import spacy
from spacy.language import Language
from thinc.api import Model

from spacy_bertfam.encoder.model import build_encoder


@pytest.fixture(scope="session")
def build(tiny_encoder) -> Callable[..., Model]:
    """`build(kind, **settings)` RETURNS (Model): an encoder with its weights."""

    def get(kind: str = "bert", **settings: Any) -> Model:
        model = build_encoder(str(tiny_encoder(kind)), **settings)
        model.initialize()
        return model

    return get


@pytest.fixture(scope="session")
def shared_bert(build) -> Model:
    """An encoder with small windows and pieces as WordPiece makes them, to predict with only."""
    return build("bert", window=12, overlap=4, max_batch_pieces=64)


@pytest.fixture(scope="session")
def fr() -> Language:
    return spacy.blank("fr")


@pytest.fixture(scope="session")
def en() -> Language:
    return spacy.blank("en")
