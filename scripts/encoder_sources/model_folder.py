"""What a usable encoder folder holds, and a copy of just that."""

import shutil
from pathlib import Path

from .errors import EncoderError

# Names, not folders: sub-folders hold the same weights for other runtimes.
PATTERNS = (
    "config.json", "*.safetensors", "*.safetensors.index.json", "tokenizer.json", "tokenizer_config.json",
    "special_tokens_map.json", "added_tokens.json", "vocab.txt", "vocab.json", "merges.txt", "*.model",
    "README.md", "LICENSE*",
)  # fmt: skip
TOKENIZERS = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model")


def check_model_folder(folder: Path, name: str) -> None:
    """Raise EncoderError unless the folder has a config, readable safetensors and a tokenizer.

    name (str): how the user called the encoder.
    """
    weights = sorted(folder.glob("*.safetensors"))
    if not (folder / "config.json").is_file():
        raise EncoderError(f"{name} has no config.json: expected a Hugging Face encoder, name another one.")
    if not weights:
        others = ", ".join(sorted(path.name for path in folder.glob("*.bin"))) or "none"
        raise EncoderError(
            f"{name} has no *.safetensors (other weights: {others}): expected weights without pickle;"
            " convert them with `bertfam fetch NAME OUT --allow-pickle`, or name another encoder."
        )
    if not any(any(folder.glob(pattern)) for pattern in TOKENIZERS):
        raise EncoderError(
            f"{name} has no tokenizer: expected one of {', '.join(TOKENIZERS)} beside config.json."
        )
    for path in weights:
        check_safetensors(path)


def check_safetensors(path: Path) -> None:
    """Raise EncoderError when the file is cut short or something else, such as a Git LFS pointer."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np"):
            pass
    except SafetensorError as err:
        raise EncoderError(
            f"{path} of {path.stat().st_size} bytes is not readable as safetensors ({err}): expected the"
            " weights themselves, not a Git LFS pointer or part of a download; fetch it again."
        ) from err


def copy_model_folder(source: Path, out: Path) -> None:
    """Copy the files of the encoder, links as the files they lead to, into the existing folder `out`."""
    for path in sorted({path for pattern in PATTERNS for path in source.glob(pattern) if path.is_file()}):
        shutil.copyfile(path, out / path.name)
