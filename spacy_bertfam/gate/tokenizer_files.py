"""The files of a tokenizer: read once, within a bound that follows from the rows of the embeddings."""

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from ..errors import CheckpointError
from .entries import read_bytes
from .tokenizer_json import seal

TOKENIZER = "tokenizer.json"
# How an adopted pipeline makes its pieces; `transformers` takes no notice of it
PIECES = "bertfam_pieces.json"
# What a tokenizer without tokenizer.json is made of
VOCABULARIES = ("vocab.txt", "vocab.json", "sentencepiece.bpe.model", "spiece.model", "spm.model")
# Everything that a tokenizer may need besides tokenizer.json, for who opens the folder with `transformers`
TOKENIZER_FILES = (
    TOKENIZER, "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", *VOCABULARIES, "merges.txt",
    PIECES,
)  # fmt: skip
MAX_FILE = 64_000_000  # bytes; XLM-R's tokenizer.json has 17 million, that of Gemma 33
# For each row of the embeddings all files together have 26 bytes (BERT, Chinese) to 150 (Gemma), and vocabularies
# alone 10 to 30. In memory a byte of tokenizer.json becomes 35, one of a vocabulary that has to be converted 300.
FREE, PER_ROW = 4_000_000, 400
FREE_VOCABULARY, VOCABULARY_PER_ROW = 1_000_000, 64


class TokenizerFiles(NamedTuple):
    """The files of a tokenizer, and what the tokenizers library is to read; None where it has to be made first."""

    files: dict[str, bytes]  # name -> content
    sealed: bytes | None


def read_tokenizer_files(folder: Path, names: Collection[str], *, n_rows: int) -> TokenizerFiles:
    """Read each file that a tokenizer may need.

    RAISES (CheckpointError): where they are larger than any tokenizer of so many pieces, or tokenizer.json is unsound.
    """
    limit = min(FREE + PER_ROW * n_rows, MAX_FILE)
    files: dict[str, bytes] = {}
    for name in TOKENIZER_FILES:
        if name in names:
            files[name] = read_bytes(folder / name, MAX_FILE, what="a tokenizer")
            _check_size(folder, files.values(), limit, n_rows)
    if TOKENIZER in files:
        return TokenizerFiles(files, seal(files[TOKENIZER], folder / TOKENIZER, n_rows=n_rows))
    found = [files[name] for name in (*VOCABULARIES, "merges.txt") if name in files]
    _check_size(folder, found, FREE_VOCABULARY + VOCABULARY_PER_ROW * n_rows, n_rows)
    return TokenizerFiles(files, None)


def _check_size(folder: Path, contents: Collection[bytes], limit: int, n_rows: int) -> None:
    found = sum(map(len, contents))
    if found > limit:
        raise CheckpointError(
            f"{folder} has {found:,} bytes of tokenizer for embeddings of {n_rows:,} rows; expected at most "
            f"{limit:,}: fetch tokenizer and weights again from one place."
        )
