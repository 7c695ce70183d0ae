"""An encoder, wherever it is and however its weights are kept -> a folder that this package opens as it is."""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Optional

from ..encoder.checkpoint.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from ..encoder.checkpoint.source import find_checkpoint
from ..gate import CheckpointError, check_folder
from ..gate.entries import read_bytes
from ..gate.folder import CONFIG
from ..gate.json_file import MAX_SETTINGS, parse_object
from ..gate.tokenizer_files import TOKENIZER
from ..gate.weights import INDEX
from .pickled import without_pickle

TOKENIZER_CONFIG = "tokenizer_config.json"
# So many pieces with capitals are no accident of special pieces as [CLS] or of a few foreign ones
MANY_CAPITALS = 100
PROBE = "Aa"


def fetch_encoder(
    name: str,
    out: Path,
    *,
    revision: Optional[str] = None,
    allow_pickle: bool = False,
    cased: Optional[bool] = None,
) -> List[str]:
    """Write an encoder without its head: config, safetensors, tokenizer.json.

    name (str): a Hugging Face folder, or the name of a repository on the hub.
    allow_pickle (bool): read pickled weights where there are no others; nothing of them is executed.
    cased (Optional[bool]): whether the encoder tells capitals from small letters, where its tokenizer's
        settings do not say it or say it wrongly; None leaves them as they are.
    RETURNS (List[str]): what the user should know of it, a sentence each.
    Raises a CheckpointError where there is no encoder that can be opened, or where ``out`` has something in it.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CheckpointError(f"{out} exists already; expected a new folder, so that nothing is overwritten.")
    with (
        without_pickle(name, revision, allow=allow_pickle) as source,
        tempfile.TemporaryDirectory() as temporary,
    ):
        folder = find_checkpoint(source, revision)
        if cased is not None:
            folder = _with_case(folder, Path(temporary) / "cased", cased=cased)
        checkpoint = read_checkpoint(folder)
    notes = describe_case(checkpoint)
    write_checkpoint(checkpoint, out)
    return notes


def describe_case(checkpoint: Checkpoint) -> List[str]:
    """A sentence where the tokenizer lowers the text that its vocabulary has capitals for: they are never found.

    Checkpoints from before 2020 often lack the file that says whether they are cased; `transformers` then
    takes them for uncased.
    """
    backend = checkpoint.tokenizer.backend
    if backend.normalizer is None or backend.normalizer.normalize_str(PROBE) != PROBE.lower():
        return []
    n = sum(piece != piece.lower() for piece in backend.get_vocab())
    if n < MANY_CAPITALS:
        return []
    return [
        f"the tokenizer turns capitals into small letters, and {n:,} pieces of its vocabulary have capitals: if the "
        "encoder is a cased one, fetch it again with --cased"
    ]


def _with_case(folder: Path, copy: Path, *, cased: bool) -> Path:
    """A copy of the folder whose tokenizer is made anew from its vocabulary, with the case that is wanted."""
    if not (folder / "vocab.txt").is_file():
        raise CheckpointError(
            f"{folder} has no vocab.txt, so --cased and --uncased cannot apply; expected the tokenizer of a BERT: "
            "leave the option out."
        )
    found = check_folder(folder)
    copy.mkdir()
    for path in found.weights:
        shutil.copyfile(path, copy / path.name)
    for name in (CONFIG, INDEX):
        if name in found.names:
            (copy / name).write_bytes(read_bytes(folder / name, MAX_SETTINGS, what="settings"))
    for name, content in found.tokenizer.files.items():
        if name != TOKENIZER:
            (copy / name).write_bytes(content)
    settings: Dict[str, Any] = {"tokenizer_class": "BertTokenizer"}
    if TOKENIZER_CONFIG in found.tokenizer.files:
        settings = parse_object(found.tokenizer.files[TOKENIZER_CONFIG], folder / TOKENIZER_CONFIG)
    settings["do_lower_case"] = not cased
    (copy / TOKENIZER_CONFIG).write_text(json.dumps(settings, indent=2), encoding="utf8")
    return copy
