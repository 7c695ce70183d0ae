"""Texts to word pieces, by the encoder's own fast tokenizer."""

from dataclasses import dataclass
from pathlib import Path
from typing import List, Sequence, Tuple

import numpy as np
from tokenizers import Tokenizer

from ..gate import CheckpointError
from ..types import Ints1d, Pieces

# What str.isspace() calls white space, and the zero-width marks that no tokenizer counts as a letter.
SPACES = np.array(
    [c for c in range(0x3001) if chr(c).isspace()] + [0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF], dtype=np.uint32
)


def code_points(text: str) -> np.ndarray:
    """RETURNS (ndarray): the text's characters as numbers, Shape: (n_chars,)."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def trim_spaces(text: str, starts: Ints1d, ends: Ints1d) -> Tuple[Ints1d, Ints1d]:
    """Move the borders of pieces inwards over white space.

    SentencePiece tokenizers count the space before a word as part of its first piece.
    RETURNS (Tuple[Ints1d, Ints1d]): new starts and ends; a piece of white space alone has start == end.
    """
    is_space = np.isin(code_points(text), SPACES)
    position = np.arange(len(text))
    next_letter = np.full(len(text) + 1, len(text), dtype=np.int64)
    next_letter[:-1] = np.minimum.accumulate(np.where(is_space, len(text), position)[::-1])[::-1]
    after_letter = np.zeros(len(text) + 1, dtype=np.int64)
    after_letter[1:] = np.maximum.accumulate(np.where(is_space, 0, position + 1))
    ends = after_letter[ends]
    starts = np.minimum(next_letter[starts], np.maximum(ends, starts))
    return starts, np.maximum(starts, ends)


@dataclass(frozen=True)
class PieceTokenizer:
    """A fast tokenizer, and the special pieces that the encoder expects around each window."""

    backend: Tokenizer
    prefix: Tuple[int, ...]  # ids before the pieces of a window, as [CLS]
    suffix: Tuple[int, ...]  # ids behind them, as [SEP]
    pad_id: int

    @classmethod
    def from_folder(cls, folder: Path, *, pad_id: int = 0) -> "PieceTokenizer":
        """Read ``tokenizer.json``.

        pad_id (int): the encoder's padding id; what stands there is masked.
        Raises a CheckpointError where the tokenizers library cannot read it.
        """
        backend = _read_backend(folder / "tokenizer.json")
        backend.no_padding()
        backend.no_truncation()
        wrapped = backend.encode("a", add_special_tokens=True)
        n_bare = len(backend.encode("a", add_special_tokens=False).ids)
        n_before = 0
        while n_before < len(wrapped.ids) and wrapped.special_tokens_mask[n_before]:
            n_before += 1
        return cls(backend, tuple(wrapped.ids[:n_before]), tuple(wrapped.ids[n_before + n_bare :]), pad_id)

    @property
    def n_special(self) -> int:
        """The number of special pieces in each window."""
        return len(self.prefix) + len(self.suffix)

    def __call__(self, texts: Sequence[str]) -> List[Pieces]:
        """The pieces of each text as a whole, without special tokens and without any limit."""
        encodings = self.backend.encode_batch(list(texts), add_special_tokens=False)
        return [_pieces(text, encoding) for text, encoding in zip(texts, encodings, strict=True)]

    def __reduce__(self) -> tuple:
        return (_from_parts, (self.backend.to_str(), self.prefix, self.suffix, self.pad_id))


def _read_backend(path: Path) -> Tokenizer:
    text = path.read_text(encoding="utf8")
    try:
        return Tokenizer.from_str(text)
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    # the library raises plain Exceptions, and where its Rust code panics something that is no Exception at all
    except BaseException as error:
        raise CheckpointError(
            f"{path} cannot be read by the tokenizers library: {error}; fetch it again."
        ) from error


def _from_parts(backend: str, prefix: tuple, suffix: tuple, pad_id: int) -> PieceTokenizer:
    return PieceTokenizer(Tokenizer.from_str(backend), prefix, suffix, pad_id)


def _pieces(text: str, encoding) -> Pieces:
    offsets = np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2)
    starts, ends = trim_spaces(text, offsets[:, 0], offsets[:, 1])
    return Pieces(np.array(encoding.ids, dtype=np.int64), starts, ends)
