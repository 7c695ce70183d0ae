"""How a pipeline that was trained elsewhere made its word pieces and gave them to tokens, where that is not our way."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from spacy.tokens import Doc
from tokenizers import Tokenizer

from ...gate import CheckpointError
from ...gate.json_file import parse_object
from ...gate.tokenizer_files import PIECES
from ...types import Pieces

SCHEME_FILE = PIECES


@dataclass(frozen=True)
class PieceScheme:
    """What heads that were trained on another package's pieces need to see again. The default is our own way."""

    # Each token is cut on its own, with the space before it: "d'Avignon" never shares a piece with its neighbors.
    # So does spacy-curated-transformers.
    by_token: bool = False
    # A piece that begins with a space belongs to the token before it too, whose space that is. So does
    # spacy-transformers where a tokenizer's offsets include the space (CamemBERT).
    space_to_both: bool = False

    def to_bytes(self) -> bytes:
        """RETURNS (bytes): the content of ``SCHEME_FILE``."""
        return (json.dumps(asdict(self), indent=2) + "\n").encode("utf8")


OURS = PieceScheme()


def read_scheme(files: Mapping[str, bytes], folder: Path) -> PieceScheme:
    """The scheme that a checkpoint's files state; ours where they state none.

    RAISES (CheckpointError): when the file is not what ``PieceScheme.to_bytes`` returns.
    """
    if SCHEME_FILE not in files:
        return OURS
    path, known = folder / SCHEME_FILE, asdict(OURS)
    found = parse_object(files[SCHEME_FILE], path)
    if not found.keys() <= known.keys() or not all(isinstance(value, bool) for value in found.values()):
        raise CheckpointError(
            f"{path} has {found!r:.200}; expected true or false for {', '.join(known)}: adopt the pipeline again, "
            "or take the file away to cut texts as every other encoder does."
        )
    return PieceScheme(**found)


def cut_by_token(backend: Tokenizer, docs: Sequence[Doc]) -> list[Pieces]:
    """The pieces of each Doc, token by token; white space has none.

    Every piece spans its whole token, so that the token owns it: a bare metaspace too, which over the
    text would be nobody's.
    """
    places = [token_places(doc) for doc in docs]
    words = [[word for word, _, _ in tokens] for tokens in places]
    found = []
    encodings = backend.encode_batch(words, is_pretokenized=True, add_special_tokens=False)
    for encoding, tokens in zip(encodings, places, strict=True):
        owners = np.array(encoding.word_ids, dtype=np.int64)
        borders = np.array([(start, end) for _, start, end in tokens], dtype=np.int64).reshape(-1, 2)
        found.append(Pieces(np.array(encoding.ids, dtype=np.int64), borders[owners, 0], borders[owners, 1]))
    return found


def token_places(doc: Doc) -> list[tuple[str, int, int]]:
    """What is cut on its own: text with the space before it, and the token's characters (the end exclusive)."""
    return [
        ((doc[token.i - 1].whitespace_ if token.i else "") + token.text, token.idx, token.idx + len(token))
        for token in doc
        if not token.is_space
    ]


def reach_over_space(doc: Doc, ids: Sequence[int], offsets: Sequence[tuple[int, int]]) -> Pieces:
    """Pieces by the tokenizer's own offsets; one that begins with the space after a token reaches into that token."""
    starts, ends = np.array(offsets, dtype=np.int64).reshape(-1, 2).T
    after_token = np.zeros(len(doc.text) + 1, dtype=np.int64)
    after_token[[token.idx + len(token) for token in doc if token.whitespace_]] = 1
    reaching = np.where(ends > starts, after_token[starts], 0)
    return Pieces(np.array(ids, dtype=np.int64), starts - reaching, ends)
