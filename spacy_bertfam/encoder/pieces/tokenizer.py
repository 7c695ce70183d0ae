"""Texts to word pieces, by the encoder's own fast tokenizer."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc
from tokenizers import Tokenizer

from ...errors import in_a_sentence
from ...gate import CheckpointError
from ...gate.tokenizer_files import TOKENIZER
from ...types import Bools1d, Ints1d, Pieces
from .pair_template import PairTemplate, read_template
from .piece_scheme import OURS, PieceScheme, cut_by_token, reach_over_space, read_scheme
from .text_parts import encode_texts

CodePoints = NDArray[np.uint32]
# What str.isspace() calls white space, and the zero-width marks that no tokenizer counts as a letter;
# by code point, the last row stands for all from U+FFFF on
IS_SPACE = np.zeros(0x10000, dtype=bool)
IS_SPACE[[c for c in range(0x3001) if chr(c).isspace()] + [0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF]] = True
# characters of what marks a piece within a word, or at the end of one
MAX_MARK = 64
# of a word that WordPiece cuts, longer ones are unknown: the time goes with their cube; BERT's tokenizers have 100
MAX_WORD = 1000


def code_points(text: str) -> CodePoints:
    """RETURNS (CodePoints): the text's characters as numbers, Shape: (n_chars,)."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def is_space(points: CodePoints) -> Bools1d:
    """RETURNS (Bools1d): whether each of some characters, given as numbers, is white space."""
    return cast(Bools1d, IS_SPACE[np.minimum(points, len(IS_SPACE) - 1)])


def trim_spaces(text: str, starts: Ints1d, ends: Ints1d) -> tuple[Ints1d, Ints1d]:
    """Move the borders of pieces inwards over white space.

    SentencePiece tokenizers count the space before a word as part of its first piece.
    RETURNS (tuple[Ints1d, Ints1d]): new starts and ends; a piece of white space alone has start == end.
    """
    if not text:
        return starts, ends
    is_letter = ~is_space(code_points(text))
    n_before = np.zeros(len(text) + 1, dtype=np.int32)  # letters before each character
    np.cumsum(is_letter, out=n_before[1:])
    letters = np.concatenate(([-1], np.flatnonzero(is_letter), [len(text)]))
    ends = letters[n_before[ends]] + 1
    starts = np.minimum(letters[n_before[starts] + 1], np.maximum(ends, starts))
    return starts, np.maximum(starts, ends)


