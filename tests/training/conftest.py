"""A small training: a config as users write it, and what it takes to run, stop and resume it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import spacy
import torch
from small_corpus import SENTENCES, annotated
from spacy.tokens import DocBin

CONFIG = """
[paths]
train = "train.spacy"
encoder = "encoder"

[system]
gpu_allocator = null
seed = 7

[nlp]
lang = "fr"
pipeline = ["encoder", "ner", "tagged"]

[components]

[components.encoder]
factory = "bertfam_encoder"

[components.encoder.model]
@architectures = "spacy-bertfam.Encoder.v1"
name = ${paths.encoder}

[components.ner]
factory = "bertfam_ner"

[components.tagged]
factory = "ner"

[components.tagged.model]
@architectures = "spacy.TransitionBasedParser.v2"
state_type = "ner"
extra_state_tokens = false
hidden_width = 8
maxout_pieces = 2
use_upper = true
nO = null

[components.tagged.model.tok2vec]
@architectures = "spacy-bertfam.EncoderListener.v1"
upstream = "encoder"

[corpora]

[corpora.train]
@readers = "spacy.Corpus.v1"
path = ${paths.train}

[corpora.train.augmenter]
@augmenters = "spacy.lower_case.v1"
level = 0.3

[corpora.dev]
@readers = "spacy.Corpus.v1"
path = ${paths.train}

[training]
seed = ${system.seed}
gpu_allocator = null
train_corpus = "corpora.train"
dev_corpus = "corpora.dev"
dropout = 0.2
accumulate_gradient = 2
patience = 0
max_epochs = 0
max_steps = 9
eval_frequency = 4

[training.batcher]
@batchers = "spacy-bertfam.batch_by_pieces.v1"
size = 40
buffer = 4

[training.optimizer]
@optimizers = "spacy-bertfam.AdamW.v1"
unfreeze_every = 1

[training.optimizer.learn_rate]
@schedules = "warmup_linear.v1"
initial_rate = 0.003
warmup_steps = 3
total_steps = 20

[initialize]
"""
THINCS_ADAM = '@optimizers = "Adam.v1"'


@pytest.fixture(scope="session")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of two corpora; to be read only."""
    folder, nlp = tmp_path_factory.mktemp("corpora"), spacy.blank("fr")
    for name, sentences in (("train", SENTENCES), ("other", SENTENCES[1:])):
        DocBin(docs=[annotated(nlp, sentence) for sentence in sentences]).to_disk(folder / f"{name}.spacy")
    return folder


@pytest.fixture
def folder(
    tiny_encoder: Callable[[str], Path], corpora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The working folder: a config, an encoder and a corpus. One thread: sums are made in the same order."""
    torch.set_num_threads(1)
    monkeypatch.chdir(tmp_path)
    for path in corpora.iterdir():
        shutil.copy(path, path.name)
    Path("encoder").symlink_to(tiny_encoder("bert"), target_is_directory=True)
    Path("config.cfg").write_text(CONFIG, encoding="utf8")
    return tmp_path
