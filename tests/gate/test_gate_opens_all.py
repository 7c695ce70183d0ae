"""Every file of a checkpoint or pipeline that anybody opens while it is loaded has been read by the gate before."""

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import spacy
from checkpoint_edits import make_sparse, set_fields, split_weights, write_index
from opened_files import Opened, opened_files
from tiny.kinds import KINDS

from spacy_bertfam.encoder.checkpoint.checkpoint import read_checkpoint
from spacy_bertfam.gate import CheckpointError
from spacy_bertfam.hub.fetch import fetch_encoder
from spacy_bertfam.hub.head import read_head
from spacy_bertfam.hub.import_hf import import_hf
from spacy_bertfam.training.pretraining.network import MaskedLanguageModel

LABELS = ["O", "B-PER", "I-PER", "B-LOC"]
MAX_SECONDS = 120  # until the process is ended
TEXT = "Zoé Dupont-Durand habite à Saint-Étienne."
OF_SPACY = {"config.cfg", "meta.json", "tokenizer"}  # spaCy reads its own before it knows of any component
CHECKPOINT_DOORS: dict[str, Callable[[Path, Path], object]] = {
    "encoder": lambda folder, out: read_checkpoint(folder),
    "import": lambda folder, out: import_hf(str(folder)),
    "head": lambda folder, out: read_head(folder),
    "fetch": lambda folder, out: fetch_encoder(str(folder), out),
    "pretraining": lambda folder, out: MaskedLanguageModel(folder),
}
RUNTIMES = (("onnxruntime", "fp32"), ("onnxruntime", "int8"), ("openvino", "fp32"), ("torch", "bf16"))


@pytest.fixture(autouse=True)
def waits_for_nobody() -> Iterator[None]:
    """A reader of a pipe or of /dev/zero would never end."""
    if hasattr(signal, "SIGALRM"):
        signal.alarm(MAX_SECONDS)
    yield
    if hasattr(signal, "SIGALRM"):
        signal.alarm(0)


def check_opened(opened: Opened, folder: Path) -> set[str]:
    """RETURNS (set[str]): the files of the folder that were opened, by their names in it."""
    inside = {path for path in opened.others | opened.by_gate | opened.native if path.is_relative_to(folder)}
    ungated = {
        path for path in inside - opened.by_gate if path.name not in OF_SPACY and path.parent.name != "vocab"
    }
    early = {path for path in opened.before_gate if path in inside} - inside.difference(ungated)
    assert (ungated, early) == (set(), set())
    return {path.relative_to(folder).as_posix() for path in inside}


@pytest.fixture
def classifier(tiny_token_classifier: Callable[..., Path], tmp_path: Path) -> Callable[[str], Path]:
    """`classifier(kind)` RETURNS (Path): a folder of this test's own, of a token classifier."""
    return lambda kind: shutil.copytree(tiny_token_classifier(kind, LABELS), tmp_path / "model")


@pytest.mark.parametrize("door", CHECKPOINT_DOORS)
@pytest.mark.parametrize("kind", KINDS)
def test_files_of_a_checkpoint(kind: str, door: str, classifier: Callable[[str], Path], tmp_path: Path):
    folder = classifier(kind)
    with opened_files(folder) as opened:
        CHECKPOINT_DOORS[door](folder, tmp_path / "out")
    found = check_opened(opened, folder)
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= found


def without_fast_tokenizer(folder: Path) -> None:
    """As checkpoints were before 2020: a vocabulary."""
    pieces = json.loads((folder / "tokenizer.json").read_text(encoding="utf8"))["model"]["vocab"]
    (folder / "vocab.txt").write_text("\n".join(sorted(pieces, key=pieces.get)) + "\n", encoding="utf8")
    (folder / "tokenizer.json").unlink()


def in_half_precision(folder: Path) -> None:
    """Weights of 16 bits, which are read in another way."""
    from safetensors.torch import load_file, save_file

    path = folder / "model.safetensors"
    save_file(
        {name: tensor.half() for name, tensor in load_file(path).items()}, path, metadata={"format": "pt"}
    )


FORMS: dict[str, tuple[Callable[[Path], object], set[str]]] = {
    "slow": (without_fast_tokenizer, {"vocab.txt"}),
    "half": (in_half_precision, {"model.safetensors"}),
    "shards": (
        lambda folder: write_index(folder, split_weights(folder)),
        {"model.safetensors.index.json", "model-1.safetensors", "model-2.safetensors"},
    ),
}


@pytest.mark.parametrize("door", CHECKPOINT_DOORS)
@pytest.mark.parametrize("form", FORMS)
def test_files_of_a_checkpoint_in_another_form(
    form: str, door: str, classifier: Callable[[str], Path], tmp_path: Path
):
    folder = classifier("bert")
    change, expected = FORMS[form]
    change(folder)
    with opened_files(folder) as opened:
        CHECKPOINT_DOORS[door](folder, tmp_path / "out")
    found = check_opened(opened, folder)
    assert (expected if form != "slow" or door != "head" else set()) <= found


