"""Sizes in the settings against the weights that are there: a network is allocated before they are read."""

from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional, Tuple

from .errors import CheckpointError
from .field_types import MAX_LABELS
from .json_file import nested_objects
from .safetensors_header import TensorEntry

# Weights may hold so many times what the settings describe: heads, decoders, experts, layers that are left out
MOST_HELD = 8
# Numbers that settings may claim whatever the weights: 64 MB in float32. Tables of a tiny network that are
# computed, as those of rotary positions, are larger than its weights.
FREE = 1 << 24
MAX_LAYERS = 1000
MOST_ROWS = 1_000_000
WIDTHS = ("hidden_size", "dim", "d_model", "n_embd")
LAYERS = ("num_hidden_layers", "n_layers", "num_layers", "n_layer", "encoder_layers")
INNER = ("intermediate_size", "hidden_dim", "ffn_dim", "d_ff")
HEADS = ("num_attention_heads", "n_heads", "n_head", "encoder_attention_heads")
# Each allocates so many rows of the network's width; all but the first two may be 0 or less for "none"
ROWS = (
    "vocab_size", *WIDTHS, *INNER, *HEADS, "embedding_size", "max_position_embeddings", "n_positions",
    "type_vocab_size", "position_buckets", "max_relative_positions", "pooler_hidden_size", "num_labels",
    "conv_kernel_size", "num_hidden_groups", "inner_group_num",
)  # fmt: skip
POSITIVE = (*WIDTHS, *LAYERS, *HEADS, *INNER, "vocab_size", "embedding_size")


def check_sizes(config: Dict[str, Any], path: Path, n_numbers: int) -> None:
    """Refuse settings that would allocate more than the weights hold, and weights of another network than theirs.

    n_numbers (int): how many numbers are in all tensors together.
    """
    limit = max(n_numbers, FREE)
    described = 0
    for _, fields in nested_objects(config, path):
        for key in {*ROWS, *LAYERS} & fields.keys():
            _check_integer(fields[key], key, path)
        width = _first(fields, WIDTHS)
        rows_are = _first(fields, ("embedding_size",)) or width
        for key in ROWS:
            rows = fields.get(key) or 0
            per_row = rows_are if key == "vocab_size" else width
            _check_claim(rows * (per_row or 1), limit, f"{key} = {rows:,}", path)
        _check_layers(fields, width, limit, path)
        described += describe(fields)
        if (fields.get("num_labels") or 0) > MAX_LABELS:
            raise CheckpointError(
                f"{path} sets num_labels to {fields['num_labels']:,}; expected at most {MAX_LABELS:,}."
            )
    if described and n_numbers > MOST_HELD * described + FREE:
        raise CheckpointError(
            f"{path} describes a network of about {described:,} numbers, and the weights hold {n_numbers:,}; "
            "expected settings that fit the weights: fetch both again from one place."
        )


def count_rows(config: Dict[str, Any], weights: Iterable[List[TensorEntry]]) -> int:
    """RETURNS (int): the most rows that the embeddings can have: those of the longest matrix, or what the settings
    say where there are no weights."""
    rows = [entry.shape[0] for entries in weights for entry in entries if len(entry.shape) == 2]
    said = config.get("vocab_size")
    return max(rows, default=said if type(said) is int and said > 0 else MOST_ROWS)


def describe(fields: Dict[str, Any]) -> int:
    """About how many numbers an encoder of these sizes has; 0 where they are not named as usual."""
    width, inner, rows = _first(fields, WIDTHS), _first(fields, INNER), _first(fields, ("vocab_size",))
    if not width or not rows:
        return 0
    of_layers = (_first(fields, LAYERS) or 0) * width * (4 * width + 2 * (inner or 4 * width))
    return rows * (_first(fields, ("embedding_size",)) or width) + of_layers


def _check_layers(fields: Dict[str, Any], width: Optional[int], limit: int, path: Path) -> None:
    n_layers = _first(fields, LAYERS) or 0
    if n_layers > MAX_LAYERS:
        raise CheckpointError(f"{path} claims {n_layers:,} layers; expected at most {MAX_LAYERS:,}.")
    if fields.get("model_type") == "albert":  # its layers share their weights
        n_layers = 1
    inner = _first(fields, INNER) or 0
    _check_claim(n_layers * (width or 0) * ((width or 0) + inner), limit, f"{n_layers} layers", path)


def _check_integer(value: Any, key: str, path: Path) -> None:
    is_sound = (
        key not in POSITIVE if value is None else type(value) is int and (value > 0 or key not in POSITIVE)
    )
    if not is_sound:
        expected = "a whole number above 0" if key in POSITIVE else "a whole number"
        raise CheckpointError(f"{path} sets {key} to {value!r:.200}; expected {expected}.")


def _check_claim(claimed: int, limit: int, what: str, path: Path) -> None:
    if claimed > limit:
        raise CheckpointError(
            f"{path} claims {what:.200}, which takes more numbers than the weights hold; "
            "expected settings that fit the weights: fetch both again from one place."
        )


def _first(fields: Dict[str, Any], keys: Tuple[str, ...]) -> Optional[int]:
    return next((fields[key] for key in keys if isinstance(fields.get(key), int)), None)
