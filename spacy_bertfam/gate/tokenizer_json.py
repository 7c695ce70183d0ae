"""``tokenizer.json``: what the tokenizers library may make of it is known before it reads it.

The library runs steps of normalization while it reads (over added pieces), and again for every text: a step may make
ten characters of one, the next ten of each. So the parts before the model, which are small, are read here, and stand
a second time at the end of what the library gets: the last one counts, whatever stood after the model.
"""

import base64
import json
import re
import struct
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import CheckpointError
from .json_file import nested_objects, parse_object

# In the order in which the library writes them; the model, which holds the vocabulary, comes last
PARTS = ("added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder")
MODEL = re.compile(rb',\s*"model"\s*:\s*\{')
# The library takes 0.8 seconds for 10,000 added pieces, and four times as many for twice as many
MAX_ADDED, MAX_ADDED_CHARACTERS = 20_000, 2_000_000
MAX_SPECIAL = 1000  # pieces around a text
MAX_PARSED = 1_000_000  # bytes; more take a tenth of a second
# A piece is one string of the model, or three: one in the vocabulary, two in a merge; Gemma's have 5.5
FREE_STRINGS, STRINGS_PER_ROW = 20_000, 8

MAX_GROWTH = 1000  # real tokenizers are at 16 or less
MAX_DEPTH = 50
# A character becomes one for each of its bytes, and a piece may get a space before it
BYTE_LEVEL, METASPACE = 4, 2
# Bytes of the longest compatibility decomposition of Unicode, which compiled maps have too: 18 characters
LONGEST_UNICODE = 33


def seal(content: bytes, path: Path, *, n_rows: int | None = None) -> bytes:
    """Make what the tokenizers library is to read in place of ``content``: the same, without any cutting or padding.

    n_rows (int | None): rows of the embeddings, where they are known.
    RAISES (CheckpointError): where it is no tokenizer, or one that makes too much of too little.
    """
    content = content.strip()
    if not (content.startswith(b"{") and content.endswith(b"}")):
        if len(content) <= MAX_PARSED:
            parse_object(content, path)  # says what is wrong
        raise CheckpointError(f"{path} is not a whole JSON object; expected one: fetch it again.")
    parts = _read_first(content)
    if parts is None:
        parts = parse_object(content, path)
        if not isinstance(parts.get("model"), dict):
            raise CheckpointError(f"{path} has no model; expected what the tokenizers library writes.")
    kept = {**{name: parts.get(name) for name in PARTS}, "added_tokens": parts.get("added_tokens") or []}
    n_strings = content.count(b'"') // 2
    problem = next(_problems(kept, n_strings, n_rows, path), None)
    if problem is not None:
        raise CheckpointError(f"{path} {problem}")
    end = json.dumps({**kept, "truncation": None, "padding": None})
    return b"".join((memoryview(content)[:-1], b",", end[1:].encode()))


def _read_first(content: bytes) -> dict[str, Any] | None:
    """Read the parts before the model. RETURNS (dict[str, Any] | None): None where it is not written as usual."""
    model = MODEL.search(content)
    if model is None:
        return None
    try:
        parts = json.loads(content[: model.start()] + b"}")
    except (ValueError, RecursionError):
        return None
    return parts if isinstance(parts, dict) and parts.keys() >= set(PARTS) else None


def _problems(parts: dict[str, Any], n_strings: int, n_rows: int | None, path: Path) -> Iterator[str]:
    """YIELDS (str): what makes too much of too little."""
    added = parts["added_tokens"]
    if not isinstance(added, list) or not all(isinstance(piece, dict) for piece in added):
        yield "has added_tokens that are no list of objects; expected one."
    n_characters = sum(len(str(piece.get("content"))) for piece in added)
    if len(added) > MAX_ADDED or n_characters > MAX_ADDED_CHARACTERS:
        yield (
            f"has {len(added):,} added_tokens of {n_characters:,} characters; expected at most {MAX_ADDED:,} of "
            f"{MAX_ADDED_CHARACTERS:,}: put pieces into the vocabulary."
        )
    limit = FREE_STRINGS + STRINGS_PER_ROW * (n_rows or 0)
    if n_rows is not None and n_strings > limit:
        yield (
            f"has {n_strings:,} strings for embeddings of {n_rows:,} rows; expected at most {limit:,}: fetch "
            "tokenizer and weights again from one place."
        )
    found = growth([parts["normalizer"], parts["pre_tokenizer"]], path)
    if found > MAX_GROWTH:
        yield (
            f"may make {found:.3g} characters of one (normalizer, pre_tokenizer); expected at most {MAX_GROWTH:,}: do "
            "not trust its source."
        )
    n_special = sum(_special_pieces(part) for part in _steps(parts["post_processor"], path))
    if n_special > MAX_SPECIAL:
        yield (
            f"puts {n_special:,} special pieces around a text (post_processor); expected at most {MAX_SPECIAL:,}: do "
            "not trust its source."
        )


def _special_pieces(processor: dict[str, Any]) -> int:
    """RETURNS (int): how many pieces a template has at most: it is a list, each item of which may stand for many."""
    template, special = processor.get("single"), processor.get("special_tokens")
    pieces = special.values() if isinstance(special, dict) else ()
    ids = [piece.get("ids") for piece in pieces if isinstance(piece, dict)]
    longest = max((len(numbers) for numbers in ids if isinstance(numbers, list)), default=1)
    return len(template) * longest if isinstance(template, list) else 0


def growth(step: Any, path: Path) -> float:
    """Bound how many characters the steps of a tokenizer make of one.

    step (Any): a normalizer or pre_tokenizer as tokenizer.json has it, or a list of them.
    RETURNS (float): the product over all steps within steps. Unicode's own forms are not counted, where no other step
        adds to them.
    """
    product = 1.0
    for part in _steps(step, path):
        product = min(product * _growth_of_one(part), 1e300)
    return product


def _steps(step: Any, path: Path) -> Iterator[dict[str, Any]]:
    return (part for _, part in nested_objects(step, path, max_depth=MAX_DEPTH, skipped=()))


def _growth_of_one(step: dict[str, Any]) -> float:
    """The library knows a step by its fields where it has no type: so do we."""
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
    """RETURNS (int): bytes of the longest text that a compiled map of SentencePiece puts in place of a character."""
    try:  # 4 bytes with the length of the trie, the trie, texts with a zero after each
        content = base64.b64decode(charsmap, validate=True)
        texts = content[4 + struct.unpack_from("<I", content)[0] :]
    except (ValueError, struct.error):
        return 1  # the library refuses it
    return max(map(len, texts.split(b"\0")))
