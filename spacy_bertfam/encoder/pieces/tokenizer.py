"""Texts to word pieces, by the encoder's own fast tokenizer."""

from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, List, Mapping, Sequence, Tuple

import numpy as np
from spacy.tokens import Doc
from tokenizers import Tokenizer

from ...gate import CheckpointError
from ...gate.entries import list_entries, read_bytes
from ...gate.tokenizer_files import MAX_FILE, TOKENIZER
from ...gate.tokenizer_json import seal
from ...types import Bools1d, Ints1d, Pieces
from .native import in_a_sentence
from .piece_scheme import MANNER_FILE, OURS, Manner, cut_by_token, reach_over_space, read_manner
from .text_parts import encode_texts

# What str.isspace() calls white space, and the zero-width marks that no tokenizer counts as a letter;
# by code point, the last row stands for all from U+FFFF on
IS_SPACE = np.zeros(0x10000, dtype=bool)
IS_SPACE[[c for c in range(0x3001) if chr(c).isspace()] + [0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF]] = True
# characters of what marks a piece within a word, or at the end of one
MAX_MARK = 64
CUTTING = in_a_sentence(
    "The encoder's tokenizer fails on a text",
    "expected one that takes any text: take the tokenizer.json of another encoder of its kind, or another encoder.",
)
# at the borders of pieces, before all of the text is looked at
N_LOOKS = 3


