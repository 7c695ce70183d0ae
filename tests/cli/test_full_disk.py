"""Whatever a command writes, a place without room ends it in one sentence, and nothing half-written is left."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import spacy
import torch
from small_corpus import PAIRS, SENTENCES, annotated
from spacy.tokens import DocBin
from typer.testing import CliRunner

from spacy_bertfam.cli.app import app
from spacy_bertfam.hub.import_hf import import_hf

CONFIG = Path(__file__).parents[2] / "configs" / "ner_shared.cfg"
FAST = ("--training.max_steps", "2", "--training.eval_frequency", "1")
TRAIN = ("--paths.train", "data.spacy", "--paths.dev", "data.spacy", "--paths.encoder", "classifier", *FAST)
# What each command is given; OUT is where it writes
COMMANDS = {
    "import-hf": ("classifier", "OUT", "--lang", "fr"),
    "export-hf": ("pipeline", "OUT"),
    "fetch": ("classifier", "OUT"),
    "optimize": ("pipeline", "OUT", "--runtime", "torch", "--precision", "bf16"),
    "calibrate": ("pipeline", "data.spacy", "OUT"),
    "train": (str(CONFIG), "--output", "OUT", *TRAIN),
    "render": ("pipeline", "Marie vit à Rouen .", "--output", "OUT"),
    "attention": ("pipeline", "Marie vit à Rouen .", "--output", "OUT"),
    "check": (str(CONFIG), "--report", "OUT", *TRAIN),
}


@pytest.fixture(scope="module")
def made(tiny_token_classifier: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a checkpoint, the pipeline of it, and a corpus; to be copied."""
    folder, nlp = tmp_path_factory.mktemp("made"), spacy.blank("fr")
    checkpoint = tiny_token_classifier("bert", ["O", "B-PER", "I-PER", "B-LOC"])
    (folder / "classifier").symlink_to(checkpoint, target_is_directory=True)
    import_hf(str(checkpoint), lang="fr").to_disk(folder / "pipeline")
    DocBin(docs=[annotated(nlp, sentence) for sentence in SENTENCES]).to_disk(folder / "data.spacy")
    (folder / "texts.txt").write_text("\n\n".join(PAIRS), encoding="utf8")
    return folder


@pytest.fixture(autouse=True)
def folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder of a test."""
    torch.set_num_threads(1)
    monkeypatch.chdir(shutil.copytree(made, tmp_path, symlinks=True, dirs_exist_ok=True))
    return tmp_path


def run(command: str, out: str) -> Any:
    return CliRunner().invoke(app, [command, *(out if word == "OUT" else word for word in COMMANDS[command])])


def require_sentence(result: Any, said: str) -> None:
    assert result.exit_code == 1, result.output
    (sentence,) = (line for line in result.stderr.splitlines() if line.startswith("Error: "))
    assert said in sentence
    assert isinstance(result.exception, SystemExit)


@contextmanager
def files_up_to(n_bytes: int) -> Iterator[None]:
    """Within it no file can become larger, whoever writes it, as on a disk that is nearly full."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.skipif(os.name == "nt", reason="limits of this kind are POSIX's")
@pytest.mark.parametrize("command", COMMANDS)
def test_without_room_a_command_ends_in_one_sentence_and_leaves_nothing(command: str, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    with files_up_to(200):
        result = run(command, "new/out")
    require_sentence(result, "cannot be written: a file is larger than")
    assert [path for path in sorted(tmp_path.rglob("*")) if path not in before and not path.is_dir()] == []
    assert not any(Path("new").glob("out/*") if command == "train" else Path("new").glob("*"))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a file system without room for files")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_place_that_takes_no_files_is_named(command: str) -> None:
    require_sentence(run(command, "/proc/out"), "/proc/out")
    require_sentence(run(command, "data.spacy/out"), "data.spacy/out")


@pytest.mark.skipif(os.name == "nt", reason="limits of this kind are POSIX's")
def test_a_disk_that_fills_up_in_a_training_leaves_what_was_saved(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The best pipeline, the last one, and the state to go on from; the sentence says so."""
    from spacy_bertfam.training.resumable.loop import Training

    save, evaluations = Training._save_last, []

    def fill(training: Training) -> None:
        evaluations.append(training.progress.step)
        with files_up_to(200 if len(evaluations) > 1 else 2**40):
            save(training)

    monkeypatch.setattr(Training, "_save_last", fill)
    result = run("train", "out")
    require_sentence(result, "out/model-last cannot be written: a file is larger than")
    assert evaluations == [0, 1]  # and not once more for the error
    said = "Saved: out/model-best (best evaluation so far) and out/model-last (last step). The same command with "
    assert said in result.stderr and "Aborting" not in result.stdout
    for name in ("model-best", "model-last"):
        assert spacy.load(Path("out", name)).pipe_names == ["encoder", "ner", "cleaner"]
    monkeypatch.undo()
    monkeypatch.chdir(folder)
    again = CliRunner().invoke(app, ["train", str(CONFIG), "--output", "out", *TRAIN, "--resume"])
    assert again.exit_code == 0 and "Going on after step 0" in again.stdout, again.output
