"""The tokenizer in a folder that may hold nothing else."""

from pathlib import Path

from spacy_bertfam.encoder.pieces.piece_scheme import SCHEME_FILE
from spacy_bertfam.encoder.pieces.tokenizer import PieceTokenizer
from spacy_bertfam.gate.entries import list_entries, read_bytes
from spacy_bertfam.gate.tokenizer_files import MAX_FILE, TOKENIZER
from spacy_bertfam.gate.tokenizer_json import seal


def tokenizer_of(folder: Path, *, pad_id: int = 0) -> PieceTokenizer:
    """RETURNS (PieceTokenizer): of ``tokenizer.json``, and what stands beside it."""
    names = list_entries(folder) & {TOKENIZER, SCHEME_FILE}
    files = {name: read_bytes(folder / name, MAX_FILE, what="a tokenizer") for name in names}
    return PieceTokenizer.from_sealed(
        seal(files[TOKENIZER], folder / TOKENIZER), files, folder, pad_id=pad_id
    )