def code_points(text: str) -> np.ndarray:
    """RETURNS (ndarray): the text's characters as numbers, Shape: (n_chars,)."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def is_space(points: np.ndarray) -> Bools1d:
    """RETURNS (Bools1d): whether each of some characters, given as numbers, is white space."""
    return IS_SPACE[np.minimum(points, len(IS_SPACE) - 1)]


def trim_spaces(text: str, starts: Ints1d, ends: Ints1d) -> Tuple[Ints1d, Ints1d]:
    """Move the borders of pieces inwards over white space.

    SentencePiece tokenizers count the space before a word as part of its first piece.
    RETURNS (Tuple[Ints1d, Ints1d]): new starts and ends; a piece of white space alone has start == end.
    """
    if not text:
        return starts, ends
    points = code_points(text)
    # Mostly one space: a look at the pieces alone is cheaper than one at all characters
    for _ in range(N_LOOKS):
        last = _is_space(points, ends - 1, starts < ends)
        ends = ends - last
        first = _is_space(points, starts, starts < ends)
        starts = starts + first
        if not (last.any() or first.any()):
            return starts, ends
    return _trim_runs(points, starts, ends)


def _is_space(points: np.ndarray, places: Ints1d, looked_at: Bools1d) -> Bools1d:
    """Whether there is white space in each place that is looked at."""
    return looked_at & is_space(points[np.where(looked_at, places, 0)])


def _trim_runs(points: np.ndarray, starts: Ints1d, ends: Ints1d) -> Tuple[Ints1d, Ints1d]:
    """As ``trim_spaces``, over runs of any length."""
    is_letter = ~is_space(points)
    n_before = np.concatenate(([0], np.cumsum(is_letter)))  # letters before each character
    letters = np.concatenate(([-1], np.flatnonzero(is_letter), [len(points)]))
    ends = letters[n_before[ends]] + 1
    starts = np.minimum(letters[n_before[starts] + 1], np.maximum(ends, starts))
    return starts, np.maximum(starts, ends)


@dataclass(frozen=True)
class PieceTokenizer:
    """A fast tokenizer, and the special pieces that the encoder expects around each window."""

    backend: Tokenizer
    prefix: Tuple[int, ...]  # ids before the pieces of a window, as [CLS]
    suffix: Tuple[int, ...]  # ids behind them, as [SEP]
    pad_id: int
    manner: Manner = OURS

    @classmethod
    def from_folder(cls, folder: Path, *, pad_id: int = 0) -> "PieceTokenizer":
        """Read ``tokenizer.json``, and what stands beside it. Arguments and errors as of ``from_sealed``."""
        names = list_entries(folder) & {TOKENIZER, MANNER_FILE}
        if TOKENIZER not in names:
            raise CheckpointError(f"{folder} has no tokenizer.json; expected one: fetch it too.")
        files = {name: read_bytes(folder / name, MAX_FILE, what="a tokenizer") for name in names}
        return cls.from_sealed(seal(files[TOKENIZER], folder / TOKENIZER), files, folder, pad_id=pad_id)

    @classmethod
    def from_sealed(
        cls, sealed: bytes, files: Mapping[str, bytes], folder: Path, *, pad_id: int = 0
    ) -> "PieceTokenizer":
        """
        sealed (bytes): tokenizer.json as the gate hands it on.
        files (Mapping[str, bytes]): name -> content of what may stand beside it.
        folder (Path): where they come from, for errors.
        pad_id (int): the encoder's padding id; what stands there is masked.
        RETURNS (PieceTokenizer): ready to cut texts.
        RAISES (CheckpointError): where the tokenizers library cannot read it, or cut a text with it.
        """
        path = folder / TOKENIZER
        with in_a_sentence(
            f"{path} cannot be read by the tokenizers library", "fetch it again.", CheckpointError
        ):
            backend = Tokenizer.from_buffer(sealed)
            wrapped = backend.encode("a", add_special_tokens=True)
            n_bare = len(backend.encode("a", add_special_tokens=False).ids)
        _check_model(backend.model, path)
        n_before = 0
        while n_before < len(wrapped.ids) and wrapped.special_tokens_mask[n_before]:
            n_before += 1
        prefix, suffix = wrapped.ids[:n_before], wrapped.ids[n_before + n_bare :]
        return cls(backend, tuple(prefix), tuple(suffix), pad_id, read_manner(files, folder))

    @property
    def n_special(self) -> int:
        """The number of special pieces in each window."""
        return len(self.prefix) + len(self.suffix)

    def __call__(self, texts: Sequence[str]) -> List[Pieces]:
        """The pieces of each text as a whole, without special tokens and without any limit."""
        joined, counts = self.join(texts)
        bases = accumulate((len(text) for text in texts), initial=0)
        ends = np.cumsum(counts).tolist()
        return [
            Pieces(
                joined.ids[end - n : end],
                joined.starts[end - n : end] - base,
                joined.ends[end - n : end] - base,
            )
            for end, n, base in zip(ends, counts.tolist(), bases, strict=False)
        ]

    def join(self, texts: Sequence[str]) -> Tuple[Pieces, Ints1d]:
        """The pieces of all texts as if these were one, end to end; each is tokenised for itself.

        RETURNS (Tuple[Pieces, Ints1d]): the pieces with their places in ``"".join(texts)``, and how many each
            text has, Shape: (n_texts,).
        """
        with CUTTING:
            (ids, offsets), counts = encode_texts(self.backend, texts)
        bases = np.fromiter(accumulate((len(text) for text in texts), initial=0), np.int64)[:-1]
        offsets += np.repeat(bases, counts)[:, None]
        return Pieces(ids, *trim_spaces("".join(texts), offsets[:, 0], offsets[:, 1])), counts

    def cut(self, docs: Sequence[Doc]) -> List[Pieces]:
        """The pieces of each Doc: those of its text, or what the encoder's ``manner`` makes of its tokens."""
        if self.manner.by_token:
            with CUTTING:
                return cut_by_token(self.backend, docs)
        texts = [doc.text for doc in docs]
        if not self.manner.space_to_both:
            return self(texts)
        with CUTTING:
            encodings = self.backend.encode_batch(texts, add_special_tokens=False)
        return [reach_over_space(doc, e.ids, e.offsets) for doc, e in zip(docs, encodings, strict=True)]

    def cut_joined(self, docs: Sequence[Doc], texts: Sequence[str]) -> Tuple[Pieces, Ints1d]:
        """The pieces of all Docs as if their texts were one, end to end; see ``join``.

        texts (Sequence[str]): the text of each Doc, which spaCy puts together anew whenever it is asked.
        """
        if self.manner == OURS:
            return self.join(texts)
        parts = self.cut(docs)
        counts = np.array([len(part) for part in parts], dtype=np.int64)
        bases = np.fromiter(accumulate(map(len, texts), initial=0), np.int64)[:-1]
        ids, starts, ends = (
            np.concatenate([getattr(part, name) for part in parts]) for name in ("ids", "starts", "ends")
        )
        shift = np.repeat(bases, counts)
        return Pieces(ids, starts + shift, ends + shift), counts

    def __reduce__(self) -> tuple:
        parts = (self.backend.to_str(), self.prefix, self.suffix, self.pad_id, self.manner)
        return (_from_parts, parts)


def _check_model(model: Any, path: Path) -> None:
    """What stands before or after each piece is put to each part of each word that is looked up."""
    for name in ("continuing_subword_prefix", "end_of_word_suffix"):
        mark = getattr(model, name, None)
        if mark is not None and len(mark) > MAX_MARK:
            raise CheckpointError(
                f"{path} has a {name} of {len(mark):,} characters; expected at most {MAX_MARK}: do not trust its "
                "source."
            )


def _from_parts(backend: str, prefix: tuple, suffix: tuple, pad_id: int, manner: Manner) -> PieceTokenizer:
    return PieceTokenizer(Tokenizer.from_str(backend), prefix, suffix, pad_id, manner)
