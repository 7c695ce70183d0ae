"""``tokenizer.json``: its size, and that it is JSON as far as that is quickly seen."""

from pathlib import Path

from .errors import CheckpointError
from .json_file import parse_object

MAX_TOKENIZER = 64_000_000  # bytes; XLM-R's has 17 million
MAX_PARSED = 1_000_000  # a larger one takes a tenth of a second: the tokenizers library reads it anyway


def check_tokenizer_file(path: Path) -> None:
    """Refuse a ``tokenizer.json`` that is too large, cut off, or no JSON object with a model in it."""
    n_bytes = path.stat().st_size
    if n_bytes > MAX_TOKENIZER:
        raise CheckpointError(
            f"{path} has {n_bytes:,} bytes; expected at most {MAX_TOKENIZER:,}. Is it the right file?"
        )
    if n_bytes <= MAX_PARSED:
        if not isinstance(parse_object(path.read_bytes(), path).get("model"), dict):
            raise CheckpointError(f"{path} has no model; expected what the tokenizers library writes.")
        return
    with path.open("rb") as file:
        first = file.read(64).lstrip()
        file.seek(-64, 2)
        last = file.read().rstrip()
    if not (first.startswith(b"{") and last.endswith(b"}")):
        raise CheckpointError(f"{path} is not a whole JSON object; expected one: fetch it again.")
