"""How many characters the steps of a tokenizer may make of one, at most."""

import base64
import struct
import unicodedata
from pathlib import Path
from typing import Any, Dict, List

from .errors import CheckpointError

# Real tokenizers are at 16 or less
MAX_GROWTH = 1000
MAX_DEPTH = 50
# A character becomes one for each of its bytes, and a piece may get a space before it
BYTE_LEVEL, METASPACE = 4, 2
# Bytes of the longest compatibility decomposition of Unicode, which compiled maps have too: 18 characters
LONGEST_UNICODE = 33


def growth(step: Any, path: Path) -> float:
    """The product over all steps within steps. Unicode's own forms are not counted, where no other step adds to them.

    step (Any): a normalizer or pre_tokenizer as tokenizer.json has it, or a list of them. The library knows a step
        by its fields where it has no type: so do we.
    path (Path): for errors.
    """
    product, waiting = 1.0, [(step, 0)]
    while waiting:
        part, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise CheckpointError(f"{path} nests its steps more than {MAX_DEPTH} deep; expected a tokenizer.")
        if isinstance(part, dict):
            product = min(product * _growth_of_one(part), 1e300)
        inner: List[Any] = list(part.values()) if isinstance(part, dict) else part
        if isinstance(inner, list):
            waiting += [(item, depth + 1) for item in inner if isinstance(item, (dict, list))]
    return product


def _growth_of_one(step: Dict[str, Any]) -> float:
    factor = 1.0
    if isinstance(step.get("content"), str):
        factor *= _replaced(step["content"], step.get("pattern"))
    if isinstance(step.get("prepend"), str):
        factor *= 1 + len(step["prepend"])
    if isinstance(step.get("precompiled_charsmap"), str):
        factor *= _longest_mapped(step["precompiled_charsmap"]) / LONGEST_UNICODE
    if step.get("type") == "ByteLevel" or "trim_offsets" in step:
        factor *= BYTE_LEVEL
    elif step.get("type") == "Metaspace" or "replacement" in step:
        factor *= METASPACE
    return max(factor, 1.0)


def _replaced(content: str, pattern: Any) -> float:
    """What stands there instead may itself be taken apart by Unicode's forms."""
    n_new = len(unicodedata.normalize("NFKD", content))
    string = pattern.get("String") if isinstance(pattern, dict) else pattern
    if isinstance(string, str):
        return n_new / max(len(string), 1)
    return 1 + n_new  # an expression may match between characters


def _longest_mapped(charsmap: str) -> int:
    """Bytes of the longest text that a compiled map of SentencePiece puts in place of a character.

    The format: 4 bytes with the length of the trie, the trie, texts with a zero after each.
    """
    try:
        content = base64.b64decode(charsmap, validate=True)
        texts = content[4 + struct.unpack_from("<I", content)[0] :]
    except (ValueError, struct.error):
        return 1  # the library refuses it
    return max(map(len, texts.split(b"\0")))
