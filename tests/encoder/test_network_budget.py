"""A network is no larger than its weights make likely, whatever the setting is called that makes it so."""

import json
import shutil
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModel

from spacy_bertfam.encoder.checkpoint.checkpoint import read_checkpoint
from spacy_bertfam.encoder.checkpoint.network_budget import bounded_network
from spacy_bertfam.gate import CheckpointError, check_folder

SMALL = {
    "vocab_size": 500, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "max_position_embeddings": 66, "pad_token_id": 0,
}  # fmt: skip
# Architectures with a size of their own: settings of a small one, and how one of them is made absurd
OWN_SIZES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("mpnet", {}, {"relative_attention_num_buckets": 2_000_000_000}),
    ("luke", {"entity_vocab_size": 50, "entity_emb_size": 16}, {"entity_vocab_size": 2_000_000_000}),
    ("xmod", {"languages": ["en_XX", "fr_XX"]}, {"languages": [f"l{i}" for i in range(200_000)]}),
    (
        "mobilebert",
        {
            "embedding_size": 32,
            "true_hidden_size": 32,
            "intra_bottleneck_size": 32,
            "num_feedforward_networks": 2,
        },
        {"num_feedforward_networks": 10_000_000},
    ),
    ("roformer", {"embedding_size": 32}, {"rotary_value": True, "embedding_size": 3_000_000_000}),
    ("canine", {}, {"num_hash_functions": 10_000_000, "hidden_size": 10_000_000}),
    ("deberta-v2", {"relative_attention": True, "position_buckets": 16}, {"position_buckets": 2_000_000_000}),
    ("deberta-v2", {"conv_kernel_size": 3, "conv_act": "gelu"}, {"conv_kernel_size": 2_000_000_001}),
]


@pytest.fixture
def checkpoint(tiny_encoder: Callable[[str], Path], tmp_path: Path) -> Callable[..., Path]:
    """`checkpoint(kind, settings)` RETURNS (Path): a folder of its own, of random weights."""

    def make(kind: str, **settings: Any) -> Path:
        folder = tmp_path / "model"
        config = AutoConfig.for_model(kind, **{**SMALL, **settings})
        if kind == "xmod":
            config.default_language = config.languages[0]
        AutoModel.from_config(config).save_pretrained(folder)
        shutil.copy(tiny_encoder("bert") / "tokenizer.json", folder)
        return folder

    return make


def change(folder: Path, **settings: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf8")), **settings}), encoding="utf8")


@pytest.mark.parametrize(("kind", "own", "absurd"), OWN_SIZES, ids=[f"{k}-{min(a)}" for k, _, a in OWN_SIZES])
def test_a_size_that_one_architecture_has_is_bounded(
    kind: str, own: dict[str, Any], absurd: dict[str, Any], checkpoint: Callable[..., Path]
):
    folder = checkpoint(kind, **own)
    assert read_checkpoint(folder).width == SMALL["hidden_size"]
    change(folder, **absurd)
    tracemalloc.start()
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(folder)
    assert tracemalloc.get_traced_memory()[1] < 200_000_000
    tracemalloc.stop()
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_window_that_every_text_would_be_padded_to_is_bounded(checkpoint: Callable[..., Path]):
    folder = checkpoint("longformer", attention_window=[8, 8], type_vocab_size=1, pad_token_id=1)
    assert read_checkpoint(folder).width == SMALL["hidden_size"]
    change(folder, attention_window=[8, 100_000_000])
    with pytest.raises(CheckpointError, match="sets attention_window to 100,000,000"):
        read_checkpoint(folder)


def test_numbers_that_no_network_knows_are_let_be(checkpoint: Callable[..., Path]):
    folder = checkpoint("bert")
    change(folder, seed=1_700_000_000, n_train_steps=10**9, saved_at=1_700_000_000, rope_theta=10**9)
    assert read_checkpoint(folder).width == SMALL["hidden_size"]


@pytest.mark.parametrize(
    ("built", "kind"),
    [
        (lambda: torch.nn.Linear(1 << 20, 1 << 20, device="meta"), "numbers"),
        (lambda: torch.nn.Module().register_buffer("a", torch.empty(1 << 40, device="meta")), "numbers"),
        (lambda: [torch.nn.LayerNorm(1) for _ in range(10_000)], "parameters"),
        (lambda: torch.nn.Sequential(*[torch.nn.Identity() for _ in range(10_000)]), "modules"),
    ],
)
def test_what_is_built_is_counted_as_it_comes_to_be(built: Callable, kind: str, tiny_encoder: Callable):
    folder = check_folder(tiny_encoder("bert"))
    message = f"a network of more {kind} than the weights hold"
    with pytest.raises(CheckpointError, match=message), bounded_network(folder):
        built()
    built()  # the bound is gone


def test_networks_of_other_threads_are_not_counted(tiny_encoder: Callable[[str], Path]):
    found = []
    with bounded_network(check_folder(tiny_encoder("bert"))):
        thread = threading.Thread(
            target=lambda: found.append(torch.nn.Linear(1 << 20, 1 << 20, device="meta"))
        )
        thread.start()
        thread.join()
    assert len(found) == 1


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32])
def test_weights_of_a_much_larger_network_are_not_read(
    dtype: torch.dtype, tiny_encoder: Callable[[str], Path], tmp_path: Path
):
    folder = shutil.copytree(tiny_encoder("bert"), tmp_path / "model")
    weights = load_file(folder / "model.safetensors")
    weights["more"] = torch.empty(20_000_000, dtype=dtype)
    save_file({name: t.to(dtype) for name, t in weights.items()}, folder / "model.safetensors")
    with pytest.raises(
        CheckpointError, match=r"about 32,\d\d\d numbers, and the weights hold 20,0\d\d,\d\d\d"
    ):
        read_checkpoint(folder)
