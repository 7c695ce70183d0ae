"""The encoder of a `curated_transformer` component as a plain Hugging Face folder."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from thinc.api import Model
from tokenizers import Tokenizer

from ...encoder.pieces.piece_scheme import SCHEME_FILE, PieceScheme
from ...errors import UserError
from ...listeners.spacy_private import network_of
from .curated_pieces import Specials, build_tokenizer

# Architectures of the package: model type and class in `transformers`
FAMILIES = {
    "spacy-curated-transformers.AlbertTransformer.v1": ("albert", "AlbertModel"),
    "spacy-curated-transformers.BertTransformer.v1": ("bert", "BertModel"),
    "spacy-curated-transformers.CamembertTransformer.v1": ("camembert", "CamembertModel"),
    "spacy-curated-transformers.RobertaTransformer.v1": ("roberta", "RobertaModel"),
    "spacy-curated-transformers.XlmrTransformer.v1": ("xlm-roberta", "XLMRobertaModel"),
}
ACTIVATIONS = {"GELU": "gelu", "ReLU": "relu", "GeluNew": "gelu_new"}
PREFIX = "curated_encoder."
# Queries, keys and values stand in one matrix, one below the other
JOINED = re.compile(r"^(.*)\.mha\.input\.(weight|bias)$")
PARTS = ("query", "key", "value")
# RobertaEmbeddings wraps the embeddings once more (`inner`)
EMBEDDING = re.compile(r"^embeddings\.(?:inner\.)?(\w+)\.(weight|bias)$")
EMBEDDING_NAMES = {
    "word_embeddings": "embeddings.word_embeddings",
    "token_type_embeddings": "embeddings.token_type_embeddings",
    "position_embeddings": "embeddings.position_embeddings",
    "layer_norm": "embeddings.LayerNorm",
    "projection": "encoder.embedding_hidden_mapping_in",  # ALBERT's
}
LAYER = re.compile(r"^(?:layers\.(\d+)|groups\.(\d+)\.group_layers\.(\d+))\.(.+)\.(weight|bias)$")
# Part of a layer -> its name in the kin of BERT, and in ALBERT, whose layers share their weights in groups
LAYER_NAMES = {
    "mha.output": ("attention.output.dense", "attention.dense"),
    "mha.query": ("attention.self.query", "attention.query"),
    "mha.key": ("attention.self.key", "attention.key"),
    "mha.value": ("attention.self.value", "attention.value"),
    "attn_output_layernorm": ("attention.output.LayerNorm", "attention.LayerNorm"),
    "ffn.intermediate": ("intermediate.dense", "ffn"),
    "ffn.output": ("output.dense", "ffn_output"),
    "ffn_output_layernorm": ("output.LayerNorm", "full_layer_layer_norm"),
}


def write_curated(model: Model[Any, Any], config: Mapping[str, Any], folder: Path) -> None:
    """Write config, weights and tokenizer of a curated encoder into ``folder``.

    config (Mapping[str, Any]): its [model] block, interpolated.
    RAISES (UserError): at what has no counterpart in `transformers`.
    """
    family, architecture = _family(config)
    network = network_of(model.get_ref("transformer").shims[0])
    pieces = config["piece_encoder"]["@architectures"]
    tokenizer, specials = build_tokenizer(model.get_ref("piece_encoder"), pieces)
    settings = describe_network(network.curated_encoder, tokenizer, specials)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(rename_weights(network.state_dict()), folder / "model.safetensors", metadata={"format": "pt"})
    _write_json(folder / "config.json", {"architectures": [architecture], "model_type": family, **settings})
    tokenizer.save(str(folder / "tokenizer.json"))
    names = {"bos_token": specials.cls_token, "eos_token": specials.sep_token, **specials._asdict()}
    # not the family's own class, which in some versions makes a tokenizer of its own out of the vocabulary
    classes = {"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False}
    limit = network.curated_encoder.max_seq_len
    _write_json(folder / "tokenizer_config.json", {**classes, "model_max_length": limit, **names})
    _write_json(folder / "special_tokens_map.json", names)
    (folder / SCHEME_FILE).write_bytes(PieceScheme(by_token=True).to_bytes())


def describe_network(encoder: Any, tokenizer: Tokenizer, specials: Specials) -> dict[str, Any]:
    """RETURNS (dict[str, Any]): the settings in a ``config.json`` of `transformers`, read off the network itself."""
    embeddings = getattr(encoder.embeddings, "inner", encoder.embeddings)
    groups = getattr(encoder, "groups", None)
    layer = groups[0].group_layers[0] if groups is not None else encoder.layers[0]
    activation = type(layer.ffn.activation).__name__
    if activation not in ACTIVATIONS:
        raise UserError(
            f"The pipeline's encoder has the activation {activation}; expected {', '.join(ACTIVATIONS)}."
        )
    settings = {
        "vocab_size": embeddings.word_embeddings.num_embeddings,
        "type_vocab_size": embeddings.token_type_embeddings.num_embeddings,
        "max_position_embeddings": embeddings.position_embeddings.num_embeddings,
        "hidden_size": layer.ffn.output.out_features,
        "intermediate_size": layer.ffn.output.in_features,
        "num_attention_heads": layer.mha.num_heads,
        "num_hidden_layers": encoder.num_hidden_layers if groups is not None else len(encoder.layers),
        "hidden_act": ACTIVATIONS[activation],
        "layer_norm_eps": layer.attn_output_layernorm.eps,
        "hidden_dropout_prob": layer.ffn_output_dropout.p,
        "attention_probs_dropout_prob": layer.mha.attention.dropout.p,
        "pad_token_id": encoder.padding_idx,
        "bos_token_id": tokenizer.token_to_id(specials.cls_token),
        "eos_token_id": tokenizer.token_to_id(specials.sep_token),
    }
    if groups is not None:
        settings["embedding_size"] = embeddings.word_embeddings.embedding_dim
        settings["num_hidden_groups"] = len(groups)
        settings["inner_group_num"] = len(groups[0].group_layers)
    return settings


def _family(config: Mapping[str, Any]) -> tuple[str, str]:
    architecture = config["@architectures"]
    if architecture not in FAMILIES:
        raise UserError(
            f"The pipeline's encoder is {architecture!r}; expected one of {', '.join(FAMILIES)}: others have no "
            "counterpart in transformers."
        )
    if config.get("torchscript"):
        raise UserError(
            "The pipeline's encoder is compiled (torchscript = true in its [model] block), so that its weights have "
            "no names; expected the uncompiled pipeline it was made from: adopt that one."
        )
    if config.get("wrapped_listener") is not None:
        raise UserError(
            "The pipeline's encoder wraps a listener (wrapped_listener in its [model] block), as `replace_listeners` "
            "leaves it; expected a shared encoder: adopt the pipeline it was made from."
        )
    return FAMILIES[architecture]


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf8")


def rename_weights(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Give the ``state_dict`` of a curated transformer the names of the encoder in `transformers`, without a pooler.

    RAISES (UserError): at a parameter that has no place there.
    """
    parts: dict[str, torch.Tensor] = {}
    for full_name, weights in state.items():
        name = full_name.removeprefix(PREFIX)
        if joined := JOINED.match(name):
            names = [f"{joined[1]}.mha.{part}.{joined[2]}" for part in PARTS]
            parts.update(zip(names, weights.chunk(len(PARTS)), strict=True))
        else:
            parts[name] = weights
    return {_rename(name): part.detach().cpu().float().contiguous().clone() for name, part in parts.items()}


def _rename(name: str) -> str:
    embedding, layer = EMBEDDING.match(name), LAYER.match(name)
    if embedding and embedding[1] in EMBEDDING_NAMES:
        return f"{EMBEDDING_NAMES[embedding[1]]}.{embedding[2]}"
    if layer and layer[4] in LAYER_NAMES:
        in_bert, in_albert = LAYER_NAMES[layer[4]]
        if layer[1]:
            return f"encoder.layer.{layer[1]}.{in_bert}.{layer[5]}"
        return f"encoder.albert_layer_groups.{layer[2]}.albert_layers.{layer[3]}.{in_albert}.{layer[5]}"
    raise UserError(
        f"The pipeline's encoder has the parameter {name!r}, which has no place in an encoder of transformers; "
        "expected those of a BERT, RoBERTa, CamemBERT, XLM-R or ALBERT encoder of spacy-curated-transformers."
    )
