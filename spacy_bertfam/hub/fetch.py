"""An encoder, wherever it is and however its weights are kept -> a folder that this package opens as it is."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..encoder.checkpoint.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from ..encoder.checkpoint.source import find_checkpoint
from ..files.saving import require_new
from ..gate import CheckpointError, check_folder, convert_pickle
from ..gate.entries import list_entries, read_bytes
from ..gate.folder import CONFIG
from ..gate.json_file import MAX_SETTINGS, parse_object
from ..gate.tokenizer_files import TOKENIZER
from ..gate.weights import INDEX, has_safetensors

TOKENIZER_CONFIG = "tokenizer_config.json"
# So many pieces with capitals are no accident of special pieces as [CLS] or of a few foreign ones
MANY_CAPITALS = 100
PROBE = "Aa"


def fetch_encoder(
    name: str,
    out: Path,
    *,
    revision: str | None = None,
    allow_pickle: bool = False,
    cased: bool | None = None,
) -> list[str]:
    """Write an encoder without its head: config, safetensors, tokenizer.json.

    name (str): a Hugging Face folder, or the name of a repository on the hub.
    allow_pickle (bool): read pickled weights where there are no others; nothing of them is executed.
    cased (bool | None): whether the encoder tells capitals from small letters, where its tokenizer's
        settings do not say it or say it wrongly; None leaves them as they are.
    RETURNS (list[str]): what the user should know of it, a sentence each.
    RAISES (UserError): when there is no encoder that can be opened, or ``out`` has something in it.
    """
    require_new(out, or_empty=True)
    plain = without_pickle(name, revision, allow=allow_pickle)
    with plain as source, tempfile.TemporaryDirectory() as temporary:
        folder = find_checkpoint(source, revision)
        if cased is not None:
            folder = _with_case(folder, Path(temporary) / "cased", cased=cased)
        checkpoint = read_checkpoint(folder)
    write_checkpoint(checkpoint, out)
    return describe_case(checkpoint)


@contextmanager
def without_pickle(name: str, revision: str | None, *, allow: bool) -> Iterator[str]:
    """A checkpoint's name or folder; while the context is open, one with safetensors.

    name (str): a folder, or the name of a repository on the hub.
    allow (bool): convert pickled weights, if there are no others. Nothing of them is executed.
    """
    folder = find_checkpoint(name, revision, allow_pickle=True) if allow else None
    if folder is None or has_safetensors(list_entries(folder)):
        yield name
        return
    with tempfile.TemporaryDirectory() as temporary:
        # in the hub's cache the folder is named after a commit
        label = folder.resolve().name if Path(name).expanduser().is_dir() else name.rpartition("/")[2]
        yield str(convert_pickle(folder, Path(temporary) / label))


def describe_case(checkpoint: Checkpoint) -> list[str]:
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
    """A copy of the folder whose tokenizer is made again from its vocabulary, with the case that is wanted."""
    if not (folder / "vocab.txt").is_file():
        raise CheckpointError(
            f"{folder} has no vocab.txt, so --cased and --uncased cannot apply; expected the tokenizer of a BERT: "
            "leave the option out."
        )
    found = check_folder(folder)
    copy.mkdir()
    for path in found.weights:
        shutil.copyfile(path, copy / path.name)
    files = dict(found.tokenizer.files)
    for name in (CONFIG, INDEX):
        if name in found.names:
            files[name] = read_bytes(folder / name, MAX_SETTINGS, what="settings")
    settings: dict[str, Any] = {"tokenizer_class": "BertTokenizer"}
    if TOKENIZER_CONFIG in files:
        settings = parse_object(files[TOKENIZER_CONFIG], folder / TOKENIZER_CONFIG)
    files[TOKENIZER_CONFIG] = json.dumps({**settings, "do_lower_case": not cased}, indent=2).encode("utf8")
    for name in files.keys() - {TOKENIZER}:
        (copy / name).write_bytes(files[name])
    return copy
