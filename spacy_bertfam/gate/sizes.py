"""Sizes in the settings against the weights that are there: a network is allocated before they are read."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..errors import CheckpointError
from .json_file import nested_objects
from .safetensors_header import TensorEntry
from .settings import MAX_LABELS

# Weights may hold so many times what the settings describe: heads, decoders, experts, layers that are left out
MOST_HELD = 8
# Numbers that settings may claim whatever the weights: 64 MB in float32. Tables of a tiny network that are
# computed, as those of rotary positions, are larger than its weights.
FREE = 1 << 24
MOST_ROWS = 1_000_000
FETCH_BOTH = "expected settings that fit the weights: fetch both again from one place."
WIDTHS = ("hidden_size", "dim", "d_model", "n_embd")
LAYERS = ("num_hidden_layers", "n_layers", "num_layers", "n_layer", "encoder_layers")
INNER = ("intermediate_size", "hidden_dim", "ffn_dim", "d_ff")
HEADS = ("num_attention_heads", "n_heads", "n_head", "encoder_attention_heads")
MAXIMA = {**dict.fromkeys(LAYERS, 1000), "num_labels": MAX_LABELS}
POSITIVE = (*WIDTHS, *LAYERS, *HEADS, *INNER, "vocab_size", "embedding_size")
# Each allocates so many rows of the network's width; those that are not POSITIVE may be 0 or less for "none"
ROWS = (
    "vocab_size", *WIDTHS, *INNER, *HEADS, "embedding_size", "max_position_embeddings", "n_positions",
    "type_vocab_size", "position_buckets", "max_relative_positions", "pooler_hidden_size", "num_labels",
    "conv_kernel_size", "num_hidden_groups", "inner_group_num",
)  # fmt: skip


def check_sizes(config: dict[str, Any], path: Path, n_numbers: int) -> None:
    """Refuse settings that would allocate more than the weights hold, and weights of another network than theirs.

    n_numbers (int): how many numbers are in all tensors together.
    """
    limit, described = max(n_numbers, FREE), 0
    for _, fields in nested_objects(config, path):
        for key in {*ROWS, *LAYERS} & fields.keys():
            _check_integer(fields[key], key, path)
        for claimed, what in _claims(fields):
            if claimed > limit:
                raise CheckpointError(
                    f"{path} claims {what:.200}, which takes more numbers than the weights hold; {FETCH_BOTH}"
                )
        described += describe(fields)
    if described and n_numbers > MOST_HELD * described + FREE:
        raise CheckpointError(
            f"{path} describes a network of about {described:,} numbers, and the weights hold {n_numbers:,}; "
            f"{FETCH_BOTH}"
        )


def count_rows(config: dict[str, Any], weights: Iterable[list[TensorEntry]]) -> int:
    """RETURNS (int): the most rows that the embeddings can have: those of the longest matrix, or what the settings
    say where there are no weights."""
    rows = [entry.shape[0] for entries in weights for entry in entries if len(entry.shape) == 2]
    said = config.get("vocab_size")
    return max(rows, default=said if type(said) is int and said > 0 else MOST_ROWS)


def describe(fields: dict[str, Any]) -> int:
    """RETURNS (int): about how many numbers an encoder of these sizes has; 0 where they are not named as usual."""
    width, inner, rows = _first(fields, WIDTHS), _first(fields, INNER), _first(fields, ("vocab_size",))
    if not width or not rows:
        return 0
    of_layers = _first(fields, LAYERS) * width * (4 * width + 2 * (inner or 4 * width))
    return rows * (_first(fields, ("embedding_size",)) or width) + of_layers


def _claims(fields: dict[str, Any]) -> Iterator[tuple[int, str]]:
    """YIELDS (tuple[int, str]): how many numbers a setting makes, and the setting."""
    width = _first(fields, WIDTHS)
    for key in ROWS:
        rows = fields.get(key) or 0
        per_row = _first(fields, ("embedding_size",)) if key == "vocab_size" else 0
        yield rows * (per_row or width or 1), f"{key} = {rows:,}"
    # the layers of ALBERT share their weights
    n_layers = 1 if fields.get("model_type") == "albert" else _first(fields, LAYERS)
    yield n_layers * width * (width + _first(fields, INNER)), f"{n_layers} layers"


def _check_integer(value: Any, key: str, path: Path) -> None:
    is_positive = key in POSITIVE
    is_sound = type(value) is int and (value > 0 or not is_positive)
    if not is_sound and (is_positive or value is not None):
        expected = "a whole number above 0" if is_positive else "a whole number"
        raise CheckpointError(f"{path} sets {key} to {value!r:.200}; expected {expected}.")
    if is_sound and value > MAXIMA.get(key, value):
        raise CheckpointError(f"{path} sets {key} to {value:,}; expected at most {MAXIMA[key]:,}.")


def _first(fields: dict[str, Any], keys: tuple[str, ...]) -> int:
    """RETURNS (int): the first of these settings that is a number; 0 without one."""
    return next((fields[key] for key in keys if isinstance(fields.get(key), int)), 0)
