"""``tokenizer.json``: what the tokenizers library may make of it is known before it reads it.

The library runs steps of normalisation while it reads (over added pieces), and again for every text: a step may make
ten characters of one, the next ten of each. So the parts before the model, which are small, are read here, and stand
a second time at the end of what the library gets: the last one counts, whatever stood after the model.
"""

import json
import re
from pathlib import Path
from typing import Any, Dict, Optional

from .errors import CheckpointError
from .json_file import parse_object
from .tokenizer_growth import MAX_GROWTH, growth

# In the order in which the library writes them; the model, which holds the vocabulary, comes last
PARTS = ("added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder")
MODEL = re.compile(rb',\s*"model"\s*:\s*\{')
# The library takes 0.8 seconds for 10,000 added pieces, and four times as many for twice as many
MAX_ADDED, MAX_ADDED_CHARACTERS = 20_000, 2_000_000
MAX_SPECIAL = 1000  # pieces around a text
MAX_PARSED = 1_000_000  # bytes; more take a tenth of a second
# A piece is one string of the model, or three: one in the vocabulary, two in a merge; Gemma's have 5.5
FREE_STRINGS, STRINGS_PER_ROW = 20_000, 8


def seal(content: bytes, path: Path, *, n_rows: Optional[int] = None) -> bytes:
    """What the tokenizers library is to read in place of ``content``: the same, with lengths of nobody's asking.

    n_rows (Optional[int]): rows of the embeddings, where they are known.
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
    kept = {name: parts.get(name) for name in PARTS}
    _check_added(kept["added_tokens"] or (), path)
    _check_strings(content, n_rows, path)
    _check_growth(kept, path)
    _check_special(kept["post_processor"], path)
    end = {**kept, "added_tokens": kept["added_tokens"] or [], "truncation": None, "padding": None}
    return b"".join((memoryview(content)[:-1], b",", json.dumps(end)[1:].encode()))


def _read_first(content: bytes) -> Optional[Dict[str, Any]]:
    """The parts before the model. RETURNS (Optional[Dict[str, Any]]): None where it is not written as usual."""
    model = MODEL.search(content)
    if model is None:
        return None
    try:
        parts = json.loads(content[: model.start()] + b"}")
    except (ValueError, RecursionError):
        return None
    return parts if isinstance(parts, dict) and parts.keys() >= set(PARTS) else None


def _check_strings(content: bytes, n_rows: Optional[int], path: Path) -> None:
    found = content.count(b'"') // 2
    limit = FREE_STRINGS + STRINGS_PER_ROW * (n_rows or 0)
    if n_rows is not None and found > limit:
        raise CheckpointError(
            f"{path} has {found:,} strings for embeddings of {n_rows:,} rows; expected at most {limit:,}: fetch "
            "tokenizer and weights again from one place."
        )


def _check_added(added: Any, path: Path) -> None:
    if not isinstance(added, (list, tuple)) or not all(isinstance(piece, dict) for piece in added):
        raise CheckpointError(f"{path} has added_tokens that are no list of objects; expected one.")
    n_characters = sum(len(str(piece.get("content"))) for piece in added)
    if len(added) > MAX_ADDED or n_characters > MAX_ADDED_CHARACTERS:
        raise CheckpointError(
            f"{path} has {len(added):,} added_tokens of {n_characters:,} characters; expected at most {MAX_ADDED:,} "
            f"of {MAX_ADDED_CHARACTERS:,}: put pieces into the vocabulary."
        )


def _check_growth(parts: Dict[str, Any], path: Path) -> None:
    found = growth([parts["normalizer"], parts["pre_tokenizer"]], path)
    if found > MAX_GROWTH:
        raise CheckpointError(
            f"{path} may make {found:.3g} characters of one (normalizer, pre_tokenizer); expected at most "
            f"{MAX_GROWTH:,}: do not trust its source."
        )


def _check_special(processor: Any, path: Path) -> None:
    """A template is a list of pieces, each of which may stand for many."""
    n_ids, waiting = 0, [processor]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            waiting += part["processors"] if isinstance(part.get("processors"), list) else []
            template, special = part.get("single"), part.get("special_tokens")
            pieces = special.values() if isinstance(special, dict) else ()
            ids = [piece.get("ids") for piece in pieces if isinstance(piece, dict)]
            lengths = [len(numbers) for numbers in ids if isinstance(numbers, list)]
            n_ids += len(template) * max(lengths, default=1) if isinstance(template, list) else 0
    if n_ids > MAX_SPECIAL:
        raise CheckpointError(
            f"{path} puts {n_ids:,} special pieces around a text (post_processor); expected at most {MAX_SPECIAL:,}: "
            "do not trust its source."
        )