@pytest.fixture(scope="session")
def pipelines(
    tiny_token_classifier: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Path]:
    """`pipelines(kind, runtime, precision, drop_torch)` RETURNS (Path): on disk, to be read only."""
    made: dict[tuple, Path] = {}

    def get(kind: str, runtime: str = "torch", precision: str = "fp32", drop_torch: bool = False) -> Path:
        key = (kind, runtime, precision, drop_torch)
        if key not in made:
            nlp = import_hf(str(tiny_token_classifier(kind, LABELS)), lang="fr")
            if (runtime, precision) != ("torch", "fp32"):
                _optimize(nlp, runtime, precision, drop_torch)
            made[key] = tmp_path_factory.mktemp("pipeline") / "model"
            nlp.to_disk(made[key])
        return made[key]

    return get


def _optimize(nlp, runtime: str, precision: str, drop_torch: bool) -> None:
    for package in {"torch": ("torch",), "onnxruntime": ("onnxruntime", "onnx")}.get(
        runtime, (runtime, "onnx")
    ):
        pytest.importorskip(package)
    from spacy_bertfam.encoder.checkpoint.checkpoint import without_weights
    from spacy_bertfam.encoder.model import encoder_shim
    from spacy_bertfam.optimize.optimize import Plan, optimize

    try:
        optimize(nlp, Plan(runtime, precision))
    except ValueError as error:
        pytest.skip(f"this engine cannot: {error}")
    if drop_torch:
        shim = encoder_shim(nlp.get_pipe("encoder").model)
        shim.take(without_weights(shim.loaded))


@pytest.mark.parametrize("kind", KINDS)
def test_files_of_a_pipeline(kind: str, pipelines: Callable[..., Path]):
    folder = pipelines(kind)
    with opened_files(folder) as opened:
        spacy.load(folder)(TEXT)
    assert {"encoder/model.safetensors", "encoder/cfg", "ner/model", "ner/cfg"} <= check_opened(
        opened, folder
    )


@pytest.mark.slow
@pytest.mark.parametrize("drop_torch", [False, True], ids=["", "drop_torch"])
@pytest.mark.parametrize(("runtime", "precision"), RUNTIMES)
def test_files_of_a_pipeline_in_another_runtime(
    runtime: str, precision: str, drop_torch: bool, pipelines: Callable[..., Path]
):
    if runtime == "torch" and drop_torch:
        pytest.skip("there is no graph")
    folder = pipelines("bert", runtime, precision, drop_torch)
    with opened_files(folder) as opened:
        spacy.load(folder)(TEXT)
    found = check_opened(opened, folder)
    assert ({"encoder/onnx/model.onnx", "encoder/onnx/runtime.json"} <= found) == (runtime != "torch")
    assert ("encoder/model.safetensors" in found) != drop_torch


def test_files_of_an_encoder_within_a_head(tiny_encoder: Callable[[str], Path], tmp_path: Path):
    nlp = spacy.blank("fr")
    architecture = {"@architectures": "spacy-bertfam.Encoder.v1", "name": str(tiny_encoder("bert"))}
    nlp.add_pipe("tagger", config={"model": {"@architectures": "spacy.Tagger.v2", "tok2vec": architecture}})
    nlp.get_pipe("tagger").add_label("X")
    nlp.initialize()
    nlp.to_disk(tmp_path / "model")
    with opened_files(tmp_path / "model", tiny_encoder("bert")) as opened:
        spacy.load(tmp_path / "model")(TEXT)
    assert not {path for path in opened.native | opened.others if path.is_relative_to(tiny_encoder("bert"))}


ELSEWHERE = "elsewhere.bin"
# Settings by which a library could be led to a file: in the folder (not one that the gate has read), or out of it
LEADS: dict[str, dict[str, dict]] = {
    "configuration_files": {"config.json": {"configuration_files": ["config.4.0.0.json"]}},
    "configuration_files_above": {"config.json": {"configuration_files": [f"../outside/{ELSEWHERE}"]}},
    "transformers_weights": {"config.json": {"transformers_weights": f"../outside/{ELSEWHERE}"}},
    "fast_tokenizer_files": {"tokenizer_config.json": {"fast_tokenizer_files": ["tokenizer.4.0.0.json"]}},
    "tokenizer_file": {"tokenizer_config.json": {"tokenizer_file": "tokenizer.4.0.0.json"}},
    "vocab_file": {"tokenizer_config.json": {"vocab_file": "config.4.0.0.json"}},
    "arguments_of_sentencepiece": {
        "tokenizer_config.json": {"sp_model_kwargs": {"model_file": f"../outside/{ELSEWHERE}"}}
    },
    "arguments_of_mecab": {
        "tokenizer_config.json": {
            "tokenizer_class": "BertJapaneseTokenizer",
            "word_tokenizer_type": "mecab",
            "mecab_kwargs": {"mecab_option": f"-r ../outside/{ELSEWHERE}"},
        }
    },
    "name_or_path": {
        "config.json": {"_name_or_path": "../outside", "name_or_path": "../outside"},
        "tokenizer_config.json": {"name_or_path": "../outside"},
    },
    "base_model": {"config.json": {"base_model_name_or_path": "../outside", "pretrained": "../outside"}},
}
DECOYS = (
    "config.4.0.0.json",
    "tokenizer.4.0.0.json",
    "chat_template.jinja",
    "modeling.py",
    "pytorch_model.bin",
)


