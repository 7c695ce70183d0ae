"""What opens and would fail at a text, or give nothing for any, is refused when it is loaded."""

import json
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
import torch
from safetensors.torch import load_file, save_file
from small_corpus import TEXTS, encoder_config, make_examples, shared_pipeline
from spacy.language import Language
from tiny.folder import make_tiny_encoder
from tiny.kinds import KINDS

from spacy_bertfam.errors import UserError
from spacy_bertfam.gate import CheckpointError
from spacy_bertfam.training.pretraining.network import MaskedLanguageModel

NAN, INF = float("nan"), float("inf")


@pytest.fixture(scope="session")
def saved_pipeline(tiny_encoder: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    nlp = shared_pipeline(tiny_encoder("bert"))
    nlp.initialize(lambda: make_examples(nlp))
    path = tmp_path_factory.mktemp("sound") / "pipeline"
    nlp.to_disk(path)
    return path


@pytest.fixture
def saved(saved_pipeline: Path, tmp_path: Path) -> Path:
    """A pipeline of this test's own; its encoder is in the folder `encoder`."""
    return Path(shutil.copytree(saved_pipeline, tmp_path / "pipeline"))


def load(saved: Path) -> Language:
    """Load it, which must not warn either."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        return spacy.load(saved)


def edit_json(saved: Path, edit: Callable[[dict[str, Any]], None], name: str = "config.json") -> None:
    path = saved / "encoder" / name
    content = json.loads(path.read_text(encoding="utf8"))
    edit(content)
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf8")


def set_weight(folder: Path, name: str, place: int, value: float) -> None:
    path = folder / "model.safetensors"
    weights = load_file(path)
    weights[name].view(-1)[place] = value
    save_file(weights, path, metadata={"format": "pt"})


WEIGHTS = (
    ("embeddings.word_embeddings.weight", -1),  # of a piece that no text of the tests has
    ("embeddings.position_embeddings.weight", -1),  # of the last place
    ("encoder.layer.0.attention.self.key.bias", 5),
    ("encoder.layer.1.output.dense.weight", 100),
    ("encoder.layer.1.output.LayerNorm.weight", 0),
)


@pytest.mark.parametrize("value", [NAN, INF, -INF, 1e30])
@pytest.mark.parametrize(("name", "place"), WEIGHTS)
def test_a_weight_that_is_no_finite_number(saved: Path, name: str, place: int, value: float) -> None:
    set_weight(saved / "encoder", name, place, value)
    message = rf"encoder: the weight {name} in model\.safetensors has numbers that are not finite"
    with pytest.raises(CheckpointError, match=message):
        load(saved)


def test_one_in_a_checkpoint_to_train(tiny_encoder: Callable[[str], Path], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_encoder("camembert"), tmp_path / "checkpoint"))
    set_weight(folder, "encoder.layer.0.output.dense.bias", 0, NAN)
    nlp = shared_pipeline(folder)
    with pytest.raises(CheckpointError, match=r"encoder\.layer\.0\.output\.dense\.bias"):
        nlp.initialize(lambda: make_examples(nlp))


def test_one_in_bytes(saved: Path) -> None:
    nlp = load(saved)
    with torch.no_grad():
        next(nlp.get_pipe("encoder").model.shims[0]._model.parameters())[7, 7] = NAN
    content = nlp.to_bytes()
    with pytest.raises(CheckpointError, match=r"embeddings.word_embeddings.weight in model\.safetensors"):
        spacy.blank("fr").from_config(nlp.config).from_bytes(content)


def test_one_in_the_file_that_it_stands_in(saved: Path) -> None:
    folder = saved / "encoder"
    weights = load_file(folder / "model.safetensors")
    weights["encoder.layer.1.output.dense.bias"][0] = NAN
    (folder / "model.safetensors").unlink()
    names = list(weights)
    shards = {"model-00001-of-00002.safetensors": names[::2], "model-00002-of-00002.safetensors": names[1::2]}
    for shard, part in shards.items():
        save_file({name: weights[name] for name in part}, folder / shard, metadata={"format": "pt"})
    where = {name: shard for shard, part in shards.items() for name in part}
    index = {"metadata": {"total_size": 1}, "weight_map": where}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf8")
    with pytest.raises(CheckpointError, match=where["encoder.layer.1.output.dense.bias"].replace(".", r"\.")):
        load(saved)


@pytest.mark.parametrize("eps", [-1.0, -1e-9, 1000.0])
def test_a_layer_norm_that_makes_nan_or_the_same_of_all(saved: Path, eps: float) -> None:
    edit_json(saved, lambda config: config.update(layer_norm_eps=eps))
    with pytest.raises(CheckpointError, match=rf"adds {eps} to the variance \(layer_norm_eps"):
        load(saved)


NEUTRAL = (
    {"return_dict": False},
    {"torchscript": True},
    {"output_hidden_states": True},
    {"output_attentions": True, "attn_implementation": "eager"},
    {"chunk_size_feed_forward": 3},
)


@pytest.mark.parametrize("settings", NEUTRAL, ids=str)
def test_settings_that_change_no_vector_change_nothing(saved: Path, settings: dict[str, Any]) -> None:
    expected = [doc.tensor for doc in load(saved).pipe(TEXTS)]
    edit_json(saved, lambda config: config.update(settings))
    nlp = load(saved)
    for doc, rows in zip(nlp.pipe(TEXTS), expected, strict=True):
        np.testing.assert_allclose(doc.tensor, rows, atol=1e-5)
    nlp.update(make_examples(nlp), sgd=nlp.resume_training())
    nlp.to_disk(saved)
    config = json.loads((saved / "encoder" / "config.json").read_text(encoding="utf8"))
    assert {config.get(name) for name in settings} & {False, 3} in (set(), {False})


@pytest.mark.parametrize("settings", NEUTRAL, ids=str)
def test_pretraining_reads_such_a_checkpoint_too(saved: Path, settings: dict[str, Any]) -> None:
    from spacy_bertfam.training.pretraining.masking import Masked

    edit_json(saved, lambda config: config.update(settings))
    model = MaskedLanguageModel(saved / "encoder")
    ids = np.arange(10).reshape(2, 5)
    masked = Masked(ids, np.array([5, 4]), np.array([1, 7]), np.array([3, 4]))
    assert torch.isfinite(model.loss(masked)[0].loss)


def test_weights_that_are_ruined_in_memory(saved: Path) -> None:
    nlp = load(saved)
    with torch.no_grad():
        nlp.get_pipe("encoder").model.shims[0]._model.encoder.layer[1].output.dense.bias[0] = NAN
    for texts in (TEXTS[:1], TEXTS):
        with pytest.raises(UserError, match=r"encoder gives vectors that are not finite numbers"):
            list(nlp.pipe(texts))


# -- pieces that the network has no vector for


def piece_beyond(tokenizer: dict[str, Any]) -> None:
    tokenizer["model"]["vocab"]["##zzz"] = 99_999


def piece_just_beyond(tokenizer: dict[str, Any]) -> None:
    tokenizer["model"]["vocab"]["##zzz"] = len(tokenizer["model"]["vocab"])


def added_piece_beyond(tokenizer: dict[str, Any]) -> None:
    tokenizer["added_tokens"].append({**tokenizer["added_tokens"][0], "id": 4242, "content": "<ent>"})
    tokenizer["model"]["vocab"]["<ent>"] = 4242


def special_piece_beyond(tokenizer: dict[str, Any]) -> None:
    tokenizer["post_processor"]["special_tokens"]["[SEP]"]["ids"] = [99_999]


@pytest.mark.parametrize(
    "edit",
    [piece_beyond, piece_just_beyond, added_piece_beyond, special_piece_beyond],
    ids=lambda f: f.__name__,
)
def test_a_piece_without_a_vector(saved: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    edit_json(saved, edit, "tokenizer.json")
    with pytest.raises(
        CheckpointError, match=r"piece.* the id \d+, and the network has vectors for ids 0 to \d+"
    ):
        load(saved)


@pytest.mark.parametrize("kind", ["camembert", "roberta", "deberta-v2", "albert"])
def test_so_it_is_for_other_kinds_of_tokenizers(tmp_path: Path, kind: str) -> None:
    folder = make_tiny_encoder(kind, tmp_path / kind)

    def edit(tokenizer: dict[str, Any]) -> None:
        vocabulary = tokenizer["model"]["vocab"]
        if isinstance(vocabulary, list):
            vocabulary.extend([f"▁new{i}", -9.0] for i in range(3))
        else:
            vocabulary["Ġnew"] = 1_000_000

    nlp = shared_pipeline(folder)
    nlp.initialize(lambda: make_examples(nlp))
    nlp.to_disk(tmp_path / "pipeline")
    edit_json(tmp_path / "pipeline", edit, "tokenizer.json")
    with pytest.raises(CheckpointError, match=r"the piece '.*new.*' the id \d+"):
        load(tmp_path / "pipeline")


def test_numbers_in_pieces_are_no_ids(saved: Path) -> None:
    def edit(tokenizer: dict[str, Any]) -> None:
        vocabulary = tokenizer["model"]["vocab"]
        name = next(name for name, i in vocabulary.items() if i == len(vocabulary) - 1)
        vocabulary['":99999'] = vocabulary.pop(name)

    edit_json(saved, edit, "tokenizer.json")
    assert load(saved)(TEXTS[0]).tensor.size


def test_a_padding_piece_without_a_vector(saved: Path) -> None:
    edit_json(saved, lambda config: config.update(pad_token_id=70_000))
    with pytest.raises(CheckpointError):
        load(saved)


def test_a_vocabulary_without_the_unknown_piece(saved: Path) -> None:
    def edit(tokenizer: dict[str, Any]) -> None:
        tokenizer["model"]["unk_token"] = "[GONE]"

    edit_json(saved, edit, "tokenizer.json")
    with pytest.raises(CheckpointError, match="fails at the first text"):
        load(saved)


# -- no room


def test_as_many_special_pieces_as_the_network_takes(saved: Path) -> None:
    def edit(tokenizer: dict[str, Any]) -> None:
        special = {"SpecialToken": {"id": "[CLS]", "type_id": 0}}
        tokenizer["post_processor"]["single"][:0] = [special] * 61

    edit_json(saved, edit, "tokenizer.json")
    with pytest.raises(CheckpointError, match=r"takes 64 pieces at once .* adds 63 special ones: no room"):
        load(saved)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_hardly_any_places(tmp_path: Path, n: int) -> None:
    folder = make_tiny_encoder("bert", tmp_path / "bert", max_positions=n)
    nlp = shared_pipeline(folder)
    with pytest.raises(
        CheckpointError, match=rf"takes {n} pieces at once \(max_position_embeddings\).*no room"
    ):
        nlp.initialize(lambda: make_examples(nlp))


def test_few_places_are_enough(tmp_path: Path) -> None:
    nlp = shared_pipeline(make_tiny_encoder("bert", tmp_path / "bert", max_positions=6))
    nlp.initialize(lambda: make_examples(nlp))
    assert all(doc.tensor.any(axis=1).all() for doc in nlp.pipe(TEXTS))


# -- the network fails


def test_an_architecture_that_fails_at_every_text(saved: Path) -> None:
    folder = saved / "encoder"
    weights = load_file(folder / "model.safetensors")
    types = weights["embeddings.token_type_embeddings.weight"]
    weights["embeddings.token_type_embeddings.weight"] = types[:0].clone()
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    edit_json(saved, lambda config: config.update(type_vocab_size=0))
    with pytest.raises(CheckpointError, match=r"fails at the first text \((Index|Runtime)Error"):
        load(saved)


@pytest.mark.parametrize(("engine", "drop_torch"), [("onnxruntime", False), ("openvino", True)])
def test_a_graph_with_nan(saved: Path, tmp_path: Path, engine: str, drop_torch: bool) -> None:
    pytest.importorskip(engine)
    onnx = pytest.importorskip("onnx")
    from spacy_bertfam.optimize.optimize import Plan, optimize

    nlp = load(saved)
    optimize(nlp, Plan(engine, "fp32", drop_torch=drop_torch))
    nlp.to_disk(tmp_path / "fast")
    assert load(tmp_path / "fast")(TEXTS[0]).tensor.shape[1] == 32
    path = tmp_path / "fast" / "encoder" / "onnx" / "model.onnx"
    graph = onnx.load(path)
    weight = next(
        tensor for tensor in graph.graph.initializer if len(tensor.dims) == 1 and tensor.dims[0] == 32
    )
    numbers = onnx.numpy_helper.to_array(weight).copy()
    numbers[3] = NAN
    weight.CopyFrom(onnx.numpy_helper.from_array(numbers, weight.name))
    onnx.save(graph, path)
    with pytest.raises(
        CheckpointError, match=r"vectors of a text are not finite numbers.*the graph in onnx/"
    ):
        load(tmp_path / "fast")


def test_a_graph_without_vectors_for_all_pieces(saved: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    from spacy_bertfam.optimize.optimize import Plan, optimize

    nlp = load(saved)
    optimize(nlp, Plan("onnxruntime", "fp32", drop_torch=True))
    nlp.to_disk(tmp_path / "fast")
    edit_json(tmp_path / "fast", piece_beyond, "tokenizer.json")
    with pytest.raises(CheckpointError, match=r"the piece '##zzz' the id 99999"):
        load(tmp_path / "fast")


@pytest.mark.parametrize("kind", KINDS)
def test_a_sound_one_of_every_kind_is_opened(
    tiny_encoder: Callable[[str], Path], kind: str, recwarn: pytest.WarningsRecorder
) -> None:
    nlp = spacy.blank("fr")
    nlp.add_pipe("bertfam_encoder", config={"model": encoder_config(tiny_encoder(kind))})
    nlp.initialize()
    assert all(np.isfinite(doc.tensor).all() for doc in nlp.pipe(TEXTS))
    assert not [w for w in recwarn.list if issubclass(w.category, UserWarning)]
