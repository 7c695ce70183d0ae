"""Training by the command line: what it leaves, and that a user's error is one sentence and exit code 1."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import spacy
import torch
from forked import Forked
from small_corpus import SENTENCES, TEXTS, annotated
from spacy.cli._util import app as spacy_app
from spacy.tokens import DocBin
from typer.main import get_command
from typer.testing import CliRunner

from spacy_bertfam.cli import explain, spacy_entry  # noqa: F401  what spaCy does for its command line
from spacy_bertfam.cli.app import app
from spacy_bertfam.errors import UserError

CONFIG = """
[paths]
train = "train.spacy"
dev = "train.spacy"
encoder = "encoder"

[system]
gpu_allocator = null
seed = 0

[nlp]
lang = "fr"
pipeline = ["encoder", "ner"]

[components]

[components.encoder]
factory = "bertfam_encoder"

[components.encoder.model]
@architectures = "spacy-bertfam.Encoder.v1"
name = ${paths.encoder}

[components.ner]
factory = "bertfam_ner"

[corpora]

[corpora.train]
@readers = "spacy.Corpus.v1"
path = ${paths.train}

[corpora.dev]
@readers = "spacy.Corpus.v1"
path = ${paths.dev}

[training]
seed = 0
gpu_allocator = null
train_corpus = "corpora.train"
dev_corpus = "corpora.dev"
dropout = 0.1
accumulate_gradient = 1
patience = 0
max_epochs = 0
max_steps = 3
eval_frequency = 2

[training.optimizer]
@optimizers = "spacy-bertfam.AdamW.v1"
learn_rate = 0.003

[initialize]

[initialize.components]
"""
LABELS = """
[initialize.components.ner]

[initialize.components.ner.labels]
@readers = "spacy.read_labels.v1"
path = "labels/ner.json"
"""


@pytest.fixture
def folder(tiny_encoder: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: a config, an encoder, and three corpora."""
    torch.set_num_threads(1)
    monkeypatch.chdir(tmp_path)
    nlp = spacy.blank("fr")
    DocBin(docs=[annotated(nlp, sentence) for sentence in SENTENCES]).to_disk("train.spacy")
    DocBin(docs=[nlp.make_doc(text) for text in TEXTS]).to_disk("bare.spacy")
    DocBin(docs=[]).to_disk("empty.spacy")
    Path("text.spacy").write_text("Ceci est du texte.", encoding="utf8")
    Path("encoder").symlink_to(tiny_encoder("bert"), target_is_directory=True)
    Path("config.cfg").write_text(CONFIG, encoding="utf8")
    return tmp_path


def run_spacy(*arguments: str):
    return CliRunner().invoke(spacy_app, list(arguments))


def run_bertfam(*arguments: str):
    return CliRunner().invoke(app, list(arguments))


# -- training that works


@pytest.mark.parametrize("run", [run_spacy, run_bertfam])
def test_train_saves_pipelines_that_stand_alone(folder: Path, run: Callable) -> None:
    result = run("train", "config.cfg", "--output", "out", "--training.max_steps", "4")
    assert result.exit_code == 0, result.output
    (folder / "encoder").unlink()
    for name in ("model-best", "model-last"):
        nlp = spacy.load(folder / "out" / name)
        assert nlp.meta["performance"]["ents_f"] >= 0
        assert nlp(TEXTS[0]).tensor.shape == (6, 32)
        assert not list((folder / "out" / name).rglob(".writing-*"))


def test_evaluate_is_spacys_own(folder: Path) -> None:
    run_spacy("train", "config.cfg", "--output", "out", "--training.max_steps", "1")
    result = run_spacy("evaluate", "out/model-last", "train.spacy", "--output", "scores.json")
    assert result.exit_code == 0, result.output
    assert "ents_f" in json.loads((folder / "scores.json").read_text(encoding="utf8"))


def test_init_labels_writes_what_initialize_takes(folder: Path) -> None:
    assert run_spacy("init", "labels", "config.cfg", "labels").exit_code == 0
    path = folder / "labels" / "ner.json"
    assert json.loads(path.read_text(encoding="utf8")) == ["LOC", "ORG", "PER"]
    path.write_text('["PER", "ORG", "LOC", "EVENT"]', encoding="utf8")
    (folder / "config.cfg").write_text(CONFIG + LABELS, encoding="utf8")
    result = run_spacy("train", "config.cfg", "--output", "out", "--training.max_steps", "1")
    assert result.exit_code == 0, result.output
    assert spacy.load(folder / "out" / "model-last").get_pipe("ner").labels == ("PER", "ORG", "LOC", "EVENT")


# -- the user's errors

