"""Names of files in a checkpoint's settings: plain names within the folder, or nothing."""

from pathlib import Path
from typing import Any, Dict

from .errors import CheckpointError

# Older checkpoints keep here the path on their author's machine; no supported transformers opens it
NEVER_OPENED = ("special_tokens_map_file",)


def is_plain_name(name: Any) -> bool:
    """Whether it can only name a file in the folder itself, on every system."""
    return (
        isinstance(name, str) and name not in ("", ".", "..") and not any(sign in name for sign in "/\\:\0")
    )


def check_file_fields(settings: Dict[str, Any], path: Path) -> None:
    """Refuse a tokenizer's settings that name files outside the folder.

    `transformers` opens the file that they name instead of the folder's own. ``init_inputs`` are arguments of
    the tokenizer's class, the first of which is its vocabulary file.
    """
    if settings.get("init_inputs"):
        raise CheckpointError(
            f"{path} gives init_inputs, which would be opened as files; expected none: remove the field."
        )
    for key, value in settings.items():
        if not key.endswith(("_file", "_files")) or key in NEVER_OPENED:
            continue
        for name in value if isinstance(value, list) else [value]:
            if not (name is None or isinstance(name, bool) or is_plain_name(name)):
                raise CheckpointError(
                    f"{path} sets {key} to {name!r:.200}, a path that may lead out of the folder; "
                    "expected the plain name of a file in it: correct or remove the field."
                )
