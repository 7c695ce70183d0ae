"""Settings that name Python code of the checkpoint's own."""

from pathlib import Path
from typing import Any, Collection, Dict

from .errors import CheckpointError
from .json_file import nested_objects

CODE_FIELDS = (
    "auto_map", "custom_pipelines", "custom_generate", "custom_code", "remote_code", "trust_remote_code",
    "module_file",
)  # fmt: skip
# Where a checkpoint was once stored; nothing opens it
ORIGINS = ("_name_or_path", "name_or_path")


def check_own_code(settings: Dict[str, Any], path: Path, names: Collection[str]) -> None:
    """Refuse settings, at whatever depth, that have code run.

    names (Collection[str]): the files of the folder. A Python file among them to which no setting refers is
        let be: many repositories keep their training script, and nothing opens it.
    """
    for place, fields in nested_objects(settings, path):
        within = f" in {place}" if place else ""
        for field in CODE_FIELDS:
            if fields.get(field):
                raise CheckpointError(
                    f"{path} names Python code of its own ({field}{within}), which is never run; expected an "
                    "architecture and a tokenizer that transformers itself has."
                )
        for key, value in fields.items():
            if key not in ORIGINS and _names_python(value, names):
                raise CheckpointError(
                    f"{path} names a Python file ({key}{within}: {value!r:.200}), which is never run; expected "
                    "an architecture and a tokenizer that transformers itself has."
                )


def _names_python(value: Any, names: Collection[str]) -> bool:
    """Whether a setting is as "x.py", or as "x.Class" or "someone/repository--x.Class" where x.py is there."""
    if isinstance(value, list):
        return any(_names_python(item, names) for item in value if isinstance(item, str))
    if not isinstance(value, str) or len(value) > 500:  # a chat template is a long text
        return False
    module, dot, _ = value.rpartition("--")[2].partition(".")
    return value.endswith(".py") or bool(dot and f"{module}.py" in names)