MISTAKES = pytest.mark.parametrize(
    ("override", "parts"),
    [
        (("--paths.train", "nowhere.spacy"), ("No file or folder nowhere.spacy", "--paths.train")),
        (("--paths.dev", "nowhere.spacy"), ("No file or folder nowhere.spacy", "--paths.dev")),
        (("--paths.train", "empty.spacy"), ("'ner'", "training corpus has no examples", "--paths.train")),
        (("--paths.train", "bare.spacy"), ("'ner'", "none of the 6 training examples", "check the corpus")),
        (("--paths.train", "text.spacy"), ("[E1014]", "DocBin")),
        (("--paths.encoder", "a/folder/nowhere"), ("No folder a/folder/nowhere", "expected")),
        (
            ("--paths.encoder", "labels"),
            ("'labels' is not a folder", "the hub does not answer", "HF_HUB_OFFLINE"),
        ),
        (("--paths.encoder", "someone/no-such-encoder"), ("'someone/no-such-encoder'", "Give a folder")),
        (("--paths.encoder", "no..name"), ("'no..name' is neither a folder nor a name",)),
        (("--components.encoder.model.pooling", "middle"), ("pooling is 'middle'", "first, last, mean, max")),
        (("--components.encoder.model.window", "2"), ("window is 2", "at least 4")),
        (("--components.encoder.model.frozen_layers", '["nose"]'), ("frozen_layers names 'nose'",)),
        (("--components.ner.scheme", "IOB9"), ("scheme 'IOB9'", "BIOES")),
        (("--components.ner.min_score", "7"), ("'ner': min_score is 7", "0 to 1")),
        (("--components.ner.model.tok2vec.upstream", "coder"), ("'ner' listens to", "'coder'", "upstream")),
        (("--nlp.pipeline", '["ner"]'), ("'ner' listens to an encoder", "does not have before it (ner)")),
        (("--nlp.pipeline", '["ner","encoder"]'), ("'ner' listens to an encoder", "(ner, encoder)")),
    ],
)


def settle(config: Path) -> None:
    """Give the config the blocks that overrides may name."""
    run_spacy("init", "fill-config", str(config), str(config))


@MISTAKES
def test_bertfam_train_says_it_in_one_sentence(
    folder: Path, override: tuple[str, str], parts: tuple[str, ...]
) -> None:
    if "--components" in override[0]:
        settle(folder / "config.cfg")
    result = run_bertfam("train", "config.cfg", *override)
    assert result.exit_code == 1
    said = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert len(said) == 1, result.output
    assert all(part in said[0] for part in parts), said
    assert "Traceback" not in result.output


def test_a_label_with_a_typing_error_is_found_before_training(folder: Path) -> None:
    (folder / "labels").mkdir()
    (folder / "labels" / "ner.json").write_text('["LOC", "ORG", "PERS"]', encoding="utf8")
    (folder / "config.cfg").write_text(CONFIG + LABELS, encoding="utf8")
    result = run_bertfam("train", "config.cfg")
    assert result.exit_code == 1
    assert "lists 'PERS', of which the training data have no entity, and lacks 'PER'" in result.stderr


def test_a_missing_config_is_said(folder: Path) -> None:
    result = run_bertfam("train", "other.cfg")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: No config other.cfg")


def test_an_offline_hub_is_found_in_seconds(folder: Path) -> None:
    start = time.monotonic()
    assert run_bertfam("train", "config.cfg", "--paths.encoder", "camembert-base").exit_code == 1
    assert time.monotonic() - start < 10


def test_spacy_train_itself_says_it_without_a_traceback(folder: Path) -> None:
    words = ["train", "config.cfg", "--paths.train", "bare.spacy"]
    process = Forked(get_command(spacy_app), words, folder / "log")
    said = process.wait()
    assert process.returncode == 1, said
    last = [line for line in said.splitlines() if "Warning" not in line][-1]
    assert last.startswith("Error: Component 'ner': none of the 6 training examples has an entity")
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(2, "No such file or directory", "train.spacy"),
        UserError("Found this. Expected that."),
        ValueError("[E913] Corpus path can't be None."),
    ],
)
def test_the_hook_says_sentences(error: Exception, capsys: pytest.CaptureFixture, hook: Callable) -> None:
    hook(type(error), error, None)
    err = capsys.readouterr().err
    assert err == f"Error: {explain.sentence_for(error)}\n"


@pytest.mark.parametrize("error", [ValueError("[E953] Mismatched IDs"), KeyError("x"), OSError("disk")])
def test_the_hook_leaves_our_own_faults_their_traceback(
    error: Exception, capsys: pytest.CaptureFixture, hook: Callable
) -> None:
    hook(type(error), error, None)
    assert capsys.readouterr().err == "as before\n"


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Callable:
    """The hook, over one that says "as before"."""
    import spacy_bertfam.encoder.model  # noqa: F401  the sign that a pipeline of ours is at work

    monkeypatch.setattr(sys, "excepthook", lambda *_: print("as before", file=sys.stderr))
    explain.install()
    return sys.excepthook


def test_errors_of_other_pipelines_keep_their_tracebacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, explain.OURS, raising=False)
    assert explain.sentence_for(FileNotFoundError(2, "No such file", "train.spacy")) is None
    assert explain.sentence_for(ValueError("[E913] Corpus path can't be None.")) is None
