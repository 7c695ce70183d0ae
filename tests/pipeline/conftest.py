"""A trained pipeline, made once a session and loaded anew by each test that asks for it."""

from collections.abc import Callable
from pathlib import Path

import pytest
import spacy
import torch
from small_corpus import make_examples, shared_pipeline, train
from spacy.language import Language


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Networks this small are slower on several threads, far slower on a busy machine."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def folder(tiny_encoder: Callable[[str], Path]) -> Path:
    """The tiny encoder of most tests here; its vectors have 32 columns."""
    return tiny_encoder("bert")


@pytest.fixture(scope="session")
def trained_folder(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shared pipeline that knows its training sentences, on disk; to be read only."""
    nlp = shared_pipeline(folder)
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    train(nlp, examples, n_steps=30)
    path = tmp_path_factory.mktemp("trained") / "pipeline"
    nlp.to_disk(path)
    return path


@pytest.fixture(scope="session")
def reader(trained_folder: Path) -> Language:
    """The trained pipeline, loaded once for the tests that only read with it."""
    return spacy.load(trained_folder)


@pytest.fixture
def trained(trained_folder: Path) -> Language:
    """The trained pipeline, this test's own copy."""
    return spacy.load(trained_folder)