@pytest.mark.parametrize("slow", [False, True], ids=["", "slow"])
@pytest.mark.parametrize("lead", LEADS)
def test_no_setting_leads_to_another_file(
    lead: str, slow: bool, classifier: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder, outside = classifier("bert"), tmp_path / "outside"
    if slow:
        without_fast_tokenizer(folder)
    outside.mkdir()
    for name in DECOYS:
        (folder / name).write_text('{"model_type": "bert"}', encoding="utf8")
        (outside / name).write_text('{"model_type": "bert"}', encoding="utf8")
    (outside / ELSEWHERE).write_text("secret", encoding="utf8")
    for file, settings in LEADS[lead].items():
        set_fields(folder / file, **settings)
    monkeypatch.chdir(folder)
    for name, door in CHECKPOINT_DOORS.items():
        with opened_files(folder, outside) as opened, suppress(CheckpointError):
            door(folder, tmp_path / name)
        check_opened(opened, folder)
        everywhere = opened.native | opened.others | opened.by_gate
        assert not {path for path in everywhere if path.name in DECOYS or path.is_relative_to(outside)}


needs_pipes = pytest.mark.skipif(os.name != "posix", reason="Windows has no pipes in folders")
TRAPS = (
    "config.json", "model.safetensors", "tokenizer.json", "cfg", "onnx/model.onnx", "onnx/runtime.json", "vocab.txt",
    "onnx/other", "other.safetensors",
)  # fmt: skip


@needs_pipes
@pytest.mark.parametrize("trap", ["zeros", "pipe", "link_out"])
@pytest.mark.parametrize(
    "name", [*(f"encoder/{name}" for name in TRAPS), "ner/cfg", "ner/model", "ner/other"]
)
def test_nothing_is_opened_where_an_entry_is_no_file(
    name: str, trap: str, pipelines: Callable[..., Path], tmp_path: Path
):
    folder = shutil.copytree(pipelines("bert", "onnxruntime", "fp32"), tmp_path / "model")
    path = folder / name
    path.unlink(missing_ok=True)
    goal = tmp_path / "outside"
    goal.write_bytes(b"{}")
    if trap == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero" if trap == "zeros" else goal)
    with opened_files(folder / Path(name).parts[0]) as opened, pytest.raises(CheckpointError) as caught:
        spacy.load(folder)
    assert str(path) in str(caught.value)
    assert path not in opened.native | opened.others


@needs_pipes
@pytest.mark.parametrize("door", CHECKPOINT_DOORS)
def test_a_pipe_among_the_weights_of_a_folder_with_a_graph_stops_nobody(
    door: str, pipelines: Callable[..., Path], tmp_path: Path
):
    folder = shutil.copytree(pipelines("bert", "onnxruntime", "fp32") / "encoder", tmp_path / "model")
    os.mkfifo(folder / "other.safetensors")
    with pytest.raises(CheckpointError, match=r"other\.safetensors is a pipe, socket or device"):
        CHECKPOINT_DOORS[door](folder, tmp_path / "out")


@needs_pipes
def test_a_folder_of_graphs_that_leads_elsewhere_is_refused(pipelines: Callable[..., Path], tmp_path: Path):
    folder = shutil.copytree(pipelines("bert", "onnxruntime", "fp32"), tmp_path / "model")
    (folder / "encoder" / "onnx").rename(tmp_path / "elsewhere")
    (folder / "encoder" / "onnx").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CheckpointError, match="onnx is a link; expected a folder"):
        spacy.load(folder)


@needs_pipes
def test_a_file_that_is_exchanged_for_a_pipe_meanwhile_is_not_waited_for(
    tiny_encoder: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from spacy_bertfam.gate import folder as module

    folder = shutil.copytree(tiny_encoder("bert"), tmp_path / "model")

    def exchange(path: Path) -> frozenset[str]:
        names = list_entries(path)
        (path / "tokenizer.json").unlink()
        os.mkfifo(path / "tokenizer.json")
        return names

    list_entries = module.list_entries
    monkeypatch.setattr(module, "list_entries", exchange)
    with pytest.raises(CheckpointError, match=r"tokenizer\.json is a folder, pipe, socket or device"):
        read_checkpoint(folder)


@pytest.mark.parametrize(
    "name", ["encoder/cfg", "encoder/tokenizer.json", "ner/model", "encoder/onnx/model.onnx"]
)
def test_a_file_of_absurd_size_is_not_read(name: str, pipelines: Callable[..., Path], tmp_path: Path):
    folder = shutil.copytree(pipelines("bert", "onnxruntime", "fp32"), tmp_path / "model")
    make_sparse(folder / name, 6 << 30)
    with pytest.raises(CheckpointError) as caught:
        spacy.load(folder)
    assert str(folder / name) in str(caught.value)
