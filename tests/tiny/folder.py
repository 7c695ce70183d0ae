"""A tiny encoder, or a tiny classifier of tokens or of texts, as a Hugging Face folder on disk."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForQuestionAnswering,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    PretrainedConfig,
    PreTrainedModel,
)

from .kinds import BY_NAME, Kind

N_HEADS = 4
# Real checkpoints have 0.02, with which untrained vectors would hardly depend on the context; with 0.3 the
# pieces of a text grow alike (the spread over the pieces, measured on bert, falls from 0.8 to 0.4).
INITIALIZER_RANGE = 0.15
HEAD_RANGE = 0.5


def make_tiny_encoder(
    kind: str,
    path: Path,
    *,
    hidden_size: int = 32,
    n_layers: int = 2,
    seed: int = 0,
    max_positions: int = 64,
    dropout: float = 0.0,
) -> Path:
    """
    kind (str): one of KINDS.
    hidden_size (int): a multiple of 8.
    max_positions (int): pieces that a window may have, special tokens included.
    dropout (float): real checkpoints have 0.1; without it, training steps can be compared.
    RETURNS (Path): `path`, which AutoModel and AutoTokenizer open with no network.
    """
    tokenizer = BY_NAME[kind].build_tokenizer()
    config = _build_config(BY_NAME[kind], tokenizer, hidden_size, n_layers, max_positions, dropout)
    _save_weights(_build_network(AutoModel, config, seed), path)
    _save_tokenizer(BY_NAME[kind], tokenizer, path, max_positions)
    return path


def make_tiny_token_classifier(
    kind: str,
    path: Path,
    labels: Sequence[str],
    *,
    hidden_size: int = 32,
    n_layers: int = 2,
    seed: int = 0,
    max_positions: int = 64,
    dropout: float = 0.0,
) -> Path:
    """
    labels (Sequence[str]): tags as `id2label` has them, "O" and "B-PER" or whatever the test needs.
    RETURNS (Path): `path`, which AutoModelForTokenClassification opens; its scores lie far apart.
    """
    tokenizer = BY_NAME[kind].build_tokenizer()
    config = _build_config(BY_NAME[kind], tokenizer, hidden_size, n_layers, max_positions, dropout)
    config.id2label = dict(enumerate(labels))
    config.label2id = {label: i for i, label in enumerate(labels)}
    network = _build_network(AutoModelForTokenClassification, config, seed)
    _save_weights(network, path)
    _save_tokenizer(BY_NAME[kind], tokenizer, path, max_positions)
    return path


def make_tiny_sequence_classifier(
    kind: str, path: Path, labels: Sequence[str], *, seed: int = 0, **settings: Any
) -> Path:
    """
    settings (Any): of config.json, as `problem_type`.
    RETURNS (Path): `path`, which AutoModelForSequenceClassification opens; its scores lie far apart.
    """
    return _make_head(AutoModelForSequenceClassification, kind, path, labels, seed, **settings)


def make_tiny_answerer(kind: str, path: Path, *, seed: int = 0) -> Path:
    """RETURNS (Path): `path`, which AutoModelForQuestionAnswering opens."""
    return _make_head(AutoModelForQuestionAnswering, kind, path, ["start", "end"], seed)


def _make_head(
    auto_class: type, kind: str, path: Path, labels: Sequence[str], seed: int, **settings: Any
) -> Path:
    tokenizer = BY_NAME[kind].build_tokenizer()
    config = _build_config(BY_NAME[kind], tokenizer, 32, 2, 64, 0.0)
    label2id = {label: i for i, label in enumerate(labels)}
    config.update({"id2label": dict(enumerate(labels)), "label2id": label2id, **settings})
    _save_weights(_build_network(auto_class, config, seed), path)
    _save_tokenizer(BY_NAME[kind], tokenizer, path, 64)
    return path


def _build_config(
    kind: Kind, tokenizer: Tokenizer, hidden_size: int, n_layers: int, max_positions: int, dropout: float
) -> PretrainedConfig:
    """The config of the architecture, its sizes under the names that the architecture gives them."""
    settings: dict[str, Any] = {
        "vocab_size": tokenizer.get_vocab_size(),
        "max_position_embeddings": max_positions + kind.position_offset,
        "initializer_range": INITIALIZER_RANGE,
        "pad_token_id": tokenizer.token_to_id(kind.specials["pad_token"]),
        "bos_token_id": tokenizer.token_to_id(kind.specials["cls_token"]),
        "eos_token_id": tokenizer.token_to_id(kind.specials["sep_token"]),
        **_sizes(kind, hidden_size, n_layers),
        **_dropouts(kind, dropout),
        **kind.config_settings,
    }
    if kind.model_type == "modernbert":
        settings["cls_token_id"], settings["sep_token_id"] = (
            settings["bos_token_id"],
            settings["eos_token_id"],
        )
    return AutoConfig.for_model(kind.model_type, **settings)


def _sizes(kind: Kind, hidden_size: int, n_layers: int) -> dict[str, int]:
    if kind.model_type == "distilbert":
        return {"dim": hidden_size, "hidden_dim": 2 * hidden_size, "n_layers": n_layers, "n_heads": N_HEADS}
    sizes = {
        "hidden_size": hidden_size,
        "intermediate_size": 2 * hidden_size,
        "num_hidden_layers": n_layers,
        "num_attention_heads": N_HEADS,
    }
    if kind.small_embeddings:
        sizes["embedding_size"] = hidden_size // 2
    return sizes


def _dropouts(kind: Kind, dropout: float) -> Mapping[str, float]:
    names = {
        "distilbert": ("dropout", "attention_dropout", "seq_classif_dropout"),
        "modernbert": ("embedding_dropout", "attention_dropout", "mlp_dropout", "classifier_dropout"),
    }.get(kind.model_type, ("hidden_dropout_prob", "attention_probs_dropout_prob"))
    if kind.model_type == "albert":
        names = (*names, "classifier_dropout_prob")
    return dict.fromkeys(names, dropout)


def _build_network(auto_class: type, config: PretrainedConfig, seed: int) -> PreTrainedModel:
    """A network with random weights by `seed`, which leaves torch's own generator as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = auto_class.from_config(config)
        head = getattr(network, "classifier", getattr(network, "qa_outputs", None))
        for weight in head.parameters() if head is not None else ():
            torch.nn.init.normal_(weight, std=HEAD_RANGE)
    return network


def _save_weights(network: PreTrainedModel, path: Path) -> None:
    path.mkdir(parents=True, exist_ok=True)
    network.save_pretrained(path)


def _save_tokenizer(kind: Kind, tokenizer: Tokenizer, path: Path, max_positions: int) -> None:
    """Written by hand, so that the folder is the same whichever version of transformers writes it."""
    tokenizer.save(str(path / "tokenizer.json"))
    config = {
        "tokenizer_class": kind.tokenizer_class,
        "model_max_length": max_positions,
        "clean_up_tokenization_spaces": False,
        **kind.specials,
        **kind.tokenizer_settings,
    }
    _write_json(path / "tokenizer_config.json", config)
    _write_json(path / "special_tokens_map.json", dict(kind.specials))


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf8")
