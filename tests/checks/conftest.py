"""A config of the project over a tiny encoder and small corpora, to be spoilt by the tests."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_corpus import SENTENCES
from sound_config import CONFIG, DEV, write_corpus

from spacy_bertfam.checks.finding import Finding
from spacy_bertfam.checks.run import check_setup
from spacy_bertfam.checks.setup import read_setup

Overrides = dict[str, Any]


@pytest.fixture(scope="session")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Overrides:
    """Where the small corpora are; to be read only."""
    folder = tmp_path_factory.mktemp("corpora")
    return {
        "paths.train": str(write_corpus(folder / "train.spacy", SENTENCES, times=6)),
        "paths.dev": str(write_corpus(folder / "dev.spacy", DEV)),
    }


@pytest.fixture
def overrides(corpora: Overrides, tiny_encoder: Callable[[str], Path]) -> Overrides:
    """What makes the project's config a sound one; tests change it."""
    return {
        **corpora,
        "paths.encoder": str(tiny_encoder("camembert")),
        "training.max_steps": 40,
        "training.eval_frequency": 20,
        "training.optimizer.learn_rate.total_steps": 40,
        "training.optimizer.learn_rate.warmup_steps": 4,
    }


@pytest.fixture
def check(overrides: Overrides) -> Callable[..., list[Finding]]:
    """`check(**changed)` RETURNS (list): findings; a double underscore in a name stands for a dot."""

    def run(path: Path = CONFIG, **changed: Any) -> list[Finding]:
        named = {name.replace("__", "."): value for name, value in changed.items()}
        return check_setup(read_setup(path, {**overrides, **named}))

    return run