@dataclass(frozen=True)
class PieceTokenizer:
    """A fast tokenizer, and the special pieces that the encoder expects around each window."""

    backend: Tokenizer
    prefix: tuple[int, ...]  # ids before the pieces of a window, as [CLS]
    suffix: tuple[int, ...]  # ids after them, as [SEP]
    pad_id: int
    scheme: PieceScheme = OURS

    @classmethod
    def from_sealed(
        cls, sealed: bytes, files: Mapping[str, bytes], folder: Path, *, pad_id: int = 0
    ) -> "PieceTokenizer":
        """A tokenizer that is ready to cut texts.

        sealed (bytes): tokenizer.json as the gate hands it on.
        files (Mapping[str, bytes]): name -> content of what may stand beside it.
        folder (Path): where they come from, for errors.
        pad_id (int): the encoder's padding id; what stands there is masked.
        RAISES (CheckpointError): when the tokenizers library cannot read it, or cut a text with it.
        """
        path = folder / TOKENIZER
        what = f"{path} cannot be read by the tokenizers library"
        with in_a_sentence(what, "fetch it again.", CheckpointError):
            backend = Tokenizer.from_buffer(sealed)
            wrapped = backend.encode("a", add_special_tokens=True)
            n_bare = len(backend.encode("a", add_special_tokens=False).ids)
        _check_model(backend.model, path)
        if getattr(backend.model, "dropout", None):  # of merges: a text would be cut in another way each time
            backend.model.dropout = None
        n_before = len(list(takewhile(bool, wrapped.special_tokens_mask)))
        prefix, suffix = wrapped.ids[:n_before], wrapped.ids[n_before + n_bare :]
        return cls(backend, tuple(prefix), tuple(suffix), pad_id, read_scheme(files, folder))

    @property
    def n_special(self) -> int:
        """The number of special pieces in each window."""
        return len(self.prefix) + len(self.suffix)

    @cached_property
    def pair(self) -> PairTemplate:
        """What stands between two texts. RAISES (CheckpointError): when the tokenizer makes no pairs."""
        return read_template(self.backend, self.prefix, self.suffix)

    def __call__(self, texts: Sequence[str]) -> list[Pieces]:
        """The pieces of each text as a whole, without special pieces and without any limit."""
        return _apart(*self.join(texts), texts)

    def cut(self, docs: Sequence[Doc]) -> list[Pieces]:
        """The pieces of each Doc: those of its text, or what the encoder's ``scheme`` makes of its tokens."""
        texts = [doc.text for doc in docs]
        return _apart(*self.cut_joined(docs, texts), texts)

    def join(self, texts: Sequence[str]) -> tuple[Pieces, Ints1d]:
        """The pieces of all texts as if these were one, end to end; each is tokenized for itself.

        RETURNS (tuple[Pieces, Ints1d]): the pieces with their places in ``"".join(texts)``, and how many each
            text has, Shape: (n_texts,).
        """
        with _cutting():
            (ids, offsets), counts = encode_texts(self.backend, texts)
        offsets += np.repeat(_starts(texts), counts)[:, None]
        return Pieces(ids, *trim_spaces("".join(texts), offsets[:, 0], offsets[:, 1])), counts

    def cut_joined(self, docs: Sequence[Doc], texts: Sequence[str]) -> tuple[Pieces, Ints1d]:
        """The pieces of all Docs as if their texts were one, end to end; see ``cut`` and ``join``.

        texts (Sequence[str]): the text of each Doc, which spaCy puts together anew whenever it is asked.
        """
        if self.scheme == OURS or not docs:
            return self.join(texts)
        with _cutting():
            if self.scheme.by_token:
                parts = cut_by_token(self.backend, docs)
            else:
                encodings = self.backend.encode_batch(list(texts), add_special_tokens=False)
                pairs = zip(docs, encodings, strict=True)
                parts = [reach_over_space(doc, each.ids, each.offsets) for doc, each in pairs]
        counts = np.array([len(part) for part in parts], dtype=np.int64)
        shift = np.repeat(_starts(texts), counts)
        arrays = zip(*((part.ids, part.starts, part.ends) for part in parts), strict=True)
        ids, starts, ends = map(np.concatenate, arrays)
        return Pieces(ids, starts + shift, ends + shift), counts

    def __reduce__(self) -> tuple[Any, ...]:
        return (_from_parts, (self.backend.to_str(), self.prefix, self.suffix, self.pad_id, self.scheme))


def _starts(texts: Sequence[str]) -> Ints1d:
    """Where each text begins when they stand end to end. Shape: (n_texts,)"""
    return np.cumsum([0, *map(len, texts)], dtype=np.int64)[:-1]


def _apart(joined: Pieces, counts: Ints1d, texts: Sequence[str]) -> list[Pieces]:
    """The pieces of each text by itself."""
    found = []
    for end, n, start in zip(np.cumsum(counts), counts, _starts(texts), strict=True):
        own = slice(end - n, end)
        found.append(Pieces(joined.ids[own], joined.starts[own] - start, joined.ends[own] - start))
    return found


def _cutting() -> AbstractContextManager[None]:
    return in_a_sentence(
        "The encoder's tokenizer fails on a text",
        "expected one that takes any text: take the tokenizer.json of another encoder of its kind, or another "
        "encoder.",
    )


def _check_model(model: Any, path: Path) -> None:
    """What stands before or after each piece is put to each part of each word that is looked up, and how many parts
    there are goes with the longest word."""
    longest = getattr(model, "max_input_chars_per_word", 0)
    if longest > MAX_WORD:
        raise CheckpointError(
            f"{path} has max_input_chars_per_word = {longest:,}, with which a long word takes hours; expected at most "
            f"{MAX_WORD:,}: do not trust its source."
        )
    for name in ("continuing_subword_prefix", "end_of_word_suffix"):
        mark = getattr(model, name, None)
        if mark is not None and len(mark) > MAX_MARK:
            raise CheckpointError(
                f"{path} has a {name} of {len(mark):,} characters; expected at most {MAX_MARK}: do not trust its "
                "source."
            )


def _from_parts(backend: str, *parts: Any) -> PieceTokenizer:
    return PieceTokenizer(Tokenizer.from_str(backend), *parts)
