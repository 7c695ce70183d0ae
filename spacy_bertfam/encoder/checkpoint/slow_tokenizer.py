"""A tokenizer without ``tokenizer.json``, or what else only `transformers` can tell of one: opened in a folder of our
own, which holds what the gate has read, and of the settings what cannot name a file or a number of things to make."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...errors import in_a_sentence
from ...gate import CheckedFolder, CheckpointError
from ...gate.json_file import parse_object
from ...gate.tokenizer_files import PIECES, TOKENIZER, TOKENIZER_FILES, VOCABULARIES
from .network import quiet_transformers

SETTINGS = ("tokenizer_config.json", "special_tokens_map.json")
OF_CONFIG = ("model_type", "tokenizer_class")
# No setting of a tokenizer is a larger number, but for lengths, which nobody asks for here
MOST = 10_000


def convert_tokenizer(folder: CheckedFolder) -> dict[str, bytes]:
    """The files of a tokenizer that `transformers` makes of a vocabulary.

    RETURNS (dict[str, bytes]): name -> content, tokenizer.json among them.
    RAISES (CheckpointError): when there is no vocabulary, or none that it has a fast tokenizer for.
    """
    # transformers 5 would make up a vocabulary of special pieces alone
    if not any(name in folder.tokenizer.files for name in VOCABULARIES):
        raise CheckpointError(
            f"{folder.path} has no tokenizer.json and no vocabulary; expected one of {', '.join(VOCABULARIES)}: "
            "fetch the tokenizer's files too."
        )
    with opened_tokenizer(folder) as tokenizer, tempfile.TemporaryDirectory() as temporary:
        if not getattr(tokenizer, "is_fast", False):
            raise CheckpointError(
                f"{folder.path}: {type(tokenizer).__name__} has no fast version; expected a tokenizer.json, or a "
                "tokenizer that transformers can turn into one. Alignment needs its character offsets."
            )
        tokenizer.save_pretrained(temporary)
        paths = [Path(temporary) / name for name in TOKENIZER_FILES]
        files = {path.name: path.read_bytes() for path in paths if path.is_file()}
    if PIECES in folder.tokenizer.files:
        files[PIECES] = folder.tokenizer.files[PIECES]
    if TOKENIZER not in files:
        raise CheckpointError(
            f"{folder.path} has no tokenizer.json, and transformers writes none of its other files; expected a "
            "tokenizer: fetch its files too."
        )
    return files


@contextmanager
def opened_tokenizer(folder: CheckedFolder) -> Iterator[Any]:
    """The tokenizer as `transformers` has it, while the context is open.

    RAISES (CheckpointError): when it makes none.
    """
    from transformers import AutoTokenizer

    with tempfile.TemporaryDirectory() as temporary:
        for name, content in folder.tokenizer.files.items():
            (Path(temporary) / name).write_bytes(_harmless(folder, name, content))
        config = {key: folder.config[key] for key in OF_CONFIG if key in folder.config}
        (Path(temporary) / "config.json").write_text(json.dumps(config), encoding="utf8")
        failure = in_a_sentence(
            f"{folder.path}: transformers makes no tokenizer of its files",
            "expected a tokenizer.json, or the files of a tokenizer that it knows: fetch them too.",
            CheckpointError,
        )
        with failure, quiet_transformers():
            tokenizer = AutoTokenizer.from_pretrained(
                temporary, local_files_only=True, trust_remote_code=False
            )
        yield tokenizer


def _harmless(folder: CheckedFolder, name: str, content: bytes) -> bytes:
    if name not in SETTINGS:
        return folder.tokenizer.sealed or content if name == TOKENIZER else content
    settings = parse_object(content, folder.path / name)
    return json.dumps({key: value for key, value in settings.items() if _is_harmless(key, value)}).encode()


def _is_harmless(key: str, value: Any) -> bool:
    """Objects are pieces with their properties; those of arguments for other libraries may name any file."""
    if key.endswith(("_file", "_files", "name_or_path")) or key in ("init_inputs", "auto_map"):
        return False
    if key == "added_tokens_decoder":
        return isinstance(value, dict) and all(isinstance(piece, dict) for piece in value.values())
    if isinstance(value, dict):
        return isinstance(value.get("content"), str)
    if isinstance(value, list):
        return all(isinstance(item, str) or _is_harmless("", item) for item in value)
    return not isinstance(value, (int, float)) or isinstance(value, bool) or 0 <= value <= MOST
