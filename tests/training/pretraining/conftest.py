"""French sentences for masked-language modelling, as an encoder's windows."""

from collections.abc import Callable
from pathlib import Path

import pytest
import spacy
import torch
from small_corpus import PAIRS

from spacy_bertfam.training.pretraining.network import MaskedLanguageModel
from spacy_bertfam.training.pretraining.texts import WindowTexts


@pytest.fixture
def model(tiny_encoder: Callable[[str], Path]) -> MaskedLanguageModel:
    torch.set_num_threads(1)
    return MaskedLanguageModel(tiny_encoder("bert"))


@pytest.fixture(scope="session")
def texts(tiny_encoder: Callable[[str], Path]) -> WindowTexts:
    tokenizer = MaskedLanguageModel(tiny_encoder("bert")).tokenizer
    return WindowTexts.from_docs(map(spacy.blank("fr").make_doc, PAIRS), tokenizer, 20)
