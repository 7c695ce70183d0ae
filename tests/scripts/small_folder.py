"""The least that counts as an encoder folder."""

from pathlib import Path

import numpy as np
from safetensors.numpy import save


def write_small_folder(folder: Path, *, value: float = 0.0) -> Path:
    """RETURNS (Path): the folder, with a config, one tensor and a tokenizer."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"model_type": "bert"}', encoding="utf8")
    (folder / "tokenizer.json").write_text("{}", encoding="utf8")
    (folder / "model.safetensors").write_bytes(save({"X": np.full(3, value, np.float32)}))
    return folder
