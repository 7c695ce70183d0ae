"""The parameters of a curated encoder under the names that `transformers` gives them."""

import re
from typing import Dict, List, Tuple

import torch

from ...errors import UserError

PREFIX = "curated_encoder."
# Queries, keys and values stand in one matrix, one below the other
JOINED = re.compile(r"^(.*)\.mha\.input\.(weight|bias)$")
PARTS = ("query", "key", "value")

Rules = List[Tuple[str, str]]

# Of the embeddings, which RobertaEmbeddings wraps once more (`inner`)
EMBEDDINGS: Rules = [
    (r"^embeddings\.(inner\.)?(word|token_type|position)_embeddings\.", r"embeddings.\2_embeddings."),
    (r"^embeddings\.(inner\.)?layer_norm\.", "embeddings.LayerNorm."),
]
BERT: Rules = [
    *EMBEDDINGS,
    (r"^layers\.(\d+)\.mha\.output\.", r"encoder.layer.\1.attention.output.dense."),
    (r"^layers\.(\d+)\.mha\.(query|key|value)\.", r"encoder.layer.\1.attention.self.\2."),
    (r"^layers\.(\d+)\.attn_output_layernorm\.", r"encoder.layer.\1.attention.output.LayerNorm."),
    (r"^layers\.(\d+)\.ffn\.intermediate\.", r"encoder.layer.\1.intermediate.dense."),
    (r"^layers\.(\d+)\.ffn\.output\.", r"encoder.layer.\1.output.dense."),
    (r"^layers\.(\d+)\.ffn_output_layernorm\.", r"encoder.layer.\1.output.LayerNorm."),
]
_GROUP = r"^groups\.(\d+)\.group_layers\.(\d+)\."
_ALBERT_LAYER = r"encoder.albert_layer_groups.\1.albert_layers.\2."
ALBERT: Rules = [
    *EMBEDDINGS,
    (r"^embeddings\.projection\.", "encoder.embedding_hidden_mapping_in."),
    (_GROUP + r"mha\.output\.", _ALBERT_LAYER + "attention.dense."),
    (_GROUP + r"mha\.(query|key|value)\.", _ALBERT_LAYER + r"attention.\3."),
    (_GROUP + r"attn_output_layernorm\.", _ALBERT_LAYER + "attention.LayerNorm."),
    (_GROUP + r"ffn\.intermediate\.", _ALBERT_LAYER + "ffn."),
    (_GROUP + r"ffn\.output\.", _ALBERT_LAYER + "ffn_output."),
    (_GROUP + r"ffn_output_layernorm\.", _ALBERT_LAYER + "full_layer_layer_norm."),
]


def rename_weights(state: Dict[str, torch.Tensor], *, albert: bool = False) -> Dict[str, torch.Tensor]:
    """
    state (Dict[str, Tensor]): the ``state_dict`` of a curated transformer.
    albert (bool): whether layers share their weights in groups.
    RETURNS (Dict[str, Tensor]): that of the encoder in `transformers`, without a pooler.
    Raises a UserError at a parameter that has no place there.
    """
    rules = ALBERT if albert else BERT
    renamed: Dict[str, torch.Tensor] = {}
    for full_name, weights in state.items():
        for name, part in _separate(full_name.removeprefix(PREFIX), weights):
            renamed[_rename(name, rules)] = part.detach().cpu().float().contiguous().clone()
    return renamed


def _separate(name: str, weights: torch.Tensor) -> List[Tuple[str, torch.Tensor]]:
    joined = JOINED.match(name)
    if not joined:
        return [(name, weights)]
    parts = zip(PARTS, weights.chunk(len(PARTS)), strict=True)
    return [(f"{joined[1]}.mha.{part}.{joined[2]}", chunk) for part, chunk in parts]


def _rename(name: str, rules: Rules) -> str:
    for pattern, replacement in rules:
        new, n = re.subn(pattern, replacement, name)
        if n:
            return new
    raise UserError(
        f"The pipeline's encoder has the parameter {name!r}, which has no place in an encoder of transformers; "
        "expected those of a BERT, RoBERTa, CamemBERT, XLM-R or ALBERT encoder of spacy-curated-transformers."
    )
