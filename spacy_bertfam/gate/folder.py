"""Checks on a Hugging Face folder, made before anything of it is loaded."""

import json
from pathlib import Path
from typing import Any, Dict

from .errors import CheckpointError

PICKLES = ("pytorch_model.bin", "pytorch_model.bin.index.json")


def check_folder(folder: Path) -> None:
    """Raise a CheckpointError unless ``folder`` holds a checkpoint that is safe to open."""
    config = _read_config(folder)
    if "auto_map" in config:
        raise CheckpointError(
            f"{folder / 'config.json'} names Python code of its own (auto_map), which is never run; "
            "expected an architecture that transformers itself has."
        )
    for key in config:
        if key.startswith("_attn_implementation") and config[key] not in (None, "eager", "sdpa"):
            raise CheckpointError(
                f"{folder / 'config.json'} sets {key}; expected no attention implementation in a checkpoint. "
                "Choose one with the encoder's setting `attention`."
            )
    if not list(folder.glob("*.safetensors")):
        found = next((name for name in PICKLES if (folder / name).is_file()), None)
        raise CheckpointError(
            f"{folder} has "
            + (f"only pickled weights ({found})" if found else "no weights")
            + "; expected model.safetensors."
        )


def _read_config(folder: Path) -> Dict[str, Any]:
    path = folder / "config.json"
    if not folder.is_dir():
        raise CheckpointError(f"No folder {folder}; expected a Hugging Face checkpoint.")
    if not path.is_file():
        raise CheckpointError(f"{folder} has no config.json; expected a Hugging Face checkpoint.")
    try:
        config = json.loads(path.read_text(encoding="utf8"))
    except ValueError as error:
        raise CheckpointError(f"{path} is not JSON: {error}") from error
    if not isinstance(config, dict):
        raise CheckpointError(f"{path} holds {type(config).__name__}; expected a JSON object.")
    return config
