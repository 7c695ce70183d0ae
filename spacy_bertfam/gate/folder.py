"""Checks on a Hugging Face folder, made before anything of it is loaded."""

from pathlib import Path
from typing import Any, Collection, Dict

from .entries import list_entries
from .errors import CheckpointError
from .field_types import check_field_types
from .file_names import check_file_fields
from .foreign import SPAN_MARKER, describe_foreign, describe_weights
from .implementations import check_implementations
from .json_file import read_object
from .own_code import check_own_code
from .sizes import check_sizes
from .tokenizer_file import check_tokenizer_file
from .weights import check_safetensors, has_pickles, has_safetensors

CONFIG = "config.json"
TOKENIZER_SETTINGS = ("tokenizer_config.json", "special_tokens_map.json")
SETTINGS = (
    CONFIG, *TOKENIZER_SETTINGS, "generation_config.json", "preprocessor_config.json", "processor_config.json",
)  # fmt: skip
NO_CODE = "nothing of it is executed, and the weights are written as safetensors"


def check_folder(folder: Path, *, allow_pickle: bool = False, without_weights: bool = False) -> None:
    """Raise a CheckpointError unless ``folder`` holds a checkpoint that is safe to open.

    Nothing is loaded or run: settings are read as JSON, of the weights only the headers.
    allow_pickle (bool): also accept weights that are only there as pickles, which are not looked into.
    without_weights (bool): the folder is to be opened for its settings and its tokenizer alone.
    """
    names = list_entries(folder)
    _check_is_transformers(folder, names)
    for name in SETTINGS:
        if name in names:
            _check_settings(folder / name, names)
    config = read_object(folder / CONFIG)
    check_field_types(config, folder / CONFIG)
    if not without_weights:
        check_sizes(config, folder / CONFIG, _check_weights(folder, names, allow_pickle=allow_pickle))
    if "tokenizer.json" in names:
        check_tokenizer_file(folder / "tokenizer.json")


def _check_is_transformers(folder: Path, names: Collection[str]) -> None:
    foreign = describe_foreign(names)
    if foreign:
        raise CheckpointError(f"{folder} {foreign}")
    if CONFIG not in names:
        inner = sorted(path.parent for path in folder.glob(f"*/{CONFIG}"))
        hint = f": give {inner[0]}." if inner else "."
        raise CheckpointError(f"{folder} has no config.json; expected a Hugging Face checkpoint{hint}")


def _check_settings(path: Path, names: Collection[str]) -> None:
    settings = read_object(path)
    check_own_code(settings, path, names)
    check_implementations(settings, path)
    if path.name in TOKENIZER_SETTINGS:
        check_file_fields(settings, path)
    if path.name == CONFIG:
        _check_config(settings, path)


def _check_config(config: Dict[str, Any], path: Path) -> None:
    if config.get("model_type") == "span-marker":
        raise CheckpointError(f"{path.parent} {SPAN_MARKER}")
    if config.get("transformers_weights") is not None:
        raise CheckpointError(
            f"{path} names its weights itself (transformers_weights: {config['transformers_weights']!r:.200}), "
            "a path that may lead out of the folder; expected model.safetensors: rename the file, remove the field."
        )


def _check_weights(folder: Path, names: Collection[str], *, allow_pickle: bool) -> int:
    """How many numbers the weights hold; of pickles, at most how many."""
    if has_safetensors(names):
        return check_safetensors(folder, names)
    if not has_pickles(names):
        raise CheckpointError(f"{folder} {describe_weights(names)}")
    if not allow_pickle:
        raise CheckpointError(
            f"{folder} has its weights only as a pickle (pytorch_model.bin), which can run code when it is opened; "
            f"expected model.safetensors: `bertfam fetch NAME OUT --allow-pickle` (for a token classifier `bertfam "
            f"import-hf`) reads it all the same ({NO_CODE})."
        )
    return sum(path.stat().st_size for path in folder.glob("pytorch_model*.bin")) // 2  # bytes of a float16
