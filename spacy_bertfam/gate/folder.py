"""Checks on a Hugging Face folder, made before anything of it is loaded."""

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import CheckpointError
from .entries import list_entries
from .foreign import SPAN_MARKER, describe_foreign, describe_weights
from .json_file import read_object
from .safetensors_header import TensorEntry
from .settings import check_field_types, check_file_fields, check_settings
from .sizes import check_sizes, count_rows
from .tokenizer_files import TokenizerFiles, read_tokenizer_files
from .weights import ONLY_PICKLES, PICKLE, PICKLE_INDEX, Weights, check_safetensors, has_safetensors

CONFIG = "config.json"
TOKENIZER_SETTINGS = ("tokenizer_config.json", "special_tokens_map.json")
SETTINGS = (
    CONFIG, *TOKENIZER_SETTINGS, "generation_config.json", "preprocessor_config.json", "processor_config.json",
)  # fmt: skip


@dataclass(frozen=True)
class CheckedFolder:
    """A folder that has passed the gate. Other libraries get what is in here, and never look into the folder."""

    path: Path
    names: frozenset[str]  # of all files in it
    config: dict[str, Any]
    weights: Weights = field(repr=False)  # none where it was opened without them
    n_numbers: int  # that the weights hold
    tokenizer: TokenizerFiles = field(repr=False)

    @property
    def tensors(self) -> list[TensorEntry]:
        """What all files of weights hold."""
        return [entry for entries in self.weights.values() for entry in entries]


def check_folder(folder: Path, *, allow_pickle: bool = False, without_weights: bool = False) -> CheckedFolder:
    """Read settings and tokenizer of a checkpoint that is safe to open, and of the weights the headers.

    Nothing is loaded or run.
    allow_pickle (bool): also accept weights that are only there as pickles, which are not looked into.
    without_weights (bool): the folder is to be opened for its settings and its tokenizer alone.
    RAISES (CheckpointError): where it is no checkpoint, or not safe.
    """
    names = list_entries(folder)
    _check_is_transformers(folder, names)
    settings = {name: _read_settings(folder / name, names) for name in SETTINGS if name in names}
    config = settings[CONFIG]
    check_field_types(config, folder / CONFIG)
    weights = {} if without_weights else _check_weights(folder, names, allow_pickle=allow_pickle)
    n_numbers = sum(entry.n_numbers for entries in weights.values() for entry in entries)
    if not without_weights:
        in_pickles = sum(path.stat().st_size for path in folder.glob("pytorch_model*.bin")) // 2  # of float16
        check_sizes(config, folder / CONFIG, n_numbers or in_pickles)
    n_rows = count_rows(config, weights.values())
    tokenizer = read_tokenizer_files(folder, names, n_rows=n_rows)
    return CheckedFolder(folder, names, config, weights, n_numbers, tokenizer)


def _check_is_transformers(folder: Path, names: Collection[str]) -> None:
    foreign = describe_foreign(names)
    if foreign:
        raise CheckpointError(f"{folder} {foreign}")
    if CONFIG not in names:
        inner = sorted(path.parent for path in folder.glob(f"*/{CONFIG}"))
        hint = f": give {inner[0]}." if inner else "."
        raise CheckpointError(f"{folder} has no config.json; expected a Hugging Face checkpoint{hint}")


def _read_settings(path: Path, names: Collection[str]) -> dict[str, Any]:
    settings = read_object(path)
    check_settings(settings, path, names)
    if path.name in TOKENIZER_SETTINGS:
        check_file_fields(settings, path)
    elif path.name == CONFIG and settings.get("model_type") == "span-marker":
        raise CheckpointError(f"{path.parent} {SPAN_MARKER}")
    elif path.name == CONFIG and settings.get("transformers_weights") is not None:
        raise CheckpointError(
            f"{path} names its weights itself (transformers_weights: {settings['transformers_weights']!r:.200}), "
            "a path that may lead out of the folder; expected model.safetensors: rename the file, remove the field."
        )
    return settings


def _check_weights(folder: Path, names: Collection[str], *, allow_pickle: bool) -> Weights:
    """RETURNS (Weights): nothing where the weights are pickles."""
    if has_safetensors(names):
        return check_safetensors(folder, names)
    if PICKLE not in names and PICKLE_INDEX not in names:
        raise CheckpointError(f"{folder} {describe_weights(names)}")
    if not allow_pickle:
        raise CheckpointError(f"{folder} {ONLY_PICKLES}")
    return {}
