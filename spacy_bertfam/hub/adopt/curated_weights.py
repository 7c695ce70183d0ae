"""The parameters of a curated encoder under the names that `transformers` gives them."""

import re
from collections.abc import Iterator, Mapping

import torch

from ...errors import UserError

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


def rename_weights(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Give the ``state_dict`` of a curated transformer the names of the encoder in `transformers`, without a pooler.

    RAISES (UserError): at a parameter that has no place there.
    """
    renamed: dict[str, torch.Tensor] = {}
    for full_name, weights in state.items():
        for name, part in _separate(full_name.removeprefix(PREFIX), weights):
            renamed[_rename(name)] = part.detach().cpu().float().contiguous().clone()
    return renamed


def _separate(name: str, weights: torch.Tensor) -> Iterator[tuple[str, torch.Tensor]]:
    joined = JOINED.match(name)
    if not joined:
        yield name, weights
        return
    for part, chunk in zip(PARTS, weights.chunk(len(PARTS)), strict=True):
        yield f"{joined[1]}.mha.{part}.{joined[2]}", chunk


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
